"""The report's words.

R1  Every sentence of exports/ has a Danish translation, with the same placeholders; none is left over.
R2  Numbers, shares and days are written as each language writes them.
R3  Simple fractions are said in words, others in per cent.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import exports
from exports.wording import _FRACTIONS, Words, _messages

FOLDER = Path(exports.__file__).parent


def messages_in_code() -> set[str]:
    """All string constants that are handed to a Words, or lie in a choice that is."""
    found = {words for _, words in _FRACTIONS}
    for file in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", "")
            )
            first = node.args[0]
            if (
                name in {"words", "self", "_"}
                and isinstance(first, ast.Constant)
                and isinstance(first.value, str)
            ):
                found.add(first.value)
            if name == "say":
                found.add(first.value if isinstance(first, ast.Constant) else "")
    for file in (FOLDER / "templates").glob("*.html"):
        found |= set(re.findall(r'\bt\("([^"]+)"', file.read_text(encoding="utf-8")))
    return found


def test_danish_is_whole() -> None:
    """R1."""
    danish = _messages("da")
    wanted = messages_in_code()
    assert len(wanted) > 80
    assert sorted(wanted - set(danish)) == []
    for english, text in danish.items():
        assert sorted(re.findall(r"%\(\w+\)s", english)) == sorted(
            re.findall(r"%\(\w+\)s", text)
        ), english


def test_nothing_is_left_over() -> None:
    """R1."""
    sources = "".join(
        file.read_text(encoding="utf-8")
        for file in (*FOLDER.rglob("*.py"), *(FOLDER / "templates").glob("*.html"))
    )
    assert [one for one in _messages("da") if one not in sources] == []


def test_numbers_and_days() -> None:
    """R2."""
    danish, english = Words("da"), Words("en")
    assert danish.number(1234.5, 1) == "1.234,5"
    assert english.number(1234.5, 1) == "1,234.5"
    assert danish.number(-2.5, 1) == "−2,5"
    assert danish.number(-0.04, 1) == "0,0"
    assert danish.percent(0.894) == "89\u00a0%"
    assert english.percent(0.894) == "89%"
    assert danish.percent(0.004) == "<\u00a01\u00a0%"
    assert danish.percent(0.999) == ">\u00a099\u00a0%"
    assert danish.percent(1) == "100\u00a0%"
    assert danish.day("2021-09-27T10:00:00Z") == "27. september 2021"
    assert english.day("2021-09-27") == "27 September 2021"
    assert danish.shortest(35.0) == "35"
    assert danish.shortest(35.25) == "35,3"  # half goes up
    assert danish.percent(1 / 40) == "3\u00a0%"
    assert danish.percent(0.575) == "58\u00a0%"


def test_fractions() -> None:
    """R3."""
    danish = Words("da")
    assert danish.fraction(0.9) == "Ni ud af ti (90\u00a0%)"
    assert danish.fraction(0.81) == "Fire ud af fem (81\u00a0%)"
    assert danish.fraction(0.87) == "87\u00a0%"
    assert danish.fraction(1) == "Alle"
    assert danish.fraction(0) == "Ingen"
    assert Words("en").either(["a", "b", "c"]) == "a, b or c"
    assert danish.either(["a", "b"]) == "a eller b"
