"""Tablets: enrolling one from the command line."""

from __future__ import annotations

import click

from forms.problems import Problem, ProblemError
from server.tablet_keeping import check_pin, check_rounds
from store import audit, devices, units
from sync.devices import grouped, make_pin, offer_again, prepare, revoke

from .installation import Installation, with_data


@click.group()
def tablet() -> None:
    """Tablets that collect answers without a network."""


@tablet.command("enrol")
@click.option("--unit", required=True, help="The unit that the tablet is for.")
@click.option("--round", "rounds", multiple=True, required=True,
              help="A round that it offers; may be repeated.")  # fmt: skip
@click.option("--name", help="What people call it; the unit's name and a number unless given.")
@click.option(
    "--pin", envvar="SVARBOKS_PIN", help="The staff PIN; else SVARBOKS_PIN, else it is asked for."
)
@with_data
def enrol(
    installation: Installation,
    unit: str,
    rounds: tuple[str, ...],
    name: str | None,
    pin: str | None,
) -> None:
    """Set up a tablet and print the code that enrols it: once, within ten minutes, at /tablet."""
    if pin is None:
        pin = click.prompt("Staff PIN (4 to 12 digits)", hide_input=True, confirmation_prompt=True)
    with installation.open() as store:
        found = units.find(store.main, unit)
        if found is None:
            raise ProblemError(Problem.INVALID_INPUT, f"No unit has the id {unit}.")
        check_rounds(store, unit, rounds)
        rng = installation.rng()
        number, code = prepare(
            store,
            name=name or f"{found.name} {1 + len(devices.listed(store.main, units=[unit]))}",
            unit=unit,
            rounds=rounds,
            pin=make_pin(check_pin(pin), rng),
            actor=audit.COMMAND_LINE,
            now=installation.now(),
            rng=rng,
        )
    click.echo(
        f"Tablet {number}. Open {installation.settings.url}/tablet and type the code.", err=True
    )
    click.echo(grouped(code))


@tablet.command("code")
@click.argument("number", type=int)
@with_data
def code(installation: Installation, number: int) -> None:
    """Print a new code for a tablet that is there: once, within ten minutes."""
    with installation.open() as store:
        if devices.find(store.main, number) is None:
            raise ProblemError(Problem.INVALID_INPUT, f"No tablet has the number {number}.")
        made = offer_again(
            store, number, actor=audit.COMMAND_LINE, now=installation.now(), rng=installation.rng()
        )
    click.echo(grouped(made))


@tablet.command("revoke")
@click.argument("number", type=int)
@with_data
def revoke_command(installation: Installation, number: int) -> None:
    """Withdraw a tablet: its next request is refused."""
    with installation.open() as store:
        if devices.find(store.main, number) is None:
            raise ProblemError(Problem.INVALID_INPUT, f"No tablet has the number {number}.")
        done = revoke(store, number, actor=audit.COMMAND_LINE, now=installation.now())
    click.echo("Withdrawn." if done else "It was withdrawn already.", err=True)
