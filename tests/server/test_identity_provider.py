"""Signing in with an identity provider: a real provider and a real service on loopback, a browser's cookies between them.

R1  Who was invited at the address that the provider has verified signs in, is bound to issuer and subject, and is found by
    them from then on, whatever the address says. The second factor is the provider's: the session is whole.
R2  Refused, with a calm page and no session: a wrong state, another browser's answer, a code that was used, a wrong nonce,
    audience, issuer, an expired token, one from the future, alg none, a signature with the client secret or the public key,
    by a key that the provider does not show.
R3  Nobody gets an account by signing in: an unknown address, one that is not verified, a closed account are refused; a bound
    account is not taken over by a new subject with its address.
R4  An address that the provider says nothing about is taken only where that was set; one it says is not verified, never.
R5  With the provider down a password still works, the page says so, and the provider is not asked at each click.
R6  A new key of the provider is found; discovery is remembered for an hour.
R7  The cookie is signed, short-lived, HttpOnly, and leads to no other site afterwards.
R8  Without the settings there is nothing at the address; faulty settings are named.
R9  No address, no code, no token and no secret is in the log.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from server import account_keeping
from server.settings import SettingsError, from_environment
from store import accounts, audit, identities
from store.accounts import Grant, Role
from store.identities import Identity
from tests.server.identity_town import VERIFIED, Town, town
from tests.server.installation import PASSWORD, World, build
from tests.server.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Town]:
    yield from town(tmp_path)


def test_who_was_invited_signs_in_and_is_bound_R1(place: Town) -> None:
    browser = place.browser()
    response = place.sign_in(browser, "sekretær", "?next=/desk/audit")
    assert response.status_code == 303, response.text
    assert response.headers["Location"] == "/desk/audit"
    assert place.signed_in(browser)
    assert browser.get(f"{place.url}/desk/audit", timeout=10).status_code == 200
    store = place.world.store.main
    account = accounts.by_email(store, "secretariat@region.example")
    assert account is not None
    identity = Identity(place.provider.issuer, "subject-of-sekretær")
    assert identities.of_account(store, account.id) == [identity]
    assert [entry.action for entry in audit.listed(store, limit=2)] == [
        "signed in",
        "identity bound",
    ]
    # From now on the subject tells who it is; the address may be another's, or gone.
    place.provider.people["sekretær"] = {"email": "chair@region.example", "email_verified": True}
    again = place.browser()
    assert place.sign_in(again, "sekretær").status_code == 303
    assert "Secretariat" in again.get(f"{place.url}/desk", timeout=10).text
    assert identities.of_account(store, account.id) == [identity]


def test_being_bound_ends_the_mailed_links_R1(place: Town) -> None:
    world = place.world
    account_keeping.invite(world.store, world.settings, name="Ny", email="new@region.example", language="da",
                           grants=[Grant(Role.SECRETARIAT)], actor="command-line", inviter="", now=world.now)  # fmt: skip
    body = world.store.main.execute("SELECT body FROM message ORDER BY id DESC LIMIT 1").fetchone()[0]  # fmt: skip
    token = body.split("/welcome/")[1].split()[0]
    assert world.client().get(f"/welcome/{token}").status_code == 200
    place.provider.people["ny"] = {"email": "new@region.example", "email_verified": True}
    assert place.sign_in(place.browser(), "ny").status_code == 303
    assert world.client().get(f"/welcome/{token}").status_code == 404


def test_an_invited_account_without_a_password_signs_in_R1(place: Town) -> None:
    with place.world.store.write() as db:
        accounts.add(db, name="Ny", email="new@region.example", grants=[])
    place.provider.people["ny"] = {"email": "New@Region.Example", "email_verified": "true"}
    browser = place.browser()
    assert place.sign_in(browser, "ny").status_code == 303
    assert place.signed_in(browser)


def test_nobody_gets_an_account_by_signing_in_R3(place: Town) -> None:
    before = len(accounts.listed(place.world.store.main))
    place.provider.people |= {
        "fremmed": {"email": "stranger@region.example", "email_verified": True},
        "uden": {},
        "uvist": {"email": "chair@region.example", "email_verified": False},
        "tavs": {"email": "chair@region.example"},
        "gal": {"email": ["chair@region.example"], "email_verified": True},
    }
    for login in ("fremmed", "uden", "uvist", "tavs", "gal"):
        text = place.refused(login, 403)
        assert "You have not been invited to this service." in text
    main = place.world.store.main
    assert len(accounts.listed(main)) == before
    assert main.execute("SELECT count(*) FROM account_identity").fetchone()[0] == 0


def test_a_closed_account_and_a_reused_address_are_refused_R3(place: Town) -> None:
    assert place.sign_in(place.browser(), "sekretær").status_code == 303
    # The address was given to somebody else at the region.
    place.provider.people["efterfølger"] = dict(VERIFIED)
    place.refused("efterfølger", 403)
    store = place.world.store
    account = accounts.by_email(store.main, "secretariat@region.example")
    assert account is not None
    with store.write() as db:
        accounts.set_active(db, account.id, False)
    place.refused("sekretær", 403)
    with store.write() as db:
        accounts.set_active(db, account.id, True)
        identities.release(db, account.id)
    assert place.sign_in(place.browser(), "efterfølger").status_code == 303
    place.refused("sekretær", 403)


def test_an_unspoken_address_is_taken_where_that_was_set_R4(tmp_path: Path) -> None:
    for place in town(tmp_path, SVARBOKS_OIDC_TRUST_EMAIL="on"):
        place.provider.people |= {
            "entra": {"preferred_username": "chair@region.example"},
            "nej": {"email": "member@region.example", "email_verified": False},
            "gæst": {"email": "member@region.example", "xms_edov": False},
            "ejer": {"email": "coordinator@region.example", "xms_edov": True},
        }
        for login in ("entra", "ejer"):
            assert place.sign_in(place.browser(), login).status_code == 303
        for login in ("nej", "gæst"):
            place.refused(login, 403)


def test_with_the_provider_down_a_password_works_R5(place: Town) -> None:
    place.provider.down = True
    browser = place.browser()
    for _click in range(5):
        response = browser.get(f"{place.url}/sign-in/oidc", allow_redirects=False, timeout=20)
        assert response.status_code == 503
    assert "The identity provider does not answer." in response.text
    assert "you can still sign in with it" in response.text
    assert len(place.provider.asked) == 1
    assert place.world.signed_in("chair").get("/desk").status_code == 200
    place.provider.down = False
    place.world.now += timedelta(seconds=10)
    assert place.sign_in(place.browser(), "sekretær").status_code == 303
    # In the middle of the way, too.
    browser = place.browser()
    back = place.to_provider(browser, "sekretær")
    place.provider.down = True
    assert browser.get(back, allow_redirects=False, timeout=20).status_code == 503


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://other.example"},
        {"token_endpoint": "http://other.example/token"},
        {"authorization_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
    ],
    ids=str,
)
def test_a_discovery_document_that_is_not_its_own_is_refused_R5(
    place: Town, about: dict[str, Any]
) -> None:
    place.provider.about = about
    response = place.browser().get(f"{place.url}/sign-in/oidc", allow_redirects=False, timeout=10)
    assert response.status_code == 503


def test_a_new_key_is_found_and_discovery_is_remembered_R6(place: Town) -> None:
    provider = place.provider
    for _ in range(3):
        assert place.sign_in(place.browser(), "sekretær").status_code == 303
    assert (
        provider.asked.count("/keys")
        == provider.asked.count("/.well-known/openid-configuration")
        == 1
    )
    provider.key, provider.shown_keys = provider.other_key, [provider.other_key]
    place.refused("sekretær")  # looked for a moment ago
    place.world.now += timedelta(minutes=1)
    assert place.sign_in(place.browser(), "sekretær").status_code == 303
    assert provider.asked.count("/keys") == 2


def test_the_cookie_R7(place: Town) -> None:
    response = place.browser().get(f"{place.url}/sign-in/oidc", allow_redirects=False, timeout=10)
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("svarboks-oidc=")
    for part in ("HttpOnly", "SameSite=Lax", "Max-Age=600", "Path=/"):
        assert part in cookie
    assert CLIENT_SECRET not in base64.urlsafe_b64decode(
        cookie.split("=", 1)[1].split(".")[0] + "=="
    ).decode("latin-1")
    # A cookie that was changed, and one that is too old.
    browser = place.browser()
    back = place.to_provider(browser, "sekretær")
    value = browser.cookies["svarboks-oidc"]
    for wrong in (
        value[:-1] + ("0" if value[-1] != "0" else "1"),
        "x." + value,
        value.split(".")[0],
        "",
    ):
        forged = place.browser()
        forged.cookies.set("svarboks-oidc", wrong, domain="localhost.local")
        assert forged.get(back, allow_redirects=False, timeout=10).status_code == 401
    place.world.now += timedelta(minutes=10)
    assert browser.get(back, allow_redirects=False, timeout=10).status_code == 401
    for target in ("https://evil.example", "//evil.example", "/\\evil.example"):
        response = place.sign_in(place.browser(), "sekretær", f"?next={target}")
        assert response.headers["Location"] == "/desk"


def test_over_https_the_cookie_is_bound_to_the_host_R7(tmp_path: Path) -> None:
    with Provider(lambda: world.now, "https://svar.example/sign-in/oidc/callback") as provider:
        world = build(
            tmp_path, SVARBOKS_URL="https://svar.example", SVARBOKS_OIDC_ISSUER=provider.issuer,
            SVARBOKS_OIDC_CLIENT_ID=CLIENT_ID, SVARBOKS_OIDC_CLIENT_SECRET=CLIENT_SECRET,
        )  # fmt: skip
        cookie = world.client().get("/sign-in/oidc").headers["Set-Cookie"]
        assert cookie.startswith("__Host-svarboks-oidc=")
        assert "Secure" in cookie
        assert "Domain" not in cookie
        world.app.extensions["svarboks"].close()


def test_without_the_settings_there_is_nothing_R8(world: World) -> None:
    assert world.client().get("/sign-in/oidc").status_code == 404
    assert world.client().get("/sign-in/oidc/callback?code=x&state=y").status_code == 404
    assert "/sign-in/oidc" not in world.client().get("/sign-in").text


def test_faulty_settings_are_named_R8() -> None:
    right = {
        "SVARBOKS_OIDC_ISSUER": "https://login.example/tenant/v2.0",
        "SVARBOKS_OIDC_CLIENT_ID": "a",
        "SVARBOKS_OIDC_CLIENT_SECRET": "verysecret",
    }
    settings = from_environment(right)
    assert settings.provider is not None
    assert settings.provider.name == "login.example"
    assert "verysecret" not in repr(settings)
    for changes, named in (
        ({"SVARBOKS_OIDC_ISSUER": "http://login.example"}, "SVARBOKS_OIDC_ISSUER"),
        ({"SVARBOKS_OIDC_ISSUER": "https://login.example?x=1"}, "SVARBOKS_OIDC_ISSUER"),
        ({"SVARBOKS_OIDC_ISSUER": ""}, "SVARBOKS_OIDC_CLIENT_ID"),
        ({"SVARBOKS_OIDC_CLIENT_SECRET": ""}, "SVARBOKS_OIDC_CLIENT_SECRET"),
        (
            {
                "SVARBOKS_OIDC_ISSUER": "https://login.microsoftonline.com/common/v2.0",
                "SVARBOKS_OIDC_TRUST_EMAIL": "on",
            },
            "SVARBOKS_OIDC_TRUST_EMAIL",
        ),
        ({"SVARBOKS_OIDC_TRUST_EMAIL": "maybe"}, "SVARBOKS_OIDC_TRUST_EMAIL"),
    ):
        with pytest.raises(SettingsError, match=f"^{named}: "):
            from_environment({**right, **changes})


def test_nothing_about_the_person_is_in_the_log_R9(
    place: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="svarboks")
    place.provider.people["uvist"] = {"email": "chair@region.example", "email_verified": False}
    back = place.to_provider(place.browser(), "sekretær")
    place.browser().get(back, timeout=10)
    place.refused("uvist", 403)
    place.provider.claims = lambda claims: {**claims, "aud": "another-client"}
    place.refused("sekretær")
    place.refused("nobody\nforged line")
    ours = [record.getMessage() for record in caplog.records if record.name == "svarboks"]
    assert any("InvalidClaim" in line and "aud" in line for line in ours), ours
    assert any("access_denied" in line for line in ours)
    code = parse_qs(urlsplit(back).query)["code"][0]
    for line in ours:
        for secret in ("@", "subject-of", code, CLIENT_SECRET, PASSWORD, "\n"):
            assert secret not in line
