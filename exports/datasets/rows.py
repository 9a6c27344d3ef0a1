"""Responses one by one as files. The rows are written once, shuffled, as plain CSV; every other format is made from that file.

So all formats have the same rows in the same order, and laying two of them side by side says nothing that one does not say.
There is no number, key, unit, language, channel, version or day in a row. Free text is not in them: it has a file of its own.
"""

from __future__ import annotations

import csv
import json
import random
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

import numpy

from exports.datasets.codebook import codes_of, state_codes, state_words
from exports.datasets.database_file import write_database
from exports.datasets.delimited import DANISH_EXCEL, write_csv
from exports.datasets.formulas import defused, original
from exports.datasets.row_cells import cells_of
from exports.datasets.row_rules import HIDDEN, Counted, Out, Planning, RowPlan
from exports.datasets.sheets import Column, Kind, Sheet, Value
from exports.datasets.spss import Variable as SpssVariable
from exports.datasets.spss import write_sav
from exports.datasets.variables import Variable, variables_of
from exports.datasets.workbook import write_workbook
from exports.figures import Figures
from exports.wording import Words
from forms.questionnaire import Option, Questionnaire, text_in
from store.response_rows import ResponseAnswers

#: The lines are shuffled pile by pile, each of about so many, as long as that many files may be open.
PILE = 50_000
MOST_PILES = 200
BUNCH = 20_000
UNIT = "unit"
_SIMPLE = re.compile(r"[a-z0-9_~][a-z0-9_.]*|-[0-9.]+|")
_NUMBERS = frozenset({"number", "count", "duration"})


