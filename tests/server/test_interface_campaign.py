"""schemathesis over the OpenAPI document that the service serves, against a real server.

R1  No request makes a 5xx: 503 'busy' would be one, and a server that nobody else uses has no reason for it.
R2  Every status, content type, header and body that comes back is one that the document names; methods that it does not
    name are refused with 405 and Allow.
R3  The campaign turns red on an operation that breaks its description.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask, Response
from werkzeug.serving import make_server

from tests.browser.whole_answers import whole_answers
from tests.server.installation import World

CASES = 200 if os.environ.get("SVARBOKS_PROOF") == "1" else 10
#: Beside the binary body there is nothing in the interface whose form could be wrong, so cases that break the form of the
#: body are refused as unreadable: what is checked of them is that they are refused as documented.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method"
)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """A real server on loopback; its origin."""
    server = make_server("127.0.0.1", 0, whole_answers(app.wsgi_app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def campaign(origin: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """schemathesis as a person would run it."""
    return subprocess.run(
        [Path(sys.executable).with_name("schemathesis"), "run", f"{origin}/api/openapi.json", "--checks", CHECKS,
         "--max-examples", str(CASES), "--seed", "2022", "--generation-database", "none", "--no-color"],
        capture_output=True, text=True, cwd=folder, timeout=600, check=False,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )  # fmt: skip


@pytest.mark.campaign
def test_the_interface_does_what_its_document_says_R1_R2(world: World, tmp_path: Path) -> None:
    with served(world.app) as origin:
        said = campaign(origin, tmp_path)
    print(
        f"\nschemathesis, {CASES} cases an operation:",
        *re.findall(r".*(?:generated|Operations:|Tested:).*", said.stdout),
    )
    assert said.returncode == 0, said.stdout[-4000:]
    tested = re.search(r"(\d+) generated", said.stdout)
    assert tested is not None, said.stdout[-2000:]
    assert int(tested[1]) >= CASES


def test_it_turns_red_R3(tmp_path: Path) -> None:
    app = Flask("broken")
    description = {
        "openapi": "3.1.0", "info": {"title": "x", "version": "1"},
        "paths": {"/api/broken": {"get": {"responses": {"200": {"description": "fine"}}}}},
    }  # fmt: skip
    app.add_url_rule("/api/openapi.json", view_func=lambda: description, endpoint="description")
    app.add_url_rule("/api/broken", view_func=lambda: Response("no", 500), endpoint="broken")
    with served(app) as origin:
        assert campaign(origin, tmp_path).returncode == 1
