"""Tablets that nobody holds, from the command line: a second client of the wire, for trying an installation out."""

from __future__ import annotations

import random

import click
from tqdm import tqdm

from forms.problems import Problem, ProblemError
from server.tablet_simulation import Outcome, simulate_tablets
from store import audit, round_units, rounds
from store.database import Store
from store.rounds import RoundState
from sync import devices

from .installation import FAILED, Installation, with_data

#: Nobody holds these tablets, so nobody needs their PIN.
_PIN_DIGITS = 12


@click.command("simulate")
@click.option(
    "--tablets",
    type=click.IntRange(1, 1000),
    help="How many; one for each --code where those are given.",
)
@click.option(
    "--answers", type=click.IntRange(1, 100_000), required=True, help="How many answers each sends."
)
@click.option("--url", help="The server to talk to; else SVARBOKS_URL, else http://localhost:8080.")
@click.option(
    "--round",
    "round_id",
    metavar="ROUND",
    help="Answer this round; else by chance one of those that a tablet takes.",
)
@click.option(
    "--code",
    "codes",
    multiple=True,
    help="An enrolment code from the desk; else tablets are set up in this data folder.",
)
@click.option(
    "--unit", help="The unit that the tablets set up here belong to; else one that takes part."
)
@click.option("--seed", type=int, help="The same seed draws the same answers; else by chance.")
@click.option(
    "--seconds",
    type=click.IntRange(1),
    default=600,
    show_default=True,
    help="How long a tablet tries to send.",
)
@with_data
def simulate(
    installation: Installation,
    tablets: int | None,
    answers: int,
    url: str | None,
    round_id: str | None,
    codes: tuple[str, ...],
    unit: str | None,
    seed: int | None,
    seconds: int,
) -> None:  # fmt: skip
    """Enrol tablets over the network, answer, seal, and send in batches, as docs/sync-protocol.md says.

    The answers count in the round like any others; a round in test mode keeps them apart. Exit code 1 when not all of
    them were received.
    """
    if not codes:
        with installation.open() as store:
            codes = tuple(_set_up(installation, store, tablets or 1, round_id, unit))
    elif tablets is not None and tablets != len(codes):
        raise click.UsageError(f"--tablets {tablets} needs as many --code; there are {len(codes)}.")
    rng = random.Random(seed) if seed is not None else random.Random()  # noqa: S311 - a seed is the point
    at = url or installation.settings.url
    with tqdm(total=answers * len(codes), unit=" answers", disable=None) as bar:
        outcomes = simulate_tablets(
            at, codes, answers=answers, rng=rng, round_id=round_id, seconds=seconds, progress=bar.update
        )  # fmt: skip
    _say(outcomes, answers)


def _set_up(
    installation: Installation, store: Store, number: int, round_id: str | None, unit: str | None
) -> list[str]:
    """Tablets in this data folder for the rounds that are open; their codes."""
    taken = [
        one.id
        for one in rounds.listed(store.main)
        if one.state is RoundState.OPEN and "tablet" in one.channels and round_id in (None, one.id)
    ]
    if not taken:
        raise ProblemError(Problem.ROUND_NOT_OPEN, "No round is open that is answered on tablets.")
    units = [one.unit for round_ in taken for one in round_units.listed(store.main, round_)]
    if unit is None and not units:
        raise ProblemError(
            Problem.INVALID_INPUT, "A tablet belongs to a unit. Name one with --unit."
        )
    rng = installation.rng()
    pin = devices.make_pin("".join(rng.choices("0123456789", k=_PIN_DIGITS)), rng)
    return [
        devices.prepare(
            store, name=f"Simulated {one + 1}", unit=unit or units[0], rounds=taken, pin=pin,
            actor=audit.COMMAND_LINE, now=installation.now(), rng=rng,
        )[1]
        for one in range(number)
    ]  # fmt: skip


def _say(outcomes: list[Outcome], answers: int) -> None:
    received = sum(one.received for one in outcomes)
    sent = sum(one.tally.sent for one in outcomes)
    again = sum(one.tally.again for one in outcomes)
    batches = sum(one.tally.batches for one in outcomes)
    click.echo(
        f"{len(outcomes)} tablets, {answers} answers each: {received} received, in {batches} batches of {sent} bytes in all,"
        f" {again} of them sent again."
    )
    for code in sorted({code for one in outcomes for code in one.refused}):
        number = sum(one.refused.count(code) for one in outcomes)
        click.echo(f"{number} refused: {code}", err=True)
    waiting = sum(one.waiting for one in outcomes)
    if waiting:
        click.echo(f"{waiting} still wait.", err=True)
    if received != answers * len(outcomes):
        raise SystemExit(FAILED)
