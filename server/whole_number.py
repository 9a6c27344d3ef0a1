"""Whole numbers as people type them into the desk's forms."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields

#: With thousands marked or not; longer than any number that is asked for, and short enough for every one of them.
_WHOLE = re.compile(r"[0-9]{1,9}|[0-9]{1,3}(?:[. \u00a0][0-9]{3}){1,3}")


class WholeNumber(fields.Field[int | None]):
    """A whole number as a Dane types it, "100.000" or "100000", within bounds; nothing typed is None.

    `outside` is the code of the fault for a number that is out of bounds.
    """

    def __init__(self, least: int, most: int, *, outside: str = "not-a-number", **how: Any) -> None:
        super().__init__(**how)
        self._least, self._most, self._outside = least, most, outside

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int | None:
        text = str(value).strip()
        if not text:
            return None
        if not _WHOLE.fullmatch(text):
            raise ValidationError("not-a-number")
        number = int(re.sub("[^0-9]", "", text))
        if not self._least <= number <= self._most:
            raise ValidationError(self._outside)
        return number
