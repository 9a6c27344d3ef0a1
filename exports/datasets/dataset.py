"""The files of an edition: which there are, and how each is written. What server/ calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from exports.assemble import assemble
from exports.datasets.codebook import Described, codebook_page, codebook_sheets, flat_codebook
from exports.datasets.database_file import write_database
from exports.datasets.delimited import DANISH_EXCEL, PLAIN, Variant, write_csv
from exports.datasets.figure_labels import PlannedLabels
from exports.datasets.figure_rows import figures_sheet
from exports.datasets.sheets import Column, Sheet, Value
from exports.datasets.spss import write_figures
from exports.datasets.workbook import write_workbook
from exports.figures import Figures
from exports.phrases import Phrases
from exports.wording import Words
from forms.questionnaire import Questionnaire, text_in

#: The types of files on the wire, by the ending of their names.
MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "sav": "application/x-spss-sav",
    "sqlite": "application/vnd.sqlite3",
    "html": "text/html",
}


class Format(StrEnum):
    """A file of an edition; the value is the kind under which it is kept."""

    #: Excel.
    XLSX = "xlsx"
    #: CSV that Danish Excel opens: semicolon, comma in decimals, byte order mark.
    CSV = "csv"
    #: CSV for programs: comma, point, UTF-8 without a mark.
    CSV_PLAIN = "csv-plain"
    SAV = "sav"
    SQLITE = "sqlite"
    #: The codebook as a page and as CSV, in the two spellings.
    CODEBOOK = "codebook"
    CODEBOOK_CSV = "codebook-csv"
    CODEBOOK_PLAIN = "codebook-csv-plain"
    #: Free text that was released, by itself.
    TEXTS = "texts"
    TEXTS_PLAIN = "texts-plain"

    @property
    def ending(self) -> str:
        """What a file's name ends in, without the point."""
        return {
            Format.CSV_PLAIN: "csv",
            Format.CODEBOOK: "html",
            Format.CODEBOOK_CSV: "csv",
            Format.CODEBOOK_PLAIN: "csv",
            Format.TEXTS: "csv",
            Format.TEXTS_PLAIN: "csv",
        }.get(self, self.value)

    @property
    def media_type(self) -> str:
        """Its type on the wire."""
        return MEDIA_TYPES[self.ending]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the files of an edition are made of: its figures, the versions that the codebook speaks of, the oldest first (the
    last is the round's newest), and the language of labels, 'da' or 'en'."""

    figures: Figures
    versions: Sequence[Described]
    language: str

    @property
    def questionnaire(self) -> Questionnaire:
        """That of the round's newest version."""
        return self.versions[-1].questionnaire

    @property
    def title(self) -> str:
        """The round's title in the language."""
        return text_in(
            self.figures["about"]["title"], self.language, self.questionnaire.source_language
        )


def write_dataset(path: Path, kind: Format, source: Source) -> None:
    """Write a file of an edition. Nothing but the figures of the edition and the questionnaire reaches it; the same source
    gives the same bytes."""
    words = Words(source.language)
    made_on = str(source.figures["made_on"])
    match kind:
        case Format.CSV | Format.CSV_PLAIN:
            write_csv(path, _figures(source, words), _variant(kind is Format.CSV))
        case Format.CODEBOOK_CSV | Format.CODEBOOK_PLAIN:
            sheet = flat_codebook(source.versions, words)
            write_csv(path, sheet, _variant(kind is Format.CODEBOOK_CSV))
        case Format.TEXTS | Format.TEXTS_PLAIN:
            write_csv(path, texts_sheet(source, words), _variant(kind is Format.TEXTS))
        case Format.CODEBOOK:
            page = codebook_page(source.figures, source.versions, words)
            path.write_text(page, encoding="utf-8", newline="\n")
        case Format.XLSX:
            author = str(source.figures["about"].get("working_group") or "Svarboks")
            write_workbook(
                path, sheets_of(source, words), title=source.title, author=author, made_on=made_on
            )
        case Format.SQLITE:
            write_database(path, sheets_of(source, words))
        case Format.SAV:
            write_figures(path, _figures(source, words), words, label=source.title, made_on=made_on)


def sheets_of(source: Source, words: Words) -> tuple[Sheet, ...]:
    """Every sheet of an edition: how it was collected, its figures, released text, the codebook."""
    return (
        about_sheet(source, words),
        _figures(source, words),
        *chapters_sheet(source, words),
        texts_sheet(source, words),
        *codebook_sheets(source.versions, words),
    )


def about_sheet(source: Source, words: Words) -> Sheet:
    """How it was collected: what the report says of it, line by line."""
    report = assemble(source.figures, source.questionnaire, source.language)
    rows: list[tuple[Value, ...]] = [
        (words("Title"), report.title),
        (words("Working group"), report.working_group),
        (words("Edition"), f"{report.edition}, {report.made_on}"),
        *report.collected,
        *((words("Note"), note) for note in (report.caution, *report.collected_notes)),
        (words("Note"), report.foot),
        *((words("Note"), rule) for rule in report.hidden_rules),
        *report.method,
        *(
            (words("Version of the questionnaire"), f"{name} {version}")
            for name, version in report.versions
        ),
    ]
    if report.test:
        rows.insert(0, (words("Note"), report.test))
    columns = (Column("what", words("What")), Column("said", words("Said")))
    return Sheet("about", words("About the figures"), columns, rows)


def chapters_sheet(source: Source, words: Words) -> tuple[Sheet, ...]:
    """What the report has beside the tables of its questions (comparisons, returns side by side, tallies, journeys …): each
    cell of each of those tables, as the report words it. No sheet where the report has none."""
    report = assemble(source.figures, source.questionnaire, source.language)
    rows: list[tuple[Value, ...]] = [
        (chapter.heading, block.heading, block.grid.caption, row[0], head, cell)
        for chapter in report.chapters
        for block in chapter.blocks
        for row in block.grid.rows
        for head, cell in zip(block.grid.head[1:], row[1:], strict=False)
    ]
    columns = (
        Column("chapter", words("Chapter")),
        Column("heading", words("Heading")),
        Column("table", words("Table")),
        Column("row", words("Row")),
        Column("column", words("Column")),
        Column("text", words("Text")),
    )
    return (Sheet("chapters", words("Other tables"), columns, rows),) if rows else ()


def texts_sheet(source: Source, words: Words) -> Sheet:
    """Free text that a person released: the question, the language and the text, in the edition's random order within each
    question. Nothing in it says which response a text belongs to."""
    phrases = Phrases(source.questionnaire, words)
    columns = (
        Column("question", words("Question")),
        Column("title", words("Title")),
        Column("language", words("Language")),
        Column("text", words("Text")),
    )
    rows = [
        (one["question"], phrases.text(one["question"]), text["language"], text["text"])
        for one in source.figures["free_text"]
        for text in one["texts"]
    ]
    return Sheet("texts", words("Free text"), columns, rows)


def _figures(source: Source, words: Words) -> Sheet:
    labels = PlannedLabels(Phrases(source.questionnaire, words))
    return figures_sheet(source.figures, words, labels)


def _variant(danish: bool) -> Variant:
    return DANISH_EXCEL if danish else PLAIN
