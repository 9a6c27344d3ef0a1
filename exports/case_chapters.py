"""Chapters of interviews and audits: whether the goal is reached, the journeys, and how far two auditors agree."""

from __future__ import annotations

from collections.abc import Sequence

from exports import charts
from exports.agreement import SMALLEST_KAPPA
from exports.blocks import Block, Grid
from exports.chapters import Chapter
from exports.figures import Figures
from exports.flow_chart import Move, flow
from exports.phrases import Phrases
from exports.share_chart import ShareRow, share_bars
from exports.wording import Words


def goal_chapter(figures: Figures, phrases: Phrases) -> Chapter | None:
    """How many answers there should be, and how many there are."""
    goal = figures.get("goal")
    if not goal:
        return None
    words = phrases.words
    n, low, high = goal["n"], goal["at_least"], goal["at_most"]
    wanted = (
        words("%(low)s to %(high)s", low=words.number(low), high=words.number(high))
        if high
        else words("at least %(low)s", low=words.number(low))
    )
    if n >= low:
        heading = words(
            "The goal is reached: %(n)s answers, and the goal is %(wanted)s",
            n=words.number(n),
            wanted=wanted,
        )
    else:
        heading = words(
            "%(n)s answers, and the goal is %(wanted)s: %(missing)s are missing",
            n=words.number(n),
            wanted=wanted,
            missing=words.number(low - n),
        )
    whole = max(n, low, high, 1)
    chart = share_bars(
        words("Answers and goal"),
        [ShareRow(words("Answers"), n / whole, words.number(n), strong=True)],
        target=low / whole,
        target_label=words("goal: at least %(low)s", low=words.number(low)),
    )
    grid = Grid(
        words("Answers and goal"),
        (words("Answers and goal"), words("Number")),
        (
            (words("Answers returned"), words.number(n)),
            (words("Goal"), wanted),
        ),
    )
    return Chapter(
        "goal",
        words("Was the goal reached?"),
        (),
        (Block("goal", heading, "", chart, grid),),
        findings=(heading + ".",),
    )


# --- journeys


def journey_chapter(figures: Figures, phrases: Phrases) -> Chapter | None:
    """Where people were, how they moved, and between which places something went wrong."""
    told = figures.get("journeys")
    plan = phrases.questionnaire.report.journey
    if not told or plan is None:
        return None
    words, k = phrases.words, figures["smallest_group"]
    heading = words("The journeys")
    if told["people"] is None:
        nothing = (
            words("The journeys are too few to be shown without telling of single moves.")
            if told.get("why")
            else words("Fewer than %(k)s people told of their steps, so nothing is shown.", k=k)
        )
        return Chapter(
            "journeys",
            heading,
            (nothing,),
            (),
            hidden=(nothing,),
        )
    lead = [words("%(n)s people told of their steps.", n=words.number(told["people"]))]
    if told["trouble"] is not None:
        lead.append(
            words(
                "%(n)s of them met trouble on the way at least once.",
                n=words.number(told["trouble"]),
            )
        )
    if told["since"]:
        lead.append(words("The figures are those of %(day)s.", day=words.day(told["since"])))
    blocks = [_moves(told, phrases, k), _sectors(told, phrases, k)]
    return Chapter(
        "journeys",
        heading,
        tuple(lead),
        tuple(blocks),
        since=(told["since"],) if told["since"] else (),
        findings=(lead[0], blocks[0].heading + "."),
        hidden=(blocks[0].notes[1],),
    )


