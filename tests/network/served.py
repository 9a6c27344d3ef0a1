"""An installation as a region would have it, served by `svarboks serve` in processes of its own, with codes for tablets."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from store.database import Store, open_store
from sync import devices
from tests.crash.processes import PRODUCT, ROOT, Running, free_port
from tests.server.command_line import CommandLine, fresh

UNIT = "assens"
PIN = "4711"


@dataclass
class Served:
    """A served installation. `server` may be killed and started again; `url`, what browsers call it, stays."""

    folder: Path
    line: CommandLine
    server: Running
    url: str
    rounds: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.port

    def open(self) -> Store:
        """Its store, beside the processes that serve it."""
        return open_store(self.line.data)

    def codes(self, number: int = 1) -> list[str]:
        """Codes that enrol so many new tablets for all rounds."""
        rng = secrets.SystemRandom()
        with self.open() as store:
            pin = devices.make_pin(PIN, rng)
            return [
                devices.prepare(
                    store, name=f"Tablet {one + 1}", unit=UNIT, rounds=self.rounds, pin=pin,
                    actor="account:1", now=datetime.now(UTC), rng=rng,
                )[1]
                for one in range(number)
            ]  # fmt: skip

    def stored(self) -> dict[str, str]:
        """What waits to be mixed, and what was: key -> digest, in hex."""
        with self.open() as store:
            rows = [
                *store.waiting.execute("SELECT key, digest FROM submission").fetchall(),
                *store.main.execute("SELECT key, digest FROM receipt").fetchall(),
            ]
        found = {bytes(key).hex(): bytes(digest).hex() for key, digest in rows}
        assert len(found) == len(rows), "a key stands twice"
        return found

    def back_up(self) -> Path:
        """A copy of the data, as last night's backup: the service rests meanwhile."""
        self.server.stop()
        copy = self.folder / "last-night"
        shutil.copytree(self.line.data, copy)
        self.server.start()
        self.server.wait_until_it_answers()
        return copy

    def restore(self, copy: Path) -> None:
        """Bring a backup back, as docs/installing.md says."""
        self.server.stop()
        shutil.rmtree(self.line.data)
        shutil.copytree(copy, self.line.data)
        self.line.done("restore")
        self.server.start()
        self.server.wait_until_it_answers()

    def mix_all(self) -> int:
        """Close all rounds and mix them wholly; how many responses there are then. Nothing may be in quarantine."""
        total = 0
        for round_id in self.rounds:
            self.line.done("round", "close", round_id)
            self.line.done("mix", round_id, "--now", SVARBOKS_KEYS=str(self.line.keys))
            with self.open() as store:
                total += int(
                    store.main.execute(
                        "SELECT count(*) FROM response WHERE round = ?", (round_id,)
                    ).fetchone()[0]
                )
                assert store.waiting.execute("SELECT count(*) FROM quarantined").fetchone()[0] == 0
        return total


def set_up(
    folder: Path,
    questionnaires: tuple[str, ...] = (),
    *,
    documents: tuple[Path, ...] = (),
    port: int = 0,
    origin: str = "",
) -> Served:
    """A new installation with a round for each questionnaire of the library and each document.

    `origin` is what browsers call it, where something stands in between.
    """
    line = fresh(folder)
    data = ROOT / "store" / "data"
    line.done("units", "import", data / "units-syddanmark.csv")
    port = port or free_port()
    url = origin or f"http://localhost:{port}"
    server = Running("server", PRODUCT, folder, port=port, SVARBOKS_URL=url)
    made = Served(folder, line, server, url)
    for name in (*questionnaires, *(str(path) for path in documents)):
        said = line.done("publish", name, "--accept-unreviewed", "ar,fa")
        version = said.split("@", maxsplit=1)[0].split()[-1]
        made.rounds.append(
            line.done("round", "open", version, "--units", UNIT).strip().split("\n")[-1]
        )
    return made


@contextmanager
def served(
    folder: Path,
    *questionnaires: str,
    documents: tuple[Path, ...] = (),
    port: int = 0,
    origin: str = "",
) -> Iterator[Served]:
    """A new installation, served while the block runs; of the survey of the main job unless others are named."""
    names = questionnaires if questionnaires or documents else ("iv-satisfaction",)
    made = set_up(folder, names, documents=documents, port=port, origin=origin)
    made.server.start()
    try:
        made.server.wait_until_it_answers()
        yield made
    finally:
        made.server.stop()