class RowFormat(StrEnum):
    """A file of single responses; the value is the kind under which it is kept."""

    CSV_PLAIN = "rows-csv-plain"
    CSV = "rows-csv"
    XLSX = "rows-xlsx"
    SAV = "rows-sav"
    SQLITE = "rows-sqlite"
    #: Which variables are in the rows, and why others are not.
    VARIABLES = "rows-variables"

    @property
    def ending(self) -> str:
        """What a file's name ends in, without the point."""
        return {
            RowFormat.XLSX: "xlsx",
            RowFormat.SAV: "sav",
            RowFormat.SQLITE: "sqlite",
        }.get(self, "csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSource:
    """What the files are made of, once the shuffled rows are kept: `rows` (plain CSV) and `facts` (JSON of `plan_facts`)."""

    rows: Path
    facts: Path
    questionnaire: Questionnaire
    language: str
    title: str
    made_on: str


# --- the shuffled rows


def write_rows(
    path: Path,
    figures: Figures,
    versions: Sequence[Questionnaire],
    responses: Iterable[ResponseAnswers],
    *,
    promise: str,
    rng: random.Random,
) -> RowPlan | None:
    """Write what may be given of an edition's responses as plain CSV, in the random order that `rng` gives; the plan of it, or
    None where nothing may, and then the file is empty. `versions` are those of the round, the oldest first.

    One look at each response and constant memory, whatever their number: the lines are dealt at random into piles on disk
    (in the folder of `path`) and counted as they go by; then it is known which variables stay, and each pile is shuffled when its turn
    comes, which is a random order of all. Signed returns stand in the order of their units instead.
    """
    planning = Planning(figures, versions, promise=promise)
    counted = Counted(planning.variables, enough=4 * int(figures["smallest_group"]))
    lines = _lines(planning, counted, responses)
    with path.open("w", encoding="utf-8", newline="") as file:
        if planning.signed:
            held = sorted(lines)
            plan = planning.finish(counted)
            if plan is not None:
                file.write(_head(plan))
                file.writelines(held)
            return plan
        with closing(
            _Piles(path.parent, rng, int(figures["about"].get("responses") or 0))
        ) as piles:
            piles.deal(lines)
            plan = planning.finish(counted)
            if plan is not None:
                file.write(_head(plan))
                kept = _kept(planning.variables, plan)
                for pile in piles.shuffled():
                    file.writelines(pile if kept is None else map(kept, pile))
            return plan


def _head(plan: RowPlan) -> str:
    names = [*([UNIT] if plan.with_unit else []), *(one.place for one in plan.variables)]
    return ",".join(f'"{name}"' for name in names) + "\r\n"


def _lines(
    planning: Planning, counted: Counted, responses: Iterable[ResponseAnswers]
) -> Iterator[str]:
    """The rows as lines, counted. What is in them are option ids, numbers and states: nothing that would have to be quoted."""
    cells, add, join = cells_of(planning.variables), counted.add, ",".join
    for unit, answers in responses:
        row = cells(answers)
        add(row)
        if planning.signed:
            row = [unit or "", *map(_quoted, row)]
        yield join(row) + "\r\n"


def _kept(looked_at: Sequence[Variable], plan: RowPlan) -> Callable[[str], str] | None:
    """A function from a line with all variables to one with those of the plan; None where that is the same."""
    if len(plan.variables) == len(looked_at) and not plan.together:
        return None
    stay = {one.place for one in plan.variables}
    steps = [
        (at, plan.together.get(one.place, frozenset()))
        for at, one in enumerate(looked_at)
        if one.place in stay
    ]

    def kept(line: str) -> str:
        cells = line[:-2].split(",")
        return ",".join(HIDDEN if cells[at] in rare else cells[at] for at, rare in steps) + "\r\n"

    return kept


def _quoted(cell: str) -> str:
    """A cell of a signed return, whose computed texts and dates may need quotation marks."""
    if _SIMPLE.fullmatch(cell):
        return cell
    doubled = defused(cell).replace('"', '""')
    return f'"{doubled}"'


class _Piles:
    """Lines dealt at random into files, to be shuffled one file at a time. The files have no name, so that none is left behind
    even by a process that is killed."""

    def __init__(self, folder: Path, rng: random.Random, number: int) -> None:
        self._rng = rng
        self._opened = ExitStack()
        self._files = [
            self._opened.enter_context(
                tempfile.TemporaryFile("w+", encoding="utf-8", newline="", dir=folder)  # noqa: SIM115 - the stack closes it
            )
            for _ in range(max(1, min(MOST_PILES, -(-number // PILE))))
        ]

    def deal(self, lines: Iterable[str]) -> None:
        """Put each line on a pile drawn at random."""
        some = iter(lines)
        while bunch := list(islice(some, BUNCH)):
            draw = self._rng.randbytes(8 * len(bunch))
            drawn = numpy.frombuffer(draw, dtype="<u8") % len(self._files)
            for number, file in enumerate(self._files):
                mine = numpy.flatnonzero(drawn == number).tolist()
                file.writelines(map(bunch.__getitem__, mine))

    def shuffled(self) -> Iterator[list[str]]:
        """The piles, each in random order."""
        for file in self._files:
            file.seek(0)
            lines = file.readlines()
            keys = numpy.frombuffer(self._rng.randbytes(8 * len(lines)), dtype="<u8")
            yield list(map(lines.__getitem__, numpy.argsort(keys, kind="stable").tolist()))

    def close(self) -> None:
        """Let the files go."""
        self._opened.close()


def plan_facts(plan: RowPlan) -> str:
    """What is said of the variables: which are in the rows, what is put together in them, and why others are not."""
    return json.dumps(
        {
            "number": plan.number,
            "in": [one.place for one in plan.variables],
            "together": {place: sorted(values) for place, values in sorted(plan.together.items())},
            "left_out": {place: why.value for place, why in plan.left_out.items()},
        },
        ensure_ascii=False,
        sort_keys=True,
    )


# --- the formats, from the shuffled rows


def write_row_format(path: Path, kind: RowFormat, source: RowSource) -> None:
    """A file of single responses in a format. Raises ProblemError(TOO_LARGE) for more than a sheet of Excel holds."""
    words = Words(source.language)
    match kind:
        case RowFormat.CSV_PLAIN:
            shutil.copyfile(source.rows, path)
        case RowFormat.CSV:
            write_csv(path, rows_sheet(source, words), DANISH_EXCEL)
        case RowFormat.VARIABLES:
            write_csv(path, row_variables_sheet(source, words), DANISH_EXCEL)
        case RowFormat.XLSX:
            write_workbook(
                path,
                (rows_sheet(source, words), row_variables_sheet(source, words)),
                title=source.title,
                author="Svarboks",
                made_on=source.made_on,
                streaming=True,
            )
        case RowFormat.SQLITE:
            write_database(path, (rows_sheet(source, words), row_variables_sheet(source, words)))
        case RowFormat.SAV:
            _write_sav(path, source, words)


def _variables(source: RowSource) -> tuple[bool, list[Variable]]:
    known = {one.place: one for one in variables_of(source.questionnaire)}
    with source.rows.open(encoding="utf-8", newline="") as file:
        head = next(csv.reader(file))
    with_unit = head[:1] == [UNIT] and UNIT not in known
    return with_unit, [known[place] for place in head[int(with_unit) :]]


def _cells(source: RowSource) -> Iterator[list[str]]:
    with source.rows.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        yield from reader


def rows_sheet(source: RowSource, words: Words) -> Sheet:
    """The sheet `rows`: a response a row, a variable a column; a state without an answer stands as `~unanswered` and the like."""
    with_unit, variables = _variables(source)
    language, fallback = source.language, source.questionnaire.source_language
    columns = [Column(UNIT, words("Unit"))] if with_unit else []
    columns += [
        Column(
            one.place,
            one.text(language, fallback),
            Kind.MIXED if one.question.KIND in _NUMBERS or one.option else Kind.TEXT,
        )
        for one in variables
    ]
    numbers = [column.kind is Kind.MIXED for column in columns]
    rows = (
        tuple(
            _number(cell) if number else original(cell)
            for cell, number in zip(row, numbers, strict=True)
        )
        for row in _cells(source)
    )
    return Sheet("rows", words("Answers one by one"), tuple(columns), rows)


def _number(cell: str) -> Value:
    if cell[:1] == "~":
        return cell
    value = float(cell)
    return int(cell) if cell.lstrip("-").isdigit() else value


def row_variables_sheet(source: RowSource, words: Words) -> Sheet:
    """Which variables are in the rows, and why others are not."""
    facts = json.loads(source.facts.read_text(encoding="utf-8"))
    language, fallback = source.language, source.questionnaire.source_language
    why = reasons(words)
    rows: list[tuple[Value, ...]] = []
    for one in variables_of(source.questionnaire):
        out = facts["left_out"].get(one.place)
        rows.append(
            (
                one.place,
                one.text(language, fallback),
                "no" if out else "yes",
                why[Out(out)] if out else "",
                ", ".join(facts["together"].get(one.place, ())),
            )
        )
    columns = (
        Column("variable", words("Variable")),
        Column("text", words("Question")),
        Column("in_rows", words("In the rows")),
        Column("why_not", words("Why not")),
        Column("together", words("Put together as %(word)s", word=HIDDEN)),
    )
    return Sheet("row_variables", words("Variables of the rows"), columns, rows)


def reasons(words: Words) -> Mapping[Out, str]:
    """Why a variable is not in the rows, in words."""
    return {
        Out.TEXT: words("free text has a file of its own"),
        Out.MOMENT: words("dates and times of day could point somebody out"),
        Out.UNIT: words("no row says which unit it comes from"),
        Out.COMPUTED: words("computed from other answers"),
        Out.PERSONAL: words("marked as personal"),
        Out.SENSITIVE: words("marked as sensitive"),
        Out.OPEN_BACKGROUND: words("background that is no closed set of values"),
        Out.VERSION: words("not asked alike in all versions of the round"),
        Out.BY_UNIT: words("the report breaks it down by unit, which would tie rows to units"),
        Out.TABLE: words("the report ties it to something that is not in the rows"),
        Out.HIDDEN: words("the report holds some of its figures back"),
        Out.FEW: words("too few answered it"),
        Out.RARE: words("with it too few people would share their background"),
        Out.OTHER_BACKGROUND: words("another background question is in the rows"),
        Out.CONDITION: words("who was asked it depends on something that is not in the rows"),
    }


def _write_sav(path: Path, source: RowSource, words: Words) -> None:
    with_unit, variables = _variables(source)
    language, fallback = source.language, source.questionnaire.source_language
    said = {f"~{state.value}": text for state, text in state_words(words).items()}
    said[HIDDEN] = words("Hidden")
    described = [SpssVariable(UNIT, words("Unit"), text=True)] if with_unit else []
    codes: list[dict[str, int]] = [{}] if with_unit else []
    for one in variables:
        states = {f"~{state.value}": code for state, code in state_codes(one).items()}
        # Whatever a document offers, a row may have any of the states: those of an older version too.
        lowest = min(states.values())
        states.setdefault(HIDDEN, lowest - 1)
        number = one.question.KIND in _NUMBERS or one.question.KIND == "computed"
        text = one.question.KIND in ("date", "time", "unit")
        values = {} if number or text else codes_of(one)
        codes.append({**values, **states})
        labels = {code: said[state] for state, code in states.items()}
        labels |= {
            values[option.id]: _text(option, language, fallback)
            for option in one.options
            if option.id in values
        }
        if one.option is not None:
            labels |= {0: words("Not chosen"), 1: words("Chosen")}
        described.append(
            SpssVariable(
                one.place,
                one.text(language, fallback),
                text=text,
                codes=not number and not text,
                decimals=getattr(one.question, "decimals", 0),
                values={} if text else labels,
                missing=() if text else tuple(sorted(states.values())),
                measure="scale"
                if number
                else "ordinal"
                if one.question.KIND in ("scale", "matrix")
                else "nominal",
            )
        )

    def coded(row: Sequence[str]) -> list[Value]:
        return [
            original(cell) if variable.text else known[cell] if cell in known else float(cell)
            for cell, known, variable in zip(row, codes, described, strict=True)
        ]

    write_sav(
        path,
        described,
        (coded(row) for row in _cells(source)),
        label=source.title,
        made_on=source.made_on,
    )


def _text(option: Option, language: str, fallback: str) -> str:
    return text_in(option.text, language, fallback) or str(option.id)
