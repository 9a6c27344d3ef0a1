"""Every figure of a report, and what becomes of it in an attack: read by an attacker, or silent with the reason why.

A report (PDF, web page, tables to copy) and the datasets (exports/datasets) are made of an edition's figures and the questionnaire alone
(exports/assemble.py), so whoever knows the figures knows both; test_figure_rows.py watches what the datasets read. A figure that is in neither list makes test_every_figure.py fail: whoever adds one
says here how an attacker reads it. Places are written as in watched.py.
"""

from __future__ import annotations


def _places(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: attacker.py, attacker_compared.py
SURVEY = _places("""
    round edition made_on
    about.offered about.response_rate about.returned.{}
    tables[].id tables[].question tables[].by tables[].by[] tables[].guarded
    tables[].groups tables[].groups[].group tables[].groups[].group[]
    tables[].groups[].n tables[].groups[].asked tables[].groups[].state tables[].groups[].why tables[].groups[].since
    tables[].groups[].cells tables[].groups[].cells[].cell tables[].groups[].cells[].n tables[].groups[].cells[].share
    tables[].groups[].cells[].low tables[].groups[].cells[].high tables[].groups[].cells[].why
    tables[].groups[].cells[].state
    tables[].groups[].outside tables[].groups[].outside.dont_know tables[].groups[].outside.not_relevant
    tables[].groups[].outside.unanswered
    tables[].groups[].favourable tables[].groups[].favourable.n tables[].groups[].favourable.share
    tables[].groups[].favourable.low tables[].groups[].favourable.high
    tables[].groups[].mean tables[].groups[].mean_step tables[].groups[].median tables[].groups[].quartiles
    tables[].groups[].quartiles[] tables[].groups[].histogram tables[].groups[].histogram[][]
    comparisons.tests comparisons.questions[].question comparisons.questions[].measure
    comparisons.questions[].units[].unit comparisons.questions[].units[].n comparisons.questions[].units[].value
    comparisons.questions[].units[].step comparisons.questions[].units[].against
    comparisons.questions[].units[].against[].level comparisons.questions[].units[].against[].group
    comparisons.questions[].units[].against[].n comparisons.questions[].units[].against[].value
    comparisons.questions[].units[].against[].difference comparisons.questions[].units[].against[].p
    comparisons.questions[].units[].against[].adjusted comparisons.questions[].units[].against[].verdict
    comparisons.questions[].units[].against[].why
    benchmarks[].question benchmarks[].measure
    benchmarks[].own.n benchmarks[].own.value benchmarks[].own.step benchmarks[].own.low benchmarks[].own.high
    benchmarks[].values[].value benchmarks[].values[].n benchmarks[].values[].difference benchmarks[].values[].p
    benchmarks[].values[].adjusted benchmarks[].values[].verdict
    targets[].question targets[].measure targets[].value targets[].direction targets[].reached
    targets[].own.n targets[].own.value targets[].own.step targets[].own.low targets[].own.high
    trend[].question trend[].measure trend[].by trend[].series[].group
    trend[].series[].points[].round trend[].series[].points[].edition trend[].series[].points[].n
    trend[].series[].points[].value trend[].series[].points[].step trend[].series[].points[].low
    trend[].series[].points[].high
    units.since units.rows[].unit units.rows[].eligible units.rows[].offered units.rows[].coverage
    units.rows[].returned units.rows[].response_rate
""")

#: attacker_of_audits.py
AGREEMENT = _places("""
    agreement.since agreement.cases agreement.double agreement.questions[].n agreement.questions[].agreed
    agreement.questions[].kappa agreement.questions[].why
""")

#: attacker_of_journeys.py
JOURNEYS = _places("""
    journeys.since journeys.people journeys.trouble journeys.sectors journeys.moves
    journeys.sectors[].sector journeys.sectors[].people journeys.sectors[].waited journeys.sectors[].waited.people
    journeys.sectors[].waited.median journeys.sectors[].waited.quartiles[]
    journeys.moves[].from journeys.moves[].to journeys.moves[].people journeys.moves[].trouble
""")

#: attacker_of_tallies.py
TALLIES = _places("""
    registrations.tallies[].id registrations.tallies[].by registrations.tallies[].rows[]
    registrations.tallies[].columns[] registrations.tallies[].cells[][] registrations.tallies[].since
""")

READ: dict[str, frozenset[str]] = {
    "survey": SURVEY,
    "agreement": AGREEMENT,
    "journeys": JOURNEYS,
    "tallies": TALLIES,
}

_WORDS = "words of the questionnaire, of the plan or of whoever made the round, written before anybody answered"
_PLAN = "what the plan says, fixed before anybody answered"
_ROUND = "how the round was made or ended: its dates, its rules; no count of answers"
_REPORTED = "what units reported of people who were asked, not what these answered"
_SIGNED = "signed returns: each unit answers in its own name, and nothing but what is left out beforehand is hidden"

#: A place, or all places under it where it ends with a dot, and why no attacker reads it.
SILENT: dict[str, str] = {
    "hash": "a digest of the figures beside it",
    "smallest_group": "k, fixed before the round opened; the attacker knows it",
    "tables": "a plan without tables",
    "tables[].title": _WORDS,
    "tables[].kind": _PLAN,
    "tables[].measures[]": _PLAN,
    "tables[].unit_text": _WORDS,
    "tables[].groups[].label": _WORDS,
    "tables[].groups[].cells[].label": _WORDS,
    "about.title.": _WORDS,
    "about.working_group": _WORDS,
    "about.promise": _ROUND,
    "about.opens_at": _ROUND,
    "about.answer_until": _ROUND,
    "about.receive_until": _ROUND,
    "about.survey": _ROUND,
    "about.population": _ROUND,
    "about.access": _ROUND,
    "about.interval": _ROUND,
    "about.versions[].": _ROUND,
    "about.test": _ROUND,
    "about.interim": _ROUND,
    "about.eligible": _REPORTED,
    "about.declined": _REPORTED,
    "about.unable": _REPORTED,
    "about.coverage": _REPORTED,
    "about.quarantined": "answers that did not check and are in no figure",
    "about.responses": "how many responses the edition counted: the sum of about.returned, which is read",
    "about.letters.": "letters sent and codes used, of which no unit is known",
    "about.scanned.": "how marks on sheets were read, not what they say",
    "free_text": "a plan without free text",
    "free_text[].question": _PLAN,
    "free_text[].texts": "no text was released",
    "free_text[].texts[].": "texts that a person read and released, from eight, in random order, tied to nothing",
    "comparisons.smallest": _PLAN,
    "comparisons.false_discoveries": _PLAN,
    "comparisons.questions[].units[].label": _WORDS,
    "comparisons.questions[].units[].against[].label": _WORDS,
    "benchmarks[].source.": _PLAN,
    "benchmarks[].footnote": _PLAN,
    "benchmarks[].footnote.": _PLAN,
    "benchmarks[].values[].label.": _PLAN,
    "benchmarks[].values[].when": _PLAN,
    "benchmarks[].values[].spread": _PLAN,
    "benchmarks[].values[].other_wording": _PLAN,
    "targets[].source.": _PLAN,
    "targets[].footnote": _PLAN,
    "targets[].footnote.": _PLAN,
    "trend[].series[].label": _WORDS,
    "trend[].new": "nothing is new",
    "trend[].new[]": "who took part in the rounds: no count of answers",
    "trend[].gone": "nothing is gone",
    "trend[].gone[]": "who took part in the rounds: no count of answers",
    "trend[].series[].points[].title.": _WORDS,
    "trend[].series[].points[].until": _ROUND,
    "trend[].series[].points[].since": "the day that the round's own tables, which are read, say of the same figures",
    "trend[].series[].points[].breaks": "nothing changed between the rounds",
    "trend[].series[].points[].breaks[].": "which units took part and how questions were worded: no count of answers",
    "units.rates": _ROUND,
    "units.rows[].label": _WORDS,
    "units.rows[].why": "one reason for every number that is not told, whatever it is",
    "agreement.questions[].question": _PLAN,
    "journeys.why": "that nothing is told, for one reason whatever it is that would be given away",
    "registrations.tallies[].by[]": _PLAN,
    "registrations.units.": _WORDS,
    "goal.at_least": _PLAN,
    "goal.at_most": _PLAN,
    "goal.n": "how many answers came, which about.returned says and is read",
    "returns.": _SIGNED,
}


def reason(place: str) -> str | None:
    """Why no attacker reads what stands at a place; None where nobody said."""
    if place in SILENT:
        return SILENT[place]
    return next(
        (why for under, why in SILENT.items() if under.endswith(".") and place.startswith(under)),
        None,
    )


def unread(places: set[str]) -> set[str]:
    """The places that no attacker reads and nobody gave a reason for."""
    read = frozenset().union(*READ.values())
    return {place for place in places if place not in read and reason(place) is None}
