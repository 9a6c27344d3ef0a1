"""Where the words of the sheet of figures come from: the questionnaire in a language, or the ids that the figures were kept with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from exports.figures import Figures
from exports.phrases import Phrases
from forms.questionnaire import text_in


class Labels(Protocol):
    """Words for what stands in the sheet of figures."""

    def title(self, table: Figures) -> str:
        """A table's title."""

    def group_label(self, table: Figures, group: Figures) -> str:
        """The label of a group of a table."""

    def cell(self, table: Figures, cell: Figures) -> str:
        """The label of a cell of a table."""

    def text(self, place: str) -> str:
        """The wording of a question."""

    def option(self, place: str, option: str) -> str:
        """The label of an option of a question."""

    def planned(self, part: str, name: str) -> str:
        """The title of what the plan calls by an id: part 'shares' or 'tallies'."""

    def share(self, name: str, index: int) -> str:
        """The title of a part of a list of shares, from 0."""

    def stop(self, kind: str, option: str) -> str:
        """The name of a place of the journeys: kind 'from' or 'to'."""

    def said(self, texts: Mapping[str, str]) -> str:
        """One of a text's languages."""


class KeptLabels:
    """The words that the figures were kept with: those of the questionnaire's source language, and ids where there are none."""

    def title(self, table: Figures) -> str:
        """A table's title."""
        return str(table["title"])

    def group_label(self, _table: Figures, group: Figures) -> str:
        """The label of a group."""
        return str(group["label"])

    def cell(self, _table: Figures, cell: Figures) -> str:
        """The label of a cell."""
        return str(cell["label"])

    def text(self, place: str) -> str:
        """The id of the question."""
        return place

    def option(self, _place: str, option: str) -> str:
        """The id of the option."""
        return option

    def planned(self, _part: str, name: str) -> str:
        """The id in the plan."""
        return name

    def share(self, _name: str, index: int) -> str:
        """The number of the part, from 1."""
        return str(index + 1)

    def stop(self, _kind: str, option: str) -> str:
        """The id of the option."""
        return option

    def said(self, texts: Mapping[str, str]) -> str:
        """The text in the first of its languages."""
        return next(iter(texts.values()), "")


class PlannedLabels:
    """The words of a questionnaire and of its report plan in one language."""

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases
        report = phrases.questionnaire.report
        self._planned = {("shares", plan.id): plan.title for plan in report.shares}
        self._planned |= {("tallies", plan.id): plan.title for plan in report.tallies}
        self._parts = {plan.id: [one.title for one in plan.parts] for plan in report.shares}
        journey = report.journey
        self._stops = {"from": journey.came_from, "to": journey.sector} if journey else {}

    def title(self, table: Figures) -> str:
        """A table's title."""
        return self._phrases.title(table)

    def group_label(self, table: Figures, group: Figures) -> str:
        """The label of a group."""
        return self._phrases.group_label(table, group)

    def cell(self, table: Figures, cell: Figures) -> str:
        """The label of a cell."""
        return self._phrases.cell(table, cell)

    def text(self, place: str) -> str:
        """The wording of a question."""
        return self._phrases.text(place)

    def option(self, place: str, option: str) -> str:
        """The label of an option; its id where the questionnaire no longer has it."""
        return next((one.label for one in self._phrases.choices(place) if one.id == option), option)

    def planned(self, part: str, name: str) -> str:
        """The title that the plan gives."""
        texts = self._planned.get((part, name))
        return name if texts is None else self.said(texts)

    def share(self, name: str, index: int) -> str:
        """The title of a part."""
        parts = self._parts.get(name, [])
        return self.said(parts[index]) if index < len(parts) else str(index + 1)

    def stop(self, kind: str, option: str) -> str:
        """The label of the place."""
        place = self._stops.get(kind)
        return option if place is None else self.option(place, option)

    def said(self, texts: Mapping[str, str]) -> str:
        """The text in the language, or in the questionnaire's own."""
        words = self._phrases.words
        return text_in(texts, words.language, self._phrases.questionnaire.source_language)
