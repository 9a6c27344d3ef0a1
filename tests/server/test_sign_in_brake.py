"""Guessing passwords and codes: five in all, whichever process is asked.

G1  Two apps on one database count together, passwords as well as codes, and so does one that starts anew.
G2  However many try at the same moment, five are looked at.
G3  Waiting ends after five minutes; what is old is removed; a right one begins anew.
G4  What is kept is a hash under the service's secret: no address, typed or real, can be read or tried out from it.
G5  A clock that was set back locks nobody out.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forms.problems import ProblemError
from server.app import create_app
from server.sign_in_brake import ATTEMPTS, SignInBrake, codes_of
from store import sign_in_failures
from store.sign_in_failures import MOST_REMEMBERED
from tests.server.installation import NOW, PASSWORD, World
from tests.server.test_second_factor import code, with_factor

CHAIR = "chair@region.example"
SECOND = timedelta(seconds=1)


@pytest.fixture
def other(world: World) -> Iterator[Flask]:
    """Another worker process on the same data."""
    made = create_app(world.settings, clock=lambda: world.now, seconds=lambda: 0.0)
    yield made
    made.extensions["svarboks"].close()


def brake(world: World, secret: bytes = b"s" * 32) -> SignInBrake:
    return SignInBrake(world.store, lambda: world.now, secret)


def names(world: World) -> list[bytes]:
    return [row[0] for row in world.store.main.execute("SELECT name FROM sign_in_failure")]


def sign_in(client: FlaskClient, password: str, email: str = CHAIR) -> int:
    return client.post("/sign-in", data={"email": email, "password": password}).status_code


def test_two_workers_count_wrong_passwords_together_G1(world: World, other: Flask) -> None:
    clients = [world.client(), other.test_client()]
    tried = [sign_in(clients[number % 2], "forkert") for number in range(6)]
    assert tried == [401] * 5 + [429]
    assert [sign_in(client, PASSWORD) for client in clients] == [429, 429]
    anew = create_app(world.settings, clock=lambda: world.now, seconds=lambda: 0.0)
    assert sign_in(anew.test_client(), PASSWORD) == 429
    anew.extensions["svarboks"].close()


def test_two_workers_count_wrong_codes_together_G1(world: World, other: Flask) -> None:
    secret, codes = with_factor(world)
    tried = []
    for number in range(6):
        client = (world.app if number % 2 else other).test_client()
        assert sign_in(client, PASSWORD) == 303
        page = client.get("/sign-in/code").text
        token = page.split('name="token" value="')[1].split('"')[0]
        typed = ("000000", codes[0], code(secret, world))[0 if number < 5 else 2]
        tried.append(client.post("/sign-in/code", data={"token": token, "code": typed}).status_code)
    assert tried == [401] * 5 + [429]


def test_of_many_at_the_same_moment_five_are_looked_at_G2(world: World) -> None:
    one = brake(world)
    looked_at: list[bool] = []
    together = threading.Barrier(12)

    def tries() -> None:
        together.wait()
        with suppress(ProblemError):
            looked_at.append(one.attempt(CHAIR))

    threads = [threading.Thread(target=tries) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(looked_at) == [False] * (ATTEMPTS - 1) + [True]


def test_it_ends_and_begins_anew_G3(world: World) -> None:
    one = brake(world)
    for number in range(1, ATTEMPTS + 1):
        assert one.attempt(CHAIR) == (number == ATTEMPTS)
    world.now += timedelta(seconds=299)
    with pytest.raises(ProblemError) as caught:
        one.attempt(f" {CHAIR.upper()}")
    assert caught.value.extra == {"retry_after": 1}
    one.attempt(codes_of(7))
    world.now += SECOND
    assert not one.attempt(CHAIR)
    assert not one.attempt(codes_of(7))
    one.succeeded(CHAIR)
    assert len(names(world)) == 1
    world.now += timedelta(seconds=301)
    one.attempt("anybody@else.example")
    assert len(names(world)) == 1


def test_no_more_than_so_many_are_remembered_G3(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_REMEMBERED >= 1000
    monkeypatch.setattr(sign_in_failures, "MOST_REMEMBERED", 3)
    one = brake(world)
    for number in range(5):
        world.now += SECOND
        one.attempt(f"{number}@else.example")
    kept = names(world)
    assert len(kept) == 3
    one.succeeded("4@else.example")
    assert len(names(world)) == 2


def test_what_is_kept_names_nobody_G4(world: World) -> None:
    assert sign_in(world.client(), "forkert", "kender@nogen.example") == 401
    [kept] = names(world)
    for plain in (b"kender@nogen.example", b"sign-in kender@nogen.example"):
        assert kept != hashlib.sha256(plain).digest()
    brake(world, b"t" * 32).attempt("kender@nogen.example")
    assert len(names(world)) == 2
    [columns] = [list(row) for row in world.store.main.execute(
        "SELECT group_concat(name) FROM pragma_table_info('sign_in_failure')")]  # fmt: skip
    assert columns == ["name,count,since"]


def test_a_clock_that_was_set_back_locks_nobody_out_G5(world: World) -> None:
    one = brake(world)
    for _ in range(ATTEMPTS):
        one.attempt(CHAIR)
    world.now = NOW - timedelta(days=1)
    assert not one.attempt(CHAIR)
