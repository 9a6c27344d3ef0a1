"""The words of pages and reports in each language: all there, with the right placeholders, and read at run time.

What is to be translated is found in code and templates by scripts/translations.py, whose search is tried here too.
"""

from __future__ import annotations

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages.catalog import Message

from exports.wording import Words as ReportWords
from server.languages import words
from server.page_words import SCRIPT_WORDS, script_words

ROOT = Path(__file__).resolve().parents[2]


def _script(name: str) -> ModuleType:
    spec = spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


TRANSLATIONS = _script("translations")
BOOKS = [
    pytest.param(book, language, id=f"{book.folder.split('/')[0]}-{language}")
    for book in TRANSLATIONS.books()
    for language in book.languages
]


def entries(book: Any, language: str) -> list[Message]:
    """The entries of a catalogue on disk that a message of the book asks for."""
    catalogue = TRANSLATIONS.catalogue(book, language)
    found = [catalogue.get(key if isinstance(key, str) else key[0]) for key in book.messages]
    return [message for message in found if message is not None]


def forms(message: Message) -> list[str]:
    """The translated texts of an entry: one, or one for each plural."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def named(text: str) -> set[str]:
    """The placeholders of a text: %(name)s and {name}."""
    return set(re.findall(r"%\((\w+)\)[sd]", text)) | {
        f"{{{name}}}" for name in re.findall(r"\{(\w+)\}", text)
    }


@pytest.mark.parametrize(("book", "language"), BOOKS)
def test_every_message_has_words(book: Any, language: str) -> None:
    catalogue = TRANSLATIONS.catalogue(book, language)
    missing = []
    for key in book.messages:
        message = catalogue.get(key if isinstance(key, str) else key[0])
        if message is None or not TRANSLATIONS.is_translated(
            key, message.string, catalogue.num_plurals
        ):
            missing.append(key)
    assert missing == [], "run scripts/translations.py and write the words (docs/translating.md)"


@pytest.mark.parametrize(("book", "language"), BOOKS)
def test_placeholders_agree(book: Any, language: str) -> None:
    for message in entries(book, language):
        wanted = named(message.id if isinstance(message.id, str) else message.id[-1])
        for text in forms(message):
            assert named(text) == wanted, message.id
            # A lone % would break the filling in of a message that has placeholders.
            if any("{" not in name for name in wanted):
                assert text.replace("%%", "").count("%") == len(re.findall(r"%\(\w+\)[sd]", text))


@pytest.mark.parametrize(("book", "language"), BOOKS)
def test_spaces_at_the_ends_are_kept(book: Any, language: str) -> None:
    for message in entries(book, language):
        source = message.id if isinstance(message.id, str) else message.id[0]
        for text in forms(message):
            assert text[:1].isspace() == source[:1].isspace(), message.id
            assert text[-1:].isspace() == source[-1:].isspace(), message.id


@pytest.mark.parametrize(("book", "language"), BOOKS)
def test_nothing_is_fuzzy_and_drafts_say_so(book: Any, language: str) -> None:
    # Fuzzy entries are left out when a catalogue is read, so that people would see English.
    for message in entries(book, language):
        assert not message.fuzzy
        if language in book.drafts:
            assert "draft: not read by a translator" in message.user_comments, message.id


def test_arabic_and_farsi_are_asked_for_what_a_respondent_meets() -> None:
    public = TRANSLATIONS.public_messages()
    assert set(public) <= set(TRANSLATIONS.server_messages())
    assert set(SCRIPT_WORDS.values()) <= set(public)
    for text in ("Before you begin", "What we promise you", "This round is not open.", "Yes"):
        assert text in public
    assert "Sign out" not in public


@pytest.mark.parametrize("language", ["da", "ar", "fa"])
def test_the_service_reads_the_words(language: str) -> None:
    said, english = script_words(words(language)), script_words(words("en"))
    assert english == dict(SCRIPT_WORDS)
    assert [key for key in said if said[key] == english[key]] == []


@pytest.mark.parametrize("language", ["ar", "fa"])
def test_right_to_left_words_are_in_their_letters(language: str) -> None:
    for key, text in script_words(words(language)).items():
        assert re.search("[\u0621-\u06cc]", text), key
        wrong = "[پچژگکی]" if language == "ar" else "[كيىة]"
        assert not re.search(wrong, text), key


def test_the_report_reads_the_words() -> None:
    danish = ReportWords("da")
    assert danish("Half") == "Halvdelen"
    assert danish("Smallest group") == "Mindste gruppe"
    assert ReportWords("en")("Smallest group") == "Smallest group"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('_("Yes")', ["Yes"]),
        ("x = f\"{self.words('about')} 3\"", ["about"]),
        ('words("a" if x else "b")', ["a", "b"]),
        ('N = {"key": "one", "other": "two"}\n_(N.get(k, "three"))', ["one", "two", "three"]),
        ('N = ((1, "first"), (2, "second"))\nfor n, text in N:\n    _(text)', ["first", "second"]),
        ('ngettext("%(num)s day", "%(num)s days", n)', [("%(num)s day", "%(num)s days")]),
        ('print("not a message")', []),
        ("_(x)", []),
    ],
)
def test_messages_are_found_in_code(source: str, found: list[object]) -> None:
    assert TRANSLATIONS.CODE.words_in(source) == found


def test_messages_are_found_in_templates(tmp_path: Path) -> None:
    template = tmp_path / "page.html"
    template.write_text(
        "{{ _('One') }}{% trans n=x %}Two {{ n }}{% endtrans %}"
        "{% trans count=n %}{{ count }} day{% pluralize %}{{ count }} days{% endtrans %}",
        encoding="utf-8",
    )
    assert TRANSLATIONS._words_in_template(template, TRANSLATIONS.CODE.CALLS) == [
        "One",
        "Two %(n)s",
        ("%(count)s day", "%(count)s days"),
    ]
