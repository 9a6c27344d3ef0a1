"""Finds the words of the problem catalogue for translation.

forms/ knows no languages but English, so it cannot mark its words; this method of pybabel (server/babel.cfg) reads
them where they stand: the title and the remedy of each entry. In any other file it finds what Babel's own method finds.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import IO, Any

from babel.messages.extract import extract_python


def extract(
    file: IO[bytes], keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[Any, ...]]:
    """(line, function or None, words, comments) for each title and remedy of `class Problem`, and each marked text."""
    yield from extract_python(file, keywords, comment_tags, options)
    file.seek(0)
    for node in ast.parse(file.read()).body:
        if isinstance(node, ast.ClassDef) and node.name == "Problem":
            for entry in node.body:
                if isinstance(entry, ast.Assign) and isinstance(entry.value, ast.Tuple):
                    _code, _status, *texts = entry.value.elts
                    for text in texts:
                        if isinstance(text, ast.Constant) and isinstance(text.value, str):
                            yield text.lineno, None, text.value, []
