"""Agreement of two auditors about the same cases: agreements of n, and Cohen's kappa from thirty cases.

Kappa (J. Cohen, Educational and Psychological Measurement 20, 1960, 37-46): (po - pe) / (1 - pe), po the share of cases
in which the two chose the same, pe what that share would be if each kept their own shares of options and chose
independently.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from exports.figures import Figures
from forms.questionnaire import Question, Questionnaire
from forms.report_parts import AgreementPlan
from store.responses import StoredResponse

#: Below so many cases kappa says more about chance than about auditors.
SMALLEST_KAPPA = 30


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of (first, second) choices, unweighted; None where both always chose one and the same option."""
    n = len(pairs)
    if not n:
        return None
    firsts = Counter(first for first, _ in pairs)
    seconds = Counter(second for _, second in pairs)
    # In whole numbers until the one division, so that "all by chance" is told from "nearly".
    agreed = sum(1 for first, second in pairs if first == second)
    expected = sum(count * seconds[option] for option, count in firsts.items())
    if expected == n * n:
        return None
    return (n * agreed - expected) / (n * n - expected)


def agreement_figures(
    plan: AgreementPlan,
    questionnaire: Questionnaire,
    answers: Iterable[StoredResponse],
    k: int,
    tables: Sequence[Figures] = (),
) -> dict[str, Any]:
    """The key `agreement` of an edition. A case counts where the two options of `auditor` answered it once each.

    Fewer than k such cases: nothing is shown of a question. Kappa only from 30 cases (4k where that is more), and not for
    background and sensitive questions, since it ties the numbers that their tables hide. `tables` are the edition's, as they
    are published: beside one that holds something back, or stands from an earlier edition, nothing is told of its question.
    """
    by_case: dict[float, list[dict[str, Any]]] = {}
    for response in answers:
        values = {
            row.place: row.value if row.state == "answered" else f"~{row.state}"
            for row in response.rows
        }
        case = values.get(plan.case)
        if isinstance(case, int | float):
            by_case.setdefault(case, []).append(values)
    doubles = [
        both
        for both in by_case.values()
        if len(both) == 2 and len({one.get(plan.auditor, "~unanswered") for one in both}) == 2
    ]
    asked = {question.id: question for question in questionnaire.questions()}
    order = [option.id for option in getattr(asked[plan.auditor], "options", ())]

    def place(one: Mapping[str, Any]) -> int:
        chosen = one.get(plan.auditor)
        return order.index(chosen) if chosen in order else len(order)

    ordered = [sorted(both, key=place) for both in doubles]
    return {
        "cases": len(by_case),
        "double": len(doubles),
        "questions": [
            _untold(name, [table for table in tables if table["question"] == name])
            if any(_holds_back(table, asked[name]) for table in tables if table["question"] == name)
            else _question(asked[name], ordered, k)
            for name in plan.questions
        ],
    }


def _holds_back(table: Figures, question: Question) -> bool:
    """Whether a table hides a number that agreements would bound: where the two always agree, every option of the cases is an even
    number, and one hidden number follows from the next."""
    options = [*getattr(question, "options", ()), *getattr(question, "points", ())]
    tones = Counter(str(option.tone) for option in options)
    ids = {option.id for option in options}
    for group in table["groups"]:
        if group["why"] == "no-answers":
            continue
        if group["state"] == "hidden" or group["since"] is not None:
            return True
        for cell in group["cells"]:
            # A merged cell tells its option where no other is of its tone.
            if cell["n"] is None or (cell["cell"] not in ids and tones[cell["cell"]] > 1):
                return True
    return False


def _untold(name: str, tables: Sequence[Figures]) -> dict[str, Any]:
    """Nothing of a question; that there are too few answers is said where the table of everyone says it too."""
    everyone = [group["why"] for table in tables if not table["by"] for group in table["groups"]]
    few = bool(everyone) and set(everyone) <= {"too-few", "no-answers"}
    why = "too-few" if few else "protected"
    return {"question": name, "n": None, "agreed": None, "kappa": None, "why": why}


def kappas_may_advance(old: Figures, new: Figures, k: int) -> bool:
    """Whether the kappas of a next edition may be told beside those of the last. Kappa ties the numbers of all options, so as with a
    table that shows them all at least 4k cases must have come, or none."""
    before = {one["question"]: one for one in old["questions"]}
    for one in new["questions"]:
        was = before.get(one["question"])
        if was is None or was["kappa"] is None or one["kappa"] is None:
            continue
        if one["kappa"] != was["kappa"] and abs(one["n"] - was["n"]) < 4 * k:
            return False
    return True


def _question(
    question: Question, doubles: Sequence[Sequence[Mapping[str, Any]]], k: int
) -> dict[str, Any]:
    pairs = [
        (str(both[0][question.id]), str(both[1][question.id]))
        for both in doubles
        if all(not str(one.get(question.id, "~")).startswith("~") for one in both)
    ]
    n = len(pairs)
    told: dict[str, Any] = {
        "question": question.id,
        "n": None,
        "agreed": None,
        "kappa": None,
        "why": "",
    }
    if n < k:
        told["why"] = "too-few"
        return told
    told["n"] = n
    told["agreed"] = sum(1 for first, second in pairs if first == second)
    if n < max(SMALLEST_KAPPA, 4 * k):
        told["why"] = "few-for-kappa"
    elif question.background or question.sensitive:
        told["why"] = "guarded"
    else:
        told["kappa"] = cohens_kappa(pairs)
        if told["kappa"] is None:
            told["why"] = "same-answer"
    return told
