"""How figures become words: labels, table cells, headings that are sentences, and notes."""

from __future__ import annotations

from exports.charts import Part, steps_for
from exports.figures import Figures
from exports.tables import Choice, choices_of, question_text
from exports.wording import Words
from forms.questionnaire import PLACES_OF_UNITS, Questionnaire, text_in

TONES = ("favourable", "neutral", "unfavourable")


class Phrases:
    """The words of one questionnaire's figures in one language."""

    def __init__(self, questionnaire: Questionnaire, words: Words) -> None:
        self.questionnaire = questionnaire
        self.words = words
        self._titles = {table.id: table.title for table in questionnaire.report.tables}

    # --- labels

    def text(self, place: str) -> str:
        """The wording of a question."""
        return question_text(self.questionnaire, place, self.words.language)[1]

    def choices(self, place: str) -> tuple[Choice, ...]:
        """The options of a question in this language, with yes and no of consent as well."""
        question = question_text(self.questionnaire, place, self.words.language)[0]
        source = self.questionnaire.source_language
        return choices_of(question, self.words.language, source)

    def title(self, table: Figures) -> str:
        """A table's title: its own where the plan gives one, else the wording of its question."""
        own = self._titles.get(table["id"])
        if own and (text := text_in(own, self.words.language, self.questionnaire.source_language)):
            return text
        return self.text(table["question"]) or str(table["title"])

    def tone(self, tone: str) -> str:
        """A merged class in words."""
        return {
            "favourable": self.words("Favourable"),
            "neutral": self.words("Neutral"),
            "unfavourable": self.words("Unfavourable"),
        }[tone]

    def unit_text(self, place: str) -> str:
        """What a number counts: the question's own words, minutes for a duration, else ''."""
        question = question_text(self.questionnaire, place, self.words.language)[0]
        if question is not None and question.KIND == "duration":
            return self.words("minutes")
        own = getattr(question, "unit_text", None) or {}
        return text_in(own, self.words.language, self.questionnaire.source_language)

    def cell(self, table: Figures, cell: Figures) -> str:
        """The label of a cell."""
        found = {choice.id: choice.label for choice in self.choices(table["question"])}
        if cell["cell"] in found:
            return found[cell["cell"]]
        return self.tone(cell["cell"]) if cell["cell"] in TONES else str(cell["label"])

    def group_label(self, table: Figures, group: Figures) -> str:
        """The label of a group: its options in this language, units by their names."""
        named = []
        for position, by in enumerate(table["by"]):
            key = group["group"][position]
            options = {} if by in PLACES_OF_UNITS else {c.id: c.label for c in self.choices(by)}
            kept = str(group["label"]).split(" · ")
            if key == "~unanswered":
                named.append(self.words("Unanswered"))
            elif key == "~dont_know":
                named.append(self.words("Don't know"))
            elif key == "~not_relevant":
                named.append(self.words("Not relevant"))
            elif key == "~not_shown":
                named.append(self.words("Not asked"))
            else:
                named.append(options.get(key) or (kept[position] if position < len(kept) else key))
        return " · ".join(named)

    def by_head(self, table: Figures) -> str:
        """The head of the column of groups."""
        names = {
            "unit": self.words("Unit"),
            "area": self.words("Area"),
            "region": self.words("Region"),
        }
        return " · ".join(names.get(by) or self.text(by) for by in table["by"])

    def by_words(self, table: Figures) -> str:
        """'by unit', 'by “Where were you treated?”'."""
        names = {
            "unit": self.words("unit"),
            "area": self.words("area"),
            "region": self.words("region"),
        }
        said = [names.get(by) or self.words.quoted(self.text(by)) for by in table["by"]]
        return self.words("by %(what)s", what=f" {self.words('and')} ".join(said))

    # --- figures

    def count(self, cell: Figures) -> str:
        """How many chose it."""
        return "•" if cell["n"] is None else self.words.number(cell["n"])

    def share(self, cell: Figures) -> str:
        """Their share of the valid answers."""
        return "•" if cell["share"] is None else self.words.percent(cell["share"])

    def between(self, cell: Figures) -> str:
        """The interval of a share: '71–84 %'."""
        if cell["low"] is None:
            return "•"
        low, high = cell["low"] * 100, cell["high"] * 100
        sign = self.words.percent(0)[1:]
        return f"{self.words.number(low)}–{self.words.number(high)}{sign}"

    def n(self, group: Figures) -> str:
        """The number of valid answers, or that it is not told."""
        return "•" if group["n"] is None else self.words.number(group["n"])

    def mean(self, group: Figures) -> str:
        """A mean with one decimal; 'about' where it was rounded to protect merged counts."""
        if group["mean"] is None:
            return "•" if group["state"] != "all" else "–"
        about = f"{self.words('about')} " if group["mean_step"] == 0.5 else ""
        return about + self.words.number(group["mean"], 1)

    def median(self, group: Figures) -> str:
        """A median, without decimals where it has none."""
        if group["median"] is None:
            return "•" if group["state"] == "hidden" else "–"
        return self.words.shortest(group["median"])

    def merged_into(self, group: Figures, cell: Figures, table: Figures) -> str:
        """What a merged group shows in the column of an option: its class's share under the first of the class."""
        shares = {one["cell"]: one for one in group["cells"] if one["cell"] in TONES}
        if group["state"] != "merged" or not shares:
            return "•"
        choices = self.choices(table["question"])
        mine = next((one for one in choices if one.id == cell["cell"]), None)
        if mine is None or mine.tone not in shares:
            return "•"
        first = next(one for one in choices if one.tone == mine.tone)
        return self.share(shares[mine.tone]) if first.id == mine.id else "←"

    def base(self, group: Figures) -> str:
        """n, and beside it those outside the base."""
        if group["n"] is None:
            return ""
        said = [self.words("n = %(n)s valid answers", n=self.words.number(group["n"]))]
        if group["outside"]:
            names = (
                ("dont_know", self.words("Don't know")),
                ("not_relevant", self.words("Not relevant")),
                ("unanswered", self.words("Unanswered")),
            )
            said += [
                f"{label}: {self.words.number(group['outside'][name])} ({self.words.percent(group['outside'][name] / group['asked'])})"
                for name, label in names
                if group["outside"][name]
            ]
        return " · ".join(said)

    # --- charts

    def ordered(self, table: Figures) -> bool:
        """Whether the options are steps of something: every one has a tone."""
        choices = self.choices(table["question"])
        return bool(choices) and all(choice.tone for choice in choices)

    def part(self, table: Figures, cell: Figures) -> Part:
        """A cell as a part of a bar, dark where it is favourable."""
        choices = self.choices(table["question"])
        step = 1
        tones = {choice.id: choice.tone for choice in choices} | {tone: tone for tone in TONES}
        side = {"favourable": 1, "unfavourable": -1}.get(tones.get(cell["cell"]) or "", 0)
        if cell["cell"] in TONES:
            step = {"favourable": 0, "neutral": 2, "unfavourable": 4}[cell["cell"]]
        elif self.ordered(table):
            rank = {tone: index for index, tone in enumerate(TONES)}
            best = sorted(choices, key=lambda one: (rank[one.tone or ""], -(one.score or 0)))
            steps = steps_for(len(best))
            step = next((steps[i] for i, one in enumerate(best) if one.id == cell["cell"]), 1)
        return Part(
            self.cell(table, cell),
            cell["share"] or 0.0,
            self.words.percent(cell["share"] or 0.0),
            step,
            side,
        )

    def ends(self, table: Figures) -> tuple[str, str]:
        """The outermost answers in words: (most unfavourable, most favourable), for a chart around a line."""
        choices = self.choices(table["question"])
        rank = {tone: index for index, tone in enumerate(TONES)}
        best = sorted(choices, key=lambda one: (rank[one.tone or ""], -(one.score or 0)))
        return (best[-1].label, best[0].label) if best else ("", "")

    # --- sentences

    def favourable_words(self, table: Figures) -> str:
        """The favourable options as they were worded: '“Very” or “rather”'."""
        return self.words.either(
            [
                self.words.quoted(choice.label)
                for choice in self.choices(table["question"])
                if choice.tone == "favourable"
            ]
        )

    def top(self, group: Figures) -> Figures | None:
        """The option that most chose, if one stands alone and its number may be told."""
        told: list[Figures] = [cell for cell in group["cells"] if cell["n"]]
        told.sort(key=lambda cell: -cell["n"])
        if not told or (len(told) > 1 and told[0]["n"] == told[1]["n"]):
            return None
        return told[0]

    def heading(self, table: Figures) -> str:
        """What the table says, as a sentence."""
        words, group = self.words, table["groups"][0]
        if group["why"] == "no-answers":
            return words("Nobody was asked")
        if group["state"] == "hidden":
            return words("Not shown: %(why)s", why=self.why(group))
        if table["kind"] == "number":
            if group["median"] is None:
                return words("%(n)s answers", n=words.number(group["n"]))
            unit = self.unit_text(table["question"])
            value = words.shortest(group["median"]) + (f" {unit}" if unit else "")
            return words("Half answered %(value)s or less", value=value)
        return self.statement(table, group) or words(
            "%(n)s gave an answer", n=words.number(group["n"])
        )

    def statement(self, table: Figures, group: Figures) -> str:
        """'Nine out of ten (90%) answered …', or '' where the figures allow no such sentence."""
        words = self.words
        if group["favourable"] is not None:
            return words(
                "%(share)s answered %(what)s",
                share=words.fraction(group["favourable"]["share"]),
                what=self.favourable_words(table),
            )
        top = self.top(group)
        if top is None:
            return self._tie(group, table)
        chose = (
            "%(share)s chose %(what)s"
            if table["kind"] == "several"
            else "%(share)s answered %(what)s"
        )
        return words(
            chose,
            share=words.fraction(top["share"]),
            what=words.quoted(self.cell(table, top)),
        )

    def _tie(self, group: Figures, table: Figures) -> str:
        """What is said where two of several options were chosen equally often, and more than the others; else ''."""
        told = sorted((cell for cell in group["cells"] if cell["n"]), key=lambda cell: -cell["n"])
        if len(told) < 3 or told[1]["n"] == told[2]["n"]:
            return ""
        first, second = (self.words.quoted(self.cell(table, cell)) for cell in told[:2])
        return self.words(
            "The most common answers were %(first)s and %(second)s (%(share)s each)",
            first=first,
            second=second,
            share=self.words.percent(told[0]["share"]),
        )

    def heading_by(self, table: Figures) -> str:
        """What a breakdown says: from where to where the groups lie."""
        words = self.words
        told = [one for one in table["groups"] if one["favourable"] is not None]
        if len(told) >= 2:
            told.sort(key=lambda one: one["favourable"]["share"])
            low, high = told[0], told[-1]
            return words(
                "The favourable share lies between %(low)s (%(first)s) and %(high)s (%(last)s)",
                low=words.percent(low["favourable"]["share"]),
                first=self.group_label(table, low),
                high=words.percent(high["favourable"]["share"]),
                last=self.group_label(table, high),
            )
        medians = [one for one in table["groups"] if one["median"] is not None]
        if len(medians) >= 2:
            medians.sort(key=lambda one: one["median"])
            return words(
                "The median lies between %(low)s (%(first)s) and %(high)s (%(last)s)",
                low=words.shortest(medians[0]["median"]),
                first=self.group_label(table, medians[0]),
                high=words.shortest(medians[-1]["median"]),
                last=self.group_label(table, medians[-1]),
            )
        return words("Answers %(by)s", by=self.by_words(table))

    def why(self, group: Figures) -> str:
        """Why a group shows nothing."""
        said = {
            "too-few": "there are too few answers",
            "complement": "another group could be computed from it",
            "same-answer": "everyone gave the same answer",
            "guarded-group": "the size of the group is protected",
            "whole-table": "hidden figures could be computed from it",
            "elsewhere": "the same people stand in another table",
            "few-for-options": "there are too few answers to break down",
        }
        return self.words(said.get(group["why"], "it is protected"))

    def why_short(self, group: Figures, k: int) -> str:
        """The words in the place of a bar that may not be shown."""
        if group["state"] == "hidden":
            if group["why"] == "too-few":
                return self.words("fewer than %(k)s answers", k=k)
            return self.words("not shown: %(why)s", why=self.why(group))
        return self.words("n = %(n)s; too few to show the options", n=self.n(group))

    def notes(self, table: Figures, group: Figures) -> tuple[str, ...]:
        """What a reader of one question must know beside its table."""
        words, notes = self.words, []
        if group["state"] == "hidden":
            return ()
        if group["mean"] is not None and table["kind"] != "number" and "mean" in table["measures"]:
            choices = [one for one in self.choices(table["question"]) if one.score is not None]
            ends = sorted(choices, key=lambda one: one.score or 0)
            notes.append(
                words(
                    "Mean %(mean)s on a scale from %(low)s (%(first)s) to %(high)s (%(last)s).",
                    mean=self.mean(group),
                    low=words.shortest(ends[0].score or 0),
                    first=ends[0].label,
                    high=words.shortest(ends[-1].score or 0),
                    last=ends[-1].label,
                )
            )
        if table["kind"] == "several":
            notes.append(
                words("Several answers were possible; the shares add up to more than 100 per cent.")
            )
        if group["state"] == "merged" and table["kind"] != "number":
            notes.append(words("There are too few answers to show each option."))
        if any(cell["state"] == "hidden" for cell in group["cells"]):
            notes.append(
                words("• marks a figure that is not shown, to protect those who answered.")
            )
        return (*notes, *self.standing(table))

    def standing(self, table: Figures) -> tuple[str, ...]:
        """That figures are those of an earlier edition."""
        return tuple(self.stands(day) for day in since_of(table))

    def standing_question(self, figures: Figures, question: str) -> tuple[str, ...]:
        """The same for what is computed from a question's tables, which stand together."""
        return tuple(self.stands(day) for day in days_of_question(figures, question))

    def stands(self, day: str) -> str:
        """The day of figures that stand, as a sentence."""
        return self.words("These figures stand as of %(day)s.", day=self.words.day(day))


def since_of(table: Figures) -> list[str]:
    """The days from which a table's figures stand; none where they are of this edition."""
    return sorted({one["since"] for one in table["groups"] if one["since"]})


def days_of_question(figures: Figures, question: str) -> list[str]:
    """The same of all tables of a question."""
    tables = [one for one in figures.get("tables", ()) if one["question"] == question]
    return sorted({day for table in tables for day in since_of(table)})
