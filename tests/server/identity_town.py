"""An identity provider and a service that is registered there, both on loopback, for tests of signing in."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import requests
from werkzeug.serving import make_server

from tests.browser.whole_answers import whole_answers
from tests.server.installation import World, build
from tests.server.mail_server import free_port
from tests.server.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider

VERIFIED = {"email": "secretariat@region.example", "email_verified": True}


class Town:
    """A provider, and a service that is registered there."""

    def __init__(self, provider: Provider, world: World, url: str) -> None:
        self.provider = provider
        self.world = world
        self.url = url

    def browser(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.headers["Accept-Language"] = "en"
        return session

    def to_provider(self, browser: requests.Session, login: str, query: str = "") -> str:
        """Follow the link and sign in at the provider; the address that it sends the browser back to."""
        away = browser.get(f"{self.url}/sign-in/oidc{query}", allow_redirects=False, timeout=10)
        assert away.status_code == 303, away.text
        page = browser.get(away.headers["Location"], timeout=10)
        assert page.status_code == 200, page.text
        fields = dict(re.findall(r'name="([\w_]+)" value="([^"]*)"', page.text))
        back = browser.post(
            f"{self.provider.issuer}/authorize",
            data={**fields, "login": login},
            allow_redirects=False,
            timeout=10,
        )
        assert back.status_code == 303, back.text
        return back.headers["Location"]

    def sign_in(self, browser: requests.Session, login: str, query: str = "") -> requests.Response:
        """The whole way; what the service answers at its end."""
        back = self.to_provider(browser, login, query)
        return browser.get(back, allow_redirects=False, timeout=10)

    def signed_in(self, browser: requests.Session) -> bool:
        return browser.get(f"{self.url}/desk", allow_redirects=False, timeout=10).status_code == 200

    def refused(self, login: str, status: int = 401) -> str:
        """Try the whole way; it must end in a calm page and no session."""
        browser = self.browser()
        response = self.sign_in(browser, login)
        assert response.status_code == status, response.text
        assert not self.signed_in(browser)
        assert "/sign-in" in response.text
        return response.text


def town(folder: Path, **environment: str) -> Iterator[Town]:
    """A provider and a service, both listening."""
    port = free_port()
    url = f"http://localhost:{port}"
    holder: list[World] = []
    with Provider(lambda: holder[0].now, f"{url}/sign-in/oidc/callback") as provider:
        world = build(
            folder,
            SVARBOKS_URL=url,
            SVARBOKS_OIDC_ISSUER=provider.issuer,
            SVARBOKS_OIDC_CLIENT_ID=CLIENT_ID,
            SVARBOKS_OIDC_CLIENT_SECRET=CLIENT_SECRET,
            SVARBOKS_OIDC_NAME="Region Eksempel",
            **environment,
        )
        holder.append(world)
        provider.people["sekretær"] = dict(VERIFIED)
        server = make_server("127.0.0.1", port, whole_answers(world.app.wsgi_app), threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Town(provider, world, url)
        finally:
            server.shutdown()
            thread.join(10)
            server.server_close()
            world.app.extensions["svarboks"].close()
