"""Reminders to units that have not returned.

M1  Only units that have not returned are listed, with the people who get a mail; units without anybody are named.
M2  The mail is shown before it is sent; one mail to a person with all their units; kept with the reminders at once.
M3  Who was reminded within a day is not reminded again unless it is confirmed.
M4  Nothing is sent without a unit, a subject, a text, or in a round that is not open.
M5  The board shows the last reminder; the audit log has it, without the text.
M6  What is sent a second time from one page, by a double click or by going back, sends nothing; nor do two people at once.
M7  Units whose answers have come are asked for their numbers apart, and only when chosen.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forms import library
from server import reminding
from store import accounts, audit, counts, outbox, reminders, returns, round_units, rounds
from store.accounts import Grant, Role
from store.database import Store
from store.outbox import MessageState
from store.round_units import RoundUnit
from store.rounds import Round, RoundState
from tests.server.installation import World, open_round, publish

AT = "/desk/rounds/open1/reminders"
ENGLISH = {"Accept-Language": "en"}
LETTER = {"subject": "Vi mangler jer", "text": "Hej\r\n\r\nSkriv jeres tal."}


@pytest.fixture
def asked(world: World) -> World:
    """Billund has a coordinator who has Assens too."""
    with world.store.write() as db:
        accounts.add(
            db,
            name="Begge",
            email="both@region.example",
            grants=[Grant(Role.COORDINATOR, unit=unit) for unit in ("assens", "billund")],
        )
    return world


def send(client: FlaskClient, step: str, *units: str, at: str = AT, **changes: str) -> TestResponse:
    """Post the page's form; to send it, the form of the preview."""
    return client.post(at, data=form(client, step, *units, at=at, **changes), headers=ENGLISH)


def form(
    client: FlaskClient, step: str, *units: str, at: str = AT, **changes: str
) -> dict[str, object]:
    """The page's form, or that of the preview."""
    token = re.search(r'name="token" value="([0-9a-f]+)"', client.get(at).text)
    assert token is not None
    data = {**LETTER, **changes, "token": token[1], "unit": list(units), "step": "preview"}
    if step == "preview":
        return data
    shown = client.post(at, data=data, headers=ENGLISH).text
    return {**data, "step": step, "mark": re.findall('name="mark" value="([^"]+)"', shown)}


def waiting(world: World) -> list[outbox.Message]:
    """What lies in the outbox."""
    return outbox.listed(world.store.main, [MessageState.WAITING])


def test_who_is_listed_M1(asked: World) -> None:
    with asked.store.write() as db:
        round_units.keep(db, "open1", [RoundUnit(unit="assens", offered=0)])  # nobody to ask
    html = asked.signed_in("secretariat").get(AT, headers=ENGLISH).text
    assert 'id="u-billund"' in html
    assert 'id="u-assens"' not in html
    with asked.store.write() as db:
        round_units.keep(db, "open1", [RoundUnit(unit="nyborg")])
        db.execute("DELETE FROM account_role WHERE unit = 'nyborg'")
    html = asked.signed_in("secretariat").get(AT, headers=ENGLISH).text
    assert "1 unit has nobody to write to" in html
    assert 'id="u-nyborg"' not in html
    for who in ("coordinator", "chair", "respondent"):
        assert asked.signed_in(who).get(AT).status_code == 403


def test_one_mail_a_person_shown_first_M2_M5(asked: World) -> None:
    client = asked.signed_in("secretariat")
    shown = send(client, "preview", "assens", "billund")
    assert shown.status_code == 200
    assert "These mails go to 2 people" in shown.text
    assert waiting(asked) == []
    sent = send(client, "send", "assens", "billund")
    assert sent.status_code == 303
    assert sent.headers["Location"].endswith("?sent=2&mails=2")
    mails = {mail.recipient: mail for mail in waiting(asked)}
    assert set(mails) == {"both@region.example", "coordinator@region.example"}
    both = mails["both@region.example"]
    assert both.subject == "Vi mangler jer"
    assert both.kind == "reminder"
    url = asked.settings.url
    assert both.body == (
        f"Hej\n\nSkriv jeres tal.\n\nAssens: {url}/desk/rounds/open1/units/assens"
        f"\nBillund: {url}/desk/rounds/open1/units/billund\n"
    )
    assert "billund" not in mails["coordinator@region.example"].body
    assert {unit: one.recipients for unit, one in reminders.latest(asked.store.main, "open1").items()} == {"assens": 2, "billund": 1}  # fmt: skip
    [entry] = audit.listed(asked.store.main, subject="round:open1")
    assert (entry.action, entry.details) == (
        "units reminded",
        {"units": ["assens", "billund"], "mails": 2},
    )
    board = client.get("/desk/rounds/open1", headers=ENGLISH).text
    assert re.search(r'data-label="Last reminded"[^>]*>22 November 2026', board)


