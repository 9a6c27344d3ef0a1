"""A pile of real sheets in a real round, scans of it, and a reading process that works when it is told to."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask.testing import FlaskClient

from forms import library
from forms.paper.layout import to_plain
from server.paper.laying_out import LaidOut, lay_out
from server.paper.reader import ReadingProcess
from server.scheduler import Scheduler
from store import paper_batches, paper_findings, paper_readings, piles
from store.paper_batches import Batch
from store.paper_readings import ReadingState
from tests.paper.scans import number, sheet_pages
from tests.paper.sheets import facts, laid_out
from tests.server.installation import World

PILE = "a" * 16
IV = "iv-satisfaction"
#: What everybody here answers, unless a test says otherwise.
MARKS = {"choice": "4", "trust": "5", "informed": "3", "procedures": "4", "preference": "home", "filled_in_by": "self"}  # fmt: skip


def iv_on_paper(version: str) -> LaidOut:
    """The sheet of the round 'open1' in Danish."""
    found = laid_out(IV, "da")
    if found.layout.version == version:
        return found
    questionnaire = library.read(IV)
    return lay_out(questionnaire, facts(questionnaire, version_hash=version), "da")


@dataclass
class PaperWorld:
    """`world` with a pile of `sheets` sheets that Assens hands out in round open1."""

    world: World
    sheet: LaidOut
    rng: random.Random

    def reader(self) -> ReadingProcess:
        """A reading process; its work is done by `work()`."""
        running = self.world.app.extensions["svarboks"]
        return ReadingProcess(
            self.world.store, running.intake, "a test", lambda: self.world.now, self.rng
        )

    def read(self) -> None:
        """Read and hand in all there is."""
        while self.reader().work():
            pass

    def pages(
        self, sheets: int, *, first: int = 1, marks: Mapping[str, str] | None = None
    ) -> list[Sequence[object]]:
        """The pages of so many sheets, with numbers of their own."""
        return [
            sheet_pages(self.sheet, "open1", number(first + at), MARKS | dict(marks or {}))
            for at in range(sheets)
        ]

    def batch(self, batch: str = "") -> Batch:
        """A batch as it is kept: the newest, or the one named."""
        store = self.world.store
        found = paper_batches.find(store.main, batch) if batch else paper_batches.of_round(store.main, "open1")[0]  # fmt: skip
        assert found is not None
        return found

    def decide_all(self, batch: Batch, *, by: int = 1, second: int = 2) -> None:
        """Decide what waits for a person: doubtful answers are left blank, writing is typed, second readers agree."""
        with self.world.store.write_paper() as db:
            for one in paper_readings.to_look_at(db, batch.id):
                typed = ["Tak for det"] if one.state is ReadingState.TYPE else []
                if one.needs == "decision":
                    assert paper_readings.decide(db, batch.id, one.sheet, one.place, typed, by=by)
            for one in paper_readings.to_look_at(db, batch.id):
                assert one.first is not None
                assert paper_readings.decide_second(
                    db, batch.id, one.sheet, one.place, one.first.value, by=second
                )


def paper_world(world: World, *, sheets: int = 4, second_share: int = 0) -> PaperWorld:
    """The pile printed."""
    shown = world.rounds["open"]
    sheet = iv_on_paper(shown.version)
    with world.store.write() as db:
        piles.keep_layout(
            db,
            piles.KeptLayout(
                id=sheet.layout.id,
                version=shown.version,
                language="da",
                layout=to_plain(sheet.layout),
            ),
        )
        piles.add(
            db,
            piles.Pile(
                id=PILE,
                round=shown.id,
                unit="assens",
                layout=sheet.layout.id,
                sheets=sheets,
                printed_at=world.now,
            ),
        )
        db.execute("UPDATE round SET second_share = ?", (second_share,))
    return PaperWorld(world, sheet, random.Random(7))


def token_of(client: FlaskClient) -> str:
    """The token that this session's forms carry."""
    found = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/desk").text)
    assert found is not None
    return found[1]


def begin(client: FlaskClient, pile: str = PILE) -> str:
    """Begin a batch as the script does; its address."""
    response = client.post(
        f"/desk/piles/{pile}/batches",
        data={"token": token_of(client)},
        headers={"Accept": "application/json"},
    )
    assert response.status_code == 201, response.text
    return str(response.json["at"])


def upload(client: FlaskClient, at: str, content: bytes) -> tuple[int, str]:
    """Upload one file as the script does; the status and what became of it."""
    response = client.post(
        f"{at}/files",
        data=content,
        headers={
            "Accept": "application/json",
            "Content-Type": "application/octet-stream",
            "Svarboks-Form-Token": token_of(client),
        },
    )
    body = response.json or {}
    return response.status_code, str(body.get("outcome") or body.get("code"))


def do(client: FlaskClient, path: str, **data: str) -> str:
    """Send a form; the word for what was done."""
    response = client.post(path, data={"token": token_of(client), **data})
    if response.status_code != 303:
        return str(response.status_code)
    found = re.search(r"told=([a-z-]+)", response.headers["Location"])
    return found[1] if found else response.headers["Location"]


def tick(world: World) -> None:
    """Let the scheduler do what waits, of which there must be something."""
    scheduler = Scheduler(world.store, world.keys, "a test", lambda: world.now, random.Random(1))
    assert scheduler.tick()


def kinds(paper: PaperWorld, *, open_only: bool = True) -> list[str]:
    found = paper_findings.of_batch(paper.world.store.paper, paper.batch().id)
    return [one.kind for one in found if one.open or not open_only]


def settle(paper: PaperWorld, client: FlaskClient, kind: str, said: str, **more: str) -> str:
    batch = paper.batch()
    one = next(
        one
        for one in paper_findings.of_batch(paper.world.store.paper, batch.id)
        if one.kind == kind and one.open
    )
    return do(client, f"/desk/batches/{batch.id}/findings/{one.id}", do=said, **more)
