"""Brings the catalogues of translations up to date with code and templates, and says what still lacks words.

    .venv/bin/python scripts/translations.py            update server/translations and exports/translations
    .venv/bin/python scripts/translations.py --check    change nothing; exit 1 if a catalogue is not up to date

docs/translating.md says how to add words and languages. There is nothing to compile: the .po files are read as they are.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parent.parent

#: Said above each entry of a language that no translator has read. Not gettext's "fuzzy": fuzzy words are not shown.
DRAFT = "draft: not read by a translator"

#: What a person who answers can meet; these languages need words for it, and for nothing else.
PUBLIC_FILES = (
    "server/answering_page.py",
    "server/condition_words.py",
    "server/kiosk_words.py",
    "server/page_words.py",
    "server/paper/laying_out.py",
    "server/paper/sheet.py",
    "server/plain_form.py",
    "server/problems.py",
    "server/routes/answering.py",
    "server/templates/answering/",
    "server/templates/sheet/",
    "server/templates/accessibility.html",
    "server/templates/frame.html",
    "server/templates/problem.html",
)
PUBLIC_PROBLEMS = (
    "NOT_FOUND",
    "NO_SUCH_ROUND",
    "ROUND_NOT_OPEN",
    "TOO_LARGE",
    "UNSUPPORTED_TYPE",
    "MALFORMED",
    "BAD_ENVELOPE",
    "WRONG_SIZE",
    "KEY_CONFLICT",
    "ROUND_FULL",
    "SLOW_DOWN",
    "INVALID_ANSWERS",
    "FORGED",
    "METHOD",
    "BUSY",
    "UNEXPECTED",
)

Key = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Book:
    """A set of messages and the catalogues that hold their translations."""

    folder: str
    domain: str
    messages: Mapping[Key, set[str]]
    languages: tuple[str, ...]
    drafts: tuple[str, ...] = ()

    def path(self, language: str) -> Path:
        """The catalogue of a language."""
        return ROOT / self.folder / language / "LC_MESSAGES" / f"{self.domain}.po"


@dataclass(frozen=True, slots=True)
class Result:
    """A catalogue as it should be, and the messages that have no words in it."""

    text: str
    missing: list[Key] = field(default_factory=list)


def _words_in_code() -> ModuleType:
    spec = spec_from_file_location("words_in_code", Path(__file__).with_name("words_in_code.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CODE = _words_in_code()


def server_messages() -> dict[Key, set[str]]:
    """The pages' messages and the files that each stands in."""
    found = _messages_of("server", CODE.CALLS)
    problems = ROOT / "forms" / "problems.py"
    for text in CODE.problems_in(problems.read_text(encoding="utf-8")):
        found.setdefault(text, set()).add("forms/problems.py")
    return found


def public_messages() -> dict[Key, set[str]]:
    """Those of the pages' messages that a person who answers can meet."""
    source = (ROOT / "forms" / "problems.py").read_text(encoding="utf-8")
    problems = set(CODE.problem_words(source, PUBLIC_PROBLEMS))
    return {
        key: files
        for key, files in server_messages().items()
        if key in problems or any(file.startswith(PUBLIC_FILES) for file in files)
    }


def report_messages() -> dict[Key, set[str]]:
    """The report's messages and the files that each stands in."""
    return _messages_of("exports", {"N_": 1, "words": 1, "self": 1, "t": 1})


def books() -> tuple[Book, ...]:
    """All catalogues."""
    return (
        Book("server/translations", "messages", server_messages(), ("da",)),
        Book("server/translations", "messages", public_messages(), ("ar", "fa"), ("ar", "fa")),
        Book("exports/translations", "report", report_messages(), ("da",)),
    )


def _messages_of(floor: str, calls: Mapping[str, int]) -> dict[Key, set[str]]:
    found: dict[Key, set[str]] = {}
    for path in sorted((ROOT / floor).rglob("*.py")):
        for key in CODE.words_in(path.read_text(encoding="utf-8"), calls):
            found.setdefault(key, set()).add(path.relative_to(ROOT).as_posix())
    for path in sorted((ROOT / floor / "templates").rglob("*")):
        if path.is_file():
            for key in _words_in_template(path, calls):
                found.setdefault(key, set()).add(path.relative_to(ROOT).as_posix())
    return found


def _words_in_template(path: Path, calls: Mapping[str, int]) -> list[Key]:
    # A template that cannot be parsed stops the run here, rather than losing its words without a sound.
    source = path.read_text(encoding="utf-8")
    Environment(extensions=["jinja2.ext.i18n"]).parse(source)  # noqa: S701 - nothing is rendered
    options = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
    found: list[Key] = []
    for _line, _function, message, _comments in babel_extract(
        io.BytesIO(source.encode()), tuple(calls), [], options
    ):
        if isinstance(message, tuple):
            texts = [part for part in message if isinstance(part, str)]
            found.append((texts[0], texts[1]) if len(texts) > 1 else texts[0])
        elif message:
            found.append(message)
    return found


def catalogue(book: Book, language: str) -> Catalog:
    """The catalogue of a language as it is on disk; empty where there is none yet."""
    path = book.path(language)
    if not path.is_file():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def brought_up_to_date(book: Book, language: str) -> Result:
    """The catalogue with an entry for each message of the book and no other; words that it has are kept."""
    old = catalogue(book, language)
    new = Catalog(
        locale=language,
        domain=book.domain,
        project="Svarboks",
        version="0.1",
        header_comment=f"# The words of Svarboks in {language}. See docs/translating.md.",
        fuzzy=False,
    )
    missing: list[Key] = []
    for key in sorted(book.messages, key=lambda key: key if isinstance(key, str) else key[0]):
        known = old.get(key if isinstance(key, str) else key[0])
        string = known.string if known is not None and not known.fuzzy else ""
        if not is_translated(key, string, new.num_plurals):
            missing.append(key)
        comments = known.user_comments if known is not None else []
        if language in book.drafts and known is None:
            comments = [DRAFT]
        new.add(
            key,
            string or None,
            locations=[(file, 0) for file in sorted(book.messages[key])],
            user_comments=comments,
        )
    written = io.BytesIO()
    write_po(written, new, width=100, include_lineno=False)
    lines = written.getvalue().decode().splitlines(keepends=True)
    # Dates, people and tools in the head would change with every run and say nothing.
    idle = (
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Last-Translator",
        "Language-Team",
        "Report-Msgid",
        "Generated-By",
    )
    return Result(
        "".join(line for line in lines if not line.startswith(tuple(f'"{i}' for i in idle))),
        missing,
    )


def is_translated(key: Key, string: object, plurals: int) -> bool:
    """Whether there are words: of a message in singular and plural, in all the forms of the language."""
    if isinstance(key, str):
        return isinstance(string, str) and bool(string)
    return isinstance(string, tuple | list) and len(string) == plurals and all(string)


def placeholders(message: Message) -> list[str]:
    """What is wrong with the placeholders of a translated message, in words; empty when they agree."""
    return [str(error) for error in message.check()]


def main(arguments: list[str]) -> int:
    """Update or check; the exit code."""
    stale = 0
    for book in books():
        for language in book.languages:
            path, result = book.path(language), brought_up_to_date(book, language)
            name = path.relative_to(ROOT)
            if "--check" in arguments:
                current = path.read_text(encoding="utf-8") if path.is_file() else ""
                stale += current != result.text
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(result.text, encoding="utf-8")
            print(f"{name}: {len(book.messages)} messages, {len(result.missing)} without words")
            for key in result.missing:
                print(f"  {key!r}")
            stale += bool(result.missing)
    return 1 if "--check" in arguments and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
