"""The chapter of trends: each question over the rounds of the collection, with a note at every break."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase

from exports.blocks import Block, Grid
from exports.chapters import Chapter
from exports.charts_compared import Mark
from exports.charts_over_rounds import MOST_LINES, Line, Point, trend
from exports.figures import Figures
from exports.measure_words import MeasureWords
from exports.phrases import Phrases
from forms.questionnaire import text_in


def trend_chapter(figures: Figures, phrases: Phrases) -> Chapter | None:
    """A block for each question that is compared with earlier rounds, and for what it is broken down by."""
    # With one group there is nothing that the line for everyone does not say.
    found = [
        one
        for one in figures.get("trend") or ()
        if not one["by"] or len(one["series"]) > 1 or one.get("new") or one.get("gone")
    ]
    if not found:
        return None
    words = phrases.words
    targets = {(one["question"], one["measure"]): one for one in figures.get("targets") or ()}
    blocks = tuple(
        _Over(one, targets.get((one["question"], one["measure"])), phrases).block() for one in found
    )
    lead = (
        words(
            "Figures of earlier rounds are those of their own reports. A letter marks where something is no longer the same; what it is stands below. Where answers cannot be compared, no line is drawn."
        ),
    )
    return Chapter("trend", words("Beside earlier rounds"), lead, blocks)


class _Over:
    """One question over the rounds: for everyone, or for the groups of one level."""

    def __init__(self, found: Figures, target: Figures | None, phrases: Phrases) -> None:
        self.phrases, self.words = phrases, phrases.words
        self.say = MeasureWords(phrases, found["question"], found["measure"])
        self.by, self.series = found["by"], found["series"]
        # Reports from before they were told have neither.
        self.new, self.gone = found.get("new") or (), found.get("gone") or ()
        self.target = target
        seen = {point["round"]: point for one in self.series for point in one["points"]}
        self.rounds = sorted(seen.values(), key=lambda point: point["until"])
        self.at = {point["round"]: index for index, point in enumerate(self.rounds)}
        #: (group, round) -> letter
        self.letters: dict[tuple[str, str], str] = {}
        self.explained: list[str] = []
        self._letter_breaks()

    def _title(self, point: Figures) -> str:
        source = self.phrases.questionnaire.source_language
        return text_in(point["title"], self.words.language, source) or point["round"]

    def _letter_breaks(self) -> None:
        """A letter for each different note, in the order of the rounds; groups that share a note share its letter."""
        known: dict[tuple[str, str], str] = {}
        for index, shown in enumerate(self.rounds):
            for one in self.series:
                point = next((p for p in one["points"] if p["round"] == shown["round"]), None)
                if point is None or not point["breaks"] or not index:
                    continue
                note = " ".join(self._note(one, broken) for broken in point["breaks"])
                letter = known.setdefault((shown["round"], note), _letter(len(known)))
                self.letters[one["group"], shown["round"]] = letter
        for (round_id, note), letter in known.items():
            title = self._title(self.rounds[self.at[round_id]])
            self.explained.append(
                self.words(
                    "%(letter)s From “%(round)s” on: %(note)s",
                    letter=letter,
                    round=title,
                    note=note,
                )
            )

    def _note(self, one: Figures, broken: Figures) -> str:
        words = self.words
        match broken["kind"]:
            case "changed":
                return words(
                    "question or options were changed, and the figures cannot be compared."
                )
            case "wording":
                return words("the question was worded differently.")
            case "area":
                return words(
                    "%(unit)s belongs to %(to)s and not to %(from)s.",
                    **{
                        "unit": one["label"],
                        "to": self._names(broken["to"]) or words("no area"),
                        "from": self._names(broken["from"]) or words("no area"),
                    },
                )
        if not broken["gone"] and not broken["new"]:
            return words("other units take part.")
        where = f"{one['label']}: " if self.by else ""
        said = []
        if broken["new"]:
            said.append(words("%(units)s came in.", units=self._names(broken["new"])))
        if broken["gone"]:
            said.append(words("%(units)s is no longer in it.", units=self._names(broken["gone"])))
        return where + " ".join(said)

    def _names(self, names: Sequence[str]) -> str:
        if len(names) > 5:
            return self.words("%(n)s units", n=len(names))
        return self._listed(names)

    def _listed(self, names: Sequence[str]) -> str:
        if len(names) < 2:
            return "".join(names)
        return f"{', '.join(names[:-1])} {self.words('and')} {names[-1]}"

    def block(self) -> Block:
        """The sentence, the lines, the table, the notes."""
        by = self.phrases.by_words({"by": [self.by]}) if self.by else ""
        notes = list(self.explained)
        if not self.by and any(point["low"] is not None for point in self.series[0]["points"]):
            notes.append(
                self.words("The thin lines are 95% intervals.")
                + " "
                + self.words("The interval does not cover those who did not answer.")
            )
        notes += self._came_and_went()
        notes += self._standing()
        if any(point["value"] is None for one in self.series for point in one["points"]):
            notes.append(
                self.words("• marks a figure that is not shown, to protect those who answered.")
            )
        return Block(
            f"trend-{self.say.question.replace('/', '-')}-{self.say.measure}{'-' if self.by else ''}{self.by}",
            self._heading(),
            self.say.title,
            self._chart(by),
            self._grid(by),
            tuple(notes),
            by,
        )

    def _came_and_went(self) -> list[str]:
        words, said = self.words, []
        if self.new:
            said.append(
                words("New, without earlier figures: %(names)s.", names=self._listed(self.new))
            )
        if self.gone:
            said.append(
                words("No longer there in this round: %(names)s.", names=self._listed(self.gone))
            )
        return said

    def _standing(self) -> list[str]:
        """The rounds whose figures are those of an earlier edition of theirs. Reports from before points had a day say none."""
        said = {
            (point["round"], point["since"]): point
            for one in self.series
            for point in one["points"]
            if point.get("since")
        }
        return [
            self.words.labelled(
                self.words.quoted(self._title(point)), self.phrases.stands(point["since"])
            )
            for point in said.values()
        ]

    def _heading(self) -> str:
        words, say = self.words, self.say
        shown = [
            (one, told)
            for one in self.series
            if (told := [point for point in one["points"] if point["value"] is not None])
            and told[-1]["round"] == self.rounds[-1]["round"]
        ]
        earlier = [(one, told[-2], told[-1]) for one, told in shown if len(told) > 1]
        moved = [pair for pair in earlier if not _broken(*pair)]
        if not shown:
            return words("Not shown in this round")
        if not earlier:
            return words("There is no earlier figure to compare with")
        if not moved and self.by:
            return words("%(name)s: cannot be compared with earlier figures", name=say.name)
        _, before, now = (moved or earlier)[0]
        if not moved:
            return words(
                "%(name)s %(now)s; cannot be compared with earlier figures",
                name=say.name,
                now=say.value(now["value"], now["step"]),
            )
        if not self.by:
            values = {
                "name": say.name,
                "now": say.value(now["value"], now["step"]),
                "before": say.value(before["value"], before["step"]),
                "round": self._title(before),
            }
            return words("%(name)s %(now)s; it was %(before)s in “%(round)s”", **values)
        ways = [_way(before, now) for _, before, now in moved]
        return words(
            "%(name)s: %(up)s of %(all)s rose since last time, %(down)s fell",
            name=say.name,
            up=ways.count(1),
            down=ways.count(-1),
            all=len(moved),
        )

    def _chart(self, by: str) -> str:
        say = self.say
        lines = []
        for one in self.series:
            points: list[Point] = []
            join = "whole"
            for point in one["points"]:
                kinds = {broken["kind"] for broken in point["breaks"]}
                join = (
                    "none"
                    if "changed" in kinds or join == "none"
                    else "broken"
                    if kinds or join == "broken"
                    else "whole"
                )
                if point["value"] is None:
                    # A break while nothing is shown lies between the two points around it.
                    continue
                points.append(
                    Point(
                        self.at[point["round"]],
                        point["value"],
                        say.value(point["value"], point["step"]),
                        join,
                        point["low"],
                        point["high"],
                    )
                )
                join = "whole"
            if points:
                lines.append(Line(one["label"] if self.by else "", tuple(points)))
        alone = all(len(line.points) < 2 for line in lines) and bool(self.by)
        if not lines or alone or len(lines) > MOST_LINES or self.by == "unit":
            return ""
        values = [point.value for line in lines for point in line.points]
        marks = []
        if self.target is not None:
            marks.append(Mark(self.target["value"], say.target(self.target)))
            values.append(self.target["value"])
        low, high = say.ends(values)
        letters: dict[int, list[str]] = {}
        for (_, round_id), letter in self.letters.items():
            listed = letters.setdefault(self.at[round_id], [])
            if letter not in listed:
                listed.append(letter)
        return trend(
            f"{say.title} – {by}" if by else say.title,
            lines,
            [self._title(point) for point in self.rounds],
            low=low,
            high=high,
            ticks=say.ticks(low, high),
            marks=marks,
            letters=[(at, ", ".join(sorted(listed))) for at, listed in sorted(letters.items())],
        )

    def _grid(self, by: str) -> Grid:
        words, say = self.words, self.say
        if not self.by:
            points = self.series[0]["points"]
            interval = any(point["low"] is not None for point in points)
            head = [words("Round"), words("Answered until"), "n", say.name]
            if interval:
                head.append(words("95% interval"))
            rows = []
            for point in points:
                letter = self.letters.get(("", point["round"]))
                row = [
                    self._title(point) + (f" ({letter})" if letter else ""),
                    words.day(point["until"]),
                    "•" if point["n"] is None else words.number(point["n"]),
                    say.value(point["value"], point["step"]),
                ]
                if interval:
                    row.append(say.between(point["low"], point["high"]) or "–")
                rows.append(tuple(row))
            return Grid(say.title, tuple(head), tuple(rows))
        # The latest rounds that a page has room for.
        shown = self.rounds[-5:]
        head = [self.phrases.by_head({"by": [self.by]}), *(self._title(point) for point in shown)]
        rows = []
        for one in self.series:
            told = {point["round"]: point for point in one["points"]}
            row = [one["label"]]
            for column in shown:
                point = told.get(column["round"])
                letter = self.letters.get((one["group"], column["round"]))
                mark = f" ({letter})" if letter else ""
                row.append(
                    "–" if point is None else say.value(point["value"], point["step"]) + mark
                )
            rows.append(tuple(row))
        return Grid(f"{say.title} – {by}", tuple(head), tuple(rows))


def _broken(one: Figures, before: Figures, now: Figures) -> bool:
    """Whether a question was changed anywhere between two points of a series, also at a round that shows nothing."""
    points = one["points"]
    between = points[points.index(before) + 1 : points.index(now) + 1]
    return any(broken["kind"] == "changed" for point in between for broken in point["breaks"])


def _way(before: Figures, now: Figures) -> int:
    """1: rose, -1: fell; 0 where the two are the same, or no further apart than what they were rounded by."""
    rounded = ((before["step"] or 0.0) + (now["step"] or 0.0)) / 2
    moved = now["value"] - before["value"]
    if abs(moved) <= rounded + 1e-9:
        return 0
    return 1 if moved > 0 else -1


def _letter(index: int) -> str:
    """a, b … z, aa, ab …"""
    first, second = divmod(index, len(ascii_lowercase))
    return (ascii_lowercase[first - 1] if first else "") + ascii_lowercase[second]
