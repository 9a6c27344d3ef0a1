"""After a backup was copied back: what has to happen before the services start."""

from __future__ import annotations

from pathlib import Path

import click

from store import restoring
from store.instants import instant_text

from .installation import Installation, with_data


@click.command()
@click.option(
    "--lost",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The data folder that is replaced, where it is still there: what ended since the backup ends again.",
)
@with_data
def restore(installation: Installation, lost: Path | None) -> None:
    """Make data that was copied back from a backup fit to serve, while all services are stopped."""
    with installation.open() as store:
        done = restoring.restore(
            store,
            epoch=f"{installation.rng().getrandbits(64):016x}",
            at=instant_text(installation.now()),
            lost=lost,
        )
    click.echo(
        f"Restore epoch {done.epoch}: tablets send again what they still keep. {done.sessions} sessions are ended. "
        f"{done.messages} mails that waited are given up: invite again whoever still needs a link."
    )
    if done.carried_over:
        click.echo(
            f"Ended again: {done.tablets} tablets, {done.accounts} accounts, {done.rounds} rounds, "
            f"{done.answers} answers that were deleted from quarantine."
        )
    elif lost is not None:
        click.echo(
            f"{lost} cannot be read, or has another form. Repeat by hand what was withdrawn, closed or deleted since the backup.",
            err=True,
        )
    else:
        click.echo(
            "Repeat by hand what was withdrawn, closed or deleted since the backup.", err=True
        )
