"""Links that are mailed: to choose the first password of a new account, and a new one in place of a forgotten one.

R1 The invitation lies in the outbox exactly when the account is there: both or neither.
R2 What is kept of a link is a hash; neither token nor link stands in the audit log or in what the service logs.
R3 An invitation works for seven days, a link for a new password for one hour.
R4 A link works once, also when two send at the same time; opening it uses it up not at all.
R5 A newer link ends the older one of its kind; a new password ends them all, and every session.
R6 A closed account's links are dead, and stay so when it is opened again.
R7 Whoever asks for a new password is told the same whether the address has an account or not, and is slowed the same.
R8 A password that may not be is refused, and the link goes on.
"""

from __future__ import annotations

import hashlib
import logging
import re
import sqlite3
import threading
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from store import accounts, audit
from store.accounts import Account
from tests.server.installation import PASSWORD, World

ENGLISH = {"Accept-Language": "en"}
NEW = "syv grønne heste paa marken"
ADDRESS = "ny@region.example"


def post(client: FlaskClient, path: str, **sent: object) -> tuple[int, str]:
    """A form of the administrator; the status, and where it leads or what it shows."""
    token = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/desk/accounts").text)
    assert token is not None
    response = client.post(path, data={"token": token[1], **sent}, headers=ENGLISH)
    return response.status_code, response.headers.get("Location") or response.text


def invite(world: World, email: str = ADDRESS) -> Account:
    """A member of the IV group, invited through the page."""
    status, at = post(world.signed_in("administrator"), "/desk/accounts/new", name="Nanna Ny", email=email,
                      language="da", role="member", scope="IV-arbejdsgruppen")  # fmt: skip
    assert status == 303, at
    made = accounts.by_email(world.store.main, email)
    assert made is not None
    return made


def mails(world: World, email: str = ADDRESS) -> list[str]:
    """The texts of the mails to an address, oldest first."""
    return [row[0] for row in world.store.main.execute("SELECT body FROM message WHERE recipient = ? ORDER BY id", (email,))]  # fmt: skip


def link(world: World, email: str = ADDRESS) -> str:
    """The path of the newest mailed link."""
    found = re.findall(r"http://localhost:\d+(/welcome/\S+)", mails(world, email)[-1])
    assert len(found) == 1
    return str(found[0])


def choose(world: World, path: str, password: str = NEW) -> int:
    return world.client().post(path, data={"password": password}).status_code


def sign_in(world: World, email: str, password: str) -> int:
    return world.client().post("/sign-in", data={"email": email, "password": password}).status_code


def ask(world: World, email: str) -> tuple[int, str]:
    client = world.client()
    response = client.post("/sign-in/forgotten", data={"email": email}, headers=ENGLISH)
    if response.status_code != 303:
        return response.status_code, response.text
    shown = client.get(response.headers["Location"], headers=ENGLISH)
    return response.status_code, shown.text


def test_the_one_who_is_invited_chooses_a_password_and_signs_in_R1(world: World) -> None:
    invite(world)
    (mail,) = mails(world)
    assert "Nanna Ny" in mail
    assert "Administrator" in mail  # who sent it
    page = world.client().get(link(world), headers=ENGLISH)
    assert page.status_code == 200
    assert ADDRESS in page.text
    assert sign_in(world, ADDRESS, NEW) == 401
    assert choose(world, link(world)) == 303
    assert sign_in(world, ADDRESS, NEW) == 303


