"""Layouts of paper, and piles of sheets that were printed together. The numbers of the sheets are not kept: they tie to nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from store.instants import instant_text, read_day, read_instant
from store.plain_json import json_text, read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLayout:
    """Where each box lies (forms.paper.layout.to_plain) in one language of one version. The id is 8 hex digits of its hash."""

    id: str
    version: str
    language: str
    layout: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """Sheets printed together. `id` is 16 random hex digits; `unit` None where no unit hands them out; `language` is its layout's."""

    id: str
    round: str
    unit: str | None
    layout: str
    sheets: int
    printed_at: datetime
    unit_name: str = ""
    language: str = ""
    version: str = ""
    back_by: date | None = None
    account: int | None = None


def keep_layout(db: Database, layout: KeptLayout) -> None:
    """Keep a layout once; the same id is the same layout."""
    db.execute(
        "INSERT INTO paper_layout (id, version, language, layout) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (layout.id, layout.version, layout.language, json_text(dict(layout.layout))),
    )


def layout(db: Database, layout_id: str) -> KeptLayout | None:
    """The layout with this id, or None."""
    row = db.execute(
        "SELECT id, version, language, layout FROM paper_layout WHERE id = ?", (layout_id,)
    ).fetchone()
    return None if row is None else _layout(row)


def layouts_of_round(db: Database, round_id: str) -> list[KeptLayout]:
    """Every layout that sheets of the round may have: those of its versions."""
    return [
        _layout(row)
        for row in db.execute(
            "SELECT l.id, l.version, l.language, l.layout FROM paper_layout l JOIN round_version rv ON rv.version = l.version"
            " WHERE rv.round = ? ORDER BY l.id",
            (round_id,),
        )
    ]


def add(db: Database, pile: Pile) -> None:
    """Keep a pile; its layout must be kept. Raises sqlite3.IntegrityError for an unknown round, unit or layout."""
    db.execute(
        "INSERT INTO pile (id, round, unit, layout, sheets, back_by, account, printed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            pile.id,
            pile.round,
            pile.unit,
            pile.layout,
            pile.sheets,
            pile.back_by.isoformat() if pile.back_by else None,
            pile.account,
            instant_text(pile.printed_at),
        ),
    )


_SELECT = (
    "SELECT p.id, p.round, p.unit, p.layout, p.sheets, p.printed_at, coalesce(u.name, ''), l.language, l.version,"
    " p.back_by, p.account FROM pile p JOIN paper_layout l ON l.id = p.layout LEFT JOIN unit u ON u.id = p.unit"
)


def find(db: Database, pile: str) -> Pile | None:
    """The pile with this id, or None."""
    row = db.execute(f"{_SELECT} WHERE p.id = ?", (pile,)).fetchone()
    return None if row is None else _pile(row)


def of_round(db: Database, round_id: str) -> list[Pile]:
    """The piles of a round, the newest first."""
    rows = db.execute(
        f"{_SELECT} WHERE p.round = ? ORDER BY p.printed_at DESC, p.id",
        (round_id,),
    )
    return [_pile(row) for row in rows]


def handed_out(db: Database, round_id: str) -> dict[str, int]:
    """How many sheets were printed for each unit of a round; '' for those of no unit."""
    return dict(
        db.execute(
            "SELECT coalesce(unit, ''), sum(sheets) FROM pile WHERE round = ? GROUP BY unit ORDER BY unit",
            (round_id,),
        ).fetchall()
    )


def _layout(row: Sequence[Any]) -> KeptLayout:
    return KeptLayout(id=row[0], version=row[1], language=row[2], layout=read_json(row[3]))


def _pile(row: Sequence[Any]) -> Pile:
    return Pile(
        id=row[0],
        round=row[1],
        unit=row[2],
        layout=row[3],
        sheets=row[4],
        printed_at=read_instant(row[5]),
        unit_name=row[6],
        language=row[7],
        version=row[8],
        back_by=read_day(row[9]) if row[9] else None,
        account=row[10],
    )
