"""Mailed links: invitations and forgotten passwords, up to somebody who signs in.

R1  An administrator's new account and its mail are there together; the mail is in the account's language and says who
    sent it, until when the link works and what to do if it was not meant for one.
R2  Opening the link changes nothing, however often; choosing a password uses it up; it expires after seven days.
R3  A link is kept as a hash, works for its own account only, and stops when the account is closed or a new one is sent.
R4  Of two who send at once, one chooses.
R5  A forgotten password: the same answer for every address, an hour, one mail's link at a time, braked by address; a closed
    account gets none.
R6  The new password ends all sessions; pages of links tell no other site where one came from.
"""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from store import accounts, audit, outbox
from store.accounts import Grant, Role
from store.outbox import MessageState
from tests.server.command_line import CommandLine
from tests.server.installation import PASSWORD, World

NEW = "kridt tavle 73 svampe"
ENGLISH = {"Accept-Language": "en"}


def mails(world: World) -> list[outbox.Message]:
    """What waits, the newest first."""
    return outbox.listed(world.store.main, [MessageState.WAITING])


def link_in(body: str) -> str:
    """The path of the link in a mail."""
    found = re.search(r"http://localhost:8080(/welcome/[\w-]{43})\n", body)
    assert found is not None, body
    return found[1]


def invited(world: World, **changes: object) -> tuple[int, FlaskClient]:
    """The status of adding an account, and the administrator's browser."""
    client = world.signed_in("administrator")
    token = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/desk/accounts/new").text)
    assert token is not None
    data = {"token": token[1], "name": "Bo Lind", "email": "Bo@region.example", "language": "da",
            "role": ["coordinator", ""], "scope": ["Assens; billund", ""], **changes}  # fmt: skip
    return client.post("/desk/accounts/new", data=data).status_code, client


def signs_in(world: World, email: str, password: str) -> bool:
    """Whether somebody is let in."""
    response = world.client().post("/sign-in", data={"email": email, "password": password})
    return response.status_code == 303


def test_account_and_mail_R1(world: World) -> None:
    assert invited(world)[0] == 303
    account = accounts.by_email(world.store.main, "bo@region.example")
    assert account is not None
    assert account.password_hash is None
    assert account.grants == (
        Grant(Role.COORDINATOR, unit="assens"),
        Grant(Role.COORDINATOR, unit="billund"),
    )
    [mail] = mails(world)
    assert (mail.kind, mail.recipient) == ("invitation", "bo@region.example")
    assert mail.subject == "Din konto i Region Eksempel"
    for part in ("Hej Bo Lind", "Administrator har oprettet", "29. november 2026 kl. 13.00",
                 "skal du ikke gøre noget", "Region Eksempel"):  # fmt: skip
        assert part in mail.body
    entry = audit.listed(world.store.main)[0]
    assert entry.action == "account invited"
    assert link_in(mail.body) not in str(entry)
    assert invited(world, email="en@region.example", language="en")[0] == 303
    assert mails(world)[0].subject == "Your account in Region Eksempel"


def test_nothing_of_it_when_the_mail_cannot_be_kept_R1(world: World) -> None:
    with world.store.write() as db:
        db.execute("DROP TABLE message")
    assert invited(world)[0] == 500
    assert accounts.by_email(world.store.main, "bo@region.example") is None


def test_from_the_mail_to_the_desk_R2(world: World) -> None:
    invited(world)
    path, client = link_in(mails(world)[0].body), world.client()
    for _ in range(3):
        page = client.get(path, headers=ENGLISH)
        assert page.status_code == 200
        assert "Welcome, Bo Lind" in page.text
    assert client.head(path).status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert not signs_in(world, "bo@region.example", "")
    for wrong in ("", "kort", "Bo Lind og 73 svampe", "passwordpassword"):
        refused = client.post(path, data={"password": wrong})
        assert refused.status_code == 422
    assert client.post(path, data={"password": NEW}).headers["Location"].startswith("/sign-in")
    assert (
        client.get(path).status_code == client.post(path, data={"password": NEW}).status_code == 404
    )
    assert signs_in(world, "bo@region.example", NEW)
    assert "password chosen" in [entry.action for entry in audit.listed(world.store.main)]


def test_a_name_is_never_markup(world: World) -> None:
    assert invited(world, name="<b>Bo</b>")[0] == 303
    html = world.client().get(link_in(mails(world)[0].body)).text
    assert "&lt;b&gt;Bo" in html
    assert "<b>Bo" not in html


def test_it_expires_after_seven_days_R2(world: World) -> None:
    invited(world)
    path = link_in(mails(world)[0].body)
    world.now += timedelta(days=7) - timedelta(seconds=1)
    assert world.client().get(path).status_code == 200
    world.now += timedelta(seconds=1)
    assert world.client().get(path).status_code == 404
    assert world.client().post(path, data={"password": NEW}).status_code == 404


def test_only_a_hash_is_kept_R3(world: World) -> None:
    invited(world)
    token = link_in(mails(world)[0].body).rsplit("/", 1)[1]
    [row] = world.store.main.execute("SELECT token_hash FROM account_link").fetchall()
    assert len(row[0]) == 32
    assert token.encode() not in row[0]
    for guess in ("nothing", token[:-1], token + "x", row[0].hex()):
        assert world.client().get(f"/welcome/{guess}").status_code == 404


