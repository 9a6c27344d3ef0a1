"""The administrator's pages of accounts and working groups.

R1  The list is paged, searched (in any case, with æ, ø and å), narrowed to a role or to closed ones, and sorted.
R2  What is wrong in the form is said beside its field, and what was typed stays; nothing is kept.
R3  Roles are given and taken away by rows; the audit log tells which.
R4  The last administrator who can sign in is neither closed nor loses the role, also when two are asked at once.
R5  Closing ends sessions at once and can be undone; it asks first.
R6  The second factor is taken away with a reason, which is audited and mailed; sessions end.
R7  Working groups are made with an id from their name, and named anew; names are not given twice.
R8  Everybody else is refused, and an administrator sees no round.
"""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.account_form import slug
from store import accounts, audit, outbox, second_factors, working_groups
from store.accounts import Account, Grant, Role
from store.outbox import MessageState
from tests.server.installation import PASSWORD_HASH, World

ENGLISH = {"Accept-Language": "en"}


def post(client: FlaskClient, path: str, **data: Any) -> TestResponse:
    """A form of the desk, sent."""
    token = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/account").text)
    assert token is not None
    return client.post(path, data={"token": token[1], **data}, headers=ENGLISH)


def account_of(world: World, who: str) -> Account:
    """One of the cast."""
    found = accounts.by_email(world.store.main, f"{who}@region.example")
    assert found is not None
    return found


def fill_in(account: Account, **changes: Any) -> dict[str, Any]:
    """The form of an account as its page shows it, with changes."""
    return {
        "name": account.name,
        "language": account.language,
        "role": [grant.role.value for grant in account.grants],
        "scope": [grant.scope for grant in account.grants],
        **changes,
    }


def names(html: str) -> list[str]:
    """The names that the list shows."""
    return re.findall(r'<a href="/desk/accounts/\d+">([^<]+)</a></th>', html)


def test_the_list_R1(world: World) -> None:
    with world.store.write() as db:
        for number in range(130):
            accounts.add(
                db,
                name=f"Ærlig Åsen {number:03}",
                email=f"n{number:03}@x.example",
                grants=[Grant(Role.MEMBER, working_group="iv")],
            )
        accounts.set_active(db, account_of(world, "chair").id, False)
    client = world.signed_in("administrator")
    first = client.get("/desk/accounts", headers=ENGLISH).text
    assert "140 accounts" in first
    assert "Page 1 of 3" in first
    assert len(names(first)) == 50
    seen = [
        name for page in (1, 2, 3) for name in names(client.get(f"/desk/accounts?page={page}").text)
    ]
    assert len(seen) == len(set(seen)) == 140
    assert len(names(client.get("/desk/accounts?page=9999").text)) == 40
    assert names(client.get("/desk/accounts?q=ærlig åsen 07").text)[:2] == [
        "Ærlig Åsen 070",
        "Ærlig Åsen 071",
    ]
    assert names(client.get("/desk/accounts?q=CHAIR@").text) == ["Chair", "Otherchair"]
    assert names(client.get("/desk/accounts?q=%25").text) == []
    assert names(client.get("/desk/accounts?role=secretariat").text) == ["Secretariat"]
    assert names(client.get("/desk/accounts?state=closed").text) == ["Chair"]
    by_email = names(client.get("/desk/accounts?by=email").text)
    assert by_email[:2] == ["Administrator", "Analyst"]
    assert "No account fits" in client.get("/desk/accounts?q=nobodyhere", headers=ENGLISH).text
    for odd in ("page=0", "page=x", "role=king", "by=password_hash", "state=x", "q=" + "x" * 3000):
        assert client.get(f"/desk/accounts?{odd}").status_code == 200


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"name": " "}, "Write the person's name."), ({"email": "nobody"}, "not an e-mail address"),
     ({"email": "chair@region.example"}, "has an account already"), ({"language": "fr"}, "Choose one of them"),
     ({"role": [""], "scope": [""]}, "An account needs a role."),
     ({"role": ["administrator", "chair"], "scope": ["", "iv"]}, "An administrator has no other role"),
     ({"role": ["chair"], "scope": ["Assens"]}, "no working group of this name"),
     ({"role": ["coordinator"], "scope": ["IV-arbejdsgruppen"]}, "no unit of this name"),
     ({"role": ["coordinator"], "scope": [""]}, "held for a unit"), ({"role": ["chair"], "scope": [""]}, "held for a working group"),
     ({"role": ["secretariat"], "scope": ["Assens"]}, "held for everything"), ({"role": [""], "scope": ["Assens"]}, "The role is missing"),
     ({"role": ["king"], "scope": [""]}, "The role is missing")],
)  # fmt: skip
def test_what_is_wrong_is_said_R2(world: World, changes: dict[str, Any], said: str) -> None:
    good = {
        "name": "Bo <Lind>",
        "email": "bo@region.example",
        "language": "da",
        "role": ["chair"],
        "scope": ["iv"],
    }
    client = world.signed_in("administrator")
    response = post(client, "/desk/accounts/new", **{**good, **changes})
    assert response.status_code == 422
    assert response.text.count(said) >= 2  # beside the field and in the summary
    if "name" not in changes:
        assert "Bo &lt;Lind&gt;" in response.text
    assert accounts.by_email(world.store.main, "bo@region.example") is None
    assert outbox.listed(world.store.main, [MessageState.WAITING]) == []


