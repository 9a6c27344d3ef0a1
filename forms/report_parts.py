"""What a report plan asks for beside tables and free text: the parts that returns, registrations, interviews and audits
have in their reports. All are optional; what a plan does not use is left out of the canonical form, so that versions
published before a part existed keep their hash.

A *place* names a question; in a repeating group the question's own id. Texts are by language tag, as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollatedPlan:
    """The collated document of a signed return: per question the units' answers side by side.

    `earlier`: the answers of the last earlier round of the same collection stand beside them.
    """

    questions: tuple[str, ...]
    earlier: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """A row of the grid: a phase, and the text questions whose lines are condensed into its cells."""

    id: str
    title: Texts
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPlan:
    """The grid of a mapping: `columns` and, where given, `pages` are questions with one option; a column for each
    option of the former, a page for each of the latter. A unit is named only where it chose the option `named_option`
    of the question `named_if`."""

    columns: str
    rows: tuple[GridRow, ...]
    pages: str = ""
    named_if: str = ""
    named_option: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharePart:
    """`part` of `whole`, each the place of a number (staff/nurses/total), a group (how many repetitions) or an option of
    a question in a group (homes/doctor/yes: the repetitions that chose it)."""

    id: str
    title: Texts
    part: str
    whole: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareTarget:
    """What the share should be at least, in per cent, and who says so."""

    percent: float
    source: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class SharePlan:
    """Shares by unit, of numbers that units report. `note` is a text question whose answer is the footnote of the unit's
    cell. `earlier`: the last earlier round of the same collection stands beside, with the change."""

    id: str
    title: Texts
    parts: tuple[SharePart, ...]
    target: ShareTarget | None = None
    note: str = ""
    earlier: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguePlan:
    """A catalogue: an entry for each repetition of `group`, headed by its `number` and `name`; `show` in their order."""

    group: str
    name: str
    show: tuple[str, ...]
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyPlan:
    """Sums of a counted number by two things: questions with one option each, or 'unit'."""

    id: str
    title: Texts
    count: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalPlan:
    """How many answers a round should have; `at_most` 0 where there is no upper end."""

    at_least: int
    at_most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyPlan:
    """The steps of journeys: a repeating group with where a step was (`sector`), who sent there (`came_from`), whether
    something went wrong (`trouble`: `trouble_option` was chosen, or a text was written), and how long one waited
    (`waited`)."""

    group: str
    sector: str
    came_from: str
    trouble: str = ""
    trouble_option: str = ""
    waited: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementPlan:
    """Two answers to one case compared: `case` is the number of the case, `auditor` the question that tells the two
    apart, `questions` those compared."""

    case: str
    auditor: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportParts:
    """All parts; a report plan has them beside its tables and free text (questionnaire.ReportPlan)."""

    collated: CollatedPlan | None = None
    grid: GridPlan | None = None
    shares: tuple[SharePlan, ...] = ()
    catalogue: CataloguePlan | None = None
    tallies: tuple[TallyPlan, ...] = ()
    goal: GoalPlan | None = None
    journey: JourneyPlan | None = None
    agreement: AgreementPlan | None = None
