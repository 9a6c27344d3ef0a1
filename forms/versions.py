"""Versions: what is published, under which hash, and what two versions of a questionnaire have in common."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from forms import padded_size as sizes
from forms.document import from_plain, to_plain
from forms.document_plain import plain_of_question
from forms.document_text import Path, place_of
from forms.problems import Fault, Problem, ProblemError
from forms.questionnaire import (
    Group,
    PlannedTable,
    Question,
    Questionnaire,
    Review,
    Section,
    text_in,
)

#: The fields of the model that hold texts to be shown.
TEXT_FIELDS = (
    "title",
    "intro",
    "thanks",
    "text",
    "help",
    "unit_text",
    "message",
    "dont_know",
    "not_relevant",
)

#: What a question may change without its figures becoming others.
_SAME_FIGURES = ("required", "require_if", "background", "sensitive", "personal")


@dataclass(frozen=True, slots=True)
class Version:
    """A published questionnaire, immutable: its hash (64 hex), and the bytes that each sealed answer is padded to."""

    hash: str
    questionnaire: Questionnaire
    padded_size: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ids of questions, those of repeating groups included, by what became of them from one version to the next.

    `comparable`: figures can stand side by side. `wording`: they can, with a note that the words changed. `changed`:
    they cannot, since kind, options, scores, tones, bounds, what is computed, or who is asked is another.
    """

    comparable: tuple[str, ...]
    wording: tuple[str, ...]
    changed: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]


