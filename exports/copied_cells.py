"""The cells of the report's tables on the web page, so that a table that is copied is right in a spreadsheet.

A figure is a number there: a minus is the hyphen of the keyboard, a space may break, and a note's mark is not copied with it.
A text is never a formula there: HTML that is copied knows no types, and the page's style sheet does not go with it, so an apostrophe
stands before a sign that would begin one, as in CSV (exports/datasets/formulas.py). It is copied and takes no room on the page.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

#: A figure as exports/wording.py writes it, alone in its cell, and what marks its note: ¹, (a).
_FIGURE = re.compile(r"([+\u2212-]?\d[\d.,]*(?: ?%)?)((?:[⁰¹²³⁴⁵⁶⁷⁸⁹]+| \([a-z]{1,2}\))?)")
#: Where a cell, or a line that becomes a row of its own when a text is copied, would begin a formula.
_FORMULA = re.compile(
    r"(?:^|(?<=[\t\r\n]))(?=[\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[=+\-@＝＋－＠])"
)
_APOSTROPHE = Markup('<span class="not-a-formula" aria-hidden="true">\'</span>')


def copied(text: str) -> Markup:
    """A cell's text as HTML of the web page."""
    plain = text.replace("\u00a0", " ")
    if figure := _FIGURE.fullmatch(plain):
        number, mark = figure.groups()
        told = escape(number.replace("\u2212", "-"))
        return told + Markup('<span class="mark">{}</span>').format(mark) if mark else told
    return _APOSTROPHE.join(escape(part) for part in _FORMULA.split(plain))
