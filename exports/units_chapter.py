"""The chapters about units: each against the rest of its area and region, and their coverage and response rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exports.blocks import Block, Grid
from exports.chapters import Chapter
from exports.charts import Part, bars
from exports.charts_compared import Dot, Mark, dots
from exports.figures import Figures
from exports.measure_words import MeasureWords
from exports.phrases import Phrases

SHAPES = {"over": "up", "under": "down", "same": "disc"}
LEVELS = ("area", "region", "all")


def units_chapter(figures: Figures, phrases: Phrases) -> Chapter | None:
    """A block for each question and level above."""
    compared = figures.get("comparisons")
    if not compared:
        return None
    words = phrases.words
    targets = {(one["question"], one["measure"]): one for one in figures.get("targets") or ()}
    blocks = []
    for one in compared["questions"]:
        target = targets.get((one["question"], one["measure"]))
        for level in LEVELS:
            rows = list(_rows(one, level))
            if rows:
                standing = phrases.standing_question(figures, one["question"])
                blocks.append(_against(one, level, rows, target, standing, phrases))
    if not blocks:
        return None
    found = [
        row["verdict"]
        for one in compared["questions"]
        for unit in one["units"]
        for row in unit["against"]
    ]
    lead = [
        words(
            "Each unit is held against all others of its area or region; the unit itself is not among them. “Over” and “under” mark a difference that is larger than chance usually makes; “same” means that chance alone could make it."
        ),
        words(
            "Units are compared from %(n)s answers on either side. Of the differences marked in this report at most %(share)s are expected to be chance: all %(tests)s tests are judged together.",
            n=compared["smallest"],
            share=words.percent(compared["false_discoveries"]),
            tests=compared["tests"],
        ),
        words(
            "Of %(tests)s comparisons of units %(over)s lie over, %(under)s under, and %(same)s the same.",
            tests=sum(1 for one in found if one != "untested"),
            over=found.count("over"),
            under=found.count("under"),
            same=found.count("same"),
        ),
    ]
    return Chapter("units", words("Each unit beside the others"), tuple(lead), tuple(blocks))


def _rows(question: Figures, level: str) -> Iterator[tuple[Figures, Figures]]:
    for unit in question["units"]:
        for row in unit["against"]:
            if row["level"] == level:
                yield unit, row


def _against(
    question: Figures,
    level: str,
    rows: Sequence[tuple[Figures, Figures]],
    target: Figures | None,
    standing: Sequence[str],
    phrases: Phrases,
) -> Block:
    words = phrases.words
    say = MeasureWords(phrases, question["question"], question["measure"])
    by = {
        "area": words("each unit against the rest of its area"),
        "region": words("each unit against the rest of its region"),
        "all": words("each unit against all others"),
    }[level]
    # By area, and within it from the highest to the lowest; what is not shown stands last.
    ordered = sorted(
        rows,
        key=lambda pair: (
            pair[1]["label"],
            -(pair[0]["value"] if pair[0]["value"] is not None else -1e9),
            pair[0]["label"],
        ),
    )
    labelled = level == "area" and len({row["label"] for _, row in rows}) > 1
    points = [
        Dot(
            f"{unit['label']} · {row['label']}" if labelled else unit["label"],
            unit["value"],
            say.value(unit["value"], unit["step"]),
            row["value"],
            SHAPES.get(row["verdict"], "ring"),
            _verdict(unit, row, say),
        )
        for unit, row in ordered
    ]
    values = [value for unit, row in rows for value in (unit["value"], row["value"])]
    marks = []
    if target is not None:
        marks.append(Mark(target["value"], say.target(target)))
        values.append(target["value"])
    low, high = say.ends(values)
    chart = dots(
        f"{say.title} – {by}",
        points,
        low=low,
        high=high,
        ticks=say.ticks(low, high),
        marks=marks,
        other=words("the others"),
    )
    head = [
        words("Unit"),
        "n",
        say.name,
        words("n of the others"),
        words("The others"),
        say.difference_name,
        words("Judged"),
    ]
    grid = []
    for unit, row in ordered:
        line = [
            f"{unit['label']} · {row['label']}" if labelled else unit["label"],
            "•" if unit["n"] is None else words.number(unit["n"]),
            say.value(unit["value"], unit["step"]),
            "–" if row["n"] is None else words.number(row["n"]),
            "–" if row["value"] is None else say.value(row["value"]),
            say.difference(row["difference"]),
            _verdict(unit, row, say),
        ]
        grid.append(tuple(line))
    notes = [
        words(
            "Triangle up: over; triangle down: under; filled disc: the same; filled ring: not tested. The thin ring is the others."
        )
    ]
    notes += standing
    if any(unit["value"] is None for unit, _ in rows):
        notes.append(words("• marks a figure that is not shown, to protect those who answered."))
    return Block(
        f"units-{question['question'].replace('/', '-')}-{question['measure']}-{level}",
        _heading(rows, say),
        say.title,
        chart,
        Grid(f"{say.title} – {by}", tuple(head), tuple(grid)),
        tuple(notes),
        f"– {by}",
    )


def _heading(rows: Sequence[tuple[Figures, Figures]], say: MeasureWords) -> str:
    """'Odense lies over the others, Vejle under; the other 5 do not differ by more than chance.'"""
    words = say.words
    named = {
        verdict: [unit["label"] for unit, row in rows if row["verdict"] == verdict]
        for verdict in ("over", "under", "same")
    }
    over, under, same = named["over"], named["under"], named["same"]
    if not (over or under or same):
        return words("There are too few answers to compare the units")
    if not over and not under:
        return words("No unit differs from the others by more than chance")
    said = []
    if over:
        said.append(words("%(units)s over the others", units=_listed(over, say)))
    if under:
        said.append(words("%(units)s under the others", units=_listed(under, say)))
    return "; ".join(said)


def _listed(names: Sequence[str], say: MeasureWords) -> str:
    """Up to three names; more are counted."""
    if len(names) > 3:
        return say.words("%(n)s units", n=len(names))
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} {say.words('and')} {names[-1]}"


def _verdict(unit: Figures, row: Figures, say: MeasureWords) -> str:
    if row["verdict"] != "untested":
        return say.verdict(row["verdict"])
    words = say.words
    return {
        "hidden": words("not shown") if unit["value"] is None else words("others not shown"),
        "too-few": words("too few"),
        "alone": words("alone"),
        "no-spread": words("not tested"),
    }.get(row["why"], words("not tested"))


# --- coverage and response rate ---------------------------------------------------------------------------------


def rates_chapter(figures: Figures, phrases: Phrases) -> Chapter | None:
    """How many each unit could ask, did ask, and heard from; apart, since one says nothing of the other."""
    units = figures.get("units")
    if not units or not any(
        row["eligible"] is not None or row["offered"] is not None for row in units["rows"]
    ):
        return None
    words, rows = phrases.words, units["rows"]
    head = [
        words("Unit"),
        words("Eligible"),
        words("Offered"),
        words("Coverage"),
        words("Answers returned"),
    ]
    if units["rates"]:
        head.append(words("Response rate"))
    grid = []
    for row in rows:
        line = [
            row["label"],
            *(
                "–" if row[name] is None else words.number(row[name])
                for name in ("eligible", "offered")
            ),
            "–" if row["coverage"] is None else words.percent(row["coverage"]),
            "•" if row["returned"] is None else words.number(row["returned"]),
        ]
        if units["rates"]:
            rate = "–" if row["response_rate"] is None else words.percent(row["response_rate"])
            line.append("•" if row["returned"] is None else rate)
        grid.append(tuple(line))
    shown = "response_rate" if units["rates"] else "coverage"
    told = [row for row in rows if row[shown] is not None]
    title = words("Response rate by unit") if units["rates"] else words("Coverage by unit")
    chart = (
        bars(title, [Part(row["label"], row[shown], words.percent(row[shown])) for row in told])
        if told
        else ""
    )
    heading = title
    told.sort(key=lambda row: row[shown])
    if len(told) > 1 and words.percent(told[0][shown]) == words.percent(told[-1][shown]):
        message = (
            "The response rate is %(share)s in every unit shown"
            if units["rates"]
            else "The coverage is %(share)s in every unit shown"
        )
        heading = words(message, share=words.percent(told[0][shown]))
    elif len(told) > 1:
        message = (
            "The response rate lies between %(low)s (%(first)s) and %(high)s (%(last)s)"
            if units["rates"]
            else "The coverage lies between %(low)s (%(first)s) and %(high)s (%(last)s)"
        )
        heading = words(
            message,
            low=words.percent(told[0][shown]),
            first=told[0]["label"],
            high=words.percent(told[-1][shown]),
            last=told[-1]["label"],
        )
    notes = [
        words(
            "Coverage: offered of eligible. Response rate: returned of offered. Units report eligible and offered themselves."
        )
    ]
    if not units["rates"]:
        notes.append(
            words(
                "No response rate is printed: the round cannot tell whether someone answered twice, or it is that of its letters."
            )
        )
    more = [row["label"] for row in rows if (row["coverage"] or 0) > 1]
    if more:
        notes.append(
            words(
                "More were offered the questionnaire than were eligible: %(units)s. Units report both numbers themselves.",
                units=", ".join(more),
            )
        )
    if any(row["returned"] is None for row in rows):
        notes.append(words("• marks a figure that is not shown, to protect those who answered."))
    if units["since"]:
        notes.append(
            words(
                "The figures are those of %(day)s: too few are new.", day=words.day(units["since"])
            )
        )
    block = Block("rates", heading, "", chart, Grid(title, tuple(head), tuple(grid)), tuple(notes))
    return Chapter("rates", words("Coverage and response rate of the units"), (), (block,))
