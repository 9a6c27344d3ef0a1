"""What every response carries, what is never logged, the description of the interface, the health check."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from forms.problems import Problem
from server import assets
from server.app import create_app
from server.intake_door import LARGEST_ENVELOPE
from server.openapi import DESCRIPTION
from server.rights import PUBLIC, ROUTES
from server.settings import from_environment
from tests.server.installation import World, build


@pytest.mark.parametrize(
    "path",
    [
        "/s/open1/da",
        "/s/nothing",
        "/sign-in",
        "/desk",
        "/healthz",
        "/api/openapi.json",
        "/api/nothing",
    ],
)
def test_every_response_carries_the_security_headers(world: World, path: str) -> None:
    headers = world.client().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    if not path.startswith("/api/"):
        assert "script-src 'self';" in policy
        assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    at_the_desk = path.startswith(("/desk", "/sign-in"))
    assert headers["Referrer-Policy"] == ("same-origin" if at_the_desk else "no-referrer")
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers
    assert "Server" not in headers


def test_on_https_the_browser_is_told_to_stay_there(tmp_path: Path) -> None:
    world = build(tmp_path, SVARBOKS_URL="https://svar.example")
    assert "Strict-Transport-Security" in world.client().get("/s/open1/da").headers
    signed = world.client().post(
        "/sign-in", data={"email": "chair@region.example", "password": "fire ord uden mening"}
    )
    assert "Secure" in signed.headers["Set-Cookie"]
    world.app.extensions["svarboks"].close()


def test_built_files_are_kept_for_ever_by_the_browser(world: World) -> None:
    with world.client().get(assets.address("style.css")) as response:
        assert response.status_code == 200
        assert "immutable" in response.headers["Cache-Control"]


@pytest.mark.parametrize("language", ["da", "en", "ar", "fa"])
def test_nothing_on_a_page_needs_an_exception_from_the_policy(world: World, language: str) -> None:
    for html in (
        world.client().get(f"/s/open1/{language}").text,
        world.client().get(f"/s/open1/{language}/thanks").text,
        world.signed_in("chair").get("/desk/rounds/open1").text,
    ):
        scripts = re.findall(r"<script([^>]*)>", html)
        assert all('type="application/json"' in s or "src=" in s for s in scripts)
        assert not re.search(r"<[^>]*\s(style|on\w+)=", html)
        assert "<style" not in html
        assert not re.search(r'(src|href)="http://(?!localhost)', html)


def test_no_cookie_on_any_public_page(world: World) -> None:
    for path in (
        "/s/open1",
        "/s/open1/da",
        "/s/open1/da/thanks",
        "/s/open1/qr.svg",
        "/accessibility",
    ):
        assert "Set-Cookie" not in world.client().get(path).headers


@pytest.mark.parametrize("path", ["/sign-in", "/forgotten", "/welcome/nothing", "/s/nothing"])
def test_every_page_links_to_the_statement_that_was_set(world: World, path: str) -> None:
    assert f'href="{world.settings.accessibility_url}"' in world.client().get(path).text


def test_what_goes_wrong_inside_is_logged_without_the_words_of_it(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for endpoint in ("broken", "broken_page"):
        monkeypatch.setitem(ROUTES, endpoint, PUBLIC)

    @world.app.get("/api/broken")
    def broken() -> str:
        raise ValueError("what a person wrote")

    @world.app.get("/broken")
    def broken_page() -> str:
        raise ValueError("what a person wrote")

    with caplog.at_level(logging.DEBUG):
        answers = [world.client().get(path) for path in ("/api/broken", "/broken")]
    assert [answer.status_code for answer in answers] == [500, 500]
    assert answers[0].json is not None
    assert answers[0].json["code"] == Problem.UNEXPECTED.code
    for text in (answers[0].text, answers[1].text, caplog.text):
        assert "what a person wrote" not in text
    assert "ValueError at test_headers.py" in caplog.text


def test_requests_are_not_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        world.client().get("/s/open1/da", headers={"User-Agent": "canary-agent"})
        world.client().get("/s/canary-path")
    assert "canary" not in caplog.text


def test_plain_http_elsewhere_draws_a_warning_at_the_desk(tmp_path: Path) -> None:
    world = build(tmp_path, SVARBOKS_URL="http://svar.example")
    html = world.signed_in("chair").get("/desk", headers={"Accept-Language": "en"}).text
    assert "This service is reached over plain http" in html
    world.app.extensions["svarboks"].close()


def test_health_tells_nothing_but_ok(world: World) -> None:
    response = world.client().get("/healthz")
    assert (response.status_code, response.text) == (200, "ok\n")


def test_the_description_describes_the_routes(world: World) -> None:
    served = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in world.app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {
        (path, method) for path, methods in DESCRIPTION["paths"].items() for method in methods
    }
    assert described == served
    assert world.client().get("/api/openapi.json").json == DESCRIPTION
    body = DESCRIPTION["paths"]["/api/submissions"]["post"]["requestBody"]["content"]
    assert body["application/octet-stream"]["schema"]["maxLength"] == LARGEST_ENVELOPE
    responses = DESCRIPTION["paths"]["/api/submissions"]["post"]["responses"]
    assert {"201", "400", "403", "404", "409", "413", "415", "429", "503"} == set(responses)


def test_each_problem_has_a_page_at_its_type(world: World) -> None:
    for problem in Problem:
        response = world.client().get(f"/problems/{problem.code}")
        assert response.status_code == 200
        assert problem.code in response.text
    assert world.client().get("/problems/nothing").status_code == 404


def test_an_empty_data_folder_is_not_served(tmp_path: Path) -> None:
    from forms.problems import ProblemError

    with pytest.raises(ProblemError) as caught:
        create_app(from_environment({"SVARBOKS_DATA": str(tmp_path / "nothing")}))
    assert caught.value.problem is Problem.NOT_INITIALISED
