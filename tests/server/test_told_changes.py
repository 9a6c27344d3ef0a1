"""Every form of the app that changes something tells the audit log, or is exempt with its reason.

The forms are read off the table of rights, so that a new one has to be placed here: sent below with what it needs, exempt, or
named as one whose own tests look for its entry. What is sent is watched: a change without an entry is found by its tables.
"""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from server.rights import Kind
from store import outbox, responses, rounds
from store.accounts import Role
from store.rounds import RoundState
from tests.server import told_changes
from tests.server.installation import World, add_paper
from tests.server.test_rights import CAST, OWN, address, requests_of
from tests.server.told_changes import EXEMPT, watch

#: Forms that change something below, with FORMS: without its entry each of them fails.
SENT = {
    "batches.begin", "batches.give_review", "invitations.keep_sent", "mail.give_up", "texts.decide_texts",
    "working_groups.add", "working_groups.rename",
}  # fmt: skip

#: Forms that need more than can be sent here: their own tests fill them in. A new form is placed here only with such a test.
IN_THEIR_OWN_TESTS = {
    "accounts.add", "accounts.close", "accounts.invite_again", "accounts.open_again", "accounts.take_factor",
    "batches.accept", "batches.all_sent", "batches.begin_of_round", "batches.move", "batches.void",
    "deliveries.again", "first_account.keep", "invitations.keep_text", "invitations.letters_file",
    "invitations.make", "invitations.merge_file", "joining.choose_password", "joining.send_link",
    "mail.try_again", "mail.try_all_again", "own_account.change_password", "own_account.end_other_sessions",
    "own_account.end_session", "own_account.keep_second_factor", "own_account.make_codes",
    "own_account.remove_second_factor", "own_account.set_mail_language", "publishing.publish", "publishing.publish_from_library",
    "quarantine.delete", "quarantine.let_in", "reminders.send_reminders", "results.single_answers",
    "returns.keep", "round_course.add_unit", "round_course.cancel", "round_course.close",
    "round_course.make_edition", "round_course.open_round", "round_course.order_late_mix",
    "round_course.set_days", "round_course.set_rules", "round_setup.create", "round_setup.save",
    "sheets.print_sheets", "sign_in.check_code", "sign_in.sign_in", "tablet_api.enrol", "tablets.add",
    "tablets.change", "tablets.make_code", "tablets.withdraw", "test_mode.empty",
    "test_mode.fill", "unit_import.keep", "units.add", "units.add_membership",
    "units.change", "units.end_membership",
}  # fmt: skip

#: What a form needs, beside its token, to change something here.
FORMS: dict[str, dict[str, str]] = {
    "texts.decide_texts": {"key": "ab" * 16, "state": "released"},
    "working_groups.add": {"id": "new-group", "name": "En ny gruppe"},
    "working_groups.rename": {"name": "Et andet navn"},
}


@pytest.fixture
def watched(world: World) -> World:
    """An installation in which most forms find something to change."""
    add_paper(world, world.rounds["open"], OWN["unit"], OWN["pile"], OWN["batch"])
    with world.store.write() as db:
        outbox.add(db, kind="invitation", recipient="a@b.example", subject="A", body="B", now=world.now)  # fmt: skip
        responses.keep(db, [], [], [(b"\xab" * 16, "kinds1", "suggestions", "Tak", "da")])
        rounds.set_state(db, "kinds1", RoundState.CLOSED)
    watch(world.app, world.store)
    return world


def send(client: FlaskClient, path: str, data: dict[str, str]) -> int:
    page = client.get("/desk", follow_redirects=True).text
    token = re.search(r'name="token" value="([0-9a-f]+)"', page)
    assert token is not None, page[:300]
    return client.post(path, data={"token": token[1], **data}).status_code


def test_every_form_that_changes_something_tells_it(watched: World) -> None:
    told_changes.forget()
    for role in (Role.ADMINISTRATOR, Role.SECRETARIAT, Role.COORDINATOR, Role.RESPONDENT):
        client = watched.signed_in(CAST[role])
        for method, rule, access in requests_of(watched, Kind.ROLES):
            if method == "POST" and role in access.roles:
                instead = {"round_id": "kinds1"} if rule.endpoint.startswith("texts.") else {}
                send(client, address(rule, {**OWN, **instead}), FORMS.get(rule.endpoint, {}))
    assert told_changes.UNTOLD == []
    assert told_changes.TOLD >= SENT


def test_every_form_is_placed(watched: World) -> None:
    forms = {
        rule.endpoint for method, rule, _access in requests_of(watched, *Kind) if method == "POST"
    }
    assert len(forms) > 90
    assert forms == SENT | set(EXEMPT) | IN_THEIR_OWN_TESTS
    assert not SENT & IN_THEIR_OWN_TESTS
    assert not (SENT | IN_THEIR_OWN_TESTS) & set(EXEMPT)


def test_a_change_without_an_entry_is_found(
    watched: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_changes.forget()
    monkeypatch.setattr("server.text_reading.audit.note", lambda *_args, **_more: None)
    client = watched.signed_in("chair")
    told_changes.forget()
    path = "/desk/rounds/kinds1/texts"
    assert send(client, path, FORMS["texts.decide_texts"]) == 303
    assert [("texts.decide_texts", frozenset({"free_text"}))] == told_changes.UNTOLD
