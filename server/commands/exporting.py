"""`svarboks export`: the files of an edition for an analyst, from the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from exports.datasets.dataset import Format
from exports.datasets.rows import RowFormat
from exports.editions import latest_edition
from forms.problems import Problem, ProblemError
from server.datasets import dataset_of
from server.single_answers import take
from store import audit, editions, rounds

from .installation import Installation, with_data


@click.command()
@click.argument("round_id", metavar="ROUND")
@click.option(
    "--format",
    "as_format",
    type=click.Choice(["csv", "xlsx", "sav", "sqlite", "codebook"]),
    required=True,
    help="The codebook is a page, or CSV where --out ends in .csv.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file to write.",
)
@click.option(
    "--plain",
    is_flag=True,
    help="CSV with commas and points, for programs; else as Danish Excel opens it.",
)
@click.option("--texts", is_flag=True, help="The released free text instead of the figures (CSV).")
@click.option(
    "--rows",
    is_flag=True,
    help="The answers one by one instead of the figures, where the round gives them; noted in the audit log.",
)
@click.option("--language", type=click.Choice(["da", "en"]), default="da", show_default=True)
@click.option(
    "--edition", type=click.IntRange(1), help="The number of an edition; else the latest."
)
@with_data
def export(
    installation: Installation,
    round_id: str,
    as_format: str,
    out: Path,
    plain: bool,
    texts: bool,
    rows: bool,
    language: str,
    edition: int | None,
) -> None:
    """Write an edition as a file for an analyst: its figures, its free text, its codebook."""
    kind = _kind(as_format, out, plain=plain, texts=texts, rows=rows)
    with installation.open() as store:
        rounds.read(store.main, round_id)
        found = latest_edition(store, round_id)
        if edition is not None:
            numbered = {one.number: one for one in editions.listed(store.main, round_id)}
            if edition not in numbered:
                raise ProblemError(Problem.NO_EDITION)
            found = numbered[edition]
        if isinstance(kind, RowFormat):
            actor, now = audit.COMMAND_LINE, installation.now()
            kept = take(store, found, kind, language=language, actor=actor, now=now)
        else:
            kept = dataset_of(store, found, kind, language=language)
        draft = out.with_name(out.name + ".part")
        try:
            shutil.copyfile(kept, draft)
            draft.replace(out)
        finally:
            draft.unlink(missing_ok=True)
    click.echo(f"{out}", err=True)


def _kind(as_format: str, out: Path, *, plain: bool, texts: bool, rows: bool) -> Format | RowFormat:
    """The kind of file that the options ask for. Raises click.UsageError where they do not fit together."""
    if rows and texts:
        raise click.UsageError("Free text is tied to no answer, so it is never in the rows.")
    if texts and as_format != "csv":
        raise click.UsageError("Free text is a file of its own, and CSV: --format csv --texts.")
    as_csv = as_format == "csv" or (as_format == "codebook" and out.suffix.lower() == ".csv")
    if plain and not as_csv:
        raise click.UsageError("--plain is a way to write CSV.")
    if rows:
        if as_format == "codebook":
            return RowFormat.VARIABLES
        return RowFormat.CSV_PLAIN if plain else RowFormat(f"rows-{as_format}")
    if texts:
        return Format.TEXTS_PLAIN if plain else Format.TEXTS
    if as_format == "codebook" and as_csv:
        return Format.CODEBOOK_PLAIN if plain else Format.CODEBOOK_CSV
    return Format.CSV_PLAIN if plain else Format(as_format)
