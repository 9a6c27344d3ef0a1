"""The chapter of shares by unit: coverage and the like against a target, each cell with its footnote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exports.blocks import Block, Grid
from exports.chapters import Chapter
from exports.figures import Figures
from exports.phrases import Phrases
from exports.return_chapters import answered, unit_names
from exports.share_chart import ShareRow, share_bars
from exports.wording import Words
from forms.questionnaire import text_in
from forms.report_parts import SharePlan

#: So many parts of a table fit across an upright page.
_UPRIGHT = 3
_MARKS = ("¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹")


def shares_chapter(figures: Figures, phrases: Phrases) -> Chapter | None:
    """A chart and a table for each list of shares that the plan asks for."""
    returns = figures.get("returns") or {}
    plans = {plan.id: plan for plan in phrases.questionnaire.report.shares}
    told = [one for one in returns.get("shares", ()) if one["id"] in plans]
    if not told:
        return None
    words = phrases.words
    names = unit_names(returns)
    blocks = [_block(plans[one["id"]], one, names, figures, phrases) for one in told]
    return Chapter(
        "shares",
        words("Shares by unit"),
        (answered(returns, words),),
        tuple(blocks),
        landscape=any(len(plans[one["id"]].parts) > _UPRIGHT for one in told),
        findings=tuple(words.labelled(block.question, block.heading) + "." for block in blocks),
    )


def _block(
    plan: SharePlan, told: Figures, names: Mapping[str, str], figures: Figures, phrases: Phrases
) -> Block:
    words = phrases.words
    source = phrases.questionnaire.source_language

    def in_words(texts: Mapping[str, str]) -> str:
        return text_in(texts, words.language, source)

    title = in_words(plan.title)
    target = plan.target.percent / 100 if plan.target else None
    earlier = told.get("earlier")
    before = {row["unit"]: row["parts"] for row in earlier["rows"]} if earlier else {}
    one = len(plan.parts) == 1
    until = words.day(figures["about"]["answer_until"])
    chart_rows = (
        _unit_rows(told, names, before, earlier, target, words)
        if one
        else _part_rows(plan, told, earlier, phrases)
    )
    chart = share_bars(
        title,
        chart_rows,
        target=target,
        target_label=words("target %(share)s", share=words.percent_set(target))
        if target is not None
        else "",
    )
    footnotes: list[str] = []
    rows = []
    for row in told["rows"]:
        mark = ""
        if row["note"]:
            footnotes.append(row["note"])
            mark = _mark(len(footnotes))
        rows.append(
            (
                names[row["unit"]],
                *(
                    _figures_of(
                        row["parts"],
                        before.get(row["unit"]),
                        earlier is not None,
                        target,
                        words,
                        mark,
                    )
                    if one
                    else _parts_of(row["parts"], words, mark)
                ),
            )
        )
    rows.append(
        (
            words("In all"),
            *(
                _figures_of(
                    told["total"],
                    earlier["total"] if earlier else None,
                    earlier is not None,
                    target,
                    words,
                    "",
                )
                if one
                else _parts_of(told["total"], words, "")
            ),
        )
    )
    head = [words("Unit")]
    if one:
        head += [in_words(plan.parts[0].title), words("Of"), words("Share")]
        if earlier:
            head += [
                words("Share by %(day)s", day=words.day(earlier["answer_until"])),
                words("Change in percentage points"),
            ]
    else:
        head += [in_words(part.title) for part in plan.parts]
    notes = [f"{_mark(index)} {note}" for index, note in enumerate(footnotes, 1)]
    notes += _explained(plan, told, earlier, until, phrases)
    return Block(
        f"shares-{plan.id}",
        _heading(told, target, one, plan, phrases),
        title,
        chart,
        Grid(title, tuple(head), tuple(rows), style="wide"),
        tuple(notes),
    )


def _explained(
    plan: SharePlan, told: Figures, earlier: Figures | None, until: str, phrases: Phrases
) -> list[str]:
    words = phrases.words
    notes = []
    if plan.target is not None:
        source = text_in(plan.target.source, words.language, phrases.questionnaire.source_language)
        notes.append(
            words(
                "Target: at least %(share)s. Source: %(source)s",
                share=words.percent_set(plan.target.percent / 100),
                source=source,
            )
        )
    if earlier:
        notes.append(
            words(
                "The ring in the chart is the share by %(day)s.",
                day=words.day(earlier["answer_until"]),
            )
        )
        if {row["unit"] for row in told["rows"]} != {row["unit"] for row in earlier["rows"]}:
            notes.append(
                words(
                    "Not the same units answered both times; “in all” is the sum of those that answered each time."
                )
            )
    if any(part["share"] is None for row in told["rows"] for part in row["parts"]):
        notes.append(
            words(
                "– stands where a number was not given, or the part is more than the whole; such a unit is not in the sums."
            )
        )
    notes.append(words("Numbers as the units gave them by %(day)s.", day=until))
    return notes


def _heading(
    told: Figures, target: float | None, one: bool, plan: SharePlan, phrases: Phrases
) -> str:
    """What the table says, as a sentence."""
    words = phrases.words
    if one:
        total = told["total"][0]
        if total["share"] is None:
            return words("No unit has given the numbers")
        if target is None:
            earlier = told.get("earlier")
            was = earlier["total"][0]["share"] if earlier else None
            if earlier and was is not None:
                return words(
                    "%(share)s in all, against %(before)s by %(day)s",
                    share=words.percent(total["share"]),
                    before=words.percent(was),
                    day=words.day(earlier["answer_until"]),
                )
            return words("The share is %(share)s in all", share=words.percent(total["share"]))
        above = sum(
            1
            for row in told["rows"]
            if (row["parts"][0]["share"] or 0) >= target - 1e-9
            and row["parts"][0]["share"] is not None
        )
        return words(
            "%(share)s in all; %(n)s of %(all)s units have reached the target of %(target)s",
            share=words.percent_beside(total["share"], target),
            n=words.number(above),
            all=words.number(total["units"]),
            target=words.percent_set(target),
        )
    given = [
        (total["share"], part)
        for total, part in zip(told["total"], plan.parts, strict=True)
        if total["share"] is not None
    ]
    if not given:
        return words("No unit has given the numbers")
    source = phrases.questionnaire.source_language
    low, high = min(given, key=lambda pair: pair[0]), max(given, key=lambda pair: pair[0])
    return words(
        "From %(low)s (%(first)s) to %(high)s (%(last)s) in all",
        low=words.percent(low[0]),
        first=text_in(low[1].title, words.language, source),
        high=words.percent(high[0]),
        last=text_in(high[1].title, words.language, source),
    )


def _unit_rows(
    told: Figures,
    names: Mapping[str, str],
    before: Mapping[str, Any],
    earlier: Figures | None,
    target: float | None,
    words: Words,
) -> list[ShareRow]:
    rows = [
        _bar(
            names[row["unit"]],
            row["parts"][0],
            (before.get(row["unit"]) or [None])[0],
            words,
            target=target,
        )
        for row in told["rows"]
    ]
    rows.append(
        _bar(
            words("In all"),
            told["total"][0],
            earlier["total"][0] if earlier else None,
            words,
            target=target,
            strong=True,
        )
    )
    return rows


def _part_rows(
    plan: SharePlan, told: Figures, earlier: Figures | None, phrases: Phrases
) -> list[ShareRow]:
    source = phrases.questionnaire.source_language
    return [
        _bar(
            text_in(part.title, phrases.words.language, source),
            told["total"][index],
            earlier["total"][index] if earlier else None,
            phrases.words,
        )
        for index, part in enumerate(plan.parts)
    ]


def _bar(
    label: str,
    part: Figures,
    before: Figures | None,
    words: Words,
    *,
    target: float | None = None,
    strong: bool = False,
) -> ShareRow:
    share = part["share"]
    was = before["share"] if before else None
    return ShareRow(
        label,
        share,
        words.percent_beside(share, target) if share is not None else words("not given"),
        was,
        words("before %(share)s", share=words.percent(was)) if was is not None else "",
        strong,
    )


def _figures_of(
    parts: Sequence[Figures],
    before: Sequence[Figures] | None,
    with_change: bool,
    target: float | None,
    words: Words,
    mark: str,
) -> list[str]:
    part = parts[0]
    told = [
        words.shortest(part["part"]) if part["part"] is not None else "–",
        words.shortest(part["whole"]) if part["whole"] is not None else "–",
        (words.percent_beside(part["share"], target) if part["share"] is not None else "–") + mark,
    ]
    if with_change:
        was = before[0]["share"] if before else None
        told.append(words.percent(was) if was is not None else "–")
        change = (
            (part["share"] - was) * 100 if was is not None and part["share"] is not None else None
        )
        sign = "+" if change is not None and change > 0.05 else ""
        told.append(f"{sign}{words.number(change, 1)}" if change is not None else "–")
    return told


def _parts_of(parts: Sequence[Figures], words: Words, mark: str) -> list[str]:
    return [
        (
            f"{words.percent(part['share'])} ({words.shortest(part['part'])}/{words.shortest(part['whole'])})"
            if part["share"] is not None
            else "–"
        )
        + (mark if index == 0 else "")
        for index, part in enumerate(parts)
    ]


def _mark(number: int) -> str:
    """A raised number: ¹, ², … ¹²."""
    digits = dict(zip("0123456789", ("⁰", *_MARKS), strict=True))
    return "".join(digits[digit] for digit in str(number))
