"""What the names in a document's conditions may stand for: earlier questions, with values that can be compared so.

A condition sees what stands before it, so that a page can be shown without knowing the next one; inside a repeating
group it sees the group's own earlier questions too, from outside a group only how often it was repeated.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forms.complaints import Complaint, nearest, shown
from forms.document_fields import Boxed
from forms.document_questions import Known, questions_of, resolve
from forms.document_schemas import Found
from forms.document_text import Path
from forms.expressions import FUNCTIONS, uses, write
from forms.questionnaire import Expression
from forms.values import is_day, is_time

_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NUMBERS = ("scale", "matrix", "number", "count", "duration")
_NO_VALUE = ("short_text", "long_text", "information", "group", "table")

#: How many chains of a cycle are looked for; the rest are called later questions.
_CHAINS = 20


@dataclass(frozen=True, slots=True)
class _Written:
    """An expression of the document: whose it is, where, and before which question it must be answerable."""

    owner: str
    expression: Expression
    path: Path
    before: int
    group: str | None


def check_conditions(data: dict[str, Any]) -> list[Found]:
    """Every complaint about a name in a condition."""
    questions = list(questions_of(data))
    return list(_Names(questions).check(_expressions(data, questions)))


def _expressions(data: dict[str, Any], questions: list[Known]) -> Iterator[_Written]:
    first: dict[Any, int] = {}
    for index, known in enumerate(questions):
        first.setdefault(known.path[1], index)
    start = 0
    for index, section in enumerate(data.get("sections") or ()):
        start = first.get(index, start)
        if isinstance(section, dict) and isinstance(section.get("show_if"), Boxed):
            expression = section["show_if"].expression
            yield _Written("", expression, ("sections", index, "show_if"), start, None)
    for index, known in enumerate(questions):
        for key in ("show_if", "require_if", "value"):
            boxed = known.data.get(key)
            if isinstance(boxed, Boxed):
                yield _Written(known.id, boxed.expression, (*known.path, key), index, known.group)
        for number, constraint in enumerate(known.data.get("constraints") or ()):
            boxed = constraint.get("check") if isinstance(constraint, dict) else None
            if isinstance(boxed, Boxed):
                path = (*known.path, "constraints", number, "check")
                # a constraint is about its own question, so it sees that too
                yield _Written("", boxed.expression, path, index + 1, known.group)


class _Names:
    def __init__(self, questions: list[Known]) -> None:
        self.known: dict[str, Known] = {}
        self.order: dict[str, int] = {}
        for index, question in enumerate(questions):
            self.known.setdefault(question.id, question)
            self.order.setdefault(question.id, index)
        self.needs: dict[str, dict[str, None]] = {}
        self.chains = _CHAINS

    def check(self, written: Iterable[_Written]) -> Iterator[Found]:
        expressions = list(written)
        for one in expressions:
            if one.owner:
                needed = self.needs.setdefault(one.owner, {})
                needed.update(dict.fromkeys(name.split(".")[0] for name, _ in uses(one.expression)))
        said: set[frozenset[str]] = set()
        for one in expressions:
            for name, how in dict.fromkeys(uses(one.expression)):
                for complaint in self.check_name(one, name, how, said):
                    yield one.path, complaint
            for complaint in _comparisons(one.expression, self.meaning_of):
                yield one.path, complaint

    def check_name(
        self, one: _Written, name: str, how: str, said: set[frozenset[str]]
    ) -> Iterator[Complaint]:
        first = name.split(".", maxsplit=1)[0]
        found = resolve(name.replace(".", "/"), self.known)
        if isinstance(found, Complaint):
            earlier = [known for known, index in self.order.items() if index < one.before]
            remedy = found.remedy if first in self.known else nearest(first, earlier)
            yield Complaint("unknown-question", found.message, remedy)
            return
        target = self.known[first]
        if self.order[first] >= one.before:
            chain = self.chain(first, one.owner)
            if chain is None:
                yield Complaint(
                    "later-question",
                    f"{first} is asked later than the condition needs it.",
                    "Move the question up, or the condition to a later question.",
                )
            elif frozenset(chain) not in said:
                said.add(frozenset(chain))
                steps = " needs ".join([one.owner, *chain])
                yield Complaint(
                    "cycle",
                    f"The conditions go round in a circle: {steps}.",
                    "Take one of them out.",
                )
            return
        if target.group is not None and target.group != one.group:
            yield Complaint(
                "inside-group",
                f"{first} is asked once for each repetition of {target.group}.",
                f"From outside the group only count({target.group}) can be asked.",
            )
            return
        yield from _check_use(name, how, found[0], found[1])

    def chain(self, start: str, end: str) -> list[str] | None:
        """The names from `start` to `end`, each needing the next; None when `start` does not need `end`."""
        if not end or self.chains == 0:
            return None
        came_from: dict[str, str | None] = {start: None}
        waiting = deque([start])
        while waiting:
            name = waiting.popleft()
            if name == end:
                self.chains -= 1
                steps: list[str] = []
                back: str | None = name
                while back is not None:
                    steps.append(back)
                    back = came_from[back]
                return steps[::-1]
            for needed in self.needs.get(name, ()):
                if needed in self.known and needed not in came_from:
                    came_from[needed] = name
                    waiting.append(needed)
        return None

    def meaning_of(self, expression: Expression) -> tuple[str, str, Mapping[str, Any]] | None:
        """The name, kind and question of an expression that is only a name."""
        if not isinstance(expression, dict) or "var" not in expression:
            return None
        name = expression["var"]
        found = resolve(name.replace(".", "/"), self.known)
        return None if isinstance(found, Complaint) else (name, found[1], found[0])


def _check_use(name: str, how: str, question: Mapping[str, Any], kind: str) -> Iterator[Complaint]:
    whole_matrix = kind == "matrix" and "." not in name
    if not kind:
        return
    if how == "var" and (kind in _NO_VALUE or whole_matrix):
        yield Complaint(
            "no-value",
            f"{name} is of kind {kind} and has no value in a condition.",
            {
                "matrix": f"Name one of its statements, as in {name}.statement.",
                "table": f"Name one of its cells, as in {name}.row.column.",
                "group": f"Write count({name}).",
                "information": "Name a question that is answered.",
            }.get(kind, f"Write answered({name})."),
        )
    elif how == "count" and kind not in ("several_of", "group"):
        yield Complaint(
            "no-count",
            f"There is nothing to count in {name}.",
            "count takes questions of kind several_of and group.",
        )
    elif how == "answered" and kind == "information":
        yield Complaint("no-value", f"{name} is not answered.", "Name a question that is answered.")
    elif how in ("dont_know", "not_relevant") and (how not in question or whole_matrix):
        yield Complaint(
            "not-offered",
            f"{name} does not offer {how}."
            if not whole_matrix
            else f"{name} is answered statement by statement.",
            f"Add {how} to the question."
            if not whole_matrix
            else f"Name one, as in {how}({name}.statement).",
        )


_Meaning = Callable[[Expression], tuple[str, str, Mapping[str, Any]] | None]


def _comparisons(expression: Expression, meaning_of: _Meaning) -> Iterator[Complaint]:
    """Complaints about comparisons of a question with a constant that can never hold."""
    if not isinstance(expression, dict):
        return
    operator, arguments = next(iter(expression.items()))
    if operator == "var" or operator in FUNCTIONS:
        return
    for argument in arguments:
        yield from _comparisons(argument, meaning_of)
    if operator in _MIRRORED:
        for left, right, sign in (
            (*arguments, operator),
            (*reversed(arguments), _MIRRORED[operator]),
        ):
            target = meaning_of(left)
            if target is not None and not isinstance(right, dict):
                yield from _compared(*target, sign, right)
    elif operator == "in":
        yield from _contained(arguments[0], arguments[1], meaning_of)


def _contained(
    needle: Expression, haystack: Expression, meaning_of: _Meaning
) -> Iterator[Complaint]:
    target = meaning_of(haystack)
    if target is not None:
        name, kind, question = target
        if kind and kind not in ("several_of", "computed"):
            yield Complaint(
                "wrong-comparison",
                f"Only questions of kind several_of hold something; {name} is of kind {kind}.",
                "Compare with == instead, or write a list in brackets after in.",
            )
        elif kind == "several_of" and not isinstance(needle, dict):
            yield from _option(name, question, needle)
    elif isinstance(haystack, list):
        target = meaning_of(needle)
        if target is not None:
            name, kind, question = target
            for item in haystack:
                yield from _compared(name, kind, question, "==", item)
    elif not isinstance(haystack, dict):
        yield Complaint(
            "wrong-comparison",
            "What stands after in is no list.",
            "Write it as in place in ['home', 'clinic'].",
        )


def _compared(
    name: str, kind: str, question: Mapping[str, Any], sign: str, constant: Any
) -> Iterator[Complaint]:
    equality = sign in ("==", "!=")
    if constant is None and equality:
        return
    if kind == "one_of" and equality:
        yield from _option(name, question, constant)
        return
    is_number = isinstance(constant, int | float) and not isinstance(constant, bool)
    is_text = isinstance(constant, str)
    fits, remedy = {
        "one_of": (False, f"Write {name} == followed by the id of an option in quotes."),
        "unit": (is_text and equality, "Compare it with == and the id of a unit in quotes."),
        "several_of": (False, f"Write 'option' in {name}."),
        "consent": (
            isinstance(constant, bool) and equality,
            f"Write {name} == true or {name} == false.",
        ),
        "date": (is_day(constant), "Write the day in quotes, as in '2026-11-22'."),
        "time": (is_time(constant), "Write the time in quotes, as in '07:30'."),
        **dict.fromkeys(
            _NUMBERS, (is_number, "Write a number without quotes; a scale's value is its score.")
        ),
    }.get(kind, (True, ""))
    if not fits:
        yield Complaint(
            "wrong-comparison",
            f"{name} is of kind {kind}, so {name} {sign} {write(constant)} never means anything.",
            remedy,
        )


def _option(name: str, question: Mapping[str, Any], constant: Any) -> Iterator[Complaint]:
    options = question.get("options")
    if not isinstance(options, list) or any(
        not isinstance(o, dict) or "id" not in o for o in options
    ):
        return
    ids = [option["id"] for option in options]
    if constant not in ids or isinstance(constant, bool):
        yield Complaint(
            "unknown-option",
            f"{name} has no option {shown(constant)}.",
            f"Write '{constant}' in quotes."
            if str(constant) in ids
            else nearest(str(constant), ids),
        )
