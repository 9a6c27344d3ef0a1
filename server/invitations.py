"""Letters of an invited round: makes codes, and gives them out for mail merge and for printing.

No code is kept in clear: each is derived from the round's seed and the number on its letter (sync/invitation_codes.py), so
that unused ones can be printed again for a reminder. Names and addresses never come here: they are merged with the numbers
of the letters in the secretariat's own program.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from forms.problems import Fault, Problem, ProblemError
from store import audit, invitations, rounds
from store.database import Store
from store.invitations import LetterNumbers
from store.rounds import Round, RoundState
from sync import invitation_codes

#: Letters of one round, altogether.
MOST_LETTERS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter: its number, its code grouped for reading, and the link with the code in its fragment."""

    number: int
    code: str
    link: str


def may_make(found: Round) -> bool:
    """Whether letters can be made (more of) now: of an invited round, planned or open."""
    return found.by_invitation and found.state in {RoundState.PLANNED, RoundState.OPEN}


def make_letters(
    store: Store,
    found: Round,
    number: int,
    *,
    now: datetime,
    actor: str,
    randbytes: Callable[[int], bytes],
    seen: int | None = None,
) -> LetterNumbers:
    """Make so many more codes; what the round has then. The audit log notes how many, in one go with them.

    `seen` is how many letters a person was shown when they asked for more: with another number nothing is made, so that what is
    sent again by a double click makes no codes twice. None: whatever there is.

    Raises ProblemError(INVALID_INPUT) with a fault at `number` when it is out of bounds, at `seen` when letters were made since,
    or at `round` when the round is not an invited one that is planned or open.
    """
    with store.write() as main:
        if not may_make(rounds.read(main, found.id)):
            raise _wrong("round", "not-invited", "Letters are made for an invited round that is planned or open.",
                         "Choose invited access when setting the round up.")  # fmt: skip
        # Letters are made in this transaction only, so that the number stands until it ends.
        made = invitations.numbers(store.waiting, found.id).made
        if seen is not None and made != seen:
            raise _wrong(
                "seen",
                "made-meanwhile",
                f"The round had {seen} letters and has {made} now.",
                "Look at the numbers, and ask for more only where more are needed.",
            )
        if not 1 <= number <= MOST_LETTERS - made:
            raise _wrong(
                "number",
                "out-of-bounds",
                f"A round has at most {MOST_LETTERS} letters; this one has {made}.",
                "Give a smaller number, 1 or more.",
            )
        audit.note(
            main, at=now, actor=actor, action="letters made", subject=f"round:{found.id}",
            details={"number": number},
        )  # fmt: skip
        with store.write_waiting() as db:
            seed = invitations.keep_seed(db, found.id, randbytes(32))
            first = invitations.last_letter(db, found.id) + 1
            invitations.add(
                db,
                found.id,
                {
                    letter: invitation_codes.code_hash(
                        found.id, invitation_codes.make(seed, letter)
                    )
                    for letter in range(first, first + number)
                },
            )
    return invitations.numbers(store.waiting, found.id)


def set_sent(store: Store, found: Round, sent: int | None, *, now: datetime, actor: str) -> None:
    """Say how many letters were really sent; None: all of them.

    Raises ProblemError(INVALID_INPUT) with a fault at `sent` for fewer than were used or more than were made.
    """
    known = invitations.numbers(store.waiting, found.id)
    if sent is not None and not max(1, known.used) <= sent <= known.made:
        raise _wrong(
            "sent",
            "out-of-bounds",
            f"{known.made} letters were made and {known.used} codes have been used.",
            "Give a number between them, or leave it empty: all were sent.",
        )
    with store.write() as main:
        audit.note(
            main, at=now, actor=actor, action="letters sent counted", subject=f"round:{found.id}",
            details={"number": known.made if sent is None else sent},
        )  # fmt: skip
        with store.write_waiting() as db:
            invitations.set_sent(db, found.id, sent)


def give_out(
    store: Store,
    found: Round,
    link: str,
    *,
    what: str,
    now: datetime,
    actor: str,
    first: int = 1,
    limit: int = MOST_LETTERS,
    only_unused: bool = False,
) -> list[Letter]:
    """Letters with their codes, from the number `first` on, noted in the audit log with how many (never which codes).

    `link` is the round's link to answer; `what` the phrase of the log.
    """
    seed = invitations.seed(store.waiting, found.id)
    if seed is None:
        return []
    numbers = invitations.letters(
        store.waiting, found.id, first=first, limit=limit, only_unused=only_unused
    )
    with store.write() as main:
        audit.note(
            main, at=now, actor=actor, action=what, subject=f"round:{found.id}",
            details={"number": len(numbers), "only_unused": only_unused},
        )  # fmt: skip
    return list(_letters(seed, numbers, link))


def _letters(seed: bytes, numbers: Sequence[int], link: str) -> Iterator[Letter]:
    for number in numbers:
        code = invitation_codes.grouped(invitation_codes.make(seed, number))
        # The fragment never leaves the browser: no log and no referrer holds a code.
        yield Letter(number=number, code=code, link=f"{link}#code={code}")


def merge_file(letters: Sequence[Letter]) -> bytes:
    """A file for mail merge in Word or Excel: semicolons and a byte order mark, as Danish Office expects. No names."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(["letter", "code", "link"])
    writer.writerows((one.number, one.code, one.link) for one in letters)
    return text.getvalue().encode("utf-8-sig")


def _wrong(place: str, code: str, message: str, remedy: str) -> ProblemError:
    return ProblemError(Problem.INVALID_INPUT, faults=(Fault(place, code, message, remedy),))