def _moves(told: Figures, phrases: Phrases, k: int) -> Block:
    words = phrases.words
    plan = phrases.questionnaire.report.journey
    assert plan is not None
    origins = {one.id: one.label for one in phrases.choices(plan.came_from)}
    places = {one.id: one.label for one in phrases.choices(plan.sector)}
    moves, rows = [], []
    for one in told["moves"]:
        n, bad = one["people"], one["trouble"]
        said = words("%(n)s people", n=words.number(n))
        figure, step = words.number(n), 3
        if bad is not None:
            figure = words("%(agreed)s of %(n)s", agreed=words.number(bad), n=figure)
            said = words("%(bad)s of %(n)s met trouble", bad=words.number(bad), n=words.number(n))
            step = 0 if bad / n >= 0.5 else 1
        moves.append(Move(origins[one["from"]], places[one["to"]], n, said, figure, step))
        rows.append(
            (
                f"{origins[one['from']]} → {places[one['to']]}",
                words.number(n),
                words.number(bad) if bad is not None else "•",
                words.percent(bad / n) if bad is not None else "•",
            )
        )
    title = words("Moves between places")
    notes = [
        words("People are counted, each once for a move however often it was made."),
        words(
            "A move that fewer than %(k)s made is not shown, and not told from one that nobody made.",
            k=k,
        ),
    ]
    if any("•" in row for row in rows):
        notes.append(
            words(
                "• The trouble is shown only where at least %(k)s met it and at least %(k)s did not.",
                k=k,
            )
        )
    if any(move.step < 2 for move in moves):
        notes.append(
            words(
                "In each band stands how many moved, and of how many something went wrong where that is shown. Dark bands: half or more met trouble. Middle: fewer. Light: not shown how many."
            )
        )
    return Block(
        "moves",
        _moves_heading(told, origins, places, words),
        title,
        flow(title, moves) if moves else "",
        Grid(
            title,
            (words("From → to"), words("People"), words("Met trouble"), words("Share")),
            tuple(rows),
        ),
        tuple(notes),
    )


def _moves_heading(
    told: Figures, origins: dict[str, str], places: dict[str, str], words: Words
) -> str:
    worst = [one for one in told["moves"] if one["trouble"] is not None]
    worst.sort(key=lambda move: -move["trouble"] / move["people"])
    if worst and (len(worst) == 1 or _share(worst[0]) > _share(worst[1])):
        one = worst[0]
        return words(
            "Trouble was met most often from %(start)s to %(end)s: by %(bad)s of %(n)s",
            start=words.quoted(origins[one["from"]]),
            end=words.quoted(places[one["to"]]),
            bad=words.number(one["trouble"]),
            n=words.number(one["people"]),
        )
    if told["moves"]:
        most = _top(told["moves"])
        if len(most) > 1:
            return words("No move was made by more people than all others")
        [one] = most
        return words(
            "More moved from %(start)s to %(end)s than any other way: %(n)s people",
            start=words.quoted(origins[one["from"]]),
            end=words.quoted(places[one["to"]]),
            n=words.number(one["people"]),
        )
    return words("No move was made by enough people to be shown")


def _share(move: Figures) -> float:
    return float(move["trouble"] / move["people"])


def _top(counted: Sequence[Figures]) -> list[Figures]:
    """Those with the most people: several where they are as many."""
    most = max(one["people"] for one in counted)
    return [one for one in counted if one["people"] == most]


def _sectors(told: Figures, phrases: Phrases, k: int) -> Block:
    words = phrases.words
    plan = phrases.questionnaire.report.journey
    assert plan is not None
    places = {one.id: one.label for one in phrases.choices(plan.sector)}
    title = phrases.text(plan.sector)
    shown = [one for one in told["sectors"] if one["people"] is not None]
    waits = any(one["waited"] for one in told["sectors"])
    parts = [
        charts.Part(
            places[one["sector"]],
            one["people"] / told["people"],
            words.number(one["people"]),
        )
        for one in shown
    ]
    rows = []
    for one in told["sectors"]:
        row = [
            places[one["sector"]],
            words.number(one["people"]) if one["people"] is not None else "•",
            words.percent(one["people"] / told["people"]) if one["people"] is not None else "•",
        ]
        if waits:
            row += _wait(one["waited"], words)
        rows.append(tuple(row))
    head = [words("Place"), words("People"), words("Share")]
    if waits:
        unit = phrases.unit_text(plan.waited)
        head += [
            words("Median wait (%(unit)s)", unit=unit),
            words("Middle half"),
        ]
    if shown:
        most = _top(shown)
        named = [words.quoted(places[one["sector"]]) for one in most]
        numbers = {"n": words.number(most[0]["people"]), "all": words.number(told["people"])}
        if len(most) == 1:
            heading = words(
                "More were at %(place)s than anywhere else: %(n)s of %(all)s",
                place=named[0],
                **numbers,
            )
        elif len(most) == 2:
            heading = words(
                "Named most often: %(first)s and %(second)s, each by %(n)s of %(all)s",
                first=named[0],
                second=named[1],
                **numbers,
            )
        else:
            heading = words("No place was visited by more people than all others")
    else:
        heading = words("No place was visited by enough people to be shown")
    notes = [words("A person who was at several places counts at each.")]
    if any("•" in row for row in rows):
        notes.append(
            words(
                "• fewer than %(k)s people, nobody, or a number from which another could be computed.",
                k=k,
            )
        )
    return Block(
        "sectors",
        heading,
        title,
        charts.bars(title, parts) if parts else "",
        Grid(title, tuple(head), tuple(rows)),
        tuple(notes),
    )


