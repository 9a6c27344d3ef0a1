"""What lies in quarantine is let in after all, or deleted, when a person has decided so.

Let in means: it waits again, sealed, for the next mix, which judges it anew. Only what a mix could take now is moved: its
round is there and has this key, its version is one of the round's, its unit takes part. The rest stays where it is. Nobody
sees more than headers here.

The order of steps makes each safe to repeat. Letting in: first the receipt that says "quarantined" goes and with it one of
the numbers returned (main file), then the sealed copy is moved (waiting.db); killed in between, what was sent again is
received as new, and the copy can be let in once more. Deleting: the receipt stays, or is made, so that a tablet that sends
the answer again does not bring it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from store import audit, counts, quarantine, receipts, round_units, rounds, submissions, versions
from store.database import Store
from store.quarantine import Quarantined
from store.submissions import Outcome, Submission
from sync.envelope import OVERHEAD, read_header
from sync.intake import FROM_REVOKED, UNKNOWN_ROUND, UNKNOWN_VERSION

#: Codes of what may be let in: what it lacked can be there by now, or a person vouches for it. What was answered wrongly, or
#: cannot be opened, stays what it is.
MAY_BE_LET_IN = frozenset(
    {UNKNOWN_ROUND, UNKNOWN_VERSION, FROM_REVOKED, "foreign-unit", "unexpected"}
)

#: In one transaction.
_PORTION = 200


def let_in(
    store: Store, round_id: str, codes: Sequence[str], *, actor: str, now: datetime
) -> tuple[int, int]:
    """Let in what lies in quarantine for a round with these codes; (how many were let in, how many could not be)."""
    found = quarantine.of_kind(store.waiting, round_id, codes)
    fits = _fitting(store, round_id, found) if set(codes) <= MAY_BE_LET_IN else []
    for start in range(0, len(fits), _PORTION):
        portion = fits[start : start + _PORTION]
        with store.write() as db:
            for one in portion:
                if receipts.take_back(db, one.key, one.digest):
                    header = read_header(one.header)
                    counts.take_returned(db, round_id, header.unit, header.channel)
            audit.note(
                db, at=now, actor=actor, action="answers let in from quarantine", subject=f"round:{round_id}",
                details={"codes": sorted(codes), "number": len(portion)},
            )  # fmt: skip
        with store.write_waiting() as waiting:
            items = [
                Submission(one.key, one.digest, one.round, one.header, one.sealed)
                for one in portion
            ]
            known = receipts.digest_of(store.main, [one.key for one in portion])
            outcomes = submissions.put(waiting, items, known=known, ceilings={})
            done = [
                (one.key, one.digest)
                for one, outcome in zip(portion, outcomes, strict=True)
                if outcome in {Outcome.NEW, Outcome.REPEATED}
            ]
            quarantine.remove(waiting, done)
    return len(fits), len(found) - len(fits)


def delete(store: Store, round_id: str, codes: Sequence[str], *, actor: str, now: datetime) -> int:
    """Delete what lies in quarantine for a round with these codes; how many there were."""
    found = quarantine.of_kind(store.waiting, round_id, codes)
    if not found:
        return 0
    is_there = rounds.find(store.main, round_id) is not None
    with store.write() as db:
        for one in found:
            if not receipts.note_gone(db, one.key, one.digest) and is_there:
                header = read_header(one.header)
                counts.take_returned(db, round_id, header.unit, header.channel)
        audit.note(
            db, at=now, actor=actor, action="answers deleted from quarantine", subject=f"round:{round_id}",
            details={"codes": sorted(codes), "number": len(found)},
        )  # fmt: skip
        # Inside, so that nothing is counted out that is still there: killed here, the main file is as it was.
        with store.write_waiting() as waiting:
            quarantine.remove(waiting, [(one.key, one.digest) for one in found])
    store.empty_logs()
    return len(found)


def _fitting(store: Store, round_id: str, found: Sequence[Quarantined]) -> list[Quarantined]:
    """Those that a mix could take now, as far as their headers say."""
    shown = rounds.find(store.main, round_id)
    if shown is None or shown.kid is None:
        return []
    units = round_units.ids(store.main, round_id)
    sizes = {name: versions.read(store.main, name).padded_size for name in shown.versions}
    fits = []
    for one in found:
        header = read_header(one.header)
        size = sizes.get(header.version)
        if (
            header.kid == shown.kid
            and size is not None
            and len(one.sealed) == size + OVERHEAD
            and (header.unit is None or header.unit in units)
        ):
            fits.append(one)
    return fits
