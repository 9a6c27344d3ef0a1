"""An attacker who reads agreements and kappa beside the tables of audits (attacker_of_audits.py), over random audits.

A1  No hidden figure of a table is pinned: of a group of fewer than k, of a guarded cell, of an option that merging holds back, of
    few who came since the last edition.
A2  The attacker is able: agreements told whatever the tables hide are found, as is a kappa that advances with a few cases.
"""

from __future__ import annotations

import os
import random
import sys

import pytest

from exports import agreement
from exports.agreement import kappas_may_advance
from exports.tables import UnitPlace
from tests.exports.attacked_rounds import Round
from tests.exports.attacker_of_audits import AUDITORS, Pairs, audited, random_audit
from tests.exports.campaign_published import (
    MERGED,
    Result,
    attacker_of,
    hidden_numbers,
    told_by_a_shown_group,
    told_by_counts,
)
from tests.exports.cast import Planned
from tests.exports.every_figure import AGREEMENT, unread
from tests.exports.watched import places_of, watched
from tests.exports.worlds import Hidden

ROUNDS = 2000 if os.environ.get("SVARBOKS_PROOF") == "1" else 100


def campaign(rounds: int, seed: int, *, until_found: bool = False) -> Result:
    """Attacks random audits."""
    result = Result()
    for number in range(rounds):
        rng = random.Random(f"{seed} {number}")
        attacked = random_audit(rng)
        made = audited(attacked)
        result.places.update(place for document in made for place in places_of(document))
        documents = [watched(document, result.seen) for document in made]
        attacker = attacker_of(attacked, documents, also=(attacked.question, "auditor", "unit"))
        Pairs(attacker, attacked.question).read(documents)
        hidden = list(hidden_numbers(attacked, documents, attacker))
        attack = attacker.attack(hidden, rng)
        result.rounds += 1
        result.add(hidden, attack)
        pinned = [
            one
            for one in attack.pinned
            if not told_by_a_shown_group(one, attacked, documents, attacker)
        ]
        if any(one.what == MERGED for one in pinned):
            told = told_by_counts(pinned, attacked, documents, rng)
            result.told_by_counts += len(told)
            pinned = [one for one in pinned if one.name not in told]
        result.pinned += [
            f"audit {number}: {one.what}: {one.name} must be {one.truth}" for one in pinned
        ]
        if until_found and result.pinned:
            break
    return result


@pytest.mark.campaign
def test_nothing_hidden_is_pinned_by_agreements() -> None:
    """A1."""
    result = campaign(ROUNDS, 20261126)
    print(result, file=sys.stderr)
    assert not unread(result.places)
    assert not AGREEMENT & result.places - result.seen, "said to be read, and nobody looked"
    assert not AGREEMENT - result.places - result.seen, "said to be read, and never published"
    assert not result.pinned, "\n".join(result.pinned)
    assert not result.unsolved
    assert result.hidden.total() > ROUNDS


def test_agreements_beside_hidden_figures_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A2."""
    monkeypatch.setattr(agreement, "_holds_back", lambda *_: False)
    result = campaign(60, 5, until_found=True)
    assert "guarded cell" in "\n".join(result.pinned), result


def test_kappa_is_read() -> None:
    """A2: who knows all answers together, and that two cases differ, learns from kappa how many each auditor said yes to."""
    people = [
        {"plan": given, "auditor": auditor, "unit": "u0", "case": case}
        for case in range(40)
        for auditor, given in zip(
            AUDITORS,
            ("yes" if case < 15 else "no", "yes" if case < 14 or case == 39 else "no"),
            strict=True,
        )
    ]
    attacked = Round(
        "plan",
        False,
        (Planned("t", "plan"),),
        (UnitPlace("u0", "U0", (), None),),
        (tuple(people),),
        kept_back=(1,),
    )
    (document,) = audited(attacked)
    (told,) = document["agreement"]["questions"]
    assert told["kappa"] is not None
    pinned = {}
    for kappa, why in ((told["kappa"], ""), (None, "few-for-kappa")):
        told |= {"kappa": kappa, "why": why}
        attacker = attacker_of(attacked, [document], also=("auditor", "unit"))
        Pairs(attacker, "plan").read([document])
        mask = attacker.of(("auditor",), ("hospital",)) & attacker.giving("plan", "yes")
        wanted = Hidden("plan", "hospital yes", "yes", attacker.terms(mask, 0), 15)
        pinned[why] = attacker.attack([wanted], random.Random(1)).pinned
    assert [one.truth for one in pinned[""]] == [15]
    assert pinned["few-for-kappa"] == []


@pytest.mark.parametrize(("n", "kappa", "advances"), [(30, 0.5, True), (36, 0.6, False), (30, 0.6, False), (50, 0.6, True)])  # fmt: skip
def test_a_kappa_advances_as_a_table_of_all_options(n: int, kappa: float, advances: bool) -> None:
    """A2: from two kappas the answers of the cases between them would follow."""
    was, one = (
        {"question": "q", "n": cases, "kappa": value} for cases, value in ((30, 0.5), (n, kappa))
    )
    assert kappas_may_advance({"questions": [was]}, {"questions": [one]}, 5) is advances
