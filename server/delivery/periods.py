"""When a round that asked for interim editions delivers: on Mondays, or on the first of a month, at six on people's clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from store.rounds import Interim

LOCAL_TIME = ZoneInfo("Europe/Copenhagen")
#: Before people come to work.
HOUR = time(6, 0)


def latest_period(interim: Interim, now: datetime) -> datetime | None:
    """The newest instant up to `now` at which such a round delivers; None for one that does not."""
    today = now.astimezone(LOCAL_TIME).date()
    match interim:
        case Interim.NONE:
            return None
        case Interim.WEEKLY:
            day = today - timedelta(days=today.weekday())
            earlier = day - timedelta(weeks=1)
        case Interim.MONTHLY:
            day = today.replace(day=1)
            earlier = (day - timedelta(days=1)).replace(day=1)
    at = datetime.combine(day, HOUR, LOCAL_TIME)
    return at if at <= now else datetime.combine(earlier, HOUR, LOCAL_TIME)
