"""Chapters of signed returns: the collated document, the grid and the catalogue. Shares are in share_chapter.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exports.answer_text import AnswerTexts
from exports.blocks import Block, Grid
from exports.chapters import Chapter
from exports.collating import UNNAMED
from exports.figures import Figures
from exports.phrases import Phrases
from exports.wording import Words
from forms.questionnaire import text_in

#: So many units stand side by side across a page; more stand below each other.
_ACROSS = 4


def unit_names(returns: Figures) -> dict[str, str]:
    """Unit id -> name."""
    return {one["unit"]: one["name"] for one in returns["units"]}


def answered(returns: Figures, words: Words) -> str:
    """How many units have answered, and which have not."""
    sent = [one for one in returns["units"] if one["sent"]]
    missing = [one["name"] for one in returns["units"] if not one["sent"]]
    told = words(
        "%(n)s of %(all)s units have answered.",
        n=words.number(len(sent)),
        all=words.number(len(returns["units"])),
    )
    if missing and len(missing) <= 6:
        told += " " + words("Not yet: %(names)s.", names=", ".join(missing))
    return told


# --- the collated document


def collated_chapter(figures: Figures, phrases: Phrases) -> Chapter | None:
    """Per question the units' answers side by side; those of an earlier round beside them."""
    returns = figures.get("returns") or {}
    collated = returns.get("collated")
    if not collated:
        return None
    words = phrases.words
    earlier = collated.get("earlier")
    names = unit_names(returns)
    texts = AnswerTexts(phrases, names)
    sent = [one["unit"] for one in returns["units"] if one["sent"]]
    until = words("Answer by %(day)s", day=words.day(figures["about"]["answer_until"]))
    lead = [answered(returns, words)]
    if earlier:
        lead.append(
            words(
                "Beside each answer stands the one that the same unit gave by %(day)s (%(title)s).",
                day=words.day(earlier["answer_until"]),
                title=text_in(
                    earlier["title"], words.language, phrases.questionnaire.source_language
                ),
            )
        )
    lead.append(words("The answers are the units' own words and stand as they were sent."))
    blocks = []
    for one in collated["questions"]:
        place = one["place"]
        answers = {cell["unit"]: cell["answer"] for cell in one["cells"]}
        if earlier:
            block = _beside(place, answers, earlier, until, returns, texts, phrases)
        else:
            block = _side_by_side(place, answers, sent, names, until, texts, phrases)
        blocks.append(block)
    told = answered(returns, words)
    return Chapter(
        "collated",
        words("What the units answered"),
        tuple(lead),
        tuple(blocks),
        landscape=True,
        findings=(told,),
    )


def _side_by_side(
    place: str,
    answers: Mapping[str, Any],
    sent: Sequence[str],
    names: Mapping[str, str],
    until: str,
    texts: AnswerTexts,
    phrases: Phrases,
) -> Block:
    words = phrases.words
    none = words("No answer")
    title = phrases.text(place)
    said = [texts.of(place, answers.get(unit)) or none for unit in sent]
    if len(sent) <= _ACROSS:
        head = (words("Answer"), *(names[unit] for unit in sent))
        rows: tuple[tuple[str, ...], ...] = ((until, *said),) if sent else ()
    else:
        head = (words("Unit"), until)
        rows = tuple((names[unit], text) for unit, text in zip(sent, said, strict=True))
    return Block(f"collated-{place}", title, "", "", Grid(title, head, rows, style="prose"))


def _beside(
    place: str,
    answers: Mapping[str, Any],
    earlier: Figures,
    until: str,
    returns: Figures,
    texts: AnswerTexts,
    phrases: Phrases,
) -> Block:
    words = phrases.words
    title = phrases.text(place)
    found = next((one for one in earlier["questions"] if one["place"] == place), None)
    before = {cell["unit"]: cell["answer"] for cell in found["cells"]} if found else {}
    names = {**unit_names(earlier), **unit_names(returns)}
    notes = []
    if found is None:
        notes.append(words("The question was another one then, so no earlier answer stands here."))
    elif found["reworded"]:
        notes.append(words("The wording of the question has changed since."))
    sent = {one["unit"] for one in returns["units"] if one["sent"]}
    sent_before = {one["unit"] for one in earlier["units"] if one["sent"]}
    rows = []
    for unit, name in sorted(names.items(), key=lambda item: item[1].casefold()):
        if unit not in sent | sent_before:
            continue
        rows.append(
            (
                name,
                _said(place, unit, before, sent_before, texts, words) if found else "–",
                _said(place, unit, answers, sent, texts, words),
            )
        )
    head = (
        words("Unit"),
        words("Answer by %(day)s", day=words.day(earlier["answer_until"])),
        until,
    )
    grid = Grid(title, head, tuple(rows), style="prose")
    return Block(f"collated-{place}", title, "", "", grid, tuple(notes))


