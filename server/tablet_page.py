"""Reads what a tablet needs to know out of the page that it takes along: the form's attributes and the definition.

A program that answers as a tablet does has nothing but the manifest and these pages (docs/sync-protocol.md).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser

from forms.document import from_plain
from forms.questionnaire import Questionnaire


@dataclass(frozen=True, slots=True)
class TakenPage:
    """A page: whom it answers for (`unit`, None where it is not said), its questionnaire, the units one may choose."""

    unit: str | None
    language: str
    questionnaire: Questionnaire
    units: tuple[str, ...]


@dataclass
class _Reader(HTMLParser):
    """Collects the form's attributes, the definition's text, and the options of questions about units."""

    attributes: dict[str, str] = field(default_factory=dict)
    definition: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    _in_definition: bool = False
    _in_unit: bool = False

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("id") == "answering":
            self.attributes = given
        elif tag == "script":
            self._in_definition = given.get("id") == "definition"
        elif "data-question" in given:
            self._in_unit = given.get("data-kind") == "unit"
        elif tag == "option" and self._in_unit:
            value = given.get("value", "")
            if value and not value.startswith("~"):
                self.units.append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._in_definition = False

    def handle_data(self, data: str) -> None:
        if self._in_definition:
            self.definition.append(data)


def read_page(html: str) -> TakenPage:
    """What the page says. Raises ValueError for a page without form or definition."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    if not reader.attributes or not reader.definition:
        raise ValueError("not a page to answer on: it has no form or no definition")
    return TakenPage(
        unit=reader.attributes.get("data-unit") or None,
        language=reader.attributes.get("data-language", ""),
        questionnaire=from_plain(json.loads("".join(reader.definition))),
        units=tuple(dict.fromkeys(reader.units)),
    )
