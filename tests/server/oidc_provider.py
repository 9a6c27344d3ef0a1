"""A small honest OpenID Connect provider on loopback: discovery, keys, a page to sign in on, a token endpoint.

It keeps the rules that a client relies on (registered redirect_uri, codes that work once, PKCE, a client secret), and can be
told to break one of them: `claims` changes what the next token says, `sign` how it is signed.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

CLIENT_ID = "svarboks-test"
CLIENT_SECRET = "a-secret:of/the test"

_KEYS = [RSAKey.generate_key(2048, {"kid": f"key-{number}", "use": "sig"}) for number in range(2)]


@dataclass
class Grant:
    """A code that was given and not yet redeemed."""

    login: str
    nonce: str
    challenge: str
    redirect_uri: str


@dataclass
class Provider:
    """`people`: what the token says of each login beside the subject. `clock` is the time that tokens are dated by."""

    clock: Callable[[], datetime]
    redirect_uri: str
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    claims: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    sign: Callable[[dict[str, Any], RSAKey], str] | None = None
    about: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: _KEYS[0])
    shown_keys: list[RSAKey] = field(default_factory=lambda: [_KEYS[0]])
    codes: dict[str, Grant] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    down: bool = False

    def __enter__(self) -> Provider:
        """Listen."""
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.issuer = f"http://localhost:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    @property
    def other_key(self) -> RSAKey:
        """A key that is not the one it shows."""
        return _KEYS[1]

    def _answer(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        self.asked.append(request.path)
        routes = {
            "/.well-known/openid-configuration": self._discovery,
            "/keys": self._jwks,
            "/authorize": self._authorize,
            "/token": self._token,
        }
        view = routes.get(request.path)
        if self.down:
            response = Response("down", status=500)
        elif view is None:
            response = Response("nothing", status=404)
        else:
            response = view(request)
        return response(environ, start_response)

    def _discovery(self, _request: Request) -> Response:
        return _json(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                **self.about,
            }
        )

    def _jwks(self, _request: Request) -> Response:
        return _json({"keys": [key.as_dict(private=False) for key in self.shown_keys]})

    def _authorize(self, request: Request) -> Response:
        values = request.values
        wrong = [
            name
            for name, right in (
                ("client_id", CLIENT_ID),
                ("redirect_uri", self.redirect_uri),
                ("response_type", "code"),
                ("code_challenge_method", "S256"),
            )
            if values.get(name) != right
        ]
        if wrong or "openid" not in values.get("scope", "").split() or not values.get("state"):
            return Response(f"wrong: {wrong}", status=400)
        if request.method == "GET":
            hidden = "".join(
                f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
                for name, value in request.args.items()
            )
            return Response(
                '<!doctype html><html lang="en"><title>Provider</title><form method="post" action="/authorize">'
                f'{hidden}<label for="login">Login</label><input id="login" name="login">'
                "<button>Go on</button></form></html>",
                content_type="text/html; charset=utf-8",
            )
        answer = {"state": values["state"], "iss": self.issuer}
        login = values.get("login", "")
        if login in self.people:
            code = secrets.token_urlsafe(1200)  # as long as those of Entra ID
            self.codes[code] = Grant(
                login, values.get("nonce", ""), values["code_challenge"], values["redirect_uri"]
            )
            answer["code"] = code
        else:
            answer["error"] = "access_denied"
        return Response(
            status=303, headers={"Location": f"{self.redirect_uri}?{urlencode(answer)}"}
        )

    def _token(self, request: Request) -> Response:
        authorization = request.authorization
        # RFC 6749, 2.3.1: both are form-encoded before they are joined.
        expected = {(CLIENT_ID, CLIENT_SECRET)}
        if (
            authorization is None
            or (authorization.username, authorization.password) not in expected
        ):
            return _json({"error": "invalid_client"}, 401)
        grant = self.codes.pop(request.form.get("code", ""), None)
        verifier = request.form.get("code_verifier", "")
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            grant is None
            or request.form.get("grant_type") != "authorization_code"
            or request.form.get("redirect_uri") != grant.redirect_uri
            or challenge != grant.challenge
        ):
            return _json({"error": "invalid_grant"}, 400)
        now = int(self.clock().timestamp())
        claims = self.claims(
            {
                "iss": self.issuer,
                "sub": f"subject-of-{grant.login}",
                "aud": CLIENT_ID,
                "exp": now + 300,
                "iat": now,
                "nonce": grant.nonce,
                **self.people[grant.login],
            }
        )
        if self.sign is not None:
            id_token = self.sign(claims, self.key)
        else:
            id_token = jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)
        return _json(
            {
                "access_token": secrets.token_urlsafe(),
                "token_type": "Bearer",
                "expires_in": 300,
                "id_token": id_token,
            }
        )


def _json(plain: Any, status: int = 200) -> Response:
    return Response(json.dumps(plain), status=status, content_type="application/json")
