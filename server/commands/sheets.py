"""Print the sheets of a round, and say where every box stands."""

from __future__ import annotations

import json
from pathlib import Path

import click

from forms.document import from_plain
from forms.paper.layout import to_map
from forms.problems import Problem, ProblemError
from forms.versions import Version
from server.paper.piles import (
    MOST_IN_A_PILE,
    Order,
    for_working_on,
    print_pile,
    return_address,
    round_to_print,
)
from store import audit, rounds, versions

from .installation import Installation, with_data

_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command()
@click.argument("round_id", metavar="ROUND")
@click.option("--language", help="Language of the sheets; the round's first language unless given.")
@click.option("--count", type=click.IntRange(1, MOST_IN_A_PILE), required=True, help="How many.")
@click.option("--unit", help="The unit that hands them out, by id.")
@click.option(
    "--return-to",
    help="Where the sheets go back to, line by line; what was written last for the unit unless given.",
)
@click.option(
    "--cover", is_flag=True, help="Keep them as a pile, with a page for the coordinator on top."
)
@click.option("--out", type=_FILE, required=True, help="The PDF to write.")
@click.option("--map", "map_file", type=_FILE, help="Where to write the map of the boxes (JSON).")
@with_data
def sheets(
    installation: Installation,
    round_id: str,
    language: str | None,
    count: int,
    unit: str | None,
    return_to: str | None,
    cover: bool,
    out: Path,
    map_file: Path | None,
) -> None:
    """Print sheets of ROUND as PDF, each with a number of its own, and write the map of their boxes."""
    with installation.open() as store:
        found = rounds.read(store.main, round_id)
        # A pile is for handing out and uploading; single sheets may be printed of any round, as for trying the reader.
        if cover and (for_working_on(found) or round_to_print(store, found) != found):
            raise ProblemError(Problem.ROUND_NOT_OPEN)
        kept = versions.read(store.main, found.version)
        version = Version(
            hash=kept.hash,
            questionnaire=from_plain(dict(kept.document)),
            padded_size=kept.padded_size,
        )
        lines = return_address(store, found, unit) if return_to is None else return_to
        printed = print_pile(
            store,
            installation.settings,
            found,
            version,
            Order(
                language=language or found.languages[0],
                count=count,
                unit=unit,
                return_to=lines.replace("\\n", "\n"),
                cover=cover,
            ),
            account=None,
            actor=audit.COMMAND_LINE,
            now=installation.now(),
            rng=installation.rng(),
        )
    out.write_bytes(printed.pdf)
    if map_file is not None:
        text = json.dumps(to_map(printed.sheet.layout), ensure_ascii=False, indent=2)
        map_file.write_text(text + "\n", encoding="utf-8")
    pages = len(printed.sheet.layout.pages)
    click.echo(f"{count} sheets of {pages} pages each in {out}", err=True)
    if printed.pile is not None:
        click.echo(installation.settings.url + f"/desk/piles/{printed.pile}", err=True)
