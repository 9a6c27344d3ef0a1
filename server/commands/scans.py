"""Scanned sheets at the command line: what the reader makes of a file, box by box."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import click

from forms import library
from forms.document import from_plain as questionnaire_from_plain
from forms.paper.layout import PaperLayout, from_plain
from forms.problems import Problem, ProblemError
from forms.questionnaire import Questionnaire
from forms.versions import content_hash
from store import piles, versions
from store.database import Store
from sync.paper.answers import answers_of, page_answers
from sync.paper.pages import ReadFile, ReadPage
from sync.paper.reading import read_file

from .installation import FAILED, FILE_LIMIT, Installation, with_data

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_FILE)
@click.option(
    "--format", "as_format", type=click.Choice(["json"]), default="json", show_default=True
)
@click.option(
    "--map",
    "maps",
    type=_FILE,
    multiple=True,
    help="A map that 'svarboks sheets' wrote; without, the sheets that this installation printed. May be repeated.",
)
@with_data
def read(
    installation: Installation, files: tuple[Path, ...], as_format: str, maps: tuple[Path, ...]
) -> None:
    """Read scanned sheets and print every box with its state, and the answers that follow. Nothing is stored."""
    assert as_format == "json"
    layouts = {layout.id: layout for layout in map(_read_map, maps)}
    store = _store(installation, required=not maps)
    try:
        questionnaire_of = _questionnaires(store)

        def layout_of(id: str) -> PaperLayout | None:
            if id in layouts or store is None:
                return layouts.get(id)
            kept = piles.layout(store.main, id)
            return from_plain(kept.layout) if kept is not None else None

        told = []
        for path in files:
            found = read_file(path, layout_of)
            told.append(_file(path, found, layout_of, questionnaire_of))
    finally:
        if store is not None:
            store.close()
    click.echo(json.dumps({"files": told}, ensure_ascii=False, indent=2))
    faults = [(file["file"], fault) for file in told for fault in file["problems"]]
    for name, fault in faults:
        where = f", page {fault['page'] + 1}" if fault["page"] is not None else ""
        words = f"{fault['title']} {fault['detail']}".strip()
        click.echo(f"{name}{where}: {words} {fault['remedy']}", err=True)
    if faults:
        raise click.exceptions.Exit(FAILED)


def _file(
    path: Path,
    found: ReadFile,
    layout_of: Callable[[str], PaperLayout | None],
    questionnaire_of: Callable[[str], Questionnaire | None],
) -> dict[str, Any]:
    pages = []
    for page in found.pages:
        layout = layout_of(page.layout) if page.status == "sheet" else None
        questionnaire = questionnaire_of(layout.version) if layout is not None else None
        pages.append(_page(page, questionnaire))
    return {
        "file": path.name,
        "problems": [fault.to_plain() for fault in found.problems],
        "pages": pages,
    }


def _page(page: ReadPage, questionnaire: Questionnaire | None) -> dict[str, Any]:
    """A page as JSON. `answers` are null where the questionnaire of the sheet is not known here."""
    plain = page.to_plain()
    if questionnaire is None:
        return {**plain, "answers": None, "doubtful": [], "to_type": []}
    said = page_answers(questionnaire, page.boxes)
    return {
        **plain,
        "answers": answers_of(questionnaire, said.sure),
        "doubtful": list(said.doubtful),
        "to_type": list(said.to_type),
    }


def _store(installation: Installation, *, required: bool) -> Store | None:
    try:
        return installation.open()
    except ProblemError:
        if required:
            raise
        return None


def _questionnaires(store: Store | None) -> Callable[[str], Questionnaire | None]:
    """Gives the questionnaire of a version: as it was published here, else one of the library that is the same."""

    @cache
    def of(version: str) -> Questionnaire | None:
        kept = versions.find(store.main, version) if store is not None else None
        if kept is not None:
            return questionnaire_from_plain(dict(kept.document))
        ready_made = (library.read(name) for name in library.names())
        return next((one for one in ready_made if content_hash(one) == version), None)

    return of


def _read_map(path: Path) -> PaperLayout:
    if path.stat().st_size > FILE_LIMIT:
        raise ProblemError(Problem.TOO_LARGE, f"{path.name} is larger than 16 MiB.")
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise ProblemError(Problem.INVALID_INPUT, f"{path.name} is no map of a sheet.") from None
    if not isinstance(plain, dict):
        raise ProblemError(Problem.INVALID_INPUT, f"{path.name} is no map of a sheet.")
    return from_plain(plain)
