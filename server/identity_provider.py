"""Signing in with an identity provider: OpenID Connect, authorization code flow with PKCE, through Authlib.

What is checked follows OpenID Connect Core 3.1.3.7 and RFC 9700: the answer belongs to the browser that asked (state), was
given by this provider (RFC 9207), the code is redeemed with its verifier, and the token is signed by one of the provider's
keys, for us, by this issuer, for this attempt (nonce), and has not expired. Nothing of it is kept but issuer and subject.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from server.local_hosts import is_local
from server.provider_settings import ProviderSettings
from server.sign_in_state import LASTS, Began

SCOPE = "openid profile email"

#: Signatures with the provider's own key only: never `none`, never one with a secret that we hold too.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")  # fmt: skip

#: How far the two clocks may be apart, in seconds.
SKEW = 60
#: What is remembered of the provider, how long it is left in peace after it did not answer, how often keys are looked for.
REMEMBERED = timedelta(hours=1)
LEFT_IN_PEACE = timedelta(seconds=10)
KEYS_AT_MOST_EVERY = timedelta(minutes=1)

#: Seconds to connect, and to wait for each answer.
TIMEOUT = (5.0, 10.0)
LARGEST_ANSWER = 1024 * 1024


class ProviderDown(Exception):  # noqa: N818 - a state of theirs, no fault of ours
    """The provider does not answer, or not as a provider does. The words say what of it, for the log."""


class NotAccepted(Exception):  # noqa: N818
    """What came back proves nobody's identity. The words say why, for the log; they hold nothing about the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom the provider vouches for. `email` is '' where there is none that can be relied on."""

    issuer: str
    subject: str
    email: str


@dataclass(frozen=True, slots=True)
class _Found:
    """What the provider says of itself, and its keys."""

    about: Mapping[str, Any]
    keys: KeySet
    at: datetime
    keys_at: datetime


