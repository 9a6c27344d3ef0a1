"""The content of a report, made once from an edition's figures: what the PDF and a web page both show.

assemble() turns figures (JSON, disclosed) and a questionnaire into a view-model of plain strings, tables and SVG.
Every sentence follows from the figures by a rule that stands here; docs/disclosure.md says which. No figure that is
not in the edition can reach it. What is said of one table is in blocks.py.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from exports.blocks import Block, block_of
from exports.chapter_makers import chapters_of
from exports.chapters import Chapter
from exports.figures import Figures
from exports.findings import caution_of, findings_of, much_outside, standing_of
from exports.method_words import comparison_methods
from exports.phrases import Phrases, since_of
from exports.wording import Words
from forms.questionnaire import Questionnaire, text_in


@dataclass(frozen=True, slots=True)
class Told:
    """Free text of one question, released by a person, in random order. Each is (language, direction, text)."""

    question: str
    texts: tuple[tuple[str, str, str], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report says, in one language."""

    language: str
    title: str
    working_group: str
    period: str
    edition: str
    made_on: str
    day: str
    foot: str
    findings: tuple[str, ...]
    #: The days from which those figures stand, where they are of earlier editions.
    standing: tuple[str, ...]
    #: What is said where there is no finding.
    quiet: str
    caution: str
    collected: tuple[tuple[str, str], ...]
    collected_notes: tuple[str, ...]
    blocks: tuple[Block, ...]
    chapters: tuple[Chapter, ...]
    hidden: tuple[str, ...]
    hidden_rules: tuple[str, ...]
    told: tuple[Told, ...]
    method: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    words: Words = field(repr=False)
    #: What stands on every page of a test round's report; '' for answers that people gave.
    test: str = ""


def assemble(figures: Figures, questionnaire: Questionnaire, language: str) -> Report:
    """The report of an edition. `questionnaire` is that of the round's newest version, for its texts in `language`."""
    words = Words(language)
    about = figures["about"]
    phrases = Phrases(questionnaire, words)
    tables: Sequence[Figures] = figures["tables"]
    blocks = tuple(block_of(table, phrases, figures) for table in tables if table["groups"])
    hidden = tuple(line for table in tables if (line := _what_was_hidden(table, phrases)))
    chapters = chapters_of(figures, phrases)
    signed = about["promise"] == "signed"
    findings, standing = _findings(figures, chapters, phrases, chapters_first=signed)
    return Report(
        language=language,
        title=text_in(about["title"], language, questionnaire.source_language),
        working_group=about.get("working_group") or "",
        period=_period(about, words),
        edition=words("Interim edition %(number)s", number=figures["edition"])
        if about.get("interim")
        else words("Edition %(number)s", number=figures["edition"]),
        made_on=words("made on %(day)s", day=words.day(figures["made_on"])),
        day=words.day(figures["made_on"]),
        foot=words("Units answered in their own name")
        if signed
        else words("Fewer than %(k)s answers are not shown", k=figures["smallest_group"]),
        findings=findings,
        standing=standing,
        quiet=words("What was answered stands on the next pages.")
        if any(table["groups"] and table["groups"][0]["state"] != "hidden" for table in tables)
        else words("There are too few answers to say anything."),
        caution=caution_of(figures, phrases),
        collected=_collected(figures, words),
        collected_notes=_collected_notes(figures, words),
        blocks=blocks,
        chapters=chapters,
        hidden=(*hidden, *(line for chapter in chapters for line in chapter.hidden)),
        hidden_rules=_rules(tables, figures, words),
        told=_told(figures, phrases, words),
        method=_method(figures, words),
        versions=tuple((v["questionnaire"], v["hash"]) for v in about["versions"]),
        words=words,
        test=words("TEST – no real answers") if about.get("test") else "",
    )


