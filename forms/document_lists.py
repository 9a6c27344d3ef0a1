"""marshmallow fields of the document format that hold others: lists, and mappings with a schema of their own.

What a single value may be is in document_fields.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields

from forms.complaints import Complaint, refuse, shown
from forms.document_fields import DocumentField, is_nothing

_TAG = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")


class ScaleName(str):
    """The name of a list of options under `scales`, where a list could stand."""

    __slots__ = ()


class Each(DocumentField):
    """A list of values of one kind. An item that cannot be read leaves None, so that positions stay true."""

    def __init__(
        self, inner: fields.Field[Any], *, at_least: int = 0, at_most: int = 1000, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.inner = inner
        self.at_least = at_least
        self.at_most = at_most

    def read(self, value: Any) -> list[Any]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise refuse(
                "wrong-type",
                f"{shown(value)} is not a list.",
                "Write a list: one item a line, each after a dash.",
            )
        errors: dict[int | str, Any] = {}
        if not self.at_least <= len(value) <= self.at_most:
            errors["_schema"] = [
                Complaint(
                    "list-length",
                    f"The list has {len(value)} items.",
                    f"It takes {self.at_least} to {self.at_most}.",
                )
            ]
        items: list[Any] = []
        for index, item in enumerate(value):
            try:
                if is_nothing(item):
                    raise refuse(
                        "missing-key",
                        "There is nothing after the dash.",
                        "Write it, or take the dash out.",
                    )
                items.append(self.inner.deserialize(item))
            except ValidationError as error:
                errors[index] = error.messages
                items.append(error.valid_data)
        if errors:
            raise ValidationError(errors, valid_data=items)
        return items


class Part(DocumentField):
    """A mapping with a schema of its own."""

    def __init__(self, schema: Schema, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.schema = schema

    def read(self, value: Any) -> Any:
        return self.schema.load(value)


class OptionList(Each):
    """A list of options, or the name of one under `scales`."""

    def read(self, value: Any) -> Any:
        return ScaleName(value) if isinstance(value, str) else super().read(value)


class Languages(DocumentField):
    """Languages as a mapping (tag -> draft | {state, by, on}) or, in JSON values, as a list with `tag`; in order."""

    def __init__(self, schema: Schema, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.schema = schema

    def read(self, value: Any) -> list[Any]:
        if isinstance(value, Mapping):
            entries = [(tag, tag, entry) for tag, entry in value.items()]
        elif isinstance(value, list) and all(isinstance(entry, Mapping) for entry in value):
            entries = [
                (
                    index,
                    entry.get("tag", ""),
                    {key: part for key, part in entry.items() if key != "tag"},
                )
                for index, entry in enumerate(value)
            ]
        else:
            raise refuse(
                "wrong-type",
                f"{shown(value)} is not a mapping of languages.",
                "Write it as in 'da: draft'.",
            )
        loaded: list[Any] = []
        errors: dict[str | int, Any] = {}
        for key, tag, entry in entries:
            if not isinstance(tag, str) or _TAG.fullmatch(tag) is None:
                errors[key] = [
                    Complaint(
                        "bad-language",
                        f"{shown(tag)} is not a language tag.",
                        "Write it as da, en, ar or pt-BR.",
                    )
                ]
            elif any(known["tag"] == tag for known in loaded):
                errors[key] = [
                    Complaint("duplicate-id", f"The language {tag} stands twice.", "Keep one.")
                ]
            given = {"state": entry} if isinstance(entry, str) else {} if entry is None else entry
            try:
                language = self.schema.load(given)
            except ValidationError as error:
                errors.setdefault(key, error.messages)
                language = error.valid_data if isinstance(error.valid_data, dict) else {}
            loaded.append({"tag": str(tag), **language})
        if not loaded:
            raise refuse(
                "missing-key", "No language is named.", "Name at least one, as in 'da: draft'."
            )
        if errors:
            raise ValidationError(errors, valid_data=loaded)
        return loaded
