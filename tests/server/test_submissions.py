"""The interface for programs: sealed answers in, each error in one shape, nothing stored of what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from werkzeug.test import TestResponse

from forms.problems import Problem
from tests.server.installation import World, build, envelope

KEY = "00112233445566778899aabbccddeeff"
SEALED = "application/octet-stream"


def post(world: World, body: bytes, content_type: str = SEALED) -> TestResponse:
    return world.client().post("/api/submissions", data=body, content_type=content_type)


def assert_problem(response: TestResponse, problem: Problem) -> dict[str, Any]:
    """The one shape of errors on the interface (RFC 9457)."""
    assert response.status_code == problem.status
    assert response.content_type == "application/problem+json"
    body: dict[str, Any] = json.loads(response.data)
    assert body["type"] == f"/problems/{problem.code}"
    assert body["code"] == problem.code
    assert body["title"] == problem.title
    assert body["status"] == problem.status
    assert body["remedy"] == problem.remedy
    assert isinstance(body["faults"], list)
    return body


def test_a_sealed_answer_is_kept_and_its_receipt_is_its_digest(world: World) -> None:
    body = envelope(world, "open", {"trust": "5"}, KEY)
    response = post(world, body)
    assert response.status_code == 201
    assert response.json == {"digest": hashlib.sha256(body).hexdigest(), "key": KEY}
    assert world.waiting() == 1


def test_the_same_bytes_twenty_at_once_are_one_row_and_one_receipt(world: World) -> None:
    body = envelope(world, "open", {"trust": "5"}, KEY)
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: post(world, body), range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert world.waiting() == 1


def test_other_bytes_under_the_same_key_change_nothing(world: World) -> None:
    first = envelope(world, "open", {"trust": "5"}, KEY)
    post(world, first)
    assert_problem(post(world, envelope(world, "open", {"trust": "1"}, KEY)), Problem.KEY_CONFLICT)
    assert world.waiting() == 1
    assert post(world, first).status_code == 201


def test_what_names_no_real_round_is_refused(world: World) -> None:
    body = envelope(world, "open", {}, KEY, round_id="nothing1")
    assert_problem(post(world, body), Problem.NO_SUCH_ROUND)
    assert world.waiting() == 0


def test_a_planned_round_does_not_receive(world: World) -> None:
    assert_problem(post(world, envelope(world, "planned", {}, KEY)), Problem.ROUND_NOT_OPEN)
    assert world.waiting() == 0


def test_an_old_key_is_refused(world: World) -> None:
    old = ec.generate_private_key(ec.SECP256R1()).public_key()
    body = envelope(world, "open", {"trust": "5"}, KEY, public_key=old)
    assert_problem(post(world, body), Problem.BAD_ENVELOPE)
    assert world.waiting() == 0


def test_a_wrong_padded_size_is_refused(world: World) -> None:
    body = envelope(world, "open", {"trust": "5"}, KEY, padded_size=65536)
    assert_problem(post(world, body), Problem.WRONG_SIZE)
    assert world.waiting() == 0


def test_noise_is_refused_with_a_clear_error(world: World) -> None:
    rng = random.Random(1)
    good = envelope(world, "open", {"trust": "5"}, KEY)
    noises = [b"", b"SVB1", b"SVB1\xff\xff", rng.randbytes(4200), b"{}", good[:-1], good + b"x"]
    noises += [b"SVB1" + rng.randbytes(rng.randrange(200)) for _ in range(50)]
    for noise in noises:
        response = post(world, noise)
        assert 400 <= response.status_code < 500
        assert response.content_type == "application/problem+json"
    assert world.waiting() == 0


def test_sealed_noise_is_received_because_nobody_can_see_it_is_noise(world: World) -> None:
    good = envelope(world, "open", {"trust": "5"}, KEY)
    response = post(world, good[:-500] + os.urandom(500))
    assert response.status_code == 201


def test_ten_megabytes_are_refused(world: World) -> None:
    huge = b"SVB1" + b"x" * 10_000_000
    assert_problem(post(world, huge), Problem.TOO_LARGE)
    form = world.client().post("/s/open1/da", data={"~key": KEY, "suggestions": "x" * 10_000_000})
    assert form.status_code == 413
    assert form.content_type.startswith("text/html")
    assert world.waiting() == 0


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "", "multipart/form-data"]
)
def test_another_content_type_is_refused(world: World, content_type: str) -> None:
    body = envelope(world, "open", {"trust": "5"}, KEY)
    assert_problem(post(world, body, content_type), Problem.UNSUPPORTED_TYPE)
    assert world.waiting() == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_another_method_is_refused(world: World, method: str) -> None:
    response = world.client().open("/api/submissions", method=method)
    assert_problem(response, Problem.METHOD)
    assert "POST" in response.headers["Allow"]


def test_an_unknown_address_of_the_interface_is_a_problem(world: World) -> None:
    assert_problem(world.client().get("/api/nothing"), Problem.NOT_FOUND)


def test_a_wrong_type_in_every_field_of_a_form_is_a_calm_page(world: World) -> None:
    places = [
        "may", "place", "trust", "aids", "care/met", "care/heard", "minutes", "visits", "seen", "began", "lasted",
        "who", "staff/nurses/total", "staff/nurses/good", "steps/0/sector", "steps/0/waited", "suggestions",
    ]  # fmt: skip
    for value in ("\x00", "💥" * 400, "-1", "1e999", "~nothing", "9" * 400, "\ud7ff'\"><script>"):
        data = dict.fromkeys(places, value)
        response = world.client().post("/s/kinds1/da", data={"~key": KEY, **data})
        assert response.status_code == 422, value
        assert "<script>'" not in response.text
    assert world.waiting() == 0


def test_strange_forms_are_client_errors(world: World) -> None:
    client = world.client()
    for data, content_type in (
        (b"\xff\xfe~key=1", "application/x-www-form-urlencoded"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
        (b"&".join(b"a%d=1" % n for n in range(20000)), "application/x-www-form-urlencoded"),
    ):
        response = client.post("/s/open1/da", data=data, content_type=content_type)
        assert 400 <= response.status_code < 500
    assert world.waiting() == 0


def test_crude_flooding_is_slowed_by_round_and_in_memory(tmp_path: Path) -> None:
    world = build(tmp_path, SVARBOKS_INTAKE_RATE="1", SVARBOKS_INTAKE_BURST="3")
    bodies = [envelope(world, "open", {"trust": "5"}, f"{n:032x}") for n in range(4)]
    assert [post(world, body).status_code for body in bodies] == [201, 201, 201, 429]
    refused = post(world, bodies[3])
    assert_problem(refused, Problem.SLOW_DOWN)
    assert int(refused.headers["Retry-After"]) >= 1
    assert post(world, envelope(world, "other", {"trust": "5"}, KEY)).status_code == 201
    world.elapsed += 2
    assert post(world, bodies[3]).status_code == 201
    world.app.extensions["svarboks"].close()
