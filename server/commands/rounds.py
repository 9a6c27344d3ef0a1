"""Rounds: open, close, list, mix, and simulate answers to them."""

from __future__ import annotations

import json
import random
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlite_utils import Database
from tqdm import tqdm

from forms.questionnaire import text_in
from server.notice_file import notice_plain
from server.publishing import find_version
from server.round_opening import close_round, finish, give_key, open_due
from server.round_plan import LOCAL_TIME, RoundPlan, read_local, set_up_round
from server.scheduler import said
from server.simulated_answers import simulate_round
from server.simulation import read_distribution
from store import audit, counts, rounds, submissions, test_rounds
from store.rounds import Interim, Round
from sync.mixing import MixReport
from sync.mixing import mix as mix_round

from .installation import Installation, comma_separated, read_yaml, table_lines, with_data


@click.group("round")
def round_group() -> None:
    """Rounds: a version, opened to a circle of people for a time."""


@round_group.command("open")
@click.argument("version")
@click.option("--units", help="Units that take part, by id or name, separated by commas.")
@click.option(
    "--until",
    help='Answer until, for example "2026-12-31 12:00"; four weeks from now unless given.',
)
@click.option("--receive-until", help="Receive until; three weeks after --until unless given.")
@click.option("--opens", help="When it opens; now unless given.")
@click.option("--title", help="The round's name, in the questionnaire's source language.")
@click.option(
    "--languages", help="Languages, separated by commas; all of the questionnaire unless given."
)
@click.option("--group", help="The working group that gets the results.")
@click.option(
    "--collection",
    help="The collection that the round belongs to; the questionnaire's id unless given.",
)
@click.option("--notice", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="The privacy notice (YAML); else privacy-notice.yaml of the data folder, else a general one.")  # fmt: skip
@click.option(
    "--contact", help="Support contact, shown on every page, for example 'Tlf. 12 34 56 78'."
)
@click.option("--smallest-group", type=click.IntRange(5), default=5, show_default=True)
@click.option(
    "--sample-of",
    type=click.IntRange(1),
    help="It asks a sample of so many people; else everybody.",
)
@click.option(
    "--ceiling",
    type=click.IntRange(1),
    default=100_000,
    show_default=True,
    help="Most answers it takes.",
)
@click.option(
    "--interim",
    type=click.Choice([one.value for one in Interim]),
    default=Interim.NONE.value,
    show_default=True,
    help="How often an interim edition is delivered while the round receives.",
)
@click.option("--single-answers", is_flag=True,
              help="Analysts may have an anonymous round's answers one by one; those who answer are told.")  # fmt: skip
@click.option("--test", "test_mode", is_flag=True,
              help="Set it up in test mode: the round waits for a person to open it at the desk.")  # fmt: skip
@with_data
def open_(
    installation: Installation,
    version: str,
    units: str | None,
    until: str | None,
    receive_until: str | None,
    opens: str | None,
    title: str | None,
    languages: str | None,
    group: str | None,
    collection: str | None,
    notice: Path | None,
    contact: str | None,
    smallest_group: int,
    sample_of: int | None,
    ceiling: int,
    interim: str,
    single_answers: bool,
    test_mode: bool,
) -> None:
    """Open a round of VERSION: a questionnaire's id (its newest version), id@number or the beginning of a hash."""
    now = installation.now()
    with installation.open() as store:
        kept = find_version(store, version)
        source = kept.document["languages"][0]["tag"]
        chosen = comma_separated(languages) or tuple(
            one["tag"] for one in kept.document["languages"]
        )
        given = notice_plain(
            installation.settings,
            kept.document["promise"],
            read_yaml(notice) if notice else None,
            single_answers=single_answers,
        )
        plan = RoundPlan(
            privacy_notice=given if isinstance(given, dict) else {},
            title={source: title} if title else {},
            collection=collection,
            opens_at=read_local(opens, where="--opens") if opens else None,
            answer_until=read_local(until, where="--until") if until else None,
            receive_until=read_local(receive_until, where="--receive-until")
            if receive_until
            else None,
            languages=chosen,
            units=comma_separated(units),
            smallest_group=smallest_group,
            survey="sample" if sample_of else "total",
            population=sample_of,
            working_group=group,
            contact={source: contact} if contact else {},
            ceiling=ceiling,
            interim=Interim(interim),
            single_answers=single_answers,
        )
        made = set_up_round(store, kept, plan, now=now, rng=installation.rng(), test_mode=test_mode)
        give_key(store, installation.keys(), made.id)
        open_due(store, installation.keys(), now=installation.now(), actor=audit.COMMAND_LINE)
        made = rounds.read(store.main, made.id)
        test = test_rounds.of_round(store.main, made.id)
    click.echo(made.id)
    click.echo(f"{made.state}: {installation.settings.link(made.id)}", err=True)
    if test is not None:
        click.echo(f"in test mode: {installation.settings.link(test.id)}", err=True)
    if notice is None:
        click.echo(
            "No --notice was given: see that the privacy notice on the first page is true for this round.",
            err=True,
        )


