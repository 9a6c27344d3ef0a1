"""Editions: the only way figures come into being (design.md, "The way of an answer", 8)."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from exports.advance import advanced_tables
from exports.disclosure import DisclosedTables, Rule, disclose
from exports.figures import table_figures
from exports.places import PEOPLES_CLOCK, places_of
from exports.released_texts import released_texts, texts_that_advance
from exports.round_history import added_to
from exports.shape_figures import shape_figures, signed_tables
from exports.statistics import IntervalRule, default_rule
from exports.tables import build_tables
from forms.document import from_plain
from forms.problems import Problem, ProblemError
from forms.questionnaire import Promise, Questionnaire
from forms.report_plan import CHANNEL_TABLE, compile_plan
from forms.versions import Version
from store import (
    counts,
    editions,
    invitations,
    paper_batches,
    quarantine,
    round_units,
    rounds,
    submissions,
    versions,
    working_groups,
)
from store.database import Store
from store.editions import KeptEdition as Edition
from store.invitations import LetterNumbers
from store.paper_batches import PaperTotals
from store.rounds import Interim, Round, RoundState


def latest_edition(store: Store, round_id: str) -> Edition:
    """The newest edition of a round. Raises ProblemError NO_SUCH_ROUND, or NO_EDITION where none has been made."""
    rounds.read(store.main, round_id)
    found = editions.latest(store.main, round_id)
    if found is None:
        raise ProblemError(Problem.NO_EDITION)
    return found


def questionnaire_of(store: Store, round_id: str) -> Questionnaire:
    """The questionnaire of a round's newest version: its texts are those of the report."""
    round_ = rounds.read(store.main, round_id)
    return from_plain(dict(versions.read(store.main, round_.version).document))


def make_edition(
    store: Store,
    round_id: str,
    *,
    now: datetime,
    rng: random.Random,
    kept: Callable[[Database, Edition], object] = lambda _db, _edition: None,
    interim: bool = False,
) -> Edition:
    """Makes the figures of a round and keeps them as its next edition.

    Where nothing has changed since the last edition, that one is returned. A test round receives as long as it lasts; its
    figures say that they are a test and are made all the same, as often as asked for. `rng` puts free text in random order and
    draws the edition's id; give it random.SystemRandom(). `kept` is called in the transaction that keeps a new edition.
    `interim`: while the round receives, of what has been mixed, where that was chosen before it opened. Cost: independent of the number of
    responses, but for tallies, journeys and agreements, which read each once.

    Raises ProblemError STILL_RECEIVING while the round receives, or while answers wait that are not mixed yet;
    NO_SUCH_ROUND for an unknown round.
    """
    round_ = rounds.read(store.main, round_id)
    is_test = round_.test_of is not None
    chosen = interim and round_.interim is not Interim.NONE and round_.state is RoundState.OPEN
    open_still = round_.receiving(now) and not is_test and not chosen
    if open_still or round_.state is RoundState.PLANNED:
        raise ProblemError(Problem.STILL_RECEIVING)
    # A finished round was mixed wholly: what waits came later, for a supplementary mix that a person orders.
    waiting = submissions.waiting_count(store.waiting, round_id)
    if waiting and round_.state is not RoundState.FINISHED and not is_test and not chosen:
        raise ProblemError(Problem.STILL_RECEIVING, f"{waiting} answers wait to be mixed.")
    quarantined = quarantine.count(store.waiting, round_id)
    with store.write() as db:
        version = versions.read(db, round_.version)
        questionnaire = from_plain(dict(version.document))
        plan = compile_plan(Version(version.hash, questionnaire, version.padded_size))
        population = round_.population
        rows = counts.read(db, round_id)
        places = places_of(db, round_)
        raw = build_tables(rows, plan.tables, questionnaire, places)
        returned: dict[str, int] = {}
        for row in counts.returned(db, round_id):
            returned[row.channel] = returned.get(row.channel, 0) + row.n
        interval = default_rule(
            total_survey=round_.survey == "total",
            sampled=sum(returned.values()),
            population=population,
        )
        rule = Rule(k=round_.smallest_group, interval=interval, population=population)
        letters = invitations.numbers(store.waiting, round_.id)
        last = editions.latest(db, round_id)
        signed = round_.promise == Promise.SIGNED
        figures = edition_figures(
            round_id=round_id,
            number=last.number + 1 if last else 1,
            made_on=now.astimezone(PEOPLES_CLOCK).date().isoformat(),
            about=_about(
                db,
                round_,
                questionnaire,
                returned,
                quarantined,
                interval,
                invitations.numbers(store.waiting, round_.id),
                sum(row.n for row in rows if row.table == CHANNEL_TABLE),
                interim=chosen and round_.receiving(now),
            ),
            disclosed=signed_tables(raw, rule, questionnaire) if signed else disclose(raw, rule),
            # What units wrote in their own name stands with their answers.
            free_text=[] if signed else released_texts(db, round_id, questionnaire, rng),
        )
        if last is not None and not signed:
            figures["tables"] = advanced_tables(last.figures, figures)
            figures["free_text"] = texts_that_advance(last.figures, figures, questionnaire)
        figures |= shape_figures(
            db,
            round_,
            questionnaire,
            returned,
            last.figures if last is not None else None,
            figures["tables"],
        )
        figures |= added_to(
            db,
            round_,
            questionnaire,
            figures,
            places,
            last.figures if last else None,
            by_letter=round_.by_invitation and letters.made > 0,
        )
        figures["hash"] = content_hash(figures)
        if last is not None and last.figures["hash"] == figures["hash"]:
            return last
        made = editions.add(
            db,
            edition=f"{rng.getrandbits(64):016x}",
            round_id=round_id,
            made_at=now,
            figures=figures,
        )
        kept(db, made)
        return made


