"""The campaign of deliveries: rounds end one after the other while the scheduler that mixes, makes and delivers is killed.

Real processes, real files, a real mail server on loopback. What is held against what at the end: each round has one edition
and one delivery, each folder is whole by its manifest and none was ever seen half, each person has one mail for each round,
or has more and the outbox says that there was a doubt. Before the first of them ends, a round of returns that is open still has a Monday
to deliver, and is killed at the same moments. Every kill says what it hit; one that missed is "other".
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from forms import library
from forms.document import read_document
from server.delivery.folders import is_whole
from store import accounts, audit, deliveries, editions, outbox, rounds
from store.accounts import Grant, Role
from store.deliveries import Occasion
from store.joined_commits import JoinedWriter
from store.outbox import MessageState
from store.rounds import Interim, RoundState
from sync.intake import Intake
from tests.crash.processes import ROOT
from tests.server.installation import ALL_KINDS, World, build, envelope, open_round, publish
from tests.server.mail_server import MailServer

#: The first of the rounds ends then, one every ten minutes; the machine's own clock is always later.
BEGINS = datetime(2022, 3, 21, 11, 0, tzinfo=UTC)
#: Longer than a lease, and than a message is left to whoever took it.
STEP = timedelta(minutes=10)
#: The chair and so many members.
MEMBERS = 4
ANSWERS = 3
#: When to kill: a while after the start, when a folder is being written, when one is there, when the mail server has a message and
#: has not said so, and after it has.
MOMENTS = ("soon", "writing", "there", "mail", "said")
PATIENCE = 30.0
#: How often a moment that was missed is waited for again, where all of them are to be hit.
TRIES = 3
#: The Monday on which BEGINS lies, six o'clock in Denmark.
WEEKLY = "2022-03-21T05:00:00Z"
#: When the schedulers that deliver the Monday's returns are killed; no other round has ended then.
WEEKLY_BEGINS = datetime(2022, 3, 21, 6, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found; all well when `red` is empty."""

    kills: int
    moments: dict[str, int]
    rounds: int
    editions: int
    folders: int
    mails: int
    repeated: int
    doubts: int
    red: tuple[str, ...]

    def __str__(self) -> str:
        """The figures in a line."""
        moments = ", ".join(f"{number} {name}" for name, number in sorted(self.moments.items()))
        return (
            f"{self.kills} kills ({moments}): {self.rounds} rounds, {self.editions} editions, {self.folders} folders whole, "
            f"{self.mails} people mailed, {self.repeated} of them more than once, {self.doubts} doubts noted, {len(self.red)} faults"
        )


