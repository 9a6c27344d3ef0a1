"""Reports of interviews and audits.

C1  Kappa equals statsmodels' to 1e-9, over random pairs; it is shown only from 30 cases and not for protected questions.
C2  Agreements of n equal a hand count; cases with one answer, three, or twice one auditor's are outside.
C3  The journeys equal a hand count of people; no number of fewer than k is shown.
C4  No hidden move can be computed: each can be nobody's and somebody's with everything shown the same.
C5  The goal: reached, or how many are missing.
C6  A next edition with a few more interviews says nothing of them.
C7  Agreement is not told beside a table that holds something back, and the report says so.
C7  What was told of each step reaches the report when it is released, from eight people however many steps each has; a
    next edition tells more only when eight more people can have written it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa as their_kappa

from exports.agreement import agreement_figures, cohens_kappa
from exports.assemble import assemble
from exports.journeys import journey_figures
from forms.report_parts import JourneyPlan
from store import responses
from store.database import Store, create_store
from tests.exports.cast import library
from tests.exports.shaped import close, edition, keep_responses, open_shaped_round

AUDIT = library("journal-audit")
TALKS = library("ptsd-interviews")
UNITS = {"odense": "Odense", "vejle": "Vejle"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with create_store(tmp_path / "data") as opened:
        yield opened


def table_of(pairs: list[tuple[str, str]], options: str) -> Any:
    counted = Counter(pairs)
    return np.array([[counted[a, b] for b in options] for a in options])


def test_kappa_is_statsmodels_C1() -> None:
    rng = random.Random(6)
    for _ in range(200):
        options = "abcde"[: rng.randint(2, 5)]
        agree = rng.random()
        pairs = []
        for _ in range(rng.randint(30, 120)):
            first = rng.choice(options)
            pairs.append((first, first if rng.random() < agree else rng.choice(options)))
        theirs = their_kappa(table_of(pairs, options), return_results=False)
        assert cohens_kappa(pairs) == pytest.approx(theirs, abs=1e-9)
    assert cohens_kappa([("a", "a")] * 30) is None
    assert cohens_kappa([]) is None


def audits(cases: int, seed: int = 1) -> list[tuple[str, dict[str, Any]]]:
    """Two answers to each case, disagreeing in about every sixth; in the order of a shuffle."""
    rng = random.Random(seed)
    given: list[tuple[str, dict[str, Any]]] = []
    for case in range(1, cases + 1):
        had, crp = rng.choice(["yes", "yes", "no"]), rng.choice(["yes", "no"])
        for auditor in ("hospital", "municipality"):
            other = {"yes": "no", "no": "yes"}
            given.append(
                (
                    "odense" if auditor == "hospital" else "vejle",
                    {
                        "case_number": case,
                        "auditor": auditor,
                        "had_plan": other[had] if rng.random() < 0.08 else had,
                        "crp": other[crp] if rng.random() < 0.08 else crp,
                    },
                )
            )
    # One alone, one three times, one twice by the same auditor.
    given += [("odense", {"case_number": 900, "auditor": "hospital", "had_plan": "no"})]
    given += [("odense", {"case_number": 901, "auditor": "hospital", "had_plan": "no"})] * 2
    given += [("odense", {"case_number": 902, "auditor": "municipality", "had_plan": "no"})] * 3
    rng.shuffle(given)
    return given


@pytest.mark.parametrize("cases", [4, 12, 40])
def test_agreements_equal_a_hand_count_C1_C2(store: Store, cases: int) -> None:
    open_shaped_round(store, AUDIT, "audit", UNITS)
    given = audits(cases)
    keep_responses(store, "audit", given)
    close(store, "audit")
    told = edition(store, "audit")
    agreement = told["agreement"]
    assert (agreement["cases"], agreement["double"]) == (cases + 3, cases)
    by_case: dict[int, dict[str, Any]] = {}
    for _, answers in given:
        if answers["case_number"] < 900:
            by_case.setdefault(answers["case_number"], {})[answers["auditor"]] = answers
    for question in ("had_plan", "crp"):
        found = next(one for one in agreement["questions"] if one["question"] == question)
        pairs = [
            (both["hospital"][question], both["municipality"][question])
            for both in by_case.values()
        ]
        if cases < 5:
            assert (found["n"], found["agreed"], found["kappa"]) == (None, None, None)
            continue
        assert found["n"] == cases
        assert found["agreed"] == sum(1 for a, b in pairs if a == b)
        if cases < 30:
            assert found["kappa"] is None
            continue
        counted = Counter(pairs)
        matrix = np.array([[counted[a, b] for b in ("yes", "no")] for a in ("yes", "no")])
        assert found["kappa"] == pytest.approx(their_kappa(matrix, return_results=False), abs=1e-9)
    for language in ("da", "en"):
        chapter = next(
            one for one in assemble(told, AUDIT, language).chapters if one.id == "agreement"
        )
        assert len(chapter.blocks[0].grid.rows) == 4
        kappas = [row[-1] for row in chapter.blocks[0].grid.rows]
        assert any("0" in kappa for kappa in kappas) == (cases == 40)


def test_no_kappa_of_a_sensitive_question_C1() -> None:
    plan = AUDIT.report.agreement
    assert plan is not None
    guarded = replace(
        AUDIT,
        sections=tuple(
            replace(one, questions=tuple(replace(q, sensitive=True) for q in one.questions))
            for one in AUDIT.sections
        ),
    )
    answers = [
        SimpleNamespace(
            rows=[SimpleNamespace(place=p, state="answered", value=v) for p, v in one.items()]
        )
        for _, one in audits(40)
    ]
    told = agreement_figures(plan, guarded, answers, 5)  # type: ignore[arg-type]
    assert [one["kappa"] for one in told["questions"]] == [None] * 4


def test_no_agreement_beside_what_is_hidden_C7(store: Store) -> None:
    guarded = replace(
        AUDIT,
        sections=tuple(
            replace(
                one, questions=tuple(replace(q, sensitive=q.id == "crp") for q in one.questions)
            )
            for one in AUDIT.sections
        ),
    )
    open_shaped_round(store, guarded, "audit", UNITS)
    given = [
        (unit, {"case_number": case, "auditor": auditor, "had_plan": "yes", "crp": crp})
        for case in range(1, 31)
        for unit, auditor in (("odense", "hospital"), ("vejle", "municipality"))
        for crp in ("no" if case == 1 else "yes",)
    ]
    keep_responses(store, "audit", given)
    close(store, "audit")
    figures = edition(store, "audit")
    (table,) = (one for one in figures["tables"] if one["question"] == "crp")
    assert [cell["n"] for cell in table["groups"][0]["cells"]] == [None, None]
    told = {one["question"]: one for one in figures["agreement"]["questions"]}
    assert (told["had_plan"]["n"], told["had_plan"]["agreed"]) == (30, 30)
    assert told["crp"] == {
        "question": "crp", "n": None, "agreed": None, "kappa": None, "why": "protected",
    }  # fmt: skip
    for language, words in (("da", "ved siden af sine tabeller"), ("en", "beside its tables")):
        report = assemble(figures, guarded, language)
        chapter = next(one for one in report.chapters if one.id == "agreement")
        assert words in str(chapter.hidden)
        assert words in chapter.blocks[0].chart


# --- journeys

PLAN = TALKS.report.journey
assert PLAN is not None


def talks(people: int, seed: int = 1) -> list[tuple[str, dict[str, Any]]]:
    rng = random.Random(seed)
    given = []
    for _ in range(people):
        steps = [{"sector": "general_practice", "referred_from": "myself"}]
        here = "general_practice"
        for _ in range(rng.randint(1, 5)):
            there = rng.choices(
                ["psychiatry", "municipality", "general_practice", "private_organisation"],
                [50, 30, 15, 5],
            )[0]
            step: dict[str, Any] = {
                "sector": there,
                "referred_from": here,
                "waited_weeks": rng.randint(0, 60),
                "trouble": rng.choices(["yes", "no"], [50, 50])[0],
            }
            if step["trouble"] == "yes":
                step["went_wrong"] = "Papirerne kom ikke med."
            steps.append(step)
            here = there
        given.append((rng.choice(list(UNITS)), {"may_take_part": True, "steps": steps}))
    return given


@pytest.mark.parametrize("people", [4, 14, 40])
def test_journeys_equal_a_hand_count_C3(store: Store, people: int) -> None:
    open_shaped_round(store, TALKS, "talks", UNITS)
    given = talks(people)
    keep_responses(store, "talks", given)
    close(store, "talks")
    figures = edition(store, "talks")
    told = figures["journeys"]
    if people < 5:
        assert told["people"] is None
        assert told["sectors"] == told["moves"] == []
        return
    moved: Counter[tuple[str, str]] = Counter()
    bad: Counter[tuple[str, str]] = Counter()
    at: Counter[str] = Counter()
    for _, answers in given:
        steps = answers["steps"]
        moved.update({(one["referred_from"], one["sector"]) for one in steps})
        at.update({one["sector"] for one in steps})
        bad.update(
            {(one["referred_from"], one["sector"]) for one in steps if one.get("trouble") == "yes"}
        )
    assert told["people"] == people
    assert {(one["from"], one["to"]): one["people"] for one in told["moves"]} == {
        move: n for move, n in moved.items() if n >= 5
    }
    for one in told["moves"]:
        wrong = bad[one["from"], one["to"]]
        assert one["trouble"] == (wrong if 5 <= wrong <= one["people"] - 5 else None)
    for one in told["sectors"]:
        assert one["people"] in (None, at[one["sector"]])
        assert one["people"] is None or one["people"] >= 5
        assert one["waited"] is None or one["waited"]["people"] >= 20
    for language in ("da", "en"):
        report = assemble(figures, TALKS, language)
        chapter = next(one for one in report.chapters if one.id == "journeys")
        assert chapter.blocks[0].chart.startswith("<svg")
        assert len(chapter.blocks[0].grid.rows) == len(told["moves"])
        assert "Odense" not in str(chapter)


def test_no_hidden_move_is_forced_C4() -> None:
    """For each hidden move: what is told of its sector leaves room for nobody in it, and for somebody."""
    rng = random.Random(8)
    told_sectors = 0
    plan = JourneyPlan(group="steps", sector="sector", came_from="referred_from")
    for seed in range(150):
        k = rng.choice([3, 5])
        answers = []
        for _ in range(rng.randint(k, 30)):
            rows = []
            for index in range(rng.randint(1, 4)):
                sector = rng.choice(["psychiatry", "municipality"])
                origin = rng.choices(
                    ["myself", "general_practice", "municipality"], [seed % 3 + 1, 6, 2]
                )[0]
                for place, value in (("sector", sector), ("referred_from", origin)):
                    rows.append(
                        SimpleNamespace(
                            place=f"steps/{index}/{place}", state="answered", value=value
                        )
                    )
            answers.append(SimpleNamespace(rows=rows))
        told = journey_figures(plan, TALKS, answers, k)  # type: ignore[arg-type]
        origins = 8
        for one in told["sectors"]:
            if one["people"] is None:
                continue
            told_sectors += 1
            into = [move["people"] for move in told["moves"] if move["to"] == one["sector"]]
            hidden = origins - len(into)
            # All the others at their most: the one in question may then be nobody's.
            assert one["people"] <= sum(into) + (hidden - 1) * (k - 1)
            # At their least: at least one person may have made it.
            assert one["people"] >= max(into, default=0)
        assert all(move["people"] >= k for move in told["moves"])
    assert told_sectors > 50


@pytest.mark.parametrize(
    ("people", "word"), [(8, "mangler 2"), (14, "nået: 14 svar, og målet er 10 til 20")]
)
def test_the_goal_C5(store: Store, people: int, word: str) -> None:
    open_shaped_round(store, TALKS, "talks", UNITS)
    keep_responses(store, "talks", talks(people))
    close(store, "talks")
    figures = edition(store, "talks")
    assert figures["goal"] == {"at_least": 10, "at_most": 20, "n": people}
    chapter = next(one for one in assemble(figures, TALKS, "da").chapters if one.id == "goal")
    assert word in chapter.blocks[0].heading


def test_a_few_more_interviews_say_nothing_C6(store: Store) -> None:
    open_shaped_round(store, TALKS, "talks", UNITS)
    keep_responses(store, "talks", talks(14))
    close(store, "talks")
    first = edition(store, "talks")["journeys"]
    keep_responses(store, "talks", talks(2, seed=9))
    second = edition(store, "talks", seed=2)["journeys"]
    assert second == {**first, "since": "2023-06-01"}


def told_of_steps(people: int, steps: int, first: int = 0) -> list[tuple[str, dict[str, Any]]]:
    return [
        (
            "odense",
            {
                "may_take_part": True,
                "steps": [
                    {"sector": "municipality", "received": f"person {person}, trin {step}"}
                    for step in range(steps)
                ],
            },
        )
        for person in range(first, first + people)
    ]


def released(store: Store) -> dict[str, set[str]]:
    """{question: its texts} of the next edition, after all texts have been released."""
    with store.write() as db:
        for one in responses.texts(db, "r1"):
            responses.decide_text(db, one.key, responses.Reading.RELEASED)
    figures = edition(store, "r1")
    return {
        one["question"]: {text["text"] for text in one["texts"]} for one in figures["free_text"]
    }


def test_what_was_told_of_each_step_C7(store: Store) -> None:
    open_shaped_round(store, TALKS, "r1", UNITS)
    keep_responses(store, "r1", told_of_steps(7, 3))
    close(store, "r1")
    few = released(store)
    assert set(few) == {"received", "went_wrong", "helped", "suggestions"}
    assert few["received"] == set()
    keep_responses(store, "r1", told_of_steps(1, 1, first=7))
    enough = released(store)
    assert len(enough["received"]) == 7 * 3 + 1
    # Sixteen more texts: of eight more people, or of two with eight steps each.
    keep_responses(store, "r1", told_of_steps(8, 2, first=8))
    assert released(store)["received"] == enough["received"]
    keep_responses(store, "r1", told_of_steps(8, 10, first=16))
    assert len(released(store)["received"]) == 22 + 16 + 80
