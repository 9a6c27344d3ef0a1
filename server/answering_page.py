"""One renderer of a questionnaire for answering: the web now, the tablets' bundles from the same templates.

Nothing here knows a request: `render` is given everything, so that a page can be made at any time and anywhere.
The markup is described in docs/answering-page.md, the seam to the script.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from forms.document import to_plain
from forms.questionnaire import (
    Consent,
    Expression,
    Group,
    Matrix,
    OneOf,
    Promise,
    Question,
    Questionnaire,
    Scale,
    SeveralOf,
    TableQuestion,
    Texts,
    text_in,
)
from server import kiosk_words, page_words
from server.condition_words import condition_in_words
from server.languages import Words, direction, name_of, words

#: Repetitions of a group that the plain form offers, where the questionnaire allows that many.
PLAIN_REPETITIONS = 3


class Mark(StrEnum):
    """What stands above a page that is not the real thing, so that nobody takes it for it."""

    NONE = ""
    #: Nothing can be sent from it: it belongs to no round.
    PREVIEW = "preview"
    #: Of a round in test mode: what is sent is kept apart and deleted.
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForUnit:
    """On a page of the desk: the unit that is answered for, the token of the page's form, and where to go back to.

    The unit stands in the sealed header. Nothing says who of the desk answered."""

    unit: str
    name: str
    form_token: str
    back_at: str


@dataclass(frozen=True, slots=True)
class ForTablet:
    """On a page that a tablet takes along: the unit that the tablet is for, which stands in the sealed header; '' where that
    unit takes no part in the round, or the round is not divided by units."""

    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a page says about its round and where it sends; `languages` are those of the round, in order.

    `languages_at` gives each language's address, `units` the (id, name) pairs of the units that take part.
    `asks_code`: it takes the code of a letter to answer. `single_answers`: analysts may have the answers one by one.
    """

    round_id: str
    version_hash: str
    padded_size: int
    public_key: str
    kid: str
    channel: str
    promise: Promise
    organisation: str
    receive_until: datetime
    privacy_notice: Mapping[str, Mapping[str, str]]
    support: Texts
    languages_at: Mapping[str, str]
    submissions_at: str
    thanks_at: str
    accessibility_at: str
    accessibility_external: bool = True
    units: Sequence[tuple[str, str]] = ()
    mark: Mark = Mark.NONE
    asks_code: bool = False
    single_answers: bool = False
    for_unit: ForUnit | None = None
    for_tablet: ForTablet | None = None

    @property
    def unit(self) -> str:
        """The unit that the page seals answers for, '' where it names none."""
        of = self.for_unit or self.for_tablet
        return of.unit if of else ""

    @property
    def posts(self) -> bool:
        """Whether a browser without a script can send the page's form: not a preview, and not a page that must work
        without a network."""
        return self.mark is not Mark.PREVIEW and self.for_tablet is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What came back in a form that could not be taken as it was.

    `values` holds every field as it was typed; `messages` what is wrong, by place; `cpr_places` the places whose text
    seems to hold a CPR number; `spare` how many empty repetitions stand below those that are filled in.
    """

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)
    cpr_places: Sequence[str] = ()
    spare: int = 0


def render(
    questionnaire: Questionnaire,
    facts: Facts,
    language: str,
    *,
    one_time_key: str,
    assets: Mapping[str, str],
    typed: Typed | None = None,
) -> str:
    """The page on which a person answers. `assets` maps logical names to addresses; `one_time_key` is 32 hex digits."""
    page = Page(questionnaire, facts, language, assets, typed or Typed())
    return (
        environment()
        .get_template("answering/form.html")
        .render(page=page, words=page.words, one_time_key=one_time_key, **page.gettext_functions())
    )


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions alone, for a page that has its own frame and form: `faults` and `cpr` are (address, question, message)."""

    html: Markup
    faults: tuple[tuple[str, str, str], ...]
    cpr: tuple[tuple[str, str], ...]


def render_questions(
    questionnaire: Questionnaire,
    facts: Facts,
    language: str,
    typed: Typed,
    *,
    assets: Mapping[str, str],
) -> Questions:
    """All questions with what was typed and what is wrong, without a form around them."""
    page = Page(questionnaire, facts, language, assets, typed)
    html = (
        environment()
        .get_template("answering/_sections.html")
        .render(
            page=page, questionnaire=questionnaire, words=page.words, **page.gettext_functions()
        )
    )
    return Questions(
        Markup(html),  # noqa: S704 - a rendered template, escaped there
        tuple(page.summary()),
        tuple((f"f-{place}", page.called(place)) for place in typed.cpr_places),
    )


