"""Reminders that were sent to a unit of a round: when, by whom, to how many people. The mails are the outbox's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from store.instants import instant_text, read_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """The latest reminder to a unit: when, and to how many people."""

    at: datetime
    recipients: int


def add(
    db: Database, round_id: str, unit: str, *, at: datetime, account: int, recipients: int
) -> None:
    """Note a reminder, in the transaction that keeps its mails. One of the same second is noted once, with both numbers.

    Raises sqlite3.IntegrityError for an unknown round or unit, or for nobody.
    """
    db.execute(
        "INSERT INTO reminder (round, unit, at, account, recipients) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (round, unit, at) DO UPDATE SET recipients = reminder.recipients + excluded.recipients",
        (round_id, unit, instant_text(at), account, recipients),
    )


def latest(db: Database, round_id: str) -> Mapping[str, Reminder]:
    """The latest reminder of each unit of a round that has had one."""
    return {
        unit: Reminder(at=read_instant(at), recipients=recipients)
        for unit, at, recipients in db.execute(
            "SELECT unit, max(at), recipients FROM reminder WHERE round = ? GROUP BY unit",
            (round_id,),
        )
    }
