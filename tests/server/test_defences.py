"""Defences that ASVS 5.0 asks for and that no other test shows (docs/security.md names each).

R1 no response allows another origin (3.4.2), none lists a folder (13.4.3) or gives source control away (13.4.1), and TRACE is refused (13.4.4)
R2 a body says truly what it is, with its character set (4.1.1); object-src is covered by default-src 'none' (3.4.3)
R3 what a visitor says of his address, host or protocol changes nothing (4.1.3, 15.3.4)
R4 no page of the desk changes anything on GET (3.5.3)
R5 a field that a form does not have is not taken (15.3.3), and a repeated one does not pass a check that the first fails (15.3.7)
R6 the session's token is new at each sign-in and long (7.2.2, 7.2.3); each page of the desk offers signing out (7.4.4)
R7 a message whose boundaries are ambiguous is not served as two (4.2.1)
R8 signing in again gives a new token and ends the old one (7.2.4); the password is typed hidden and may be pasted and filled in (6.2.6, 6.2.7)
R9 a provider's redirect is not followed (15.3.2)
R10 the code calls no eval, unpickles nothing and parses no XML of others (1.3.2, 1.5.1, 1.5.2); scripts write no HTML (3.2.2)
"""

from __future__ import annotations

import ast
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from forms.problems import Problem
from server.identity_provider import IdentityProvider, ProviderDown
from server.provider_settings import ProviderSettings
from server.rights import ROUTES, Kind
from store import accounts
from tests.server.command_line import fresh
from tests.server.installation import NOW, PASSWORD, World
from tests.server.test_processes import answers, free_port, running

ROOT = Path(__file__).parents[2]
PATHS = ("/s/open1/da", "/sign-in", "/desk", "/api/openapi.json", "/healthz", "/nothing", "/static/icon.svg")  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_no_other_origin_may_read_a_response(world: World, path: str) -> None:
    for method in ("get", "options"):
        response = getattr(world.client(), method)(path, headers={"Origin": "https://evil.example"})
        assert not [name for name, _ in response.headers if name.startswith("Access-Control-")]
        response.close()


@pytest.mark.parametrize("path", PATHS)
def test_trace_is_refused(world: World, path: str) -> None:
    assert world.client().open(path, method="TRACE").status_code in {404, 405}


@pytest.mark.parametrize(
    "path",
    ["/static/", "/static/built/", "/static/built/fonts/", "/.git/config", "/static/../app.py", "/static/%2e%2e/app.py"],
)  # fmt: skip
def test_no_folder_is_listed_and_nothing_beside_the_built_files_is_served(
    world: World, path: str
) -> None:
    assert world.client().get(path).status_code in {404, 405}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/s/open1/da", "text/html; charset=utf-8"),
        ("/sign-in", "text/html; charset=utf-8"),
        ("/nothing", "text/html; charset=utf-8"),
        ("/healthz", "text/plain; charset=utf-8"),
        ("/api/openapi.json", "application/json"),
        ("/api/nothing", "application/problem+json"),
        ("/s/open1/qr.svg", "image/svg+xml"),
    ],
)
def test_a_body_says_truly_what_it_is(world: World, path: str, kind: str) -> None:
    response = world.client().get(path)
    assert response.headers["Content-Type"].startswith(kind)
    body = response.text.lstrip()
    if "html" in kind:
        assert body.lower().startswith("<!doctype html>")
        # Plug-ins: nothing is said of object-src, so default-src holds.
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "object-src" not in policy
        assert "base-uri 'none'" in policy
    elif "json" in kind:
        assert body.startswith("{")


def test_what_a_visitor_says_of_himself_changes_nothing(world: World) -> None:
    said = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Real-IP": "203.0.113.9",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
    }
    for path in ("/s/open1/da", "/s/open1", "/sign-in", "/desk"):
        plain = world.client().get(path)
        dressed = world.client().get(path, headers=said)
        assert (dressed.status_code, dressed.headers.get("Location")) == (
            plain.status_code,
            plain.headers.get("Location"),
        )
        assert "evil.example" not in dressed.text
    # Guessing is slowed for the account, whatever address each guess claims to come from.
    codes = [
        world.client().post(
            "/sign-in",
            data={"email": "chair@region.example", "password": "wrong wrong wrong"},
            headers={"X-Forwarded-For": f"203.0.113.{n}"},
        ).status_code
        for n in range(7)
    ]  # fmt: skip
    assert codes[-1] == 429


