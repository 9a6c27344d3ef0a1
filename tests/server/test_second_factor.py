"""The second factor: codes of an app and recovery codes.

R1 Where it is required, whoever has typed only the password reaches nothing but setting it up; where it is set up, nothing but the code.
R2 A code stands for its 30 seconds and one step before and after, and a step is used once.
R3 A recovery code stands once; there are ten; new ones end the old ones. With one, somebody who lost the telephone gets in.
R4 The app's secret is sealed in the store, for its account and under the service's secret; recovery codes are kept as hashes.
R5 Five wrong codes make the account wait, whichever kind they are and whatever right password is typed in between.
R6 Removing it, and new codes, ask for the password; where it is required it cannot be removed.
"""

from __future__ import annotations

import random
import re
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from flask.testing import FlaskClient

from server.second_factor import app_address, new_codes, new_secret, seal, unseal
from store import accounts, audit, second_factors
from store.accounts import Account
from tests.server.installation import PASSWORD, World, build

ENGLISH = {"Accept-Language": "en"}
WHO = "chair@region.example"


def account_of(world: World) -> Account:
    found = accounts.by_email(world.store.main, WHO)
    assert found is not None
    return found


def post(client: FlaskClient, page: str, path: str, **sent: str) -> tuple[int, str]:
    """Send a form of a page; the status, and where it leads or what it shows."""
    token = re.search(r'name="token" value="([0-9a-f]+)"', client.get(page).text)
    assert token is not None, page
    response = client.post(path, data={"token": token[1], **sent}, headers=ENGLISH)
    return response.status_code, response.headers.get("Location") or response.text


def password(world: World) -> FlaskClient:
    """A browser in which the right password was typed, and no more."""
    client = world.client()
    sent = {"email": WHO, "password": PASSWORD}
    assert client.post("/sign-in", data=sent).status_code == 303
    return client


def code(secret: str, world: World, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(world.now + timedelta(seconds=30 * steps))


def set_up(world: World, client: FlaskClient, **sent: str) -> tuple[str, list[str]]:
    """Set the app up through the page; its secret and the recovery codes."""
    page = client.get("/account/second-factor").text
    shown = re.search(r'id="key">([A-Z2-7 ]+)<', page)
    pending = re.search(r'name="pending" value="([0-9a-f]+)"', page)
    assert shown is not None
    assert pending is not None
    secret = shown[1].replace(" ", "")
    status, text = post(client, "/account/second-factor", "/account/second-factor",
                        pending=pending[1], code=code(secret, world), **sent)  # fmt: skip
    assert status == 200, text
    codes = re.findall(r"<code>([a-z0-9-]+)</code>", text)
    assert len(set(codes)) == 10
    return secret, codes


def with_factor(world: World) -> tuple[str, list[str]]:
    """The chair with an app; two minutes later."""
    made = set_up(world, world.signed_in("chair"), current=PASSWORD)
    world.now += timedelta(minutes=2)
    return made


def type_code(client: FlaskClient, typed: str) -> int:
    return post(client, "/sign-in/code", "/sign-in/code", code=typed)[0]


@pytest.mark.parametrize("path", ["/desk", "/account", "/account/password", "/desk/rounds/open1", "/account/recovery-codes"])  # fmt: skip
def test_between_password_and_code_nothing_else_opens_R1(world: World, path: str) -> None:
    secret, _ = with_factor(world)
    client = password(world)
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in/code")
    # Nor can another app be put in place of the one that is asked for.
    assert client.get("/account/second-factor").headers["Location"] == "/sign-in/code"
    assert type_code(client, code(secret, world)) == 303
    assert client.get("/desk").status_code == 200


def test_required_means_setting_it_up_first_R1(tmp_path: Path) -> None:
    world = build(tmp_path, SVARBOKS_SECOND_FACTOR="required")
    client = password(world)
    for path in ("/desk", "/account", "/account/password", "/sign-in/code"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/account/second-factor")
    secret, _ = set_up(world, client)
    assert client.get("/desk").status_code == 200
    world.now += timedelta(minutes=2)
    second = password(world)
    assert second.get("/desk").headers["Location"] == "/sign-in/code"
    assert type_code(second, code(secret, world)) == 303
    assert client.get("/account/second-factor/remove").status_code == 404
    world.app.extensions["svarboks"].close()


def test_a_wrong_code_or_anothers_pending_secret_sets_up_nothing_R1(world: World) -> None:
    page, path = "/account/second-factor", "/account/second-factor"
    client = world.signed_in("chair")
    pending = re.search(r'name="pending" value="([0-9a-f]+)"', client.get(page).text)
    assert pending is not None
    assert post(client, page, path, pending=pending[1], code="000000", current=PASSWORD)[0] == 422
    other = world.signed_in("secretariat")
    for foreign in (pending[1], "", "zz", "00"):
        assert post(other, page, path, pending=foreign, code="000000", current=PASSWORD)[0] == 400
    assert account_of(world).totp_secret is None


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 303), (0, 303), (1, 303), (2, 401)])
def test_a_code_stands_one_step_before_and_after_R2(world: World, steps: int, status: int) -> None:
    secret, _ = with_factor(world)
    assert type_code(password(world), code(secret, world, steps)) == status


