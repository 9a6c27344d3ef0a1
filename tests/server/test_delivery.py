"""Deliveries on real files with a clock of the test's own: on the day, weekly and monthly, again, and after faults.

R1  When a round has been mixed wholly, its edition is made, put into its group's folder and told of by mail: once.
R2  A folder is whole by its manifest, holds what the list says and aggregates only; nothing unfinished is left.
R3  A mail goes to the chair and the members that are open, in their language: the round, the link, who to ask; no figure, no file.
R4  What fails is tried again with growing pauses, says why, and is delivered when it has been mended.
R5  A folder that was named and is not there is not made.
R6  Interim editions: only where chosen before the opening; nothing new is not delivered; what was missed is delivered once.
R7  A round is delivered again when a person asks; what lies there whole is left, what was changed stays beside the new one.
R8  What ended before there were deliveries is not delivered after the upgrade.
"""

from __future__ import annotations

import errno
import hashlib
import json
import random
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from pathlib import Path

import pikepdf
import pytest

from exports.assemble import assemble
from exports.editions import make_edition, questionnaire_of
from forms.problems import Problem, ProblemError
from server.delivery import delivering, folders
from server.delivery.contents import HELD
from server.delivery.delivering import due, next_attempt
from server.delivery.ordering import order_again
from server.delivery.periods import latest_period
from server.settings import Settings, SettingsError, from_environment
from store import accounts, audit, deliveries, delivery_migration, editions, rounds, runs
from store.accounts import Grant, Role
from store.database import Store
from store.deliveries import DELIVERY, Occasion
from store.editions import KeptEdition
from store.instants import instant_text
from store.outbox import MessageState
from store.rounds import Interim, Round, RoundState
from store.runs import RunState
from tests.server.delivery_place import Place, place


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliveries that hold only the tables: where it is not about what they hold."""
    monkeypatch.setattr(delivering, "HELD", [one for one in HELD if one.name.endswith(".csv")])


def test_on_the_day_by_itself_R1_R2_R3(tmp_path: Path, places: list[Place]) -> None:
    at = place(places, tmp_path)
    store = at.world.store.main
    at.tick()
    assert at.deliveries == [] and editions.listed(store, at.shown.id) == []
    at.tick(at.shown.receive_until - timedelta(seconds=1))
    assert at.deliveries == []
    at.end()
    [delivery] = at.deliveries
    assert (delivery.occasion, delivery.number, delivery.delivered_at) == (
        Occasion.END,
        1,
        at.shown.receive_until,
    )
    [name] = at.folders()
    assert delivery.folder == f"iv/{name}"
    assert name == "2026-12-07-runde-told-told1-1"
    folder = at.home / name
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert {one["name"] for one in manifest["files"]} == {piece.name for piece in HELD}
    assert {one.name for one in folder.iterdir()} == {piece.name for piece in HELD} | {
        "manifest.json"
    }
    for one in manifest["files"]:
        content = (folder / one["name"]).read_bytes()
        assert len(content) == one["bytes"]
        assert hashlib.sha256(content).hexdigest() == one["sha256"]
    assert folders.is_whole(folder)
    parts = {"rapport-da": "pdfuaid", "report-en": "pdfuaid", "arkiv-da": "pdfaid", "archive-en": "pdfaid"}  # fmt: skip
    for name, kind in parts.items():
        with pikepdf.open(folder / f"{name}.pdf") as pdf, pdf.open_metadata() as metadata:
            assert f"{kind}:part" in metadata, name
            assert str(pdf.Root.Lang) == name[-2:]
    mails = at.mails()
    assert [one.recipient for one in mails] == ["chair@region.example", "member@region.example"]
    for _ in range(3):
        at.world.now += timedelta(days=1)
        at.tick()
    assert len(at.deliveries) == len(at.folders()) == len(editions.listed(store, at.shown.id)) == 1
    assert len(at.mails()) == 2
    actions = [
        (one.action, one.actor)
        for one in audit.listed(store, limit=50)
        if one.subject == "round:told1"
    ]
    assert [one for one in actions if one[0] in {"edition made", "report delivered"}] == [
        ("report delivered", audit.SCHEDULER),
        ("edition made", audit.SCHEDULER),
    ]
    run = runs.find(store, DELIVERY, delivery.run_period)
    assert run is not None and (run.state, run.attempts) == (RunState.FINISHED, 1)
    told = deliveries.told(store, [delivery.id])
    assert [(one.email, one.state, one.doubts) for one in told] == [
        ("chair@region.example", MessageState.SENT, 0),
        ("member@region.example", MessageState.SENT, 0),
    ]


@pytest.mark.usefixtures("light")
def test_the_mail_says_what_and_where_and_no_figure_R3(tmp_path: Path, places: list[Place]) -> None:
    at = place(places, tmp_path)
    with at.world.store.write() as db:
        one = accounts.by_email(db, "member@region.example")
        assert one is not None
        accounts.set_name(db, one.id, name=one.name, language="en")
        closed = accounts.add(
            db,
            name="Closed",
            email="closed@region.example",
            grants=[Grant(Role.MEMBER, working_group="iv")],
        )
        accounts.set_active(db, closed.id, False)
    at.end()
    folder = at.world.settings.mail.folder
    assert folder is not None
    letters = {}
    for path in folder.glob("*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=default_policy)
        assert isinstance(message, EmailMessage) and not message.is_multipart()
        letters[str(message["To"])] = (str(message["Subject"]), message.get_content())
    assert set(letters) == {"chair@region.example", "member@region.example"}
    subject, text = letters["chair@region.example"]
    assert subject == "Rapporten er klar: Runde told"
    assert f"{at.world.settings.url}/desk/rounds/told1#editions" in text
    assert "Secretariat, secretariat@region.example" in text
    assert "IV-arbejdsgruppen" in text
    assert letters["member@region.example"][0] == "The report is ready: Round told"
    for _subject, body in letters.values():
        assert re.findall(r"(?<!told)\b\d+\b(?!/)", body.replace("http://localhost:8080", "")) == []


@pytest.mark.usefixtures("light")
def test_what_fails_is_tried_again_and_says_why_R4_R5(tmp_path: Path, places: list[Place]) -> None:
    share = tmp_path / "share"
    at = place(places, tmp_path / "it", SVARBOKS_EXPORTS=str(share))
    store = at.world.store.main
    at.end()
    assert not share.exists()
    period = f"told1 {instant_text(at.shown.receive_until)}"
    pauses, tried = [], 1
    while len(pauses) < 7:
        run = runs.find(store, DELIVERY, period)
        assert run is not None and (run.state, run.message) == (RunState.FAILED, "no-folder")
        assert run.attempts == tried
        pauses.append(next_attempt(run) - at.world.now)
        at.tick(next_attempt(run) - timedelta(seconds=1))
        again = runs.find(store, DELIVERY, period)
        assert again is not None and again.attempts == tried
        at.tick(next_attempt(run))
        tried += 1
    assert [one.total_seconds() / 60 for one in pauses] == [1, 5, 15, 60, 240, 240, 240]
    assert len(editions.listed(store, "told1")) == 1
    assert at.mails() == []
    [waiting] = at.deliveries
    assert waiting.delivered_at is None
    share.mkdir()
    (share / "iv").write_text("a file where the folder should be")
    at.tick(at.world.now + timedelta(hours=4))
    failed = runs.find(store, DELIVERY, period)
    assert failed is not None and failed.message == "folder (EEXIST)"
    (share / "iv").unlink()
    at.tick(at.world.now + timedelta(hours=4))
    [done] = at.deliveries
    assert done.delivered_at == at.world.now
    assert folders.is_whole(share / done.folder)
    assert len(at.mails()) == 2
    assert len(editions.listed(store, "told1")) == 1


@pytest.mark.usefixtures("light")
def test_a_full_disk_leaves_nothing_behind_R2_R4(
    tmp_path: Path, places: list[Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = place(places, tmp_path)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(folders, "_file_to_disk", full)
    at.end()
    run = runs.find(at.world.store.main, DELIVERY, at.deliveries[0].run_period)
    assert run is not None and run.message == "full"
    assert at.folders() == []
    monkeypatch.undo()
    left = at.home / ".svarboks-0123456789abcdef.part"
    left.mkdir()
    (left / "rapport-da.pdf").write_bytes(b"half of it")
    at.tick(at.world.now + timedelta(minutes=1))
    assert at.folders() == ["2026-12-07-runde-told-told1-1"]


@pytest.mark.usefixtures("light")
def test_one_that_cannot_be_rendered_holds_up_no_other_R4(
    tmp_path: Path, places: list[Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = place(places, tmp_path)
    true = delivering.put_into_folder

    def faulty(store: Store, settings: Settings, shown: Round, edition: KeptEdition) -> str:
        if shown.id == "told1":
            raise RuntimeError("what somebody wrote")
        return true(store, settings, shown, edition)

    monkeypatch.setattr(delivering, "put_into_folder", faulty)
    at.end()
    at.tick(at.world.rounds["open"].receive_until)
    run = runs.find(at.world.store.main, DELIVERY, at.deliveries[0].run_period)
    assert run is not None and run.message == "RuntimeError"
    assert deliveries.of_round(at.world.store.main, "open1")[0].delivered_at is not None


@pytest.mark.usefixtures("light")
def test_interim_editions_are_chosen_before_the_opening_R6(
    tmp_path: Path, places: list[Place]
) -> None:
    at = place(places, tmp_path, interim=Interim.WEEKLY)
    store = at.world.store
    monday = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    at.tick(monday - timedelta(seconds=1))
    # The round opened ten days ago: the Monday before is due at the first tick of all.
    assert [one.period for one in at.deliveries] == ["2026-11-16T05:00:00Z"]
    at.tick(monday)
    assert len(at.deliveries) == 1, "nothing new is not delivered"
    run = runs.find(store.main, DELIVERY, "told1 2026-11-23T05:00:00Z")
    assert run is not None and (run.state, run.message) == (RunState.FINISHED, "nothing new")
    at.answer(30)
    # Down over two Mondays: the newest is delivered, once.
    at.tick(monday + timedelta(days=13))
    at.tick(monday + timedelta(days=13, hours=1))
    assert [(one.period, one.occasion) for one in at.deliveries] == [
        ("2026-11-30T05:00:00Z", Occasion.WEEKLY),
        ("2026-11-16T05:00:00Z", Occasion.WEEKLY),
    ]
    first, second = (editions.read(store.main, one.edition) for one in reversed(at.deliveries))
    assert first.figures["about"]["interim"] is True is second.figures["about"]["interim"]
    assert at.mails()[0].subject == "Foreløbig rapport: Runde told"
    report = assemble(first.figures, questionnaire_of(store, "told1"), "da")
    assert report.edition == "Foreløbig udgave 1"
    assert "modtog stadig svar" in report.collected_notes[0]
    at.end()
    assert at.deliveries[0].occasion is Occasion.END
    last = editions.read(store.main, at.deliveries[0].edition)
    assert last.number == 3 and "interim" not in last.figures["about"]
    assert len(at.folders()) == 3
    with pytest.raises(sqlite3.IntegrityError, match="before a round opens"), store.write() as db:
        db.execute("UPDATE round SET interim = 'monthly' WHERE id = 'told1'")


@pytest.mark.usefixtures("light")
def test_without_that_choice_an_open_round_has_no_figures_R6(
    tmp_path: Path, places: list[Place]
) -> None:
    at = place(places, tmp_path)
    for _ in range(14):
        at.tick(at.world.now + timedelta(days=1))
    assert editions.listed(at.world.store.main, "told1") == []
    with pytest.raises(ProblemError) as caught:
        make_edition(at.world.store, "told1", now=at.world.now, rng=random.Random(1), interim=True)
    assert caught.value.problem is Problem.STILL_RECEIVING
    # Chosen, it is the schedule that makes them, and nobody by hand.
    other = place(places, tmp_path / "other", interim=Interim.MONTHLY)
    other.tick()
    with pytest.raises(ProblemError) as caught:
        make_edition(other.world.store, "told1", now=other.world.now, rng=random.Random(1))
    assert caught.value.problem is Problem.STILL_RECEIVING


@pytest.mark.usefixtures("light")
def test_nothing_is_delivered_of_a_round_without_answers_before_its_end_R6(
    tmp_path: Path, places: list[Place]
) -> None:
    at = place(places, tmp_path, answers=0, interim=Interim.MONTHLY)
    at.tick(datetime(2026, 12, 1, 5, 0, tzinfo=UTC))
    assert at.deliveries == []
    at.end()
    assert [one.occasion for one in at.deliveries] == [Occasion.END]
    assert len(at.mails()) == 2


@pytest.mark.parametrize(
    ("interim", "now", "expected"),
    [
        (Interim.NONE, "2026-11-25T12:00:00", None),
        (Interim.WEEKLY, "2026-11-25T12:00:00", "2026-11-23T05:00:00"),
        (Interim.WEEKLY, "2026-11-23T04:59:59", "2026-11-16T05:00:00"),
        (Interim.WEEKLY, "2026-11-23T05:00:00", "2026-11-23T05:00:00"),
        # Summer time: six o'clock is earlier in UTC.
        (Interim.WEEKLY, "2026-07-07T12:00:00", "2026-07-06T04:00:00"),
        (Interim.MONTHLY, "2027-01-01T04:59:59", "2026-12-01T05:00:00"),
        (Interim.MONTHLY, "2027-03-31T12:00:00", "2027-03-01T05:00:00"),
        (Interim.MONTHLY, "2026-04-01T04:00:00", "2026-04-01T04:00:00"),
    ],
)
def test_when_an_interim_edition_is_due_R6(
    interim: Interim, now: str, expected: str | None
) -> None:
    found = latest_period(interim, datetime.fromisoformat(now).replace(tzinfo=UTC))
    told = None if found is None else found.astimezone(UTC).replace(tzinfo=None).isoformat()
    assert told == expected


@pytest.mark.usefixtures("light")
def test_again_when_a_person_asks_R7(tmp_path: Path, places: list[Place]) -> None:
    at = place(places, tmp_path)
    store = at.world.store
    assert not order_again(store, at.shown, now=at.world.now, actor="a test")
    at.end()
    [name] = at.folders()
    before = (at.home / name).stat().st_mtime_ns
    assert order_again(store, at.shown, now=at.world.now + timedelta(hours=1), actor="a test")
    at.tick(at.world.now + timedelta(hours=1))
    assert [one.occasion for one in at.deliveries] == [Occasion.AGAIN, Occasion.END]
    assert at.folders() == [name]
    assert (at.home / name).stat().st_mtime_ns == before
    assert len(at.mails()) == 4
    # Somebody has changed a file: theirs stays, and the true one lies beside it.
    (at.home / name / "tabeller.csv").write_text("mine")
    assert order_again(store, at.shown, now=at.world.now + timedelta(hours=1), actor="a test")
    at.tick(at.world.now + timedelta(hours=1))
    assert at.folders() == [name, f"{name}_2"]
    assert (at.home / name / "tabeller.csv").read_text() == "mine"
    assert folders.is_whole(at.home / f"{name}_2") and not folders.is_whole(at.home / name)
    assert len(editions.listed(store.main, "told1")) == 1


@pytest.mark.usefixtures("light")
def test_a_round_of_no_group_has_its_edition_and_no_folder(
    tmp_path: Path, places: list[Place]
) -> None:
    at = place(places, tmp_path, working_group=None)
    at.end()
    [delivery] = at.deliveries
    assert (delivery.number, delivery.folder) == (1, "")
    assert at.mails() == [] and at.folders() == []


@pytest.mark.usefixtures("light")
def test_what_ended_before_is_not_delivered_after_the_upgrade_R8(
    tmp_path: Path, places: list[Place]
) -> None:
    at = place(places, tmp_path)
    store = at.world.store
    with store.write() as db:
        rounds.set_state(db, "told1", RoundState.CLOSED)
        rounds.set_state(db, "told1", RoundState.FINISHED)
        marking = delivery_migration.MAIN[delivery_migration.MAIN.index("INSERT INTO run") :]
        db.execute(marking.removesuffix("\n").removesuffix(";"))
    assert [one for one in due(store, at.shown.receive_until) if one.round == "told1"] == []


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Fødeplan: mødre & børn", "2026-12-07-foedeplan-moedre-boern-k7m2pq-3"),
        ("../../etc/passwd", "2026-12-07-etc-passwd-k7m2pq-3"),
        ("استبيان", "2026-12-07-runde-k7m2pq-3"),
        ("Å" * 200, "2026-12-07-" + "aa" * 25 + "-k7m2pq-3"),
    ],
)
def test_the_name_of_a_folder_is_one_that_any_share_takes_R2(title: str, name: str) -> None:
    made = folders.folder_name(day="2026-12-07", title=title, round_id="k7m2pq", number=3)
    assert made == name


def test_the_root_is_neither_above_the_data_nor_above_the_keys(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "data", tmp_path / "data-keys"):
        with pytest.raises(SettingsError, match="SVARBOKS_EXPORTS"):
            from_environment(
                {"SVARBOKS_DATA": str(tmp_path / "data"), "SVARBOKS_EXPORTS": str(root)}
            )
