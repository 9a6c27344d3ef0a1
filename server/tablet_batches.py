"""Batches of sealed answers, from tablets and from the public link: what is received, and how it is said on the wire.

The door (intake_door.py) answers what succeeds; the routes answer the rest by the same functions, and say why.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress

from forms.problems import Problem, ProblemError
from server.service import Service
from store import settings
from sync import devices
from sync.batches import LARGEST, Item, unpack_batch
from sync.intake import Receipt, Refusal

#: The largest body of a batch, in bytes; a proxy in front has to let as much through.
LARGEST_BATCH = LARGEST

#: The addresses: tablets send with their token, the public link with nothing.
OF_TABLETS = "/api/tablet/batches"
OF_ANYBODY = "/api/batches"

COOKIE = "svarboks-tablet"


def receive_from_tablet(running: Service, raw: bytes, token: str) -> bytes:
    """Receive a batch of a tablet; the body of the answer.

    Raises ProblemError: TABLET_UNKNOWN, TABLET_REVOKED (what it sent is then kept in quarantine, as far as it can be read),
    BAD_BATCH, SLOW_DOWN, BUSY.
    """
    try:
        number = devices.require(running.store, token)
    except ProblemError as error:
        if error.problem is Problem.TABLET_REVOKED:
            running.intake.set_aside(_readable(raw))
        raise
    items = unpack_batch(raw)
    running.of_tablets.take(str(number), len(items))
    body = _received(running, items, from_tablet=True)
    # The answers are received whatever comes of the day: the tablet's next contact notes it too.
    with suppress(ProblemError):
        devices.heard_from(running.store, number, running.clock().date())
    return body


def receive_from_anybody(running: Service, raw: bytes) -> bytes:
    """Receive a batch of the public link; the body of the answer. Raises ProblemError: BAD_BATCH, BUSY."""
    return _received(running, unpack_batch(raw), from_tablet=False)


def _received(running: Service, items: Sequence[Item], *, from_tablet: bool) -> bytes:
    results = running.intake.receive_batch(items, now=running.clock(), from_tablet=from_tablet)
    epoch = settings.restore_epoch(running.store.main)
    said = ", ".join(map(_said, results))
    return f'{{"epoch": "{epoch}", "results": [{said}]}}\n'.encode("ascii")


def _said(result: Receipt | Refusal) -> str:
    """One item's result. Hex digits and codes need no escaping, so it is written by hand: there are a hundred of them."""
    if isinstance(result, Receipt):
        return f'{{"key": "{result.key}", "result": "received", "digest": "{result.digest}"}}'
    return json.dumps(
        {
            "key": result.key,
            "result": "refused",
            "code": result.code,
            "retry_after": result.retry_after,
        }
    )


def _readable(raw: bytes) -> list[Item]:
    try:
        return unpack_batch(raw)
    except ProblemError:
        return []
