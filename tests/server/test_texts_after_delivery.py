"""Free text that nobody had read when the report was delivered by itself.

T1  The mail says that some is unread, and no number; an interim mail says nothing of it. The page of deliveries says how many.
T2  What is released later is a need on the front page of whoever reads, as soon as a new edition would have it and not before.
T3  That edition, made by hand at the desk or on the command line, goes to the same folder and people, and nothing is needed any more.
T4  Of repeated questions and of signed returns no edition is asked for that would not come.
"""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from pathlib import Path

import pytest
from click.testing import CliRunner

from server import attention
from server.cli import main
from server.delivery import delivering
from server.delivery.contents import HELD
from server.texts_to_come import _brings_more
from store import accounts, responses
from store.deliveries import Occasion
from store.responses import Reading
from store.rounds import Interim
from tests.server.delivery_place import Place, place

ENGLISH = {"Accept-Language": "en"}
AT = "/desk/rounds/told1"
UNREAD = "En del af friteksten er ikke læst endnu"


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliveries that hold only the tables."""
    monkeypatch.setattr(delivering, "HELD", [one for one in HELD if one.name.endswith(".csv")])


def write(at: Place, first: int, number: int) -> None:
    """So many texts lie unread."""
    rows = [
        (bytes([n]) * 16, "told1", "suggestions", f"Forslag {n}", "da")
        for n in range(first, first + number)
    ]
    with at.world.store.write() as db:
        responses.keep(db, [], [], rows)


def release(at: Place, first: int, number: int) -> None:
    with at.world.store.write() as db:
        for n in range(first, first + number):
            assert responses.decide_text(db, bytes([n]) * 16, Reading.RELEASED)


def needs(at: Place, who: str) -> list[tuple[str, str, int]]:
    """What of a round's texts somebody is told on the front page."""
    account = accounts.by_email(at.world.store.main, f"{who}@region.example")
    assert account is not None
    return [
        (one.kind, one.address, one.number)
        for one in attention.needs(at.world.store, account, at.world.now)
        if one.kind in {"unread-texts", "texts-released"} and one.round == "told1"
    ]


def letters(at: Place) -> list[tuple[str, str]]:
    """(subject, words) of the mails to the chair, the oldest first."""
    folder = at.world.settings.mail.folder
    assert folder is not None
    found = []
    for path in folder.glob("*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=default_policy)
        assert isinstance(message, EmailMessage)
        if message["To"] == "chair@region.example":
            found.append((path.stat().st_mtime_ns, str(message["Subject"]), message.get_content()))
    return [(subject, " ".join(text.split())) for _, subject, text in sorted(found)]


def read(at: Place, path: str, who: str = "chair") -> str:
    response = at.world.signed_in(who).get(path, headers=ENGLISH)
    assert response.status_code == 200
    return " ".join(re.sub("<[^>]+>", " ", response.text).split())


@pytest.mark.parametrize("who", ["chair", "secretariat", "command line"])
def test_what_is_released_later_is_told_and_delivered(
    tmp_path: Path, places: list[Place], who: str
) -> None:
    """T1, T2, T3."""
    at = place(places, tmp_path)
    write(at, 0, 9)
    at.end()
    [(subject, said)] = letters(at)
    assert subject == "Rapporten er klar: Runde told"
    assert UNREAD in said and "9" not in said.replace("localhost", "")
    assert "9 texts are unread and stand in no edition. Read free text" in read(
        at, f"{AT}/deliveries"
    )
    unread = ("unread-texts", f"{AT}/texts")
    wanted = ("texts-released", f"{AT}/edition", 0)
    for one in ("chair", "secretariat"):
        assert needs(at, one) == [(*unread, 9)]
    release(at, 0, 7)
    assert needs(at, "chair") == [(*unread, 2)], "seven bring nothing"
    release(at, 7, 1)
    for one in ("chair", "secretariat"):
        assert needs(at, one) == [(*unread, 1), wanted]
        assert "Free text was released after the newest edition: make a new one" in read(
            at, "/desk", one
        )
    for one in ("member", "otherchair", "administrator", "coordinator"):
        assert needs(at, one) == []
    assert "Free text was released after edition 1 was made. Make a new edition" in read(
        at, f"{AT}/deliveries"
    )
    assert "A new edition is put into the working group's folder too" in read(at, f"{AT}/edition")
    at.world.now += timedelta(hours=1)
    if who == "command line":
        made = CliRunner().invoke(
            main, ["edition", "make", "told1", "--data", str(at.world.settings.data)]
        )
        assert made.exit_code == 0, made.output
    else:
        client = at.world.signed_in(who)
        token = re.search(r'name="token" value="([0-9a-f]+)"', client.get(f"{AT}/edition").text)
        assert token is not None
        client.post(f"{AT}/edition", data={"token": token[1], "do": "edition"})
    assert needs(at, "chair") == [(*unread, 1)]
    at.tick()
    assert [(one.occasion, one.number, one.delivered_at is None) for one in at.deliveries] == [
        (Occasion.AGAIN, 2, False),
        (Occasion.END, 1, False),
    ]
    assert sorted(one[-2:] for one in at.folders()) == ["-1", "-2"]
    assert len(at.mails()) == 4
    assert letters(at)[-1][0] == "Ny udgave af rapporten: Runde told"
    assert UNREAD in letters(at)[-1][1]
    release(at, 8, 1)
    assert needs(at, "chair") == [], "one more is not told of by itself"
    assert "unread" not in read(at, f"{AT}/deliveries")


def test_what_was_read_is_said_no_more(tmp_path: Path, places: list[Place]) -> None:
    """T1."""
    at = place(places, tmp_path, interim=Interim.WEEKLY)
    write(at, 0, 8)
    at.tick()
    assert letters(at)[0][0].startswith("Foreløbig") and UNREAD not in letters(at)[0][1]
    release(at, 0, 8)
    assert needs(at, "chair") == [], "it receives still"
    at.end()
    assert letters(at)[-1][0] == "Rapporten er klar: Runde told"
    assert UNREAD not in letters(at)[-1][1]
    assert needs(at, "chair") == []


@pytest.mark.parametrize(
    ("places", "told", "more"),
    [
        ({"suggestions": 7}, 0, False),
        ({"suggestions": 8}, 0, True),
        ({"suggestions": 16}, 9, False),
        ({"suggestions": 17}, 9, True),
        # Seven people who wrote twice.
        ({"jobs/0/what": 7, "jobs/1/what": 7}, 0, False),
        ({"jobs/0/what": 8, "jobs/1/what": 1}, 0, True),
        ({"jobs/0/what": 12, "jobs/1/what": 12}, 9, False),
        ({"jobs/0/what": 13, "jobs/1/what": 12}, 9, True),
    ],
)
def test_how_many_bring_a_new_edition(places: dict[str, int], told: int, more: bool) -> None:
    """T4."""
    assert _brings_more(places, told) is more
