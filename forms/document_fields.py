"""marshmallow fields of the document format: what a single value may be, whether from a text or from JSON values.

A value from a text is a `Written` (document_text.py), which keeps how it was typed, so that ``id: 5`` and ``da: no``
are the texts that the writer saw; a value from JSON is what it is. Every message is a `Complaint`. Fields that hold
others are in document_lists.py.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from marshmallow import ValidationError, fields, missing

from forms import conditions, expressions
from forms.complaints import Complaint, nearest, refuse, shown
from forms.document_text import Written, plain
from forms.values import clean_text, is_day, is_time

#: What invisible signs become in a text: line separators are line ends; marks and non-characters go.
_INVISIBLE = str.maketrans(
    {"\u2028": "\n", "\u2029": "\n", "\ufeff": None, "\ufffe": None, "\uffff": None}
)

#: Longest text of a questionnaire, in characters; pages of prose belong elsewhere.
TEXT_LENGTH = 10_000


class GivenTexts(dict[str, str]):
    """Texts as given; the key '' holds a text that was written without a language."""


def meaning(value: Any) -> Any:
    """What a scalar means; everything else as it is."""
    return value.value if isinstance(value, Written) else value


def is_nothing(value: Any) -> bool:
    """Whether nothing was written: an empty value or null (but not '' in quotes, and not the word null)."""
    return value is None or (isinstance(value, Written) and value.plain and str(value) in ("", "~"))


def cleaned(value: str) -> str:
    """A text as the model keeps it: NFC, lines ended by \\n, no other control characters, no outer white space."""
    return clean_text(str(value).translate(_INVISIBLE), lines=True)


class DocumentField(fields.Field[Any]):
    """Base of all fields: a key without a value counts as left out where it may be, and as missing where it must not."""

    default_error_messages = {"required": "missing-key", "null": "missing-key"}  # noqa: RUF012

    def deserialize(
        self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any
    ) -> Any:
        """As marshmallow's, after telling nothing from something."""
        if is_nothing(value):
            value = None if self.required else missing
        return super().deserialize(value, attr, data, **kwargs)

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002
        data: Any,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> Any:
        return self.read(value)

    def read(self, value: Any) -> Any:
        """What `value` stands for; raises ValidationError with complaints, and with what could be read beside them."""
        return value


