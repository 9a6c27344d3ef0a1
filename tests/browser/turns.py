"""Turns of a tablet without the rest of it: the pages as a tablet carries them, and the app's own code to begin a turn with.

What enrols, installs and sends has tests of its own; here a page stands in for the list of rounds, so that what one turn
keeps and shows can be tried by itself.
"""

from __future__ import annotations

import base64
import hashlib
import os
import random
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Error, Page, expect
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from forms import library
from server import answering_page
from server.round_facts import asset_addresses, facts_of
from server.service import Service
from store import rounds
from store.devices import Pin
from sync import devices
from sync.envelope import open_envelope, unpack
from sync.payload import unpad
from tests.browser.whole_answers import whole_answers
from tests.node_process import ROOT
from tests.server.installation import World, build, open_round, publish

TABLET_APP = ROOT / "sync" / "tablet"
ESBUILD = TABLET_APP / "node_modules" / "@esbuild" / "linux-x64" / "bin" / "esbuild"
ENTRY = """
export * from "./src/turn";
export { durably, keepNamed } from "./src/storage";
export { counts, undelivered } from "./src/queue";
"""
#: For tests that start a browser of their own, on a profile of its own.
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
#: Who may leave a questionnaire.
PIN = "204816"
ITERATIONS = 1000

#: Where a turn's page is in these tests. A worker of the app, should there be one, leaves it alone.
TURN = "/turns/{round}/{language}"


@dataclass(frozen=True)
class TurnSite:
    """A served installation whose rounds can be answered in turns."""

    world: World
    url: str

    def page(self, round_id: str, language: str) -> str:
        return self.url + TURN.format(round=round_id, language=language)


@contextmanager
def turns_served(folder: Path) -> Iterator[TurnSite]:
    """An installation with the rounds of tests/server/installation.py, a registration and an interview."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    world = build(folder, PORT=str(port))
    for name, questionnaire in (("time", "time-study"), ("ptsd", "ptsd-interviews")):
        read = library.read(questionnaire)
        world.rounds[name] = open_round(world, name, publish(world.store, read), read)
    served = DispatcherMiddleware(world.app, {"/turns": _turns(world)})
    server = make_server("127.0.0.1", port, whole_answers(served), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield TurnSite(world, f"http://localhost:{port}")
    server.shutdown()
    thread.join()
    server.server_close()
    world.app.extensions["svarboks"].close()


def _turns(world: World) -> Flask:
    app = Flask("turns")
    script = _bundle()
    running: Service = world.app.extensions["svarboks"]

    @app.get("/ready")
    def ready() -> str:
        return '<!doctype html><html lang="en"><title>Ready</title><script src="/turns/app.js"></script><p id="ready">Ready</p></html>'

    @app.get("/app.js")
    def code() -> tuple[bytes, dict[str, str]]:
        return script, {"Content-Type": "text/javascript"}

    @app.get("/<round_id>/<language>")
    def page(round_id: str, language: str) -> tuple[str, dict[str, str]]:
        found = rounds.read(world.store.main, round_id)
        at = {tag: TURN.format(round=round_id, language=tag) for tag in found.languages}
        facts = replace(facts_of(running, found), channel="tablet", languages_at=at)
        with world.app.app_context():
            html = answering_page.render(
                running.questionnaire(found.version),
                facts,
                language,
                one_time_key="",
                assets=asset_addresses(),
            )
        return html, {"Cache-Control": "no-store"}

    return app


def _bundle() -> bytes:
    """The app's own code, so that a turn begins here as it does there."""
    return subprocess.run(
        [os.fspath(ESBUILD), "--bundle", "--format=iife", "--global-name=app", "--log-level=error"],
        input=ENTRY.encode(),
        cwd=TABLET_APP,
        capture_output=True,
        check=True,
    ).stdout


def pin() -> Pin:
    """The staff's PIN as the desk keeps it; made with few rounds, so that tests do not wait for it."""
    salt = b"a salt of tests."
    digest = hashlib.pbkdf2_hmac("sha256", PIN.encode(), salt, ITERATIONS)
    return Pin(salt=salt, iterations=ITERATIONS, hash=digest)


