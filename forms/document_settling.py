"""What a document leaves out and means all the same: the source language, standard words, the points of a named scale."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forms.complaints import Complaint, nearest, shown
from forms.document_fields import GivenTexts
from forms.document_lists import ScaleName
from forms.document_questions import holders_of, questions_of
from forms.document_schemas import Found
from forms.document_text import Path

#: The words for "don't know" and "not relevant" that `true` stands for.
STANDARD_WORDS: dict[str, dict[str, str]] = {
    "dont_know": {"da": "Ved ikke", "en": "Don't know", "ar": "لا أعرف", "fa": "نمی‌دانم"},
    "not_relevant": {
        "da": "Ikke relevant",
        "en": "Not relevant",
        "ar": "لا ينطبق",
        "fa": "مرتبط نیست",
    },
}


def settle(data: dict[str, Any]) -> list[Found]:
    """Puts the source language and standard words where they were left out, and the scales where they are named."""
    tags = [
        language["tag"] for language in data.get("languages") or () if isinstance(language, dict)
    ]
    found = list(_settle_scales(data))
    found += _settle_offers(data, (), tags)
    found += _settle_texts({key: value for key, value in data.items() if key != "scales"}, (), tags)
    # a scale is in the questions that name it by now; its own texts are looked at once, where they stand
    found += _settle_texts(data.get("scales") or {}, ("scales",), tags)
    return list(dict.fromkeys(found))


def _settle_scales(data: dict[str, Any]) -> Iterator[Found]:
    scales = data.get("scales") or {}
    for known in questions_of(data):
        for holder, path in holders_of(known):
            for key in ("options", "points"):
                name = holder.get(key)
                if not isinstance(name, ScaleName):
                    continue
                if name in scales:
                    holder[key] = scales[name]
                    holder["@" + key] = ("scales", str(name))
                else:
                    holder[key] = None
                    yield (
                        (*path, key),
                        Complaint(
                            "unknown-scale",
                            f"There is no scale {shown(name)}.",
                            nearest(name, scales) or "Write it under scales.",
                        ),
                    )


def _settle_offers(part: Any, path: Path, tags: list[str]) -> Iterator[Found]:
    if isinstance(part, list):
        for index, item in enumerate(part):
            yield from _settle_offers(item, (*path, index), tags)
    elif isinstance(part, dict) and not isinstance(part, GivenTexts):
        for key in list(part):
            offered = part[key]
            if key in STANDARD_WORDS and offered is False:
                del part[key]
            elif key in STANDARD_WORDS and offered is True:
                words = STANDARD_WORDS[key]
                part[key] = GivenTexts(
                    {tag: words[tag.split("-")[0]] for tag in tags if tag.split("-")[0] in words}
                )
                if tags and tags[0] not in part[key]:
                    yield (
                        (*path, key),
                        Complaint(
                            "no-standard-words",
                            f"There are no standard words in {shown(tags[0])}.",
                            "Write the words instead of true.",
                        ),
                    )
            elif key in ("sections", "questions", "columns"):
                yield from _settle_offers(offered, (*path, key), tags)


def _settle_texts(part: Any, path: Path, tags: list[str]) -> Iterator[Found]:
    if isinstance(part, GivenTexts):
        if tags:
            if "" in part:
                part[tags[0]] = part.pop("")
            for tag in part:
                if tag not in tags:
                    yield (
                        (*path, tag),
                        Complaint(
                            "undeclared-language",
                            f"{shown(tag)} is not among the languages of the questionnaire.",
                            f"{nearest(tag, tags)} Or add it under languages.",
                        ),
                    )
    elif isinstance(part, list):
        for index, item in enumerate(part):
            yield from _settle_texts(item, (*path, index), tags)
    elif isinstance(part, dict):
        for key, item in part.items():
            if not key.startswith("@") and "@" + key not in part:
                yield from _settle_texts(item, (*path, key), tags)
