"""Hypothesis strategies: expressions, questionnaires without faults, and documents that were tampered with."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from forms.comparisons import (
    Against,
    Benchmark,
    BenchmarkValue,
    Compared,
    Direction,
    PlannedComparison,
    Target,
)
from forms.document_fields import cleaned
from forms.questionnaire import (
    Computed,
    Consent,
    Constraint,
    Count,
    Date,
    Duration,
    Group,
    Information,
    Item,
    Language,
    LongText,
    Matrix,
    Measure,
    Number,
    OneOf,
    Option,
    PlannedTable,
    Promise,
    Question,
    Questionnaire,
    ReportPlan,
    Review,
    Scale,
    Section,
    SeveralOf,
    Shape,
    ShortText,
    TableQuestion,
    TimeOfDay,
    Tone,
    UnitQuestion,
)

TAGS = ("da", "en", "ar", "fa", "no", "pt-BR")

#: Texts that documents and wires have stumbled over, besides whatever Hypothesis thinks of.
_AWKWARD = ("no", "yes", "null", "~", "5", "1e3", "2026-11-22", "a: b", "# x", "- x", "'", '"', "\\", "{x}", "&a", "!t", "*a", "a\nb", "a\n\nb", "لا أعرف", "👩‍⚕️", "12:30", "true", "<b>", "%", "a,b", "a #b", "a\n  b")  # fmt: skip

words = st.one_of(
    st.sampled_from(_AWKWARD),
    st.text(min_size=1, max_size=20).map(cleaned).filter(bool),
)
constants = st.one_of(
    st.booleans(),
    st.none(),
    st.integers(-1000, 1000),
    st.integers(-1000, 1000).map(lambda n: n / 8),
    st.sampled_from(["", "home", "it's", '"', "\\", "\\'", "a b", "å", "5"]),
    st.lists(st.integers(-9, 9) | st.sampled_from(["a", "b"]), min_size=1, max_size=3),
)


def expressions(names: list[str], *, askable: list[str] | None = None) -> st.SearchStrategy[Any]:
    """Expressions over `names`; `askable` (else the same) are the names whose state may be asked for."""
    functions = (
        ("answered",) if askable is not None else ("answered", "dont_know", "not_relevant", "count")
    )
    leaves: st.SearchStrategy[Any] = constants.filter(lambda value: value is not None)
    if names:
        leaves = leaves | st.sampled_from(names).map(lambda name: {"var": name})
    if askable is None or askable:
        leaves = leaves | st.builds(
            lambda f, name: {f: [name]},
            st.sampled_from(functions),
            st.sampled_from(askable or names),
        )
    pairs = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/"])

    def wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.one_of(
            st.builds(lambda op, a, b: {op: [a, b]}, pairs, inner, inner),
            st.builds(
                lambda op, parts: {op: parts},
                st.sampled_from(["and", "or"]),
                st.lists(inner, min_size=2, max_size=3),
            ),
            st.builds(lambda op, a: {op: [a]}, st.sampled_from(["not", "neg"]), inner),
        )

    return st.recursive(leaves, wider, max_leaves=8)


class _Drawn:
    """What has been drawn of a questionnaire so far: its languages, its ids, the names that a condition may use."""

    def __init__(self, draw: st.DrawFn, tags: tuple[str, ...]) -> None:
        self.draw = draw
        self.tags = tags
        self.ids = 0
        #: Names of computed questions, whose value may be compared with anything.
        self.free: list[str] = []
        #: Names whose state may be asked for.
        self.askable: list[str] = []

    def texts(self) -> dict[str, str]:
        kept = self.draw(st.sets(st.sampled_from(self.tags), max_size=2)) | {self.tags[0]}
        return {tag: self.draw(words) for tag in self.tags if tag in kept}

    def optional_texts(self) -> dict[str, str]:
        return self.texts() if self.draw(st.integers(0, 3)) == 0 else {}

    def flag(self) -> bool:
        return self.draw(st.integers(0, 4)) == 0

    def condition(self) -> Any:
        if not self.flag():
            return None
        chosen = self.draw(expressions(self.free, askable=self.askable))
        # comparing constants, and asking what a constant holds, is refused in `in` only
        return chosen if "in" not in repr(chosen) else True

    def new_id(self) -> str:
        self.ids += 1
        return f"{self.draw(st.sampled_from(['trust', 'no', 'y', 'count', 'x_']))}{self.ids}"

    def common(self, *, column: bool = False, offers: bool = True) -> dict[str, Any]:
        parts: dict[str, Any] = {
            "id": self.new_id(),
            "text": self.texts(),
            "help": self.optional_texts(),
            "required": self.flag(),
            "background": self.flag(),
            "sensitive": self.flag(),
            "personal": self.flag(),
        }
        if offers:
            parts["dont_know"] = self.texts() if self.flag() else None
            parts["not_relevant"] = self.texts() if self.flag() else None
        if not column:
            parts["require_if"] = self.condition()
            parts["show_if"] = self.condition()
            if self.flag():
                check = self.draw(expressions([], askable=self.askable))
                if "in" not in repr(check):
                    parts["constraints"] = (Constraint(check=check, message=self.texts()),)
        return parts

    def options(
        self, low: int, high: int, *, scored: bool, exclusive: bool = False
    ) -> tuple[Option, ...]:
        many = self.draw(st.integers(low, high))
        scores = st.integers(-5, 11) | st.integers(-20, 20).map(lambda n: n / 4)
        return tuple(
            Option(
                id=self.draw(st.sampled_from(["{}", "o{}", "no_{}"])).format(index),
                text=self.texts(),
                score=self.draw(scores) if scored or self.flag() else None,
                tone=self.draw(st.sampled_from([*Tone, None])),
                exclusive=exclusive and index > 0 and self.flag(),
            )
            for index in range(many)
        )

    def items(self) -> tuple[Item, ...]:
        return tuple(
            Item(id=f"i{index}", text=self.texts()) for index in range(self.draw(st.integers(1, 3)))
        )

    def column(self) -> Question:
        kind = self.draw(
            st.sampled_from(
                ["one_of", "number", "count", "date", "time", "duration", "short_text", "long_text"]
            )
        )
        return self.of_kind(kind, column=True)

    def of_kind(self, kind: str, *, column: bool = False) -> Question:
        draw = self.draw
        low, high = sorted((draw(st.integers(-1000, 1000)), draw(st.integers(-1000, 1000))))
        if kind == "information":
            return Information(
                id=self.new_id(),
                text=self.texts(),
                help=self.optional_texts(),
                show_if=self.condition(),
            )
        if kind == "computed":
            value = draw(expressions(self.free, askable=self.askable))
            return Computed(
                id=self.new_id(), text=self.texts(), value=value if "in" not in repr(value) else 0
            )
        if kind == "consent":
            return Consent(**self.common(offers=False))
        if kind == "group":
            return self.group()
        if kind == "table":
            return TableQuestion(
                **self.common(offers=False),
                rows=self.items(),
                columns=tuple(self.column() for _ in range(draw(st.integers(1, 3)))),
            )
        common = self.common(column=column)
        made: dict[str, Any] = {
            "one_of": lambda: OneOf(**common, options=self.options(2, 4, scored=False)),
            "several_of": lambda: SeveralOf(**common, options=self.options(1, 4, scored=False, exclusive=True)),
            "scale": lambda: Scale(**common, points=self.options(2, 11, scored=True)),
            "matrix": lambda: Matrix(**common, statements=self.items(), points=self.options(2, 5, scored=True)),
            "number": lambda: Number(
                **common, minimum=low / 4, maximum=high / 4, decimals=draw(st.integers(0, 6)), unit_text=self.optional_texts()
            ),
            "count": lambda: Count(**common, maximum=draw(st.integers(1, 10**9)), unit_text=self.optional_texts()),
            "date": lambda: Date(**common, earliest=draw(st.sampled_from(["", "2020-02-29"])), latest=draw(st.sampled_from(["", "2026-11-22"]))),
            "time": lambda: TimeOfDay(**common, earliest=draw(st.sampled_from(["", "07:00"])), latest=draw(st.sampled_from(["", "23:00"]))),
            "duration": lambda: Duration(**common, minimum=abs(low), maximum=abs(low) + abs(high) + 1),
            "short_text": lambda: ShortText(**common, length=draw(st.integers(1, 300))),
            "long_text": lambda: LongText(**common, length=draw(st.integers(1, 3000))),
            "unit": lambda: UnitQuestion(**common),
        }  # fmt: skip
        question: Question = made[kind]()
        return question

    def group(self) -> Group:
        draw = self.draw
        name = self.new_id()
        text, help_text, shown = self.texts(), self.optional_texts(), self.condition()
        askable, free = list(self.askable), list(self.free)
        kinds = [
            "one_of",
            "scale",
            "several_of",
            "number",
            "short_text",
            "table",
            "matrix",
            "information",
            "computed",
        ]
        inner = []
        for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3)):
            inner.append(self.of_kind(kind))
            self.remember(inner[-1])
        # outside the group its questions are not known
        self.askable, self.free = askable, free
        most = draw(st.integers(1, 10))
        return Group(
            id=name,
            text=text,
            help=help_text,
            show_if=shown,
            questions=tuple(inner),
            minimum=draw(st.integers(0, most)),
            maximum=most,
            sensitive=self.flag(),
        )

    def remember(self, question: Question) -> None:
        if isinstance(question, Computed):
            self.free.append(question.id)
        if not isinstance(question, Information):
            self.askable.append(question.id)


KIND_WORDS = ("one_of", "several_of", "scale", "number", "count", "date", "time", "duration", "short_text", "long_text", "matrix", "table", "group", "unit", "information", "consent", "computed")  # fmt: skip


@st.composite
def questionnaires(draw: st.DrawFn, *, kinds: tuple[str, ...] = KIND_WORDS) -> Questionnaire:
    """A questionnaire without faults, of 1 to 3 sections of 1 to 4 questions, in 1 to 3 languages."""
    tags = tuple(draw(st.lists(st.sampled_from(TAGS), min_size=1, max_size=3, unique=True)))
    drawn = _Drawn(draw, tags)
    sections = []
    for index in range(draw(st.integers(1, 3))):
        title, intro, shown = drawn.texts(), drawn.optional_texts(), drawn.condition()
        questions = []
        for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4)):
            questions.append(drawn.of_kind(kind))
            drawn.remember(questions[-1])
        sections.append(
            Section(
                id=f"part_{index}",
                title=title,
                intro=intro,
                show_if=shown,
                questions=tuple(questions),
            )
        )
    asked = [question for section in sections for question in section.questions]
    return Questionnaire(
        id=draw(st.sampled_from(["iv-satisfaction", "5", "no", "2026-11-22"])),
        shape=draw(st.sampled_from(Shape)),
        promise=draw(st.sampled_from(Promise)),
        languages=tuple(
            draw(
                st.sampled_from(
                    [
                        Language(tag=tag),
                        Language(tag=tag, review=Review.REVIEWED, by="Svarboks", on="2026-11-22"),
                        Language(tag=tag, by="no"),
                    ]
                )
            )
            for tag in tags
        ),
        title=drawn.texts(),
        intro=drawn.optional_texts(),
        thanks=drawn.optional_texts(),
        sections=tuple(sections),
        report=_report(draw, drawn, asked),
        filled_means_cancelled=draw(st.booleans()),
    )


def _report(draw: st.DrawFn, drawn: _Drawn, asked: list[Question]) -> ReportPlan:
    tabulated = [
        q
        for q in asked
        if isinstance(
            q,
            OneOf | SeveralOf | Scale | Number | Count | Duration | Matrix | Consent | UnitQuestion,
        )
    ]
    groups = [q.id for q in asked if isinstance(q, OneOf | Scale | Consent | UnitQuestion)]
    tables = []
    for question in tabulated:
        by = draw(
            st.lists(st.sampled_from([*groups, "unit", "area", "region"]), max_size=2, unique=True)
        )
        exact = isinstance(question, Number | Count | Duration | Scale)
        tables.append(
            PlannedTable(
                id=f"t_{question.id}",
                question=question.id,
                by=tuple(name for name in by if name != question.id),
                measures=(Measure.MEDIAN, Measure.MEAN)
                if exact and drawn.flag()
                else (Measure.DISTRIBUTION,),
                title=drawn.optional_texts(),
            )
        )
    texts = tuple(q.id for q in asked if isinstance(q, ShortText | LongText))
    compared = [
        (q, Compared.MEAN)
        for q, table in zip(tabulated, tables, strict=True)
        if not table.by and isinstance(q, Scale | Number | Count | Duration)
    ]
    return ReportPlan(
        tables=tuple(tables),
        free_text=texts,
        comparisons=tuple(
            PlannedComparison(question=q.id, measure=measure, against=(Against.EARLIER_ROUNDS,))
            for q, measure in compared
            if drawn.flag()
        ),
        benchmarks=tuple(
            Benchmark(
                question=q.id,
                measure=measure,
                values=(
                    BenchmarkValue(
                        label=drawn.texts(),
                        value=draw(st.integers(-9, 9) | st.just(2.97)),
                        when=draw(st.sampled_from(["", "2021"])),
                        n=draw(st.none() | st.integers(1, 9999)),
                        spread=draw(st.none() | st.just(0.5)),
                        other_wording=drawn.flag(),
                    ),
                ),
                source=drawn.texts(),
                footnote=drawn.optional_texts(),
            )
            for q, measure in compared
            if drawn.flag()
        ),
        targets=tuple(
            Target(
                question=q.id,
                measure=measure,
                value=4,
                direction=draw(st.sampled_from(Direction)),
                source=drawn.texts(),
            )
            for q, measure in compared
            if drawn.flag()
        ),
        smallest_compared=draw(st.none() | st.integers(10, 99)),
    )