def test_no_page_of_the_desk_changes_anything_on_get(world: World) -> None:
    """Each route that a signed-in person may GET is asked for; the data is the same before and after."""
    values = {"round_id": "open1", "unit": "assens"}
    asked = 0
    for name in ("secretariat", "administrator", "chair"):
        client = world.signed_in(name)
        client.get("/desk")
        before = _contents(world)
        for rule in world.app.url_map.iter_rules():
            access = ROUTES.get(rule.endpoint)
            if access is None or access.kind is Kind.PUBLIC or "GET" not in (rule.methods or ()):
                continue
            path = re.sub(
                r"<(?:\w+:)?(\w+)>", lambda found: values.get(found.group(1), "1"), rule.rule
            )
            client.get(path).close()
            asked += 1
        assert _contents(world) == before
    assert asked > 10


def test_each_page_of_the_desk_offers_signing_out(world: World) -> None:
    pages = 0
    for name in ("secretariat", "administrator", "chair", "coordinator"):
        client = world.signed_in(name)
        for rule in world.app.url_map.iter_rules():
            access = ROUTES.get(rule.endpoint)
            if access is None or access.kind is Kind.PUBLIC or "GET" not in (rule.methods or ()):
                continue
            path = re.sub(
                r"<(?:\w+:)?(\w+)>",
                lambda found: {"round_id": "open1", "unit": "assens"}.get(found.group(1), "1"),
                rule.rule,
            )
            response = client.get(path)
            if response.status_code == 200 and response.mimetype == "text/html":
                pages += 1
                assert 'action="/sign-out"' in response.text, path
            response.close()
    assert pages > 8


def test_each_sign_in_has_a_long_token_of_its_own(world: World) -> None:
    tokens = set()
    for _ in range(3):
        for name in ("chair", "secretariat", "administrator", "coordinator"):
            client = world.signed_in(name)
            cookie = client.get_cookie("svarboks")
            assert cookie is not None
            # 43 signs of base64url are 256 bits.
            assert re.fullmatch(r"[\w-]{43}", cookie.value)
            tokens.add(cookie.value)
    assert len(tokens) == 12


def test_signing_in_again_ends_the_session_before(world: World) -> None:
    client = world.signed_in("chair")
    before = client.get_cookie("svarboks")
    assert before is not None
    again = client.post("/sign-in", data={"email": "chair@region.example", "password": PASSWORD})
    assert again.status_code == 303
    after = client.get_cookie("svarboks")
    assert after is not None
    assert after.value != before.value
    stranger = world.client()
    stranger.set_cookie("svarboks", before.value)
    assert stranger.get("/desk").status_code == 302


def test_a_password_is_typed_hidden_and_may_be_pasted(world: World) -> None:
    html = world.client().get("/sign-in").text
    (field,) = re.findall(r"<input[^>]*name=\"password\"[^>]*>", html)
    assert 'type="password"' in field
    assert 'autocomplete="current-password"' in field
    assert "maxlength" not in field
    assert "readonly" not in field
    for path in (ROOT / "sync/tablet/src").glob("*.ts"):
        assert not re.search(r"[\"']paste[\"']", path.read_text("utf-8")), path.name


def test_a_redirect_of_the_provider_is_not_followed() -> None:
    asked: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "/inside")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        provider = IdentityProvider(
            ProviderSettings(
                issuer=f"http://127.0.0.1:{server.server_port}",
                client_id="svarboks",
                client_secret="secret",
                name="",
                trust_email=False,
            ),
            callback="http://localhost:8080/sign-in/oidc/callback",
            clock=lambda: NOW,
        )
        with pytest.raises(ProviderDown):
            provider.begin("/desk")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert asked == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["Content-Length: 5", "Content-Length: 6"], b"hello"),
        (["Content-Length: 4", "Transfer-Encoding: chunked"], b"0\r\n\r\n"),
        (["Transfer-Encoding: xchunked"], b"0\r\n\r\n"),
        (["Transfer-Encoding: identity, chunked", "Content-Length: 0"], b"0\r\n\r\n"),
        (["Content-Length: +5"], b"hello"),
    ],
    ids=["two lengths", "length and chunked", "unknown coding", "two codings", "signed length"],
)
def test_a_message_with_ambiguous_boundaries_ends_the_connection(
    tmp_path: Path, headers: list[str], body: bytes
) -> None:
    """What follows such a message on the same connection is never answered, so nothing can be smuggled in behind it."""
    line, port = fresh(tmp_path), free_port()
    head = "\r\n".join(["POST /api/submissions HTTP/1.1", "Host: localhost", *headers])
    with running(line, port, ["serve"]):
        assert answers(port, "/healthz") == 200
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(
                head.encode()
                + b"\r\n\r\n"
                + body
                + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
            )
            received = b""
            try:
                while part := connection.recv(65536):
                    received += part
                    if received.count(b"HTTP/1.1 ") > 1:
                        break
                    connection.settimeout(2)
            except TimeoutError:
                pass
        assert received.startswith(b"HTTP/1.1 4") or received.startswith(b"HTTP/1.1 501")
        assert b"\r\n\r\nok\n" not in received


