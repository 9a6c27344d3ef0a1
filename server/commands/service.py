"""Starting things: a new data folder, the web server, the scheduler, both with a demonstration, and the check."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from dataclasses import replace
from urllib.parse import urlsplit

import click

from forms.problems import Problem, ProblemError
from server import demonstration, first_account
from server.app import create_app
from server.local_hosts import is_local
from server.paper.reader import run_reader
from server.scheduler import run_scheduler
from server.settings import Settings
from server.web_server import serve as serve_app
from store.consistency import check as check_store
from store.database import MAIN_FILE, create_store
from sync.recount import recount

from .installation import DIFFERENCES, Installation, with_data, with_settings


@click.command()
@click.option(
    "--if-new", is_flag=True, help="Do nothing when the data folder has been set up already."
)
@with_data
def init(installation: Installation, if_new: bool) -> None:
    """Set up a new data folder, and a folder for keys outside it."""
    settings = installation.settings
    if (settings.data / MAIN_FILE).exists():
        if if_new:
            return
        raise ProblemError(Problem.INVALID_INPUT, f"{settings.data} has been set up already.")
    create_store(settings.data).close()
    installation.keys()
    click.echo(
        f"Data in {settings.data}, keys in {settings.keys}. Back them up apart from each other."
    )


@click.command()
@click.option("--host", help="The address to listen on; else SVARBOKS_HOST, else 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port; else PORT, else 8080.")
@with_data
def serve(installation: Installation, host: str | None, port: int | None) -> None:
    """Serve pages and receive answers. Run `svarboks scheduler` beside it, and `svarboks reader` where there is paper."""
    settings = with_settings(installation.settings, host=host, port=port)
    installation.open().close()
    if settings.unsafe_origin:
        click.echo(
            f"Warning: {settings.url} is plain http. Browsers then refuse what sealing on the device and tablets need, "
            "and passwords travel in the clear. Put TLS in front and set SVARBOKS_URL to https://…",
            err=True,
        )
    tell_first_link(installation)
    click.echo(f"Serving {settings.url} (listening on {settings.host}:{settings.port})", err=True)
    serve_app(lambda: create_app(settings), settings)


def tell_first_link(installation: Installation) -> None:
    """While there is no account: print the one link that makes the first."""
    with installation.open() as store:
        link = first_account.make_link(store, installation.settings.url)
    if link is not None:
        click.echo(f"There is no account yet. Make the administrator's at {link}", err=True)


@click.command()
@with_data
def scheduler(installation: Installation) -> None:
    """Give rounds their keys, open, close and mix them, until told to stop. One is enough."""
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    # It tells of each step of each page of a report.
    logging.getLogger("weasyprint").setLevel(logging.WARNING)
    installation.open().close()
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit(0))
    run_scheduler(installation.settings)


@click.command()
@with_data
def reader(installation: Installation) -> None:
    """Read scans that were uploaded, and hand in sheets that were confirmed, until told to stop. One is enough."""
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    installation.open().close()
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit(0))
    run_reader(installation.settings)


@click.command()
@click.option("--empty", is_flag=True, help="Begin a new data folder without the demonstration.")
@with_data
def run(installation: Installation, empty: bool) -> None:
    """Serve with a scheduler and a reader of scans beside, for trying Svarboks out. A new data folder begins with a demonstration."""
    settings = trial_settings(installation.settings)
    new = not (settings.data / MAIN_FILE).exists()
    if new:
        create_store(settings.data).close()
        if not empty:
            click.echo("Setting up the demonstration …", err=True)
            with installation.open() as store:
                made = demonstration.set_up(
                    store,
                    installation.keys(),
                    now=installation.now(),
                    rng=installation.rng(),
                    settings=settings,
                )
            demonstration.remember(settings.data, made)
    told = demonstration.remembered(settings.data)
    with installation.open() as store:
        link = first_account.make_link(store, settings.url)

    # Scheduler and reader are processes of their own, as in production; they end with this one.
    environment = {**os.environ, "SVARBOKS_DATA": str(settings.data)}
    this_process = os.getpid()
    beside = [
        subprocess.Popen([sys.executable, "-m", "server.cli", command], env=environment)
        for command in ("scheduler", "reader")
    ]

    def started() -> None:
        click.echo(demonstration.what_to_open(settings, told, link))

    try:
        serve_app(lambda: create_app(settings), settings, started)
    finally:
        # Workers of gunicorn leave through here as well; only the process that started the others ends them.
        if os.getpid() == this_process:
            for process in beside:
                process.terminate()
            for process in beside:
                process.wait(timeout=20)


def trial_settings(settings: Settings) -> Settings:
    """For a trial: nobody needs a telephone to sign in, and on this machine mail that goes to a folder can be read on a
    page."""
    if not os.environ.get("SVARBOKS_SECOND_FACTOR"):
        settings = replace(settings, second_factor="offered")
    on_this_machine = is_local(urlsplit(settings.url).hostname)
    if settings.mail.folder is not None and on_this_machine:
        return replace(settings, mailbox_page=True)
    return settings


@click.command()
@with_data
def check(installation: Installation) -> None:
    """Check the files and recompute every count from the answers kept. Exit code 3 when anything differs."""
    with installation.open() as store:
        differences = check_store(store, recount(store))
    for difference in differences:
        click.echo(str(difference))
    if differences:
        click.echo(f"{len(differences)} differences.", err=True)
        raise SystemExit(DIFFERENCES)
    click.echo("The files are whole, and every count equals the answers kept.")