def test_a_new_one_and_a_closed_account_stop_it_R3(world: World) -> None:
    _status, client = invited(world)
    account = accounts.by_email(world.store.main, "bo@region.example")
    assert account is not None
    token = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/account").text)
    assert token is not None
    first = link_in(mails(world)[0].body)
    again = client.post(f"/desk/accounts/{account.id}/invite", data={"token": token[1]})
    assert again.headers["Location"].endswith("done=invited-again")
    second = link_in(mails(world)[0].body)
    assert world.client().get(first).status_code == 404
    assert world.client().get(second).status_code == 200
    data = {"token": token[1], "sure": "yes"}
    assert client.post(f"/desk/accounts/{account.id}/close", data=data).status_code == 303
    assert world.client().get(second).status_code == 404
    again = client.post(f"/desk/accounts/{account.id}/invite", data={"token": token[1]})
    assert again.headers["Location"].endswith("done=not-invited")


def test_of_two_at_once_one_chooses_R4(world: World) -> None:
    invited(world)
    path, statuses = link_in(mails(world)[0].body), []

    def choose(number: int) -> None:
        password = f"{NEW} nummer {number}"
        statuses.append(
            (world.client().post(path, data={"password": password}).status_code, password)
        )

    threads = [threading.Thread(target=choose, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in statuses) == [303, 404, 404, 404]
    assert [signs_in(world, "bo@region.example", password) for _, password in statuses].count(
        True
    ) == 1


def test_another_site_cannot_send_it(world: World) -> None:
    invited(world)
    path = link_in(mails(world)[0].body)
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert world.client().post(path, data={"password": NEW}, headers=cross).status_code == 400
    data = {"email": "chair@region.example"}
    assert world.client().post("/sign-in/forgotten", data=data, headers=cross).status_code == 400


def test_the_same_answer_for_every_address_R5(world: World) -> None:
    answers = []
    with world.store.write() as db:
        accounts.set_active(db, 3, False)
    for email in ("chair@region.example", "nobody@region.example", "member@region.example"):
        client = world.client()
        sent = client.post("/sign-in/forgotten", data={"email": email})
        answers.append((sent.status_code, sent.headers["Location"]))
        assert client.get(sent.headers["Location"]).status_code == 200
    assert len(set(answers)) == 1
    assert [mail.recipient for mail in mails(world)] == ["chair@region.example"]
    assert world.client().post("/sign-in/forgotten", data={"email": "x"}).status_code == 422


def test_a_forgotten_password_R5_R6(world: World) -> None:
    signed_in = world.signed_in("chair")
    for _ in range(2):
        world.client().post("/sign-in/forgotten", data={"email": " CHAIR@region.example "})
    second, first = (link_in(mail.body) for mail in mails(world))
    assert world.client().get(first).status_code == 404
    assert world.client().get(second).status_code == 200
    assert signs_in(world, "chair@region.example", PASSWORD)  # asking changes nothing
    world.now += timedelta(minutes=59)
    signed_in = world.signed_in("chair")
    assert world.client().post(second, data={"password": NEW}).status_code == 303
    assert signed_in.get("/desk").status_code == 302
    assert signs_in(world, "chair@region.example", NEW)
    assert not signs_in(world, "chair@region.example", PASSWORD)
    assert mails(world)[0].kind == "account"
    assert "password changed" in [entry.action for entry in audit.listed(world.store.main)]


def test_an_hour_R5(world: World) -> None:
    world.client().post("/sign-in/forgotten", data={"email": "chair@region.example"})
    path = link_in(mails(world)[0].body)
    world.now += timedelta(hours=1)
    assert world.client().get(path).status_code == 404


@pytest.mark.parametrize("email", ["chair@region.example", "nobody@region.example"])
def test_mails_are_braked_by_address_R5(world: World, email: str) -> None:
    statuses = [
        world.client().post("/sign-in/forgotten", data={"email": email}).status_code
        for _ in range(6)
    ]
    assert statuses == [303] * 5 + [429]
    other = world.client().post("/sign-in/forgotten", data={"email": "member@region.example"})
    assert other.status_code == 303
    world.signed_in("chair")  # signing in is not slowed by it


def test_the_command_line_invites_R1(world: World) -> None:
    line = CommandLine(world.settings.data, {"SVARBOKS_KEYS": str(world.settings.keys)})
    line.done(
        "account",
        "invite",
        "ib@region.example",
        "--name",
        "Ib",
        "--group",
        "iv",
        "--language",
        "en",
    )
    [mail] = mails(world)
    assert "An account has been made for you" in mail.body
    first = link_in(mail.body)
    world.now = mail.written_at
    assert world.client().get(first).status_code == 200
    line.done("account", "invite", "ib@region.example")
    assert world.client().get(first).status_code == 404
    assert "has a password already" in line.refused("account", "invite", "chair@region.example")
    line.done("account", "close", "chair@region.example")
    assert not signs_in(world, "chair@region.example", PASSWORD)
    assert "only administrator" in line.refused("account", "close", "administrator@region.example")
    assert "No account" in line.refused("account", "close", "nobody@region.example")
    assert [entry.actor for entry in audit.listed(world.store.main)][:1] == ["command-line"]
