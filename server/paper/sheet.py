"""The sheet as a page to be laid out: the same questionnaire, words, promise and notice as the answering page.

What a person can write in is registered while the templates (server/templates/sheet/) run: each box gets an id of its
own, and laying_out.py reads from the finished layout where the element with that id came to stand.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from markupsafe import Markup

from forms.paper.layout import DONT_KNOW, NOT_RELEVANT, Kind
from forms.questionnaire import (
    Count,
    Date,
    Duration,
    LongText,
    Number,
    Option,
    Question,
    Questionnaire,
    TableQuestion,
    Texts,
    TimeOfDay,
)
from server.answering_page import Facts, Page, Typed, environment

#: How much air there is between the questions.
Density = Literal["roomy", "tight", "dense"]
#: In the order in which they are tried.
DENSITIES: tuple[Density, ...] = ("roomy", "tight", "dense")

#: Millimetres between the edges of what is printed; the page of the style sheet has the same.
WIDTH_OF_TEXT = 180.0
#: Millimetres that a letter of 12 points takes at most, on average over a word.
LETTER = 2.45
#: Millimetres that a cell of a comb takes with the space after it, and that the names of a table's rows keep.
CELL = 7.5
WIDTH_OF_ROW_NAMES = 50.0
#: Kinds that are written digit by digit.
COMBS = (Number, Count, Duration, Date, TimeOfDay)
#: Labels up to this length stand in two columns.
SHORT_LABEL = 34
#: A unit is chosen among boxes up to so many units, and written in words beyond.
MOST_UNITS = 60


@dataclass(frozen=True, slots=True)
class Slot:
    """A box that the layout has to find: what is written in it."""

    place: str
    option: str
    kind: Kind
    column: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What a sheet says beside the questionnaire and the round's facts. `return_to`: lines of an address, or ''."""

    return_to: str = ""
    filled_means_cancelled: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """One box with its words: an option, a missing state, yes or no, a unit."""

    option: str
    label: Markup
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Cells of a comb that stand together; `below` is what they are, `after` the sign that follows them."""

    cells: int
    below: str = ""
    after: str = ""


@dataclass(slots=True)
class _Slots:
    found: list[Slot] = field(default_factory=list)

    def add(self, slot: Slot) -> str:
        self.found.append(slot)
        return f"b{len(self.found) - 1}"


class Sheet(Page):
    """What the templates of a sheet ask."""

    def __init__(
        self, questionnaire: Questionnaire, facts: Facts, language: str, paper: Paper
    ) -> None:
        super().__init__(questionnaire, facts, language, {}, Typed())
        self.paper = paper
        #: Whether units are chosen among boxes; else, as where they are too many or their names too long, one is written in words.
        self.units_in_boxes = 0 < len(facts.units) <= MOST_UNITS
        self._slots = _Slots()
        self._asked = 0
        self._density: Density = "roomy"

    @property
    def slots(self) -> Sequence[Slot]:
        """Every box of the sheet, in order; the id of the n-th element is b<n>."""
        return tuple(self._slots.found)

    def has(self, kind: Kind) -> bool:
        """Whether something of this kind is on the sheet; known once its questions have been written."""
        return any(slot.kind == kind for slot in self._slots.found)

    # --- boxes

    def box(self, place: str, option: str) -> Markup:
        """A box for a cross."""
        return Markup('<span class="box" id="{}"></span>').format(
            self._slots.add(Slot(place, option, "box"))
        )

    def frame(self, place: str, height: float) -> Markup:
        """A frame for words, `height` millimetres high."""
        return Markup('<div class="frame" id="{}" style="height:{}mm"></div>').format(
            self._slots.add(Slot(place, "", "frame")), height
        )

    def comb(self, place: str, parts: Sequence[Part]) -> list[tuple[Part, list[Markup]]]:
        """The parts of a comb with their cells, counted from the left in every language: digits are read so."""
        column = itertools.count()
        return [
            (
                part,
                [
                    Markup('<div class="cell" id="{}"></div>').format(
                        self._slots.add(Slot(place, "", "comb", next(column)))
                    )
                    for _ in range(part.cells)
                ],
            )
            for part in parts
        ]

    # --- questions

    def number_of_question(self) -> str:
        """The number that stands before the next question."""
        self._asked += 1
        return self.words.number(self._asked)

    def choices(self, options: Sequence[Option]) -> list[Choice]:
        """Options with their words; a point of a scale without words is called by its score."""
        found = []
        for option in options:
            said = self.plain(option.text)
            number = "" if option.score is None else self.words.number(option.score)
            label = self.text(option.text) if said else Markup("{}").format(number)
            found.append(Choice(option.id, label, len(said or number)))
        return found

    def apart(self, question: Question) -> list[Choice]:
        """The missing states "don't know" and "not relevant", where they are offered."""
        offered = ((DONT_KNOW, question.dont_know), (NOT_RELEVANT, question.not_relevant))
        return [
            Choice(state, self.text(texts), len(self.plain(texts)))
            for state, texts in offered
            if texts is not None
        ]

    def yes_and_no(self) -> list[Choice]:
        """The two choices of a consent."""
        said = (("yes", self.words.gettext("Yes")), ("no", self.words.gettext("No")))
        return [Choice(option, Markup("{}").format(text), len(text)) for option, text in said]

    def units(self) -> list[Choice]:
        """The units that take part; none where they are too many for boxes."""
        if not self.units_in_boxes:
            return []
        units = self.facts.units
        return [Choice(unit, Markup("{}").format(name), len(name)) for unit, name in units]

    def in_a_row(self, question: Question, options: Sequence[Option]) -> bool:
        """Whether a scale lies flat: each box above its words, all in one row."""
        labels = [self.plain(option.text) for option in options]
        labels += [self.plain(texts) for texts in self._last_column(question)]
        width = WIDTH_OF_TEXT / len(labels) - 2
        return all(self._fits(label, width, lines=4) for label in labels)

    def last_in_row(self, question: Question) -> list[Choice]:
        """A missing state that stands at the end of the row, when there is but one."""
        apart = self.apart(question)
        return apart if len(apart) == 1 else []

    def below_row(self, question: Question) -> list[Choice]:
        """The missing states that stand below the row, when there are two."""
        apart = self.apart(question)
        return apart if len(apart) > 1 else []

    def matrix_as_grid(self, question: Question, points: Sequence[Option]) -> bool:
        """Whether a matrix is one grid: the words of its points once, above."""
        texts = [option.text for option in points]
        texts += [t for t in (question.dont_know, question.not_relevant) if t is not None]
        width = self.grid_width(question, points) - 1.5
        return all(self._fits(self.plain(text), width, lines=5) for text in texts)

    def grid_width(self, question: Question, points: Sequence[Option]) -> float:
        """The width of a column of a matrix, in millimetres."""
        columns = len(points) + len(self.apart(question))
        return round(min(24.0, 120.0 / columns), 2)

    def columns(self, choices: Sequence[Choice]) -> Iterator[Sequence[Choice]]:
        """The choices in one column, or in two where all are short; down the first column first."""
        if len(choices) < 4 or any(choice.length > SHORT_LABEL for choice in choices):
            yield choices
            return
        half = math.ceil(len(choices) / 2)
        yield choices[:half]
        yield choices[half:]

    def comb_parts(self, question: Question) -> list[Part]:
        """The comb of a number, a day or a time: as many digits as its bounds have, and its decimals after a comma."""
        if isinstance(question, Date):
            return [
                Part(cells=2, below=self.words.gettext("day")),
                Part(cells=2, below=self.words.gettext("month")),
                Part(cells=4, below=self.words.gettext("year")),
            ]
        if isinstance(question, TimeOfDay):
            return [Part(cells=2, after=":"), Part(cells=2)]
        assert isinstance(question, Number | Count | Duration)
        minimum = getattr(question, "minimum", 0)
        whole = max(len(str(int(abs(bound)))) for bound in (minimum, question.maximum))
        cells = whole + (1 if minimum < 0 else 0)
        decimals = question.decimals if isinstance(question, Number) else 0
        if decimals:
            return [Part(cells=cells, after=","), Part(cells=decimals)]
        return [Part(cells=cells)]

    def table_as_grid(self, question: TableQuestion) -> bool:
        """Whether all columns of a table are combs that stand beside one another."""
        widths = []
        for column in question.columns:
            if not isinstance(column, COMBS) or self.apart(column):
                return False
            cells = sum(part.cells + bool(part.after) for part in self.comb_parts(column))
            counted = str(self.unit_text(column))
            heading = max((len(word) for word in self.plain(column.text).split()), default=0)
            widths.append(max(cells * CELL + len(counted) * LETTER + 6, heading * LETTER + 3))
        return sum(widths) <= WIDTH_OF_TEXT - WIDTH_OF_ROW_NAMES

    def return_sentence(self) -> str:
        """Where the sheet goes when it is filled in."""
        if self.paper.return_to:
            return self.words.gettext("Please return the sheet to:")
        return self.words.gettext("Please give the sheet back to whoever handed it to you.")

    def unit_text(self, question: Question) -> Markup:
        """What is counted, beside the cells."""
        if isinstance(question, Duration):
            return Markup("{}").format(self.words.gettext("minutes"))
        texts: Texts = getattr(question, "unit_text", {})
        return self.text(texts) if texts else Markup()

    def frame_height(self, question: Question) -> float:
        """How high a frame is: room for handwriting, by how much may be written."""
        if not isinstance(question, LongText):
            return 10.0
        height = 30.0 if question.length <= 500 else 42.0 if question.length <= 2000 else 70.0
        return height if self._density == "roomy" else height * 0.85

    def html(self, density: Density) -> str:
        """The sheet as HTML for the layout."""
        self._slots, self._asked, self._density = _Slots(), 0, density
        return (
            environment()
            .get_template("sheet/sheet.html")
            .render(
                page=self,
                words=self.words,
                questionnaire=self.questionnaire,
                density=density,
                **self.gettext_functions(),
            )
        )

    def _last_column(self, question: Question) -> list[Texts]:
        states = [t for t in (question.dont_know, question.not_relevant) if t is not None]
        return states if len(states) == 1 else []

    @staticmethod
    def _fits(text: str, width: float, *, lines: int) -> bool:
        longest = max((len(word) for word in text.split()), default=0)
        return longest * LETTER <= width and len(text) * LETTER <= width * (lines - 0.5)
