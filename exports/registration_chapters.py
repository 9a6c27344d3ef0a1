"""Chapters of registrations: tallies by two things, with totals. Numbers by pairs of categories stand with the questions."""

from __future__ import annotations

from exports import charts
from exports.blocks import Block, Grid
from exports.chapters import Chapter
from exports.figures import Figures
from exports.phrases import Phrases
from exports.tally_disclosure import TOTAL
from forms.questionnaire import text_in
from forms.report_parts import TallyPlan


def tallies_chapter(figures: Figures, phrases: Phrases) -> Chapter | None:
    """A chart of the totals and the table of each tally."""
    told = figures.get("registrations") or {}
    plans = {plan.id: plan for plan in phrases.questionnaire.report.tallies}
    tallies = [one for one in told.get("tallies", ()) if one["id"] in plans]
    if not tallies:
        return None
    blocks = [_block(plans[one["id"]], one, told["units"], figures, phrases) for one in tallies]
    return Chapter(
        "tallies",
        phrases.words("What was counted"),
        (),
        tuple(blocks),
        landscape=any(len(one["columns"]) > 8 for one in tallies),
        since=tuple(sorted({one["since"] for one in tallies if one["since"]})),
        findings=tuple(
            phrases.words.labelled(block.question, block.heading) + "." for block in blocks
        ),
        hidden=tuple(
            phrases.words.labelled(
                block.question, phrases.words("%(n)s figures are not shown", n=n) + "."
            )
            for block in blocks
            if (n := sum(cell == "•" for row in block.grid.rows for cell in row))
        ),
    )


def _block(
    plan: TallyPlan, told: Figures, units: Figures, figures: Figures, phrases: Phrases
) -> Block:
    words, k = phrases.words, figures["smallest_group"]
    title = text_in(plan.title, words.language, phrases.questionnaire.source_language)
    labels = [
        dict(units) if by == "unit" else {one.id: one.label for one in phrases.choices(by)}
        for by in plan.by
    ]
    for one in labels:
        one |= {TOTAL: words("In all"), "~unanswered": words("Unanswered")}
    first = words("Unit") if plan.by[0] == "unit" else phrases.text(plan.by[0])
    rows = [
        (labels[0].get(row, row), *("•" if n is None else words.number(n) for n in cells))
        for row, cells in zip(told["rows"], told["cells"], strict=True)
    ]
    totals = {row: cells[-1] for row, cells in zip(told["rows"], told["cells"], strict=True)}
    whole = totals.pop(TOTAL)
    known = {row: n for row, n in totals.items() if n is not None}
    most = max(known.values(), default=0)
    parts = [
        charts.Part(labels[0].get(row, row), n / most if most else 0.0, words.number(n))
        for row, n in known.items()
    ]
    notes = []
    if any("•" in row for row in rows):
        notes.append(
            words(
                "• not shown: fewer than %(k)s, or a number from which one such could be computed.",
                k=k,
            )
        )
    if len(parts) < len(totals):
        notes.append(words("Totals that are not shown have no bar."))
    if told["since"]:
        notes.append(words("The figures are those of %(day)s.", day=words.day(told["since"])))
    if whole is None:
        heading = words("Fewer than %(k)s were counted, so nothing is shown", k=k)
    elif most and list(known.values()).count(most) == 1:
        top = next(row for row, n in known.items() if n == most)
        heading = words(
            "%(n)s were counted in all, most in %(row)s (%(most)s)",
            n=words.number(whole),
            row=labels[0].get(top, top),
            most=words.number(most),
        )
    else:
        heading = words("%(n)s were counted in all", n=words.number(whole))
    return Block(
        f"tally-{plan.id}",
        heading,
        title,
        charts.bars(title, parts) if parts and most else "",
        Grid(
            title,
            (first, *(labels[1].get(one, one) for one in told["columns"])),
            tuple(rows),
            style="wide",
        ),
        tuple(notes),
    )
