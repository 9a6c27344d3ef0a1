"""How a compared value, a difference and a scale are said and drawn, by measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from exports.comparing import EXACT
from exports.phrases import Phrases

#: So many more decimals than usual tell a value from a target that it does not reach.
MOST_DECIMALS = 4


class MeasureWords:
    """The words of one measure of one question: favourable shares in per cent, means and medians in their own unit."""

    def __init__(self, phrases: Phrases, question: str, measure: str) -> None:
        self.phrases, self.words = phrases, phrases.words
        self.question, self.measure = question, measure
        self.title = phrases.text(question)

    @property
    def name(self) -> str:
        """'Share favourable', 'Mean', 'Median'."""
        return {
            "favourable": self.words("Share favourable"),
            "mean": self.words("Mean"),
            "median": self.words("Median"),
        }[self.measure]

    @property
    def difference_name(self) -> str:
        """The head of a column of differences."""
        if self.measure == "favourable":
            return self.words("Difference (points)")
        return self.words("Difference")

    def value(self, value: float | None, step: float | None = None, more: int = 0) -> str:
        """'73 %', '2,97', 'ca. 4,5'; a dot where it is not told. `more`: decimals beside the usual ones."""
        if value is None:
            return "•"
        if self.measure == "favourable":
            return self.words.percent(value, more)
        if self.measure == "median":
            return self.words.shortest(value, 1 + more)
        return self._about(step) + self.words.number(value, 1 if step else 2 + more)

    def beside(self, value: float, step: float | None, target: float) -> str:
        """A value beside a target: with as many decimals as it takes not to look like the target where it is not the
        target. A value that was rounded to protect those who answered keeps its own."""
        for more in range(MOST_DECIMALS + 1):
            said = self.value(value, step, more)
            if step or abs(value - target) <= EXACT or said != self.value(target, None, more):
                break
        return said

    def plain(self, value: float) -> str:
        """A value that somebody set, without decimals that nobody wrote: '4', '80 %', '79,5 %'."""
        if self.measure == "favourable":
            return self.words.percent_set(value)
        return self.words.shortest(value, 2)

    def difference(
        self, value: float | None, step: float | None = None, *, exact: bool = False
    ) -> str:
        """'+12' points, '−0,81'; '0' without a sign; as rough as what it is of. `exact`: with more decimals before it says
        0 of what is not."""
        if value is None:
            return "–"
        scaled = value * 100 if self.measure == "favourable" else value
        decimals = {"favourable": 0, "mean": 1 if step else 2, "median": 1}[self.measure]
        for more in range(MOST_DECIMALS + 1 if exact and abs(value) > EXACT and not step else 1):
            said = self.words.number(scaled, decimals + more)
            if any(sign in said for sign in "123456789"):
                return self._about(step) + (f"+{said}" if scaled > 0 else said)
        return self._about(step) + self.words.number(0, decimals)

    def _about(self, step: float | None) -> str:
        return f"{self.words('about')} " if step == 0.5 else ""

    def between(self, low: float | None, high: float | None) -> str:
        """'71–84 %', or '' without an interval."""
        if low is None or high is None:
            return ""
        return self.phrases.between({"low": low, "high": high})

    def verdict(self, verdict: str) -> str:
        """Over, under, same, or that it was not tested."""
        return {
            "over": self.words("over"),
            "under": self.words("under"),
            "same": self.words("same"),
        }.get(verdict, self.words("not tested"))

    def ends(self, values: Iterable[float | None]) -> tuple[float, float]:
        """The ends of a scale for these values: 0 to 1 for shares, the scale's own scores for means, else around them."""
        known = [value for value in values if value is not None]
        if self.measure == "favourable":
            return 0.0, 1.0
        scores = [
            choice.score
            for choice in self.phrases.choices(self.question)
            if choice.score is not None
        ]
        if self.measure == "mean" and scores:
            return float(min(scores)), float(max(scores))
        if not known:
            return 0.0, 1.0
        low, high = min(known), max(known)
        room = (high - low) * 0.15 or 1.0
        return (0.0 if 0 <= low < 3 * room else low - room), high + room

    def ticks(self, low: float, high: float) -> Sequence[tuple[float, str]]:
        """Five to eight values along a scale, with their words."""
        if self.measure == "favourable":
            return [(share / 4, self.words.percent(share / 4)) for share in range(5)]
        span = high - low
        step = next(
            (one for one in (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if span / one <= 6),
            span / 5 or 1,
        )
        ticks, value = [], -(-low // step) * step
        while value <= high + 1e-9:
            ticks.append((value, self.words.shortest(value)))
            value += step
        return ticks

    def target(self, target: Mapping[str, object]) -> str:
        """'Target: at least 4'."""
        value = target["value"]
        assert isinstance(value, int | float)
        said = self.plain(value)
        return (
            self.words("Target: at least %(value)s", value=said)
            if target["direction"] == "at_least"
            else self.words("Target: at most %(value)s", value=said)
        )