def test_more_rows_without_script_R2(world: World) -> None:
    client = world.signed_in("administrator")
    response = post(client, "/desk/accounts/new", name="Bo", email="", language="en",
                    role=["chair"], scope=["ukendt"], do="more")  # fmt: skip
    assert response.status_code == 200
    assert response.text.count('name="scope"') == 6
    assert 'value="ukendt"' in response.text
    assert "error-summary" not in response.text


def test_roles_by_rows_R3(world: World) -> None:
    client, chair = world.signed_in("administrator"), account_of(world, "chair")
    page = client.get(f"/desk/accounts/{chair.id}").text
    assert 'value="IV-arbejdsgruppen"' in page
    rows = fill_in(chair, name="Ane Holm", role=["chair", "coordinator", ""], scope=["FØDEPLANSUDVALGET", "Nyborg; assens;", ""])  # fmt: skip
    assert post(client, f"/desk/accounts/{chair.id}", **rows).status_code == 303
    changed = account_of(world, "chair")
    assert changed.name == "Ane Holm"
    assert set(changed.grants) == {
        Grant(Role.CHAIR, working_group="maternity"),
        Grant(Role.COORDINATOR, unit="nyborg"),
        Grant(Role.COORDINATOR, unit="assens"),
    }
    entry = audit.listed(world.store.main)[0]
    assert entry.action == "account changed"
    assert entry.subject == f"account:{chair.id}"
    assert entry.details["roles taken away"] == ["chair iv"]
    assert entry.details["roles given"] == [
        "chair maternity",
        "coordinator assens",
        "coordinator nyborg",
    ]
    # Nothing changed: nothing is told.
    post(client, f"/desk/accounts/{chair.id}", **fill_in(changed))
    assert audit.listed(world.store.main)[0].number == entry.number


def test_rights_change_at_once_R3(world: World) -> None:
    chair, client = world.signed_in("chair"), world.signed_in("administrator")
    assert chair.get("/desk/rounds/open1").status_code == 200
    account = account_of(world, "chair")
    rows = fill_in(account, role=["chair"], scope=["maternity"])
    assert post(client, f"/desk/accounts/{account.id}", **rows).status_code == 303
    assert chair.get("/desk/rounds/open1").status_code == 403


def test_the_last_administrator_stays_R4(world: World) -> None:
    client, last = world.signed_in("administrator"), account_of(world, "administrator")
    rows = fill_in(last, role=["chair"], scope=["iv"])
    refused = post(client, f"/desk/accounts/{last.id}", **rows)
    assert refused.status_code == 422
    assert "only administrator" in refused.text
    assert post(client, f"/desk/accounts/{last.id}/close", sure="yes").status_code == 409
    # One who was invited and has not chosen a password could not step in.
    with world.store.write() as db:
        other = accounts.add(db, name="B", email="b@x.example", grants=[Grant(Role.ADMINISTRATOR)])
    assert post(client, f"/desk/accounts/{last.id}/close", sure="yes").status_code == 409
    with world.store.write() as db:
        accounts.set_password(db, other.id, PASSWORD_HASH)
    assert post(client, f"/desk/accounts/{last.id}", **rows).status_code == 303
    assert not account_of(world, "administrator").holds(Role.ADMINISTRATOR)
    assert client.get("/desk/accounts").status_code == 403


def test_two_administrators_who_close_each_other_R4(world: World) -> None:
    with world.store.write() as db:
        other = accounts.add(
            db,
            name="B",
            email="b@region.example",
            password_hash=PASSWORD_HASH,
            grants=[Grant(Role.ADMINISTRATOR)],
        )
    one, two = world.signed_in("administrator"), world.signed_in("b")
    first = account_of(world, "administrator")
    statuses = []
    threads = [
        threading.Thread(target=lambda c=client, a=target: statuses.append(post(c, f"/desk/accounts/{a}/close", sure="yes").status_code))
        for client, target in ((one, other.id), (two, first.id))
    ]  # fmt: skip
    try:
        for thread in threads:
            thread.start()
    finally:
        for thread in threads:
            thread.join()
    assert len(accounts.able_to_sign_in(world.store.main, Role.ADMINISTRATOR)) == 1


