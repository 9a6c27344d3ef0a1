"""What an edition holds beside tables and free text, by the shape of its questionnaire: made once, by make_edition alone.

Pages never come here: these figures read every response of a round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from sqlite_utils import Database

from exports.agreement import agreement_figures, kappas_may_advance
from exports.collating import returns_figures
from exports.disclosure import DisclosedGroup, DisclosedTable, DisclosedTables, Rule
from exports.disclosure_levels import Level, Why, asked, valid
from exports.figures import Figures
from exports.journeys import journey_figures
from exports.standing import may_advance
from exports.tables import RawTables
from exports.tallying import advanced_tallies, tally_figures
from exports.unit_answers import read_unit_answers
from forms.document import from_plain
from forms.questionnaire import Promise, Questionnaire
from store import editions, responses, round_units, rounds, versions
from store.rounds import Round


def shape_figures(
    db: Database,
    round_: Round,
    questionnaire: Questionnaire,
    returned: Mapping[str, int],
    last: Figures | None,
    tables: Sequence[Figures],
) -> dict[str, Any]:
    """The keys returns, registrations, journeys, agreement and goal, each only where the plan asks for it. `tables` are those of
    the edition, as they are published."""
    plan, k = questionnaire.report, round_.smallest_group
    told: dict[str, Any] = {}
    if plan.goal is not None:
        told["goal"] = {
            "at_least": plan.goal.at_least,
            "at_most": plan.goal.at_most,
            "n": sum(returned.values()),
        }
    if round_.promise == Promise.SIGNED:
        earlier, earlier_questionnaire = _earlier(db, round_, questionnaire)
        told["returns"] = returns_figures(
            questionnaire,
            read_unit_answers(db, round_.id, questionnaire),
            earlier,
            earlier_questionnaire,
        )
    if plan.tallies:
        units = [one.unit for one in round_units.listed(db, round_.id)]
        tallies = tally_figures(
            plan.tallies, questionnaire, units, responses.read(db, round_.id), k
        )
        if last is not None:
            tallies = advanced_tallies(last, tallies, k)
        names = {one.unit: one.name or one.unit for one in round_units.listed(db, round_.id)}
        told["registrations"] = {"tallies": tallies, "units": names}
    if plan.journey is not None:
        made = journey_figures(plan.journey, questionnaire, responses.read(db, round_.id), k)
        told["journeys"] = standing("journeys", made, last, k)
    if plan.agreement is not None:
        made = agreement_figures(
            plan.agreement, questionnaire, responses.read(db, round_.id), k, tables
        )
        told["agreement"] = standing_agreement(made, last, k)
    return told


def standing(name: str, made: dict[str, Any], last: Figures | None, k: int) -> dict[str, Any]:
    """What was made, or the last edition's where the difference would say too much."""
    was = last.get(name) if last else None
    if was is None or may_advance(_numbers(was), _numbers(made), k):
        return made
    return {**was, "since": was["since"] or (last or {})["made_on"]}


def standing_agreement(made: dict[str, Any], last: Figures | None, k: int) -> dict[str, Any]:
    """The agreement of an edition, or the last edition's where the difference would say too much."""
    was = last.get("agreement") if last else None
    if was is None or kappas_may_advance(was, made, k):
        return standing("agreement", {**made, "since": None}, last, k)
    return {**was, "since": was["since"] or (last or {})["made_on"]}


#: What a part of the figures speaks of, and what is computed from its numbers.
_NAMING = ("from", "to", "sector", "question")
_COMPUTED = ("since", "why", "kappa", "median", "quartiles")


def _numbers(told: Any, name: str = "") -> dict[str, int | None]:
    """Every whole number of a part of the figures under its place; what is computed from them (kappa) follows them."""
    if isinstance(told, Mapping):
        # Moves are listed only where they are shown: they go by what they are, not by where they stand.
        found: dict[str, int | None] = dict(
            chain.from_iterable(
                _numbers(part, f"{name}/{key}").items()
                for key, part in told.items()
                if key not in (*_NAMING, *_COMPUTED)
            )
        )
        people, troubled = told.get("people"), told.get("trouble")
        if people is not None and troubled is not None:
            # Those who met no trouble follow from the two.
            found[f"{name}/untroubled"] = people - troubled
        return found
    if isinstance(told, list):
        found = {}
        for index, part in enumerate(told):
            what = (
                "-".join(str(part[key]) for key in _NAMING if key in part)
                if isinstance(part, Mapping)
                else ""
            )
            found |= _numbers(part, f"{name}/{what or index}")
        return found
    return {name: told} if told is None or isinstance(told, int) else {name: round(told)}


def _earlier(
    db: Database, round_: Round, questionnaire: Questionnaire
) -> tuple[Figures | None, Questionnaire | None]:
    """The newest edition of the last round before this one in its collection, of the same questionnaire and working group:
    a report does not carry another group's answers to its readers."""
    before = [
        one
        for one in rounds.of_collection(db, round_.collection)
        if one.id not in (round_.id, round_.test_of)
        and one.answer_until < round_.answer_until
        and one.promise == round_.promise
        and one.working_group == round_.working_group
    ]
    for one in sorted(before, key=lambda one: one.answer_until, reverse=True):
        kept = versions.read(db, one.version)
        made = editions.latest(db, one.id)
        if kept.questionnaire == questionnaire.id and made is not None:
            return made.figures, from_plain(dict(kept.document))
    return None, None


def signed_tables(raw: RawTables, rule: Rule, questionnaire: Questionnaire) -> DisclosedTables:
    """The tables of signed returns: everything is shown but questions marked personal, since each unit answered in its own
    name (design, "What is promised")."""
    personal = {question.id for question in questionnaire.questions() if question.personal}
    tables = []
    for table in raw.tables:
        if {place.split("/")[0] for place in (table.question, *table.by)} & personal:
            continue
        groups: Sequence[DisclosedGroup] = [
            DisclosedGroup(
                counted,
                Level.ALL if asked(table, counted) else Level.HIDDEN,
                Why.NONE,
                valid(table, counted),
                asked(table, counted),
            )
            for counted in table.groups
        ]
        tables.append(DisclosedTable(table, tuple(groups)))
    return DisclosedTables(rule, tuple(tables))
