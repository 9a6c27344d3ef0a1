"""Whom to write to about a fault in the security, and that browsers stay on https.

R1 /.well-known/security.txt (RFC 9116) stands where a contact is set, and nowhere else; it never runs out while it is served
R2 a contact that nobody could use stops the start
R3 over https each response tells the browser to come back by https for a year, under this name and below (ASVS 5.0, 3.4.1)
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.settings import SettingsError, from_environment
from tests.server.installation import NOW, World, build


def test_without_a_contact_there_is_no_page(world: World) -> None:
    assert world.client().get("/.well-known/security.txt").status_code == 404


@pytest.mark.parametrize(
    ("setting", "contact"),
    [
        ("security@region.example", "mailto:security@region.example"),
        ("mailto:security@region.example", "mailto:security@region.example"),
        ("https://region.example/security", "https://region.example/security"),
    ],
)
def test_the_contact_is_served_as_rfc_9116_says(tmp_path: Path, setting: str, contact: str) -> None:
    world = build(tmp_path, SVARBOKS_SECURITY_CONTACT=setting, SVARBOKS_URL="https://svar.example")
    response = world.client().get("/.well-known/security.txt")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in response.text.splitlines())
    assert fields["Contact"] == contact
    assert fields["Canonical"] == "https://svar.example/.well-known/security.txt"
    expires = datetime.strptime(fields["Expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert NOW + timedelta(days=30) < expires < NOW + timedelta(days=365)
    world.now = NOW + timedelta(days=400)
    later = world.client().get("/.well-known/security.txt").text
    assert f"Expires: {(world.now + timedelta(days=180)):%Y-%m-%d}T00:00:00Z" in later
    world.app.extensions["svarboks"].close()


@pytest.mark.parametrize("value", ["security", "http://region.example", "javascript:alert(1)"])
def test_a_contact_that_nobody_could_use_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^SVARBOKS_SECURITY_CONTACT: "):
        from_environment({"SVARBOKS_SECURITY_CONTACT": value})


@pytest.mark.parametrize("path", ["/sign-in", "/s/open1/da", "/api/openapi.json", "/nothing"])
def test_over_https_browsers_are_told_to_stay_there_for_a_year(tmp_path: Path, path: str) -> None:
    world = build(tmp_path, SVARBOKS_URL="https://svar.example")
    sent = world.client().get(path).headers.getlist("Strict-Transport-Security")
    assert sent == ["max-age=31536000; includeSubDomains"]
    world.app.extensions["svarboks"].close()
