"""Where one is signed in.

R1 One sees one's own sessions, this one marked, and nobody else's.
R2 One ends one of them, or all others; another's session id does nothing.
R3 The token is a new one at each stage, and the one before opens nothing.
R4 A session ends after 30 minutes without use and after 12 hours in any case; between password and code after ten minutes.
R5 A changed password, and a second factor that is set up, end all other sessions.
"""

from __future__ import annotations

import re
from datetime import timedelta

from flask.testing import FlaskClient

from store import audit, sessions
from tests.server.installation import PASSWORD, World
from tests.server.test_second_factor import (
    account_of,
    code,
    password,
    post,
    set_up,
    type_code,
    with_factor,
)

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def token_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("svarboks")
    assert cookie is not None
    return cookie.value


def holder(world: World, token: str) -> FlaskClient:
    """A browser with this token."""
    client = world.client()
    client.set_cookie("svarboks", token)
    return client


def ids(client: FlaskClient) -> list[str]:
    """The sessions that the page offers to end."""
    return re.findall(r"/account/sessions/([0-9a-f]+)/end", client.get("/account").text)


def test_one_sees_ones_own_and_which_is_this_R1(world: World) -> None:
    world.signed_in("secretariat")
    here, there = world.signed_in("chair"), world.client()
    sent = {"email": "chair@region.example", "password": PASSWORD}
    there.post("/sign-in", data=sent, headers={"User-Agent": FIREFOX})
    page = here.get("/account", headers={"Accept-Language": "en"}).text
    assert page.count("This one") == 1
    assert "Firefox, Windows" in page
    assert "Gecko" not in page
    [other] = ids(here)
    assert len(sessions.of_account(world.store.main, account_of(world).id, world.now)) == 2
    assert token_of(there) not in page
    assert other not in token_of(there)


def test_one_ends_one_R2(world: World) -> None:
    here, there, third = (world.signed_in("chair") for _ in range(3))
    mine = {
        one.id for one in sessions.of_account(world.store.main, account_of(world).id, world.now)
    }
    assert len(mine) == 3
    [of_there] = mine - set(ids(there))
    assert post(here, "/account", f"/account/sessions/{of_there}/end")[0] == 303
    assert [client.get("/desk").status_code for client in (here, there, third)] == [200, 302, 200]
    assert "session ended" in [entry.action for entry in audit.listed(world.store.main)]


def test_one_ends_all_others_R2(world: World) -> None:
    other = world.signed_in("secretariat")
    here, there, third = (world.signed_in("chair") for _ in range(3))
    assert post(here, "/account", "/account/sessions/end-others")[0] == 303
    seen = [client.get("/desk").status_code for client in (here, there, third, other)]
    assert seen == [200, 302, 302, 200]


def test_anothers_id_does_nothing_R2(world: World) -> None:
    chair, mine = world.signed_in("chair"), world.signed_in("secretariat")
    [theirs] = sessions.of_account(world.store.main, account_of(world).id, world.now)
    for guess in (theirs.id, "0" * 16, "x", token_of(chair)):
        assert post(mine, "/account", f"/account/sessions/{guess}/end")[0] == 404
    assert chair.get("/desk").status_code == 200


def test_the_token_is_new_at_each_stage_R3(world: World) -> None:
    secret, codes = with_factor(world)
    client = password(world)
    between = token_of(client)
    assert type_code(client, code(secret, world)) == 303
    signed_in = token_of(client)
    world.now += timedelta(minutes=2)
    set_up(world, client, current=PASSWORD)
    again = token_of(client)
    assert len({between, signed_in, again}) == 3
    for dead in (between, signed_in):
        assert holder(world, dead).get("/desk").headers["Location"] == "/sign-in?next=/desk"
    assert holder(world, again).get("/desk").status_code == 200
    assert codes


def test_it_ends_without_use_and_in_any_case_R4(world: World) -> None:
    client = world.signed_in("chair")
    world.now += timedelta(minutes=30)
    assert client.get("/desk").status_code == 302
    client = world.signed_in("chair")
    for _ in range(24):
        world.now += timedelta(minutes=29, seconds=58)
        assert client.get("/desk").status_code == 200
    world.now += timedelta(minutes=1)
    assert client.get("/desk").status_code == 302


def test_between_password_and_code_it_lasts_ten_minutes_R4(world: World) -> None:
    secret, _ = with_factor(world)
    client = password(world)
    world.now += timedelta(minutes=9)
    assert client.get("/sign-in/code").status_code == 200
    world.now += timedelta(minutes=1)
    assert client.get("/sign-in/code").status_code == 302
    assert secret


def test_a_changed_password_ends_the_others_R5(world: World) -> None:
    here, there = world.signed_in("chair"), world.signed_in("chair")
    before = token_of(here)
    sent = {"current": PASSWORD, "password": "kridt tavle 73 svampe"}
    assert post(here, "/account/password", "/account/password", **sent)[0] == 303
    assert here.get("/desk").status_code == 200
    assert there.get("/desk").status_code == 302
    assert holder(world, before).get("/desk").status_code == 302


def test_a_second_factor_ends_the_others_R5(world: World) -> None:
    here, there = world.signed_in("chair"), world.signed_in("chair")
    set_up(world, here, current=PASSWORD)
    assert here.get("/desk").status_code == 200
    assert there.get("/desk").status_code == 302
