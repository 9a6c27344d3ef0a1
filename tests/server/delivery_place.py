"""A small installation whose scheduler delivers, with a clock of the test's own."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from forms import library
from server.scheduler import Scheduler
from store import deliveries, outbox
from store.deliveries import DELIVERY, Delivery
from store.joined_commits import JoinedWriter
from store.outbox import Message, MessageState
from sync.intake import Intake
from tests.server.installation import NOW, World, build, envelope, open_round, publish


class Place:
    """A small installation with its scheduler and one round of so many answers."""

    def __init__(self, folder: Path, *, answers: int = 12, **changes: Any) -> None:
        environment = {k: v for k, v in changes.items() if k.startswith("SVARBOKS_")}
        self.world: World = build(folder, **environment)
        questionnaire = library.read("iv-satisfaction")
        version = publish(self.world.store, questionnaire)
        round_changes = {k: v for k, v in changes.items() if not k.startswith("SVARBOKS_")}
        # Before the other rounds of this small world end.
        round_changes = {"receive_until": NOW + timedelta(days=15), **round_changes}
        self.shown = open_round(self.world, "told", version, questionnaire, **round_changes)
        self.world.rounds["told"] = self.shown
        self.answered = 0
        self.answer(answers)
        self.scheduler = Scheduler(
            self.world.store,
            self.world.keys,
            "a test",
            lambda: self.world.now,
            random.Random(6),
            self.world.settings,
        )

    def answer(self, number: int) -> None:
        """So many more answers arrive."""
        store = self.world.store
        writer = JoinedWriter(self.world.settings.data)
        try:
            intake = Intake(writer, store)
            for n in range(self.answered, self.answered + number):
                raw = envelope(self.world, "told", {}, f"{n:032x}")
                intake.receive(raw, now=self.world.now)
        finally:
            writer.close()
        self.answered += number

    def tick(self, at: datetime | None = None) -> None:
        """The scheduler's tick at an instant."""
        self.world.now = at or self.world.now
        assert self.scheduler.tick()

    def end(self) -> None:
        """The tick in which the round ends."""
        self.tick(self.shown.receive_until)

    @property
    def deliveries(self) -> list[Delivery]:
        """The round's, the newest first."""
        return deliveries.of_round(self.world.store.main, self.shown.id)

    @property
    def home(self) -> Path:
        """The group's export folder."""
        return self.world.settings.exports / "iv"

    def folders(self) -> list[str]:
        """Everything in it."""
        return sorted(one.name for one in self.home.iterdir()) if self.home.is_dir() else []

    def mails(self) -> list[Message]:
        """The mails about deliveries, in the order of their recipients."""
        found = outbox.listed(self.world.store.main, list(MessageState))
        return sorted((one for one in found if one.kind == DELIVERY), key=lambda one: one.recipient)


def place(places: list[Place], folder: Path, **changes: Any) -> Place:
    """A place that is closed in the end."""
    made = Place(folder, **changes)
    places.append(made)
    return made
