"""`svarboks doctor`: looks at everything an installation hangs on, and says what to do about what is not as it should be."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict

import click

from server.diagnosis import Check, State, checks_here
from server.diagnosis_network import checks_over_the_network, send_test_mail
from server.diagnosis_paper import reader

from .installation import DIFFERENCES, Installation, with_data


@click.command()
@click.option(
    "--mail",
    metavar="ADDRESS",
    help="Send a test mail there and show what is said with the mail server.",
)
@click.option("--ntp", metavar="HOST", help="Compare the clock with this time server.")
@click.option(
    "--format", "shape", type=click.Choice(["text", "json"]), default="text", help="How to say it."
)
@with_data
def doctor(installation: Installation, mail: str | None, ntp: str | None, shape: str) -> None:
    """Look at mail, TLS, disk, clock, backups, keys and the rest, each with its remedy. Exit code 3 when any check fails.

    It changes nothing, but for the test mail it sends when asked to.
    """
    settings = installation.settings
    found: list[Check] = []
    dialogue: list[str] = []
    if mail is not None:
        found.append(send_test_mail(settings, mail, installation.now(), dialogue.append))
    if shape == "text":
        for line in dialogue:
            click.echo(f"    {line}")
    for checks in (
        checks_here(settings, installation.now()),
        [reader(settings.data, installation.now())],
        checks_over_the_network(settings, installation.now, ntp),
    ):
        found += checks
    if shape == "json":
        told = {"checks": [asdict(check) for check in found], "dialogue": dialogue}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for check in found:
            click.echo(f"{check.state.value:<5} {check.name}: {check.found}")
            if check.remedy:
                click.echo(f"      {check.remedy}")
        counted = Counter(check.state for check in found)
        click.echo(", ".join(f"{counted[state]} {state.value}" for state in State), err=True)
    if any(check.state is State.FAIL for check in found):
        raise SystemExit(DIFFERENCES)
