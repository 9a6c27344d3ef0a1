"""A condition in words, for pages without a script and for everyone who reads a form from end to end.

"Answer this only if you answered “To a low degree” or “Not at all” to “Did you feel safe?”." A comparison with a
choice is said by naming the options that fulfil it, never by their scores: people see no scores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from forms.questionnaire import (
    Consent,
    Expression,
    Matrix,
    OneOf,
    Option,
    Question,
    Questionnaire,
    Scale,
    SeveralOf,
    TableQuestion,
    Texts,
    TimeOfDay,
    text_in,
)
from server.languages import Words

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_TURNED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def condition_in_words(questionnaire: Questionnaire, condition: Expression, words: Words) -> str:
    """The clause that follows "only if": without a capital letter and without a full stop."""
    return _Speaker(questionnaire, words).clause(condition)


class _Speaker:
    def __init__(self, questionnaire: Questionnaire, words: Words) -> None:
        self._source = questionnaire.source_language
        self._words = words
        self._say = words.gettext
        self._questions: dict[str, Question] = {q.id: q for q in questionnaire.questions()}

    def clause(self, expression: Expression) -> str:
        """An expression as a statement that can be true or not."""
        if not isinstance(expression, dict):
            return self._constant_clause(expression)
        [(operator, arguments)] = expression.items()
        if operator in {"and", "or"}:
            parts = [self._inner(operator, part) for part in arguments]
            joint = self._say(" and ") if operator == "and" else self._say(" or ")
            return joint.join(parts)
        if operator == "not":
            return self._say("it is not so that %(clause)s", clause=self.clause(arguments[0]))
        if operator == "answered":
            return self._say("you have answered “%(question)s”", question=self._name(arguments[0]))
        if operator in {"dont_know", "not_relevant"}:
            return self._missing(operator, arguments[0])
        if operator == "in":
            return self._contained(arguments[0], arguments[1])
        if operator in _COMPARE:
            return self._comparison(operator, arguments[0], arguments[1])
        if operator == "var":
            return self._yes_or_no(arguments, True)
        return self._say("%(value)s is true", value=self._value(expression))

    def _inner(self, operator: str, part: Expression) -> str:
        said = self.clause(part)
        other = "or" if operator == "and" else "and"
        return f"({said})" if isinstance(part, dict) and other in part else said

    def _constant_clause(self, value: Any) -> str:
        return self._say("always") if value is True else self._say("never")

    def _missing(self, state: str, name: str) -> str:
        question = self._question(name)
        texts = None if question is None else getattr(question, state)
        standard = self._say("Don't know") if state == "dont_know" else self._say("Not relevant")
        return self._answered(name, [self._text(texts) if texts else standard])

    def _answered(self, name: str, options: Sequence[str]) -> str:
        quoted = self._say(" or ").join(self._quoted(option) for option in options)
        return self._say(
            "you answered %(options)s to “%(question)s”", options=quoted, question=self._name(name)
        )

    def _not_answered(self, name: str, options: Sequence[str]) -> str:
        quoted = self._say(" or ").join(self._quoted(option) for option in options)
        return self._say(
            "you did not answer %(options)s to “%(question)s”",
            options=quoted,
            question=self._name(name),
        )

    def _quoted(self, text: str) -> str:
        return self._say("“%(text)s”", text=text)

    def _comparison(self, operator: str, left: Expression, right: Expression) -> str:
        if not _is_name(left) and _is_name(right):
            left, right, operator = right, left, _TURNED[operator]
        if _is_name(left) and not isinstance(right, dict):
            return self._comparison_with_constant(operator, left["var"], right)
        return self._compared(operator, self._value(left), self._value(right))

    def _comparison_with_constant(self, operator: str, name: str, constant: Any) -> str:
        question = self._question(name)
        if isinstance(constant, bool) and operator in {"==", "!="}:
            return self._yes_or_no(name, constant is (operator == "=="))
        if constant is None:
            said = self._say("you have answered “%(question)s”", question=self._name(name))
            return (
                said
                if operator == "!="
                else self._say("you have not answered “%(question)s”", question=self._name(name))
            )
        options = _options(question)
        if isinstance(question, TimeOfDay) and isinstance(constant, str):
            return self._time_of_day(operator, self._quoted(self._name(name)), constant)
        if options is None:
            return self._compared(operator, self._quoted(self._name(name)), self._value(constant))
        by_score = isinstance(question, Scale | Matrix)
        chosen = [o for o in options if _fulfils(operator, o.score if by_score else o.id, constant)]
        rest = [o for o in options if o not in chosen]
        # "!=" is also fulfilled by no answer at all, so it is said the other way round.
        if operator == "!=":
            return self._not_answered(name, [self._text(o.text) for o in rest])
        if not chosen:
            return self._say("never")
        return self._answered(name, [self._text(o.text) for o in chosen])

    def _yes_or_no(self, name: str, wanted: bool) -> str:
        question = self._question(name)
        if question is None or isinstance(question, Consent):
            return self._answered(name, [self._say("Yes") if wanted else self._say("No")])
        return self._say("“%(question)s” is answered with yes", question=self._name(name))

    def _contained(self, needle: Expression, haystack: Expression) -> str:
        if _is_name(haystack):
            name = haystack["var"]
            chosen = [o for o in _options(self._question(name)) or () if o.id == needle]
            texts = [self._text(o.text) for o in chosen] or [self._value(needle)]
            return self._say(
                "you chose %(options)s at “%(question)s”",
                options=self._quoted(texts[0]),
                question=self._name(name),
            )
        if _is_name(needle) and isinstance(haystack, list):
            name = needle["var"]
            question = self._question(name)
            options = _options(question)
            if options is not None:
                by_score = isinstance(question, Scale | Matrix)
                texts = [
                    self._text(o.text)
                    for o in options
                    if (o.score if by_score else o.id) in haystack
                ]
                return self._answered(name, texts) if texts else self._say("never")
            return self._answered(name, [self._value(item) for item in haystack])
        return self._say(
            "%(value)s is one of %(values)s",
            value=self._value(needle),
            values=self._value(haystack),
        )

    def _compared(self, operator: str, left: str, right: str) -> str:
        said = {
            "==": self._say("%(left)s is %(right)s"),
            "!=": self._say("%(left)s is not %(right)s"),
            "<": self._say("%(left)s is less than %(right)s"),
            "<=": self._say("%(left)s is at most %(right)s"),
            ">": self._say("%(left)s is more than %(right)s"),
            ">=": self._say("%(left)s is at least %(right)s"),
        }[operator]
        return said % {"left": left, "right": right}

    def _time_of_day(self, operator: str, question: str, time: str) -> str:
        """A time compared with one of the clock: "before", never "less than"."""
        said = {
            "==": self._say("%(question)s is at %(time)s"),
            "!=": self._say("%(question)s is not at %(time)s"),
            "<": self._say("%(question)s is before %(time)s"),
            "<=": self._say("%(question)s is at %(time)s or before"),
            ">": self._say("%(question)s is after %(time)s"),
            ">=": self._say("%(question)s is at %(time)s or after"),
        }[operator]
        return said % {"question": question, "time": self._words.clock(time)}

    def _value(self, expression: Expression) -> str:
        """An expression as a thing with a value."""
        if isinstance(expression, bool):
            return self._say("Yes") if expression else self._say("No")
        if isinstance(expression, int | float):
            return self._words.number(expression)
        if isinstance(expression, list):
            return ", ".join(self._value(part) for part in expression)
        if not isinstance(expression, dict):
            return "" if expression is None else self._quoted(str(expression))
        [(operator, arguments)] = expression.items()
        if operator == "var":
            return self._quoted(self._name(arguments))
        if operator == "count":
            return self._say(
                "the number of answers to “%(question)s”", question=self._name(arguments[0])
            )
        if operator == "neg":
            return f"−{self._value(arguments[0])}"
        if operator in {"+", "-", "*", "/"}:
            sign = {"+": "+", "-": "−", "*": "×", "/": "÷"}[operator]
            return f"({f' {sign} '.join(self._value(part) for part in arguments)})"
        return f"({self.clause(expression)})"

    def _question(self, name: str) -> Question | None:
        question = self._questions.get(name.split(".", maxsplit=1)[0])
        if isinstance(question, TableQuestion):
            column = name.rsplit(".", maxsplit=1)[-1]
            return next((c for c in question.columns if c.id == column), None)
        return question

    def _name(self, name: str) -> str:
        """What people know the thing by: the question's text, and the statement's or the cell's."""
        parts = name.split(".")
        question = self._questions.get(parts[0])
        if question is None:
            return name
        said = self._text(question.text)
        if isinstance(question, Matrix) and len(parts) == 2:
            said = next(self._text(i.text) for i in question.statements if i.id == parts[1])
        if isinstance(question, TableQuestion) and len(parts) == 3:
            row = next(self._text(i.text) for i in question.rows if i.id == parts[1])
            column = next(self._text(c.text) for c in question.columns if c.id == parts[2])
            said = f"{said} – {row} – {column}"
        return said

    def _text(self, texts: Texts) -> str:
        return text_in(texts, self._words.language, self._source)


def _is_name(expression: Expression) -> bool:
    return isinstance(expression, dict) and "var" in expression


def _options(question: Question | None) -> tuple[Option, ...] | None:
    match question:
        case OneOf() | SeveralOf() | Scale():
            return question.options
        case Matrix():
            return question.points
        case _:
            return None


def _fulfils(operator: str, value: Any, constant: Any) -> bool:
    try:
        return _COMPARE[operator](value, constant)
    except TypeError:
        return False
