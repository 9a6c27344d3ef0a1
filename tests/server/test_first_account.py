"""The first account: made on a page, by whoever starts the service, once.

R1  The link makes an administrator, who signs in then.
R2  It works while there is no account: not a second time, not after another account, not an older link, not a guess.
R3  What is missing or too short is said beside its field, and what was typed stays.
R4  Of two who send at once, one makes it.
"""

from __future__ import annotations

import re
import threading

import pytest
from flask.testing import FlaskClient

from server import first_account
from store import accounts, audit
from store.accounts import Role
from tests.server.installation import PASSWORD, World

ENGLISH = {"Accept-Language": "en"}
GOOD = {"name": "Ane Holm", "email": "Ane@region.example", "password": "kridt tavle 73 svampe"}


@pytest.fixture
def empty(world: World) -> World:
    """The installation without its people."""
    with world.store.write() as db:
        db.execute("DELETE FROM account")
    return world


def path_of(world: World) -> str:
    """The path of a new link."""
    link = first_account.make_link(world.store, world.settings.url)
    assert link is not None
    assert link.startswith(f"{world.settings.url}/first/")
    return link.removeprefix(world.settings.url)


def send(client: FlaskClient, path: str, **changes: str) -> int:
    """The status of a sent form."""
    return client.post(path, data={**GOOD, **changes}, headers=ENGLISH).status_code


def test_the_link_makes_an_administrator_R1(empty: World) -> None:
    path, client = path_of(empty), empty.client()
    page = client.get(path, headers=ENGLISH)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert send(client, path) == 303
    [made] = accounts.listed(empty.store.main)
    assert (made.name, made.email, made.roles) == (
        "Ane Holm",
        "ane@region.example",
        (Role.ADMINISTRATOR,),
    )
    assert [entry.action for entry in audit.listed(empty.store.main)] == ["first account made"]
    assert client.post("/sign-in", data=GOOD).status_code == 303
    assert client.get("/desk/accounts").status_code == 200


def test_it_works_while_there_is_no_account_R2(empty: World) -> None:
    old, path = path_of(empty), path_of(empty)
    client = empty.client()
    assert client.get(old).status_code == send(client, old) == 404
    assert client.get("/first/guess").status_code == 404
    assert send(client, path) == 303
    assert client.get(path).status_code == send(client, path, email="b@c.example") == 404
    assert first_account.make_link(empty.store, "") is None
    assert len(accounts.listed(empty.store.main)) == 1


def test_no_link_where_there_are_accounts_R2(world: World) -> None:
    assert first_account.make_link(world.store, "") is None
    assert world.client().get("/first/x").status_code == 404


def test_another_site_cannot_send_it_R2(empty: World) -> None:
    response = empty.client().post(
        path_of(empty), data=GOOD, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert response.status_code == 400
    assert accounts.listed(empty.store.main) == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("name", "", "Write your name."), ("email", "nobody", "Write an e-mail address"),
     ("password", "", "fewer than 12"), ("password", "short", "fewer than 12")],
)  # fmt: skip
def test_a_fault_is_said_beside_its_field_R3(
    empty: World, field: str, value: str, said: str
) -> None:
    response = empty.client().post(path_of(empty), data={**GOOD, field: value}, headers=ENGLISH)
    assert response.status_code == 422
    found = re.search(rf'id="{field}-error">([^<]*)<', response.text)
    assert found is not None
    assert said in found[1]
    assert GOOD["password"] not in response.text
    if field != "name":
        assert "Ane Holm" in response.text
    assert accounts.listed(empty.store.main) == []


def test_of_two_at_once_one_makes_it_R4(empty: World) -> None:
    path, statuses = path_of(empty), []

    def go(email: str) -> None:
        statuses.append(send(empty.client(), path, email=email))

    threads = [threading.Thread(target=go, args=(f"{n}@region.example",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 404, 404, 404]
    assert len(accounts.listed(empty.store.main)) == 1
    assert PASSWORD not in path
