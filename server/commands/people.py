"""Accounts and keys: who may sign in, and the private keys that open sealed answers."""

from __future__ import annotations

from pathlib import Path

import click

from server.account_making import add_account
from store import audit
from store.accounts import Role

from .installation import DIFFERENCES, Installation, with_data


@click.group()
def account() -> None:
    """Accounts of those who work with results."""


@account.command("add")
@click.argument("email")
@click.option("--name", help="The person's name; the address unless given.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="chair",
              show_default=True)  # fmt: skip
@click.option(
    "--group",
    "groups",
    multiple=True,
    help="A working group whose rounds it sees; may be repeated.",
)
@click.option("--unit", "units", multiple=True, help="A unit that it acts for; may be repeated.")
@click.option(
    "--password", envvar="SVARBOKS_PASSWORD", help="Else SVARBOKS_PASSWORD, else it is asked for."
)
@with_data
def add(
    installation: Installation,
    email: str,
    name: str | None,
    role: str,
    groups: tuple[str, ...],
    units: tuple[str, ...],
    password: str | None,
) -> None:
    """Add an account. A working group that is named for the first time comes into being."""
    if password is None:
        password = click.prompt(
            "Password (at least 12 characters)", hide_input=True, confirmation_prompt=True
        )
    with installation.open() as store:
        add_account(
            store,
            name=name or email,
            email=email,
            role=role,
            password=password,
            groups=groups,
            units=units,
            now=installation.now(),
        )
    click.echo(f"{email} can sign in at {installation.settings.url}/sign-in", err=True)


@click.group()
def keys() -> None:
    """The private keys of rounds."""


@keys.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--passphrase",
    envvar="SVARBOKS_PASSPHRASE",
    help="Else SVARBOKS_PASSPHRASE, else it is asked for.",
)
@with_data
def export(installation: Installation, file: Path, passphrase: str | None) -> None:
    """Write all private keys to FILE, sealed with a passphrase. Keep the two apart."""
    if passphrase is None:
        passphrase = click.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
    folder = installation.keys()
    content = folder.export(passphrase)
    file.touch(mode=0o600, exist_ok=True)
    file.write_bytes(content)
    click.echo(f"{len(folder.rounds())} keys in {file}", err=True)


@keys.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--passphrase",
    envvar="SVARBOKS_PASSPHRASE",
    help="Else SVARBOKS_PASSPHRASE, else it is asked for.",
)
@with_data
def import_(installation: Installation, file: Path, passphrase: str | None) -> None:
    """Bring back the private keys in FILE."""
    if passphrase is None:
        passphrase = click.prompt("Passphrase", hide_input=True)
    brought = installation.keys().import_(file.read_bytes(), passphrase)
    click.echo(f"{len(brought)} keys: {', '.join(brought)}")


@click.group("audit")
def audit_group() -> None:
    """The audit log: what people of the desk and the service itself did."""


@audit_group.command("verify")
@click.option(
    "--head",
    help="A hash noted earlier (from the page or 'audit head'): the log must still hold it.",
)
@with_data
def verify(installation: Installation, head: str | None) -> None:
    """Recompute the chain of hashes. Exit code 3 when an entry was changed, removed or inserted."""
    with installation.open() as store, store.reading() as db:
        verdict = audit.verify(db, head=head)
    if verdict.broken_at is not None:
        click.echo(
            f"The log holds up to entry {verdict.entries}; it is broken from {verdict.broken_at} on."
        )
        raise SystemExit(DIFFERENCES)
    click.echo(f"{verdict.entries} entries hold. Head: {verdict.head or '–'}")


@audit_group.command("head")
@with_data
def head(installation: Installation) -> None:
    """Print the newest entry's hash, to be noted where nobody who can write the data folder can change it."""
    with installation.open() as store:
        newest = audit.listed(store.main, limit=1)
    click.echo(newest[0].hash.hex() if newest else "")
