"""Units (municipalities, hospitals …), areas and who belongs to which from when; and the CSV files they come in.

A unit goes by several spellings and may belong to several areas; both change with dates, so that a membership has a
first and a last day. The files are made by hand in a spreadsheet: one run names every fault with row and column.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from forms.problems import Fault, Problem, ProblemError
from forms.values import clean_text, is_day

UNIT_KINDS = ("municipality", "hospital", "clinic", "sof", "cluster", "other")
AREA_KINDS = ("sof", "cluster", "other")

UNIT_COLUMNS = ("id", "name", "kind", "region", "alternative_names")
AREA_COLUMNS = ("id", "name", "region", "kind")
MEMBERSHIP_COLUMNS = ("unit", "area", "from", "until")

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_ID = 60
LONGEST_NAME = 200
#: A day as Danish spreadsheets write it back after they have opened 2022-01-31: 31-01-2022.
_DANISH_DAY = re.compile(r"(\d{2})-(\d{2})-(\d{4})")
_MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One that takes part in rounds. `region` is a region's id or ''."""

    id: str
    name: str
    kind: str
    region: str = ""
    alternative_names: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """Everything it may be called: its id, its name and the alternative names."""
        return (self.id, self.name, *self.alternative_names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """What figures of units are summed over: a SOF's area, a cluster."""

    id: str
    name: str
    kind: str
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """`unit` belongs to `area` from a day (None: ever since) to a last day, which counts (None: until further notice)."""

    unit: str
    area: str
    from_day: date | None = None
    until_day: date | None = None

    def on(self, day: date) -> bool:
        """Whether it holds on `day`."""
        return (self.from_day is None or self.from_day <= day) and (
            self.until_day is None or day <= self.until_day
        )


def folded(name: str) -> str:
    """A spelling as it is compared: case and runs of white space do not count. Å and Aa are two spellings."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def is_id(text: str) -> bool:
    """Whether a text can be the id of a unit, an area or a region."""
    return len(text) <= LONGEST_ID and _SLUG.fullmatch(text) is not None


def by_spelling(units: Iterable[Unit]) -> Mapping[str, Unit]:
    """folded spelling -> unit, for finding one by what somebody wrote."""
    return {folded(spelling): unit for unit in units for spelling in unit.spellings}


def areas_of(unit: str, memberships: Iterable[Membership], day: date) -> tuple[str, ...]:
    """The ids of the areas that `unit` belongs to on `day`, sorted."""
    return tuple(sorted({m.area for m in memberships if m.unit == unit and m.on(day)}))


def columns_of(text: str) -> tuple[str, ...]:
    """The names in the first row of a CSV file, by which it is known what the file holds."""
    first = text.removeprefix("\ufeff").split("\n", 1)[0].strip()
    return tuple(part.strip() for part in first.split(_divider(first)))


def _divider(first_line: str) -> str:
    """What stands between the fields: a comma, or the semicolon of Danish spreadsheets."""
    return ";" if first_line.count(";") > first_line.count(",") else ","


def read_units(
    text: str, *, taken: Mapping[str, str] | None = None, file: str = ""
) -> tuple[Unit, ...]:
    """The units of a CSV file with the columns UNIT_COLUMNS; `taken`: folded spelling -> the unit elsewhere that has it.

    Raises ProblemError(INVALID_INPUT) with all faults.
    """
    reader = _Reader(text, UNIT_COLUMNS, file)
    units: list[Unit] = []
    taken = dict(taken or {})
    ids: set[str] = set()
    for row in reader.rows():
        unit = Unit(
            id=row.new_id(ids),
            name=row.name("name"),
            kind=row.one_of("kind", UNIT_KINDS),
            region=row.slug("region", required=False),
            alternative_names=row.names("alternative_names"),
        )
        for spelling in dict.fromkeys(folded(one) for one in unit.spellings if one):
            if taken.setdefault(spelling, unit.id) != unit.id:
                row.fault("alternative_names", "name-taken", f"'{spelling}' already means the unit {taken[spelling]}.", "Take the spelling away from one of them.")  # fmt: skip
        units.append(unit)
    reader.finish()
    return tuple(units)


def read_areas(text: str, *, file: str = "") -> tuple[Area, ...]:
    """The areas of a CSV file with the columns AREA_COLUMNS. Raises ProblemError(INVALID_INPUT) with all faults."""
    reader = _Reader(text, AREA_COLUMNS, file)
    ids: set[str] = set()
    areas = [
        Area(
            id=row.new_id(ids),
            name=row.name("name"),
            kind=row.one_of("kind", AREA_KINDS),
            region=row.slug("region", required=False),
        )
        for row in reader.rows()
    ]
    reader.finish()
    return tuple(areas)


def read_memberships(
    text: str,
    *,
    units: Collection[str],
    areas: Collection[str],
    kept: Iterable[Membership] = (),
    file: str = "",
) -> tuple[Membership, ...]:
    """The memberships of a CSV file with the columns MEMBERSHIP_COLUMNS; `units` and `areas` are the ids that exist.

    `kept` are those that hold already: one with the same unit, area and first day is replaced by the file's.
    Raises ProblemError(INVALID_INPUT) with all faults; two memberships of one unit in one area must not overlap.
    """
    reader = _Reader(text, MEMBERSHIP_COLUMNS, file)
    memberships: list[Membership] = []
    rows: list[_Row] = []
    for row in reader.rows():
        one = Membership(
            unit=row.known("unit", units),
            area=row.known("area", areas),
            from_day=row.day("from"),
            until_day=row.day("until"),
        )
        if one.from_day and one.until_day and one.until_day < one.from_day:
            row.fault("until", "ends-before-start", f"{one.until_day} lies before {one.from_day}.", "Correct one of the two days.")  # fmt: skip
        memberships.append(one)
        rows.append(row)
    replaced = {(one.unit, one.area, one.from_day) for one in memberships}
    earlier: dict[tuple[str, str], list[Membership]] = {}
    for one in kept:
        if (one.unit, one.area, one.from_day) not in replaced:
            earlier.setdefault((one.unit, one.area), []).append(one)
    for row, one in zip(rows, memberships, strict=True):
        others = earlier.setdefault((one.unit, one.area), [])
        if any(overlap(one, other) for other in others):
            row.fault("from", "overlap", f"{one.unit} already belongs to {one.area} on some of these days.", "End the one before the other begins, or remove one.")  # fmt: skip
        others.append(one)
    reader.finish()
    return tuple(memberships)


def write_units(units: Iterable[Unit]) -> str:
    """The CSV file of units that `read_units` reads as these."""
    return _csv(
        UNIT_COLUMNS,
        ((u.id, u.name, u.kind, u.region, ";".join(u.alternative_names)) for u in units),
    )


def write_areas(areas: Iterable[Area]) -> str:
    """The CSV file of areas that `read_areas` reads as these."""
    return _csv(AREA_COLUMNS, ((a.id, a.name, a.region, a.kind) for a in areas))


def write_memberships(memberships: Iterable[Membership]) -> str:
    """The CSV file of memberships that `read_memberships` reads as these."""
    return _csv(
        MEMBERSHIP_COLUMNS,
        ((m.unit, m.area, _day(m.from_day), _day(m.until_day)) for m in memberships),
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(columns)
    writer.writerows(rows)
    return written.getvalue()


def overlap(a: Membership, b: Membership) -> bool:
    """Whether two memberships have a day in common."""

    def from_(one: Membership) -> date:
        return one.from_day or date.min

    def until(one: Membership) -> date:
        return one.until_day or date.max

    return from_(a) <= until(b) and from_(b) <= until(a)


class _Reader:
    """Rows of a CSV file with exactly these columns; collects faults. Row 1 is the row of names, as a spreadsheet counts."""

    def __init__(self, text: str, columns: tuple[str, ...], file: str) -> None:
        self._text = text.removeprefix("\ufeff")
        self._columns = columns
        self._file = file
        self._faults: list[Fault] = []

    def rows(self) -> Iterator[_Row]:
        """All rows with the right number of fields; rows without any text are passed over."""
        divider = _divider(self._text.split("\n", 1)[0])
        reader = csv.reader(io.StringIO(self._text, newline=""), delimiter=divider, strict=True)
        number = 0
        try:
            for fields in reader:
                number += 1
                if number == 1:
                    if not self._named_well(fields):
                        return
                    continue
                if number > _MOST_ROWS:
                    self.fault(f"row {number}", reader.line_num, "too-many-rows", f"The file has more than {_MOST_ROWS} rows.", "Split it.")  # fmt: skip
                    return
                if not any(field.strip() for field in fields):
                    continue
                if len(fields) != len(self._columns):
                    self.fault(f"row {number}", reader.line_num, "wrong-fields", f"The row has {len(fields)} fields, not {len(self._columns)}.", "Put a field that holds the divider in quotes; leave empty fields empty.")  # fmt: skip
                    continue
                given = dict(zip(self._columns, (clean_text(f, lines=False) for f in fields), strict=True))  # fmt: skip
                yield _Row(self, number, reader.line_num, given)
        except csv.Error as error:
            self.fault(f"row {number + 1}", reader.line_num, "malformed", f"The row cannot be read: {error}.", "Save the file as CSV in UTF-8.")  # fmt: skip
        if number == 0:
            self._named_well([])

    def _named_well(self, fields: list[str]) -> bool:
        if tuple(field.strip() for field in fields) == self._columns:
            return True
        remedy = f"The first row must be {','.join(self._columns)}."
        self.fault("row 1", 1, "wrong-columns", "The names of the columns are not as they should be.", remedy)  # fmt: skip
        return False

    def fault(self, place: str, line: int, code: str, message: str, remedy: str) -> None:
        """Note what is wrong at a place."""
        self._faults.append(Fault(place, code, message, remedy, self._file, line))

    def finish(self) -> None:
        """Raise if anything was wrong."""
        self._faults.sort(key=lambda fault: fault.line or 0)
        if self._faults:
            raise ProblemError(Problem.INVALID_INPUT, faults=tuple(self._faults))


class _Row:
    """One row: gives out its fields, noting what is wrong with each."""

    def __init__(self, reader: _Reader, number: int, line: int, given: dict[str, str]) -> None:
        self._reader = reader
        self._number = number
        self._line = line
        self._given = given

    def fault(self, column: str, code: str, message: str, remedy: str) -> None:
        """Note what is wrong in a column of this row."""
        place = f"row {self._number}, column {column}"
        self._reader.fault(place, self._line, code, message, remedy)

    def slug(self, column: str, *, required: bool = True) -> str:
        """An id, '' where there may be none."""
        value = self._given[column]
        if not value:
            if required:
                self.fault(column, "missing", "The field is empty.", "Fill it in.")
        elif not is_id(value):
            self.fault(column, "bad-id", f"'{value[:80]}' is not an id.", f"Use small letters a-z, digits and single hyphens, at most {LONGEST_ID}.")  # fmt: skip
        return value

    def new_id(self, ids: set[str]) -> str:
        """The id of this row, which must not be in `ids`; it is added."""
        value = self.slug("id")
        if value and value in ids:
            self.fault(
                "id", "duplicate-id", f"The id {value} stands twice.", "Give each row its own."
            )
        ids.add(value)
        return value

    def known(self, column: str, known: Collection[str]) -> str:
        """An id that must be one of `known`."""
        value = self.slug(column)
        if value and _SLUG.fullmatch(value) and value not in known:
            self.fault(column, f"unknown-{column}", f"There is no {column} with the id {value}.", "Correct the id, or import it first.")  # fmt: skip
        return value

    def name(self, column: str) -> str:
        """A name."""
        value = self._given[column]
        if not value:
            self.fault(column, "missing", "The field is empty.", "Fill it in.")
        self._short(column, value)
        return value

    def names(self, column: str) -> tuple[str, ...]:
        """Names divided by semicolons, each once."""
        names = [part.strip() for part in self._given[column].split(";")]
        for name in names:
            self._short(column, name)
        return tuple(dict.fromkeys(name for name in names if name))

    def _short(self, column: str, name: str) -> None:
        if len(name) > LONGEST_NAME:
            self.fault(column, "too-long", f"The name has {len(name)} characters.", f"Use at most {LONGEST_NAME}.")  # fmt: skip

    def one_of(self, column: str, words: tuple[str, ...]) -> str:
        """One of a closed list of words."""
        value = self._given[column]
        if value not in words:
            self.fault(column, "unknown-word", f"'{value[:40]}' is not a kind that is known.", f"Use one of {', '.join(words)}.")  # fmt: skip
        return value

    def day(self, column: str) -> date | None:
        """A day, None for an empty field."""
        value = self._given[column]
        if not value:
            return None
        if (danish := _DANISH_DAY.fullmatch(value)) is not None:
            value = f"{danish[3]}-{danish[2]}-{danish[1]}"
        if not is_day(value):
            self.fault(column, "bad-date", f"'{value[:40]}' is not a day.", "Write it as 2022-01-31, or leave it empty.")  # fmt: skip
            return None
        return date.fromisoformat(value)
