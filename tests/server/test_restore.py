"""A backup is brought back: tablets send again, and nothing that ended since lives again.

B1  The epoch changes, and every answer of a tablet says so; what it sends again is kept once.
B2  Sessions, mailed links, codes of tablets and mail that waits end.
B3  Tablets withdrawn, accounts closed, rounds given up and answers deleted since the backup end again.
B4  Lost data that cannot be read, or is another installation's, changes nothing and is told.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.app import create_app
from server.cli import main
from store import accounts, audit, devices, outbox, quarantine, rounds, settings, test_rounds
from sync import devices as enrolling
from sync import release
from tests.server.installation import World, build
from tests.server.tablets import batch, code_for, enrolled, received, results, sealed


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = build(tmp_path)
    yield made
    made.app.extensions["svarboks"].close()


def back_up(world: World, to: Path) -> None:
    """As deploy/backup.sh does it."""
    to.mkdir()
    for name, db in (("svarboks.db", world.store.main), ("waiting.db", world.store.waiting)):
        db.execute("VACUUM INTO ?", (str(to / name),))


def bring_back(world: World, backup: Path, *options: str) -> Result:
    """Stop, replace the data folder, run the command; the old folder lies beside."""
    world.app.extensions["svarboks"].close()
    world.store.close()
    data = world.settings.data
    data.rename(data.with_name("broken"))
    shutil.copytree(backup, data)
    said = CliRunner().invoke(main, ["restore", "--data", str(data), *options])
    world.app = create_app(world.settings, clock=lambda: world.now, seconds=lambda: world.elapsed)
    world.store = world.app.extensions["svarboks"].store
    return said


def test_tablets_send_again_what_was_lost_B1(world: World, tmp_path: Path) -> None:
    tablet = enrolled(world)
    before, after = sealed(world, 1), sealed(world, 2)
    results(tablet.send(before))
    back_up(world, tmp_path / "backup")
    results(tablet.send(after))
    cookie = tablet.client.get_cookie("svarboks-tablet", path="/api/tablet")
    assert cookie is not None
    epoch = settings.restore_epoch(world.store.main)
    assert bring_back(world, tmp_path / "backup").exit_code == 0
    assert world.waiting() == 1
    again = world.client()
    again.set_cookie("svarboks-tablet", cookie.value, path="/api/tablet")
    said = again.get("/api/tablet/manifest").json
    assert said is not None
    assert said["epoch"] != epoch
    sent = again.post(
        "/api/tablet/batches", data=batch(before, after), content_type="application/octet-stream"
    )
    assert sent.json is not None
    assert sent.json["epoch"] == said["epoch"]
    assert results(sent) == [received(before), received(after)]
    assert world.waiting() == 2


def test_sessions_links_and_codes_end_B2(world: World, tmp_path: Path) -> None:
    world.signed_in("secretariat")
    _number, code = code_for(world)
    back_up(world, tmp_path / "backup")
    said = bring_back(world, tmp_path / "backup")
    assert "1 sessions are ended" in said.output
    assert "Repeat by hand" in said.output
    assert world.client().post("/api/tablet/enrolment", json={"code": code}).status_code == 404
    assert audit.listed(world.store.main, limit=1)[0].action == "data restored from a backup"
    assert audit.verify(world.store.main).broken_at is None


def test_mail_that_waited_is_never_sent_B2(world: World, tmp_path: Path) -> None:
    mail = {"recipient": "member@region.example", "subject": "Velkommen", "body": "Dit link"}
    with world.store.write() as db:
        waiting, failed, sent = (
            outbox.add(db, kind="invitation", now=world.now, **mail) for _ in range(3)
        )
        outbox.failed_attempt(db, failed, error="refused", next_at=None)
        outbox.sent(db, sent, world.now)
    back_up(world, tmp_path / "backup")
    said = bring_back(world, tmp_path / "backup")
    assert "2 mails that waited are given up" in said.output
    later = world.now + timedelta(days=9)
    assert outbox.due(world.store.main, later) == []
    with world.store.write() as db:
        assert outbox.try_all_again(db, later) == 0
    kept = {number: outbox.find(world.store.main, number) for number in (waiting, failed, sent)}
    assert [(one.state, one.error, one.body) for one in kept.values() if one] == [
        ("failed", outbox.GIVEN_UP, ""),
        ("failed", outbox.GIVEN_UP, ""),
        ("sent", "", ""),
    ]
    assert audit.listed(world.store.main, limit=1)[0].details["mail given up"] == 2


def test_what_ended_since_ends_again_B3(world: World, tmp_path: Path) -> None:
    tablet, other = enrolled(world), enrolled(world, name="Assens 2")
    results(tablet.send(*(sealed(world, n, round_id="nothing1") for n in range(3))))
    back_up(world, tmp_path / "backup")
    enrolling.revoke(world.store, tablet.number, actor="account:1", now=world.now)
    release.delete(world.store, "nothing1", ("unknown-round",), actor="account:1", now=world.now)
    closed = accounts.by_email(world.store.main, "member@region.example")
    assert closed is not None
    with world.store.write() as db:
        db.execute("UPDATE account SET active = 0 WHERE id = ?", (closed.id,))
        test_rounds.remove(db, "planned1", now=world.now)
    broken = world.settings.data.with_name("broken")
    said = bring_back(world, tmp_path / "backup", "--lost", str(broken))
    assert "Ended again: 1 tablets, 1 accounts, 1 rounds, 3 answers" in said.output
    states = {one.number: str(one.state) for one in devices.listed(world.store.main)}
    assert states == {tablet.number: "revoked", other.number: "enrolled"}
    assert quarantine.counts(world.store.waiting) == {}
    assert rounds.find(world.store.main, "planned1") is None
    assert rounds.find(world.store.main, "open1") is not None


def test_another_installations_data_ends_nothing_B4(world: World, tmp_path: Path) -> None:
    enrolled(world)
    back_up(world, tmp_path / "backup")
    strange = build(tmp_path / "strange")
    number = enrolled(strange, name="Fremmed").number
    enrolling.revoke(strange.store, number, actor="account:1", now=strange.now)
    strange.app.extensions["svarboks"].close()
    said = bring_back(world, tmp_path / "backup", "--lost", str(strange.settings.data))
    assert said.exit_code == 0
    assert "cannot be read, or has another form" in said.output
    assert [str(one.state) for one in devices.listed(world.store.main)] == ["enrolled"]
