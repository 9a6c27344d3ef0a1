"""The marshmallow schemas of what a report plan compares with, and the rules that lie across its places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forms.comparisons import (
    SMALLEST_COMPARED,
    Against,
    Benchmark,
    BenchmarkValue,
    Compared,
    Direction,
    PlannedComparison,
    Target,
)
from forms.complaints import Complaint
from forms.document_fields import Choice, Line, Numeral, Texts, Word, YesNo
from forms.document_lists import Each, Part
from forms.document_questions import Known, items_of, resolve
from forms.document_text import Path
from forms.question_schemas import DocumentSchema

_NUMBERS = ("number", "count", "duration")
_SCORED = ("one_of", "scale", "matrix", *_NUMBERS)
_LARGEST = 1_000_000_000


def _place(**kwargs: Any) -> Word:
    return Word(
        "[a-z0-9_]+(?:/[a-z0-9_]+){0,2}",
        "the place of a question",
        "Write trust, care/met or staff/nurses/total.",
        **kwargs,
    )


class ComparisonSchema(DocumentSchema):
    """A question that is compared with earlier rounds or the level above."""

    thing = "a comparison"
    question = _place(required=True)
    measure = Choice(Compared, required=True)
    against = Each(Choice(Against), at_least=1, at_most=2, required=True)


class BenchmarkValueSchema(DocumentSchema):
    """One published figure."""

    thing = "a value of a benchmark"
    label = Texts(required=True)
    value = Numeral(-_LARGEST, _LARGEST, required=True)
    when = Line()
    n = Numeral(1, _LARGEST, whole=True)
    spread = Numeral(0, _LARGEST)
    other_wording = YesNo()


class BenchmarkSchema(DocumentSchema):
    """Published figures that a question is held against."""

    thing = "a benchmark"
    question = _place(required=True)
    measure = Choice(Compared, required=True)
    values = Each(Part(BenchmarkValueSchema()), at_least=1, at_most=20, required=True)
    source = Texts(required=True)
    footnote = Texts()


class TargetSchema(DocumentSchema):
    """A value that a question should reach."""

    thing = "a target"
    question = _place(required=True)
    measure = Choice(Compared, required=True)
    value = Numeral(-_LARGEST, _LARGEST, required=True)
    direction = Choice(Direction, required=True)
    source = Texts(required=True)
    footnote = Texts()


SCHEMAS: tuple[DocumentSchema, ...] = (
    ComparisonSchema(),
    BenchmarkSchema(),
    BenchmarkValueSchema(),
    TargetSchema(),
)


# --- the rules --------------------------------------------------------------------------------------------------

Found = tuple[Path, Complaint]


def check_comparisons(report: Mapping[str, Any], known: dict[str, Known]) -> Iterator[Found]:
    """Every complaint about what the plan compares with: it needs a table to read its figures from."""
    tables = [table for _, table in items_of(report.get("tables"))]
    for key in ("comparisons", "benchmarks", "targets"):
        seen: set[tuple[str, str]] = set()
        for index, one in items_of(report.get(key)):
            path: Path = ("report", key, index)
            place, measure = one.get("question"), str(one.get("measure", ""))
            if not place:
                continue
            if (place, measure) in seen:
                yield (
                    (*path, "question"),
                    Complaint(
                        "duplicate-id",
                        f"{place} already stands under {key} by this measure.",
                        "Write it once; a benchmark takes several values.",
                    ),
                )
            seen.add((place, measure))
            found = resolve(place, known)
            if isinstance(found, Complaint):
                yield (*path, "question"), found
                continue
            question, kind, _ = found
            if measure and (wrong := _measure_fault(place, measure, question, kind)):
                yield (*path, "measure"), wrong
            yield from _table_faults(path, place, one, tables)
            if key == "comparisons":
                yield from _level_faults(path, place, one, question, kind)
            for position, value in items_of(one.get("values")):
                yield from _value_faults((*path, "values", position), value, measure)
            if key == "targets":
                yield from _value_faults(path, one, measure)


def _measure_fault(
    place: str, measure: str, question: Mapping[str, Any], kind: str
) -> Complaint | None:
    options = [one for _, one in items_of(question.get("points") or question.get("options"))]
    wrong = {
        "favourable": kind in _NUMBERS or not any(one.get("tone") for one in options),
        "mean": kind not in _SCORED
        or (kind not in _NUMBERS and not (options and all("score" in one for one in options))),
        "median": kind not in _NUMBERS,
    }[measure]
    if not wrong or not kind:
        return None
    return Complaint(
        "measure",
        f"{place} cannot be compared by {measure}.",
        "favourable is for options with a tone, mean for scores and numbers, median for numbers.",
    )


def _table_faults(
    path: Path, place: str, one: Mapping[str, Any], tables: list[dict[str, Any]]
) -> Iterator[Found]:
    """A comparison reads what the edition shows, so the tables that it reads must be planned."""
    # A matrix that is tabulated whole has a table for each statement.
    own = [
        table
        for table in tables
        if table.get("question") in (place, place.split("/", maxsplit=1)[0])
        and table.get("question")
    ]
    if not any(not table.get("by") for table in own):
        yield (
            (*path, "question"),
            Complaint(
                "no-table",
                f"The plan has no table of {place} alone, and comparisons read their figures from tables.",
                f"Add {{id: …, question: {place}}} under tables.",
            ),
        )
    if Against.LEVEL_ABOVE in (one.get("against") or ()) and not any(
        list(table.get("by") or ()) == ["unit"] for table in own
    ):
        yield (
            (*path, "against"),
            Complaint(
                "no-table",
                f"The plan has no table of {place} by unit to hold against the level above.",
                f"Add {{id: …, question: {place}, by: [unit]}} under tables, and one by area or region.",
            ),
        )


def _level_faults(
    path: Path, place: str, one: Mapping[str, Any], question: Mapping[str, Any], kind: str
) -> Iterator[Found]:
    if Against.LEVEL_ABOVE not in (one.get("against") or ()):
        return
    if kind in _NUMBERS:
        yield (
            (*path, "against"),
            Complaint(
                "measure",
                f"{place} is a number, and numbers of units are not tested against each other.",
                "Remove level_above; a table by unit shows them side by side.",
            ),
        )
    if question.get("background") or question.get("sensitive"):
        yield (
            (*path, "against"),
            Complaint(
                "guarded",
                f"{place} is a background or sensitive question, and its units are not held against each other.",
                "Remove level_above.",
            ),
        )


def _value_faults(path: Path, value: Mapping[str, Any], measure: str) -> Iterator[Found]:
    given = value.get("value")
    if measure == "favourable" and given is not None and not 0 <= given <= 100:
        yield (
            (*path, "value"),
            Complaint("out-of-range", f"{given} is no per cent.", "Write 0 to 100, as in 75."),
        )
    if "spread" in value and measure != "mean":
        yield (
            (*path, "spread"),
            Complaint("measure", "Only a mean has a spread.", "Remove spread."),
        )


# --- the model --------------------------------------------------------------------------------------------------


def built_comparisons(report: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the report plan that compare, of a document without faults."""
    return {
        "comparisons": tuple(
            PlannedComparison(
                question=one["question"], measure=one["measure"], against=tuple(one["against"])
            )
            for one in report.get("comparisons", ())
        ),
        "benchmarks": tuple(
            Benchmark(
                **_texts(one),
                values=tuple(BenchmarkValue(**_texts(value)) for value in one["values"]),
            )
            for one in report.get("benchmarks", ())
        ),
        "targets": tuple(Target(**_texts(one)) for one in report.get("targets", ())),
        "smallest_compared": report.get("smallest_compared"),
    }


def _texts(part: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: dict(value) if isinstance(value, Mapping) else value
        for key, value in part.items()
        if key != "values"
    }


def smallest_field() -> Numeral:
    """From how many answers on either side a unit is tested."""
    return Numeral(SMALLEST_COMPARED, 10_000, whole=True)
