"""Journeys: between which places people moved, and where something went wrong. Read from responses, once per edition.

What is counted is people, never steps: a person with three visits to one place counts once. Everything is held to the
smallest group k (docs/disclosure.md, "Journeys"): a move that fewer than k people made is not told from one that nobody
made, and no total is shown from which it could be computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from exports.statistics import Bin, quantile
from forms.questionnaire import Questionnaire
from forms.report_parts import JourneyPlan
from store.responses import StoredResponse

#: (came from, sector)
Move = tuple[str, str]


def journey_figures(
    plan: JourneyPlan, questionnaire: Questionnaire, answers: Iterable[StoredResponse], k: int
) -> dict[str, Any]:
    """The key `journeys` of an edition."""
    asked = {question.id: question for question in questionnaire.questions()}
    sectors = [option.id for option in getattr(asked[plan.sector], "options", ())]
    origins = [option.id for option in getattr(asked[plan.came_from], "options", ())]
    people = 0
    at: dict[str, int] = dict.fromkeys(sectors, 0)
    moved: dict[Move, int] = {}
    troubled: dict[Move, int] = {}
    trouble_at_all = 0
    waits: dict[str, list[tuple[int, float]]] = {sector: [] for sector in sectors}
    for number, response in enumerate(answers):
        steps = _steps(plan, response)
        if not steps:
            continue
        people += 1
        for sector in {step[plan.sector] for step in steps if step.get(plan.sector) in at}:
            at[sector] += 1
        moves = {
            (step[plan.came_from], step[plan.sector])
            for step in steps
            if step.get(plan.sector) in at and step.get(plan.came_from) in origins
        }
        bad = {
            (step[plan.came_from], step[plan.sector])
            for step in steps
            if _in_trouble(plan, step)
            and (step.get(plan.came_from), step.get(plan.sector)) in moves
        }
        for move in moves:
            moved[move] = moved.get(move, 0) + 1
        for move in bad:
            troubled[move] = troubled.get(move, 0) + 1
        trouble_at_all += bool(bad)
        for step in steps:
            waited = step.get(plan.waited) if plan.waited else None
            if isinstance(waited, int | float) and step.get(plan.sector) in waits:
                waits[step[plan.sector]].append((number, float(waited)))
    if people < k:
        return {"people": None, "sectors": [], "moves": [], "trouble": None, "since": None}
    shown = {move: n for move, n in moved.items() if n >= k}
    told_at = {sector: n for sector, n in at.items() if _may_tell(sector, n, origins, shown, k)}
    if not _people_leave_moves_open(people, sectors, origins, shown, told_at, k):
        nothing: dict[str, Any] = {"people": None, "sectors": [], "moves": [], "trouble": None}
        return nothing | {"since": None, "why": "protected"}
    told_trouble = {
        move: troubled.get(move, 0)
        for move, n in shown.items()
        if k <= troubled.get(move, 0) <= n - k
    }
    return {
        "people": people,
        "sectors": [
            {
                "sector": sector,
                "people": told_at.get(sector),
                "waited": _waited(waits[sector], k),
            }
            for sector in sectors
        ],
        "moves": [
            {
                "from": origin,
                "to": sector,
                "people": shown[origin, sector],
                "trouble": told_trouble.get((origin, sector)),
            }
            for origin in origins
            for sector in sectors
            if (origin, sector) in shown
        ],
        "trouble": _trouble_at_all(trouble_at_all, people, shown, told_trouble, k),
        "since": None,
    }


def _steps(plan: JourneyPlan, response: StoredResponse) -> list[dict[str, Any]]:
    """The answered questions of each step; a text stands with None, since texts are kept apart."""
    steps: dict[str, dict[str, Any]] = {}
    for row in response.rows:
        group, _, rest = row.place.partition("/")
        number, _, question = rest.partition("/")
        if group == plan.group and question and row.state == "answered":
            steps.setdefault(number, {})[question] = row.value
    return [steps[number] for number in sorted(steps, key=int)]


def _in_trouble(plan: JourneyPlan, step: Mapping[str, Any]) -> bool:
    """Whether something went wrong at this step: the option that says so was chosen, or a text was written."""
    if not plan.trouble or plan.trouble not in step:
        return False
    return not plan.trouble_option or step[plan.trouble] == plan.trouble_option


def _may_tell(sector: str, n: int, origins: list[str], shown: Mapping[Move, int], k: int) -> bool:
    """Whether the people of a sector may be told: at least k, and none of the hidden moves into it is forced by them.

    Those who came by no shown move are at most as many as all but one of the hidden moves can hold, at k-1 each: so any
    one of them may also be nobody's, or somebody's.
    """
    if n < k:
        return False
    into = [shown[origin, sector] for origin in origins if (origin, sector) in shown]
    hidden = len(origins) - len(into)
    rest = n - sum(into)
    return hidden == 0 or rest <= (hidden - 1) * (k - 1)


def _people_leave_moves_open(
    people: int,
    sectors: list[str],
    origins: list[str],
    shown: Mapping[Move, int],
    told_at: Mapping[str, int],
    k: int,
) -> bool:
    """Whether how many people there were forces no hidden move. Everybody was somewhere: those whom the places that are told, and
    the moves that are shown, cannot hold came by hidden moves, of k-1 at most each; any one of these may be nobody's."""
    room, one_less = {}, {}
    for sector in sectors:
        into = [shown[origin, sector] for origin in origins if (origin, sector) in shown]
        hidden = len(origins) - len(into)
        room[sector] = told_at.get(sector, sum(into) + hidden * (k - 1))
        if hidden and sector not in told_at:
            one_less[sector] = sum(into) + (hidden - 1) * (k - 1)
    everywhere = sum(room.values())
    return all(people <= everywhere - room[sector] + least for sector, least in one_less.items())


def _trouble_at_all(
    n: int, people: int, shown: Mapping[Move, int], told: Mapping[Move, int], k: int
) -> int | None:
    """How many met trouble on any move: only where both they and the others are at least k, and where no hidden number of a
    shown move is forced by it (moves that are not shown can hold k-1 each and are left out: that errs to the safe side)."""
    if not k <= n <= people - k:
        return None
    open_ = [size for move, size in shown.items() if move not in told]
    rest = n - sum(told.values())
    room = sum(open_)
    return n if all(rest <= room - size for size in open_) else None


def _waited(waits: list[tuple[int, float]], k: int) -> dict[str, Any] | None:
    """Median and quartiles of the waiting for a sector, from 4k people, as numbers of sensitive questions are told."""
    people = {number for number, _ in waits}
    if len(people) < 4 * k:
        return None
    counted: dict[float, int] = {}
    for _, value in waits:
        counted[value] = counted.get(value, 0) + 1
    bins = tuple(Bin(value, value, n) for value, n in sorted(counted.items()))
    if len(bins) == 1:
        return None
    return {
        "people": len(people),
        "median": quantile(bins, 0.5),
        "quartiles": [quantile(bins, 0.25), quantile(bins, 0.75)],
    }
