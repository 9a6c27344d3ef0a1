"""The page of a round's deliveries, the line on the front page, and the command line.

P1  Each delivery with its day, edition, folder and whom it was told; a doubt is said.
P2  What failed says why and what to do, when it is tried next; on the secretariat's front page from the third attempt on.
P3  The secretariat and the chair deliver again; it is in the audit log.
P4  A round asks for interim editions when it is set up, at the desk and on the command line, and not once it is open.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from server import attention
from server.cli import main
from server.delivery import delivering
from server.delivery.contents import HELD
from store import accounts, audit, deliveries, outbox, rounds
from store.deliveries import DELIVERY, Occasion
from store.outbox import MessageState
from store.rounds import Interim
from tests.server.delivery_place import Place, place

ENGLISH = {"Accept-Language": "en"}
AT = "/desk/rounds/told1/deliveries"


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliveries that hold only the tables."""
    monkeypatch.setattr(delivering, "HELD", [one for one in HELD if one.name.endswith(".csv")])


def read(client: FlaskClient, path: str = AT) -> str:
    """The words of a page."""
    response = client.get(path, headers=ENGLISH)
    assert response.status_code == 200
    return " ".join(re.sub("<[^>]+>", " ", response.text).split())


def test_each_delivery_with_whom_it_was_told_P1(tmp_path: Path, places: list[Place]) -> None:
    at = place(places, tmp_path)
    client = at.world.signed_in("secretariat")
    assert "Nothing has been delivered yet. The round receives until 7 December 2026" in read(
        client
    )
    at.end()
    client = at.world.signed_in("secretariat")
    [delivery] = at.deliveries
    said = read(client)
    assert "Delivered Chair: mail sent 7 December 2026 Member: mail sent" in said
    assert f"When the round ended Edition 1 Folder {delivery.folder}" in said
    assert "twice" not in said
    with at.world.store.write() as db:
        db.execute("UPDATE message SET doubts = 1 WHERE recipient = 'member@region.example'")
    assert re.search(r"Member: mail sent 7 December 2026 It may have come twice", read(client))
    assert "It may have come twice" in read(at.world.signed_in("administrator"), "/desk/mail")
    at.world.now += timedelta(days=31)
    at.tick()
    assert "Chair: more than 30 days ago" in read(at.world.signed_in("secretariat"))


def test_what_failed_says_why_and_what_to_do_P2(tmp_path: Path, places: list[Place]) -> None:
    at = place(places, tmp_path / "it", SVARBOKS_EXPORTS=str(tmp_path / "share"))
    secretariat = accounts.by_email(at.world.store.main, "secretariat@region.example")
    administrator = accounts.by_email(at.world.store.main, "administrator@region.example")
    assert secretariat is not None and administrator is not None

    def told(account: accounts.Account) -> list[tuple[str, str]]:
        return [
            (one.address, one.said)
            for one in attention.needs(at.world.store, account, at.world.now)
            if one.kind == "delivery-failed"
        ]

    at.end()
    at.tick(at.world.now + timedelta(minutes=1))
    assert told(secretariat) == []
    at.tick(at.world.now + timedelta(minutes=5))
    assert told(secretariat) == [(AT, "no-folder")]
    assert told(administrator) == [("", "no-folder")]
    client = at.world.signed_in("secretariat")
    assert (
        "The report could not be delivered, and is tried again by itself The folder for reports is not there. Ask IT"
        in read(client, "/desk")
    )
    assert re.search(
        "Edition 1 Could not be delivered The folder for reports is not there. Ask IT to mount it again. 3 attempts. It is tried again by itself, "
        "next 7 December 2026 at 13:21",
        read(client),
    )
    (tmp_path / "share").mkdir()
    at.tick(at.world.now + timedelta(minutes=15))
    assert told(secretariat) == []
    assert "Could not" not in read(client)


def test_no_edition_could_be_made_P2(
    tmp_path: Path, places: list[Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = place(places, tmp_path)

    def faulty(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(delivering, "make_edition", faulty)
    at.end()
    said = read(at.world.signed_in("chair"))
    assert (
        "When the round ended Could not be delivered Tell IT that it was this: ZeroDivisionError."
        in said
    )
    assert "Deliver again" not in said


@pytest.mark.parametrize("who", ["secretariat", "chair"])
def test_again_at_the_desk_P3(tmp_path: Path, places: list[Place], who: str) -> None:
    at = place(places, tmp_path)
    at.end()
    client = at.world.signed_in(who)
    token = re.search(r'name="token" value="([0-9a-f]+)"', client.get(AT).text)
    assert token is not None
    at.world.now += timedelta(minutes=10)
    response = client.post(f"{AT}/again", data={"token": token[1]})
    assert response.headers["Location"] == f"{AT}?done=ordered"
    assert "It is delivered again within a minute" in read(client, f"{AT}?done=ordered")
    assert "Asked for by a person Edition 1 On its way" in read(client)
    at.tick()
    assert [one.occasion for one in at.deliveries] == [Occasion.AGAIN, Occasion.END]
    assert len(at.mails()) == 4
    newest = [one.action for one in audit.listed(at.world.store.main, limit=3)]
    assert newest[:2] == ["report delivered", "delivery ordered again"]


def test_the_command_line_P3(tmp_path: Path, places: list[Place]) -> None:
    at = place(places, tmp_path)
    data = ["--data", str(at.world.settings.data)]
    run = CliRunner().invoke
    refused = run(main, ["delivery", "again", "told1", *data])
    assert refused.exit_code == 1 and not at.deliveries
    at.end()
    listed = run(main, ["delivery", "list", "told1", *data])
    assert listed.exit_code == 0, listed.output
    assert re.search(r"told1 +2026-12-07T12:00:00Z +end +1 +delivered +2 mails +iv/", listed.stdout)
    [plain] = json.loads(run(main, ["delivery", "list", "--format", "json", *data]).stdout)
    assert plain["edition"] == 1 and plain["told"][0] == {
        "name": "Chair",
        "email": "chair@region.example",
        "state": "sent",
        "doubts": 0,
    }
    assert run(main, ["delivery", "again", "told1", *data]).exit_code == 0
    at.world.now += timedelta(hours=1)
    at.tick()
    assert len(at.deliveries) == 2 and len(at.mails()) == 4
    found = outbox.listed(at.world.store.main, [MessageState.SENT])
    assert {one.kind for one in found} == {DELIVERY}


def test_a_round_asks_for_interim_editions_P4(tmp_path: Path, places: list[Place]) -> None:
    at = place(places, tmp_path)
    with at.world.store.write() as db:
        db.execute("UPDATE round SET interim = 'weekly' WHERE id = 'planned1'")
    assert rounds.read(at.world.store.main, "planned1").interim is Interim.WEEKLY
    client = at.world.signed_in("secretariat")
    assert "Interim reports Every Monday at 6" in read(client, "/desk/rounds/planned1")
    assert "Until then an interim report is delivered every Monday at 6." in read(
        client, "/desk/rounds/planned1/deliveries"
    )
    opened = CliRunner().invoke(
        main,
        ["round", "open", "iv-satisfaction", "--interim", "monthly", "--test", "--data", str(at.world.settings.data)],
    )  # fmt: skip
    assert opened.exit_code == 0, opened.output
    made = opened.stdout.strip()
    assert rounds.read(at.world.store.main, made).interim is Interim.MONTHLY
    assert deliveries.of_round(at.world.store.main, made) == []