def _wait(waited: Figures | None, words: Words) -> list[str]:
    if not waited:
        return ["•", "•"]
    low, high = waited["quartiles"]
    return [words.shortest(waited["median"]), f"{words.shortest(low)}–{words.shortest(high)}"]


# --- agreement


def agreement_chapter(figures: Figures, phrases: Phrases) -> Chapter | None:
    """Agreements of n for each question, and kappa where there are cases enough."""
    told = figures.get("agreement")
    if not told:
        return None
    words, k = phrases.words, figures["smallest_group"]
    lead = [
        words(
            "%(double)s of %(cases)s cases were answered by both auditors.",
            double=words.number(told["double"]),
            cases=words.number(told["cases"]),
        )
    ]
    if told["since"]:
        lead.append(words("The figures are those of %(day)s.", day=words.day(told["since"])))
    bars, rows = [], []
    for one in told["questions"]:
        label = phrases.text(one["question"])
        if one["n"] is None:
            bars.append(ShareRow(label, None, _why_untold(one, words, k)))
            rows.append((label, "•", "•", "•", "•"))
            continue
        share = one["agreed"] / one["n"]
        of = words(
            "%(agreed)s of %(n)s", agreed=words.number(one["agreed"]), n=words.number(one["n"])
        )
        bars.append(ShareRow(label, share, of))
        rows.append(
            (
                label,
                words.number(one["n"]),
                words.number(one["agreed"]),
                words.percent(share),
                words.number(one["kappa"], 2) if one["kappa"] is not None else "–",
            )
        )
    title = words("Agreement of the two auditors")
    whys = {one["why"] for one in told["questions"]}
    notes = [words("n: cases in which both gave a valid answer to the question.")]
    if any(one["kappa"] is not None for one in told["questions"]):
        notes.append(
            words(
                "Kappa (Cohen 1960) sets the agreement beside the one that chance would give: 0 is no better than chance, 1 is full agreement."
            )
        )
    if "few-for-kappa" in whys:
        notes.append(
            words(
                "Kappa is shown only from %(n)s cases; below, the agreements of n say what is known.",
                n=max(SMALLEST_KAPPA, 4 * k),
            )
        )
    if "guarded" in whys:
        notes.append(words("Kappa is not shown for sensitive and background questions."))
    if "protected" in whys:
        notes.append(
            words(
                "Where the tables of a question hold something back, its agreements are not shown: the one would follow from the other."
            )
        )
    if "same-answer" in whys:
        notes.append(words("There is no kappa where both auditors always chose the same option."))
    block = Block(
        "agreement",
        _agreement_heading(told, phrases),
        "",
        share_bars(title, bars),
        Grid(
            title,
            (words("Question"), "n", words("Agreed"), words("Share"), words("Kappa")),
            tuple(rows),
            style="wide",
        ),
        tuple(notes),
    )
    untold = [one for one in told["questions"] if one["n"] is None]
    return Chapter(
        "agreement",
        title,
        tuple(lead),
        (block,),
        since=(told["since"],) if told["since"] else (),
        findings=(lead[0], block.heading + "."),
        hidden=tuple(
            words(
                "Agreement about %(question)s is not shown beside its tables.",
                question=words.quoted(phrases.text(one["question"])),
            )
            if one["why"] == "protected"
            else words(
                "Agreement about %(question)s: fewer than %(k)s cases.",
                question=words.quoted(phrases.text(one["question"])),
                k=k,
            )
            for one in untold
        ),
    )


def _why_untold(one: Figures, words: Words, k: int) -> str:
    if one["why"] == "protected":
        return words("not shown beside its tables")
    return words("fewer than %(k)s answers", k=k)


def _agreement_heading(told: Figures, phrases: Phrases) -> str:
    words = phrases.words
    shown = [one for one in told["questions"] if one["n"] is not None]
    if not shown and any(one["why"] == "protected" for one in told["questions"]):
        return words("Agreement cannot be shown beside the tables")
    if not shown:
        return words("There are too few cases with two answers to compare them")
    least = min(shown, key=lambda one: one["agreed"] / one["n"])
    return words(
        "They agree least about %(question)s: in %(agreed)s of %(n)s cases",
        question=words.quoted(phrases.text(least["question"])),
        agreed=words.number(least["agreed"]),
        n=words.number(least["n"]),
    )