def canonical(q: Questionnaire) -> bytes:
    """The one spelling of a questionnaire: JSON in UTF-8 and NFC, keys sorted, no spaces, empty values left out."""
    text = json.dumps(to_plain(q), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # a quotation mark stands before every text and combines with nothing, so the whole may be normalised at once
    return unicodedata.normalize("NFC", text).encode("utf-8")


def content_hash(q: Questionnaire) -> str:
    """SHA-256 of the canonical form, 64 hex digits."""
    return hashlib.sha256(canonical(q)).hexdigest()


def padded_size(q: Questionnaire) -> int:
    """4096, 16384 or 65536: what each sealed answer to `q` is padded to. Raises ProblemError(NOT_PUBLISHABLE)."""
    size = sizes.padded_size(q)
    if size is None:
        raise ProblemError(Problem.NOT_PUBLISHABLE, faults=(_too_large(q),))
    return size


def make_version(q: Questionnaire, accept_unreviewed: Collection[str] = ()) -> Version:
    """The version that publishing `q` makes.

    `accept_unreviewed` names the languages whose drafts the person who publishes accepts as they are; their missing
    texts are not accepted with them. Raises ProblemError(NOT_PUBLISHABLE) with every fault that is left.
    """
    accepted = {f"languages.{tag}" for tag in accept_unreviewed}
    faults = [
        fault
        for fault in publication_faults(q)
        if not (fault.code == "not-reviewed" and fault.place in accepted)
    ]
    if faults:
        raise ProblemError(Problem.NOT_PUBLISHABLE, faults=tuple(faults))
    return Version(content_hash(q), q, padded_size(q))


def publication_faults(q: Questionnaire) -> list[Fault]:
    """Everything that stands between `q` and its publication.

    Codes: `not-reviewed` (a warning: can be accepted language by language), `missing-text`, `too-large`, and those
    of documents, for a questionnaire that was not read from one.
    """
    faults: list[Fault] = []
    try:
        from_plain(to_plain(q))
    except ProblemError as error:
        faults += error.faults
    for language in q.languages:
        place = f"languages.{language.tag}"
        if language.review is not Review.REVIEWED:
            message = f"The texts in {language.tag} are a draft."
            remedy = "Have them read and write {state: reviewed, by: …, on: …}, or publish and accept the draft."
            faults.append(Fault(place, "not-reviewed", message, remedy))
        elif not language.by or not language.on:
            message = f"It is not said who reviewed {language.tag}, and when."
            faults.append(Fault(place, "not-reviewed", message, "Add by and on."))
    for path, texts in all_texts(q):
        for language in q.languages:
            if not texts.get(language.tag):
                place = place_of((*path, language.tag))
                message = f"There is no text in {language.tag}."
                faults.append(
                    Fault(place, "missing-text", message, "Write it, or remove the language.")
                )
    if sizes.padded_size(q) is None:
        faults.append(_too_large(q))
    return faults


def all_texts(q: Questionnaire) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """Every text of `q` that is shown to somebody, with the path of its document; optional texts only where written."""
    return _texts((), q)


def _texts(path: Path, part: Any) -> Iterator[tuple[Path, Mapping[str, str]]]:
    if isinstance(part, tuple):
        for index, item in enumerate(part):
            if is_dataclass(item):
                yield from _texts((*path, index), item)
        return
    for field in fields(part):
        value = getattr(part, field.name)
        here = (*path, field.name)
        if field.name in TEXT_FIELDS:
            # `text` is what a question, an option or a statement is; a section and a questionnaire have a title
            needed = field.name in ("text", "message") or (
                field.name == "title" and not isinstance(part, PlannedTable)
            )
            if value or (needed and value is not None):
                yield here, value
        elif isinstance(value, tuple) or is_dataclass(value):
            yield from _texts(here, value)


def _too_large(q: Questionnaire) -> Fault:
    largest = sorted(sizes.sizes(q), key=lambda entry: -entry[1])[:3]
    listed = ", ".join(f"{question.id} ({size:,} bytes)" for question, size in largest)
    paths = {
        question.id: ("sections", i, "questions", j)
        for i, section in enumerate(q.sections)
        for j, question in enumerate(section.questions)
    }
    return Fault(
        place_of(paths[largest[0][0].id]),
        "too-large",
        f"The longest answers take {sizes.longest_answer(q):,} bytes; a sealed answer holds {sizes.SIZES[-1]:,}. "
        f"The largest: {listed}.",
        "Allow shorter texts or fewer repetitions there.",
    )


# --- two versions -----------------------------------------------------------------------------------------------


def compare(old: Questionnaire, new: Questionnaire) -> Comparison:
    """What became of each question from `old` to `new`; wording is compared in the source language of `old`."""
    before, after = _all_questions(old), _all_questions(new)
    language = old.source_language
    comparable: list[str] = []
    wording: list[str] = []
    changed: list[str] = []
    for name, asked in after.items():
        if name not in before:
            continue
        if _figures(before[name]) != _figures(asked):
            changed.append(name)
        elif _words(before[name], language) != _words(asked, language):
            wording.append(name)
        else:
            comparable.append(name)
    return Comparison(
        comparable=tuple(comparable),
        wording=tuple(wording),
        changed=tuple(changed),
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
    )


def comparable_in_one_round(old: Questionnaire, new: Questionnaire) -> bool:
    """Whether responses to both can be counted together."""
    return not obstacles_in_one_round(old, new)


def obstacles_in_one_round(old: Questionnaire, new: Questionnaire) -> tuple[Fault, ...]:
    """What keeps `old` and `new` from being used in one round: places are those of `new`'s document."""
    faults: list[Fault] = []
    for key in ("shape", "promise"):
        if getattr(old, key) != getattr(new, key):
            message = f"The {key} was {getattr(old, key)} and is {getattr(new, key)}."
            faults.append(Fault(key, f"other-{key}", message, "Open a round of its own for it."))
    comparison = compare(old, new)
    for name in comparison.changed:
        message = f"The answers to {name} cannot be counted together."
        faults.append(
            Fault(name, "changed-question", message, "Give the changed question another id.")
        )
    before, after = _all_questions(old), _all_questions(new)
    for name in (*comparison.comparable, *comparison.wording):
        if _guarded(before[name][-1]) != _guarded(after[name][-1]):
            message = f"{name} is background, sensitive or personal in one of the two only."
            faults.append(Fault(name, "other-protection", message, "Mark it alike in both."))
    return (*faults, *_table_obstacles(old, new, {*comparison.added, *comparison.removed}))


def _table_obstacles(
    old: Questionnaire, new: Questionnaire, in_one_only: set[str]
) -> Iterator[Fault]:
    was = {table.id: table for table in old.report.tables}
    is_now = {table.id: table for table in new.report.tables}
    for name in dict.fromkeys((*is_now, *was)):
        first, second = was.get(name), is_now.get(name)
        place = f"report.tables.{name}"
        if first is not None and second is not None:
            if (first.question, first.by) != (second.question, second.by):
                yield Fault(
                    place,
                    "changed-table",
                    f"The table {name} counts something else.",
                    "Give it another id.",
                )
            continue
        table = first or second
        # a table of a question that only one version has counts all who were asked; any other would count a part
        if table is not None and not in_one_only & {table.question.split("/")[0], *table.by}:
            message = f"Only one of the two has the table {name}, so it would count a part of the answers."
            yield Fault(place, "changed-table", message, "Have the same tables in both.")


#: A question with what it stands in: (section, question) or (section, group, question).
_Asked = tuple[Section | Question, ...]


def _all_questions(q: Questionnaire) -> dict[str, _Asked]:
    asked: dict[str, _Asked] = {}
    for section in q.sections:
        for question in section.questions:
            asked[question.id] = (section, question)
            if isinstance(question, Group):
                asked.update({inner.id: (section, question, inner) for inner in question.questions})
    return asked


def _guarded(question: Any) -> tuple[bool, bool, bool]:
    return question.background, question.sensitive, question.personal


def _figures(asked: _Asked) -> Any:
    """What the figures of a question depend on: itself without its words, and who comes to see it."""
    question = asked[-1]
    assert isinstance(question, Question)
    plain = plain_of_question(question)
    for key in _SAME_FIGURES:
        plain.pop(key, None)
    if isinstance(question, Group):
        # the questions of a group are compared one by one
        plain["questions"] = [inner.id for inner in question.questions]
    return [part.show_if for part in asked[:-1]], len(asked), _without_words(plain)


def _without_words(plain: Any) -> Any:
    if isinstance(plain, list):
        return [_without_words(part) for part in plain]
    if isinstance(plain, dict):
        return {
            key: key in TEXT_FIELDS or _without_words(value)
            for key, value in plain.items()
            if key not in ("help", "unit_text")
        }
    return plain


def _words(asked: _Asked, language: str) -> list[tuple[Path, str]]:
    """The texts of a question in one language; of a group only its own."""
    question = asked[-1]
    assert isinstance(question, Question)
    return [
        (path, text_in(texts, language, language))
        for path, texts in _texts((), question)
        if not (isinstance(question, Group) and path[0] == "questions")
    ]
