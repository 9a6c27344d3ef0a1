"""Accounts and keys: who may sign in, and the private keys that open sealed answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from forms.problems import Problem, ProblemError
from server.account_keeping import close as close_account
from server.account_keeping import invite_again, take_second_factor
from server.account_making import add_account
from store import accounts, audit
from store.accounts import Role
from store.database import Store

from .installation import DIFFERENCES, Installation, with_data

P = ParamSpec("P")
R = TypeVar("R")


def _who_and_what_for(command: Callable[P, R]) -> Callable[P, R]:
    """The arguments of a command that makes an account: whose it is, and the role and where it is held."""
    for option in reversed(
        [
            click.argument("email"),
            click.option("--name", help="The person's name; the address unless given."),
            click.option("--role", type=click.Choice([role.value for role in Role]), default="chair",
                         show_default=True),
            click.option("--group", "groups", multiple=True,
                         help="A working group whose rounds it sees; may be repeated."),
            click.option("--unit", "units", multiple=True,
                         help="A unit that it acts for; may be repeated."),
        ]
    ):  # fmt: skip
        command = option(command)
    return command


@click.group()
def account() -> None:
    """Accounts of those who work with results."""


@account.command("add")
@_who_and_what_for
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


@account.command("invite")
@_who_and_what_for
@click.option("--language", type=click.Choice(["da", "en"]), default="da", show_default=True,
              help="The language of mails.")  # fmt: skip
@with_data
def invite(
    installation: Installation,
    email: str,
    name: str | None,
    role: str,
    groups: tuple[str, ...],
    units: tuple[str, ...],
    language: str,
) -> None:
    """Add an account and mail its owner a link to choose a password; mail it again to who has not chosen one."""
    with installation.open() as store:
        known = accounts.by_email(store.main, email)
        if known is not None:
            sent = invite_again(store, installation.settings, known.id, actor=audit.COMMAND_LINE,
                                inviter="", now=installation.now())  # fmt: skip
            if not sent:
                raise ProblemError(
                    Problem.INVALID_INPUT, "The account is closed, or has a password already."
                )
        else:
            add_account(
                store,
                name=name or email,
                email=email,
                role=role,
                password=None,
                groups=groups,
                units=units,
                language=language,
                invite_to=installation.settings,
                now=installation.now(),
            )
    click.echo(
        f"The invitation to {email} is in the outbox; 'svarboks scheduler' sends it.", err=True
    )


@account.command("close")
@click.argument("email")
@with_data
def close(installation: Installation, email: str) -> None:
    """Let an account sign in no more. Its sessions end at once."""
    with installation.open() as store:
        close_account(store, _known(store, email), actor=audit.COMMAND_LINE, now=installation.now())
    click.echo(f"{email} cannot sign in any more.", err=True)


@account.command("reset-second-factor")
@click.argument("email")
@click.option(
    "--reason",
    required=True,
    help="How you know who asked; it is mailed to the person and audited.",
)
@with_data
def reset_second_factor(installation: Installation, email: str, reason: str) -> None:
    """Take the authenticator app and the recovery codes away from somebody who has lost them."""
    with installation.open() as store:
        there = take_second_factor(
            store, installation.settings, _known(store, email), reason=reason,
            actor=audit.COMMAND_LINE, now=installation.now(),
        )  # fmt: skip
    click.echo(f"{email} has no second factor {'any more' if there else 'anyway'}.", err=True)


def _known(store: Store, email: str) -> int:
    found = accounts.by_email(store.main, email)
    if found is None:
        raise ProblemError(Problem.INVALID_INPUT, f"No account has the address {email}.")
    return found.id


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
