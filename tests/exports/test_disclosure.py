"""Disclosure control by hand: one small round a rule (docs/disclosure.md).

R1  Fewer than k valid answers: nothing but that. From k to 4k: three classes and a rounded mean. From 4k: all options.
R2  A hidden group takes the next smallest with it.
R3  A guarded question hides cells of 1 to k-1, at least two in a row; where all answered the same, everything.
R4  Options without tones between k and 4k: each shown only from k, at least two hidden with one that is not.
R5  A merged mean never gives the merged counts away.
R6  Two tables that are each other's transpose: the second is shown only where both are whole.
R7  From one edition to the next a group advances by nothing or by enough, else it stands with its date.
R8  Hidden numbers are not in the figures at all, in no format; no cell of the CSV is a formula.
R9  Tables cost the same however many answered: integers in, the same number of rows out.
"""

from __future__ import annotations

import copy
import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.advance import advanced_tables, advanced_texts
from exports.datasets.delimited import tables_csv
from exports.datasets.formulas import defused
from exports.disclosure import Rule
from exports.disclosure_means import Means
from exports.tables import Choice
from tests.exports.cast import Planned, figures_of, library

IV = library("iv-satisfaction")


def people(**answers: int) -> list[dict[str, Any]]:
    """people(trust__5=3) is three who answered 5 to trust."""
    return [
        {name.split("__")[0]: name.split("__")[1].replace("dk", "~dont_know")}
        for name, n in answers.items()
        for _ in range(n)
    ]


def trust(
    *counts: int, by: tuple[str, ...] = (), guarded: bool = False, **more: Any
) -> dict[str, Any]:
    names = ("5", "4", "3", "2", "1")
    everyone = [{"trust": name} for name, n in zip(names, counts, strict=True) for _ in range(n)]
    figures = figures_of(IV, [Planned("trust", "trust", by, guarded=guarded)], everyone, **more)
    return figures["tables"][0]["groups"][0]


def test_sizes() -> None:
    """R1."""
    hidden = trust(3, 1, 0, 0, 0)
    assert (hidden["state"], hidden["why"], hidden["n"], hidden["mean"]) == (
        "hidden",
        "too-few",
        None,
        None,
    )
    assert all(cell["n"] is None for cell in hidden["cells"])
    merged = trust(4, 2, 1, 1, 1)
    assert merged["state"] == "merged"
    assert [(cell["cell"], cell["n"]) for cell in merged["cells"]] == [("favourable", 6), ("neutral", 1), ("unfavourable", 2)]  # fmt: skip
    assert trust(19, 0, 0, 0, 0)["state"] == "merged"
    whole = trust(10, 5, 3, 1, 1)
    assert whole["state"] == "all"
    assert [cell["n"] for cell in whole["cells"]] == [10, 5, 3, 1, 1]
    assert whole["mean"] == pytest.approx(4.1)
    assert whole["favourable"]["share"] == 0.75


def test_next_smallest_goes_too() -> None:
    """R2."""
    everyone = (
        [{"trust": "5", "preference": "hospital"}] * 3
        + [{"trust": "3", "preference": "no_matter"}] * 22
        + [{"trust": "5", "preference": "home"}] * 30
    )
    figures = figures_of(IV, [Planned("t", "trust", ("preference",))], everyone)
    groups = {one["group"][0]: (one["state"], one["why"]) for one in figures["tables"][0]["groups"]}
    assert groups == {
        "hospital": ("hidden", "too-few"),
        "no_matter": ("hidden", "complement"),
        "home": ("all", ""),
    }


def test_guarded_cells() -> None:
    """R3."""
    row = trust(30, 12, 8, 6, 2, guarded=True)
    assert [cell["n"] for cell in row["cells"]] == [30, 12, 8, None, None]
    assert [cell["why"] for cell in row["cells"]][3:] == ["protected-cell", "protected-cell"]
    assert row["mean"] is None
    assert row["favourable"] is None
    same = trust(30, 0, 0, 0, 0, guarded=True)
    assert (same["state"], same["why"]) == ("hidden", "protected")


def test_options_without_tones() -> None:
    """R4."""
    everyone = people(preference__home=9, preference__hospital=2, preference__no_matter=1)
    group = figures_of(IV, [Planned("p", "preference")], everyone)["tables"][0]["groups"][0]
    assert group["state"] == "merged"
    assert [(cell["cell"], cell["n"]) for cell in group["cells"]] == [("hospital", None), ("home", None), ("no_matter", None)]  # fmt: skip
    everyone = people(preference__home=9, preference__hospital=6, preference__no_matter=4)
    group = figures_of(IV, [Planned("p", "preference")], everyone)["tables"][0]["groups"][0]
    assert [cell["n"] for cell in group["cells"]] == [None, 9, None]


SCALE = tuple(
    Choice(str(score), "", tone, score)
    for score, tone in ((5, "favourable"), (4, "favourable"), (3, "neutral"), (2, "unfavourable"), (1, "unfavourable"))
)  # fmt: skip


