"""Mail on its way out: written in the transaction of the change that it tells of, sent afterwards by the scheduler.

So a change that was rolled back mails nobody, and a mail server that is down stops no change. The text is removed when
the message has been sent or given up: it may hold a link that signs in. Respondents get no mail from Svarboks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from store.instants import instant_text, read_instant, read_optional_instant

#: What `error` says of a message that a person gave up.
GIVEN_UP = "given up"


class MessageState(StrEnum):
    """Where a message is; a failed one is not tried again by itself."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one recipient. `kind` is what it is about, as 'invitation'; `attempts` how often it was tried in
    vain; `next_at` when it is due; `error` what the latest attempt met, '' where there was none. `trying`: an attempt was
    begun and its end is not noted; `doubts` counts the attempts whose end nobody will know (the sender was killed, or lost the
    mail server before it said yes or no): the recipient may have the message once more for each."""

    id: int
    kind: str
    recipient: str
    subject: str
    body: str
    state: MessageState
    attempts: int
    written_at: datetime
    next_at: datetime
    sent_at: datetime | None
    error: str
    trying: bool = False
    doubts: int = 0

    @property
    def can_be_sent(self) -> bool:
        """Whether its text is still kept, so that it can be tried again."""
        return bool(self.body)


_COLUMNS = "id, kind, recipient, subject, body, state, attempts, written_at, next_at, sent_at, error, trying, doubts"


def add(db: Database, *, kind: str, recipient: str, subject: str, body: str, now: datetime) -> int:
    """Keep a message that is due at once; its id. Line breaks and repeated spaces of the subject become one space.

    Raises RuntimeError outside a transaction, ValueError for an empty text, sqlite3.IntegrityError for an empty
    subject or an address without @.
    """
    if not db.conn.in_transaction:
        raise RuntimeError("a message belongs into the transaction of the change it tells of")
    if not body.strip():
        raise ValueError("a message needs a text")
    row = db.execute(
        "INSERT INTO message (kind, recipient, subject, body, written_at, next_at)"
        " VALUES (:kind, :recipient, :subject, :body, :now, :now) RETURNING id",
        {
            "kind": kind,
            "recipient": recipient.strip(),
            "subject": " ".join(subject.split()),
            "body": body,
            "now": instant_text(now),
        },
    ).fetchone()
    return int(row[0])


def due(db: Database, now: datetime, *, limit: int = 100) -> list[Message]:
    """The messages that are to be tried now, those due first on top."""
    return _messages(
        db,
        "state = 'waiting' AND next_at <= :now ORDER BY next_at, id LIMIT :limit",
        {"now": instant_text(now), "limit": limit},
    )


def find(db: Database, message: int) -> Message | None:
    """The message with this id, or None."""
    found = _messages(db, "id = :id", {"id": message})
    return found[0] if found else None


def take(db: Database, message: Message, *, until: datetime) -> bool:
    """Take a message that is due, so that nobody else tries it before `until`; False when somebody did already.

    One that was taken before and whose end nobody noted has a doubt from then on."""
    cursor = db.execute(
        "UPDATE message SET next_at = :until, doubts = doubts + trying, trying = 1"
        " WHERE id = :id AND state = 'waiting' AND next_at = :next_at",
        {
            "id": message.id,
            "until": instant_text(until),
            "next_at": instant_text(message.next_at),
        },
    )
    return bool(cursor.rowcount == 1)


def sent(db: Database, message: int, now: datetime) -> bool:
    """Note that the mail server took it, and remove its text; False when it waits no longer."""
    cursor = db.execute(
        "UPDATE message SET state = 'sent', sent_at = ?, body = '', error = '', trying = 0"
        " WHERE id = ? AND state = 'waiting'",
        (instant_text(now), message),
    )
    return bool(cursor.rowcount == 1)


def failed_attempt(
    db: Database, message: int, *, error: str, next_at: datetime | None, doubtful: bool = False
) -> bool:
    """Note an attempt in vain and when to try next; None for never: the message has then failed. `doubtful`: the mail server
    may have it all the same. False when it waits no longer."""
    cursor = db.execute(
        "UPDATE message SET attempts = attempts + 1, error = :error, trying = 0, doubts = doubts + :doubtful,"
        " state = CASE WHEN :next_at IS NULL THEN 'failed' ELSE state END,"
        " next_at = coalesce(:next_at, next_at) WHERE id = :id AND state = 'waiting'",
        {
            "id": message,
            "error": error,
            "doubtful": int(doubtful),
            "next_at": None if next_at is None else instant_text(next_at),
        },
    )
    return bool(cursor.rowcount == 1)


def try_again(db: Database, message: int, now: datetime) -> bool:
    """Let a waiting or failed message be due now, its attempts counted from none; False for one without a text."""
    cursor = db.execute(
        "UPDATE message SET state = 'waiting', attempts = 0, next_at = ?"
        " WHERE id = ? AND state <> 'sent' AND body <> ''",
        (instant_text(now), message),
    )
    return bool(cursor.rowcount == 1)


def try_all_again(db: Database, now: datetime) -> int:
    """As `try_again` for all that waits or has failed and has a text; how many."""
    cursor = db.execute(
        "UPDATE message SET state = 'waiting', attempts = 0, next_at = ?"
        " WHERE state <> 'sent' AND body <> ''",
        (instant_text(now),),
    )
    return int(cursor.rowcount)


def give_up(db: Database, message: int) -> bool:
    """Never send it, and remove its text; False when it was sent or given up before."""
    cursor = db.execute(
        "UPDATE message SET state = 'failed', error = ?, body = ''"
        " WHERE id = ? AND state <> 'sent' AND body <> ''",
        (GIVEN_UP, message),
    )
    return bool(cursor.rowcount == 1)


def give_up_all(db: Database) -> int:
    """As `give_up` for all that waits, or has failed and could be tried again; how many."""
    cursor = db.execute(
        "UPDATE message SET state = 'failed', error = ?, body = '', trying = 0"
        " WHERE state <> 'sent' AND body <> ''",
        (GIVEN_UP,),
    )
    return int(cursor.rowcount)


def listed(
    db: Database, states: Collection[MessageState], *, limit: int = 50, before: int | None = None
) -> list[Message]:
    """Messages in one of the states, written last first; those with an id below `before` when given."""
    marks = ", ".join(f"'{state.value}'" for state in states)
    return _messages(
        db,
        f"state IN ({marks}) AND (:before IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit",
        {"before": before, "limit": limit},
    )


def numbers(db: Database) -> Mapping[MessageState, int]:
    """How many messages are in each state."""
    counted = dict(db.execute("SELECT state, count(*) FROM message GROUP BY state").fetchall())
    return {state: counted.get(state.value, 0) for state in MessageState}


def oldest_waiting(db: Database) -> datetime | None:
    """When the message was written that has waited longest, or None where none waits."""
    row = db.execute("SELECT min(written_at) FROM message WHERE state = 'waiting'").fetchone()
    return read_optional_instant(row[0])


def oldest_settled(db: Database) -> datetime | None:
    """When the oldest message was written that was sent or has failed, or None where there is none."""
    row = db.execute("SELECT min(written_at) FROM message WHERE state <> 'waiting'").fetchone()
    return read_optional_instant(row[0])


def remove_old(db: Database, before: datetime) -> int:
    """Remove what was sent or has failed and was written before this; how many."""
    cursor = db.execute(
        "DELETE FROM message WHERE state <> 'waiting' AND written_at < ?", (instant_text(before),)
    )
    return int(cursor.rowcount)


def _messages(db: Database, condition: str, values: dict[str, Any]) -> list[Message]:
    return [
        _message(row)
        for row in db.execute(f"SELECT {_COLUMNS} FROM message WHERE {condition}", values)  # noqa: S608 - constants
    ]


def _message(row: Sequence[Any]) -> Message:
    return Message(
        id=row[0],
        kind=row[1],
        recipient=row[2],
        subject=row[3],
        body=row[4],
        state=MessageState(row[5]),
        attempts=row[6],
        written_at=read_instant(row[7]),
        next_at=read_instant(row[8]),
        sent_at=read_optional_instant(row[9]),
        error=row[10],
        trying=bool(row[11]),
        doubts=row[12],
    )
