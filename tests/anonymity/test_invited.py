"""Codes of an invited round and its answers, searched for a link as a thief of the data folder would; planted links are found.

A1  Before mixing: neither the order, the place, the keys nor the bytes of waiting.db tie a code to a sealed answer.
A2  After mixing: the answers' keys, order and places, and the receipts, know nothing of codes.
A3  Each way of looking finds the link that is planted for it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from store import receipts
from store.joined_commits import JoinedWriter
from sync import invitation_codes
from sync.intake import Intake
from sync.mixing import mix
from tests.anonymity.checks import BAR, places, rank_correlation, schema_faults
from tests.sync.installation import LATER, NOW, ROUND, Installation
from tests.sync.test_invited_intake import invite

#: Of so many an honest shuffle has a rank correlation above a tenth once in 100,000 times.
PEOPLE = 2000
#: A planted link is found among fewer.
FEWER = 500


def link_faults(home: Installation, arrived: list[tuple[bytes, bytes]]) -> list[str]:
    """What ties a code to an answer: `arrived` has the hash of each code and the key of its answer, in arrival order."""
    faults = schema_faults(home.store.main, home.store.waiting)
    home.store.empty_logs()
    hashes, keys = [code for code, _ in arrived], [key for _, key in arrived]
    for name in ("waiting.db", "svarboks.db"):
        content = (home.data / name).read_bytes()
        of_codes, of_keys = places(content, hashes), places(content, keys)
        for what, of_all in (("code", of_codes), ("key", of_keys)):
            # A code lies in its row and in the index of letters, a key in its row and in the index of keys: what
            # lies a third time may lie beside something that tells.
            if any(len(of_one) > 2 for of_one in of_all):
                faults.append(f"{name} holds a {what} more than twice")
            if all(of_all):
                order = sorted(range(len(of_all)), key=lambda n: of_all[n][0])
                if abs(rank_correlation(order)) >= BAR:
                    faults.append(f"{name}: {what}s lie in the order of arrival")
        if all(of_codes) and all(of_keys):
            by_code = sorted(range(len(arrived)), key=lambda n: of_codes[n][0])
            rank = {n: at for at, n in enumerate(sorted(by_code, key=lambda n: of_keys[n][0]))}
            if abs(rank_correlation([rank[n] for n in by_code])) >= BAR:
                faults.append(f"{name}: codes and answers lie in the same order")
    tables = ((home.store.waiting, "submission"), (home.store.main, "response"), (home.store.main, "receipt"))  # fmt: skip
    for db, table in tables:
        held = {row[0] for row in db.execute(f"SELECT key FROM {table}").fetchall()}
        if held & {code[:16] for code in hashes}:
            faults.append(f"{table} has keys that are made from codes")
    return faults


def answered(
    folder: Path, key_of: Callable[[bytes, random.Random], bytes], people: int
) -> tuple[Installation, list[tuple[bytes, bytes]]]:
    """An installation after all letters but a hundred have been answered in a random order."""
    home, codes = invite(folder, people + 100)
    chance = random.Random(12)
    arrived = []
    with JoinedWriter(home.data) as writer:
        intake = Intake(writer, home.store)
        for code in chance.sample(codes, people):
            hashed = invitation_codes.code_hash(ROUND, code)
            key = key_of(hashed, chance)
            intake.receive(home.seal({"trust": "3"}, key=key.hex()), now=NOW, code=code)
            arrived.append((hashed, key))
    return home, arrived


def drawn(_hashed: bytes, chance: random.Random) -> bytes:
    """A key as a browser draws it."""
    return chance.randbytes(16)


def test_no_link_before_and_after_mixing_A1_A2(tmp_path: Path) -> None:
    home, arrived = answered(tmp_path, drawn, PEOPLE)
    assert home.store.waiting.execute("SELECT sum(used) FROM invitation").fetchone() == (PEOPLE,)
    assert link_faults(home, arrived) == []
    report = mix(home.store, home.keys, ROUND, rng=random.Random(13), whole=True, now=LATER)
    assert report.mixed == PEOPLE
    assert link_faults(home, arrived) == []
    known = receipts.digest_of(home.store.main, [key for _, key in arrived])
    hashes = {code for code, _ in arrived}
    assert len(known) == PEOPLE
    assert hashes.isdisjoint(known.values())
    responses = {row[0] for row in home.store.main.execute("SELECT key FROM response").fetchall()}
    assert responses.isdisjoint(key for _, key in arrived)
    home.store.close()


def key_from_code(hashed: bytes, _chance: random.Random) -> bytes:
    """The planted link: the answer's key is a piece of the code's hash."""
    return hashed[:16]


@pytest.mark.parametrize("plant", ["key", "column", "copy", "order"])
def test_a_planted_link_is_found(tmp_path: Path, plant: str) -> None:
    home, arrived = answered(tmp_path, key_from_code if plant == "key" else drawn, FEWER)
    with home.store.write_waiting() as writing:
        if plant == "column":
            writing.conn.execute("ALTER TABLE invitation ADD COLUMN used_at TEXT")
        if plant == "copy":
            writing.conn.execute("CREATE TABLE note (code BLOB, key BLOB)")
            writing.conn.executemany("INSERT INTO note VALUES (?, ?)", arrived)
        if plant == "order":
            # A build that writes used codes one after the other into a table with a rowid, and no longer by hash.
            writing.conn.execute("DROP TABLE invitation")
            writing.conn.execute("CREATE TABLE spent (code BLOB)")
            writing.conn.executemany("INSERT INTO spent VALUES (?)", [one[:1] for one in arrived])
    found = link_faults(home, arrived)
    wanted = {
        "key": "submission has keys that are made from codes",
        "column": "invitation.used_at is not on the list",
        "copy": "waiting.db holds a code more than twice",
        "order": "waiting.db: codes lie in the order of arrival",
    }[plant]
    assert wanted in found, found
    home.store.close()
