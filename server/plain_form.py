"""An answer that came as an ordinary form, without a script: read, checked, and shown again where it must be.

Nothing of it is kept here: what is right goes to the intake at once, what is not goes back to the page it came from.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from forms.answers import AnswerFault, Checker, from_form
from forms.personal_data import find
from forms.questionnaire import Group, Questionnaire, SeveralOf, text_in
from server.answering_page import Typed, question_at
from server.languages import Words
from server.page_words import fault_message

#: Fields of the page itself; no question's place begins so.
KEY_FIELD = "~key"
SEEN_FIELD = "~personal"
CODE_FIELD = "~code"


@dataclass(frozen=True, slots=True)
class Received:
    """What a form held: the answers, and what to show again if they cannot be taken as they are."""

    answers: dict[str, Any]
    again: Typed | None


def read_form(
    questionnaire: Questionnaire,
    checker: Checker,
    form: MultiDict[str, str],
    *,
    units: Collection[str],
    words: Words,
    code_fault: str = "",
    on_paper: bool = False,
) -> Received:
    """Read and check a form. `code_fault` is what is wrong with its code of invitation, if anything is. A CPR number is asked about once: with the field `~personal` it goes through. `on_paper`: it is typed from paper, where anything may be left out."""
    values = _without_gaps(questionnaire, form)
    answers = from_form(questionnaire, MultiDict((n, v) for n, vs in values.items() for v in vs))
    checked = checker.check(answers, units=units, on_paper=on_paper)
    messages = {CODE_FIELD: code_fault} if code_fault else {}
    messages |= {
        fault.place: _message(questionnaire, fault, values, words) for fault in checked.faults
    }
    places: list[str] = []
    if SEEN_FIELD not in form:
        places = [
            text.place
            for text in checked.texts
            if any(finding.kind == "cpr" for finding in find(text.text))
        ]
    if not messages and not places:
        return Received(answers, None)
    if CODE_FIELD in form:
        values[CODE_FIELD] = form.getlist(CODE_FIELD)
    return Received(answers, Typed(values=values, messages=messages, cpr_places=places))


def _message(
    questionnaire: Questionnaire,
    fault: AnswerFault,
    values: Mapping[str, Sequence[str]],
    words: Words,
) -> str:
    question = question_at(questionnaire, fault.place)
    params: dict[str, Any] = dict(fault.params)
    source = questionnaire.source_language
    if fault.code == "constraint" and question is not None:
        message = question.constraints[int(params["index"])].message
        return text_in(message, words.language, source)
    if fault.code == "too-long":
        typed = next(iter(values.get(fault.place, ())), "").replace("\r\n", "\n")
        params["over"] = max(1, len(typed.encode("utf-16-le")) // 2 - int(params["maximum"]))
    if fault.code == "too-many-exclusive" and isinstance(question, SeveralOf):
        alone = next(option for option in question.options if option.exclusive)
        params["option"] = text_in(alone.text, words.language, source)
    return fault_message(fault.code, params, question, words)


def _without_gaps(questionnaire: Questionnaire, form: MultiDict[str, str]) -> dict[str, list[str]]:
    """The fields as they were typed; repetitions move up where one between was left empty, as from_form counts them,
    so that a fault's place is the place on the page."""
    values = {name: form.getlist(name) for name in form if not name.startswith("~")}
    groups = [q for q in questionnaire.questions() if isinstance(q, Group)]
    for group in groups:
        own = {name: vs for name, vs in values.items() if name.startswith(f"{group.id}/")}
        filled = sorted(
            {
                int(index)
                for name, vs in own.items()
                if (index := name.split("/")[1]).isdecimal() and any(v.strip() for v in vs)
            }
        )
        for name in own:
            del values[name]
        for name, vs in own.items():
            _, index, rest = [*name.split("/", 2), ""][:3]
            if index.isdecimal() and int(index) in filled:
                values[f"{group.id}/{filled.index(int(index))}/{rest}"] = vs
    return values
