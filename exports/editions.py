"""Editions: the only way figures come into being (design.md, "The way of an answer", 8)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from exports.disclosure import DisclosedTables
from exports.figures import table_figures


def edition_figures(
    *,
    round_id: str,
    number: int,
    made_on: str,
    about: Mapping[str, Any],
    disclosed: DisclosedTables,
    free_text: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The figures of an edition as JSON (docs/architecture.md, "tables JSON"), with the hash of their content.

    The hash covers what was found and how it was collected, but neither the edition's number nor its day: the same
    counts give the same hash whenever they are asked for.
    """
    figures: dict[str, Any] = {
        "round": round_id,
        "edition": number,
        "made_on": made_on,
        "smallest_group": disclosed.rule.k,
        "about": dict(about),
        "tables": table_figures(disclosed),
        "free_text": [dict(one) for one in free_text],
    }
    figures["hash"] = content_hash(figures)
    return figures


def content_hash(figures: Mapping[str, Any]) -> str:
    """64 hex digits over everything but number, day and the random order of free text."""
    plain = {
        name: value for name, value in figures.items() if name not in ("edition", "made_on", "hash")
    }
    plain["free_text"] = [
        {**one, "texts": sorted(one["texts"], key=lambda text: (text["language"], text["text"]))}
        for one in plain["free_text"]
    ]
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
