"""JSON as the store keeps it: compact, keys sorted, letters as themselves; equal values give equal text."""

from __future__ import annotations

import json
from typing import Any


def json_text(value: Any) -> str:
    """The one JSON text of a value. Raises ValueError for NaN and infinities, which are not JSON."""
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )


def read_json(text: str) -> Any:
    """The value of a JSON text that `json_text` wrote."""
    return json.loads(text)
