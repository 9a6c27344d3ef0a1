"""Mixing: kept once, shuffled, counted in the same transaction, quarantined with codes only (killed: test_mixing_killed.py).

R1  It mixes ten or none, and the last few only when the round has stopped receiving.
R2  Answers arrive as they were given, under new random keys, without a unit that was not promised, with CPR numbers masked.
R3  Counts and numbers returned are of the same transaction.
R4  What does not check goes to quarantine with codes and no word of it, and holds up nobody.
"""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forms.problems import Problem, ProblemError
from forms.questionnaire import Language
from store import counts, quarantine, receipts, responses, rounds, submissions
from store.consistency import check
from store.receipts import ReceiptState
from sync import mixing
from sync.envelope import Header, pack, seal, unpack
from sync.keys import public_from_text
from sync.mixing import SMALLEST_MIX, MixReport, mix
from sync.recount import recount
from tests.sync.installation import (
    BY_UNIT,
    DOCUMENT,
    LATER,
    NOW,
    ROUND,
    UNITS,
    Installation,
    draw,
    install,
    publish,
)
from tests.sync.mixing_runs import fill, kept, run, whole


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Installation]:
    made = install(tmp_path)
    yield made
    made.store.close()


def raw_of(home: Installation, plain: bytes, **changes: Any) -> bytes:
    """A sealed answer whose plain text is whatever a hostile sender likes."""
    public_key = home.round().public_key
    assert public_key is not None
    values = {
        "key": secrets.token_hex(16),
        "round": ROUND,
        "version": home.version.hash,
        "channel": "web",
        "unit": None,
        "kid": home.round().kid,
        **changes,
    }
    return seal(Header(**values), plain, public_from_text(public_key), 4096)


# ---------------------------------------------------------------- when


def test_a_regular_mix_leaves_none_or_takes_all(home: Installation) -> None:
    fill(home, SMALLEST_MIX - 1)
    assert run(home) == MixReport(0, 0, SMALLEST_MIX - 1)
    assert kept(home) == []
    fill(home, 1)
    assert run(home) == MixReport(SMALLEST_MIX, 0, 0)
    assert len(kept(home)) == SMALLEST_MIX


def test_the_last_few_only_when_the_round_has_stopped_receiving(home: Installation) -> None:
    fill(home, 3)
    with pytest.raises(ProblemError) as caught:
        run(home, whole=True)
    assert caught.value.problem is Problem.STILL_RECEIVING
    assert kept(home) == []
    assert run(home, whole=True, now=LATER) == MixReport(3, 0, 0)


def test_the_last_few_of_a_closed_round(home: Installation) -> None:
    fill(home, 3)
    home.close_round()
    assert run(home) == MixReport(0, 0, 3)
    assert run(home, whole=True) == MixReport(3, 0, 0)
    assert run(home, whole=True) == MixReport(0, 0, 0)


def test_what_comes_late_waits_for_a_supplementary_mix(home: Installation) -> None:
    fill(home, 12)
    home.close_round()
    run(home, whole=True)
    home.receive(home.seal({"trust": "1"}), now=LATER)
    assert run(home, now=LATER) == MixReport(0, 0, 1)
    assert run(home, whole=True, now=LATER) == MixReport(1, 0, 0)


def test_portions_are_never_a_handful(home: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixing, "BATCH", 20)
    fill(home, 63)
    portions: list[int] = []
    assert run(home, progress=portions.append) == MixReport(63, 0, 0)
    assert sum(portions) == 63
    assert min(portions) >= SMALLEST_MIX
    assert len(portions) == 3


def test_rounds_and_keys_that_are_not_there(home: Installation) -> None:
    with pytest.raises(ProblemError) as caught:
        mix(home.store, home.keys, "other", rng=random.Random(1), whole=False, now=NOW)
    assert caught.value.problem is Problem.NO_SUCH_ROUND
    fill(home, 12)
    home.keys.destroy(ROUND)
    with pytest.raises(ProblemError) as caught:
        run(home)
    assert caught.value.problem is Problem.KEYS_MISSING
    home.keys.make(ROUND)  # another key under the round's name would put everything in quarantine
    with pytest.raises(ProblemError) as caught:
        run(home)
    assert caught.value.problem is Problem.KEYS_MISSING
    assert quarantine.count(home.store.waiting, ROUND) == 0
    assert submissions.waiting_count(home.store.waiting, ROUND) == 12


# ---------------------------------------------------------------- what is kept


