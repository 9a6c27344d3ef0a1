"""Plain answers as a person reads them again: section by section, each question with its answer in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forms.logic import visible
from forms.questionnaire import (
    Computed,
    Date,
    Group,
    Information,
    Matrix,
    Option,
    Question,
    Questionnaire,
    TableQuestion,
    Texts,
    TimeOfDay,
    UnitQuestion,
    text_in,
)
from server.languages import Words


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """A question and the lines of its answer; no lines where nothing was answered. `inner` are the questions within it,
    for a group once for each repetition."""

    question: str
    lines: tuple[str, ...]
    inner: tuple[ReadAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadSection:
    """A section's title and its answers."""

    title: str
    answers: tuple[ReadAnswer, ...]


class AnswerReader:
    """Reads answers to one questionnaire in one language; `units` are names by id."""

    def __init__(
        self, questionnaire: Questionnaire, words: Words, units: Mapping[str, str]
    ) -> None:
        self._questionnaire = questionnaire
        self._words = words
        self._units = units

    def sections(self, answers: Mapping[str, Any]) -> list[ReadSection]:
        """Everything that is asked, given these answers."""
        view = visible(self._questionnaire, answers)
        found = []
        for section in self._questionnaire.sections:
            asked = [q for q in section.questions if view.shows(q.id) and not _silent(q)]
            if asked and section.id not in view.hidden_sections:
                read = tuple(self.answer(question, answers.get(question.id)) for question in asked)
                found.append(ReadSection(self.text(section.title), read))
        return found

    def answer(self, question: Question, answer: Any) -> ReadAnswer:
        """One question of the questionnaire with its answer, whatever it holds: a draft's need not be right."""
        if isinstance(question, Matrix):
            given = answer if isinstance(answer, dict) else {}
            inner = tuple(
                ReadAnswer(self.text(item.text), self._lines(question, given.get(item.id)))
                for item in question.statements
            )
            return ReadAnswer(self.text(question.text), (), inner)
        if isinstance(question, TableQuestion):
            return ReadAnswer(self.text(question.text), (), tuple(self._cells(question, answer)))
        if isinstance(question, Group):
            return ReadAnswer(
                self.text(question.text), (), tuple(self._repetitions(question, answer))
            )
        return ReadAnswer(self.text(question.text), self._lines(question, answer))

    def text(self, texts: Texts) -> str:
        """A text of the questionnaire in the reader's language."""
        return text_in(texts, self._words.language, self._questionnaire.source_language)

    def _cells(self, table: TableQuestion, answer: Any) -> Iterator[ReadAnswer]:
        for row in table.rows:
            cells = answer.get(row.id) if isinstance(answer, dict) else None
            for column in table.columns:
                cell = cells.get(column.id) if isinstance(cells, dict) else None
                heading = f"{self.text(row.text)} – {self.text(column.text)}"
                yield ReadAnswer(heading, self._lines(column, cell))

    def _repetitions(self, group: Group, answer: Any) -> Iterator[ReadAnswer]:
        for repetition in answer if isinstance(answer, list) else []:
            given = repetition if isinstance(repetition, dict) else {}
            for question in group.questions:
                if not _silent(question):
                    yield self.answer(question, given.get(question.id))

    def _lines(self, question: Question, answer: Any) -> tuple[str, ...]:
        if answer is None:
            return ()
        if isinstance(answer, dict):
            missing = {"dont_know": question.dont_know, "not_relevant": question.not_relevant}
            said = missing.get(str(answer.get("missing")))
            return (self.text(said),) if said else ()
        if isinstance(answer, bool):
            said_yes, said_no = self._words.gettext("Yes"), self._words.gettext("No")
            return (said_yes if answer else said_no,)
        if isinstance(answer, int | float):
            unit = self.text(getattr(question, "unit_text", {}))
            return (f"{self._words.number(answer)} {unit}".strip(),)
        if isinstance(answer, list):
            return tuple(self._option(question, str(one)) for one in answer)
        return tuple(self._option(question, str(answer)).split("\n"))

    def _option(self, question: Question, value: str) -> str:
        if isinstance(question, UnitQuestion):
            return self._units.get(value, value)
        options: tuple[Option, ...] = getattr(question, "options", ()) or getattr(
            question, "points", ()
        )
        if options:
            return next((self.text(one.text) for one in options if one.id == value), value)
        if isinstance(question, Date):
            return self._words.iso_day(value)
        if isinstance(question, TimeOfDay):
            return value.replace(":", ".") if self._words.language == "da" else value
        return value


def _silent(question: Question) -> bool:
    """What asks nothing."""
    return isinstance(question, Information | Computed)