def _said(
    place: str,
    unit: str,
    answers: Mapping[str, Any],
    sent: set[str],
    texts: AnswerTexts,
    words: Words,
) -> str:
    if unit not in sent:
        return words("Has not answered")
    return texts.of(place, answers.get(unit)) or words("No answer")


# --- the grid


def grid_chapter(figures: Figures, phrases: Phrases) -> Chapter | None:
    """Phases down, sectors across, what the actors do in each: a page for each group."""
    grid = (figures.get("returns") or {}).get("grid")
    plan = phrases.questionnaire.report.grid
    if not grid or plan is None:
        return None
    words = phrases.words
    columns = {one.id: one.label for one in phrases.choices(plan.columns)}
    pages = {one.id: one.label for one in phrases.choices(plan.pages)} if plan.pages else {}
    titles = {
        row.id: text_in(row.title, words.language, phrases.questionnaire.source_language)
        for row in plan.rows
    }
    first = {row.id: row.questions[0] for row in plan.rows}
    lead = [
        answered(figures["returns"], words),
        words(
            "The lines are those that the actors wrote; what several wrote stands once, with their number. A unit is named only where it agreed to be an example."
        ),
    ]
    if grid["without_place"]:
        lead.append(
            words(
                "%(n)s answers name no place in the overview and are not in it.",
                n=words.number(grid["without_place"]),
            )
        )
    blocks = []
    named = False
    for page in grid["pages"]:
        heading = pages.get(page["page"], "")
        heading = (
            words("%(group)s: %(n)s actors", group=heading, n=page["units"]) if heading else ""
        )
        rows = [
            (
                titles[row["row"]],
                *(_cell(cell, first[row["row"]], phrases) for cell in row["cells"]),
            )
            for row in page["rows"]
        ]
        named = named or any(UNNAMED in text for row in rows for text in row)
        head = (
            words("Phase"),
            *(
                f"{columns[one['column']]} ({words.number(one['units'])})"
                for one in page["columns"]
            ),
        )
        caption = heading or words("Overview of actors")
        blocks.append(
            Block(
                f"grid-{page['page'] or 'all'}",
                heading,
                "",
                "",
                Grid(caption, head, tuple(rows), style="prose"),
                (words("The number in brackets is that of the actors who answered."),),
            )
        )
    if named:
        lead.append(
            words("%(sign)s stands for the name of a unit that is not named.", sign=UNNAMED)
        )
    return Chapter(
        "grid",
        words("Overview of actors"),
        tuple(lead),
        tuple(blocks),
        landscape=True,
        findings=(answered(figures["returns"], words),),
    )


def _cell(cell: Sequence[Figures], first: str, phrases: Phrases) -> str:
    words = phrases.words
    parts = []
    for one in cell:
        lines = []
        for line in one["lines"]:
            behind = [words.number(line["units"])] if line["units"] > 1 else []
            if line["named"]:
                behind.append(words("e.g. %(names)s", names=", ".join(line["named"])))
            lines.append(line["text"] + (f" ({', '.join(behind)})" if behind else ""))
        # What is done stands as a list; what belongs to it (with whom, say) in running lines under its question.
        if one["question"] == first:
            parts += [f"– {line}" for line in lines]
        else:
            parts.append(words.labelled(phrases.text(one["question"]), "; ".join(lines)))
    return "\n".join(parts) or "–"


# --- the catalogue


def catalogue_chapter(figures: Figures, phrases: Phrases) -> Chapter | None:
    """An entry for each initiative: what was written of it, and which fields were left empty."""
    returns = figures.get("returns") or {}
    plan = phrases.questionnaire.report.catalogue
    if "catalogue" not in returns or plan is None:
        return None
    words = phrases.words
    names = unit_names(returns)
    texts = AnswerTexts(phrases, names)
    blocks = []
    for one in returns["catalogue"]:
        for index, entry in enumerate(one["entries"]):
            number = texts.of(plan.number, entry.get(plan.number)) if plan.number else ""
            title = texts.of(plan.name, entry.get(plan.name)) or words("Without a title")
            heading = f"{number}. {title}" if number else title
            rows, empty = [], []
            for place in plan.show:
                text = texts.of(place, entry.get(place))
                if text:
                    rows.append((phrases.text(place), text))
                else:
                    empty.append(phrases.text(place))
            notes = [words("Not filled in: %(fields)s.", fields=", ".join(empty))] if empty else []
            head = (words("Field"), words("What the unit wrote"))
            blocks.append(
                Block(
                    f"entry-{one['unit']}-{index}",
                    heading,
                    names[one["unit"]],
                    "",
                    Grid(heading, head, tuple(rows), style="prose"),
                    tuple(notes),
                )
            )
    lead = words(
        "%(n)s initiatives from %(units)s units.",
        n=words.number(len(blocks)),
        units=words.number(sum(1 for one in returns["catalogue"] if one["entries"])),
    )
    return Chapter(
        "catalogue",
        words("Catalogue of initiatives"),
        (lead, answered(returns, words)),
        tuple(blocks),
        findings=(lead,),
    )