def _contents(world: World) -> dict[str, list[tuple[object, ...]]]:
    """Every row of both files, but for when a session was seen and which reports were rendered."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for database in (world.store.main, world.store.waiting):
        for table in database.table_names():
            if table not in {"session", "edition_file"} and not table.startswith("sqlite_"):
                found[table] = sorted(database.execute(f"SELECT * FROM [{table}]").fetchall(), key=repr)  # fmt: skip
    return found


def test_a_field_that_the_form_does_not_have_is_not_taken(world: World) -> None:
    before = _contents(world)["account_role"]
    signed = world.client().post(
        "/sign-in",
        data={
            "email": "chair@region.example",
            "password": PASSWORD,
            "role": "administrator",
            "active": "1",
            "stage": "full",
            "account": "1",
        },
    )
    assert signed.status_code in {302, 303}
    assert _contents(world)["account_role"] == before
    chair = accounts.by_email(world.store.main, "chair@region.example")
    assert chair is not None
    assert {str(grant.role) for grant in chair.grants} == {"chair"}


def test_a_repeated_field_does_not_pass_what_the_first_fails(world: World) -> None:
    client = world.signed_in("secretariat")
    found = re.search(r'name="token" value="([0-9a-f]{64})"', client.get("/desk").text)
    assert found is not None
    for query, body in ((found.group(1), ["wrong"]), ("", ["wrong", found.group(1)])):
        refused = client.post(f"/sign-out?token={query}", data={"token": body})
        assert refused.status_code == Problem.FORGED.status
    both = {"email": ["chair@region.example", "administrator@region.example"], "password": ["wrong wrong wrong", PASSWORD]}  # fmt: skip
    refused = world.client().post("/sign-in", data=both)
    assert refused.status_code not in {302, 303}


FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "jsonpickle", "xmlrpc"}
#: ElementTree reads no external entities; it is used on our own SVG only, where it is used.
XML = {"xml.sax", "xml.dom", "lxml"}


def test_the_code_runs_no_text_and_unpickles_nothing() -> None:
    seen = 0
    for folder in ("forms", "store", "sync", "exports", "server"):
        for path in (ROOT / folder).rglob("*.py"):
            if "node_modules" in path.parts:
                continue
            seen += 1
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    assert node.func.id not in FORBIDDEN_CALLS, f"{path}:{node.lineno}"
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    called = ast.unparse(node.func)
                    # A YAML loader that makes objects of any class.
                    assert called not in {"yaml.load", "yaml.unsafe_load", "yaml.full_load"} or any(
                        "Loader" in ast.unparse(each) for each in [*node.args, *node.keywords]
                    ), f"{path}:{node.lineno}"
                    assert called not in {"os.system", "os.popen"}, f"{path}:{node.lineno}"
                    assert not any(keyword.arg == "shell" for keyword in node.keywords), (
                        f"{path}:{node.lineno}"
                    )
                names = (
                    [each.name for each in node.names] if isinstance(node, ast.Import)
                    else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                )  # fmt: skip
                for name in names:
                    assert name.split(".")[0] not in FORBIDDEN_MODULES, f"{path}:{node.lineno}"
                    assert not any(name.startswith(each) for each in XML), f"{path}:{node.lineno}"
    assert seen > 80


#: Where a script of ours may send a message to: a BroadcastChannel of its own origin, its own worker, the port it was given.
OWN_MESSAGES = {
    "channel.postMessage", "worker?.postMessage", "active?.postMessage", "waiting.postMessage", "event.ports[0]?.postMessage",
}  # fmt: skip


def test_scripts_write_no_html_and_run_no_text() -> None:
    sources = sorted((ROOT / "sync/tablet/src").glob("*.ts"))
    assert len(sources) > 15
    for path in sources:
        text = path.read_text("utf-8")
        for bad in (r"\.(inner|outer)HTML\b", r"insertAdjacentHTML", r"document\.write", r"\beval\(", r"new Function\("):  # fmt: skip
            assert not re.search(bad, text), f"{path.name}: {bad}"
        # Messages go to the own service worker and to the own tabs, which share this origin: never to another window.
        for sent in re.findall(r"[\w.?\[\]]*postMessage", text):
            assert sent in OWN_MESSAGES, f"{path.name}: {sent}"
        if path.name != "sw.ts":
            assert not re.search(r"addEventListener\(\s*[\"']message[\"']", text), path.name


def test_the_built_scripts_load_nothing_from_elsewhere() -> None:
    built = ROOT / "server/static/built"
    for path in [*built.glob("*.js"), *built.glob("*.css")]:
        # Workbox writes this address into a warning on the console; nothing is fetched from it.
        text = path.read_text("utf-8").replace("https://bit.ly/wb-precache", "")
        assert not re.search(r"(https?:)?//[a-z0-9-]+\.[a-z]{2,}/", text), path.name
