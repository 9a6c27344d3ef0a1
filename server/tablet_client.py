"""A tablet as another program would write it: the wire of docs/sync-protocol.md over requests, and one queue.

Nothing here knows the store. It enrols, fetches what the tablet takes along, sends sealed answers in batches, believes only
receipts whose digest is that of what it sent, and sends again whatever it doubts. `svarboks tablet simulate` runs it, and so
do the campaigns against bad networks.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

MAGIC = b"SVBB"
VERSION = 1
#: Items of one batch, at most.
MOST_ITEMS = 100
#: Seconds that one batch should take on the line at hand.
BATCH_SECONDS = 10.0
#: How many items go first, while nothing is known of the line.
FIRST_ITEMS = 10
#: Seconds between two tries, at most.
LONGEST_PAUSE = 300.0
#: Seconds to connect, and to wait for something to come.
PATIENCE = (10.0, 60.0)


class NotHeard(Exception):  # noqa: N818 - a state of the line, not a programming error
    """Nothing that counts came back: no answer, HTML, a redirect, a fault of the server. Try again with the same bytes."""

    def __init__(self, why: str, retry_after: float = 0.0) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class Refused(Exception):  # noqa: N818 - the server has answered, and said no
    """The server refuses the request with a problem; another try with the same bytes cannot help."""

    def __init__(self, status: int, code: str, detail: str = "") -> None:
        super().__init__(f"{status} {code} {detail}".strip())
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Sealed:
    """A finished answer: its key (32 hex), the envelope, and the code of a letter where the round asks for one."""

    key: str
    envelope: bytes
    code: str = ""

    @property
    def digest(self) -> str:
        """What a receipt for it must say."""
        return hashlib.sha256(self.envelope).hexdigest()

    def on_the_wire(self) -> bytes:
        """As it stands in a batch."""
        code = self.code.encode("ascii")
        return b"".join(
            (len(self.envelope).to_bytes(4, "big"), bytes((len(code),)), code, self.envelope)
        )


@dataclass(frozen=True, slots=True)
class Language:
    """One language of a round: where its page is, and the SHA-256 of that page."""

    tag: str
    page: str
    sha256: str


@dataclass(frozen=True, slots=True)
class TakenRound:
    """A round in the manifest, as far as a sender needs it. `state` is planned, open or closed."""

    round: str
    version: str
    kid: str
    public_key: str
    padded_size: int
    test: bool
    state: str
    languages: tuple[Language, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a tablet takes along. `epoch` changes when the server was restored from a backup."""

    epoch: str
    rounds: tuple[TakenRound, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What a batch said of one item: received with a digest, or refused with a code and seconds to wait (None: for good)."""

    key: str | None
    received: bool
    digest: str = ""
    code: str = ""
    retry_after: float | None = None


class _Lenient(Schema):
    class Meta:
        unknown = EXCLUDE  # later versions may say more


class _LanguageSchema(_Lenient):
    tag = fields.String(required=True)
    page = fields.String(required=True)
    sha256 = fields.String(required=True, validate=validate.Length(equal=64))

    @post_load
    def made(self, data: dict[str, Any], **_: object) -> Language:
        return Language(**data)


class _RoundSchema(_Lenient):
    round = fields.String(required=True)
    version = fields.String(required=True)
    kid = fields.String(required=True)
    public_key = fields.String(required=True)
    padded_size = fields.Integer(required=True)
    test = fields.Boolean(load_default=False)
    state = fields.String(required=True)
    languages = fields.List(fields.Nested(_LanguageSchema), required=True)

    @post_load
    def made(self, data: dict[str, Any], **_: object) -> TakenRound:
        return TakenRound(**{**data, "languages": tuple(data["languages"])})


class _ManifestSchema(_Lenient):
    epoch = fields.String(required=True)
    rounds = fields.List(fields.Nested(_RoundSchema), required=True)

    @post_load
    def made(self, data: dict[str, Any], **_: object) -> Manifest:
        return Manifest(data["epoch"], tuple(data["rounds"]))


class _ResultSchema(_Lenient):
    key = fields.String(required=True, allow_none=True)
    result = fields.String(required=True, validate=validate.OneOf(["received", "refused"]))
    digest = fields.String(load_default="")
    code = fields.String(load_default="")
    retry_after = fields.Float(load_default=None, allow_none=True)

    @post_load
    def made(self, data: dict[str, Any], **_: object) -> Result:
        return Result(received=data.pop("result") == "received", **data)


class _BatchSchema(_Lenient):
    epoch = fields.String(required=True)
    results = fields.List(fields.Nested(_ResultSchema), required=True)


def batch_body(items: Sequence[Sealed]) -> bytes:
    """The body of a batch: 1 to 100 items."""
    if not 1 <= len(items) <= MOST_ITEMS:
        raise ValueError(f"a batch has 1 to {MOST_ITEMS} items, not {len(items)}")
    head = MAGIC + bytes((VERSION, 0)) + len(items).to_bytes(2, "big")
    return head + b"".join(item.on_the_wire() for item in items)


class Wire:
    """The requests of one tablet. The token is in the session's cookie, and nowhere else."""

    def __init__(self, url: str, *, patience: tuple[float, float] = PATIENCE) -> None:
        self._url = url.rstrip("/")
        self._patience = patience
        self._session = requests.Session()

    def enrol(self, code: str) -> str:
        """Enrol with a code from the desk; gives the tablet's name. Raises NotHeard, Refused (enrolment-unknown)."""
        said = self._json("POST", "/api/tablet/enrolment", (201,), json={"code": code})
        return str(said.get("tablet", ""))

    def manifest(self) -> Manifest:
        """What this tablet takes along. Raises NotHeard, Refused (tablet-unknown, tablet-revoked)."""
        try:
            loaded: Manifest = _ManifestSchema().load(
                self._json("GET", "/api/tablet/manifest", (200,))
            )
        except ValidationError as error:
            raise NotHeard(f"not a manifest: {error.messages}") from error
        return loaded

    def page(self, language: Language) -> str:
        """The page of a round in a language. Raises NotHeard also when its bytes are not those of the manifest."""
        response = self._ask("GET", language.page)
        if response.status_code != 200:
            raise self._problem(response)
        if hashlib.sha256(response.content).hexdigest() != language.sha256:
            raise NotHeard("the page is not the one that the manifest names")
        return response.content.decode("utf-8")

    def contact(
        self, *, waiting: int, failed: int, versions: Mapping[str, str], app: str = "simulate"
    ) -> str:
        """Say how many wait; gives the server's epoch. Raises NotHeard, Refused."""
        told = {"waiting": waiting, "failed": failed, "app": app, "versions": dict(versions), "declined": {}}  # fmt: skip
        return str(self._json("POST", "/api/tablet/contact", (200,), json=told).get("epoch", ""))

    def batch(self, items: Sequence[Sealed]) -> tuple[str, tuple[Result, ...]]:
        """Send a batch; gives the epoch and what was said of each item. Raises NotHeard, Refused."""
        said = self._json(
            "POST", "/api/tablet/batches", (200,), data=batch_body(items),
            headers={"Content-Type": "application/octet-stream"},
        )  # fmt: skip
        try:
            loaded = _BatchSchema().load(said)
        except ValidationError as error:
            raise NotHeard(f"not the answer to a batch: {error.messages}") from error
        return str(loaded["epoch"]), tuple(loaded["results"])

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def _ask(self, method: str, path: str, **how: Any) -> requests.Response:
        try:
            return self._session.request(
                method, self._url + path, timeout=self._patience, allow_redirects=False, **how
            )
        except requests.RequestException as error:
            raise NotHeard(type(error).__name__) from error

    def _json(self, method: str, path: str, good: tuple[int, ...], **how: Any) -> dict[str, Any]:
        response = self._ask(method, path, **how)
        if response.status_code not in good:
            raise self._problem(response)
        try:
            said = response.json()
        except requests.JSONDecodeError as error:
            raise NotHeard("something that is no JSON, as from a login page") from error
        if not isinstance(said, dict):
            raise NotHeard("JSON of another kind")
        return said

    @staticmethod
    def _problem(response: requests.Response) -> NotHeard | Refused:
        """What an answer means that is not the one hoped for: only a problem of ours is an answer at all."""
        retry_after = response.headers.get("Retry-After", "")
        seconds = float(retry_after) if retry_after.isdigit() else 0.0
        ours = response.headers.get("Content-Type", "").startswith("application/problem+json")
        if not ours or response.status_code == 429 or response.status_code >= 500:
            return NotHeard(f"status {response.status_code}", seconds)
        try:
            said = response.json()
        except requests.JSONDecodeError:
            return NotHeard(f"status {response.status_code}")
        return Refused(response.status_code, str(said.get("code", "")), str(said.get("detail", "")))


@dataclass(slots=True)
class Tally:
    """What sending cost: `sent` and `again` are bytes of envelopes, `again` those of items that had been sent before."""

    batches: int = 0
    unheard: int = 0
    sent: int = 0
    again: int = 0


@dataclass(slots=True)
class Queue:
    """Everything this tablet has sealed: each item is in exactly one of the three."""

    waiting: dict[str, Sealed] = field(default_factory=dict)
    delivered: dict[str, Sealed] = field(default_factory=dict)
    failed: dict[str, tuple[Sealed, str]] = field(default_factory=dict)

    def keep(self, items: Iterable[Sealed]) -> None:
        """Put finished answers in."""
        for item in items:
            self.waiting[item.key] = item

    def take(self, result: Result) -> float:
        """Do what the server said of one item; gives the seconds to wait before it goes again (0: none).

        A receipt counts when its key waits here and its digest is that of the bytes; anything else changes nothing.
        """
        item = self.waiting.get(result.key or "")
        if item is None:
            return 0.0
        if result.received:
            if result.digest == item.digest:
                self.delivered[item.key] = self.waiting.pop(item.key)
            return 0.0
        if result.retry_after is None:
            self.failed[item.key] = (self.waiting.pop(item.key), result.code)
            return 0.0
        return result.retry_after

    def send_again(self) -> None:
        """The server was restored from a backup: what it may have forgotten waits again."""
        self.waiting.update(self.delivered)
        self.delivered.clear()


class Sender:
    """Empties a queue over a wire: shuffled batches that fit the line, and pauses that grow while nothing is taken."""

    def __init__(
        self,
        wire: Wire,
        queue: Queue,
        *,
        rng: random.Random,
        epoch: str = "",
        batch_seconds: float = BATCH_SECONDS,
        longest_pause: float = LONGEST_PAUSE,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wire, self._queue, self._rng = wire, queue, rng
        self._epoch = epoch
        self._batch_seconds, self._longest_pause = batch_seconds, longest_pause
        self._pause, self._clock = pause, clock
        self._items = FIRST_ITEMS
        self._tried: set[str] = set()
        self.tally = Tally()

    def flush(self, *, seconds: float = float("inf")) -> None:
        """Send until nothing waits, or so many seconds have passed. Raises Refused when the tablet is (revoked, unknown)."""
        until = self._clock() + seconds
        fruitless = 0
        while self._queue.waiting and self._clock() < until:
            try:
                asked = self._send_one_batch()
                taken = asked == 0.0
            except NotHeard as error:
                self.tally.unheard += 1
                self._items = max(1, self._items // 2)
                asked, taken = error.retry_after, False
            fruitless = 0 if taken else fruitless + 1
            if not taken:
                # A server that answers without taking anything is left in peace like a line that breaks.
                grown = min(2.0 ** min(fruitless - 1, 20), self._longest_pause)
                wait = max(grown * self._rng.uniform(0.5, 1.0), asked)
                self._pause(min(wait, self._longest_pause))

    def _send_one_batch(self) -> float:
        """Send some of what waits; gives the seconds to wait when nothing of it could be taken now."""
        waiting = list(self._queue.waiting.values())
        batch = self._rng.sample(waiting, min(self._items, len(waiting)))
        size = sum(len(item.envelope) for item in batch)
        self.tally.batches += 1
        self.tally.sent += size
        self.tally.again += sum(len(one.envelope) for one in batch if one.key in self._tried)
        self._tried.update(item.key for item in batch)
        began = self._clock()
        epoch, results = self._wire.batch(batch)
        self._fit(len(batch), self._clock() - began)
        before = len(self._queue.waiting)
        waits = [self._queue.take(result) for result in results]
        moved = len(self._queue.waiting) < before
        if self._epoch and epoch != self._epoch:
            self._queue.send_again()
        self._epoch = epoch
        return 0.0 if moved else max([1.0, *waits])

    def _fit(self, items: int, took: float) -> None:
        """As many items next time as the line carries in `batch_seconds`; at most twice as many as now."""
        carried = items * self._batch_seconds / max(took, 0.001)
        self._items = max(1, min(int(carried), 2 * items, MOST_ITEMS))