def render_signed(
    questionnaire: Questionnaire, facts: Facts, language: str, *, assets: Mapping[str, str]
) -> str:
    """The public page of a round that units answer in their own names: where to sign in instead."""
    page = Page(questionnaire, facts, language, assets, Typed())
    return (
        environment()
        .get_template("answering/signed.html")
        .render(page=page, words=page.words, **page.gettext_functions())
    )


def render_thanks(
    questionnaire: Questionnaire, facts: Facts, language: str, *, assets: Mapping[str, str]
) -> str:
    """The page after an answer was received."""
    page = Page(questionnaire, facts, language, assets, Typed())
    return (
        environment()
        .get_template("answering/thanks_page.html")
        .render(page=page, words=page.words, **page.gettext_functions())
    )


def render_not_open(
    questionnaire: Questionnaire,
    facts: Facts,
    language: str,
    *,
    opens_at: datetime | None,
    assets: Mapping[str, str],
) -> str:
    """The page of a round that cannot be answered now; `opens_at` where it will be, None where it has ended."""
    page = Page(questionnaire, facts, language, assets, Typed())
    return (
        environment()
        .get_template("answering/not_open.html")
        .render(page=page, words=page.words, opens_at=opens_at, **page.gettext_functions())
    )


@cache
def environment() -> Environment:
    """The templates of pages that know no request: all texts are escaped, nothing undefined passes."""
    made = Environment(
        loader=PackageLoader("server", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    made.filters["json_block"] = json_block
    return made


def json_block(value: Any) -> Markup:
    """JSON for a <script type="application/json">: nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - every sign with a meaning in HTML is escaped above


def question_at(questionnaire: Questionnaire, place: str) -> Question | None:
    """The question, or the column of a table, that a place belongs to."""
    parts = place.split("/")
    question = next(
        (q for section in questionnaire.sections for q in section.questions if q.id == parts[0]),
        None,
    )
    if isinstance(question, Group) and len(parts) >= 3:
        return next((q for q in question.questions if q.id == parts[2]), None)
    if isinstance(question, TableQuestion) and len(parts) == 3:
        return next((c for c in question.columns if c.id == parts[2]), None)
    return question


class Page:
    """What the templates ask about one page."""

    def __init__(
        self,
        questionnaire: Questionnaire,
        facts: Facts,
        language: str,
        assets: Mapping[str, str],
        typed: Typed,
    ) -> None:
        self.questionnaire = questionnaire
        self.facts = facts
        self.language = language
        self.words: Words = words(language)
        self.assets = assets
        self.typed = typed
        self.direction = direction(language)

    def gettext_functions(self) -> dict[str, Any]:
        """What {% trans %} and _() call."""
        return {
            "gettext": self.words.gettext,
            "ngettext": self.words.ngettext,
            "pgettext": self.words.pgettext,
            "_": self.words.gettext,
        }

    # --- texts of the questionnaire and the round

    def plain(self, texts: Texts) -> str:
        """A text where only text may stand: in an attribute, a title, an option of a list."""
        return text_in(texts, self.language, self.questionnaire.source_language)

    def text(self, texts: Texts) -> Markup:
        """A text, marked with its own language where the reader's is missing."""
        return self._marked(texts, escape(self.plain(texts)))

    def paragraphs(self, texts: Texts) -> Markup:
        """A text of several paragraphs, divided by empty lines."""
        parts = [part.strip() for part in self.plain(texts).split("\n\n")]
        lines = [
            Markup("<br>").join(escape(line) for line in part.split("\n")) for part in parts if part
        ]
        return Markup("").join(
            Markup("<p>{}</p>").format(self._marked(texts, part)) for part in lines
        )

    def foreign(self, texts: Texts) -> str:
        """The language that a text is shown in, where that is not the page's; else ''."""
        shown = self.plain(texts)
        if not shown or (self.language in texts and texts[self.language] == shown):
            return ""
        tag = next(tag for tag, text in texts.items() if text == shown)
        return "" if tag.split("-")[0] == self.language.split("-")[0] else tag

    def _marked(self, texts: Texts, content: Markup) -> Markup:
        tag = self.foreign(texts)
        if not tag:
            return content
        return Markup('<span lang="{}" dir="{}">{}</span>').format(tag, direction(tag), content)

    def condition(self, expression: Expression) -> str:
        """The sentence that says when a question is to be answered."""
        return self.words.gettext(
            "Answer this only if %(condition)s.",
            condition=condition_in_words(self.questionnaire, expression, self.words),
        )

    def required_condition(self, expression: Expression) -> str:
        """The sentence that says when a question must be answered."""
        return self.words.gettext(
            "This must be answered if %(condition)s.",
            condition=condition_in_words(self.questionnaire, expression, self.words),
        )

    # --- the round

    def languages(self) -> Iterator[tuple[str, str, str]]:
        """(tag, own name, address) of each language of the round."""
        for tag, address in self.facts.languages_at.items():
            yield tag, name_of(tag), address

    def privacy_notice(self, first: bool | None = None) -> Iterator[tuple[str, Texts]]:
        """(heading, texts) of each part of the privacy notice that was written: all, or on paper those that stand before the
        first question, and the others."""
        for name, heading in page_words.PRIVACY_HEADINGS.items():
            if first not in (None, name in page_words.FIRST_OF_NOTICE):
                continue
            texts = {tag: fields.get(name, "") for tag, fields in self.facts.privacy_notice.items()}
            if self.plain(texts):
                yield self.words.gettext(heading), texts

    def mark(self) -> str:
        """What is said above a preview or a test, or ''."""
        said = page_words.MARKS.get(self.facts.mark.value, "")
        return self.words.gettext(said) if said else ""

    def thanks_at(self) -> str:
        """The address of the thank-you page in this language, '' where there is none (a preview)."""
        return f"{self.facts.thanks_at}/{self.language}/thanks" if self.facts.thanks_at else ""

    def asset(self, name: str) -> str:
        """The address of a built file."""
        return self.assets[name]

    def fonts(self) -> list[str]:
        """The fonts to load first: those of the text in this page's script."""
        arabic = self.direction == "rtl"
        first = ["plex-sans-arabic-400"] if arabic else ["plex-sans-400-latin"]
        return [
            self.assets[name]
            for name in sorted(self.assets)
            if any(name.startswith(f"fonts/{start}") for start in first) and name.endswith(".woff2")
        ][:1]

    def definition(self) -> dict[str, Any]:
        """The questionnaire as the script reads it."""
        return to_plain(self.questionnaire)

    def script_words(self) -> dict[str, str]:
        """The script's own words, on a tablet those of a turn too."""
        said = page_words.script_words(self.words)
        if self.facts.channel == "tablet":
            said |= kiosk_words.kiosk_words(self.words)
        return said

    # --- what came back

    def error(self, place: str) -> str:
        """What is wrong at a place, or ''."""
        return self.typed.messages.get(place, "")

    def value(self, place: str) -> str:
        """What was typed in a field."""
        values = [v for v in self.typed.values.get(place, ()) if not v.startswith("~")]
        return values[0] if values else ""

    def chosen(self, place: str, option: str) -> bool:
        """Whether an option was ticked."""
        return option in self.typed.values.get(place, ())

    def summary(self) -> Iterator[tuple[str, str, str]]:
        """(address on the page, question, message) of each fault, in the order of the page."""
        for place, message in self.typed.messages.items():
            yield self._anchor(place), self.called(place), message

    def _anchor(self, place: str) -> str:
        if place.startswith("~"):
            return f"f-{place}"
        question = question_at(self.questionnaire, place)
        parts = place.split("/")
        if isinstance(question, OneOf | SeveralOf | Scale) and (len(parts) != 3 or not parts[-1]):
            return f"f-{place}-{question.options[0].id}"
        if isinstance(question, Consent):
            return f"f-{place}-yes"
        if isinstance(question, Matrix):
            statement = place if len(parts) == 2 else f"{place}/{question.statements[0].id}"
            return f"f-{statement}-{question.points[0].id}"
        if question is None or isinstance(question, Group):
            return f"q-{parts[0]}"
        return f"f-{place}"

    def called(self, place: str) -> str:
        """The text of the question, statement or column at a place."""
        question = question_at(self.questionnaire, place)
        parts = place.split("/")
        if question is None:
            return ""
        if isinstance(question, Matrix) and len(parts) >= 2:
            for item in question.statements:
                if item.id == parts[-1]:
                    return self.plain(item.text)
        return self.plain(question.text)

    # --- how a question is laid out

    def marked_required(self, question: Question) -> bool:
        """Whether the page says that this must be answered (a condition for it is said in words)."""
        return question.required

    def repetitions(self, group: Group) -> int:
        """How many repetitions the plain form offers."""
        filled = [
            int(place.split("/")[1]) + 1
            for place in self.typed.values
            if place.startswith(f"{group.id}/") and place.split("/")[1].isdigit()
        ]
        offered = max(filled, default=0) + self.typed.spare
        return min(group.maximum, max(group.minimum, PLAIN_REPETITIONS, offered))

    def described_by(self, question: Question, place: str, *, unit: bool = False) -> str:
        """The ids of what describes a field, in reading order."""
        ids = [f"help-{place}"] if question.help else []
        if unit:
            ids.append(f"unit-{place}")
        return " ".join([*ids, f"error-{place}"])
