"""How figures were compared, and the method section that a secretariat copies into a paper of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exports.figures import Figures
from exports.wording import Words
from forms.questionnaire import Questionnaire, text_in

if TYPE_CHECKING:
    from exports.assemble import Report


def comparison_methods(figures: Figures, words: Words) -> Iterator[tuple[str, str]]:
    """(term, explanation) of each kind of comparison that an edition holds; of none where it holds none."""
    compared, benchmarks = figures.get("comparisons"), figures.get("benchmarks") or ()
    tested = any(value["p"] is not None for one in benchmarks for value in one["values"])
    if compared:
        yield (
            words("Units beside the others"),
            words(
                "Each unit is held against the rest of its area and of its region, or of everyone, itself left out, from %(n)s answers on either side.",
                n=compared["smallest"],
            ),
        )
    if compared or tested:
        yield (
            words("Tests"),
            words(
                "Shares: Fisher's exact test (1935), two-sided. Means: Welch's t-test (1947), two-sided. The tests of the report are adjusted together by Benjamini and Hochberg's method (1995), so that at most 5% of the differences it marks are expected to be chance."
            ),
        )
    if benchmarks:
        yield (
            words("Published figures"),
            words(
                "Published figures are tested only where their n, and for a mean their spread, is known and the question was worded the same; otherwise the difference alone is shown."
            ),
        )
    if figures.get("trend"):
        yield (
            words("Earlier rounds"),
            words(
                "Figures of earlier rounds are taken from their own reports. What changed in wording, options, units or areas is noted where it changed; figures whose options changed are not joined by a line."
            ),
        )
    if figures.get("units"):
        yield (
            words("Coverage and response rate"),
            words(
                "Coverage is the share of the eligible who were offered the questionnaire, response rate the share of the offered who answered. Units report eligible and offered themselves."
            ),
        )


@dataclass(frozen=True, slots=True)
class MethodSection:
    """The method section of a report as text: a title, and paragraphs with their headings."""

    title: str
    parts: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """The whole as plain text, ready to be pasted."""
        return "\n\n".join(
            [self.title, *(f"{heading}\n{paragraph}" for heading, paragraph in self.parts)]
        )


def method_section(report: Report, figures: Figures, questionnaire: Questionnaire) -> MethodSection:
    """The method section of a report, in the report's language."""
    words = report.words
    collected = " ".join(
        words("Of these %(label)s: %(value)s.", label=label.removeprefix("– "), value=value)
        if label.startswith("– ")
        else words("%(label)s: %(value)s.", label=label, value=value)
        for label, value in report.collected
    )
    parts = [
        (
            words("The survey"),
            words("“%(title)s”. Period: %(period)s.", title=report.title, period=report.period),
        ),
        (words("How it was collected"), " ".join([collected, *report.collected_notes])),
        *report.method,
    ]
    if report.hidden_rules:
        parts.append((words("What is not shown"), " ".join(report.hidden_rules)))
    sources = dict.fromkeys(
        text_in(one["source"], report.language, questionnaire.source_language)
        for key in ("benchmarks", "targets")
        for one in figures.get(key) or ()
    )
    if sources:
        parts.append((words("Sources"), " ".join(f"{source.rstrip('.')}." for source in sources)))
    parts.append((words("Reservations"), report.caution))
    versions = ", ".join(f"{name} ({short[:12]})" for name, short in report.versions)
    parts.append(
        (
            words("Figures and questionnaire"),
            words(
                "The figures are those of %(edition)s, %(made_on)s. Version of the questionnaire: %(versions)s. Collected and computed with Svarboks.",
                edition=report.edition[:1].lower() + report.edition[1:],
                made_on=report.made_on,
                versions=versions,
            ),
        )
    )
    return MethodSection(words("Method: %(title)s", title=report.title), tuple(parts))
