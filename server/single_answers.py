"""Answers one by one: who may have them of which edition, each time noted; and the files, kept beside the edition's others.

docs/disclosure.md, "Single responses", says what may stand in them and why; exports/datasets/row_rules.py decides it.
"""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path

from exports.datasets.row_rules import RowPlan
from exports.datasets.rows import (
    RowFormat,
    RowSource,
    plan_facts,
    write_row_format,
    write_rows,
)
from forms.document import from_plain
from forms.problems import Problem, ProblemError
from forms.questionnaire import Promise, Questionnaire, text_in
from server.reports import kept_file
from store import audit, editions, response_rows, rounds, versions
from store.database import Store
from store.editions import KeptEdition
from store.rounds import Round

#: What is kept of the variables beside the rows themselves.
_FACTS = "rows-facts"


def take(
    store: Store, edition: KeptEdition, kind: RowFormat, *, language: str, actor: str, now: datetime
) -> Path:
    """A file of the edition's single answers, for somebody whose right to it was looked at; that it was taken is noted.

    Raises ProblemError: NO_ROWS where the round gives none, TOO_FEW_ROWS where nothing may be given, ROWS_MOVED_ON where the
    answers are not those of the edition any more or were given with another one.
    """
    path = _file(store, edition, kind, language)
    with store.write() as db:
        audit.note(
            db,
            at=now,
            actor=actor,
            action="single answers taken",
            subject=f"round:{edition.round}",
            details={"edition": edition.number, "format": kind.value.removeprefix("rows-")},
        )
    return path


def _file(store: Store, edition: KeptEdition, kind: RowFormat, language: str) -> Path:
    found = rounds.read(store.main, edition.round)
    if not found.gives_single_answers:
        raise ProblemError(Problem.NO_ROWS)
    asked = [
        from_plain(dict(versions.read(store.main, str(one["hash"])).document))
        for one in edition.figures["about"]["versions"]
    ]
    rows, facts = _rows_and_facts(store, edition, found, asked)
    if kind is RowFormat.CSV_PLAIN:
        return rows
    source = RowSource(
        rows=rows,
        facts=facts,
        questionnaire=asked[-1],
        language=language,
        title=text_in(edition.figures["about"]["title"], language, asked[-1].source_language),
        made_on=str(edition.figures["made_on"]),
    )

    def make(path: Path) -> None:
        write_row_format(path, kind, source)

    return kept_file(store, edition, kind.value, language, make)


def _rows_and_facts(
    store: Store, edition: KeptEdition, found: Round, asked: list[Questionnaire]
) -> tuple[Path, Path]:
    """The shuffled rows, from which every format is made, and what is said of their variables; made once."""
    made: list[RowPlan] = []

    def make_rows(path: Path) -> None:
        if found.promise != Promise.SIGNED:
            given = editions.with_file(store.main, found.id, RowFormat.CSV_PLAIN.value)
            if set(given) - {edition.id}:
                raise ProblemError(Problem.ROWS_MOVED_ON)
        number = edition.figures["about"].get("responses")
        if number is None:
            raise ProblemError(Problem.ROWS_MOVED_ON)
        response_rows.require(store.main, found.id, int(number))
        plan = write_rows(
            path,
            edition.figures,
            asked,
            response_rows.scan(store.main, found.id),
            promise=found.promise,
            # An order that nobody can foresee is that of the keys already, which are random and leave the store nowhere; this
            # shuffles once more, and is the same whenever the edition's rows have to be made again.
            rng=random.Random(f"rows {edition.id}"),  # noqa: S311  # nosec B311
        )
        if plan is None or plan.number != number:
            raise ProblemError(Problem.TOO_FEW_ROWS if plan is None else Problem.ROWS_MOVED_ON)
        made.append(plan)

    rows = kept_file(store, edition, RowFormat.CSV_PLAIN.value, "", make_rows)

    def make_facts(path: Path) -> None:
        if not made:
            make_rows(path)
        path.write_text(plan_facts(made[0]), encoding="utf-8")

    return rows, kept_file(store, edition, _FACTS, "", make_facts)


def row_file_name(edition: KeptEdition, kind: RowFormat, language: str) -> str:
    """What a downloaded file is called: k7m2pq-1-answers-da.sav."""
    what = "answers-variables" if kind is RowFormat.VARIABLES else "answers"
    spelling = "-plain" if kind is RowFormat.CSV_PLAIN else ""
    return f"{edition.round}-{edition.number}-{what}{spelling}-{language}.{kind.ending}"
