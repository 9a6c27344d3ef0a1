"""Reads the text of a document, YAML or JSON, into plain values that remember their lines.

Why not ``yaml.safe_load``: it loses the lines, keeps the last of two equal keys, follows anchors (a few hundred
bytes become gigabytes), and turns ``no`` into False and 2026-11-22 into a date. Here the events of the parser are
built into dicts and lists, every scalar is a `Written` that keeps its own text, and what a scalar means is decided
where it is used, by the core rules of YAML 1.2 (only true, false, null and numbers are special).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from forms.problems import Fault

#: Largest document, in bytes of UTF-8.
SIZE = 1024 * 1024

#: Deepest nesting of mappings and lists; a condition as JsonLogic takes two levels for each of its own.
DEPTH = 128

#: Most scalars, lists and mappings in a document.
NODES = 100_000

#: A path to a value: keys and positions from the top.
Path = tuple[str | int, ...]

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

#: What YAML allows no document to hold. Surrogates alone are no characters at all.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
#: Line breaks of YAML 1.1 that people see as spaces; and the invisible mark that editors put first.
_STRANGE_SPACE = re.compile("[\x85\u2028\u2029]")
#: A character beyond the first 65,536 as JSON escapes it, which YAML does not know.
_PAIR = re.compile(r"\\\\|\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}


class Written(str):
    """A scalar as it is written; `plain` when it stands without quotes and may mean a number, true, false or null."""

    plain: bool

    def __new__(cls, text: str, *, plain: bool) -> Written:
        """Remembers how `text` was written beside the text itself."""
        written = super().__new__(cls, text)
        written.plain = plain
        return written

    @property
    def value(self) -> str | int | float | bool | None:
        """What it means by the core rules of YAML 1.2."""
        text = str(self)
        if not self.plain:
            return text
        if text in _NULL:
            return None
        if text in _BOOLEAN:
            return _BOOLEAN[text]
        if (
            len(text) <= 30
        ):  # longer digits are no number that anyone means, and int() has limits of its own
            if _INTEGER.fullmatch(text):
                return int(text)
            if _FLOAT.fullmatch(text):
                return float(text)
        return text


@dataclass(frozen=True, slots=True)
class DocumentText:
    """What was read: `tree` of dicts, lists and `Written`, the line of each path, and the faults met on the way.

    `tree` is None when the text cannot be read any further; the last of `faults` then says why.
    """

    tree: Any
    lines: dict[Path, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def line(self, path: Path) -> int | None:
        """The line of `path`, or of the nearest thing around it that has one."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


def place_of(path: Path) -> str:
    """A path as a person follows it: ``sections[0].questions[2].points``."""
    place = ""
    for part in path:
        if isinstance(part, int):
            place += f"[{part}]"
        else:
            # a key may be anything that somebody typed
            shown = part if len(part) <= 60 else part[:57] + "..."
            place += f".{shown}" if place else shown
    if len(place) > 200:
        place = place[:197] + "..."
    return place or "document"


def plain(tree: Any) -> Any:
    """The tree with every `Written` replaced by what it means."""
    if isinstance(tree, Written):
        return tree.value
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [plain(value) for value in tree]
    return tree


def read_text(text: str, *, file: str = "") -> DocumentText:
    """Reads a document's text. Never raises: everything that is wrong is in `faults` of the result."""
    reader = _Reader(file)
    try:
        tree = reader.read(text)
    except _StopReadingError:
        return DocumentText(None, {}, tuple(reader.faults))
    return DocumentText(tree, reader.lines, tuple(reader.faults))


