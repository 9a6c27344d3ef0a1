"""The chapter of benchmarks and targets: a question's own figure beside published ones, each with its source."""

from __future__ import annotations

from collections.abc import Sequence

from exports.blocks import Block, Grid
from exports.chapters import Chapter
from exports.charts_compared import Dot, Mark, dots
from exports.figures import Figures
from exports.measure_words import MeasureWords
from exports.phrases import Phrases
from forms.questionnaire import text_in


def benchmark_chapter(figures: Figures, phrases: Phrases) -> Chapter | None:
    """A block for each question that has a benchmark or a target."""
    benchmarks: Sequence[Figures] = figures.get("benchmarks") or ()
    targets: Sequence[Figures] = figures.get("targets") or ()
    keys = list(dict.fromkeys((one["question"], one["measure"]) for one in (*benchmarks, *targets)))
    if not keys:
        return None
    words = phrases.words
    blocks = []
    for question, measure in keys:
        benchmark = _of(benchmarks, question, measure)
        target = _of(targets, question, measure)
        standing = phrases.standing_question(figures, question)
        blocks.append(_Held(phrases, question, measure, benchmark, target, standing).block())
    heading = (
        words("Beside published figures and targets")
        if benchmarks and targets
        else words("Beside published figures")
        if benchmarks
        else words("Beside the targets")
    )
    return Chapter("benchmarks", heading, tuple(_lead(targets, phrases)), tuple(blocks))


def _of(listed: Sequence[Figures], question: str, measure: str) -> Figures | None:
    return next(
        (one for one in listed if (one["question"], one["measure"]) == (question, measure)), None
    )


def _lead(targets: Sequence[Figures], phrases: Phrases) -> list[str]:
    return _lead_reached(targets, phrases) + _lead_unsaid(targets, phrases)


def _unsaid(target: Figures) -> bool:
    """Whether a figure is told, but not whether it reaches its target: it is rounded by more than lies between them."""
    return target["own"]["value"] is not None and target["reached"] is None


def _lead_unsaid(targets: Sequence[Figures], phrases: Phrases) -> list[str]:
    unsaid = sum(1 for one in targets if _unsaid(one))
    if not unsaid:
        return []
    if len(targets) == 1:
        return [
            phrases.words("Whether the target is reached cannot be said: the figure is rounded.")
        ]
    return [
        phrases.words(
            "Targets of which it cannot be said whether they are reached, because the figure is rounded: %(n)s.",
            n=unsaid,
        )
    ]


def _lead_reached(targets: Sequence[Figures], phrases: Phrases) -> list[str]:
    told = [one for one in targets if one["reached"] is not None]
    if not told:
        return []
    reached = sum(1 for one in told if one["reached"])
    every = len(told) + sum(1 for one in targets if _unsaid(one))
    if every > len(told):
        return [phrases.words("%(n)s of %(all)s targets are reached.", n=reached, all=every)]
    if len(told) == 1:
        return [
            phrases.words("The target is reached.")
            if reached
            else phrases.words("The target is not reached.")
        ]
    if reached == len(told):
        return [phrases.words("All %(all)s targets are reached.", all=len(told))]
    if not reached:
        return [phrases.words("None of the %(all)s targets is reached.", all=len(told))]
    return [phrases.words("%(n)s of %(all)s targets are reached.", n=reached, all=len(told))]


