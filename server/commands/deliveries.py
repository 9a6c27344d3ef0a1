"""Deliveries on the command line: what went to working groups, and delivering again."""

from __future__ import annotations

import json
from typing import Any

import click

from forms.problems import Problem, ProblemError
from server.delivery.ordering import order_again
from server.delivery.overview import Row, rows
from store import audit, rounds
from store.instants import instant_text

from .installation import Installation, table_lines, with_data


@click.group("delivery")
def delivery() -> None:
    """Deliveries: editions in export folders, told of by mail. The scheduler makes them by itself."""


@delivery.command("list")
@click.argument("round_id", metavar="ROUND", required=False)
@click.option(
    "--format", "as_format", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@with_data
def list_(installation: Installation, round_id: str | None, as_format: str) -> None:
    """What was delivered of ROUND, or of all rounds: when, where, to whom, and what failed and why."""
    with installation.open() as store:
        shown = [rounds.read(store.main, round_id)] if round_id else rounds.listed(store.main)
        found = [(one.id, row) for one in shown for row in rows(store, one)]
    if as_format == "json":
        told = [_plain(round_id, row) for round_id, row in found]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    lines = [
        (
            round_id,
            instant_text(row.delivered_at or row.due_at),
            row.occasion.value,
            str(row.number or "-"),
            _state(row),
            f"{len(row.people)} mails",
            row.folder or "-",
        )
        for round_id, row in found
    ]
    for line in table_lines(
        ("round", "when", "occasion", "edition", "state", "told", "folder"), lines
    ):
        click.echo(line)


@delivery.command("again")
@click.argument("round_id", metavar="ROUND")
@with_data
def again(installation: Installation, round_id: str) -> None:
    """Have ROUND's newest edition delivered again at the scheduler's next tick: into the folder, if it is not there as it was,
    and by mail to everybody in the working group."""
    with installation.open() as store:
        shown = rounds.read(store.main, round_id)
        if shown.test_of is not None:
            raise ProblemError(Problem.NO_SUCH_ROUND)
        if not order_again(store, shown, now=installation.now(), actor=audit.COMMAND_LINE):
            raise ProblemError(Problem.NO_EDITION)
    click.echo("The scheduler delivers it at its next tick.", err=True)


def _state(row: Row) -> str:
    if row.delivered_at:
        return "delivered"
    return f"failed: {row.failed}" if row.failed else "on its way"


def _plain(round_id: str, row: Row) -> dict[str, Any]:
    return {
        "round": round_id,
        "due_at": instant_text(row.due_at),
        "occasion": row.occasion.value,
        "edition": row.number,
        "delivered_at": instant_text(row.delivered_at) if row.delivered_at else None,
        "folder": row.folder,
        "failed": row.failed,
        "attempts": row.attempts,
        "again_at": instant_text(row.again_at) if row.again_at else None,
        "told": [
            {
                "name": one.name,
                "email": one.email,
                "state": one.state.value if one.state else None,
                "doubts": one.doubts,
            }
            for one in row.people
        ],
    }
