"""Five thousand codes against real servers: each works once, and nothing that is stored links one to an answer.

R1  gunicorn with two workers; two senders race for every code at once: one is kept, one refused, for all codes.
R2  Killed in the middle (SIGKILL), as many codes are used as answers are kept, and who was told 201 is among them.
R3  One who reads the files before and after mixing finds no order in common, no log, no equal bytes, no code.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from store import invitations, submissions
from sync import invitation_codes
from sync.mixing import mix
from tests.anonymity.checks import BAR, files_that_hold, places, rank_correlation
from tests.crash.processes import PRODUCT, Running, free_port
from tests.sync.installation import LATER, ROUND, Installation, install

#: 5,000 in `make proof`; a twentieth of that in `make check`.
CODES = 5000 if os.environ.get("SVARBOKS_PROOF") == "1" else 250
SEED = b"s" * 32


def invite(folder: Path, number: int) -> tuple[Installation, list[str]]:
    home = install(folder, access="invited", channels=("web",))
    codes = [invitation_codes.make(SEED, letter) for letter in range(1, number + 1)]
    with home.store.write_waiting() as db:
        invitations.keep_seed(db, ROUND, SEED)
        invitations.add(
            db, ROUND, {n: invitation_codes.code_hash(ROUND, c) for n, c in enumerate(codes, 1)}
        )
    return home, codes


def post(session: requests.Session, port: int, raw: bytes, code: str) -> int:
    answer = session.post(
        f"http://127.0.0.1:{port}/api/submissions",
        data=raw,
        headers={"Content-Type": "application/octet-stream", "Svarboks-Code": code},
        timeout=30,
    )
    return answer.status_code


def race(
    home: Installation, port: int, codes: Sequence[str], couples: int
) -> list[tuple[int, int]]:
    """For each code the statuses of two who send other answers with it at the same moment."""
    raws = [(home.seal({"trust": "1"}), home.seal({"trust": "3"})) for _ in codes]
    found: list[tuple[int, int]] = [(0, 0)] * len(codes)

    def couple(mine: range) -> None:
        start = threading.Barrier(2)
        statuses: list[list[int]] = [[], []]

        def one(who: int) -> None:
            with requests.Session() as session:
                for n in mine:
                    start.wait()
                    statuses[who].append(post(session, port, raws[n][who], codes[n]))

        threads = [threading.Thread(target=one, args=(who,)) for who in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for n, a, b in zip(mine, *statuses, strict=True):
            found[n] = (a, b)

    with ThreadPoolExecutor(couples) as pool:
        list(pool.map(couple, [range(start, len(codes), couples) for start in range(couples)]))
    return found


@pytest.mark.campaign
def test_each_of_five_thousand_codes_works_once_R1(tmp_path: Path) -> None:
    home, codes = invite(tmp_path, CODES)
    server = Running("server", PRODUCT, tmp_path, port=free_port(), SVARBOKS_WORKERS="2")
    server.start()
    try:
        server.wait_until_it_answers()
        statuses = [sorted(both) for both in race(home, server.port, codes, 6)]
    finally:
        server.stop()
    kept = sum(both.count(201) for both in statuses)
    refused = sum(both.count(409) for both in statuses)
    print(f"\n{kept} kept, {refused} refused")
    assert statuses == [[201, 409]] * CODES
    assert submissions.waiting_count(home.store.waiting, ROUND) == CODES
    assert invitations.numbers(home.store.waiting, ROUND).used == CODES
    home.store.close()


def test_a_crash_leaves_codes_and_answers_alike_R2(tmp_path: Path) -> None:
    home, codes = invite(tmp_path, 400)
    server = Running("server", PRODUCT, tmp_path, port=free_port(), SVARBOKS_WORKERS="2")
    told: list[int] = []

    def send_until_it_dies(mine: Sequence[int]) -> None:
        with requests.Session() as session:
            for n in mine:
                try:
                    if post(session, server.port, home.seal({}, key=f"{n:032x}"), codes[n]) == 201:
                        told.append(n)
                except requests.RequestException:
                    return
                if len(told) == 120:
                    server.kill()

    server.start()
    server.wait_until_it_answers()
    threads = [
        threading.Thread(target=send_until_it_dies, args=(range(k, 400, 4),)) for k in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.kill()
    waiting = submissions.take(home.store.waiting, ROUND, 1000)
    kept = {int.from_bytes(one.key, "big") for one in waiting}
    unused = set(invitations.letters(home.store.waiting, ROUND, only_unused=True))
    assert 120 <= len(told) < 400
    assert set(told) <= kept
    assert kept == {letter - 1 for letter in range(1, 401) if letter not in unused}
    home.store.close()


def test_nothing_stored_links_a_code_to_an_answer_R3(tmp_path: Path) -> None:
    number = 2400
    home, codes = invite(tmp_path, number)
    chance = random.Random(11)
    used = list(range(number))
    chance.shuffle(used)
    used = used[:2000]  # of which chance reaches the bar of 0.1 once in 100,000 times
    server = Running("server", PRODUCT, tmp_path, port=free_port(), SVARBOKS_WORKERS="2")
    keys = []
    server.start()
    try:
        server.wait_until_it_answers()
        with requests.Session() as session:
            for n in used:
                keys.append(chance.randbytes(16))
                raw = home.seal({"suggestions": f"canary-{n:06d}"}, key=keys[-1].hex())
                assert post(session, server.port, raw, codes[n]) == 201
        logs = tmp_path / "logs"
        grouped = [invitation_codes.grouped(code) for code in codes]
        needles = [text.encode() for text in codes + grouped]
        assert files_that_hold([tmp_path], needles) == {}
        assert files_that_hold([logs], [key.hex().encode() for key in keys]) == {}
    finally:
        server.stop()
    # before mixing: hashes and keys in the raw file, by position
    home.store.empty_logs()
    content = (home.data / "waiting.db").read_bytes()
    hashes = [invitation_codes.code_hash(ROUND, codes[n]) for n in used]
    at_first = {
        "codes": [at[0] for at in places(content, hashes)],
        "answers": [at[0] for at in places(content, keys)],
    }
    orders = {name: sorted(range(len(used)), key=at.__getitem__) for name, at in at_first.items()}
    found = {f"{name} by position": rank_correlation(order) for name, order in orders.items()}
    ranks = {
        name: sorted(range(len(used)), key=order.__getitem__) for name, order in orders.items()
    }
    by_code = [ranks["answers"][n] for n in orders["codes"]]
    found["answers in the order of codes"] = rank_correlation(by_code)
    whole, halves = places(content, hashes), places(content, [one[:16] for one in hashes])
    assert whole == halves
    # after mixing
    report = mix(home.store, home.keys, ROUND, rng=chance, whole=True, now=LATER)
    assert (report.mixed, report.quarantined) == (2000, 0)
    home.store.empty_logs()
    texts = home.store.main.execute("SELECT text FROM free_text ORDER BY key").fetchall()
    arrival = {f"canary-{n:06d}": at for at, n in enumerate(used)}
    by_letter = [int(text[-6:]) for (text,) in texts]
    found["texts by arrival"] = rank_correlation([arrival[text] for (text,) in texts])
    found["texts by letter"] = float(rank_correlation(by_letter))
    print("\n" + ", ".join(f"{name} {rho:+.3f}" for name, rho in found.items()))
    assert {name: rho for name, rho in found.items() if abs(rho) >= BAR} == {}
    main = (home.data / "svarboks.db").read_bytes()
    assert not any(one in main for one in hashes)
    responses = {row[0] for row in home.store.main.execute("SELECT key FROM response").fetchall()}
    assert responses.isdisjoint(keys)
    assert responses.isdisjoint(one[:16] for one in hashes)
    home.store.close()


def test_the_log_of_what_waits_is_empty_after_each_answer_R3(tmp_path: Path) -> None:
    """And the check can fail: the same answers to an open round leave a log."""
    home, codes = invite(tmp_path / "invited", 3)
    public = install(tmp_path / "public")
    for one, sent in ((home, codes), (public, ["", "", ""])):
        server = Running("server", PRODUCT, one.folder, port=free_port(), SVARBOKS_WORKERS="1")
        server.start()
        try:
            server.wait_until_it_answers()
            with requests.Session() as session:
                for code in sent:
                    assert post(session, server.port, one.seal({}), code) == 201
                # the writer empties the log after it has answered; one more round trip behind it
                post(session, server.port, one.seal({}), "")
                post(session, server.port, one.seal({}), "")
            size = (one.data / "waiting.db-wal").stat().st_size
        finally:
            server.stop()
        assert (size == 0) == (one is home), size
        one.store.close()
