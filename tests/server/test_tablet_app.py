"""The tablet's app as it is served: one page, one worker with the list of its files, what an installation needs."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from server.security import CONTENT_SECURITY_POLICY
from server.tablet_words import SHELL_WORDS
from tests.server.installation import World


def listed(world: World) -> dict[str, Any]:
    """What the worker says that the app consists of."""
    first = world.app.test_client().get("/sw.js").text.split("\n", 1)[0]
    read: dict[str, Any] = json.loads(first.removeprefix("self.SVARBOKS=").removesuffix(";"))
    return read


def test_every_file_of_the_app_is_served_with_the_bytes_that_the_worker_names(world: World) -> None:
    client = world.app.test_client()
    app = listed(world)
    files = [app["shell"], *app["assets"]]
    assert {"answer", "tablet", "style"} <= {
        file["url"].split("/")[-1].split(".")[0] for file in files
    }
    for file in files:
        response = client.get(file["url"], buffered=True)
        assert response.status_code == 200, file
        digest = base64.b64encode(hashlib.sha256(response.data).digest()).decode()
        assert file["integrity"] == f"sha256-{digest}", file
    assert not [file for file in files if "desk" in file["url"] or "/sw" in file["url"]]


def test_the_worker_may_answer_below_the_top_and_is_asked_for_anew(world: World) -> None:
    response = world.app.test_client().get("/sw.js")
    assert response.mimetype == "text/javascript"
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_a_kept_page_gets_the_headers_that_the_server_gives(world: World) -> None:
    served = world.app.test_client().get("/tablet").headers
    assert {name: served[name] for name in listed(world)["headers"]} == listed(world)["headers"]


def test_the_page_says_the_same_to_everybody_in_both_languages(world: World) -> None:
    client = world.app.test_client()
    pages = {
        client.get("/tablet", headers={"Accept-Language": tag}).text for tag in ("da", "en", "ar")
    }
    assert len(pages) == 1
    page = pages.pop()
    words = json.loads(page.split('id="words">')[1].split("</script>")[0])
    assert set(words) == {"da", "en"}
    assert all(set(SHELL_WORDS) <= set(said) for said in words.values())
    assert "Set-Cookie" not in client.get("/tablet").headers


def test_a_turn_without_a_worker_leads_to_the_app(world: World) -> None:
    response = world.app.test_client().get("/tablet/turn/open1/da")
    assert (response.status_code, response.headers["Location"]) == (302, "/tablet")


def test_it_can_be_installed(world: World) -> None:
    client = world.app.test_client()
    response = client.get("/manifest.webmanifest")
    assert response.mimetype == "application/manifest+json"
    said = json.loads(response.data)
    assert (said["start_url"], said["scope"], said["display"]) == (
        "/tablet",
        "/tablet",
        "fullscreen",
    )
    sizes = {icon["sizes"] for icon in said["icons"]}
    assert {"192x192", "512x512"} <= sizes
    for icon in said["icons"]:
        assert client.get(icon["src"], buffered=True).mimetype == icon["type"]
    assert {"any", "maskable"} <= {icon.get("purpose", "any") for icon in said["icons"]}


@pytest.mark.parametrize("path", ["/tablet", "/sw.js", "/manifest.webmanifest"])
def test_nothing_else_but_looking_is_possible(world: World, path: str) -> None:
    assert world.app.test_client().post(path).status_code == 405
