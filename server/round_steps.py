"""What may be done to a round now: the links on its page, the most likely one first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from store.rounds import Round, RoundState

#: A step's name (the template has its words), the route that asks about it, and its path under the round's.
_STEPS = {
    "read": ("results.page", "editions/{latest}/report"),
    "open": ("round_course.ask_to_open", "open"),
    "approved": ("round_course.ask_to_open", "open"),
    "edit": ("round_setup.edit", "edit"),
    "cancel": ("round_course.ask_to_cancel", "cancel"),
    "prolong": ("round_course.ask_for_days", "days"),
    "reopen": ("round_course.ask_for_days", "days"),
    "why-closed": ("round_course.ask_for_days", "days"),
    "close": ("round_course.ask_to_close", "close"),
    "rules": ("round_course.ask_for_rules", "rules"),
    "unit": ("round_course.ask_for_unit", "late-unit"),
    "late": ("round_course.ask_for_late_mix", "late-answers"),
    "edition": ("round_course.ask_for_edition", "edition"),
    "again": ("round_course.ask_for_edition", "edition"),
}


def steps(
    found: Round,
    now: datetime,
    *,
    divided: bool,
    waiting: int,
    latest: int | None,
    may: Callable[[str, Round], bool],
) -> list[tuple[str, str]]:
    """(name, path) of what this account may do. `divided`: whether units take part; `waiting`: how many answers are sealed;
    `latest`: the number of the newest edition. Where there is one, reading it comes before making another."""
    edition = ["edition"] if latest is None else ["read", "again"]
    match found.state:
        case RoundState.PLANNED:
            names = ["approved" if found.approved else "open", "edit", "cancel"]
        case RoundState.OPEN:
            names = ["prolong" if found.answering(now) else "reopen", "close", "rules"]
            names += ["unit"] if divided else []
        case RoundState.CLOSED:
            names = [*edition, "reopen", "rules"]
        case RoundState.FINISHED:
            names = [*(["late"] if waiting else []), *edition, "rules", "why-closed"]
    return [
        (name, _STEPS[name][1].format(latest=latest))
        for name in names
        if may(_STEPS[name][0], found)
    ]
