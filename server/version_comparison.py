"""What became of each question from one version to another, in words and with both wordings side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from forms.document_plain import plain_of_question
from forms.problems import Fault
from forms.questionnaire import Group, Question, Questionnaire
from forms.versions import compare, content_hash, obstacles_in_one_round

Fate = Literal["comparable", "wording", "changed", "added", "removed"]

#: In the order in which a person needs them.
FATES: tuple[Fate, ...] = ("changed", "wording", "added", "removed", "comparable")

#: What a question's figures depend on, by its key in the document (forms/document_plain.py).
_WORDS = {"text", "help", "unit_text", "constraints", "dont_know", "not_relevant", "id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedQuestion:
    """A question in two versions: its texts in each (None where it is not), and which of its keys differ."""

    id: str
    fate: Fate
    before: Mapping[str, str] | None
    after: Mapping[str, str] | None
    differing: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedVersions:
    """Two versions. `identical`: the same to the letter; `obstacles`: why they cannot be used in one round."""

    questions: tuple[ComparedQuestion, ...]
    obstacles: tuple[Fault, ...]
    identical: bool

    def of(self, fate: Fate) -> tuple[ComparedQuestion, ...]:
        """The questions with one fate."""
        return tuple(one for one in self.questions if one.fate == fate)

    @property
    def only_around(self) -> bool:
        """Whether nothing but texts around the questions, translations or the report plan differs."""
        return not self.identical and all(one.fate == "comparable" for one in self.questions)


def compare_versions(old: Questionnaire, new: Questionnaire) -> ComparedVersions:
    """From `old` to `new`."""
    found = compare(old, new)
    before, after = _by_id(old), _by_id(new)
    return ComparedVersions(
        questions=tuple(
            _compared(name, fate, before.get(name), after.get(name), old.source_language)
            for fate in FATES
            for name in getattr(found, fate)
        ),
        obstacles=obstacles_in_one_round(old, new),
        identical=content_hash(old) == content_hash(new),
    )


def _by_id(questionnaire: Questionnaire) -> dict[str, Question]:
    return {question.id: question for question in questionnaire.questions()}


def _compared(
    name: str, fate: Fate, was: Question | None, now: Question | None, language: str
) -> ComparedQuestion:
    differing: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    if was is not None and now is not None and fate in {"changed", "wording"}:
        one, other = plain_of_question(was), plain_of_question(now)
        for plain, question in ((one, was), (other, now)):
            if isinstance(question, Group):
                plain["questions"] = [inner.id for inner in question.questions]
        differing = tuple(key for key in {**one, **other} if one.get(key) != other.get(key))
        options = _options(one, other, language)
        if fate == "changed" and not set(differing) - _WORDS:
            # it stands in a section or a group that is shown to others than before
            differing = (*differing, "around")
    return ComparedQuestion(
        id=name,
        fate=fate,
        before=was.text if was is not None else None,
        after=now.text if now is not None else None,
        differing=differing,
        options=options,
    )


def _options(was: Any, now: Any, language: str) -> tuple[tuple[str, str], ...]:
    """(wording before, wording after) of the options, points and statements that differ; '' where there is none."""
    found = []
    for key in ("options", "points", "statements", "rows", "columns"):
        one = {part["id"]: _said(part, language) for part in was.get(key, ())}
        other = {part["id"]: _said(part, language) for part in now.get(key, ())}
        for name in {**one, **other}:
            pair = (one.get(name, ""), other.get(name, ""))
            if pair[0] != pair[1]:
                found.append(pair)
    return tuple(found)


def _said(part: Any, language: str) -> str:
    texts = part.get("text") or {}
    text = str(texts.get(language) or next(iter(texts.values()), part["id"]))
    score = part.get("score")
    return f"{text} ({score:g})" if isinstance(score, int | float) else text
