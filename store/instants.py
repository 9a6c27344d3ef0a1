"""Instants and days as the store keeps them: UTC ISO text with seconds and Z, and ISO days.

People's clock (Europe/Copenhagen) belongs to the floors above; here an instant is always UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime


def instant_text(moment: datetime) -> str:
    """An aware datetime as `2022-03-21T11:00:00Z`; parts of a second are cut off.

    Raises ValueError for a datetime without a zone: a guess would move a deadline by an hour or two.
    """
    if moment.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_instant(text: str) -> datetime:
    """The aware UTC datetime of a text that `instant_text` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def read_optional_instant(text: str | None) -> datetime | None:
    """As `read_instant`; None stays None."""
    return None if text is None else read_instant(text)


def read_day(text: str) -> date:
    """The day of an ISO text `2022-03-21`."""
    return date.fromisoformat(text)
