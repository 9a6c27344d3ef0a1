"""The front page: what needs a person now, for each role what is theirs.

H1  Each role is told of what is theirs, with a link to where it is done that it may open; nobody of what is another's.
H2  The next deadline stands on top; what has none comes after.
H3  What is done is no longer told.
H4  A new secretariat is led step by step; an administrator sees accounts, mail and failed runs, and no round.
H5  All rounds: fifty a page, by state; a report only for those who see results.
H6  The number of statements does not grow with the number of rounds.
H7  As many units are said to be missing as the round's reminders name and its board marks.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from forms import library
from server import attention
from server.reminding import missing, to_remind
from server.unit_board import unit_rows
from store import accounts, counts, outbox, responses, returns, round_units, rounds, runs
from store.accounts import Grant, Role
from store.responses import Reading
from store.round_units import RoundUnit
from store.rounds import RoundState
from tests.server.installation import NOW, World, envelope, open_round, publish
from tests.server.test_desk import with_edition

ENGLISH = {"Accept-Language": "en"}


def told(world: World, who: str) -> list[tuple[str, str, str]]:
    """(kind, round, address) of what somebody is told; each address can be opened by them."""
    account = accounts.by_email(world.store.main, f"{who}@region.example")
    assert account is not None
    found = attention.needs(world.store, account, world.now)
    client = world.signed_in(who)
    html = client.get("/desk", headers=ENGLISH).text
    for need in found:
        if need.address:
            assert f'href="{need.address}"' in html
            status = client.get(need.address).status_code
            # The pages of accounts and mail have tests of their own.
            assert status in {200, 302} or need.kind in {"no-second-factor", "mail-failed"}, need
            assert status not in {401, 403}, need
    return [(need.kind, need.round, need.unit) for need in found]


def unread_text(world: World, round_id: str) -> bytes:
    """A text that nobody has read."""
    key = b"k" * 16
    with world.store.write() as db:
        responses.keep(db, [], [], [(key, round_id, "suggestions", "Tak.", "da")])
    return key


def closed(world: World, round_id: str, state: RoundState = RoundState.FINISHED) -> None:
    """The round has ended."""
    with world.store.write() as db:
        for one in (RoundState.CLOSED, RoundState.FINISHED):
            rounds.set_state(db, round_id, one)
            if one is state:
                break


def test_a_coordinator_types_numbers_H1_H3(world: World) -> None:
    assert told(world, "coordinator") == [
        ("numbers", "kinds1", "Assens"),
        ("numbers", "open1", "Assens"),
    ]
    assert told(world, "othercoordinator") == [("numbers", "other1", "Nyborg")]
    with world.store.write() as db:
        whole = RoundUnit(unit="assens", eligible=3, offered=2, declined=1, unable=0)
        round_units.keep(db, "kinds1", [whole])
        round_units.keep(db, "open1", [replace(whole, unable=None)])
    assert told(world, "coordinator") == [("numbers", "open1", "Assens")]


def test_a_respondent_sends_and_an_interviewer_answers_H1_H3(world: World) -> None:
    for name in ("sof-follow-up", "time-study"):
        questionnaire = library.read(name)
        open_round(world, name, publish(world.store, questionnaire), questionnaire)
    assert told(world, "interviewer") == [("interviews", "time-study1", "Assens")]
    assert told(world, "respondent") == [("return", "sof-follow-up1", "Assens")]
    html = world.signed_in("respondent").get("/desk", headers=ENGLISH).text
    assert "Write the answer of Assens" in html
    account = accounts.by_email(world.store.main, "respondent@region.example")
    assert account is not None
    with world.store.write() as db:
        returns.save(
            db, "sof-follow-up1", "assens", based_on=0, answers={}, language="da",
            account=account.id, now=NOW,
        )  # fmt: skip
    html = world.signed_in("respondent").get("/desk", headers=ENGLISH).text
    assert "Finish and send the answer of Assens" in html
    with world.store.write() as db:
        returns.send(db, "sof-follow-up1", "assens", revision=1, account=account.id, now=NOW)
    assert told(world, "respondent") == []
    world.now += timedelta(days=11)
    assert told(world, "interviewer") == []


def test_the_secretariat_opens_reminds_and_looks_after_what_is_left_H1_H2(world: World) -> None:
    assert told(world, "secretariat") == []
    with world.store.write() as db:
        rounds.approve(db, "planned1", approved=False)
    assert told(world, "secretariat") == [("test-mode", "planned1", "")]
    world.now += timedelta(days=4)
    assert told(world, "secretariat")[0] == ("open-now", "planned1", "")
    kinds = [kind for kind, _, _ in told(world, "secretariat")]
    assert kinds == ["open-now", "units-missing", "units-missing", "units-missing"]
    with world.store.write_waiting() as db:
        db.execute("INSERT INTO round_load (round, waiting, received) VALUES ('other1', 2, 2)")
        db.execute(
            "INSERT INTO quarantined (key, digest, round, codes, header, sealed)"
            " VALUES (zeroblob(16), zeroblob(32), 'open1', '[]', '{}', x'00')"
        )
    closed(world, "other1")
    found = told(world, "secretariat")
    assert [kind for kind, _, _ in found[:3]] == ["open-now", "units-missing", "units-missing"]
    assert set(found[3:]) == {
        ("quarantined", "open1", ""),
        ("late-answers", "other1", ""),
        ("edition", "other1", ""),
    }
    assert told(world, "otherchair") == [("edition", "other1", "")]
    assert told(world, "chair") == []


def test_approved_rounds_do_not_hide_those_that_wait_for_a_person_H1(world: World) -> None:
    pattern = rounds.read(world.store.main, "planned1")
    with world.store.write() as db:
        for n in range(attention.LIMIT):
            rounds.add(db, replace(pattern, id=f"many{n}", approved=True, public_key=None, kid=None))  # fmt: skip
        for name, days in (("late1", 2), ("soon1", 1)):
            last = pattern.receive_until + timedelta(days=9 - days)
            opens = pattern.opens_at + timedelta(days=days)
            rounds.add(db, replace(pattern, id=name, approved=False, opens_at=opens, receive_until=last, public_key=None, kid=None))  # fmt: skip
    assert told(world, "secretariat") == [("test-mode", "soon1", ""), ("test-mode", "late1", "")]


def test_free_text_is_told_of_after_receiving_to_those_who_decide_H1_H3(world: World) -> None:
    key = unread_text(world, "open1")
    assert ("unread-texts", "open1", "") not in told(world, "chair")
    closed(world, "open1", RoundState.CLOSED)
    for who, sees in (("chair", True), ("secretariat", True), ("member", False), ("otherchair", False)):  # fmt: skip
        assert (("unread-texts", "open1", "") in told(world, who)) == sees, who
    with world.store.write() as db:
        responses.decide_text(db, key, Reading.WITHHELD)
    assert ("unread-texts", "open1", "") not in told(world, "chair")


def test_a_new_report_is_told_of_to_its_group_H1_H5(world: World) -> None:
    with_edition(world)
    for who, sees in (("chair", True), ("member", True), ("otherchair", False), ("coordinator", False)):  # fmt: skip
        assert (("report-ready", "open1", "") in told(world, who)) == sees, who
        html = world.signed_in(who).get("/desk").text
        assert ("/desk/rounds/open1/editions/1/report.pdf" in html) == sees, who
    world.now += timedelta(days=31)
    assert ("report-ready", "open1", "") not in told(world, "chair")


def test_an_administrator_sees_accounts_mail_and_failed_runs_H4(world: World) -> None:
    with world.store.write() as db:
        message = outbox.add(
            db, kind="test", recipient="a@region.example", subject="s", body="b", now=NOW
        )
        outbox.failed_attempt(db, message, error="550", next_at=None)
        run = runs.try_begin(db, "closing mix", "open1 2026-11-22T12:00:00Z", NOW)
        assert run is not None
        runs.fail(db, run, NOW, "keys-missing")
    found = [(kind, round_id) for kind, round_id, _ in told(world, "administrator")]
    assert ("mail-failed", "") in found
    assert ("no-second-factor", "") in found
    assert ("failed-run", "open1") in found
    html = world.signed_in("administrator").get("/desk", headers=ENGLISH).text
    assert "keys-missing" in html
    assert "/desk/rounds/" not in html
    assert ("failed-run", "open1", "") in told(world, "secretariat")


def test_a_new_secretariat_is_led_step_by_step_H4(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.store.write() as db:  # as in a new installation: people and units, and no round yet
        for table in ("round_unit", "promised_mix", "round_version"):
            db.execute(f'DELETE FROM "{table}"')
        db.execute("DELETE FROM round")
    html = world.signed_in("secretariat").get("/desk", headers=ENGLISH).text
    steps = re.findall(r"<li( class=\"done\")?>\s*(?:<a [^>]*>)?(\w+)", html[html.index("first-steps"):])  # fmt: skip
    assert [name for _, name in steps][:5] == ["Import", "Publish", "Set", "Try", "Open"]
    assert [bool(done) for done, _ in steps][:3] == [True, True, False]
    assert "Nothing needs you right now" not in html
    html = world.signed_in("chair").get("/desk", headers=ENGLISH).text
    assert "A round appears here when the secretariat has set one up" in html


def test_rounds_are_shown_fifty_a_page_and_by_state_H5(world: World) -> None:
    _many(world, 70)
    client = world.signed_in("secretariat")
    first = client.get("/desk", headers=ENGLISH).text
    second = client.get("/desk?page=2", headers=ENGLISH).text

    def listed(html: str) -> list[str]:
        return re.findall(r'role="rowheader"><a href="/desk/rounds/(\w+)"', html)

    assert (len(listed(first)), len(listed(second))) == (50, 24)
    assert not set(listed(first)) & set(listed(second))
    assert "Page 1 of 2" in first
    planned = client.get("/desk?state=planned", headers=ENGLISH).text
    assert len(listed(planned)) == 50
    assert "?state=planned&amp;page=2#" in planned
    assert listed(client.get("/desk?state=open").text) == ["kinds1", "open1", "other1"]
    assert len(listed(client.get("/desk?state=nothing&page=x").text)) == 50


def test_returned_counts_what_waits_H5(world: World) -> None:
    body = envelope(world, "open", {"trust": "5"}, "1" * 32)
    world.client().post("/api/submissions", data=body, content_type="application/octet-stream")
    html = world.signed_in("chair").get("/desk").text
    assert re.search(r'rounds/open1">.*?data-sort="1" class="number">1<', html, re.S)


def missing_units(world: World, round_id: str) -> set[str]:
    """The units that can be reminded of not having returned: as many as the front page says, and as the board marks."""
    account = accounts.by_email(world.store.main, "secretariat@region.example")
    assert account is not None
    said = [
        need.number
        for need in attention.needs(world.store, account, world.now)
        if (need.kind, need.round) == ("units-missing", round_id)
    ]
    shown = rounds.read(world.store.main, round_id)
    found = missing(world.store, shown, world.now)
    assert sum(said) == len(found)
    assert len(said) == bool(found)
    board = unit_rows(world.store, shown, world.now)[0]
    units = {row.reported.unit for row in board if row.missing}
    assert units == {one.row.reported.unit for one in found}
    return units


def test_the_front_page_the_board_and_the_reminders_name_the_same_units_H7(world: World) -> None:
    world.now += timedelta(days=4)  # within a week of answer_until
    assert missing_units(world, "open1") == {"assens", "billund"}
    with world.store.write() as db:
        round_units.keep(db, "open1", [RoundUnit(unit="assens", offered=20)])
    assert missing_units(world, "open1") == {"assens", "billund"}
    with world.store.write() as db:
        counts.add_returned(db, "open1", {("billund", "web"): 9})
    # Billund has returned: it is asked for its numbers, and not told that nothing came.
    assert missing_units(world, "open1") == {"assens"}
    shown = rounds.read(world.store.main, "open1")
    assert [(one.row.reported.unit, one.only_numbers) for one in to_remind(world.store, shown, world.now)] == [("assens", False), ("billund", True)]  # fmt: skip
    assert ("numbers", "open1", "Billund") in told_coordinator(world, "billund")
    body = envelope(world, "open", {"trust": "5"}, "1" * 32)
    assert world.client().post("/api/submissions", data=body, content_type="application/octet-stream").status_code == 201  # fmt: skip
    # An answer without a unit waits: it may be from those who were offered it in Assens.
    assert missing_units(world, "open1") == set()
    with world.store.write() as db:
        round_units.keep(db, "open1", [RoundUnit(unit="assens"), RoundUnit(unit="billund", offered=0)])  # fmt: skip
    assert missing_units(world, "open1") == {"assens"}


def test_what_waits_of_a_unit_has_come_back_H7(world: World) -> None:
    world.now += timedelta(days=4)
    for name in ("time-study", "sof-follow-up"):
        questionnaire = library.read(name)
        version = publish(world.store, questionnaire)
        world.rounds[name] = open_round(world, name, version, questionnaire)
    assert missing_units(world, "time-study1") == {"assens", "billund"}
    intake = world.app.extensions["svarboks"].intake
    body = envelope(world, "time-study", {}, "2" * 32, unit="assens", channel="tablet")
    assert not intake.receive(body, now=world.now).repeated
    assert missing_units(world, "time-study1") == {"billund"}
    account = accounts.by_email(world.store.main, "respondent@region.example")
    assert account is not None
    with world.store.write() as db:
        returns.save(
            db, "sof-follow-up1", "assens", based_on=0, answers={}, language="da",
            account=account.id, now=NOW,
        )  # fmt: skip
    assert missing_units(world, "sof-follow-up1") == {"assens", "billund"}
    with world.store.write() as db:
        returns.send(db, "sof-follow-up1", "assens", revision=1, account=account.id, now=NOW)
    assert missing_units(world, "sof-follow-up1") == {"billund"}


def told_coordinator(world: World, unit: str) -> list[tuple[str, str, str]]:
    """(kind, round, unit) of what a coordinator of a unit is told."""
    with world.store.write() as db:
        account = accounts.add(
            db, name="B", email="b@region.example", grants=[Grant(Role.COORDINATOR, unit=unit)]
        )
    found = attention.needs(world.store, account, world.now)
    return [(need.kind, need.round, need.unit) for need in found]


@pytest.mark.parametrize("who", ["secretariat", "chair", "coordinator"])
def test_statements_do_not_grow_with_the_rounds_H6(
    world: World, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.signed_in(who)
    client.get("/desk")
    few = _statements(world, lambda: client.get("/desk"))
    _many(world, 100)
    many = _statements(world, lambda: client.get("/desk"))
    assert few > 5
    assert many <= few + 1


def _statements(world: World, request: object) -> int:
    """How many statements a request makes on the main file, in this thread."""
    seen: list[str] = []
    connection = world.store.main.conn
    connection.set_trace_callback(seen.append)
    assert callable(request)
    request()
    connection.set_trace_callback(None)
    return len(seen)


def _many(world: World, number: int) -> None:
    """So many planned rounds more, in test mode, of the chair's group and the coordinator's unit."""
    pattern = rounds.read(world.store.main, "planned1")
    with world.store.write() as db:
        for n in range(number):
            rounds.add(db, replace(pattern, id=f"many{n}", approved=n % 2 == 0, public_key=None, kid=None))  # fmt: skip
            round_units.keep(db, f"many{n}", [RoundUnit(unit="assens")])
