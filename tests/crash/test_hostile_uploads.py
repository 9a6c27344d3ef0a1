"""Hostile files among honest ones, uploaded over HTTP to a real server and read by the real reading process.

No request is answered with 5xx, each file has a message of its own, no child outlives its limit, and the honest files beside
them are read. In check size a twentieth of the 300 (as tests/paper/test_hostile_files.py), in full with SVARBOKS_PROOF=1.
"""

from __future__ import annotations

import html
import os
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from store import paper_files, paper_pages, paper_sheets
from store.paper_files import FileState
from store.paper_sheets import SheetStanding
from sync.paper.child_process import MODULE
from sync.paper.pages import Limits
from tests.crash.processes import PRODUCT, Running, free_port
from tests.paper.generator.sheet import Grey
from tests.paper.hostile import Hostile, hostile_files
from tests.paper.scans import as_image, as_pdf, as_tiff, flat, number
from tests.server.installation import PASSWORD, build
from tests.server.paper_world import PILE, PaperWorld, paper_world

READER = ("-m", "server.cli", "reader")
PROOF = os.environ.get("SVARBOKS_PROOF") == "1"
FILES, SHARE = 300, 1 if PROOF else 20
#: After so many hostile files comes an honest one.
HONEST_AFTER = 30 if PROOF else 5
#: A child may take its limit to start and to open the file, and once more for each page; honest and broken files have two.
LONGEST_LIFE = 20.0 + 4 * Limits().seconds
PATIENCE = 3600.0 if PROOF else 300.0


@dataclass
class Site:
    """A signed-in coordinator's browser, without the browser. `statuses` counts what came back."""

    session: requests.Session
    origin: str
    token: str = ""
    statuses: Counter[int] = field(default_factory=Counter)

    def sign_in(self) -> None:
        """As the coordinator of Assens."""
        form = {"email": "coordinator@region.example", "password": PASSWORD}
        assert self.post("/sign-in", data=form).status_code == 303
        found = re.search(r'name="token" value="([0-9a-f]+)"', self.get("/desk").text)
        assert found is not None
        self.token = found[1]

    def get(self, path: str) -> requests.Response:
        """A page."""
        return self._noted(self.session.get(self.origin + path, timeout=120))

    def post(self, path: str, **how: object) -> requests.Response:
        """A form, or a file as the script sends it."""
        return self._noted(
            self.session.post(self.origin + path, timeout=120, allow_redirects=False, **how)  # type: ignore[arg-type]
        )

    def upload(self, at: str, content: bytes) -> requests.Response:
        """One file."""
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/octet-stream",
            "Svarboks-Form-Token": self.token,
        }
        return self.post(f"{at}/files", data=content, headers=headers)

    def _noted(self, response: requests.Response) -> requests.Response:
        self.statuses[response.status_code] += 1
        return response


