"""Results: making an edition, its report, its tables."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from sqlite_utils import Database

from exports.datasets.delimited import tables_csv
from exports.editions import latest_edition, make_edition
from server.delivery.ordering import order_later
from server.reports import report_of
from store import rounds
from store.editions import KeptEdition

from .installation import Installation, with_data


@click.group()
def edition() -> None:
    """Editions: the only way that figures come into being."""


@edition.command("make")
@click.argument("round_id", metavar="ROUND")
@with_data
def make(installation: Installation, round_id: str) -> None:
    """Make an edition of a round that receives no more and has been mixed.

    After the round's report was delivered, a new edition is delivered as well.
    """
    now = installation.now()

    def kept(db: Database, made: KeptEdition) -> None:
        order_later(db, rounds.read(db, round_id), made, now=now)

    with installation.open() as store:
        made = make_edition(store, round_id, now=now, rng=installation.rng(), kept=kept)
    click.echo(f"{round_id} edition {made.number} {made.digest}")


@click.command()
@click.argument("round_id", metavar="ROUND")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The PDF to write.",
)
@click.option("--language", type=click.Choice(["da", "en"]), default="da", show_default=True)
@with_data
def report(installation: Installation, round_id: str, out: Path, language: str) -> None:
    """Write the latest edition's report as PDF/UA."""
    with installation.open() as store:
        rounds.read(store.main, round_id)
        pdf = report_of(store, latest_edition(store, round_id), language=language)
    draft = out.with_name(out.name + ".part")
    draft.write_bytes(pdf.read_bytes())
    draft.replace(out)
    click.echo(f"{out}", err=True)


@click.command()
@click.argument("round_id", metavar="ROUND")
@click.option(
    "--format", "as_format", type=click.Choice(["json", "csv"]), default="json", show_default=True
)
@with_data
def tables(installation: Installation, round_id: str, as_format: str) -> None:
    """The latest edition's tables, every cell with its state: shown, merged or hidden, and why."""
    with installation.open() as store:
        rounds.read(store.main, round_id)
        figures = latest_edition(store, round_id).figures
    if as_format == "json":
        click.echo(json.dumps(figures, ensure_ascii=False, indent=2))
    else:
        sys.stdout.write(tables_csv(figures))
