"""Intake: exactly once, whatever is retried; what names no real round is refused; nothing is stored in part."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from forms.answers import compile_check
from forms.problems import Problem, ProblemError
from store import receipts, rounds, submissions
from store.joined_commits import JoinedWriter
from store.rounds import RoundState
from sync.envelope import Header, open_envelope, pack, unpack
from sync.intake import Intake, InvalidAnswers
from sync.keys import KeyFolder, kid_of, public_from_text, public_text
from sync.mixing import mix
from sync.payload import Payload, unpad
from sync.sealing import seal_answers
from tests.sync.installation import (
    LATER,
    NOW,
    OPENS,
    ROUND,
    Installation,
    install,
)

KEY = "0123456789abcdef" * 2


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Installation]:
    made = install(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def writer(home: Installation) -> Iterator[JoinedWriter]:
    with JoinedWriter(home.data) as opened:
        yield opened


@pytest.fixture
def intake(home: Installation, writer: JoinedWriter) -> Intake:
    return Intake(writer, home.store)


def problem_of(action: Callable[[], object]) -> Problem:
    with pytest.raises(ProblemError) as caught:
        action()
    return caught.value.problem


def waiting(home: Installation) -> list[submissions.Submission]:
    return submissions.take(home.store.waiting, ROUND, 1000)


def test_what_is_received_waits_as_it_was_sent(home: Installation, intake: Intake) -> None:
    raw = home.seal({"trust": "1"}, key=KEY)
    receipt = intake.receive(raw, now=NOW)
    assert (receipt.key, receipt.digest, receipt.repeated) == (
        KEY,
        hashlib.sha256(raw).hexdigest(),
        False,
    )
    (kept,) = waiting(home)
    envelope = unpack(raw)
    assert kept == (
        bytes.fromhex(KEY),
        hashlib.sha256(raw).digest(),
        ROUND,
        envelope.header_text,
        envelope.sealed,
    )
    assert unpad(open_envelope(raw, home.keys.private(ROUND))) == Payload({"trust": "1"}, "da")


def test_twenty_at_once_are_one(home: Installation, intake: Intake) -> None:
    raw = home.seal({"trust": "1"})
    with ThreadPoolExecutor(20) as pool:
        receipts_ = list(pool.map(lambda _: intake.receive(raw, now=NOW), range(20)))
    assert len({(one.key, one.digest) for one in receipts_}) == 1
    assert [one.repeated for one in receipts_].count(False) == 1
    assert len(waiting(home)) == 1
    assert submissions.waiting_count(home.store.waiting, ROUND) == 1


def test_the_same_key_with_other_bytes_changes_nothing(home: Installation, intake: Intake) -> None:
    first = home.seal({"trust": "1"}, key=KEY)
    intake.receive(first, now=NOW)
    before = waiting(home)
    other = home.seal({"trust": "2"}, key=KEY)
    assert problem_of(lambda: intake.receive(other, now=NOW)) is Problem.KEY_CONFLICT
    assert waiting(home) == before
    assert intake.receive(first, now=NOW).repeated


def test_a_repeat_long_after_mixing(home: Installation, intake: Intake) -> None:
    raws = [home.seal({"trust": "1"}) for _ in range(12)]
    for raw in raws:
        intake.receive(raw, now=NOW)
    report = mix(home.store, home.keys, ROUND, rng=random.Random(1), whole=False, now=NOW)
    assert (report.mixed, report.left) == (12, 0)
    again = intake.receive(raws[3], now=LATER)
    assert again.repeated
    assert again.digest == hashlib.sha256(raws[3]).hexdigest()
    assert waiting(home) == []
    key = unpack(raws[3]).header.key
    other = home.seal({"trust": "2"}, key=key)
    assert problem_of(lambda: intake.receive(other, now=LATER)) is Problem.KEY_CONFLICT
    assert receipts.state_of(home.store.main, bytes.fromhex(key)) is receipts.ReceiptState.MIXED


def test_no_such_round_and_nothing_stored(home: Installation, intake: Intake) -> None:
    other = unpack(home.seal({}))
    header = Header("1" * 32, "no-such", "f" * 64, "web", None, other.header.kid)
    raw = pack(header, other.sealed)
    assert problem_of(lambda: intake.receive(raw, now=NOW)) is Problem.NO_SUCH_ROUND
    assert submissions.waiting_counts(home.store.waiting) == {}


def test_an_old_key_is_a_clear_error(home: Installation, intake: Intake, tmp_path: Path) -> None:
    stranger = KeyFolder(tmp_path / "other").make("x")
    raw = seal_answers(
        {},
        language="da",
        round_id=ROUND,
        version=home.version.hash,
        padded_size=home.version.padded_size,
        public_key=stranger,
        key=KEY,
        channel="web",
    )
    assert problem_of(lambda: intake.receive(raw, now=NOW)) is Problem.BAD_ENVELOPE
    assert waiting(home) == []


def test_the_versions_padded_size(home: Installation, intake: Intake) -> None:
    envelope = unpack(home.seal({}))
    assert envelope.padded_size == home.version.padded_size == 4096
    raw = pack(envelope.header, envelope.sealed.ljust(16384 + 81, b"\1"))
    assert problem_of(lambda: intake.receive(raw, now=NOW)) is Problem.WRONG_SIZE
    assert waiting(home) == []


def test_an_unknown_version_of_a_real_round_is_kept(home: Installation, intake: Intake) -> None:
    envelope = unpack(home.seal({}))
    header = Header("2" * 32, ROUND, "e" * 64, "tablet", None, envelope.header.kid)
    intake.receive(pack(header, envelope.sealed), now=NOW)
    assert len(waiting(home)) == 1


def test_after_receive_until_it_is_kept_waiting(home: Installation, intake: Intake) -> None:
    home.close_round()
    intake.receive(home.seal({"trust": "1"}), now=LATER)
    assert len(waiting(home)) == 1


def test_a_round_that_is_planned(tmp_path: Path) -> None:
    home = install(tmp_path, state=RoundState.PLANNED)
    raw = home.seal({})
    with JoinedWriter(home.data) as writer:
        intake = Intake(writer, home.store)
        early = OPENS - timedelta(seconds=1)
        assert problem_of(lambda: intake.receive(raw, now=early)) is Problem.ROUND_NOT_OPEN
        # Its opening has come and only the scheduler is late: who answers is not to suffer.
        assert not intake.receive(raw, now=OPENS).repeated
    home.store.close()


def test_the_ceiling(tmp_path: Path) -> None:
    home = install(tmp_path, ceiling=3)
    raws = [home.seal({}) for _ in range(4)]
    with JoinedWriter(home.data) as writer:
        intake = Intake(writer, home.store)
        for raw in raws[:3]:
            intake.receive(raw, now=NOW)
        with pytest.raises(ProblemError) as caught:
            intake.receive(raws[3], now=NOW)
        assert caught.value.problem is Problem.ROUND_FULL
        assert int(caught.value.extra["retry_after"]) > 0
        assert intake.receive(raws[0], now=NOW).repeated
        assert len(waiting(home)) == 3
        with home.store.write() as db:
            rounds.set_ceiling(db, ROUND, 4)
        ticking = Intake(writer, home.store)
        assert not ticking.receive(raws[3], now=NOW).repeated
    home.store.close()


def test_a_round_that_changes_is_noticed_within_a_second(home: Installation) -> None:
    seconds = [100.0]
    with JoinedWriter(home.data) as writer:
        intake = Intake(writer, home.store, seconds=lambda: seconds[0])
        intake.receive(home.seal({}), now=NOW)
        with home.store.write() as db:
            rounds.set_ceiling(db, ROUND, 1)
        seconds[0] += 0.5
        intake.receive(home.seal({}), now=NOW)
        seconds[0] += 0.6
        raw = home.seal({})
        assert problem_of(lambda: intake.receive(raw, now=NOW)) is Problem.ROUND_FULL


def test_the_brake_sees_real_rounds_only_and_nothing_else(home: Installation) -> None:
    seen: list[tuple[Any, ...]] = []

    def brake(*arguments: Any) -> None:
        seen.append(arguments)
        if len(seen) > 2:
            raise ProblemError(Problem.SLOW_DOWN)

    with JoinedWriter(home.data) as writer:
        intake = Intake(writer, home.store, brake=brake)
        envelope = unpack(home.seal({}))
        foreign = Header("3" * 32, "no-such", "f" * 64, "web", None, envelope.header.kid)
        raw = pack(foreign, envelope.sealed)
        assert problem_of(lambda: intake.receive(raw, now=NOW)) is Problem.NO_SUCH_ROUND
        assert seen == []
        intake.receive(home.seal({}), now=NOW)
        intake.receive(home.seal({}), now=NOW)
        assert problem_of(lambda: intake.receive(home.seal({}), now=NOW)) is Problem.SLOW_DOWN
    assert seen == [(ROUND,)] * 3
    assert len(waiting(home)) == 2


def test_the_round_in_the_address_has_to_agree(home: Installation, intake: Intake) -> None:
    raw = home.seal({})
    assert (
        problem_of(lambda: intake.receive(raw, now=NOW, round_id="other")) is Problem.BAD_ENVELOPE
    )
    assert not intake.receive(raw, now=NOW, round_id=ROUND).repeated


# ---------------------------------------------------------------- the page without JavaScript


def plain(home: Installation, intake: Intake, answers: dict[str, Any], **changes: Any) -> Any:
    values: dict[str, Any] = {
        "round_id": ROUND,
        "version": home.version.hash,
        "checker": compile_check(home.version),
        "language": "da",
        "key": KEY,
        "now": NOW,
        **changes,
    }
    return intake.receive_plain(answers, **values)


def test_a_plain_answer_is_sealed_and_its_text_is_nowhere(
    home: Installation, intake: Intake
) -> None:
    receipt = plain(home, intake, {"trust": "1", "suggestions": "  kanariefugl "})
    (kept,) = waiting(home)
    assert kept.digest.hex() == receipt.digest
    home.store.empty_logs()
    for file in home.folder.rglob("*"):
        if file.is_file():
            assert b"kanariefugl" not in file.read_bytes()
    raw = pack(unpack_header(kept), kept.sealed)
    opened = unpad(open_envelope(raw, home.keys.private(ROUND)))
    assert opened == Payload({"trust": "1", "suggestions": "kanariefugl"}, "da")


def unpack_header(kept: submissions.Submission) -> Header:
    from sync.envelope import read_header

    return read_header(kept.header)


def test_a_plain_answer_posted_again_counts_as_received(home: Installation, intake: Intake) -> None:
    first = plain(home, intake, {"trust": "1"})
    before = waiting(home)
    again = plain(home, intake, {"trust": "1"})
    assert (first.repeated, again.repeated, again.key) == (False, True, KEY)
    assert waiting(home) == before


def test_a_plain_answer_that_does_not_check(home: Installation, intake: Intake) -> None:
    with pytest.raises(InvalidAnswers) as caught:
        plain(home, intake, {"trust": "9", "minutes": 700})
    assert {(one.place, one.code) for one in caught.value.answer_faults} == {
        ("trust", "unknown-option"),
        ("minutes", "out-of-bounds"),
    }
    assert caught.value.problem is Problem.INVALID_ANSWERS
    assert waiting(home) == []


def test_a_plain_answer_to_a_foreign_version_or_under_a_foreign_key(
    home: Installation, intake: Intake
) -> None:
    assert problem_of(lambda: plain(home, intake, {}, version="f" * 64)) is Problem.NO_SUCH_VERSION
    assert problem_of(lambda: plain(home, intake, {}, key="short")) is Problem.BAD_ENVELOPE
    assert problem_of(lambda: plain(home, intake, {}, round_id="other")) is Problem.NO_SUCH_ROUND
    assert waiting(home) == []


def test_the_rounds_public_key_is_the_one_it_publishes(home: Installation) -> None:
    text = home.round().public_key
    assert text is not None
    assert public_text(public_from_text(text)) == text
    assert kid_of(public_from_text(text)) == home.round().kid
