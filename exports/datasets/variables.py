"""The variables of a questionnaire: each place that holds one answer, for the codebook and for datasets of single responses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from exports.tables import options_of
from forms.questionnaire import (
    Group,
    Information,
    Matrix,
    Option,
    Question,
    Questionnaire,
    Section,
    SeveralOf,
    TableQuestion,
    Texts,
    text_in,
)


@dataclass(frozen=True, slots=True)
class Variable:
    """One answer of a response. `question` holds its options or bounds: the column in a table, else the question itself.

    `top` is the question that stands in the section: the matrix, the table, the repeating group, or `question`.
    `option` is the one option of a several-of-several question that this variable is about.
    """

    place: str
    section: Section
    top: Question
    question: Question
    texts: tuple[Texts, ...]
    option: Option | None = None
    repetition: int | None = None

    @property
    def options(self) -> tuple[Option, ...]:
        """What can be answered, where that is a closed set."""
        return () if self.option is not None else options_of(self.question)

    @property
    def background(self) -> bool:
        """Whether it, or what it stands in, is marked as background."""
        return self.top.background or self.question.background

    @property
    def sensitive(self) -> bool:
        """Whether it, or what it stands in, is marked as sensitive."""
        return self.top.sensitive or self.question.sensitive

    @property
    def personal(self) -> bool:
        """Whether it, or what it stands in, is marked as personal."""
        return self.top.personal or self.question.personal

    def text(self, language: str, fallback: str) -> str:
        """Its wording: the parts that it stands in joined, as 'Nurses – On duty'."""
        parts = [text_in(texts, language, fallback) for texts in self.texts]
        number = [] if self.repetition is None else [str(self.repetition + 1)]
        return " – ".join(part for part in (*parts[:1], *number, *parts[1:]) if part)


def variables_of(questionnaire: Questionnaire, *, repetitions: bool = True) -> Iterator[Variable]:
    """All variables in the order of the questionnaire. Without `repetitions`, those of a group stand once, as steps/0/waited."""
    for section in questionnaire.sections:
        for question in section.questions:
            if isinstance(question, Group):
                for number in range(question.maximum if repetitions else min(1, question.maximum)):
                    for inner in question.questions:
                        yield from _parts(
                            section,
                            question,
                            inner,
                            f"{question.id}/{number}/",
                            (question.text,),
                            number,
                        )
            else:
                yield from _parts(section, question, question, "", (), None)


def _parts(
    section: Section,
    top: Question,
    question: Question,
    before: str,
    texts: tuple[Texts, ...],
    number: int | None,
) -> Iterator[Variable]:
    place, texts = before + question.id, (*texts, question.text)
    match question:
        case Information() | Group():
            return
        case Matrix():
            for item in question.statements:
                yield Variable(
                    f"{place}/{item.id}", section, top, question, (*texts, item.text), None, number
                )
        case TableQuestion():
            for row in question.rows:
                for column in question.columns:
                    said = (*texts, row.text, column.text)
                    for part in _parts(section, top, column, f"{place}/{row.id}/", (), number):
                        yield Variable(part.place, section, top, column, said, part.option, number)
        case SeveralOf():
            for option in question.options:
                yield Variable(
                    f"{place}/{option.id}",
                    section,
                    top,
                    question,
                    (*texts, option.text),
                    option,
                    number,
                )
        case _:
            yield Variable(place, section, top, question, texts, None, number)
