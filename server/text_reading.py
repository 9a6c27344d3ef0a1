"""Free text of a round, as a person reads it before it may reach a report: by question, unread first, fifty at a time.

A text belongs to no answer any more: what is known of it is its question and its language. Texts of a question stand in
the order of their keys, which are random.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from exports.editions import questionnaire_of
from exports.released_texts import SMALLEST_FREE_TEXT, asked_at, people_at_least
from forms.personal_data import find
from forms.questionnaire import Group, Question, Questionnaire, TableQuestion
from store import audit, responses
from store.database import Store
from store.responses import Reading, StoredText
from store.rounds import Round, RoundState

#: Most texts on one page: as many as a person reads with care at one go.
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadableText:
    """One text on the page. `findings` are kinds of personal_data.find, each once: 'cpr', 'phone', 'email'."""

    key: str
    text: str
    language: str
    state: str
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextQuestion:
    """A question that texts were written to: its wordings from the outside in, and how far it has been read.

    `people`: how many wrote, at least; in a repeated group one person may have written several.
    """

    wordings: tuple[Mapping[str, str], ...]
    in_report: bool
    people: int
    unread: int
    released: int
    withheld: int

    @property
    def written(self) -> int:
        """How many texts there are."""
        return self.unread + self.released + self.withheld

    @property
    def can_reach_report(self) -> bool:
        """Whether so many wrote that the report may show anything at all."""
        return self.people >= SMALLEST_FREE_TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPage:
    """One page of texts. `parts` are runs of (still unread?, question, texts) in the order of reading."""

    number: int
    pages: int
    unread: int
    total: int
    parts: tuple[tuple[bool, TextQuestion, tuple[ReadableText, ...]], ...]

    @property
    def releasable(self) -> tuple[str, ...]:
        """Keys of the shown texts that "release all shown" takes: unread ones in which nothing personal was found."""
        return tuple(
            one.key
            for unread, _question, texts in self.parts
            for one in texts
            if unread and not one.findings
        )

    @property
    def doubtful(self) -> int:
        """How many unread texts are shown that are to be decided one by one."""
        return sum(bool(one.findings) for unread, _, texts in self.parts for one in texts if unread)


def can_be_read(shown: Round, now: datetime) -> bool:
    """Whether the round has stopped receiving. Before that nobody reads: what comes when would tell who wrote it."""
    return shown.state is not RoundState.PLANNED and not shown.receiving(now)


def unread_count(store: Store, shown: Round, now: datetime) -> int | None:
    """How many texts nobody has decided about; None while the round still receives."""
    if not can_be_read(shown, now):
        return None
    return len(responses.texts(store.main, shown.id, state=Reading.UNREAD))


def text_page(store: Store, shown: Round, number: int) -> TextPage:
    """A page of the round's texts; a number that is too high is the last page."""
    questionnaire = questionnaire_of(store, shown.id)
    ordered = in_reading_order(questionnaire, responses.texts(store.main, shown.id))
    pages = max(1, -(-len(ordered) // PAGE_SIZE))
    number = min(max(1, number), pages)
    questions = _questions(questionnaire, ordered)
    on_page = ordered[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return TextPage(
        number=number,
        pages=pages,
        unread=sum(one.state == Reading.UNREAD for one in ordered),
        total=len(ordered),
        parts=tuple(
            (unread, questions[slot], tuple(_readable(one) for one in texts))
            for (unread, slot), texts in groupby(
                on_page,
                key=lambda one: (one.state == Reading.UNREAD, _slot(questionnaire, one.place)),
            )
        ),
    )


#: What the audit log calls each decision.
_DECISIONS = {
    Reading.RELEASED: "free text released",
    Reading.WITHHELD: "free text withheld",
    Reading.UNREAD: "decision about free text taken back",
}


def decide(
    store: Store,
    shown: Round,
    keys: Sequence[str],
    state: Reading,
    *,
    only_unread: bool,
    now: datetime,
    actor: str,
) -> int | None:
    """Note a decision about texts of this round; how many it changed. None, with nothing changed, for a foreign key.

    `only_unread` leaves alone what somebody else has decided meanwhile. The audit log is told how many texts were decided
    and how, never which: it is kept for ever, and a text is somebody's words.
    """
    wanted = {bytes.fromhex(key) for key in keys}
    with store.write() as db:
        known = {one.key: one.state for one in responses.texts(db, shown.id)}
        if not wanted <= known.keys():
            return None
        changing = [
            key
            for key in wanted
            if known[key] != state and (not only_unread or known[key] == Reading.UNREAD)
        ]
        for key in changing:
            responses.decide_text(db, key, state)
        if changing:
            audit.note(
                db,
                at=now,
                actor=actor,
                action=_DECISIONS[state],
                subject=f"round:{shown.id}",
                details={"texts": len(changing)},
            )
    return len(changing)


def next_unread(store: Store, shown: Round, key: str) -> str | None:
    """The unread text that follows this one in the order of reading, or None: where a reader goes on."""
    questionnaire = questionnaire_of(store, shown.id)
    texts = responses.texts(store.main, shown.id)
    current = next(one for one in texts if one.key.hex() == key)
    here = _position(questionnaire, current)
    following = [
        one for one in texts if one.state == Reading.UNREAD and _position(questionnaire, one) > here
    ]
    if not following:
        return None
    return min(following, key=lambda one: _position(questionnaire, one)).key.hex()


def in_reading_order(questionnaire: Questionnaire, texts: Sequence[StoredText]) -> list[StoredText]:
    """Unread first; then by question as the questionnaire asks them; then by key, which is random."""
    return sorted(
        texts, key=lambda one: (one.state != Reading.UNREAD, _position(questionnaire, one))
    )


def _position(questionnaire: Questionnaire, one: StoredText) -> tuple[int, str, bytes]:
    """Where a text stands, whatever has been decided about it."""
    ids = [question.id for question in _outer(questionnaire)]
    first = one.place.split("/")[0]
    return (
        ids.index(first) if first in ids else len(ids),
        _slot(questionnaire, one.place),
        one.key,
    )


def _slot(questionnaire: Questionnaire, place: str) -> str:
    """The place without the number of a repetition, so that texts of one answer do not stand in its order."""
    first, *rest = place.split("/")
    for question in _outer(questionnaire):
        if question.id == first and isinstance(question, Group):
            return "/".join([first, *rest[1:]])
    return place


def _questions(
    questionnaire: Questionnaire, texts: Sequence[StoredText]
) -> dict[str, TextQuestion]:
    states: dict[str, list[str]] = {}
    places: dict[str, list[str]] = {}
    for one in texts:
        states.setdefault(_slot(questionnaire, one.place), []).append(one.state)
        places.setdefault(_slot(questionnaire, one.place), []).append(one.place)
    asked = asked_at(questionnaire)
    reported = {f"{asked[name][0]}/{name}".lstrip("/") for name in questionnaire.report.free_text}
    return {
        slot: TextQuestion(
            wordings=_wordings(questionnaire, slot),
            in_report=slot in reported,
            people=people_at_least(places[slot]),
            unread=found.count(Reading.UNREAD),
            released=found.count(Reading.RELEASED),
            withheld=found.count(Reading.WITHHELD),
        )
        for slot, found in states.items()
    }


def _wordings(questionnaire: Questionnaire, slot: str) -> tuple[Mapping[str, str], ...]:
    """The question's text, and before it those of the group or of the table and row that it stands in."""
    first, *rest = slot.split("/")
    for question in _outer(questionnaire):
        if question.id != first:
            continue
        if isinstance(question, Group):
            inner = [one.text for one in question.questions if one.id in rest]
            return (question.text, *inner)
        if isinstance(question, TableQuestion):
            rows = [row.text for row in question.rows if row.id == rest[0]]
            columns = [column.text for column in question.columns if column.id == rest[-1]]
            return (question.text, *rows, *columns)
        return (question.text,)
    return ()


def _outer(questionnaire: Questionnaire) -> list[Question]:
    """The questions that a place begins with: those of groups have places under their group's."""
    return [question for section in questionnaire.sections for question in section.questions]


def _readable(one: StoredText) -> ReadableText:
    return ReadableText(
        key=one.key.hex(),
        text=one.text,
        language=one.language,
        state=one.state,
        findings=tuple(sorted({finding.kind for finding in find(one.text)})),
    )