def test_answers_arrive_as_they_were_given(home: Installation) -> None:
    given: list[dict[str, Any]] = [
        {"trust": "1", "minutes": 35, "aids": ["pump", "drip"], "suggestions": "Mere ro"},
        {"trust": {"missing": "dont_know"}},
        *({} for _ in range(8)),
    ]
    home.receive(*(home.seal(answers) for answers in given))
    run(home)
    rows = sorted((list(map(tuple, one.rows)) for one in kept(home)), key=len)
    assert rows == [
        *([] for _ in range(8)),
        [("trust", "dont_know", None)],
        [
            ("aids/drip", "answered", 1),
            ("aids/pump", "answered", 1),
            ("minutes", "answered", 35),
            ("suggestions", "answered", None),
            ("trust", "answered", "1"),
        ],
    ]
    (text,) = responses.texts(home.store.main, ROUND)
    assert (text.place, text.text, text.language, text.state) == (
        "suggestions",
        "Mere ro",
        "da",
        "unread",
    )
    assert text.key not in {one.key for one in kept(home)}


def test_counts_and_numbers_returned(home: Installation) -> None:
    given = [{"trust": "1", "minutes": 10}, {"trust": "1", "minutes": 30}, *({} for _ in range(9))]
    home.receive(*(home.seal(answers) for answers in given[:4]))
    home.receive(*(home.seal(answers, channel="tablet", unit=UNITS[0]) for answers in given[4:]))
    run(home)
    cells = {
        (row.table, row.group, row.cell): row[3:] for row in counts.read(home.store.main, ROUND)
    }
    assert cells[("trust", "[]", "1")] == (2, 0, 0)
    assert cells[("trust", "[]", "~unanswered")] == (9, 0, 0)
    assert cells[("minutes", "[]", "~answered")] == (2, 40, 1000)
    assert cells[("minutes_by_trust", '["1"]', "~answered")] == (2, 40, 1000)
    assert cells[("@channel", "[]", "web")] == (4, 0, 0)
    assert counts.returned(home.store.main, ROUND) == [
        (None, "web", 4),
        (UNITS[0], "tablet", 7),
    ]
    assert check(home.store, recount(home.store)) == []


def test_an_anonymous_answer_keeps_no_unit(home: Installation) -> None:
    fill(home, 12, unit=UNITS[0])
    run(home)
    assert {one.unit for one in kept(home)} == {None}


@pytest.mark.parametrize(
    ("document", "promise"), [(BY_UNIT, "anonymous"), (DOCUMENT, "confidential")]
)
def test_a_unit_is_kept_where_it_was_promised(tmp_path: Path, document: str, promise: str) -> None:
    home = install(tmp_path, document, promise=promise)
    fill(home, 12, unit=UNITS[0])
    run(home)
    assert {one.unit for one in kept(home)} == {UNITS[0]}
    assert check(home.store, recount(home.store)) == []
    home.store.close()


def test_cpr_numbers_are_masked_and_the_rest_of_the_text_is_not(home: Installation) -> None:
    home.receive(
        *(home.seal({"suggestions": "Min mor 010170-1234 sagde CRP 12"}) for _ in range(10))
    )
    run(home)
    texts = {text.text for text in responses.texts(home.store.main, ROUND)}
    assert texts == {"Min mor ██████-████ sagde CRP 12"}


def test_new_keys_are_random_and_tied_to_nothing(home: Installation) -> None:
    raws = fill(home, 40)
    run(home, rng=secrets.SystemRandom())
    sent = {bytes.fromhex(unpack(raw).header.key) for raw in raws}
    mine = {one.key for one in kept(home)}
    assert len(mine) == 40
    assert not mine & sent
    assert not {text.key for text in responses.texts(home.store.main, ROUND)} & (mine | sent)


def test_the_source_of_chance_decides_the_order(tmp_path: Path) -> None:
    orders = []
    keys = [f"{number:032x}" for number in range(30)]
    for seed in (1, 2):
        home = install(tmp_path / str(seed))
        home.receive(*(home.seal({"minutes": at}, key=key) for at, key in enumerate(keys)))
        run(home, rng=random.Random(seed))
        orders.append([one.rows[0].value for one in kept(home)])
        home.store.close()
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(30))
    assert orders[0] != orders[1]
    assert list(range(30)) not in orders


def test_two_versions_of_one_round(home: Installation) -> None:
    second = publish(home.store, DOCUMENT.replace("Hvor længe?", "Hvor længe varede det?"))
    with home.store.write() as db:
        rounds.add_version(db, ROUND, second.hash)
    rng = random.Random(3)
    home.receive(*(home.seal(draw(rng), version=second) for _ in range(6)))
    home.receive(*(home.seal(draw(rng)) for _ in range(6)))
    assert run(home) == MixReport(12, 0, 0)
    assert {one.version for one in kept(home)} == {home.version.hash, second.hash}
    assert check(home.store, recount(home.store)) == []


# ---------------------------------------------------------------- quarantine


def wrong_key(home: Installation) -> bytes:
    envelope = unpack(home.seal({"trust": "1"}))
    return pack(replace(envelope.header, channel="typed"), envelope.sealed)


