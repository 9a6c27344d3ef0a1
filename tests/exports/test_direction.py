"""R1 Free text stands in the direction of its own first strong letter, whatever language its page was in."""

from __future__ import annotations

import pytest

from exports.assemble import _direction


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("Det gik godt", "ltr"),
        ("شكراً للممرضة", "rtl"),
        ("12 – خیلی خوب", "rtl"),
        ("CRP på 3. dag", "ltr"),
        ("123", "ltr"),
    ],
)
def test_direction_follows_the_first_strong_letter(text: str, direction: str) -> None:  # R1
    assert _direction(text) == direction
