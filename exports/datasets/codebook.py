"""The codebook of a round: what each variable asks and each value means, and where figures stop being comparable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import jinja2

from exports.datasets.figure_columns import columns_of_figures
from exports.datasets.sheets import Column, Kind, Sheet, Value
from exports.datasets.variables import Variable, variables_of
from exports.figures import Figures
from exports.wording import Words
from forms.expressions import write
from forms.questionnaire import Questionnaire, State, text_in
from forms.versions import compare

#: Codes of the four states in which a question can be without an answer, as SPSS has them; the states stay apart everywhere.
STATE_CODES: Mapping[State, int] = {
    State.DONT_KNOW: -91,
    State.NOT_RELEVANT: -92,
    State.UNANSWERED: -93,
    State.NOT_SHOWN: -94,
}


@dataclass(frozen=True, slots=True)
class Described:
    """A version as it was used. `label` says when or where in a few words: a round's year, 'version 2'."""

    label: str
    questionnaire: Questionnaire


@dataclass(frozen=True, slots=True)
class Break:
    """What became of a question from one version to the next. `state`: changed, wording, added or removed."""

    state: str
    text: str


@dataclass(frozen=True, slots=True)
class ValueEntry:
    """A value of a variable: as files have it, as SPSS has it, and what it means."""

    value: str
    code: int | None
    label: str
    score: float | None = None
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One variable of the codebook."""

    place: str
    section: str
    text: str
    kind: str
    bounds: str
    shown: str
    marks: tuple[str, ...]
    values: tuple[ValueEntry, ...]
    breaks: tuple[Break, ...]


def state_words(words: Words) -> dict[State, str]:
    """The four states in words."""
    return {
        State.DONT_KNOW: words("Don't know"),
        State.NOT_RELEVANT: words("Not relevant"),
        State.UNANSWERED: words("Unanswered"),
        State.NOT_SHOWN: words("Not asked"),
    }


def codes_of(variable: Variable) -> dict[str, int]:
    """Value -> code of a closed set, as SPSS has it: a scale's scores where they are different whole numbers from 0 on,
    1 for the first option otherwise; 0 and 1 for an option that can be chosen or not."""
    if variable.option is not None:
        return {"0": 0, "1": 1}
    options = variable.options
    scores = [option.score for option in options]
    whole = [
        int(score) for score in scores if score is not None and score == int(score) and score >= 0
    ]
    if (
        len(whole) == len(options)
        and len(set(whole)) == len(whole)
        and max(whole, default=0) < 1000
    ):
        return {option.id: code for option, code in zip(options, whole, strict=True)}
    return {option.id: number for number, option in enumerate(options, start=1)}


def state_codes(variable: Variable) -> dict[State, int]:
    """The states that a variable can be in, with codes that none of its answers can be."""
    question = variable.question
    states = [State.UNANSWERED, State.NOT_SHOWN]
    if question.not_relevant is not None:
        states.insert(0, State.NOT_RELEVANT)
    if question.dont_know is not None:
        states.insert(0, State.DONT_KNOW)
    lower = getattr(question, "minimum", 0)
    shift = 0
    while lower <= STATE_CODES[State.DONT_KNOW] - shift:
        # -991, -9991 …: below whatever can be answered.
        shift = shift * 10 + 900
    return {state: STATE_CODES[state] - shift for state in states}


def entries_of(versions: Sequence[Described], words: Words) -> tuple[Entry, ...]:
    """The variables of the newest version, with what changed from each version to the next; `versions`: the oldest first."""
    newest = versions[-1].questionnaire
    breaks = _breaks(versions, words)
    return tuple(
        _entry(variable, newest, breaks.get(_compared(variable), ()), words)
        for variable in variables_of(newest, repetitions=False)
    )


def _compared(variable: Variable) -> str:
    """The id that forms.versions.compare speaks of: the question, inside a group the inner one."""
    parts = variable.place.split("/")
    return parts[2] if variable.repetition is not None else parts[0]


def gone(versions: Sequence[Described], words: Words) -> tuple[str, ...]:
    """Sentences on questions that the newest version has no more."""
    told = []
    for old, new in pairwise(versions):
        for name in compare(old.questionnaire, new.questionnaire).removed:
            told.append(
                words(
                    "%(question)s was asked in %(old)s and not in %(new)s.",
                    question=name,
                    old=old.label,
                    new=new.label,
                )
            )
    return tuple(told)


def _breaks(versions: Sequence[Described], words: Words) -> dict[str, tuple[Break, ...]]:
    found: dict[str, list[Break]] = {}
    for old, new in pairwise(versions):
        names = {"old": old.label, "new": new.label}
        compared = compare(old.questionnaire, new.questionnaire)
        for name in compared.changed:
            text = words(
                "Break: changed from %(old)s to %(new)s (options, bounds or who is asked). Figures from before and after cannot be compared.",
                **names,
            )
            found.setdefault(name, []).append(Break("changed", text))
        for name in compared.wording:
            text = words(
                "The wording was changed from %(old)s to %(new)s. Figures can stand side by side, with this note.",
                **names,
            )
            found.setdefault(name, []).append(Break("wording", text))
        for name in compared.added:
            text = words("Break: asked from %(new)s on; %(old)s did not have it.", **names)
            found.setdefault(name, []).append(Break("added", text))
    return {name: tuple(breaks) for name, breaks in found.items()}


def _entry(
    variable: Variable, newest: Questionnaire, breaks: tuple[Break, ...], words: Words
) -> Entry:
    language, fallback = words.language, newest.source_language
    question = variable.question
    conditions = [
        write(condition)
        for condition in (variable.section.show_if, variable.top.show_if, question.show_if)
        if condition is not None
    ]
    place = variable.place
    if variable.repetition is not None:
        place = place.replace("/0/", "/n/", 1)
    marks = (
        (words("background"), variable.background),
        (words("sensitive"), variable.sensitive),
        (words("personal"), variable.personal),
    )
    return Entry(
        place=place,
        section=text_in(variable.section.title, language, fallback),
        text=variable.text(language, fallback)
        if variable.repetition is None
        else " – ".join(text_in(part, language, fallback) for part in variable.texts),
        kind=_kinds(words).get(question.KIND, question.KIND),
        bounds=_bounds(variable, language, fallback, words),
        shown=" and ".join(dict.fromkeys(conditions)),
        marks=tuple(word for word, marked in marks if marked),
        values=tuple(_values(variable, language, fallback, words)),
        breaks=breaks,
    )


def _kinds(words: Words) -> dict[str, str]:
    return {
        "one_of": words("one of several"),
        "several_of": words("an option that can be chosen or not"),
        "scale": words("scale"),
        "matrix": words("scale"),
        "number": words("number"),
        "count": words("count"),
        "date": words("date"),
        "time": words("time of day"),
        "duration": words("minutes"),
        "short_text": words("free text"),
        "long_text": words("free text"),
        "unit": words("unit"),
        "consent": words("yes or no"),
        "computed": words("computed"),
    }


def _bounds(variable: Variable, language: str, fallback: str, words: Words) -> str:
    question = variable.question
    low, high = getattr(question, "minimum", None), getattr(question, "maximum", None)
    if question.KIND == "count":
        low = 0
    if low is None or high is None:
        return ""
    unit = text_in(getattr(question, "unit_text", None) or {}, language, fallback)
    return words(
        "%(low)s to %(high)s", low=words.shortest(low, 6), high=words.shortest(high, 6)
    ) + (f" {unit}" if unit else "")


def _values(variable: Variable, language: str, fallback: str, words: Words) -> list[ValueEntry]:
    question = variable.question
    if question.KIND in ("short_text", "long_text", "computed", "unit", "date", "time"):
        return []
    codes = codes_of(variable)
    listed = [
        ValueEntry("0", 0, words("Not chosen")),
        ValueEntry("1", 1, words("Chosen")),
    ] if variable.option is not None else [
        ValueEntry(
            option.id,
            codes[option.id],
            text_in(option.text, language, fallback) or option.id,
            option.score,
            str(option.tone) if option.tone else "",
        )
        for option in variable.options
    ]  # fmt: skip
    said = state_words(words)
    if question.dont_know:
        said[State.DONT_KNOW] = text_in(question.dont_know, language, fallback)
    if question.not_relevant:
        said[State.NOT_RELEVANT] = text_in(question.not_relevant, language, fallback)
    return listed + [
        ValueEntry(f"~{state.value}", code, said[state])
        for state, code in state_codes(variable).items()
    ]


# --- as sheets ----------------------------------------------------------------------------------------------------


def codebook_sheets(versions: Sequence[Described], words: Words) -> tuple[Sheet, Sheet]:
    """The sheets `variables` and `values`."""
    entries = entries_of(versions, words)
    variables = Sheet(
        "variables",
        words("Variables"),
        (
            Column("variable", words("Variable")),
            Column("section", words("Section")),
            Column("text", words("Question")),
            Column("kind", words("Kind")),
            Column("bounds", words("Bounds")),
            Column("shown_if", words("Shown if")),
            Column("marks", words("Marked as")),
            Column("comparable", words("Comparable")),
            Column("comparability", words("Note on comparability")),
        ),
        [
            (
                one.place, one.section, one.text, one.kind, one.bounds, one.shown, ", ".join(one.marks),
                _comparable(one), " ".join(part.text for part in one.breaks),
            )
            for one in entries
        ],
    )  # fmt: skip
    rows: list[tuple[Value, ...]] = [
        (one.place, value.value, value.code, value.label, value.score, value.tone)
        for one in entries
        for value in one.values
    ]
    values = Sheet(
        "values",
        words("Values"),
        (
            Column("variable", words("Variable")),
            Column("value", words("Value")),
            Column("code", words("Code in SPSS"), Kind.WHOLE),
            Column("label", words("Meaning")),
            Column("score", words("Score"), Kind.NUMBER),
            Column("tone", words("Tone")),
        ),
        rows,
    )
    return variables, values


def _comparable(entry: Entry) -> str:
    """yes, wording (with the note) or no: whether all versions of the codebook can stand side by side."""
    states = {one.state for one in entry.breaks}
    return "no" if states & {"changed", "added"} else "wording" if states else "yes"


def flat_codebook(versions: Sequence[Described], words: Words) -> Sheet:
    """The codebook as one sheet for CSV: a row for each variable, and under it one for each of its values."""
    variables, values = codebook_sheets(versions, words)
    rows: list[tuple[Value, ...]] = []
    by_place: dict[Value, list[tuple[Value, ...]]] = {}
    for value in values.rows:
        by_place.setdefault(value[0], []).append(value[1:])
    nothing = (None,) * (len(values.columns) - 1)
    for row in variables.rows:
        rows.append((*row, *nothing))
        blank = (None,) * (len(variables.columns) - 1)
        rows += [(row[0], *blank, *value) for value in by_place.get(row[0], ())]
    return Sheet("codebook", words("Codebook"), (*variables.columns, *values.columns[1:]), rows)


# --- as a page ----------------------------------------------------------------------------------------------------


def codebook_page(figures: Figures, versions: Sequence[Described], words: Words) -> str:
    """The codebook as one HTML page that can be read, printed and searched: no script, nothing fetched."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent.parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    newest = versions[-1].questionnaire
    return environment.get_template("codebook.html").render(
        t=words,
        language=words.language,
        title=text_in(figures["about"]["title"], words.language, newest.source_language),
        edition=words("Edition %(number)s", number=figures["edition"]),
        made_on=words("made on %(day)s", day=words.day(figures["made_on"])),
        test=words("TEST – no real answers") if figures["about"].get("test") else "",
        versions=[(one.label, one.questionnaire.id) for one in versions],
        sections=_by_section(entries_of(versions, words)),
        gone=gone(versions, words),
        k=figures["smallest_group"],
        columns=columns_of_figures(words),
    )


def _by_section(entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    sections: list[tuple[str, list[Entry]]] = []
    for entry in entries:
        if not sections or sections[-1][0] != entry.section:
            sections.append((entry.section, []))
        sections[-1][1].append(entry)
    return sections