class _Held:
    """One question by one measure, held against what is published."""

    def __init__(
        self,
        phrases: Phrases,
        question: str,
        measure: str,
        benchmark: Figures | None,
        target: Figures | None,
        standing: Sequence[str],
    ) -> None:
        self.phrases, self.words = phrases, phrases.words
        self.say = MeasureWords(phrases, question, measure)
        self.benchmark, self.target, self.standing = benchmark, target, standing
        self.own: Figures = (benchmark or target or {})["own"]
        self.values: Sequence[Figures] = benchmark["values"] if benchmark else ()
        self.tested = any(value["p"] is not None for value in self.values)

    def _text(self, texts: Figures) -> str:
        return text_in(texts, self.words.language, self.phrases.questionnaire.source_language)

    def _name(self, value: Figures) -> str:
        when = f" {value['when']}" if value["when"] else ""
        return f"{self._text(value['label'])}{when}{'*' if value['other_wording'] else ''}"

    def block(self) -> Block:
        """The sentence, the dots, the table, the sources."""
        return Block(
            f"benchmark-{self.say.question.replace('/', '-')}-{self.say.measure}",
            self._heading(),
            self.say.title,
            self._chart(),
            self._grid(),
            tuple(self._notes()),
        )

    def _own(self) -> str:
        """This survey's figure in words; beside a target it does not look like it unless it is it."""
        value, step = self.own["value"], self.own["step"]
        if self.target is None or value is None:
            return self.say.value(value, step)
        return self.say.beside(value, step, self.target["value"])

    def _heading(self) -> str:
        words, say, own = self.words, self.say, self.own["value"]
        if own is None:
            return words("Not shown: there are too few answers")
        figure = self._own()
        if self.target is not None:
            target = say.plain(self.target["value"])
            if _unsaid(self.target):
                return words(
                    "%(name)s %(figure)s: whether the target of %(target)s is reached cannot be said",
                    name=say.name,
                    figure=figure,
                    target=target,
                )
            message = (
                "%(name)s %(figure)s: the target of %(target)s is reached"
                if self.target["reached"]
                else "%(name)s %(figure)s: the target of %(target)s is not reached"
            )
            return words(message, name=say.name, figure=figure, target=target)
        value = self.values[0]
        return words(
            "%(name)s %(figure)s beside %(other)s (%(label)s)",
            name=say.name,
            figure=figure,
            other=say.value(value["value"]),
            label=self._name(value),
        )

    def _chart(self) -> str:
        if self.own["value"] is None:
            return ""
        say = self.say
        rows = [Dot(self.words("This survey"), self.own["value"], self._own())]
        rows += [
            Dot(self._name(value), value["value"], say.value(value["value"]), shape="ring")
            for value in self.values
        ]
        marks = []
        told = [self.own["value"], *(value["value"] for value in self.values)]
        if self.target is not None:
            marks.append(Mark(self.target["value"], say.target(self.target)))
            told.append(self.target["value"])
        low, high = say.ends(told)
        return dots(say.title, rows, low=low, high=high, ticks=say.ticks(low, high), marks=marks)

    def _grid(self) -> Grid:
        words, say = self.words, self.say
        head = [words("Figures from"), say.name, "n", say.difference_name]
        if self.tested:
            head.append(words("Tested"))
        own_n = words.number(self.own["n"]) if self.own["n"] is not None else "•"
        step = self.own["step"]
        rows = [[words("This survey"), self._own(), own_n, "–"]]
        if self.tested:
            rows[0].append("–")
        for value in self.values:
            row = [
                self._name(value),
                say.value(value["value"]),
                words.number(value["n"]) if value["n"] is not None else "–",
                say.difference(value["difference"], step),
            ]
            if self.tested:
                row.append(say.verdict(value["verdict"]))
            rows.append(row)
        if self.target is not None:
            own, value = self.own["value"], self.target["value"]
            row = [
                say.target(self.target),
                say.plain(value) if say.measure == "favourable" else say.value(value),
                "–",
                say.difference(None if own is None else own - value, step, exact=True),
            ]
            rows.append([*row, "–"] if self.tested else row)
        return Grid(say.title, tuple(head), tuple(tuple(row) for row in rows))

    def _notes(self) -> list[str]:
        words, notes = self.words, list(self.standing)
        if self.target is not None and _unsaid(self.target):
            notes.append(
                words(
                    "The figure is rounded to the nearest %(step)s to protect those who answered. The target is so close that the exact figure may lie on either side of it.",
                    step=words.shortest(self.own["step"]),
                )
            )
        interval = self.say.between(self.own["low"], self.own["high"])
        if interval:
            notes.append(
                words("95%% interval of this survey: %(interval)s.", interval=interval)
                + " "
                + words("The interval does not cover those who did not answer.")
            )
        if any(value["other_wording"] for value in self.values):
            notes.append(
                words(
                    "* The question was worded differently then. A difference may come from the words."
                )
            )
        if self.values and any(value["p"] is None for value in self.values):
            notes.append(
                words(
                    "Figures without n and spread are not tested: only the difference is shown, and it may be due to chance."
                )
            )
        if self.tested:
            notes.append(
                words(
                    "Difference: this survey minus the published figure. Over and under are differences larger than chance usually makes."
                )
            )
        elif self.values:
            notes.append(words("Difference: this survey minus the published figure."))
        for one, label in (
            (self.benchmark, words("Source")),
            (self.target, words("Source of the target")),
        ):
            if one is not None:
                notes.append(f"{label}: {self._text(one['source'])}")
                if footnote := self._text(one["footnote"]):
                    notes.append(footnote)
        return notes