class Word(DocumentField):
    """A word of a fixed form: an id, a name, a day, a time."""

    def __init__(self, pattern: str, what: str, remedy: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pattern = re.compile(pattern)
        self.what = what
        self.remedy = remedy

    def read(self, value: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise refuse("wrong-type", f"{shown(value)} is not {self.what}.", self.remedy)
        word = str(value)
        if self.pattern.fullmatch(word) is None:
            raise refuse("bad-word", f"{shown(word)} is not {self.what}.", self.remedy)
        return word


def name_field(what: str = "an id", **kwargs: Any) -> Word:
    """An id that is a name in conditions."""
    return Word(
        "[a-z][a-z0-9_]{0,39}",
        what,
        "Use small letters a-z, digits and _, beginning with a letter, at most 40.",
        **kwargs,
    )


def option_id_field(**kwargs: Any) -> Word:
    """An id of an option, statement, row or column: may begin with a digit."""
    return Word(
        "[a-z0-9][a-z0-9_]{0,39}",
        "an id",
        "Use small letters a-z, digits and _, at most 40.",
        **kwargs,
    )


class Day(DocumentField):
    """A day that exists, YYYY-MM-DD."""

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or not is_day(str(value)):
            raise refuse("bad-date", f"{shown(value)} is not a day.", "Write it as 2026-11-22.")
        return str(value)


class Clock(DocumentField):
    """A time of day, HH:MM."""

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or not is_time(str(value)):
            raise refuse(
                "bad-time",
                f"{shown(value)} is not a time of day.",
                "Write it as '07:30', from 00:00 to 23:59.",
            )
        return str(value)


class Line(DocumentField):
    """One line of text in no particular language, such as a person's name."""

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            raise refuse("wrong-type", f"{shown(value)} is not a text.", "Write a text in quotes.")
        text = " ".join(cleaned(value).split())
        if len(text) > 200:
            raise refuse("too-long", "The text is longer than 200 characters.", "Shorten it.")
        return text


class YesNo(DocumentField):
    """true or false."""

    def read(self, value: Any) -> bool:
        meant = meaning(value)
        if not isinstance(meant, bool):
            raise refuse(
                "wrong-type",
                f"{shown(value)} is neither true nor false.",
                "Write true or false, without quotes.",
            )
        return meant


class Numeral(DocumentField):
    """A number from `low` to `high`; a whole one keeps or gets the type int."""

    def __init__(self, low: float, high: float, *, whole: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.low = low
        self.high = high
        self.whole = whole

    def read(self, value: Any) -> int | float:
        meant: Any = meaning(value)
        kind = "a whole number" if self.whole else "a number"
        remedy = f"Write {kind} from {self.low} to {self.high}, without quotes and with a point for decimals."
        if (
            isinstance(meant, bool)
            or not isinstance(meant, int | float)
            or not math.isfinite(meant)
        ):
            raise refuse("wrong-type", f"{shown(value)} is not {kind}.", remedy)
        if isinstance(meant, float) and meant.is_integer():
            meant = int(meant)
        if self.whole and not isinstance(meant, int):
            raise refuse("wrong-type", f"{shown(value)} is not {kind}.", remedy)
        if not self.low <= meant <= self.high:
            raise refuse("out-of-range", f"{shown(value)} is out of range.", remedy)
        number: int | float = meant
        return number


class Choice(DocumentField):
    """One of a closed list of words."""

    def __init__(self, words: type[StrEnum], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = words

    def read(self, value: Any) -> StrEnum:
        known = [str(word) for word in self.words]
        if not isinstance(value, str) or str(value) not in known:
            raise refuse(
                "unknown-word",
                f"{shown(value)} is not one of {', '.join(known)}.",
                nearest(str(value), known),
            )
        return self.words(str(value))


class Texts(DocumentField):
    """A text in several languages (tag -> text), or a plain text in the source language."""

    def read(self, value: Any) -> GivenTexts:
        if isinstance(value, str):
            return GivenTexts({"": _text(value)})
        if not isinstance(value, Mapping):
            raise refuse(
                "wrong-type",
                f"{shown(value)} is not a text.",
                "Write a text in quotes, or one for each language.",
            )
        if not value and self.required:
            raise refuse(
                "empty-text", "There is no text.", "Write it at least in the source language."
            )
        given = GivenTexts()
        errors: dict[str, Any] = {}
        for tag, text in value.items():
            if is_nothing(text):
                remedy = "Write it; inside { } put a text with a comma in quotes."
                errors[tag] = [Complaint("empty-text", f"{shown(tag)} has no text.", remedy)]
                continue
            try:
                given[str(tag)] = _text(text)
            except ValidationError as error:
                errors[tag] = error.messages
        if errors:
            raise ValidationError(errors, valid_data=given)
        return given


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise refuse("wrong-type", f"{shown(value)} is not a text.", "Write a text in quotes.")
    if len(value) > TEXT_LENGTH:
        raise refuse(
            "too-long", f"The text is longer than {TEXT_LENGTH} characters.", "Shorten it."
        )
    text = cleaned(value)
    if not text:
        raise refuse("empty-text", "The text is empty.", "Write it, or leave the key out.")
    return text


class Offer(Texts):
    """The text of "don't know" or "not relevant"; true for the standard words, false for not offered."""

    def read(self, value: Any) -> Any:
        meant = meaning(value)
        return meant if isinstance(meant, bool) else super().read(value)


class Condition(DocumentField):
    """A condition: readable where it is a text in a document, JsonLogic where it is not."""

    def read(self, value: Any) -> Any:
        try:
            if isinstance(value, Written):
                expression = conditions.parse(str(value))
            else:
                expression = expressions.check(plain(value))
        except expressions.ConditionError as error:
            at = f" (column {error.column} of the condition)" if error.column else ""
            raise refuse("condition", f"{error.message[:-1]}{at}.", error.remedy) from None
        if expression is None:
            raise refuse(
                "condition", "The condition is null.", "Write a condition, or leave the key out."
            )
        # boxed, so that no rule takes the parts of an expression for parts of the document
        return Boxed(expression)


@dataclass(frozen=True, slots=True)
class Boxed:
    """An expression among the loaded data."""

    expression: Any