class IdentityProvider:
    """The provider of one installation; one per process. `callback` is our address that it sends people back to."""

    def __init__(
        self, settings: ProviderSettings, *, callback: str, clock: Callable[[], datetime]
    ) -> None:
        self.settings = settings
        self._callback = callback
        self._clock = clock
        self._found: _Found | None = None
        self._silent_until: datetime | None = None

    def begin(self, next_path: str) -> tuple[str, Began]:
        """Where to send the browser, and what it has to carry meanwhile.

        Raises ProviderDown.
        """
        about = self._known().about
        began = Began(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            next=next_path,
            until=int((self._clock() + LASTS).timestamp()),
        )
        with self._client(about) as client:
            address, _state = client.create_authorization_url(
                about["authorization_endpoint"],
                state=began.state,
                nonce=began.nonce,
                code_verifier=began.verifier,
            )
        return str(address), began

    def finish(self, answer: Mapping[str, str], began: Began | None) -> Person:
        """Who has signed in, from what the browser came back with and what it carried.

        Raises NotAccepted, ProviderDown.
        """
        if began is None:
            raise NotAccepted("no attempt of this browser")
        if not hmac.compare_digest(answer.get("state", "").encode(), began.state.encode()):
            raise NotAccepted("state")
        if "error" in answer:
            raise NotAccepted(f"refused: {_word(answer['error'])}")
        about = self._known().about
        named = answer.get("iss")
        if named is None and about.get("authorization_response_iss_parameter_supported") is True:
            raise NotAccepted("no issuer in the answer")
        if named is not None and named != self.settings.issuer:
            raise NotAccepted("another issuer's answer")
        if not answer.get("code"):
            raise NotAccepted("no code")
        token = self._redeem(about, answer["code"], began.verifier)
        return self._person(self._claims(token, began.nonce))

    def _client(self, about: Mapping[str, Any]) -> OAuth2Session:
        supported = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        method = next(
            (one for one in ("client_secret_basic", "client_secret_post") if one in supported),
            "client_secret_basic",
        )
        return OAuth2Session(
            self.settings.client_id,
            self.settings.client_secret,
            token_endpoint_auth_method=method,
            scope=SCOPE,
            redirect_uri=self._callback,
            code_challenge_method="S256",
        )

    def _redeem(self, about: Mapping[str, Any], code: str, verifier: str) -> dict[str, Any]:
        try:
            with self._client(about) as client:
                token = client.fetch_token(
                    about["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    timeout=TIMEOUT,
                    allow_redirects=False,
                )
        except OAuthError as error:
            raise NotAccepted(f"code refused: {_word(str(error.error))}") from error
        except (requests.RequestException, ValueError) as error:
            raise ProviderDown(f"token endpoint: {type(error).__name__}") from error
        return dict(token)

    def _claims(self, token: Mapping[str, Any], nonce: str) -> CodeIDToken:
        id_token = token.get("id_token")
        if not isinstance(id_token, str):
            raise NotAccepted("no id_token")
        essential = {"essential": True}
        try:
            signed = self._verified(id_token)
            claims = CodeIDToken(
                signed.claims,
                signed.header,
                {
                    "iss": {**essential, "value": self.settings.issuer},
                    "aud": {**essential, "value": self.settings.client_id},
                    "nonce": {**essential, "value": nonce},
                    "sub": dict(essential),
                    "exp": dict(essential),
                },
                {
                    "nonce": nonce,
                    "client_id": self.settings.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(now=int(self._clock().timestamp()), leeway=SKEW)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            claim = getattr(error, "claim", "")
            raise NotAccepted(
                f"id_token: {type(error).__name__} {_word(str(claim or ''))}"
            ) from error
        return claims

    def _verified(self, id_token: str) -> jwt.Token:
        """Raises JoseError or ValueError for what is not signed by a key of the provider."""
        known = self._known()
        supported = known.about.get("id_token_signing_alg_values_supported", ["RS256"])
        registry = JWSRegistry(
            algorithms=[one for one in ALGORITHMS if one in supported], strict_check_header=False
        )
        try:
            return jwt.decode(id_token, key=known.keys, registry=registry)
        except InvalidKeyIdError:
            # The provider may have begun to use a new key since.
            if self._clock() - known.keys_at < KEYS_AT_MOST_EVERY:
                raise
            return jwt.decode(id_token, key=self._look().keys, registry=registry)

    def _person(self, claims: Mapping[str, Any]) -> Person:
        subject = claims["sub"]
        if not isinstance(subject, str) or not subject:
            raise NotAccepted("sub")
        # Entra ID has no email_verified; xms_edov says there that the owner of the address's domain has vouched for it.
        said = claims.get("email_verified", claims.get("xms_edov"))
        email = claims.get("email") if said in (True, "true", "1") else None
        # An address that is said not to be verified is never taken, whatever the setting.
        if self.settings.trust_email and said is None:
            email = claims.get("email") or claims.get("preferred_username")
        return Person(
            issuer=self.settings.issuer,
            subject=subject,
            email=email.strip() if isinstance(email, str) else "",
        )

    def _known(self) -> _Found:
        found = self._found
        if found is not None and self._clock() - found.at < REMEMBERED:
            return found
        try:
            return self._look()
        except ProviderDown:
            # What was known an hour ago is most likely still so.
            if found is not None:
                return found
            raise

    def _look(self) -> _Found:
        now = self._clock()
        if self._silent_until is not None and now < self._silent_until:
            raise ProviderDown("it did not answer a moment ago")
        try:
            about = self._discovered()
            keys = KeySet.import_key_set({"keys": _fetch(about["jwks_uri"])["keys"]})
        except (
            ProviderDown,
            requests.RequestException,
            JoseError,
            ValueError,
            TypeError,
            KeyError,
        ) as error:
            self._silent_until = now + LEFT_IN_PEACE
            why = str(error) if isinstance(error, ProviderDown) else type(error).__name__
            raise ProviderDown(why) from error
        self._found = _Found(about, keys, now, now)
        return self._found

    def _discovered(self) -> Mapping[str, Any]:
        issuer = self.settings.issuer
        about = _fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if about.get("issuer") != issuer:
            raise ProviderDown("the discovery document names another issuer")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            parts = urlsplit(str(about.get(name, "")))
            safe = parts.scheme == "https" or (parts.scheme == "http" and is_local(parts.hostname))
            if not safe or not parts.hostname:
                raise ProviderDown(f"{name} is not an https address")
        return about


def _fetch(address: str) -> dict[str, Any]:
    """A JSON object of at most a mebibyte. Raises requests.RequestException, ValueError, ProviderDown."""
    with requests.get(
        address,
        timeout=TIMEOUT,
        allow_redirects=False,
        stream=True,
        headers={"Accept": "application/json"},
    ) as response:
        if response.status_code != 200:
            raise ProviderDown(f"status {response.status_code}")
        body = response.raw.read(LARGEST_ANSWER + 1, decode_content=True)
    if len(body) > LARGEST_ANSWER:
        raise ProviderDown("too large an answer")
    plain = json.loads(body)
    if not isinstance(plain, dict):
        raise ProviderDown("not a JSON object")
    return plain


def _word(text: str) -> str:
    """An error code of a provider, fit for a log."""
    return "".join(
        sign for sign in text[:40] if sign.isascii() and (sign.isalnum() or sign in "_-")
    )
