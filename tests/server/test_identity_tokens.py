"""What comes back from an identity provider and is not to be believed: a real provider and a real service on loopback.

R2  Refused, with a calm page and no session: a wrong state, another browser's answer, a code that was used, a wrong nonce,
    audience, issuer, an expired token, one from the future, alg none, a signature with the client secret or the public key,
    by a key that the provider does not show.
The rest of signing in with a provider: test_identity_provider.py.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey

from tests.server.identity_town import Town, town
from tests.server.oidc_provider import CLIENT_ID, CLIENT_SECRET


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Town]:
    yield from town(tmp_path)


def test_an_answer_to_another_browser_is_refused_R2(place: Town) -> None:
    attacker, victim = place.browser(), place.browser()
    back = place.to_provider(attacker, "sekretær")
    # The victim has no attempt of their own, and then one of their own: neither takes the attacker's code.
    response = victim.get(back, allow_redirects=False, timeout=10)
    assert response.status_code == 401
    victim.get(f"{place.url}/sign-in/oidc", allow_redirects=False, timeout=10)
    response = victim.get(back, allow_redirects=False, timeout=10)
    assert response.status_code == 401
    assert not place.signed_in(victim)
    assert "You were not signed in by the identity provider." in response.text


def test_a_wrong_state_is_refused_R2(place: Town) -> None:
    browser = place.browser()
    back = place.to_provider(browser, "sekretær")
    right = parse_qs(urlsplit(back).query)["state"][0]
    for wrong in ("", "x" * len(right), right[:-1], "é"):
        state = f"state={wrong}" if wrong else ""
        answer = re.sub(r"state=[^&]+", state, back)
        fresh = place.browser()
        fresh.cookies.update(browser.cookies)
        assert fresh.get(answer, allow_redirects=False, timeout=10).status_code == 401
        assert not place.signed_in(fresh)
    assert browser.get(back, allow_redirects=False, timeout=10).status_code == 303


def test_a_code_works_once_R2(place: Town) -> None:
    browser = place.browser()
    back = place.to_provider(browser, "sekretær")
    thief = place.browser()
    thief.cookies.update(browser.cookies)  # even with the cookie
    assert browser.get(back, allow_redirects=False, timeout=10).status_code == 303
    assert browser.get(back, allow_redirects=False, timeout=10).status_code == 401
    response = thief.get(back, allow_redirects=False, timeout=10)
    assert response.status_code == 401
    assert not place.signed_in(thief)


def test_the_code_is_bound_to_its_attempt_R2(place: Town) -> None:
    """Another person's code, put into one's own attempt: PKCE at the provider and the nonce stand against it."""
    browser, other = place.browser(), place.browser()
    own = place.to_provider(browser, "sekretær")
    place.provider.people["formand"] = {"email": "chair@region.example", "email_verified": True}
    stolen = parse_qs(urlsplit(place.to_provider(other, "formand")).query)["code"][0]
    mixed = re.sub(r"code=[^&]+", f"code={stolen}", own)
    assert browser.get(mixed, allow_redirects=False, timeout=10).status_code == 401
    assert not place.signed_in(browser)


def unsigned(claims: dict[str, Any], _key: RSAKey) -> str:
    return f"{b64({'alg': 'none', 'typ': 'JWT'})}.{b64(claims)}."


def signed_with_the_client_secret(claims: dict[str, Any], _key: RSAKey) -> str:
    return with_hmac(claims, CLIENT_SECRET.encode(), None)


def signed_with_the_public_key(claims: dict[str, Any], key: RSAKey) -> str:
    return with_hmac(claims, key.as_pem(private=False), key.kid)


def with_its_own_key(claims: dict[str, Any], key: RSAKey) -> str:
    """A key in the token's own header."""
    from joserfc import jwt

    stranger = RSAKey.generate_key(2048, {"kid": key.kid})
    header = {"alg": "RS256", "kid": key.kid, "jwk": stranger.as_dict(private=False)}
    return jwt.encode(header, claims, stranger)


def with_hmac(claims: dict[str, Any], secret: bytes, kid: str | None) -> str:
    header = {"alg": "HS256", "typ": "JWT", **({"kid": kid} if kid else {})}
    body = f"{b64(header)}.{b64(claims)}"
    signature = hmac.new(secret, body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def b64(plain: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "sign", [unsigned, signed_with_the_client_secret, signed_with_the_public_key, with_its_own_key]
)
def test_a_token_that_is_not_signed_by_the_provider_is_refused_R2(place: Town, sign: Any) -> None:
    # As tempting as possible: the provider itself says that it signs so.
    place.provider.about = {"id_token_signing_alg_values_supported": ["RS256", "none", "HS256"]}
    place.provider.sign = sign
    place.refused("sekretær")
    place.provider.sign = None
    assert place.sign_in(place.browser(), "sekretær").status_code == 303


def test_a_token_by_another_key_is_refused_R2(place: Town) -> None:
    place.provider.key = place.provider.other_key
    place.refused("sekretær")
    # The same, under the name of the key that is shown.
    shown = place.provider.shown_keys[0]
    place.provider.key = RSAKey.import_key(
        {**place.provider.other_key.as_dict(private=True), "kid": shown.kid}
    )
    place.refused("sekretær")


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": ["another-client"], "azp": CLIENT_ID},
        {"aud": [CLIENT_ID, "another-client"]},
        {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"},
        {"aud": None},
        {"iss": "https://other.example"},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"exp": None},
        {"exp": -61},
        {"iat": 3600},
        {"nbf": 3600},
    ],
    ids=str,
)
def test_a_token_that_is_not_ours_or_not_now_is_refused_R2(
    place: Town, changes: dict[str, Any]
) -> None:
    now = int(place.world.now.timestamp())

    def broken(claims: dict[str, Any]) -> dict[str, Any]:
        for name, value in changes.items():
            if name in {"exp", "iat", "nbf"} and value is not None:
                claims[name] = now + value
            elif value is None:
                del claims[name]
            else:
                claims[name] = value
        return claims

    place.provider.claims = broken
    place.refused("sekretær")
    place.provider.claims = lambda claims: {
        **claims,
        "exp": now - 30,
    }  # within the skew of two clocks
    assert place.sign_in(place.browser(), "sekretær").status_code == 303


def test_another_issuers_answer_and_a_refusal_are_refused_R2(place: Town) -> None:
    browser = place.browser()
    back = place.to_provider(browser, "sekretær")
    mixed_up = re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fother.example", back)
    assert browser.get(mixed_up, allow_redirects=False, timeout=10).status_code == 401
    place.provider.about = {"authorization_response_iss_parameter_supported": True}
    place.world.now += timedelta(hours=2)
    browser = place.browser()
    back = place.to_provider(browser, "sekretær")
    assert (
        browser.get(re.sub(r"&iss=[^&]+", "", back), allow_redirects=False, timeout=10).status_code
        == 401
    )
    text = place.refused("nobody that the provider knows")
    assert "access_denied" not in text