class Nursery:
    """Makes schedulers (delivering_process.py), one at a time."""

    def __init__(self, world: World, **environment: str) -> None:
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SVARBOKS_DATA": str(world.settings.data),
            "SVARBOKS_KEYS": str(world.settings.keys),
            **environment,
        }
        self._log = (world.settings.data.parent / "scheduler.log").open("ab")
        self.pid = 0

    def __enter__(self) -> Nursery:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.delivering_process"],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            start_new_session=True,
        )
        assert self._line() == "ready"
        return self

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def start(self, begins: datetime, fault: str = "") -> None:
        """One more scheduler, whose clock begins then."""
        assert self._process.stdin is not None
        print(f"{begins.isoformat()} {fault}", file=self._process.stdin, flush=True)
        self.pid = int(self._line())

    def kill(self) -> None:
        """SIGKILL, if it has not had it; returns when it is gone."""
        if self.pid:
            # Killed as its mail was taken, it may be gone already.
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.pid = 0
            assert self._line() == "ended"

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """End all of it."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        finally:
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout, self._log):
                assert stream is not None
                stream.close()


@dataclass(slots=True)
class Campaign:
    """One campaign in a new installation."""

    world: World
    server: MailServer
    ids: list[str]
    #: The round of returns, which goes on; '' for none.
    returns: str = ""
    half: list[str] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)

    @property
    def root(self) -> Path:
        """Where the export folders lie."""
        return self.world.settings.exports

    @property
    def all_ids(self) -> list[str]:
        """Each round that is delivered once."""
        return [*self.ids, *([self.returns] if self.returns else [])]

    def visible(self) -> list[Path]:
        """The folders that people see."""
        return [one for one in self.root.glob("*/*") if not one.name.startswith(".")]

    def look(self) -> None:
        """Every folder that has come into being is whole, now."""
        for folder in set(self.visible()) - self.seen:
            self.seen.add(folder)
            if not is_whole(folder):
                self.half.append(folder.name)

    def done(self) -> bool:
        """Whether everything has been delivered and mailed."""
        main = self.world.store.main
        return (
            all(rounds.read(main, one).state is RoundState.FINISHED for one in self.ids)
            and all(deliveries.of_round(main, one) for one in self.all_ids)
            and not deliveries.ended(main)
            and not deliveries.on_their_way(main)
            and not outbox.numbers(main)[MessageState.WAITING]
        )

    def verdict(self, kills: Counter[str]) -> Verdict:
        """What is there in the end."""
        main = self.world.store.main
        people = accounts.of_working_group(main, "iv")
        red = [f"seen half: {name}" for name in self.half]
        red += [f"not whole: {one.name}" for one in self.visible() if not is_whole(one)]
        red += [f"left over: {one}" for one in self.root.glob("*/.*")]
        arrived = Counter(
            (recipient, str(message["Message-ID"]))
            for recipient, message in self.server.post.arrived
        )
        mailed = Counter(recipient for recipient, _message_id in arrived)
        red += [
            f"{one.email}: {mailed[one.email]} mails of {len(self.all_ids)}"
            for one in people
            if mailed[one.email] != len(self.all_ids)
        ]
        if self.returns and [
            (one.period, one.occasion) for one in deliveries.of_round(main, self.returns)
        ] != [(WEEKLY, Occasion.WEEKLY)]:
            red.append(f"{self.returns}: not its Monday")
        made = folders = doubts = repeated = 0
        for round_id in self.all_ids:
            of_round = editions.listed(main, round_id)
            made += len(of_round)
            if len(of_round) != 1:
                red.append(f"{round_id}: {len(of_round)} editions")
            told = deliveries.of_round(main, round_id)
            if len(told) != 1:
                red.append(f"{round_id}: {len(told)} deliveries")
            lie = [one for one in self.visible() if f"-{round_id}-" in one.name]
            folders += len(lie)
            if [f"iv/{one.name}" for one in lie] != [one.folder for one in told]:
                red.append(f"{round_id}: {[one.name for one in lie]} lie there")
            for person in deliveries.told(main, [one.id for one in told]):
                doubts += person.doubts > 0
                message = outbox.find(main, person.message)
                assert message is not None
                times = sum(
                    number
                    for (recipient, message_id), number in arrived.items()
                    if recipient == person.email
                    and message_id.startswith(f"<svarboks-{message.id}-")
                )
                repeated += times > 1
                if times == 0 or (times > 1 and not person.doubts):
                    red.append(f"{round_id}, {person.email}: {times} mails, {person.doubts} doubts")
        noted = Counter(
            one.subject
            for one in audit.listed(main, limit=10_000)
            if one.action == "report delivered"
        )
        red += [
            f"{one}: noted {noted[f'round:{one}']} times"
            for one in self.all_ids
            if noted[f"round:{one}"] != 1
        ]
        return Verdict(
            kills=kills.total(),
            moments=dict(kills),
            rounds=len(self.all_ids),
            editions=made,
            folders=folders,
            mails=len(arrived),
            repeated=repeated,
            doubts=doubts,
            red=tuple(red),
        )


def run(
    folder: Path,
    *,
    kills: int,
    number: int,
    seed: int,
    fault: str = "",
    moments: tuple[str, ...] = (),
    weekly: tuple[str, ...] = (),
) -> Verdict:
    """Run one campaign: so many rounds, so many kills, each of the moments in turn (and again where it was missed) or by chance.

    `weekly`: the moments at which the Monday of a round of returns is killed first; without any there is no such round.
    """
    rng = random.Random(seed)
    counted: Counter[str] = Counter()
    with MailServer() as server:
        campaign = _installed(folder, server, number, returns=bool(weekly))
        try:
            with Nursery(
                campaign.world,
                SVARBOKS_MAIL=f"smtp://127.0.0.1:{server.port}",
                SVARBOKS_MAIL_FROM="svarboks@region.example",
            ) as nursery:
                begins = WEEKLY_BEGINS

                def strike(moment: str) -> str:
                    nonlocal begins
                    nursery.start(begins, fault)
                    hit = _killed(campaign, nursery, moment, rng)
                    counted[hit] += 1
                    campaign.look()
                    begins += STEP
                    return hit

                for moment in weekly:
                    strike(moment)
                counted = Counter({f"{name} of the Monday": n for name, n in counted.items()})
                begins = BEGINS
                for turn in range(kills):
                    if not moments:
                        strike(rng.choice(MOMENTS))
                        continue
                    moment = moments[turn % len(moments)]
                    any(strike(moment) == moment for _ in range(TRIES))
                begins = max(begins, BEGINS + number * STEP)
                for _ in range(20):
                    nursery.start(begins, fault)
                    _until(campaign.done)
                    nursery.kill()
                    begins += STEP
                    if campaign.done():
                        break
            return campaign.verdict(counted)
        finally:
            campaign.world.app.extensions["svarboks"].close()


def _killed(campaign: Campaign, nursery: Nursery, moment: str, rng: random.Random) -> str:
    """Kill the scheduler at a moment, or a while later where it does not come; which it was."""
    post = campaign.server.post
    before, folders_before = len(post.arrived), len(campaign.visible())
    hit = False
    conditions: dict[str, Callable[[], bool]] = {
        "writing": lambda: any(campaign.root.glob("*/.*.part")),
        "there": lambda: len(campaign.visible()) > folders_before,
        "said": lambda: len(post.arrived) > before,
    }
    if moment == "mail":

        def strike(_recipient: str) -> None:
            os.kill(nursery.pid, signal.SIGKILL)

        post.before_answer = strike
        hit = _until(lambda: len(post.arrived) > before)
        post.before_answer = lambda _recipient: None
    elif moment in conditions:
        hit = _until(conditions[moment])
        time.sleep(rng.uniform(0, 0.02) if hit else 0)
    else:
        time.sleep(rng.uniform(0, 1.0))
        hit = True
    nursery.kill()
    return moment if hit else "other"


def _until(true: Callable[[], bool], patience: float | None = None) -> bool:
    """Whether it came to be in time."""
    until = time.monotonic() + (PATIENCE if patience is None else patience)
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.002)
    return False


def _installed(folder: Path, server: MailServer, number: int, *, returns: bool) -> Campaign:
    """Rounds that end one after the other, each with answers that wait; a chair and members; with `returns` a round of those,
    to which two units have sent theirs."""
    world = build(folder)
    questionnaire = read_document(ALL_KINDS)
    version = publish(world.store, questionnaire)
    with world.store.write() as db:
        for member in range(1, MEMBERS):
            accounts.add(
                db,
                name=f"Member {member}",
                email=f"member{member}@region.example",
                grants=[Grant(Role.MEMBER, working_group="iv")],
            )
    ids = []
    writer = JoinedWriter(world.settings.data)
    try:
        intake = Intake(writer, world.store)
        for one in range(number):
            ends = BEGINS + one * STEP
            name = f"ends{one}x"
            shown = open_round(
                world,
                name,
                version,
                questionnaire,
                opens_at=BEGINS - timedelta(days=30),
                answer_until=ends,
                receive_until=ends,
            )
            world.rounds[name] = shown
            ids.append(shown.id)
            for answer in range(ANSWERS):
                raw = envelope(world, name, {"trust": "3"}, f"{one * 1000 + answer:032x}")
                intake.receive(raw, now=ends - timedelta(days=1))
        asked = _asked_weekly(world, intake) if returns else ""
    finally:
        writer.close()
    return Campaign(world, server, ids, returns=asked)


def _asked_weekly(world: World, intake: Intake) -> str:
    """A round of signed returns that delivers every Monday and ends long after the campaign; two units have sent theirs."""
    questionnaire = library.read("sof-follow-up")
    version = publish(world.store, questionnaire)
    shown = open_round(
        world,
        "returns",
        version,
        questionnaire,
        opens_at=BEGINS - timedelta(days=30),
        answer_until=BEGINS + timedelta(days=300),
        receive_until=BEGINS + timedelta(days=300),
        interim=Interim.WEEKLY,
    )
    world.rounds["returns"] = shown
    for number, unit in enumerate(("assens", "billund")):
        answers = {"implementation": f"Det går godt i {unit}."}
        raw = envelope(world, "returns", answers, f"{0xABC00 + number:032x}", unit=unit)
        intake.receive(raw, now=BEGINS - timedelta(days=1))
    return shown.id
