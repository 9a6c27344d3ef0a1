"""Looking at marks of a batch: what a person is shown of each answer that waits, and what becomes of what they say.

Doubtful answers come first, all of one question together; then digits and words to type; then second readings, which are
blind: what was read or decided before is not in them. When nothing else waits, sheets come that say what cannot be (a rule
between two questions, no consent): to be looked at again, or left out. Each decision is kept by itself, at once, and by the first
of two who make it. Who decided lies with the scans and goes with them.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from forms.answers import Checker
from forms.personal_data import find as find_personal
from forms.problems import Problem, ProblemError
from forms.questionnaire import (
    FREE_TEXT_KINDS,
    Consent,
    Count,
    Date,
    Duration,
    Group,
    LongText,
    Matrix,
    Number,
    OneOf,
    Question,
    Questionnaire,
    Scale,
    SeveralOf,
    TableQuestion,
    Texts,
    TimeOfDay,
    UnitQuestion,
)
from store import (
    audit,
    paper_batches,
    paper_findings,
    paper_pages,
    paper_readings,
    paper_sheets,
)
from store.database import Store
from store.paper_batches import Batch
from store.paper_readings import Reading, ReadingState
from store.paper_sheets import Sheet
from sync.paper.answers import answers_of, question_at
from sync.paper.batch_reading import ground_of
from sync.paper.handing_in import CheckerOf, faults_of_batch
from sync.paper.looking_over import look_over

#: Most answers on one page; after them comes the next portion.
PORTION = 60

#: Between words of a sheet and their translation, in what is kept as one text.
TRANSLATED = "\n[{language}] "


@dataclass(frozen=True, slots=True)
class Option:
    """What can be chosen, as a field's value, and its words by language."""

    value: str
    text: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One answer of one sheet, for a person. `needs` is 'decision', 'second', 'settling', or 'fault' where the sheet cannot be
    taken in with what it says there; `fault` is then the code of an answer fault.

    `kind` is how it is said: 'one' or 'several' of the options, or a field: 'number', 'date', 'time', 'line', 'text'.
    `wordings` are the question's texts from the outside in. `filled_in` is what stands in the form beforehand: never in a second
    reading. `said` is what the two readers say, where that is to be settled.
    """

    sheet: int
    place: str
    needs: str
    kind: str
    language: str
    wordings: tuple[Texts, ...]
    repetition: int | None = None
    options: tuple[Option, ...] = ()
    missing: tuple[Option, ...] = ()
    filled_in: tuple[str, ...] = ()
    said: tuple[tuple[str, ...], ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What waits in a batch for one person: the next portion, how many there are of theirs, and how many wait for somebody else
    (second readings of what they decided themselves)."""

    items: tuple[Item, ...]
    mine: int
    others: int
    second_read: int
    disagreed: int


class Questionnaires:
    """The questionnaires of a batch's sheets, by layout: each is read once."""

    def __init__(self, of_layout: Mapping[str, Questionnaire]) -> None:
        self._of_layout = of_layout

    def of(self, sheet: Sheet) -> Questionnaire:
        """The questionnaire that is printed on a sheet."""
        return self._of_layout[sheet.layout]


def work_of(
    store: Store,
    batch: Batch,
    account: int,
    sheets: Mapping[int, Sheet],
    questionnaires: Questionnaires,
    units: Sequence[tuple[str, str]],
    checker_of: CheckerOf,
) -> Work:
    """What waits for this account. `sheets` are those of the batch by id; `units` are (id, name) of those that take part."""
    waiting = paper_readings.to_look_at(store.paper, batch.id)
    mine = [one for one in waiting if _is_for(one, account)]
    mine.sort(key=lambda one: _rank(one, questionnaires.of(sheets[one.sheet])))
    portion = mine[:PORTION]
    boxes = paper_pages.boxes(store.paper, {one.page for one in portion})
    marked = {
        (page, box.place): tuple(
            other.option
            for other in listed
            if other.place == box.place and other.state == "marked" and other.kind == "box"
        )
        for page, listed in boxes.items()
        for box in listed
    }
    totals = paper_readings.totals(store.paper, batch.id)
    faulty = [] if waiting else _faulty(store, batch, sheets, questionnaires, units, checker_of)
    return Work(
        items=(
            *faulty,
            *(
                _item(
                    one,
                    sheets[one.sheet],
                    questionnaires.of(sheets[one.sheet]),
                    marked.get((one.page, one.place), ()),
                    units,
                )
                for one in portion
            ),
        ),
        mine=len(mine) + len(faulty),
        others=len(waiting) - len(mine),
        second_read=totals.second_read,
        disagreed=totals.disagreed,
    )