def _findings(
    figures: Figures,
    chapters: Sequence[Chapter],
    phrases: Phrases,
    *,
    chapters_first: bool,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """At most three, those of the questions and of the chapters, and of what stands its days; of signed returns the chapters'
    come first."""
    own = [(said, since_of(table)) for said, table in findings_of(figures["tables"], phrases)]
    told = [(one, list(chapter.since)) for chapter in chapters for one in chapter.findings]
    both = told + own if chapters_first else own + told
    found: dict[str, list[str]] = {}
    for said, since in both:
        found.setdefault(said, since)
    days = list(found.values())[:3]
    cautioned = much_outside(figures)
    if cautioned is not None:
        days.append(since_of(cautioned[1]))
    return tuple(found)[:3], standing_of(days, phrases)


def _period(about: Figures, words: Words) -> str:
    start, end = words.day(about["opens_at"]), words.day(about["answer_until"])
    return start if start == end else words("%(start)s to %(end)s", start=start, end=end)


def _collected(figures: Figures, words: Words) -> tuple[tuple[str, str], ...]:
    about = figures["about"]
    rows = [
        (words("Period"), _period(about, words)),
        (words("Received until"), words.day(about["receive_until"])),
    ]
    if about["promise"] == "signed":
        units = (figures.get("returns") or {}).get("units", ())
        if units:
            sent = sum(1 for one in units if one["sent"])
            rows.append((words("Units that take part"), words.number(len(units))))
            rows.append((words("Units that have answered"), words.number(sent)))
        return tuple(rows)
    rows.append(
        (
            words("Who was asked"),
            words("Everybody in the period (a total survey)")
            if about["survey"] == "total"
            else words("A sample"),
        )
    )
    if about.get("population"):
        rows.append((words("People in the population"), words.number(about["population"])))
    names = {
        "eligible": words("Eligible"),
        "offered": words("Offered the questionnaire"),
        "declined": words("Declined"),
        "unable": words("Unable to answer"),
    }
    for name, label in names.items():
        if about.get(name) is not None:
            rows.append((label, words.number(about[name])))
    returned = about["returned"]
    rows.append((words("Answers returned"), words.number(sum(returned.values()))))
    channels = {
        "web": words("on the web"),
        "tablet": words("on a tablet"),
        "paper": words("on paper"),
        "typed": words("typed from paper"),
        "simulated": words("simulated, not given by people"),
    }
    for channel, n in sorted(returned.items(), key=lambda one: -one[1]):
        rows.append(("– " + channels.get(channel, channel), words.number(n)))
    if about.get("coverage") is not None:
        rows.append((words("Coverage (offered of eligible)"), words.percent(about["coverage"])))
    letters = about.get("letters")
    if letters:
        rows.append((words("Letters sent"), words.number(letters["sent"])))
        rows.append((words("Codes used"), words.number(letters["used"])))
    if about.get("response_rate") is not None:
        label = (
            words("Response rate (codes used of letters sent)")
            if letters
            else words("Response rate (returned of offered)")
        )
        rows.append((label, words.percent(about["response_rate"])))
    return tuple(rows)


def _collected_notes(figures: Figures, words: Words) -> tuple[str, ...]:
    about = figures["about"]
    notes = []
    if about.get("interim"):
        notes.append(
            words(
                "The round still received answers when this edition was made. What came later is in a later edition."
            )
        )
    if about["access"] == "public" and about["promise"] == "anonymous":
        notes.append(
            words(
                "Anyone with the link could answer, and the round cannot tell whether someone answered twice. No response rate is therefore printed."
            )
        )
    if (about.get("coverage") or 0) > 1:
        notes.append(
            words(
                "More were offered the questionnaire than were eligible, as the units report both numbers."
            )
        )
    if about.get("quarantined"):
        notes.append(
            words(
                "%(n)s answers could not be read and are in none of the tables.",
                n=words.number(about["quarantined"]),
            )
        )
    notes += _on_paper(about, words)
    return tuple(notes)


def _on_paper(about: Figures, words: Words) -> list[str]:
    """How many came on paper, and how their marks were read. Editions from before scanning have no word of the latter."""
    returned = about["returned"]
    number = returned.get("paper", 0) + returned.get("typed", 0)
    if not number:
        return []
    notes = [words("Answers that came on paper: %(n)s.", n=words.number(number))]
    scanned = about.get("scanned")
    if scanned:
        notes.append(
            words(
                "Boxes read from scans: %(boxes)s. Of them a person decided %(decided)s.",
                boxes=words.number(scanned["boxes"]),
                decided=words.number(scanned["boxes_decided"]),
            )
        )
        if scanned["second_read"]:
            notes.append(
                words(
                    "Answers on paper that a second person read: %(second)s. The two disagreed about %(disagreed)s (%(share)s).",
                    second=words.number(scanned["second_read"]),
                    disagreed=words.number(scanned["disagreed"]),
                    share=words.percent(scanned["disagreed"] / scanned["second_read"]),
                )
            )
    return notes


def _what_was_hidden(table: Figures, phrases: Phrases) -> str:
    words = phrases.words
    groups = [one for one in table["groups"] if one["why"] != "no-answers"]
    hidden = [one for one in groups if one["state"] == "hidden"]
    merged = [one for one in groups if one["state"] == "merged"]
    cells = sum(
        1
        for one in groups
        if one["state"] != "hidden"
        for cell in one["cells"]
        if cell["state"] == "hidden"
    )
    if not hidden and not merged and not cells:
        return ""
    said = []
    if hidden and not table["by"]:
        said.append(words("nothing is shown"))
    elif hidden:
        said.append(words("%(n)s of %(all)s groups are not shown", n=len(hidden), all=len(groups)))
    if merged and table["kind"] != "number":
        said.append(
            words("%(n)s of %(all)s groups show merged options", n=len(merged), all=len(groups))
            if table["by"]
            else words("options are merged")
        )
    if cells:
        said.append(words("%(n)s figures are not shown", n=cells))
    if not said:
        return ""
    name = phrases.title(table)
    if table["by"]:
        name += f" – {phrases.by_words(table)}"
    return words.labelled(name, "; ".join(said)) + "."


def _rules(tables: Sequence[Figures], figures: Figures, words: Words) -> tuple[str, ...]:
    """The rules that were used in this edition, in the order of the design."""
    used = {group["why"] for table in tables for group in table["groups"]} | {
        cell["why"] for table in tables for group in table["groups"] for cell in group["cells"]
    }
    k = figures["smallest_group"]
    said = [
        ({"too-few"}, words("Groups with fewer than %(k)s valid answers are not shown.", k=k)),
        (
            {"complement"},
            words(
                "Where a hidden group could be computed from a total, the next smallest group is hidden with it."
            ),
        ),
        (
            {"few-for-options", "complement-merged"},
            words(
                "With %(k)s to %(most)s answers the options are merged into favourable, neutral and unfavourable. Where others could be computed from a total, larger groups are merged too. Options that cannot be merged are shown only from %(k)s answers each.",
                k=k,
                most=4 * k - 1,
            ),
        ),
        (
            {"few-cell", "complement-cell", "guarded-group", "protected-cell", "protected"},
            words(
                "For background and sensitive questions each figure from 1 to %(most)s is hidden as well, and at least one more in the same row and column.",
                most=k - 1,
            ),
        ),
        (
            {"same-answer", "protected"},
            words("A sensitive table in which everyone gave the same answer is not shown."),
        ),
        (
            {"whole-table", "elsewhere"},
            words("A table whose hidden figures could be computed from other tables is not shown."),
        ),
    ]
    return tuple(text for codes, text in said if codes & used)


def _direction(text: str) -> str:
    """The direction of the first strong letter, as HTML's dir=auto has it (Unicode UAX 9, P2): somebody may write
    Danish on the Arabic page."""
    kinds = (unicodedata.bidirectional(sign) for sign in text)
    return "rtl" if next((k for k in kinds if k in ("L", "R", "AL")), "L") != "L" else "ltr"


def _told(figures: Figures, phrases: Phrases, words: Words) -> tuple[Told, ...]:
    told = []
    for one in figures.get("free_text", ()):
        texts = tuple(
            (text["language"], _direction(text["text"]), text["text"]) for text in one["texts"]
        )
        note = ""
        if not texts:
            note = words(
                "Nothing is shown: free text is shown only when a person has read and released it, and only from %(n)s answers.",
                n=8,
            )
        told.append(Told(phrases.text(one["question"]), texts, note))
    return tuple(told)


def _method(figures: Figures, words: Words) -> tuple[tuple[str, str], ...]:
    about = figures["about"]
    k = figures["smallest_group"]
    if about["promise"] == "signed":
        return _signed_method(words)
    interval = {
        "none": words(
            "None: everybody in the period was asked, so there is no sampling uncertainty."
        ),
        "wilson": words("95% by Wilson's method (1927)."),
        "finite": words("95% by Wilson's method with finite-population correction (Cochran 1977)."),
    }[about["interval"]]
    promise = {
        "anonymous": words(
            "Answers were given anonymously: no name, no network address and no time of an answer is kept, and answers are mixed before they are counted."
        ),
        "confidential": words(
            "Answers were given in confidence: no person is named; the unit is known to those who work with the answers."
        ),
        "signed": words("Each unit answered in its own name."),
    }[about["promise"]]
    return (
        (
            words("Valid answers"),
            words(
                "Shares, means and medians are of valid answers (n). “Don't know”, “Not relevant” and unanswered stand beside them and are outside the base. Those to whom a question was not shown are not counted."
            ),
        ),
        (
            words("Favourable"),
            words(
                "An option counts as favourable, neutral or unfavourable as the questionnaire declared before it was used."
            ),
        ),
        (words("Mean"), words("The mean of the scores of the options.")),
        (
            words("Median and middle half"),
            words(
                "Half of the numbers are at most the median; the middle half lies between the quartiles. They are taken from a histogram (Hyndman and Fan's definition 2)."
            ),
        ),
        (
            words("Intervals"),
            interval + " " + words("No interval covers those who did not answer."),
        ),
        (words("Percentages"), words("Rounded to whole per cent; they need not add up to 100.")),
        *comparison_methods(figures, words),
        (words("Smallest group"), words("%(k)s answers, fixed before the round opened.", k=k)),
        (words("The promise"), promise),
    )


def _signed_method(words: Words) -> tuple[tuple[str, str], ...]:
    """How a report of signed returns came about: what units wrote in their own name is shown as it was sent."""
    return (
        (words("The promise"), words("Each unit answered in its own name.")),
        (
            words("What is shown"),
            words(
                "What each unit sent, as it was sent. Fields marked personal are left out, CPR numbers are masked, and a text that a reader withheld is not shown."
            ),
        ),
        (
            words("Shares"),
            words(
                "A share is the part of the whole, both as the unit gave them. Sums are of the units that gave both."
            ),
        ),
        (
            words("Percentages"),
            words("Rounded to whole per cent; they need not add up to 100."),
        ),
    )