def test_no_account_without_its_mail_R1(world: World) -> None:
    with world.store.write() as db:
        db.execute(
            "CREATE TRIGGER full BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    client = world.signed_in("administrator")
    before = len(audit.listed(world.store.main, limit=100))
    status, _ = post(client, "/desk/accounts/new", name="N", email=ADDRESS, language="da", role="secretariat", scope="")  # fmt: skip
    assert status == 500
    assert accounts.by_email(world.store.main, ADDRESS) is None
    assert len(audit.listed(world.store.main, limit=100)) == before
    assert world.store.main.execute("SELECT count(*) FROM account_link").fetchone() == (0,)


def test_a_link_is_kept_as_a_hash_and_written_nowhere_R2(
    world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    invite(world)
    token = link(world).rsplit("/", 1)[1]
    assert len(token) >= 43  # 256 bits
    kept = world.store.main.execute("SELECT token_hash FROM account_link").fetchone()[0]
    assert kept == hashlib.sha256(token.encode()).digest()
    tables = [row[0] for row in world.store.main.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]  # fmt: skip
    holding = {
        table
        for table in tables
        for row in world.store.main.execute(f'SELECT * FROM "{table}"')
        if token in repr(row)
    }
    assert holding == {"message"}  # until it is sent
    world.client().get(link(world))
    assert choose(world, link(world), "kort") == 422
    assert choose(world, link(world)) == 303
    assert choose(world, link(world)) == 404
    assert token not in caplog.text
    assert token not in "".join(capfd.readouterr())
    assert token not in "".join(repr(entry) for entry in audit.listed(world.store.main, limit=100))


@pytest.mark.parametrize("kind", ["invitation", "password"])
def test_a_link_expires_R3(world: World, kind: str) -> None:
    if kind == "invitation":
        invite(world)
        email, lasts = ADDRESS, timedelta(days=7)
    else:
        email, lasts = "chair@region.example", timedelta(hours=1)
        assert ask(world, email)[0] == 303
    path, begun = link(world, email), world.now
    world.now = begun + lasts - timedelta(seconds=1)
    assert world.client().get(path).status_code == 200
    world.now = begun + lasts
    shown = world.client().get(path, headers=ENGLISH)
    assert shown.status_code == 404
    assert "The link no longer works" in shown.text
    assert "/sign-in/forgotten" in shown.text
    assert choose(world, path) == 404
    assert sign_in(world, email, NEW) == 401


def test_opening_uses_nothing_up_and_sending_does_R4(world: World) -> None:
    invite(world)
    path = link(world)
    for _ in range(3):
        assert world.client().get(path).status_code == 200
        assert world.client().head(path).status_code == 200
    assert choose(world, path) == 303
    assert world.client().get(path).status_code == 404
    assert choose(world, path, "en helt anden lang saetning") == 404
    assert sign_in(world, ADDRESS, NEW) == 303


def test_of_two_at_the_same_time_one_chooses_R4(world: World) -> None:
    invite(world)
    path = link(world)
    start = threading.Barrier(4)
    answers: list[tuple[int, str]] = []

    def send(password: str) -> None:
        start.wait()
        answers.append((choose(world, path, password), password))

    threads = [threading.Thread(target=send, args=(f"{NEW} nummer {number}",)) for number in range(4)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in answers) == [303, 404, 404, 404]
    for status, password in answers:
        assert sign_in(world, ADDRESS, password) == (303 if status == 303 else 401)


def test_a_form_from_another_site_is_refused_R4(world: World) -> None:
    invite(world)
    for path, sent in (
        (link(world), {"password": NEW}),
        ("/sign-in/forgotten", {"email": ADDRESS}),
    ):
        refused = world.client().post(path, data=sent, headers={"Sec-Fetch-Site": "cross-site"})
        assert refused.status_code == 400
    assert len(mails(world)) == 1
    assert choose(world, link(world)) == 303


def test_a_newer_link_ends_the_older_R5(world: World) -> None:
    made = invite(world)
    first = link(world)
    status, at = post(world.signed_in("administrator"), f"/desk/accounts/{made.id}/invite")
    assert (status, at) == (303, f"/desk/accounts/{made.id}?done=invited-again")
    second = link(world)
    assert first != second
    assert world.client().get(first).status_code == 404
    assert world.client().get(second).status_code == 200
    # Somebody invited may ask for a link too; choosing with one ends the other.
    assert ask(world, ADDRESS)[0] == 303
    third = link(world)
    assert choose(world, third) == 303
    assert world.client().get(second).status_code == 404
    # With a password, there is nothing to invite to.
    status, at = post(world.signed_in("administrator"), f"/desk/accounts/{made.id}/invite")
    assert at == f"/desk/accounts/{made.id}?done=not-invited"


def test_a_new_password_ends_the_sessions_and_is_told_of_R5(world: World) -> None:
    address = "chair@region.example"
    inside = world.signed_in("chair")
    assert ask(world, address)[0] == 303
    assert inside.get("/desk").status_code == 200  # asking changes nothing
    assert sign_in(world, address, PASSWORD) == 303
    assert choose(world, link(world, address)) == 303
    assert inside.get("/desk").status_code == 302
    assert sign_in(world, address, PASSWORD) == 401
    assert sign_in(world, address, NEW) == 303
    assert len(mails(world, address)) == 2
    assert "/welcome/" not in mails(world, address)[-1]
    actions = [entry.action for entry in audit.listed(world.store.main, limit=100)]
    assert "new password asked for" in actions
    assert "password changed" in actions


def test_a_closed_accounts_links_are_dead_R6(world: World) -> None:
    made = invite(world)
    path = link(world)
    client = world.signed_in("administrator")
    assert post(client, f"/desk/accounts/{made.id}/close", sure="yes")[0] == 303
    assert world.client().get(path).status_code == 404
    assert choose(world, path) == 404
    assert ask(world, ADDRESS)[0] == 303
    assert len(mails(world)) == 1  # nothing is mailed to a closed account
    assert post(client, f"/desk/accounts/{made.id}/open")[0] == 303
    assert choose(world, path) == 404
    assert sign_in(world, ADDRESS, NEW) == 401


def test_who_has_an_account_is_told_to_nobody_R7(world: World) -> None:
    def without_address(said: tuple[int, str], address: str) -> tuple[int, str]:
        return said[0], said[1].replace(address, "…")

    known, unknown = "chair@region.example", "nobody@region.example"
    for _ in range(7):
        answers = [without_address(ask(world, one), one) for one in (known, unknown)]
        assert answers[0] == answers[1]
    assert answers[0][0] == 429
    assert len(mails(world, known)) == 5
    assert mails(world, unknown) == []
    status, html = ask(world, "not an address")
    assert status == 422
    assert "This is not an e-mail address." in html


@pytest.mark.parametrize(
    "password", ["", "elleve tegn", "password1234", "nanna ny 123", "x" * 1001]
)
def test_a_password_that_may_not_be_leaves_the_link_R8(world: World, password: str) -> None:
    invite(world)
    path = link(world)
    assert choose(world, path, password) == 422
    assert choose(world, path) == 303


def test_the_database_has_no_place_for_a_link_in_clear_R2(world: World) -> None:
    made = invite(world)
    with pytest.raises(sqlite3.IntegrityError), world.store.write() as db:
        db.execute(
            "INSERT INTO account_link (token_hash, account, kind, expires_at) VALUES (?, ?, 'password', '2027-01-01T00:00:00Z')",
            (b"the token itself", made.id),
        )
