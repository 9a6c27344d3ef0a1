"""Figures that notice who reads them: which places of a document an attacker has looked at, and which it has not.

A place is written with [] for every element of a list and {} for keys that are data (a channel, a unit, a language):
tables[].groups[].cells[].share, about.returned.{}.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: Mappings whose keys are data.
OPEN = frozenset(
    {
        "about.returned",
        "about.title",
        "registrations.units",
        "benchmarks[].source",
        "benchmarks[].footnote",
        "benchmarks[].values[].label",
        "targets[].source",
        "targets[].footnote",
        "trend[].series[].points[].title",
    }
)


def _under(place: str, key: Any) -> str:
    name = "{}" if place in OPEN else str(key)
    return f"{place}.{name}" if place else name


def places_of(figures: Any, place: str = "") -> Iterator[str]:
    """Every place of a document that holds a figure or a word: its leaves, and lists and mappings that are empty."""
    if isinstance(figures, dict) and figures:
        for key, part in figures.items():
            yield from places_of(part, _under(place, key))
    elif isinstance(figures, list | tuple) and figures:
        for part in figures:
            yield from places_of(part, f"{place}[]")
    else:
        yield place


def watched(figures: Any, seen: set[str], place: str = "") -> Any:
    """The same figures; whoever takes something out of them leaves its place in `seen`."""
    if isinstance(figures, dict):
        return _Mapping(figures, seen, place)
    if isinstance(figures, list):
        return _List([watched(part, seen, f"{place}[]") for part in figures], seen, place)
    return figures


class _Mapping(dict[str, Any]):
    def __init__(self, figures: dict[str, Any], seen: set[str], place: str) -> None:
        super().__init__(
            (key, watched(part, seen, _under(place, key))) for key, part in figures.items()
        )
        self._seen, self._place = seen, place

    def __getitem__(self, key: str) -> Any:
        self._seen.add(_under(self._place, key))
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._seen.add(_under(self._place, key))
        return super().get(key, default)

    def items(self) -> Any:
        return [(key, self[key]) for key in self]

    def values(self) -> Any:
        return [self[key] for key in self]


class _List(list[Any]):
    def __init__(self, figures: list[Any], seen: set[str], place: str) -> None:
        super().__init__(figures)
        self._seen, self._place = seen, place

    def __iter__(self) -> Iterator[Any]:
        self._seen.add(f"{self._place}[]")
        return super().__iter__()

    def __getitem__(self, index: Any) -> Any:
        self._seen.add(f"{self._place}[]")
        return super().__getitem__(index)