@given(st.lists(st.integers(0, 6), min_size=5, max_size=5).filter(lambda c: 5 <= sum(c) < 20))
def test_merged_mean_gives_nothing_away(counts: list[int]) -> None:
    """R5: by trying all worlds with the same classes, some other one prints the same mean for each positive option."""
    mean, step = Means(SCALE, ()).alone({str(5 - i): n for i, n in enumerate(counts)})
    if mean is None or step is None:
        return
    n, favourable, unfavourable = sum(counts), counts[0] + counts[1], counts[3] + counts[4]
    worlds = [
        (five, favourable - five, counts[2], two, unfavourable - two)
        for five in range(favourable + 1)
        for two in range(unfavourable + 1)
        if abs(
            (5 * five + 4 * (favourable - five) + 3 * counts[2] + 2 * two + unfavourable - two) / n
            - mean
        )
        <= step / 2 + 1e-9
    ]
    assert tuple(counts) in worlds
    for index in (0, 1, 3, 4):
        if counts[index]:
            assert len({world[index] for world in worlds}) > 1


def test_transposes() -> None:
    """R6."""
    plan = [Planned("a", "trust", ("preference",)), Planned("b", "preference", ("trust",))]
    everyone = [
        {"trust": "5", "preference": place} for place, n in (("home", 30), ("hospital", 25), ("no_matter", 2)) for _ in range(n)
    ] + [{"trust": "4", "preference": place} for place in ("home", "hospital") for _ in range(25)]  # fmt: skip
    first, second = figures_of(IV, plan, everyone)["tables"]
    assert any(group["state"] == "all" for group in first["groups"])
    assert {group["state"] for group in second["groups"]} == {"hidden"}
    assert "elsewhere" in {group["why"] for group in second["groups"]}


def edition(*counts: int) -> dict[str, Any]:
    names = ("5", "4", "3", "2", "1")
    everyone = [{"trust": name} for name, n in zip(names, counts, strict=True) for _ in range(n)]
    return figures_of(IV, [Planned("trust", "trust")], everyone)


def test_editions_advance_by_enough() -> None:
    """R7."""
    before = edition(30, 20, 5, 3, 2)
    after_two = edition(31, 20, 5, 3, 3)
    standing = advanced_tables(before, after_two)[0]["groups"][0]
    assert (standing["n"], standing["since"]) == (60, before["made_on"])
    after_many = edition(45, 25, 6, 3, 3)
    assert advanced_tables(before, after_many)[0]["groups"][0]["n"] == 82
    assert advanced_tables(before, copy.deepcopy(before)) == before["tables"]


def test_free_text_advances_by_enough() -> None:
    """R7."""

    def told(n: int) -> dict[str, Any]:
        texts = [{"language": "da", "text": f"tekst {i}"} for i in range(n)]
        return {"free_text": [{"question": "suggestions", "texts": texts}]}

    assert len(advanced_texts(told(8), told(9), smallest={"suggestions": 8})[0]["texts"]) == 8
    assert len(advanced_texts(told(8), told(16), smallest={"suggestions": 8})[0]["texts"]) == 16
    assert len(advanced_texts(told(0), told(8), smallest={"suggestions": 8})[0]["texts"]) == 8


def test_hidden_numbers_are_nowhere() -> None:
    """R8: 3 people in a group; the number 3 is in no figure of theirs."""
    figures = figures_of(IV, [Planned("trust", "trust")], people(trust__5=3))
    text = json.dumps(figures["tables"])
    assert '"n": 3' not in text
    rows = list(csv.DictReader(io.StringIO(tables_csv(figures))))
    assert {row["n"] for row in rows} == {""}
    assert {row["state"] for row in rows} == {"hidden"}


def test_csv_reads_back_and_is_no_formula() -> None:
    """R8."""
    figures = figures_of(
        IV, [Planned("trust", "trust")], people(trust__5=20, trust__1=10, trust__dk=2)
    )
    figures["tables"][0]["title"] = '=HYPERLINK("http://x")'
    rows = list(csv.DictReader(io.StringIO(tables_csv(figures))))
    shown = {row["cell"]: row["n"] for row in rows}
    assert (shown["5"], shown["1"], shown["~dont_know"]) == ("20", "10", "2")
    assert rows[0]["title"].startswith("'=")
    for beginning in ("=", "+", "-", "@", "\t=", " =", "＝"):
        assert defused(beginning + "1").strip().startswith("'")
    assert defused("Slet ikke") == "Slet ikke"


def test_smallest_group_is_never_one() -> None:
    """R1."""
    with pytest.raises(ValueError, match="smallest group"):
        Rule(k=1)


def test_size_does_not_grow_with_answers() -> None:
    """R9."""
    small, large = edition(10, 5, 3, 1, 1), edition(10_000, 5_000, 3_000, 1_000, 1_000)
    assert len(json.dumps(large["tables"])) < len(json.dumps(small["tables"])) * 1.3
