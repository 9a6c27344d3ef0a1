"""The page that can be read aloud: three findings and one caution, each following from the figures by a rule.

Findings, in this order, each question at most once: the question with the highest favourable share; the one with the
lowest; the first question whose options have no tone (a preference), by what most chose; a number, by its median;
then the next highest favourable shares. Ties go to the question that stands first. The caution is the first that holds
of the list in caution_of.
"""

from __future__ import annotations

from collections.abc import Sequence

from exports.figures import Figures
from exports.phrases import Phrases
from forms.questionnaire import Shape

#: From this share of those asked, "Don't know" or unanswered is a caution of its own.
MUCH_OUTSIDE = 0.15
#: Below this response rate the report cautions about those who did not answer.
LOW_RESPONSE = 0.6


def findings_of(tables: Sequence[Figures], phrases: Phrases) -> tuple[tuple[str, Figures], ...]:
    """At most three sentences, each with the table that it is of; fewer where the figures do not carry as many."""
    own = [
        table
        for table in tables
        if not table["by"] and table["groups"] and table["groups"][0]["state"] != "hidden"
    ]
    toned = [table for table in own if table["groups"][0]["favourable"] is not None]
    by_share = sorted(toned, key=lambda table: -table["groups"][0]["favourable"]["share"])
    plain = [
        table
        for table in own
        if table["kind"] == "options" and table not in toned and not table["guarded"]
    ]
    numbers = [table for table in own if table["kind"] == "number"]
    chosen: list[Figures] = []
    for table in [*by_share[:1], *by_share[1:][-1:], *plain, *numbers, *by_share[1:-1]]:
        if len(chosen) == 3:
            break
        if table not in chosen and (
            table["kind"] == "number" or phrases.statement(table, table["groups"][0])
        ):
            chosen.append(table)
    return tuple((_sentence(table, phrases), table) for table in chosen)


def standing_of(days: Sequence[Sequence[str]], phrases: Phrases) -> tuple[str, ...]:
    """That all or some of what is told stands from earlier editions. `days`: for each sentence the days of its figures."""
    found = sorted({day for one in days for day in one})
    if len(found) == 1 and all(days):
        return (phrases.stands(found[0]),)
    words = phrases.words
    return tuple(
        words("Some of these figures stand as of %(day)s.", day=words.day(day)) for day in found
    )


def _sentence(table: Figures, phrases: Phrases) -> str:
    return phrases.words(
        "%(finding)s to the question %(question)s.",
        finding=phrases.heading(table),
        question=phrases.words.quoted(phrases.title(table)),
    )


def caution_of(figures: Figures, phrases: Phrases) -> str:
    """The one thing that a reader must bear in mind. In this order: many outside the base of a question; a low
    response rate; an open link; hidden groups; and always that those who did not answer are not in the figures."""
    words, about = phrases.words, figures["about"]
    if sum(about["returned"].values()) == about["returned"].get("simulated", 0) > 0:
        return words(
            "All answers are simulated. The figures show how a report looks and say nothing about people."
        )
    if about["promise"] == "signed":
        units = (figures.get("returns") or {}).get("units", ())
        if units and all(one["sent"] for one in units):
            return words(
                "The units answer for themselves. Nobody else has checked what they wrote."
            )
        return words(
            "The units answer for themselves. What those that have not answered would have said is not known."
        )
    most = much_outside(figures)
    if most is not None:
        share, table, name = most
        message = (
            "%(share)s answered “Don't know” to the question %(question)s; they are outside its shares."
            if name == "dont_know"
            else "%(share)s did not answer the question %(question)s; they are outside its shares."
        )
        return words(
            message, share=words.percent(share), question=words.quoted(phrases.title(table))
        )
    rate = about.get("response_rate")
    if rate is not None and rate < LOW_RESPONSE:
        return words(
            "%(share)s of those who were offered the questionnaire answered. What the others would have said is not known.",
            share=words.percent(rate),
        )
    if about["access"] == "public" and about["promise"] == "anonymous":
        return words(
            "Anyone with the link could answer, so the figures speak of those who chose to, and not of everybody."
        )
    if any(one["why"] == "too-few" for table in figures["tables"] for one in table["groups"]):
        return words("Some groups are too small to be shown; the totals include them.")
    shape = phrases.questionnaire.shape
    if shape == Shape.REGISTRATION:
        return words(
            "The figures are of what was registered. What was not registered is not in them."
        )
    if shape == Shape.AUDIT:
        return words("The figures are of the cases that were gone through, and not of the others.")
    return words(
        "The figures speak of those who answered. What the others would have said is not known."
    )


def much_outside(figures: Figures) -> tuple[float, Figures, str] | None:
    """(share, table, dont_know or unanswered) of the question with most outside its base, where those are many."""
    most: tuple[float, Figures, str] | None = None
    for table in figures["tables"]:
        group = table["groups"][0] if table["groups"] else None
        if table["by"] or group is None or not group["outside"] or not group["asked"]:
            continue
        for name in ("dont_know", "unanswered"):
            share = group["outside"][name] / group["asked"]
            if share >= MUCH_OUTSIDE and (most is None or share > most[0]):
                most = (share, table, name)
    return most
