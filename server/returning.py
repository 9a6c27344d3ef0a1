"""Signed returns: edited together by the people of a unit, revision upon revision, and sent once through the one intake.

Nobody's words are overwritten: who saves names the revision they began from, and where somebody else has saved since, the
two are put together question by question. What is sent is one revision: it is noted first, so that nothing else can be
sent, and handed over after; a one-time key that follows from the revision makes handing over twice the same as once.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forms.problems import ProblemError
from server.service import Service
from store import audit, receipts, returns, round_units, submissions
from store.database import Store
from store.rounds import Round

#: The channel that returns come in by.
WEB = "web"


@dataclass(frozen=True, slots=True)
class Together:
    """Two people's answers put together. `answers` has mine where I changed something; `theirs` what the other changed,
    by question, with True where I had changed it too and mine stands in the field."""

    answers: dict[str, Any]
    theirs: dict[str, bool]


def put_together(
    base: Mapping[str, Any], theirs: Mapping[str, Any], mine: Mapping[str, Any]
) -> Together:
    """Merge by question: what only they changed is theirs, everything else mine. Agreeing is no difference."""
    answers: dict[str, Any] = {}
    changed: dict[str, bool] = {}
    for question in sorted({*base, *theirs, *mine}):
        before, other, own = base.get(question), theirs.get(question), mine.get(question)
        if other not in (before, own):
            changed[question] = own != before
            if own == before:
                own = other
        if own is not None:
            answers[question] = own
    return Together(answers, changed)


def save(
    store: Store,
    shown: Round,
    unit: str,
    *,
    based_on: int,
    answers: Mapping[str, Any],
    language: str,
    account: int,
    now: datetime,
) -> int | None:
    """Keep a revision if anything differs from the one it is based on; its number, or None where somebody was faster or the
    return has been sent."""
    with store.write() as db:
        latest = returns.latest(db, shown.id, unit)
        if latest is not None and latest.number == based_on and latest.answers == answers:
            return based_on
        number = returns.save(
            db,
            shown.id,
            unit,
            based_on=based_on,
            answers=answers,
            language=language,
            account=account,
            now=now,
        )
        if number is not None:
            _note(db, "return saved", shown, unit, number, account, now)
    return number


def send(running: Service, shown: Round, unit: str, *, revision: int, account: int) -> None:
    """Send this revision for the unit. Sent before: hands the sent revision over again if it never arrived.

    Raises what receiving raises, with the return not sent.
    """
    now = running.clock()
    with running.store.write() as db:
        first = returns.send(db, shown.id, unit, revision=revision, account=account, now=now)
        if first:
            _note(db, "return sent", shown, unit, revision, account, now)
    try:
        hand_over(running, shown, unit)
    except ProblemError:
        if first:
            with running.store.write() as db:
                returns.take_back(db, shown.id, unit)
                _note(db, "return not received", shown, unit, revision, account, now)
        raise


def hand_over(running: Service, shown: Round, unit: str) -> None:
    """Hand the sent revision to the intake, unless it has it."""
    main = running.store.main
    sent = returns.sent(main, shown.id, unit)
    if sent is None or received(running, shown, unit, sent.revision):
        return
    revision = returns.read(main, shown.id, unit, sent.revision)
    assert revision is not None  # return_sent refers to it
    running.intake.receive_plain(
        revision.answers,
        round_id=shown.id,
        version=shown.version,
        checker=running.checker(shown.version),
        language=revision.language,
        key=one_time_key(running.secret, shown.id, unit, sent.revision),
        now=running.clock(),
        unit=unit,
        units=round_units.ids(main, shown.id),
        channel=WEB,
    )


def received(running: Service, shown: Round, unit: str, revision: int) -> bool:
    """Whether the intake has this revision: it waits, or has its receipt. Mixing adds the receipt before it removes what
    waited, so that looking in this order misses nothing."""
    key = bytes.fromhex(one_time_key(running.secret, shown.id, unit, revision))
    return bool(
        submissions.digest_of(running.store.waiting, [key])
        or receipts.digest_of(running.store.main, [key])
    )


def one_time_key(secret: bytes, round_id: str, unit: str, revision: int) -> str:
    """32 hex digits that nobody can guess and that are the same each time this revision is handed over."""
    text = f"return {round_id} {unit} {revision}".encode()
    return hmac.new(secret, text, hashlib.sha256).hexdigest()[:32]


def _note(
    db: Any, action: str, shown: Round, unit: str, revision: int, account: int, now: datetime
) -> None:
    audit.note(
        db,
        at=now,
        actor=audit.by_account(account),
        action=action,
        subject=f"round:{shown.id}",
        details={"unit": unit, "revision": revision},
    )