HOSTILE: dict[str, tuple[Callable[[Installation], bytes], list[str]]] = {
    "changed header": (wrong_key, ["undecryptable"]),
    "noise": (
        lambda home: pack(unpack(home.seal({})).header, b"\4" + secrets.token_bytes(4096 + 80)),
        ["undecryptable"],
    ),
    "padding": (lambda home: raw_of(home, b"\0" * 4095 + b"x"), ["wrong-padding"]),
    "no JSON": (lambda home: raw_of(home, whole(b"{'answers'")), ["bad-payload"]),
    "no language": (
        lambda home: raw_of(home, whole(b'{"answers":{},"language":"?"}')),
        ["bad-language"],
    ),
    "foreign language": (lambda home: home.seal({}, language="kl"), ["bad-language"]),
    "unknown version": (
        lambda home: raw_of(home, whole(b'{"answers":{},"language":"da"}'), version="e" * 64),
        ["unknown-version"],
    ),
    "foreign unit": (lambda home: home.seal({}, unit=UNITS[1]), ["foreign-unit"]),
    "unknown unit": (lambda home: home.seal({}, unit="nowhere"), ["foreign-unit"]),
    "answers that do not check": (
        lambda home: home.seal({"trust": "9", "minutes": 601, "hemmelig tekst": 1}),
        ["out-of-bounds", "unknown-option", "unknown-question"],
    ),
    "every field of a wrong type": (
        lambda home: home.seal({"trust": 1, "minutes": "x", "aids": "pump", "suggestions": []}),
        ["wrong-type"],
    ),
    "deep nesting": (
        lambda home: raw_of(
            home, whole(b'{"answers":{"trust":' + b"[" * 900 + b"]" * 900 + b'},"language":"da"}')
        ),
        ["wrong-type"],
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_does_not_check_goes_to_quarantine(home: Installation, name: str) -> None:
    make, codes = HOSTILE[name]
    bad = make(home)
    fill(home, 11)
    home.receive(bad)
    assert run(home) == MixReport(11, 1, 0)
    (one,) = quarantine.listed(home.store.waiting, ROUND)
    assert list(one.codes) == codes
    assert pack(unpack(bad).header, one.sealed) == bad
    key = bytes.fromhex(unpack(bad).header.key)
    assert receipts.state_of(home.store.main, key) is ReceiptState.QUARANTINED
    assert sum(row.n for row in counts.returned(home.store.main, ROUND)) == 12
    assert check(home.store, recount(home.store)) == []
    home.receive(bad)  # a retry long after is known
    assert submissions.waiting_count(home.store.waiting, ROUND) == 0


def test_no_text_gets_into_quarantine(home: Installation) -> None:
    home.receive(*(home.seal({"hemmelig_kode": "kanariefugl"}) for _ in range(10)))
    assert run(home) == MixReport(0, 10, 0)
    home.store.empty_logs()
    for file in home.data.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert b"kanariefugl" not in content
            assert b"hemmelig" not in content


def test_a_fault_in_the_check_holds_up_nobody_else(
    home: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from forms.answers import Checked, Checker

    honest = Checker.check

    def faulty(self: Checker, answers: Any, **rest: Any) -> Checked:
        if "minutes" not in answers:
            raise RecursionError
        return honest(self, answers, **rest)

    monkeypatch.setattr(Checker, "check", faulty)
    home.receive(*(home.seal({"minutes": 1}) for _ in range(9)), home.seal({}))
    assert run(home) == MixReport(9, 1, 0)
    assert quarantine.codes(home.store.waiting, ROUND) == {"unexpected": 1}


def test_another_answer_under_a_key_that_was_mixed(home: Installation) -> None:
    raws = fill(home, 10)
    run(home)
    key = unpack(raws[0]).header.key
    other = unpack(home.seal({"trust": "2"}, key=key))
    fill(home, 10)
    with home.store.write_waiting() as db:  # as if a receipt had come between two looks
        submissions.put(
            db,
            [
                submissions.Submission(
                    bytes.fromhex(key), b"\1" * 32, ROUND, other.header_text, other.sealed
                )
            ],
            known={},
            ceilings={},
        )
    assert run(home) == MixReport(10, 0, 0)
    assert quarantine.codes(home.store.waiting, ROUND) == {"key-conflict": 1}
    assert len(kept(home)) == 20
    assert check(home.store, recount(home.store)) == []


def test_the_codes_are_json_and_codes_only(home: Installation) -> None:
    home.receive(*(home.seal({"trust": "9"}) for _ in range(10)))
    run(home)
    stored = home.store.waiting.execute("SELECT DISTINCT codes FROM quarantined").fetchall()
    assert [json.loads(text) for (text,) in stored] == [["unknown-option"]]


def test_the_language_of_the_version_and_not_of_the_round_counts(tmp_path: Path) -> None:
    home = install(tmp_path, languages=("da", "en"))
    assert home.version.questionnaire.languages[0].tag == Language(tag="da").tag
    home.receive(*(home.seal({}, language="en") for _ in range(10)))
    assert run(home) == MixReport(0, 10, 0)
    home.store.close()