def test_a_step_is_used_once_R2(world: World) -> None:
    secret, _ = with_factor(world)
    now = code(secret, world)
    assert type_code(password(world), f" {now[:3]} {now[3:]} ") == 303
    assert type_code(password(world), now) == 401
    assert type_code(password(world), code(secret, world, -1)) == 401
    assert type_code(password(world), code(secret, world, 1)) == 303


def test_the_code_that_set_it_up_is_used_R2(world: World) -> None:
    secret, _ = set_up(world, world.signed_in("chair"), current=PASSWORD)
    assert type_code(password(world), code(secret, world)) == 401


def test_a_recovery_code_lets_in_once_R3(world: World) -> None:
    _, codes = with_factor(world)
    assert type_code(password(world), codes[0].upper().replace("-", " ")) == 303
    assert type_code(password(world), codes[0]) == 401
    assert second_factors.codes_left(world.store.main, account_of(world).id) == 9
    assert "recovery code used" in [entry.action for entry in audit.listed(world.store.main)]


def test_who_lost_the_telephone_sets_up_another_R3(world: World) -> None:
    old, codes = with_factor(world)
    client = password(world)
    assert type_code(client, codes[3]) == 303
    secret, fresh = set_up(world, client, current=PASSWORD)
    world.now += timedelta(minutes=2)
    for dead in (code(old, world), codes[4]):
        assert type_code(password(world), dead) == 401
    assert type_code(password(world), fresh[0]) == 303
    assert type_code(password(world), code(secret, world)) == 303


def test_new_codes_end_the_old_ones_R3(world: World) -> None:
    _, codes = with_factor(world)
    client = password(world)
    assert type_code(client, codes[0]) == 303
    page = "/account/recovery-codes"
    assert post(client, page, page, current="forkert kodeord")[0] == 422
    status, text = post(client, page, page, current=PASSWORD)
    assert status == 200
    fresh = re.findall(r"<code>([a-z0-9-]+)</code>", text)
    assert not set(fresh) & set(codes)
    assert type_code(password(world), codes[1]) == 401
    assert type_code(password(world), fresh[1]) == 303


def test_nothing_in_the_data_folder_makes_a_code_R4(world: World) -> None:
    secret, codes = with_factor(world)
    files = [path for path in world.settings.data.rglob("*") if path.is_file()]
    assert any(path.name == "svarboks.db" for path in files)
    everything = b"".join(path.read_bytes() for path in files)
    assert account_of(world).totp_secret in everything  # what is looked through holds it
    for clear in (secret, *codes, *(each.replace("-", "") for each in codes)):
        assert clear.encode() not in everything