class Watch:
    """Looks at the children that the reading process starts: how long each was seen alive, in seconds."""

    def __init__(self, parent: int) -> None:
        self._parent = parent
        self._seen: dict[int, tuple[float, float]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def lives(self) -> list[float]:
        """Of each child."""
        return [last - first for first, last in self._seen.values()]

    def alive(self) -> list[int]:
        """The children there are now."""
        found = []
        for task in Path(f"/proc/{self._parent}/task").glob("*/children"):
            try:
                for child in task.read_text().split():
                    if MODULE.encode() in Path(f"/proc/{child}/cmdline").read_bytes():
                        found.append(int(child))
            except OSError:  # it ended while it was looked at
                continue
        return found

    def _look(self) -> None:
        while not self._over.wait(0.1):
            now = time.monotonic()
            for child in self.alive():
                first, _ = self._seen.get(child, (now, now))
                self._seen[child] = (first, now)


@pytest.mark.campaign
def test_hostile_files_among_honest_ones(tmp_path: Path) -> None:
    world = build(tmp_path)
    honest = FILES // SHARE // HONEST_AFTER
    paper = paper_world(world, sheets=honest)
    broken = honest_scans(flat(paper.pages(1, first=900)))
    made = hostile_files(FILES, broken, random.Random(5))
    chosen = [one for at, one in enumerate(made) if at % SHARE == 0]
    try:
        with served(tmp_path, str(world.settings.keys)) as (site, reader):
            with Watch(reader.pid) as watch:
                at, sent = sent_all(site, paper, chosen)
                read_by_then(site, at)
            said = messages(site, at)
            assert watch.alive() == []
        assert [status for status in site.statuses if status >= 500] == []
        assert watch.lives, "no child was seen"
        assert max(watch.lives) < LONGEST_LIFE
        batch = paper.batch()
        files = {one.turn: one for one in paper_files.of_batch(world.store.paper, batch.id)}
        assert len(files) == len(sent) + honest
        for turn, hostile in sent.items():
            assert len(said[turn]) > 10, hostile.what
            if not hostile.fine:
                assert files[turn].said, hostile.what
                pages = paper_pages.of_file(world.store.paper, batch.id, files[turn].digest)
                assert [one for one in pages if one.status == "sheet"] == [], hostile.what
        for one in files.values():
            assert one.state is not FileState.WAITING
            assert one.lies_at is None
        found = {
            one.number
            for one in paper_sheets.of_batch(world.store.paper, batch.id)
            if one.standing is SheetStanding.IN
        }
        assert {number(one + 1) for one in range(honest)} <= found
        print(
            f"\n{len(chosen)} hostile and {honest} honest files over HTTP: statuses {dict(sorted(site.statuses.items()))}; "
            f"{len(watch.lives)} children, the longest {max(watch.lives):.1f} s; "
            f"said {Counter(one.said or 'read' for one in files.values())}"
        )
    finally:
        world.app.extensions["svarboks"].close()


def honest_scans(pages: list[Grey]) -> dict[str, bytes]:
    """Good scans, by form."""
    return {
        "jpeg": as_image(pages[0], "JPEG"),
        "png": as_image(pages[0], "PNG"),
        "tiff": as_tiff(pages[:2]),
        "pdf": as_pdf(pages[:2]),
    }


@contextmanager
def served(folder: Path, keys: str) -> Iterator[tuple[Site, Running]]:
    """The server and the reading process, as they run in earnest."""
    port = free_port()
    server = Running("server", PRODUCT, folder, port=port, SVARBOKS_KEYS=keys,
                     SVARBOKS_URL=f"http://localhost:{port}", SVARBOKS_SECOND_FACTOR="offered")  # fmt: skip
    reader = Running("reader", READER, folder, SVARBOKS_KEYS=keys)
    server.start()
    reader.start()
    try:
        server.wait_until_it_answers()
        with requests.Session() as session:
            session.headers["Accept-Language"] = "da"
            site = Site(session, f"http://localhost:{port}")
            site.sign_in()
            yield site, reader
    finally:
        server.stop()
        reader.kill()


def sent_all(
    site: Site, paper: PaperWorld, chosen: list[Hostile]
) -> tuple[str, dict[int, Hostile]]:
    """Upload them, an honest one after each HONEST_AFTER; where the batch is, and which hostile file has which turn."""
    begun = site.post(
        f"/desk/piles/{PILE}/batches",
        data={"token": site.token},
        headers={"Accept": "application/json"},
    )
    assert begun.status_code == 201
    at = str(begun.json()["at"])
    turn, sent = 0, {}
    for count, hostile in enumerate(chosen, 1):
        answer = site.upload(at, hostile.raw)
        assert answer.status_code in (200, 201), hostile.what
        assert answer.json()["said"]
        if answer.json()["outcome"] == "new":
            turn += 1
            sent[turn] = hostile
        else:
            assert answer.json()["outcome"] == "empty", hostile.what
        if count % HONEST_AFTER == 0:
            scan = as_pdf(flat(paper.pages(1, first=count // HONEST_AFTER)))
            assert site.upload(at, scan).json()["outcome"] == "new"
            turn += 1
    assert site.post(f"{at}/sent", data={"token": site.token}).status_code == 303
    return at, sent


def read_by_then(site: Site, at: str) -> None:
    """Wait until the batch's page says that all is read."""
    until = time.monotonic() + PATIENCE
    while site.get(f"{at}/state").json()["reading"]:
        assert time.monotonic() < until
        time.sleep(0.3)


def messages(site: Site, at: str) -> dict[int, str]:
    """What the batch's page says of each file."""
    page = site.get(at)
    assert page.status_code == 200
    found = re.findall(r'<li data-turn="(\d+)">.*?<span data-said>(.*?)</span>', page.text, re.DOTALL)  # fmt: skip
    return {int(turn): html.unescape(said).strip() for turn, said in found}