class _StopReadingError(Exception):
    """Nothing after this can be read; the reason is the last of the reader's faults."""


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.lines: dict[Path, int] = {}
        self.nodes = 0
        self.events: Iterator[Any] = iter(())

    def fault(self, path: Path, line: int | None, code: str, message: str, remedy: str) -> None:
        self.faults.append(Fault(place_of(path), code, message, remedy, self.file, line))

    def stop(
        self, path: Path, line: int | None, code: str, message: str, remedy: str
    ) -> _StopReadingError:
        self.fault(path, line, code, message, remedy)
        return _StopReadingError()

    def read(self, text: str) -> Any:
        if len(text) > SIZE or len(text.encode("utf-8", "replace")) > SIZE:
            raise self.stop(
                (),
                None,
                "too-large",
                "The document is larger than 1 MiB.",
                "Split the questionnaire.",
            )
        bad = _FORBIDDEN.search(text)
        if bad is not None:
            raise self.stop(
                (),
                text.count("\n", 0, bad.start()) + 1,
                "character",
                f"The document holds the character U+{ord(bad[0]):04X}, which is no text.",
                "Remove it, or save the file as UTF-8.",
            )
        text = _STRANGE_SPACE.sub(" ", text.replace("\ufeff", ""))
        if text.lstrip().startswith("{"):
            text = _PAIR.sub(_joined_pair, text)
        try:
            return self.document(text)
        except yaml.YAMLError as error:
            raise self.syntax(error) from None
        except (ValueError, OverflowError, RecursionError):
            # the escape \UFFFFFFFF and the like reach the parser's own conversions
            raise self.stop(
                (),
                None,
                "syntax",
                "This is not YAML or JSON.",
                "Check the escapes in quoted texts.",
            ) from None

    def document(self, text: str) -> Any:
        self.events = yaml.parse(text, Loader=_LOADER)
        tree: Any = None
        seen = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                seen += 1
                line = _line(event)
                if seen > 1:
                    self.fault(
                        (),
                        line,
                        "second-document",
                        "A second document begins here.",
                        "Keep one in a file; remove ---.",
                    )
                    break
                tree = self.node(next(self.events), (), 1)
        if not seen or (isinstance(tree, Written) and tree.value is None):
            raise self.stop((), 1, "empty", "The document is empty.", "Begin with 'format: 1'.")
        return tree

    def node(self, event: Any, path: Path, depth: int) -> Any:
        line = _line(event)
        self.count(path, line)
        if depth > DEPTH:
            raise self.stop(
                path,
                line,
                "too-deep",
                f"This nests deeper than {DEPTH} levels.",
                "Write it flatter.",
            )
        if isinstance(event, yaml.AliasEvent):
            self.fault(
                path,
                line,
                "alias",
                "Anchors and aliases (& and *) are not read.",
                "Write the part out.",
            )
            return Written("", plain=True)
        if event.anchor is not None:
            self.fault(
                path,
                line,
                "alias",
                "Anchors and aliases (& and *) are not read.",
                "Remove the anchor.",
            )
        if event.tag is not None:
            self.fault(
                path,
                line,
                "tag",
                "Tags (!) are not read.",
                "Remove it; put a text that begins with ! in quotes.",
            )
        self.lines.setdefault(path, line)
        if isinstance(event, yaml.ScalarEvent):
            return Written(event.value, plain=event.style not in ("'", '"', "|", ">"))
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(path, depth)
        return self.mapping(path, depth)

    def count(self, path: Path, line: int) -> None:
        self.nodes += 1
        if self.nodes > NODES:
            message = f"The document has over {NODES} parts."
            raise self.stop(path, line, "too-large", message, "Split the questionnaire.")

    def sequence(self, path: Path, depth: int) -> list[Any]:
        items: list[Any] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self.node(event, (*path, len(items)), depth + 1))
        return items

    def mapping(self, path: Path, depth: int) -> dict[str, Any]:
        pairs: dict[str, Any] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            line = _line(event)
            self.count(path, line)
            if not isinstance(event, yaml.ScalarEvent):
                self.fault(
                    path,
                    line,
                    "key",
                    "A key is not a plain word.",
                    "Write keys as words; put texts in quotes.",
                )
                self.skip(event, path, depth)
                self.skip(next(self.events), path, depth)
                continue
            key = str(event.value)
            here = (*path, key)
            if event.anchor is not None or event.tag is not None:
                self.node(event, here, depth)  # for its fault
            if key in pairs:
                self.fault(
                    here,
                    line,
                    "duplicate-key",
                    f"The key {key[:60]!r} stands twice here; first in line {self.lines[here]}.",
                    "Keep one of the two.",
                )
                self.skip(next(self.events), here, depth)
                continue
            self.lines[here] = line
            pairs[key] = self.node(next(self.events), here, depth + 1)
        return pairs

    def skip(self, event: Any, path: Path, depth: int) -> None:
        """Reads past a node whose value is not kept."""
        lines, self.lines = self.lines, {}
        self.node(event, path, depth + 1)
        self.lines = lines

    def syntax(self, error: yaml.YAMLError) -> _StopReadingError:
        mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or "it cannot be read"
        line = None if mark is None else mark.line + 1
        column = "" if mark is None else f" at column {mark.column + 1}"
        return self.stop(
            (),
            line,
            "syntax",
            f"This is not YAML or JSON: {problem}{column}.",
            "Check the indentation, the colons and the quotes around here; put a text with ': ' in quotes.",
        )


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _joined_pair(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[0]
    high, low = int(match[1], 16), int(match[2], 16)
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"