def _pin() -> dict[str, Any]:
    made = pin()
    return {
        "salt": _base64url(made.salt),
        "iterations": made.iterations,
        "hash": _base64url(made.hash),
    }


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def goes_to(page: Page, address: str) -> None:
    """Open an address; anew where the app, on its way somewhere else, came in between."""
    for _ in range(5):
        try:
            page.goto(address)
        except Error as error:
            if "interrupted by another navigation" not in str(error):
                raise
            page.wait_for_load_state()
        else:
            return
    raise AssertionError(f"the app never lets {address} open")


def begin(page: Page, site: TurnSite, round_id: str, language: str, minutes: int = 30) -> None:
    """Begin a turn in this tab, as staff do with two taps, and wait for its first page."""
    goes_to(page, f"{site.url}/turns/ready")
    version = rounds.read(site.world.store.main, round_id).version
    page.evaluate(
        """async ([plan, pin]) => {
          await app.keepNamed({ manifest: { pin, rounds: [] } });
          const bundle = { round: plan.round, version: plan.version, paddedSize: 4096, pages: {} };
          await app.durably(['bundles'], (writing) => writing.objectStore('bundles').put(bundle));
          await app.beginTurn(plan);
        }""",
        [
            {"round": round_id, "version": version, "language": language, "minutes": minutes},
            _pin(),
        ],
    )
    goes_to(page, site.page(round_id, language))
    shown(page)


def enrolled(page: Page, site: TurnSite, *rounds_taken: str) -> None:
    """Make this browser a real tablet of the installation, with the app and its pages kept in it."""
    _, code = devices.prepare(
        site.world.store,
        name="Assens 1",
        unit="assens",
        rounds=rounds_taken,
        pin=pin(),
        actor="account:1",
        now=site.world.now,
        rng=random.Random(),
    )
    goes_to(page, f"{site.url}/tablet#enrol={code}")
    expect(page.get_by_text("Klar til brug uden netværk.")).to_be_visible()
    expect(page.locator(".tablet-choice:enabled")).to_have_count(len(rounds_taken))
    expect(page.locator("body[data-asked]")).to_be_attached()


def two_taps(page: Page, round_name: str, language: str = "Dansk") -> None:
    """Begin a turn as staff do: the questionnaire, and the language where there are several."""
    page.locator(".tablet-round .tablet-choice", has_text=f"Runde {round_name}").click()
    one = page.locator("#main").get_by_role("button", name=language)
    page.wait_for_function(
        "(language) => location.pathname.startsWith('/tablet/turn/') || document.body.innerText.includes(language)",
        arg=language,
    )
    if not page.url.startswith(page.url.split("/tablet")[0] + "/tablet/turn/") and one.count():
        one.click()
    page.wait_for_url("**/tablet/turn/**")
    shown(page)


def shown(page: Page) -> None:
    """Wait until the turn's page is there for its person."""
    expect(page.locator("html.enhanced:not(.blank) #answering")).to_be_visible()


def type_pin(page: Page, digits: str = PIN) -> None:
    """On the keys of the screen."""
    for digit in digits:
        page.locator(".pin-key", has_text=digit).first.click()
    page.locator(".pin-go").click()


def queued(page: Page, site: TurnSite) -> list[dict[str, Any]]:
    """What waits in this browser's queue, opened with the rounds' keys: only a test can."""
    goes_to(page, f"{site.url}/turns/ready")
    envelopes = page.evaluate(
        "async () => (await app.undelivered()).map((item) => Array.from(item.envelope))"
    )
    answers = []
    for raw in map(bytes, envelopes):
        header = unpack(raw).header
        payload = unpad(open_envelope(raw, site.world.keys.private(header.round)))
        answers.append({"~round": header.round, "~language": payload.language, **payload.answers})
    return answers


#: The names of what lies in the store of drafts.
DRAFTS = """async () => {
  const opening = indexedDB.open('svarboks');
  const db = await new Promise((done) => (opening.onsuccess = () => done(opening.result)));
  const request = db.transaction('draft').objectStore('draft').getAllKeys();
  const names = await new Promise((done) => (request.onsuccess = () => done(request.result)));
  db.close();
  return names.map(String);
}"""


def drafts(page: Page) -> list[str]:
    """The names of what lies in the store of drafts."""
    found: list[str] = page.evaluate(DRAFTS)
    return found


def kept(page: Page) -> None:
    """Wait until something of this turn is in its draft (0.3 s after it was written)."""
    for _ in range(200):
        if any(name.startswith("~turn/") for name in drafts(page)):
            return
        page.wait_for_timeout(50)
    raise AssertionError("no draft is kept")
