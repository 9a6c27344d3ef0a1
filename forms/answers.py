"""Checks one set of answers against one version: the same rules for the page, the mixer, paper and the simulator.

`compile_check` once, `Checker.check` for each response. The rules for one question are in checking.py and simple_checks.py, those for HTML
form fields in form_fields.py, conditions in logic.py; docs/architecture.md, "Answers", is what they all follow.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from forms.checking import compile_step, run_steps, unknown_names
from forms.form_fields import from_form, to_form
from forms.logic import visible
from forms.personal_data import mask_cpr
from forms.questionnaire import Computed, Questionnaire
from forms.simple_checks import AnswerFault, AnswerRow, FreeText, Outcome

if TYPE_CHECKING:
    from forms.versions import Version

__all__ = [
    "AnswerFault",
    "AnswerRow",
    "Checked",
    "Checker",
    "FreeText",
    "compile_check",
    "from_form",
    "mask_personal_data",
    "to_form",
]


#: Faults that say that something is not there, and nothing of what is.
LEFT_OUT = frozenset({"required", "too-few"})


@dataclass(frozen=True, slots=True)
class Checked:
    """A response that was checked. Only when `faults` is empty may the rest be kept.

    `answers` are normalised and hold only what showed; `rows` and `texts` are what the store keeps of them.
    """

    answers: dict[str, Any]
    rows: tuple[AnswerRow, ...]
    texts: tuple[FreeText, ...]
    faults: tuple[AnswerFault, ...]


class Checker:
    """The rules of one version, compiled."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self._questionnaire = questionnaire
        questions = [
            question for section in questionnaire.sections for question in section.questions
        ]
        self._steps = tuple(compile_step(question) for question in questions)
        self._known = frozenset(question.id for question in questions)
        self._conditional = any(
            section.show_if is not None for section in questionnaire.sections
        ) or any(
            question.show_if is not None
            or question.require_if is not None
            or question.constraints
            or isinstance(question, Computed)
            for question in questionnaire.questions()
        )
        self._plain = tuple(
            (step.id, step.check, step.required) for step in self._steps if step.check is not None
        )

    def check(
        self, answers: Any, *, units: Collection[str] = (), on_paper: bool = False
    ) -> Checked:
        """Check `answers` (any JSON value). `units`: the ids of the units that take part; a set is quickest.

        `on_paper`: they were written on paper, where nothing stops a pen from leaving a question out: what is required
        there and is blank counts as unanswered. Never raises: whatever is wrong becomes a fault with the place and a code.
        """
        if on_paper:
            checked = self.check(answers, units=units)
            faults = tuple(fault for fault in checked.faults if fault.code not in LEFT_OUT)
            return replace(checked, faults=faults)
        if type(answers) is not dict:
            return Checked({}, (), (), (AnswerFault("", "wrong-type"),))
        if self._conditional:
            view = visible(self._questionnaire, answers)
            out = Outcome(units, view)
            normal = run_steps(self._steps, answers, out, view.environment)
        else:
            out = Outcome(units, None)
            normal = {}
            for id_, check, required in self._plain:
                value = check(answers.get(id_), out, required)
                if value is not None:
                    normal[id_] = value
        unknown_names(answers, self._known, "", out)
        return Checked(normal, tuple(out.rows), tuple(out.texts), tuple(out.faults))


def compile_check(version: Version) -> Checker:
    """The checker of a version; keep it, compiling costs as much as many checks."""
    return Checker(version.questionnaire)


def mask_personal_data(checked: Checked) -> Checked:
    """`checked` with every CPR number in its texts masked, in `texts` and in `answers` alike."""
    masked = tuple(FreeText(place, mask_cpr(text)) for place, text in checked.texts)
    if masked == checked.texts:
        return checked
    answers = checked.answers
    for (place, text), (_, before) in zip(masked, checked.texts, strict=True):
        if text != before:
            answers = _with_text(answers, place.split("/"), text)
    return replace(checked, answers=answers, texts=masked)


def _with_text(answers: Any, path: list[str], text: str) -> Any:
    """A copy of `answers` in which `text` stands at `path`; repetitions are counted from 0."""
    if not path:
        return text
    key: Any = int(path[0]) if type(answers) is list else path[0]
    changed = answers.copy()
    changed[key] = _with_text(answers[key], path[1:], text)
    return changed
