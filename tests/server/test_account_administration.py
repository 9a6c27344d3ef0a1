"""The administrator's pages of accounts and working groups, and the same from the command line.

R1 Accounts are added and changed with their roles, each for its units or working groups; faults stand beside the fields and
   what was typed stays.
R2 An administrator has no other role.
R3 The last administrator who can sign in is never closed and never loses the role, also when two try at once.
R4 Closing asks first, ends sessions at once, and can be undone.
R5 A second factor is taken away with a reason only, which stands in the audit log and in the mail.
R6 Every change is in the audit log, with what was changed.
R7 The list is searched, sorted and paged; with 500 accounts it asks the store as often as with nine.
R8 Working groups are made and given other names.
R9 `svarboks account invite`, `close` and `reset-second-factor` do the same.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from typing import Any

import pytest
from flask.testing import FlaskClient

from forms.problems import ProblemError
from server import account_keeping
from server.account_form import slug
from store import account_lists, accounts, audit, second_factors, working_groups
from store.account_lists import Order, Wanted
from store.accounts import Account, Grant, Role
from tests.server.command_line import CommandLine
from tests.server.installation import PASSWORD, PASSWORD_HASH, World

ENGLISH = {"Accept-Language": "en"}
LAST = "This is the only administrator who can sign in."


def post(client: FlaskClient, path: str, **sent: Any) -> tuple[int, str]:
    """A form of the administrator; the status, and where it leads or what it shows."""
    token = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/desk/accounts").text)
    assert token is not None
    response = client.post(path, data={"token": token[1], **sent}, headers=ENGLISH)
    return response.status_code, response.headers.get("Location") or response.text


def account(world: World, who: str) -> Account:
    found = accounts.by_email(world.store.main, f"{who}@region.example")
    assert found is not None
    return found


def newest(world: World) -> audit.Entry:
    return audit.listed(world.store.main, limit=1)[0]


def mails(world: World, who: str) -> list[str]:
    return [row[0] for row in world.store.main.execute("SELECT body FROM message WHERE recipient = ? ORDER BY id", (f"{who}@region.example",))]  # fmt: skip


def another_administrator(world: World) -> Account:
    with world.store.write() as db:
        return accounts.add(db, name="Anden", email="second@region.example", password_hash=PASSWORD_HASH,
                            grants=[Grant(Role.ADMINISTRATOR)])  # fmt: skip


def test_an_account_is_added_with_roles_for_units_and_groups_R1_R6(world: World) -> None:
    client = world.signed_in("administrator")
    status, at = post(
        client, "/desk/accounts/new", name="  Nanna Ny ", email="New@Region.example", language="en",
        role=["coordinator", "member", "", "chair"], scope=["Assens; nyborg", "iv-arbejdsgruppen", "", "maternity"],
    )  # fmt: skip
    made = account(world, "new")
    assert (status, at) == (303, f"/desk/accounts/{made.id}?done=invited")
    assert (made.name, made.language, made.password_hash) == ("Nanna Ny", "en", None)
    assert set(made.grants) == {
        Grant(Role.COORDINATOR, unit="assens"),
        Grant(Role.COORDINATOR, unit="nyborg"),
        Grant(Role.MEMBER, working_group="iv"),
        Grant(Role.CHAIR, working_group="maternity"),
    }
    entry = newest(world)
    assert (entry.action, entry.subject) == ("account invited", f"account:{made.id}")
    assert entry.details["roles"] == ["chair maternity", "coordinator assens", "coordinator nyborg", "member iv"]  # fmt: skip
    page = client.get(at, headers=ENGLISH).text
    assert "Invited; the link works until" in page
    assert len(mails(world, "new")) == 1


def test_roles_are_changed_and_hold_at_once_R1_R6(world: World) -> None:
    client = world.signed_in("administrator")
    member = world.signed_in("member")
    assert member.get("/desk/rounds/open1").status_code == 200
    person = account(world, "member")
    at = f"/desk/accounts/{person.id}"
    status, _ = post(client, at, name="Mette", language="en", email="stolen@region.example", role="member",
                     scope="Fødeplansudvalget")  # fmt: skip
    assert status == 303
    assert member.get("/desk/rounds/open1").status_code == 403
    assert member.get("/desk/rounds/other1").status_code == 200
    changed = account(world, "member")  # the address stays
    assert (changed.name, changed.language) == ("Mette", "en")
    assert newest(world).action == "account changed"
    assert newest(world).details == {"name": "Mette", "language": "en", "roles given": ["member maternity"], "roles taken away": ["member iv"]}  # fmt: skip
    head = newest(world).number
    assert post(client, at, name="Mette", language="en", role="member", scope="maternity")[0] == 303
    assert newest(world).number == head  # nothing changed, nothing noted


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": ""}, "The name is missing, or it is too long."),
        ({"name": "x" * 201}, "The name is missing, or it is too long."),
        ({"email": "no address"}, "This is not an e-mail address."),
        ({"email": "CHAIR@region.example"}, "This e-mail address has an account already."),
        ({"language": "tlh"}, "The language is missing."),
        ({"role": "", "scope": ""}, "An account needs a role."),
        ({"role": "", "scope": "Assens"}, "The role is missing in this row."),
        ({"role": "king", "scope": ""}, "The role is missing in this row."),
        ({"role": "coordinator", "scope": ""}, "This role is held for a unit."),
        ({"role": "coordinator", "scope": "Atlantis"}, "There is no unit of this name."),
        ({"role": "chair", "scope": " ; "}, "This role is held for a working group."),
        ({"role": "chair", "scope": "Assens"}, "There is no working group of this name."),
        ({"role": "secretariat", "scope": "Assens"}, "This role is held for everything."),
        ({"role": ["administrator", "chair"], "scope": ["", "iv"]}, "An administrator has no other role"),
    ],
)  # fmt: skip
def test_faults_stand_beside_and_what_was_typed_stays_R1_R2(
    world: World, sent: dict[str, Any], said: str
) -> None:
    client = world.signed_in("administrator")
    before = newest(world).number
    values = {"name": "<b>Ny</b>", "email": "ny@region.example", "language": "da", "role": "secretariat", "scope": "", **sent}  # fmt: skip
    status, html = post(client, "/desk/accounts/new", **values)
    assert status == 422
    assert said in html
    assert "<title>Error:" in html
    assert "<b>Ny</b>" not in html
    if "name" not in sent:
        assert "&lt;b&gt;Ny&lt;/b&gt;" in html
    assert newest(world).number == before
    assert account_lists.number(world.store.main, Wanted()) == 10


def test_the_database_refuses_an_administrator_with_another_role_R2(world: World) -> None:
    with pytest.raises(sqlite3.IntegrityError), world.store.write() as db:
        accounts.set_grants(db, account(world, "chair").id, [Grant(Role.ADMINISTRATOR), Grant(Role.CHAIR, working_group="iv")])  # fmt: skip


def test_the_last_administrator_stays_R3(world: World) -> None:
    client = world.signed_in("administrator")
    own = account(world, "administrator")
    at = f"/desk/accounts/{own.id}"
    # One who has not chosen a password yet cannot sign in, and does not count.
    assert post(client, "/desk/accounts/new", name="N", email="new@region.example", language="da",
                role="administrator", scope="")[0] == 303  # fmt: skip
    assert LAST in client.get(f"{at}/close", headers=ENGLISH).text
    assert post(client, f"{at}/close", sure="yes")[0] == 409
    status, html = post(client, at, name="A", language="da", role="secretariat", scope="")
    assert status == 422
    assert LAST in html
    assert account(world, "administrator") == own
    other = another_administrator(world)
    assert post(client, f"/desk/accounts/{other.id}/close", sure="yes")[0] == 303
    assert post(client, f"{at}/close", sure="yes")[0] == 409  # a closed one does not count either


@pytest.mark.parametrize("way", ["close", "role"])
def test_two_administrators_do_not_end_each_other_R3(world: World, way: str) -> None:
    pair = [account(world, "administrator"), another_administrator(world)]
    start = threading.Barrier(2)
    refused: list[str] = []

    def end(one: Account) -> None:
        start.wait()
        try:
            if way == "close":
                account_keeping.close(world.store, one.id, actor="command-line", now=world.now)
            else:
                account_keeping.change(world.store, one.id, name=one.name, language="da", grants=[Grant(Role.SECRETARIAT)],
                                       actor="command-line", now=world.now)  # fmt: skip
        except ProblemError as error:
            refused.append(error.problem.code)

    threads = [threading.Thread(target=end, args=(one,)) for one in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["last-administrator"]
    assert len(accounts.able_to_sign_in(world.store.main, Role.ADMINISTRATOR)) == 1


def test_closing_asks_first_and_can_be_undone_R4_R6(world: World) -> None:
    client = world.signed_in("administrator")
    chair = world.signed_in("chair")
    at = f"/desk/accounts/{account(world, 'chair').id}"
    assert "Close the account of Chair?" in client.get(f"{at}/close", headers=ENGLISH).text
    assert post(client, f"{at}/close") == (303, f"{at}/close")  # without the question's answer
    assert account(world, "chair").active
    assert post(client, f"{at}/close", sure="yes") == (303, f"{at}?done=closed")
    assert newest(world).action == "account closed"
    assert chair.get("/desk").status_code == 302
    sent = {"email": "chair@region.example", "password": PASSWORD}
    assert world.client().post("/sign-in", data=sent).status_code == 401
    assert post(client, f"{at}/open") == (303, f"{at}?done=opened")
    assert newest(world).action == "account opened again"
    assert chair.get("/desk").status_code == 302  # the old session stays ended
    assert world.client().post("/sign-in", data=sent).status_code == 303
    for path in ("", "/close", "/second-factor"):
        assert client.get(f"/desk/accounts/999{path}").status_code == 404


def test_a_second_factor_is_taken_away_with_a_reason_R5(world: World) -> None:
    client = world.signed_in("administrator")
    person = account(world, "chair")
    at = f"/desk/accounts/{person.id}"
    assert client.get(f"{at}/second-factor").status_code == 404  # there is none
    chair = world.signed_in("chair")
    with world.store.write() as db:
        db.execute("UPDATE account SET totp_secret = ? WHERE id = ?", (b"x" * 60, person.id))
        second_factors.keep_codes(db, person.id, [bytes([number]) * 32 for number in range(10)])
    for reason in ("", "   ", "x" * 501):
        status, html = post(client, f"{at}/second-factor", reason=reason)
        assert status == 422
        assert "The reason is missing, or it is too long." in html
    assert account(world, "chair").totp_secret is not None
    status, leads = post(client, f"{at}/second-factor", reason="Ringede fra sit kontor")
    assert (status, leads) == (303, f"{at}?done=factor-taken")
    assert account(world, "chair").totp_secret is None
    assert second_factors.codes_left(world.store.main, person.id) == 0
    assert chair.get("/desk").status_code == 302
    assert newest(world).action == "second factor taken away"
    assert newest(world).details == {"reason": "Ringede fra sit kontor"}
    (mail,) = mails(world, "chair")
    assert "Ringede fra sit kontor" in mail


def test_the_list_is_searched_sorted_and_paged_R7(world: World) -> None:
    with world.store.write() as db:
        for number in range(60):
            accounts.add(db, name=f"Ærlig Østergård {number:02}", email=f"person{number:02}@by.example",
                         grants=[Grant(Role.MEMBER, working_group="iv")])  # fmt: skip
    client = world.signed_in("administrator")

    def names(query: str) -> list[str]:
        html = client.get(f"/desk/accounts?{query}", headers=ENGLISH).text
        return re.findall(r'<a href="/desk/accounts/\d+">([^<]+)</a>', html)

    assert len(names("")) == 50
    assert len(names("page=2")) == 20
    assert names("page=99") == names("page=2")
    assert names("page=-1") == names("page=x") == names("")
    assert names("q=ØSTERGÅRD 07".replace(" ", "+")) == names("q=person07") == ["Ærlig Østergård 07"]  # fmt: skip
    assert names("q=%25") == names("q=_") == []  # signs, not wildcards
    assert names("role=administrator") == ["Administrator"]
    assert names("state=closed") == []
    assert names("role=king&state=x&by=x") == names("")
    assert names("by=email")[0] == "Administrator"
    html = client.get("/desk/accounts?q=%22%3E%3Cscript%3E", headers=ENGLISH).text
    assert '"><script>' not in html


def test_a_long_list_asks_no_more_often_R7(world: World) -> None:
    client = world.signed_in("administrator")
    main = world.store.main

    def asked() -> int:
        said: list[str] = []
        main.conn.set_trace_callback(said.append)
        try:
            assert client.get("/desk/accounts").status_code == 200
        finally:
            main.conn.set_trace_callback(None)
        return len(said)

    client.get("/desk/accounts")
    few = asked()
    assert few > 0
    with world.store.write() as db:
        for number in range(500):
            accounts.add(db, name=f"Person {number}", email=f"p{number}@by.example",
                         grants=[Grant(Role.RESPONDENT, unit="nyborg")])  # fmt: skip
    assert asked() <= few
    assert len(account_lists.page(main, Wanted(), order=Order.NAME, limit=50, offset=500)) == 10


def test_working_groups_are_made_and_renamed_R8_R6(world: World) -> None:
    client = world.signed_in("administrator")
    at = "/desk/accounts/working-groups"
    for name, said in (("", "The name is missing"), ("x" * 201, "The name is missing"), ("IV-ARBEJDSGRUPPEN", "of this name already")):  # fmt: skip
        status, html = post(client, at, name=name)
        assert status == 422
        assert said in html
    assert post(client, at, name="  Kræft  og øre ") == (303, f"{at}?done=added")
    made = working_groups.find(world.store.main, "kraeft-og-oere")
    assert made is not None
    assert made.name == "Kræft og øre"
    assert newest(world).action == "working group added"
    assert post(client, f"{at}/kraeft-og-oere", name="Kræft") == (303, f"{at}?done=renamed")
    assert newest(world).details == {"from": "Kræft og øre", "to": "Kræft"}
    assert post(client, f"{at}/kraeft-og-oere", name="IV-arbejdsgruppen")[0] == 422
    assert post(client, f"{at}/none", name="X")[0] == 404
    assert "Kræft" in client.get(at).text
    assert slug("Ålborg", ["aalborg", "aalborg-2"]) == "aalborg-3" or slug("Å", []) == "aa"
    assert slug("العربية", []) == "group"


def test_the_command_line_does_the_same_R9(world: World) -> None:
    line = CommandLine(world.settings.data)
    said = line.run("account", "invite", "new@region.example", "--role", "coordinator", "--unit", "assens")  # fmt: skip
    assert said.code == 0, said.err
    made = account(world, "new")
    assert made.grants == (Grant(Role.COORDINATOR, unit="assens"),)
    assert len(mails(world, "new")) == 1
    assert line.run("account", "invite", "new@region.example").code == 0  # again
    assert len(mails(world, "new")) == 2
    assert newest(world).actor == audit.COMMAND_LINE
    for wrong in (
        ("chair@region.example",),  # has a password
        ("x@region.example", "--role", "chair"),
        ("x@region.example", "--role", "chair", "--group", "Not an id"),
        ("x@region.example", "--role", "respondent", "--unit", "none"),
        ("x", "--role", "secretariat"),
    ):
        assert line.run("account", "invite", *wrong).code == 1
    assert accounts.by_email(world.store.main, "x@region.example") is None
    assert line.run("account", "close", "new@region.example").code == 0
    assert not account(world, "new").active
    refused = line.run("account", "close", "administrator@region.example")
    assert refused.code == 1
    assert LAST in refused.err
    assert line.run("account", "close", "nobody@region.example").code == 1
    reset = ("account", "reset-second-factor", "chair@region.example", "--reason", "Ringede")
    assert "anyway" in line.run(*reset).err
    with world.store.write() as db:
        db.execute("UPDATE account SET totp_secret = ? WHERE id = ?", (b"x" * 60, account(world, "chair").id))  # fmt: skip
    assert line.run(*reset).code == 0
    assert account(world, "chair").totp_secret is None
    assert newest(world).details == {"reason": "Ringede"}
