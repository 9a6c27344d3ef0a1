"""The report as a web page: the same view model and the same parts of a template as the PDF, without its cover.

The frame around it is the caller's. Charts stand inline, as on paper, and each can be taken as a picture of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from markupsafe import Markup

from exports.assemble import Report
from exports.blocks import Block
from exports.charts import FONT
from exports.report import environment

#: For a picture that leaves the page: the report's typeface where the machine has it, else one that every office has.
FONTS = f"{FONT}, Arial, sans-serif"


def charts_of(report: Report) -> tuple[Block, ...]:
    """The blocks of a report that have a chart, in its order."""
    parts = (report.blocks, *(chapter.blocks for chapter in report.chapters))
    return tuple(block for blocks in parts for block in blocks if block.chart)


def page_parts(report: Report, address: Callable[[int], str]) -> Markup:
    """What the page says, as HTML. `address` gives the address of the picture of the nth chart, from 1."""
    pictures = {block: address(n) for n, block in enumerate(charts_of(report), 1)}
    template = environment().get_template("report_parts.html")
    html = template.render(report=report, t=report.words, web=True, pictures=pictures)
    return Markup(html)  # noqa: S704 - the template escapes every text


def contents_of(report: Report) -> tuple[tuple[str, str], ...]:
    """(id, words) of the page's parts, for a list of links."""
    words = report.words
    parts = [
        ("part-aloud", words("In short")),
        ("part-collected", words("How it was collected")),
        ("part-questions", words("The questions") if report.blocks else ""),
        *((chapter.id, chapter.heading) for chapter in report.chapters),
        ("part-told", words("In their own words") if report.told else ""),
        ("part-hidden", words("What is not shown, and why")),
        ("part-appendix", words("Method")),
    ]
    return tuple((part, name) for part, name in parts if name)


def picture(block: Block, *, mark: str = "") -> str:
    """The chart of a block as a file of its own (SVG), on white. `mark` is written across it: that it is of a test."""
    drawn = block.chart.replace(f'font-family="{FONT}"', f'font-family="{FONTS}"', 1)
    on_white = '</desc><rect width="100%" height="100%" fill="#ffffff"/>'
    if mark:
        across = (
            '<text x="50%" y="50%" text-anchor="middle" font-size="26" font-weight="600"'
            f' fill="#9a1a1a" fill-opacity="0.55">{escape(mark)}</text></svg>'
        )
        drawn = drawn.removesuffix("</svg>") + across
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + drawn.replace("</desc>", on_white, 1)
