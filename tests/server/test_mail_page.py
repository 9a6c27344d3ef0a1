"""The outbox as a page of the administrator, and the mailbox of a trial.

R1 The page shows what waits, what failed and the server's words, what was sent; never a text, also when escaped markup came.
R2 "Try again now", for one and for all; "Give up" asks first and names what is lost; both are in the audit log.
R3 Long lists are shown fifty at a time.
R4 The mailbox is there only where it was set and mail goes to a folder; its links to this service are clickable.
R5 `svarboks run` sets it on localhost only, and only where mail goes to a folder.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from server.commands.service import trial_settings
from server.mail_sending import send_due
from server.settings import from_environment
from store import audit, outbox
from store.outbox import MessageState
from tests.server.installation import World, build

SECRET = "https://svar.example/link/secret-token"
ENGLISH = {"Accept-Language": "en"}


def add(world: World, recipient: str, *, subject: str = "Invited", body: str = SECRET) -> int:
    with world.store.write() as db:
        return outbox.add(
            db, kind="invitation", recipient=recipient, subject=subject, body=body, now=world.now
        )


def fail(world: World, message: int, error: str) -> None:
    with world.store.write() as db:
        outbox.failed_attempt(db, message, error=error, next_at=None)


def post(client: FlaskClient, path: str) -> str:
    """Post the form of the page; the page that it leads to."""
    token = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/desk/mail").text)
    assert token is not None
    response = client.post(path, data={"token": token[1]})
    assert response.status_code == 303, response.status_code
    return client.get(response.headers["Location"], headers=ENGLISH).text


def test_the_page_tells_what_became_of_each_message_R1(world: World) -> None:
    client = world.signed_in("administrator")
    html = client.get("/desk/mail", headers=ENGLISH).text
    for empty in ("No message has failed.", "No message is waiting.", "Nothing has been sent yet."):
        assert empty in html
    sent = add(world, "sent@region.example")
    with world.store.write() as db:
        outbox.sent(db, sent, world.now)
    fail(world, add(world, "failed@region.example"), "550 <script>alert(1)</script>")
    waiting = add(world, "waiting@region.example", subject="<b>Bold</b>")
    with world.store.write() as db:
        outbox.failed_attempt(
            db, waiting, error="451 later", next_at=world.now + timedelta(minutes=5)
        )
    html = client.get("/desk/mail", headers=ENGLISH).text
    for word in (
        "sent@region.example",
        "failed@region.example",
        "waiting@region.example",
        "451 later",
        "Invitation",
    ):
        assert word in html
    assert "550 &lt;script&gt;" in html
    assert "&lt;b&gt;Bold" in html
    assert "secret-token" not in html
    assert [f"({n})" in html for n in (1, 2)] == [True, False]


def test_a_person_tries_again_or_gives_up_R2(world: World) -> None:
    client = world.signed_in("administrator")
    first, second = add(world, "one@region.example"), add(world, "two@region.example")
    for message in (first, second):
        fail(world, message, "550 no such user")
    assert "It is tried within a minute." in post(client, f"/desk/mail/{first}/try-again")
    found = outbox.find(world.store.main, first)
    assert found is not None
    assert (found.state, found.attempts, found.next_at) == (MessageState.WAITING, 0, world.now)
    page = client.get(f"/desk/mail/{second}/give-up", headers=ENGLISH).text
    assert "two@region.example" in page
    assert "“Invited”" in page
    assert "cannot be undone" in page
    assert outbox.find(world.store.main, second).state is MessageState.FAILED  # type: ignore[union-attr]
    html = post(client, f"/desk/mail/{second}/give-up")
    assert "The message has been given up." in html
    assert "Given up" in html
    given_up = outbox.find(world.store.main, second)
    assert given_up is not None
    assert given_up.body == ""
    assert client.get(f"/desk/mail/{second}/give-up").status_code == 404
    entries = audit.listed(world.store.main, limit=2)
    assert [(entry.action, entry.subject) for entry in entries] == [
        ("message given up", f"message:{second}"), ("message tried again", f"message:{first}"),
    ]  # fmt: skip
    assert "@" not in str([dict(entry.details) for entry in entries])
    for path in ("try-again", "give-up"):
        token = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/desk/mail").text)
        assert token is not None
        assert client.post(f"/desk/mail/999/{path}", data={"token": token[1]}).status_code == 404


def test_all_are_tried_again_but_what_was_given_up_R2(world: World) -> None:
    client = world.signed_in("administrator")
    failed, waiting, given_up = (add(world, f"{n}@region.example") for n in "abc")
    fail(world, failed, "550 no")
    with world.store.write() as db:
        outbox.failed_attempt(db, waiting, error="451", next_at=world.now + timedelta(hours=4))
        outbox.give_up(db, given_up)
    post(client, "/desk/mail/try-again")
    assert {message.id for message in outbox.due(world.store.main, world.now)} == {failed, waiting}
    count = len(audit.listed(world.store.main))
    with world.store.write() as db:
        for message in (failed, waiting):
            outbox.give_up(db, message)
    post(client, "/desk/mail/try-again")  # there is nothing to try, and nothing to tell of
    assert len(audit.listed(world.store.main)) == count


def test_long_lists_are_paged_R3(world: World) -> None:
    with world.store.write() as db:
        for number in range(120):
            message = outbox.add(
                db,
                kind="reminder",
                recipient=f"r{number}@region.example",
                subject="S",
                body="T",
                now=world.now,
            )
            if number >= 60:
                outbox.sent(db, message, world.now)
    client = world.signed_in("administrator")
    html = client.get("/desk/mail", headers=ENGLISH).text
    assert len(set(re.findall(r"r\d+@region", html))) == 100
    assert "The newest 50 of 60 are shown." in html
    older = re.search(r'href="(/desk/mail\?before=\d+)#sent"', html)
    assert older is not None
    second = client.get(older[1], headers=ENGLISH).text
    assert {f"r{n}@region" for n in range(60, 70)} <= set(re.findall(r"r\d+@region", second))
    assert "before=" not in second
    assert client.get("/desk/mail?before=x%00&done=<b>").status_code == 200


def test_the_mailbox_of_a_trial_R4(tmp_path: Path, world: World) -> None:
    client = world.client()
    assert client.get("/mailbox").status_code == 404  # not set
    elsewhere = build(
        tmp_path / "smtp", SVARBOKS_MAILBOX_PAGE="on", SVARBOKS_MAIL="smtp://127.0.0.1:9"
    )
    assert elsewhere.client().get("/mailbox").status_code == 404  # no folder
    elsewhere.app.extensions["svarboks"].close()

    trial = build(tmp_path / "trial", SVARBOKS_MAILBOX_PAGE="on")
    client = trial.client()
    assert "There is no mail yet." in client.get("/mailbox", headers=ENGLISH).text
    own = "http://localhost:8080/invitation/abc"
    text = f"Kære <b>Åse</b>\n{own}.\nhttp://localhost:8080.evil.example/x http://evil.example/y\n"
    number = add(trial, "aase@region.example", subject="Du er <i>inviteret</i>", body=text)
    assert send_due(trial.store, trial.settings, clock=lambda: trial.now, seconds=lambda: 0.0) == 1
    page = client.get("/mailbox", headers=ENGLISH).text
    assert "stands for everybody's e-mail" in page
    assert "Du er &lt;i&gt;inviteret" in page
    address = f"/mailbox/svarboks-{number}-20261122T120000Z"
    assert f'href="{address}"' in page
    response = client.get(address)
    assert f'<a href="{own}">{own}</a>.' in response.text
    assert "Kære &lt;b&gt;Åse" in response.text
    assert 'href="http://localhost:8080.evil' not in response.text
    assert 'href="http://evil' not in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    for name in (
        "nothing",
        "svarboks-9-20261122T120000Z",
        "..%2F..%2Fsecret",
        "svarboks-1-20261122T120000Z.eml",
    ):
        assert client.get(f"/mailbox/{name}").status_code == 404
    assert client.post("/mailbox").status_code == 405
    trial.app.extensions["svarboks"].close()


@pytest.mark.parametrize(
    ("url", "mail", "shown"),
    [
        ("http://localhost:8080", "", True),
        ("http://127.0.0.1:9000", "folder:/tmp/somewhere", True),
        ("https://svar.example", "", False),
        ("http://192.168.1.5:8080", "", False),
        ("http://localhost:8080", "smtp://localhost", False),
    ],
)
def test_a_trial_on_this_machine_shows_its_mail_R5(url: str, mail: str, shown: bool) -> None:
    settings = from_environment({"SVARBOKS_URL": url, "SVARBOKS_MAIL": mail})
    assert not settings.mailbox_page
    assert trial_settings(settings).mailbox_page is shown
