"""Requirements of forms/personal_data.py.

R1  CPR numbers are found with and without hyphen or spaces, with any dash, and in Arabic-Indic and Persian digits.
R2  Day and month must be plausible; the checksum dismisses nothing.
R3  Phone numbers and e-mail addresses are found.
R4  "CRP 12", days, house numbers, post codes, times, amounts, years and series of measurements are nothing.
R5  Masking hides every CPR number and nothing else, and is stable.
R6  Findings are in the order of the text, inside it, and do not overlap.
R7  Time grows with the length of the text, whatever the text.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.personal_data import CPR_MASK, find, mask_cpr

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "personal_data.json").read_text(encoding="utf-8")
)

DIGITS = ("0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹")
TEXTS = st.text(st.sampled_from("0123456789٣۳ -–.,:/+@abæø\n\t\u200f\u00a0krCPR😀"), max_size=80)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: repr(case["text"][:40]))
def test_vectors(case: dict[str, Any]) -> None:
    """R1-R5: the cases that Python and TypeScript share."""
    text = case["text"]
    assert [[f.kind, text[f.start : f.end]] for f in find(text)] == case["found"]
    assert mask_cpr(text) == case["masked"]


@given(
    day=st.integers(1, 28),
    month=st.integers(1, 12),
    year=st.integers(0, 99),
    number=st.integers(0, 9999),
    gap=st.sampled_from(["", "-", " ", " - ", "–", "\u00a0", "\u200e-"]),
    digits=st.sampled_from(DIGITS),
    around=st.sampled_from([("", ""), ("cpr: ", "."), ("(", ")"), ("أنا ", " هنا"), ("a", "b")]),
)
def test_every_number_is_masked(
    day: int, month: int, year: int, number: int, gap: str, digits: str, around: tuple[str, str]
) -> None:
    """R1, R2, R5: whatever its last four digits are."""
    plain = f"{day:02}{month:02}{year:02}{gap}{number:04}"
    written = plain.translate(str.maketrans("0123456789", digits))
    assert mask_cpr(around[0] + written + around[1]) == around[0] + CPR_MASK + around[1]


@given(TEXTS)
def test_findings_are_in_order(text: str) -> None:
    """R6."""
    end = 0
    for finding in find(text):
        assert end <= finding.start < finding.end <= len(text)
        end = finding.end


@given(TEXTS)
def test_masking_is_stable(text: str) -> None:
    """R5: what has been masked holds no CPR number, and stays."""
    masked = mask_cpr(text)
    assert mask_cpr(masked) == masked
    assert (masked == text) == ("cpr" not in {f.kind for f in find(text.replace("@", "_"))})


@pytest.mark.parametrize(
    "piece",
    [
        "0", "01", "01 ", "01 01 ", "010190 ", "010190-", "20 30 40 ", "+", "+4", "a", "a.", "a@", "@", "a@a.", ".",
        "0 - ", " ", "\u200f", "1\u200f", "00 ", "+45 ", "20.", "20-", "0101901234", "a@b.dk ", "0101901234 a@b.dk ",
    ],
)  # fmt: skip
def test_time_is_linear(piece: str) -> None:
    """R7: 100 KB of the worst that each rule can be given. Quadratic work would take minutes."""
    text = piece * (100_000 // len(piece))
    began = time.process_time()
    find(text)
    mask_cpr(text)
    assert time.process_time() - began < 5