def _faulty(
    store: Store,
    batch: Batch,
    sheets: Mapping[int, Sheet],
    questionnaires: Questionnaires,
    units: Sequence[tuple[str, str]],
    checker_of: CheckerOf,
) -> list[Item]:
    """What stands in the way of finished sheets, one item a place."""
    found = []
    for one in faults_of_batch(store, batch, checker_of):
        for place, code in one.faults:
            sheet = sheets[one.sheet]
            reading = paper_readings.find(store.paper, one.sheet, place)
            questionnaire = questionnaires.of(sheet)
            kind, options = _asked(question_at(questionnaire, place), units)
            said = reading.final.value if reading and reading.final else ()
            found.append(
                Item(
                    sheet=one.sheet,
                    place=place,
                    needs="fault",
                    # A fault of a whole question (too many of a group) has no place of its own to be said again.
                    kind=kind if reading else "",
                    language=sheet.language,
                    wordings=wordings_of(questionnaire, place),
                    options=options if reading else (),
                    missing=_missing(question_at(questionnaire, place)) if reading else (),
                    filled_in=tuple(said),
                    fault=code,
                )
            )
    return found


def _is_for(one: Reading, account: int) -> bool:
    """Whether it can be this account's to say: nobody reads a second time what they decided themselves."""
    return one.needs != "second" or one.first is None or one.first.by != account


def _rank(one: Reading, questionnaire: Questionnaire) -> tuple[Any, ...]:
    """What is settled between two comes last; questions stand in the order of the sheet, the sheets of one question together."""
    needs = {"decision": 0, "second": 1, "settling": 2}[one.needs]
    typed = one.needs == "decision" and one.state is ReadingState.TYPE
    ids = [question.id for section in questionnaire.sections for question in section.questions]
    first = one.place.split("/")[0]
    return (
        needs,
        typed,
        ids.index(first) if first in ids else len(ids),
        _slot(one.place),
        one.place,
        one.sheet,
    )


def _slot(place: str) -> str:
    """The place without the number of a repetition."""
    return "/".join(part for part in place.split("/") if not part.isdecimal())


def _item(
    one: Reading,
    sheet: Sheet,
    questionnaire: Questionnaire,
    marked: tuple[str, ...],
    units: Sequence[tuple[str, str]],
) -> Item:
    question = question_at(questionnaire, one.place)
    kind, options = _asked(question, units)
    settling = one.needs == "settling" and one.first is not None and one.second is not None
    return Item(
        sheet=one.sheet,
        place=one.place,
        needs=one.needs,
        kind=kind,
        language=sheet.language,
        wordings=wordings_of(questionnaire, one.place),
        repetition=next((int(part) + 1 for part in one.place.split("/") if part.isdecimal()), None),
        options=options,
        missing=_missing(question),
        filled_in=marked if kind == "several" and one.needs == "decision" else (),
        said=(
            (tuple(one.first.value), tuple(one.second.value))
            if settling and one.first is not None and one.second is not None
            else ()
        ),
    )


def _asked(
    question: Question | None, units: Sequence[tuple[str, str]]
) -> tuple[str, tuple[Option, ...]]:
    """How an answer to a question is said, and what can be chosen."""
    match question:
        case SeveralOf():
            return "several", tuple(Option(one.id, one.text) for one in question.options)
        case OneOf() | Scale():
            return "one", tuple(Option(one.id, _point(one)) for one in question.options)
        case Matrix():
            return "one", tuple(Option(one.id, _point(one)) for one in question.points)
        case Consent():
            return "one", (
                Option("yes", {"da": "Ja", "en": "Yes"}),
                Option("no", {"da": "Nej", "en": "No"}),
            )
        case UnitQuestion():
            return "unit", tuple(Option(id, {"da": name}) for id, name in units)
        case Number() | Count() | Duration():
            return "number", ()
        case Date():
            return "date", ()
        case TimeOfDay():
            return "time", ()
        case LongText():
            return "text", ()
        case _:
            return "line", ()


def _point(option: Any) -> Texts:
    """The words of an option; of a point between labelled ends its score."""
    if any(option.text.values()):
        texts: Texts = option.text
        return texts
    return {"da": f"{option.score:g}"}


def _missing(question: Question | None) -> tuple[Option, ...]:
    if question is None:
        return ()
    return tuple(
        Option(value, texts)
        for value, texts in (
            ("~dont_know", question.dont_know),
            ("~not_relevant", question.not_relevant),
        )
        if texts is not None
    )