@round_group.command("close")
@click.argument("round_id", metavar="ROUND")
@click.option(
    "--keep-receiving",
    is_flag=True,
    help="Only end the answering; sheets and tablets may still come in.",
)
@with_data
def close(installation: Installation, round_id: str, keep_receiving: bool) -> None:
    """Close a round now, before its time."""
    with installation.open() as store:
        closed = close_round(store, round_id, now=installation.now(), keep_receiving=keep_receiving)
    click.echo(f"{closed.id} {closed.state}, received until {_local(closed.receive_until)}")


@round_group.command("list")
@click.option(
    "--format", "as_format", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@with_data
def list_(installation: Installation, as_format: str) -> None:
    """All rounds with the numbers returned; never with figures."""
    with installation.open() as store:
        waiting = submissions.waiting_counts(store.waiting)
        rows = [
            _plain(
                one,
                counts.returned_total(store.main, one.id),
                waiting.get(one.id, 0),
                installation.settings.url,
            )
            for one in rounds.listed(store.main)
        ]
    if as_format == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        click.echo("There are no rounds yet. Open one with 'svarboks round open VERSION'.")
        return
    head = ("ROUND", "STATE", "ANSWER UNTIL", "RETURNED", "WAITING", "TITLE")
    click.echo("\n".join(table_lines(head, (
        (row["round"], row["state"], row["answer_until"], row["returned"], row["waiting"], row["title"]) for row in rows
    ))))  # fmt: skip


@click.command()
@click.argument("round_id", metavar="ROUND")
@click.option(
    "--now", "whole", is_flag=True, help="Mix all that waits in a round that receives no more."
)
@with_data
def mix(installation: Installation, round_id: str, whole: bool) -> None:
    """Unseal, check, shuffle and keep what waits. Without --now only when at least ten wait."""
    with installation.open() as store, tqdm(unit=" answers", disable=None) as bar:
        rounds.read(store.main, round_id)
        report = mix_round(
            store, installation.keys(), round_id, rng=installation.rng(), whole=whole, now=installation.now(),
            progress=bar.update,
        )  # fmt: skip
        if whole:
            with store.write() as db:
                _note_whole_mix(
                    db,
                    round_id,
                    report,
                    finished=finish(db, round_id),
                    at=installation.now(),
                )
    click.echo(said(report))


@click.command()
@click.argument("round_id", metavar="ROUND")
@click.option("--responses", type=click.IntRange(1, 1_000_000), required=True, help="How many.")
@click.option("--seed", type=int, required=True, help="The same seed draws the same answers.")
@click.option("--distribution", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A JSON file of weights; see docs/simulating.md.")  # fmt: skip
@with_data
def simulate(
    installation: Installation, round_id: str, responses: int, seed: int, distribution: Path | None
) -> None:
    """Draw answers and send them through the real intake, sealed, under the channel 'simulated'."""
    drawn_to = read_distribution(read_yaml(distribution)) if distribution else None
    with installation.open() as store, tqdm(total=responses, unit=" answers", disable=None) as bar:
        simulate_round(
            store, installation.settings, round_id, responses=responses, rng=random.Random(seed),  # noqa: S311 - a seed is the point
            distribution=drawn_to, now=installation.now(), progress=bar.update,
        )  # fmt: skip
    click.echo(f"{responses} simulated answers wait in {round_id}.")


def _note_whole_mix(
    db: Database, round_id: str, report: MixReport, *, finished: bool, at: datetime
) -> None:
    """Tell the audit log what the scheduler would have told it; nothing where nothing changed."""
    if finished or report.mixed or report.quarantined:
        audit.note(
            db,
            at=at,
            actor=audit.COMMAND_LINE,
            action="all answers mixed" if finished else "late answers mixed",
            subject=f"round:{round_id}",
            details={"mixed": report.mixed, "quarantined": report.quarantined},
        )


def _plain(found: Round, returned: int, waiting: int, link: str) -> dict[str, Any]:
    return {
        "round": found.id,
        "title": text_in(found.title, "da", found.languages[0]),
        "state": str(found.state),
        "promise": found.promise,
        "versions": list(found.versions),
        "languages": list(found.languages),
        "opens_at": _local(found.opens_at),
        "answer_until": _local(found.answer_until),
        "receive_until": _local(found.receive_until),
        "working_group": found.working_group,
        "smallest_group": found.smallest_group,
        "interim": found.interim.value,
        "single_answers": found.gives_single_answers,
        "returned": returned + waiting,
        "waiting": waiting,
        "link": link,
    }


def _local(moment: Any) -> str:
    return str(moment.astimezone(LOCAL_TIME).strftime("%Y-%m-%d %H:%M"))