def test_not_twice_within_a_day_M3(asked: World) -> None:
    client = asked.signed_in("secretariat")
    assert send(client, "send", "billund").status_code == 303
    assert re.search(r'id="u-billund"[^>]*name="unit"[^>]*class="form-checkbox" aria', client.get(AT).text)  # fmt: skip
    for step in ("preview", "send"):
        again = send(client, step, "billund")
        assert again.status_code == 422
        assert "reminded within the last day" in again.text
    assert len(waiting(asked)) == 1
    assert send(client, "preview", "billund", again="yes").status_code == 200
    asked.now += timedelta(minutes=1)
    assert send(client, "send", "billund", again="yes").status_code == 303
    assert len(waiting(asked)) == 2
    asked.now += timedelta(days=1, minutes=1)
    client = asked.signed_in("secretariat")
    before = len(waiting(asked))
    assert send(client, "send", "billund").status_code == 303
    assert len(waiting(asked)) == before + 1


@pytest.mark.parametrize(
    ("units", "changes", "said"),
    [
        ((), {}, "Choose at least one unit"),
        (("nyborg",), {}, "Choose at least one unit"),
        (("billund",), {"subject": "  "}, "Write a subject"),
        (("billund",), {"subject": "x" * 151}, "Write a subject"),
        (("billund",), {"text": ""}, "Write a text"),
    ],
)
def test_what_is_missing_is_said_M4(
    asked: World, units: tuple[str, ...], changes: dict[str, str], said: str
) -> None:
    answer = send(asked.signed_in("secretariat"), "send", *units, **changes)
    assert answer.status_code == 422
    assert said in answer.text
    assert waiting(asked) == []


def test_only_an_open_round_is_reminded_of_M4(asked: World) -> None:
    client = asked.signed_in("secretariat")
    at = "/desk/rounds/planned1/reminders"
    assert "Units can be reminded while the round is open" in client.get(at, headers=ENGLISH).text
    assert send(client, "send", "billund", at=at).status_code == 409
    with asked.store.write() as db:
        rounds.set_state(db, "open1", RoundState.CLOSED)
    assert send(client, "send", "billund").status_code == 409
    assert waiting(asked) == []


def test_a_signed_return_that_was_sent_is_not_reminded_of_M1(asked: World) -> None:
    sof = library.read("sof-follow-up")
    open_round(asked, "sof", publish(asked.store, sof), sof)
    respondent = accounts.by_email(asked.store.main, "respondent@region.example")
    assert respondent is not None
    at = "/desk/rounds/sof1/reminders"
    client = asked.signed_in("secretariat")
    assert send(client, "send", "assens", at=at).status_code == 303
    mails = {mail.recipient: mail.body for mail in waiting(asked)}
    assert "/desk/rounds/sof1/returns/assens" in mails["respondent@region.example"]
    assert mails["both@region.example"].endswith("/desk/rounds/sof1\n")
    with asked.store.write() as db:
        returns.save(
            db, "sof1", "assens", based_on=0, answers={}, language="da", account=respondent.id,
            now=asked.now,
        )  # fmt: skip
        returns.send(db, "sof1", "assens", revision=1, account=respondent.id, now=asked.now)
    html = client.get(at, headers=ENGLISH).text
    assert 'id="u-assens"' not in html
    assert 'id="u-billund"' in html


def test_what_is_sent_twice_goes_once_M6(asked: World) -> None:
    client = asked.signed_in("secretariat")
    first = form(client, "send", "assens", "billund")
    other = form(client, "send", "billund")
    assert client.post(AT, data=first, headers=ENGLISH).status_code == 303
    mails = len(waiting(asked))
    for data in (first, {**first, "again": "yes"}, {**other, "again": "yes"}):
        answer = client.post(AT, data=data, headers=ENGLISH)
        assert answer.status_code in {409, 422}
        assert len(waiting(asked)) == mails
    assert "Nothing more was sent" in answer.text
    # Reminded again on purpose, in the very second: once, too.
    again = form(client, "send", "billund", again="yes")
    assert client.post(AT, data=again, headers=ENGLISH).status_code == 303
    assert client.post(AT, data=again, headers=ENGLISH).status_code == 409
    assert len(waiting(asked)) == mails + 1
    assert len(audit.listed(asked.store.main, subject="round:open1")) == 2


def test_who_is_missing_is_read_where_it_is_written_M6(
    asked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two people at once: the second waits for the first one's transaction, and reads after it."""
    inside = []
    read = reminding.unit_rows

    def watched(store: Store, shown: Round, now: datetime) -> object:
        inside.append(store.main.conn.in_transaction)
        return read(store, shown, now)

    client = asked.signed_in("secretariat")
    data = form(client, "send", "billund")
    monkeypatch.setattr(reminding, "unit_rows", watched)
    assert client.post(AT, data=data).status_code == 303
    assert inside[-1]


def test_only_their_numbers_are_asked_for_M7(asked: World) -> None:
    with asked.store.write() as db:
        counts.add_returned(db, "open1", {("billund", "web"): 9})
    client = asked.signed_in("secretariat")
    html = client.get(AT, headers=ENGLISH).text
    returned, numbers = html.split("Units whose answers have come, but not their numbers")
    assert re.search(r'id="u-assens"[^>]* checked', returned)
    assert re.search(r'id="u-billund"(?![^>]* checked)', numbers)
    board = client.get("/desk/rounds/open1", headers=ENGLISH).text
    assert board.count(">Numbers missing<") == 1
    assert send(client, "send", "billund").status_code == 303
    assert [mail.recipient for mail in waiting(asked)] == ["both@region.example"]