def test_closing_R5(world: World) -> None:
    chair, client = world.signed_in("chair"), world.signed_in("administrator")
    account = account_of(world, "chair")
    assert (
        "Close the account of Chair?"
        in client.get(f"/desk/accounts/{account.id}/close", headers=ENGLISH).text
    )
    post(client, f"/desk/accounts/{account.id}/close")
    assert chair.get("/desk").status_code == 200  # it asks first
    assert post(client, f"/desk/accounts/{account.id}/close", sure="yes").status_code == 303
    assert chair.get("/desk").status_code == 302
    assert post(client, f"/desk/accounts/{account.id}/open").status_code == 303
    assert world.signed_in("chair").get("/desk").status_code == 200
    actions = [entry.action for entry in audit.listed(world.store.main)]
    assert actions[:3] == ["signed in", "account opened again", "account closed"]
    assert post(client, "/desk/accounts/999/close", sure="yes").status_code == 404


def test_taking_the_second_factor_R6(world: World) -> None:
    chair, client = world.signed_in("chair"), world.signed_in("administrator")
    account = account_of(world, "chair")
    assert client.get(f"/desk/accounts/{account.id}/second-factor").status_code == 404
    with world.store.write() as db:
        second_factors.keep(
            db, account.id, sealed_secret=b"s" * 40, step=1, code_hashes=[b"h" * 32]
        )
    path = f"/desk/accounts/{account.id}/second-factor"
    for reason in ("", "  ", "x" * 501):
        assert post(client, path, reason=reason).status_code == 422
    assert chair.get("/desk").status_code == 200
    assert (
        post(client, path, reason="Ringede fra sit kontor,\r\ntelefonen er væk").status_code == 303
    )
    assert chair.get("/desk").status_code == 302
    assert account_of(world, "chair").totp_secret is None
    assert second_factors.codes_left(world.store.main, account.id) == 0
    [mail] = outbox.listed(world.store.main, [MessageState.WAITING])
    assert mail.recipient == account.email
    assert "Ringede fra sit kontor, telefonen er væk" in mail.body
    entry = audit.listed(world.store.main)[0]
    assert entry.action == "second factor taken away"
    assert entry.details == {"reason": "Ringede fra sit kontor, telefonen er væk"}


def test_working_groups_R7(world: World) -> None:
    client, at = world.signed_in("administrator"), "/desk/accounts/working-groups"
    assert post(client, at, name=" Ærøs   fødsler ").status_code == 303
    made = working_groups.find(world.store.main, "aeroes-foedsler")
    assert made is not None
    assert made.name == "Ærøs fødsler"
    for name in ("", "x" * 201, "ÆRØS FØDSLER"):
        assert post(client, at, name=name).status_code == 422
    assert post(client, f"{at}/aeroes-foedsler", name="Fødsler").status_code == 303
    renamed = working_groups.find(world.store.main, "aeroes-foedsler")
    assert renamed is not None
    assert renamed.name == "Fødsler"
    assert post(client, f"{at}/iv", name="fødsler").status_code == 422
    assert post(client, f"{at}/nothing", name="Ny").status_code == 404
    actions = [entry.action for entry in audit.listed(world.store.main)]
    assert actions[:2] == ["working group renamed", "working group added"]


def test_ids_from_names_R7() -> None:
    assert slug("IV-arbejdsgruppen", ["iv"]) == "iv-arbejdsgruppen"
    assert slug("Å Ø", ["aa-oe", "aa-oe-2"]) == "aa-oe-3"
    assert slug("المجموعة", []) == "group"
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug("x" * 59 + " y" * 40, []))


@pytest.mark.parametrize("who", ["secretariat", "chair", "coordinator"])
def test_others_are_refused_R8(world: World, who: str) -> None:
    client = world.signed_in(who)
    for path in (
        "/desk/accounts",
        "/desk/accounts/new",
        "/desk/accounts/1",
        "/desk/accounts/working-groups",
    ):
        assert client.get(path).status_code == 403
    assert post(client, "/desk/accounts/1/close", sure="yes").status_code == 403
    assert world.signed_in("administrator").get("/desk/rounds/open1").status_code == 403
