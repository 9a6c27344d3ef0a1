"""The table of rights: every route, by everybody, for what is theirs and for what is another's.

R1  Every route of the app is in the table, and the table has no route that is not.
R2  A route is opened to exactly the roles of the table, for their own unit, group or round; the secretariat and the
    administrator hold their roles for everything.
R3  For another unit, group or round everybody else is refused, and is not told whether it exists.
R4  Who has not signed in is sent to sign in, whatever the route.
R5  A route that is taken out of the table is refused to everybody.
R6  100 requests with a session that has ended: none is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from server.rights import ROUTES, Access, Kind
from store.accounts import Role
from store.sessions import Stage
from tests.server.installation import World, add_paper, build

#: One of the cast for each role; they are of the group 'iv' and the unit 'assens'.
CAST = {role: role.value for role in Role}
EVERYTHING = {Role.ADMINISTRATOR, Role.SECRETARIAT}

#: What the paths are filled in with: what is theirs, and what is another's.
OWN = {"round_id": "open1", "unit": "assens", "pile": "a" * 16, "batch": "b" * 16}
OTHERS = {"round_id": "other1", "unit": "nyborg", "pile": "c" * 16, "batch": "d" * 16}
#: Another unit that takes part in the same round: it is not theirs for that.
ALSO_IN_IT = "billund"
#: The same for whoever asks. A new kind of argument has to be added here.
ANY = {
    "number": "1", "language": "da", "code": "busy", "filename": "icon.svg", "token": "nothing", "account": "1",
    "session": "0" * 16, "upload": "0" * 16, "questionnaire": "iv-satisfaction", "version": "0" * 64, "message": "1",
    "area": "nothing", "group": "iv", "sheet": "1", "kind": "csv", "chart": "1",
}  # fmt: skip


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = build(Path(tmp_path_factory.mktemp("rights")))
    for of in (OWN, OTHERS):
        add_paper(made, made.rounds[of["round_id"][:-1]], of["unit"], of["pile"], of["batch"])
    yield made
    made.app.extensions["svarboks"].close()


def requests_of(world: World, *kinds: Kind) -> list[tuple[str, Rule, Access]]:
    """(method, rule, access) of every route of these kinds; what changes something comes last."""
    found = [
        (method, rule, ROUTES[rule.endpoint])
        for rule in world.app.url_map.iter_rules()
        for method in sorted(rule.methods or set())
        if method in {"GET", "POST"} and ROUTES[rule.endpoint].kind in kinds
    ]
    return sorted(found, key=lambda one: (one[0], one[1].rule))


def address(rule: Rule, values: dict[str, str]) -> str:
    """The path of a route, filled in."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: {**ANY, **values}[found[1]], rule.rule)


def ask(client: FlaskClient, method: str, path: str) -> int:
    """The status of a request that carries the form's token."""
    if method == "GET":
        return client.get(path).status_code
    page = client.get("/account").text + client.get("/desk", follow_redirects=True).text
    token = re.search(r'name="token" value="([0-9a-f]+)"', page)
    assert token is not None, page[:500]
    return client.post(path, data={"token": token[1]}).status_code


def test_the_table_has_every_route_and_no_other_R1(shared: World) -> None:
    assert {rule.endpoint for rule in shared.app.url_map.iter_rules()} == set(ROUTES)


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_a_role_reaches_what_the_table_says_R2_R3(shared: World, role: Role) -> None:
    client = shared.signed_in(CAST[role])
    tried = 0
    for method, rule, access in requests_of(shared, Kind.ROLES):
        about_something = OWN.keys() & rule.arguments
        for values in (OWN, OTHERS) if about_something else (OWN,):
            path = address(rule, values)
            may = role in access.roles and (values is OWN or role in EVERYTHING)
            status = ask(client, method, path)
            assert (status not in {401, 403}) == may, (role, method, path, status)
            assert status < 500, (role, method, path, status)
        if {"round_id", "unit"} <= rule.arguments and role not in EVERYTHING:
            # The round is theirs, and both units take part in it: the unit alone decides.
            of_another = address(rule, {**OWN, "unit": ALSO_IN_IT})
            assert ask(client, method, of_another) == 403, (role, method, of_another)
            tried += 1
        for name in (
            {"round_id", "pile", "batch"} & rule.arguments if role not in EVERYTHING else ()
        ):
            assert ask(client, method, address(rule, {**OWN, name: "nothing"})) == 403
    assert role in EVERYTHING or tried >= 5


def test_signing_in_is_asked_for_R4(shared: World) -> None:
    client = shared.client()
    tried = 0
    for method, rule, _access in requests_of(shared, Kind.ROLES, Kind.SIGNED_IN):
        path = address(rule, OWN)
        response = client.open(path, method=method, data={})
        if method == "GET":
            assert response.status_code == 302, path
            assert response.headers["Location"].startswith("/sign-in?next="), path
        else:
            assert response.status_code == 401, path
        tried += 1
    assert tried > 5


def test_a_route_that_is_not_in_the_table_is_refused_R5(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = shared.signed_in("secretariat")
    assert client.get("/desk").status_code == 200
    monkeypatch.delitem(ROUTES, "desk.home")
    assert client.get("/desk").status_code == 403


def test_a_session_that_has_ended_opens_nothing_R6(shared: World) -> None:
    client = shared.signed_in("secretariat")
    name = "svarboks"
    cookie = client.get_cookie(name)
    assert cookie is not None
    assert ask(client, "POST", "/sign-out") == 303
    routes = requests_of(shared, Kind.ROLES, Kind.SIGNED_IN)
    accepted, asked = 0, 0
    while asked < 100:
        method, rule, _access = routes[asked % len(routes)]
        again = shared.client()
        again.set_cookie(name, cookie.value)
        response = again.open(address(rule, OWN), method=method, data={})
        refused = response.status_code == 401 or (
            response.status_code == 302 and response.headers["Location"].startswith("/sign-in")
        )
        accepted += not refused
        asked += 1
    assert (asked, accepted) == (100, 0)


def test_stages_before_the_last_open_only_what_finishes_signing_in(shared: World) -> None:
    for endpoint, access in ROUTES.items():
        if access.kind is Kind.ROLES:
            assert access.stages == {Stage.FULL}, endpoint


def test_the_page_of_rights_is_the_table(shared: World) -> None:
    import importlib.util

    path = Path(__file__).parents[2] / "scripts" / "rights_page.py"
    spec = importlib.util.spec_from_file_location("rights_page", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (path.parents[1] / "docs" / "rights.md").read_text("utf-8")
    assert written == module.page(shared.app), "run scripts/rights_page.py"