def test_a_sealed_secret_is_of_its_account_and_service_R4() -> None:
    secret, service = new_secret(), b"s" * 32
    assert len(secret) == 32  # 160 bits in base32
    sealed = seal(secret, service_secret=service, account=1)
    assert sealed != seal(secret, service_secret=service, account=1)
    assert unseal(sealed, service_secret=service, account=1) == secret
    assert unseal(sealed, service_secret=service, account=2) is None
    assert unseal(sealed, service_secret=b"t" * 32, account=1) is None
    assert unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), service_secret=service, account=1) is None
    assert unseal(b"", service_secret=service, account=1) is None


def test_recovery_codes_are_random_and_long_R4() -> None:
    made = [each for _ in range(100) for each in new_codes()]
    assert len(set(made)) == 1000
    assert all(re.fullmatch("[a-z1-9]{4}(-[a-z1-9]{4}){2}", each) for each in made)
    address = app_address("A" * 32, email="a@b.example", organisation="Region Å")
    assert address.startswith("otpauth://totp/Region%20%C3%85:a%40b.example?secret=AAAA")


def test_alternating_dodges_no_brake_R5(world: World) -> None:
    secret, codes = with_factor(world)
    tries = ["000000", "aaaa-bbbb-cccc", "nonsense", "111111", "bbbb-bbbb-cccc"]
    for typed in tries:  # each after the right password, in a browser of its own
        assert type_code(password(world), typed) == 401
    for right in (code(secret, world), codes[0]):
        assert type_code(password(world), right) == 429
    mailed = world.store.main.execute("SELECT subject FROM message WHERE recipient = ?", (WHO,))
    assert len(mailed.fetchall()) == 2  # the app was set up; wrong codes were typed
    assert "sign-in slowed" in [entry.action for entry in audit.listed(world.store.main)]
    world.now += timedelta(seconds=301)
    assert type_code(password(world), code(secret, world)) == 303


def test_removing_asks_for_the_password_R6(world: World) -> None:
    secret, _ = with_factor(world)
    client = password(world)
    assert type_code(client, code(secret, world)) == 303
    page = "/account/second-factor/remove"
    assert post(client, page, page, current="forkert kodeord")[0] == 422
    assert account_of(world).totp_secret is not None
    assert post(client, page, page, current=PASSWORD) == (303, "/account?done=factor-removed")
    assert account_of(world).totp_secret is None
    assert second_factors.codes_left(world.store.main, account_of(world).id) == 0
    assert password(world).get("/desk").status_code == 200
    assert client.get(page).status_code == client.get("/account/recovery-codes").status_code == 404


def test_a_mailed_new_password_still_asks_for_the_code_R1(world: World) -> None:
    """ASVS 6.4.3: whoever reads the mail has one factor, not both."""
    secret, _codes = with_factor(world)
    assert world.client().post("/sign-in/forgotten", data={"email": WHO}).status_code == 303
    [body] = [row[0] for row in world.store.main.execute(
        "SELECT body FROM message WHERE recipient = ? AND body LIKE '%/welcome/%'", (WHO,))]  # fmt: skip
    found = re.search(r"/welcome/\S+", body)
    assert found is not None
    client, new = world.client(), "syv grønne heste paa marken"
    chosen = client.post(found[0], data={"password": new})
    assert (chosen.status_code, chosen.headers["Location"]) == (303, "/sign-in?done=password")
    assert client.get("/desk").status_code == 302
    sent = client.post("/sign-in", data={"email": WHO, "password": new})
    assert sent.headers["Location"].startswith("/sign-in/code")
    assert client.get("/desk").headers["Location"].startswith("/sign-in/code")
    assert client.get("/account").headers["Location"].startswith("/sign-in/code")
    assert type_code(client, code(secret, world)) == 303
    assert client.get("/desk").status_code == 200


def test_secrets_come_from_the_systems_random_source_R4(monkeypatch: pytest.MonkeyPatch) -> None:
    """ASVS 6.5.3: seeding Python's own generator repeats nothing; the operating system's source decides every sign."""
    for make in (new_secret, lambda: "".join(new_codes())):
        random.seed(1)
        first = make()
        random.seed(1)
        assert make() != first
    monkeypatch.setattr("random._urandom", bytes)
    assert (new_secret(), new_codes()) == (new_secret(), new_codes())
    assert set(new_secret()) == {"A"}