def _about(
    db: Any,
    round_: Round,
    questionnaire: Questionnaire,
    returned: Mapping[str, int],
    quarantined: int,
    interval: IntervalRule,
    letters: LetterNumbers,
    kept: int,
    *,
    interim: bool,
) -> dict[str, Any]:
    """How the answers were collected. Coverage and response rate are apart; a public round has no response rate, an
    invited one that of its letters: codes used of letters sent."""
    group = working_groups.find(db, round_.working_group) if round_.working_group else None
    reported = round_units.listed(db, round_.id)
    numbers: dict[str, int | None] = {}
    for name in ("eligible", "offered", "declined", "unable"):
        values = [getattr(one, name) for one in reported]
        told = [value for value in values if value is not None]
        # A sum that some unit is missing from would look like the whole.
        numbers[name] = sum(told) if told and len(told) == len(values) else None
    eligible, offered, back = numbers["eligible"], numbers["offered"], sum(returned.values())
    invited = round_.access != "public"
    by_letter = round_.by_invitation and letters.made > 0
    of_offered = back / offered if invited and offered and back <= offered else None
    return {
        "title": dict(round_.title) or dict(questionnaire.title),
        "working_group": group.name if group else None,
        "promise": str(round_.promise),
        "opens_at": round_.opens_at.astimezone(PEOPLES_CLOCK).isoformat(),
        "answer_until": round_.answer_until.astimezone(PEOPLES_CLOCK).isoformat(),
        "receive_until": round_.receive_until.astimezone(PEOPLES_CLOCK).isoformat(),
        "survey": round_.survey,
        "population": round_.population,
        "access": round_.access,
        "interval": str(interval),
        "versions": [
            {"questionnaire": questionnaire.id, "hash": version} for version in round_.versions
        ],
        **numbers,
        "returned": dict(sorted(returned.items())),
        "coverage": offered / eligible if offered is not None and eligible else None,
        "response_rate": letters.rate if by_letter else of_offered,
        "quarantined": quarantined,
        # Only where it is one: what is said of a real round keeps its hash.
        **({"letters": {"sent": letters.base, "used": letters.used}} if by_letter else {}),
        **_scanned(paper_batches.totals_of_round(db, round_.id)),
        # Which responses an edition counted: single answers are given with it only while it is exactly these.
        **({"responses": kept} if round_.gives_single_answers and not interim else {}),
        **({"test": True} if round_.test_of else {}),
        # The round has not ended, whether or not anything is added later: its last edition has another hash.
        **({"interim": True} if interim else {}),
    }


def _scanned(totals: PaperTotals) -> dict[str, Any]:
    """How the marks of scanned sheets were read; nothing where none were scanned, so that other figures keep their hash."""
    if not totals.sheets:
        return {}
    names = ("sheets", "boxes", "boxes_decided", "second_read", "disagreed")
    return {"scanned": {name: getattr(totals, name) for name in names}}


def edition_figures(
    *,
    round_id: str,
    number: int,
    made_on: str,
    about: Mapping[str, Any],
    disclosed: DisclosedTables,
    free_text: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The figures of an edition as JSON (docs/architecture.md, "tables JSON"), with the hash of their content.

    The hash covers what was found and how it was collected, but neither the edition's number nor its day: the same
    counts give the same hash whenever they are asked for.
    """
    figures: dict[str, Any] = {
        "round": round_id,
        "edition": number,
        "made_on": made_on,
        "smallest_group": disclosed.rule.k,
        "about": dict(about),
        "tables": table_figures(disclosed),
        "free_text": [dict(one) for one in free_text],
    }
    figures["hash"] = content_hash(figures)
    return figures


def content_hash(figures: Mapping[str, Any]) -> str:
    """64 hex digits over everything but number, day and the random order of free text."""
    plain = {
        name: value for name, value in figures.items() if name not in ("edition", "made_on", "hash")
    }
    plain["free_text"] = [
        {**one, "texts": sorted(one["texts"], key=lambda text: (text["language"], text["text"]))}
        for one in plain["free_text"]
    ]
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