def wordings_of(questionnaire: Questionnaire, place: str) -> tuple[Texts, ...]:
    """The question's texts from the outside in: of a matrix and its statement, a table with row and column, a group and its question."""
    first, *rest = place.split("/")
    outer = next(
        (q for section in questionnaire.sections for q in section.questions if q.id == first), None
    )
    if outer is None:
        return ()
    inner: Sequence[Texts] = ()
    if isinstance(outer, Matrix):
        inner = [item.text for item in outer.statements if item.id in rest]
    elif isinstance(outer, TableQuestion):
        inner = [row.text for row in outer.rows if row.id in rest[:1]]
        inner = [*inner, *(column.text for column in outer.columns if column.id in rest[1:])]
    elif isinstance(outer, Group):
        inner = [question.text for question in outer.questions if question.id in rest]
    return (outer.text, *inner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a decision: 'kept'; 'taken': somebody else was faster, nothing changed; 'wrong' with codes of answer faults;
    'personal': there seems to be a CPR number in the words, which is asked about once."""

    state: str
    codes: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person says an answer is: the values of its field, none for blank. `needs` is what they were shown it for."""

    sheet: int
    place: str
    needs: str
    values: tuple[str, ...]
    seen: bool = False


def decide(
    store: Store,
    batch: Batch,
    decision: Decision,
    *,
    account: int,
    questionnaire: Questionnaire,
    checker: Checker,
    units: Collection[str],
) -> Outcome:
    """Keep a decision, if it is still asked for and can be an answer. Said again by who said it, it stays kept."""
    wrong = _faults(decision, questionnaire, checker, units)
    if wrong:
        return Outcome(state="wrong", codes=wrong)
    question = question_at(questionnaire, decision.place)
    if isinstance(question, FREE_TEXT_KINDS) and not decision.seen:
        text = "\n".join(decision.values)
        if any(finding.kind == "cpr" for finding in find_personal(text)):
            return Outcome(state="personal")
    keep = {
        "decision": paper_readings.decide,
        "second": paper_readings.decide_second,
        "settling": paper_readings.settle,
        "fault": paper_readings.decide,
    }.get(decision.needs)
    if keep is None:
        return Outcome(state="taken")
    with store.write_paper() as db:
        before = paper_readings.find(db, decision.sheet, decision.place)
        if before is None:
            return Outcome(state="taken")
        if decision.needs == "fault" and not before.needs:
            # Said anew; over the word of two readers only by settling.
            keep = paper_readings.decide if before.second is None else paper_readings.settle
            kept = keep(
                db, batch.id, decision.sheet, decision.place, list(decision.values), by=account
            )
            return Outcome(state="kept" if kept else "taken")
        if before.needs != decision.needs:
            return Outcome(state="kept" if _said_by(before, decision, account) else "taken")
        kept = keep(db, batch.id, decision.sheet, decision.place, list(decision.values), by=account)
    return Outcome(state="kept" if kept else "taken")


def _said_by(before: Reading, decision: Decision, account: int) -> bool:
    """Whether this very decision is what this account said: a sending that was not heard, repeated."""
    said = {"decision": before.decided, "second": before.second, "settling": before.settled}.get(
        decision.needs
    )
    return said is not None and said.by == account and sorted(said.value) == sorted(decision.values)


def _faults(
    decision: Decision, questionnaire: Questionnaire, checker: Checker, units: Collection[str]
) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """What cannot be an answer to this question at all. What only the whole sheet can tell is told when it is accepted."""
    answers = answers_of(questionnaire, {decision.place: decision.values})
    checked = checker.check(answers, units=units, on_paper=True)
    ignored = {"constraint", "no-consent"}
    return tuple(
        (fault.code, fault.params) for fault in checked.faults if fault.code not in ignored
    )


def with_translation(text: str, translation: str, language: str) -> str:
    """Words and their translation as one text: who reads free text sees both, and an answer has room for one."""
    text, translation = text.strip(), translation.strip()
    if not translation:
        return text
    return text + TRANSLATED.format(language=language) + translation


def leave_out(
    store: Store, batch: Batch, sheet: int, *, rng: random.Random, actor: str, now: datetime
) -> None:
    """A person says that a sheet does not count; that is kept as a finding, where it can be taken back, and the batch is looked
    over again, so that nobody is asked about the sheet any more.

    Raises ProblemError(BATCH_DECIDED).
    """
    ground = ground_of(store, batch, rng)
    with store.write() as main:
        found = paper_batches.find(main, batch.id)
        if found is None or not found.undecided:
            raise ProblemError(Problem.BATCH_DECIDED)
        audit.note(
            main,
            at=now,
            actor=actor,
            action="sheet left out",
            subject=f"batch:{batch.id}",
            details={"round": batch.round},
        )
        with store.write_paper() as db:
            paper_sheets.leave_out(db, sheet)
            paper_findings.note_left_out(db, batch.id, sheet)
            look_over(db, batch.id, ground)


def undo(store: Store, batch: Batch, account: int) -> Reading | None:
    """Take back the last thing that this account said in the batch; the answer as it waits again, or None."""
    with store.write_paper() as db:
        return paper_readings.undo(db, batch.id, by=account)
