"""One answer of a signed return as people read it, in the report's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exports.phrases import Phrases
from exports.tables import choices_of
from forms.questionnaire import Group, Matrix, Question, TableQuestion, text_in

#: From so many signs an answer of a repetition stands on a line of its own, under its question.
_LONG = 60


class AnswerTexts:
    """Answers of one questionnaire in words. `units` are the names of units by id."""

    def __init__(self, phrases: Phrases, units: Mapping[str, str]) -> None:
        self._phrases = phrases
        self._units = units
        self._asked = {one.id: one for one in phrases.questionnaire.questions()}

    def question(self, place: str) -> Question | None:
        """The question with this id, in a group or not."""
        return self._asked.get(place)

    def of(self, place: str, answer: Any) -> str:
        """The answer to the question with this id; '' for none."""
        question = self._asked.get(place)
        return "" if question is None else self._said(question, answer)

    def _label(self, texts: Mapping[str, str]) -> str:
        source = self._phrases.questionnaire.source_language
        return text_in(texts, self._phrases.words.language, source)

    def _said(self, question: Question, answer: Any) -> str:
        words = self._phrases.words
        if answer is None or answer in ([], {}):
            return ""
        if isinstance(answer, Mapping) and answer.get("withheld"):
            return words("[not shown: withheld by the person who read it]")
        if isinstance(answer, Mapping) and "missing" in answer:
            own = question.dont_know if answer["missing"] == "dont_know" else question.not_relevant
            return self._label(own or {})
        if isinstance(question, Group):
            return "\n".join(self._repetition(question, one) for one in answer)
        if isinstance(question, Matrix):
            points = {one.id: self._label(one.text) for one in question.points}
            return "\n".join(
                self._named(one.text, self._missing(question, answer[one.id], points))
                for one in question.statements
                if one.id in answer
            )
        if isinstance(question, TableQuestion):
            return "\n".join(self._row(question, one.id, one.text, answer) for one in question.rows)
        return self._simple(question, answer)

    def _missing(self, question: Question, answer: Any, points: Mapping[str, str]) -> str:
        return self._said(question, answer) if isinstance(answer, Mapping) else points[answer]

    def _row(
        self, question: TableQuestion, row: str, title: Mapping[str, str], answer: Mapping[str, Any]
    ) -> str:
        cells = answer.get(row) or {}
        said = [
            f"{self._label(column.text)} {self._said(column, cells[column.id])}"
            for column in question.columns
            if column.id in cells
        ]
        return self._named(title, ", ".join(said) or "–")

    def _repetition(self, group: Group, answers: Mapping[str, Any]) -> str:
        """'– Odense; joins on: 1 March 2022', or a line for each field where one of them is long."""
        said = [
            (one.id, text, self._named(one.text, text))
            for one in group.questions
            if (text := self._said(one, answers.get(one.id)))
        ]
        if said and all(len(text) < _LONG and "\n" not in text for _, text, _ in said):
            # What comes first in the group names the repetition, and needs no label of its own.
            name = group.questions[0].id
            return "– " + "; ".join(text if one == name else named for one, text, named in said)
        return "– " + "\n".join(named for _, _, named in said)

    def _named(self, label: Mapping[str, str], text: str) -> str:
        return self._phrases.words.labelled(self._label(label), text)

    def _simple(self, question: Question, answer: Any) -> str:
        words = self._phrases.words
        if isinstance(answer, bool):
            return words("Yes") if answer else words("No")
        if question.KIND == "unit":
            return self._units.get(str(answer), str(answer))
        if question.KIND == "date":
            return words.day(str(answer))
        if isinstance(answer, int | float):
            unit = words("minutes") if question.KIND == "duration" else ""
            unit = unit or self._label(getattr(question, "unit_text", None) or {})
            return f"{words.shortest(answer, 2)} {unit}".strip()
        source = self._phrases.questionnaire.source_language
        labels = {one.id: one.label for one in choices_of(question, words.language, source)}
        if isinstance(answer, list):
            return ", ".join(labels.get(one, str(one)) for one in answer)
        return labels.get(answer, str(answer)) if question.KIND in ("one_of", "scale") else answer
