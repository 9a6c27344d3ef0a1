"""Hostile questionnaire documents: bombs, tags, depth, size, noise, and good ones with a part replaced, lost or doubled.

R1   Each is refused with nothing but ProblemError(INVALID_DOCUMENT), or read.
R2   Many faults do not take long.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms import (
    document_text,
)
from forms.document import from_plain, read_document, write_document
from forms.problems import Problem, ProblemError
from tests.forms.documents import EVERY_KIND, HEAD, faults_of, question

# --- R5 -----------------------------------------------------------------------------------------------------------

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [*{before},*{before},*{before},*{before},*{before},*{before},*{before},*{before},*{before}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "alias"),
        ("a: &a [*a]\n", "alias"),
        ("<<: &x {format: 1}\n", "alias"),
        ("!!python/object/apply:os.system ['true']\n", "tag"),
        ("format: !!int 1\n", "tag"),
        ("? !x a\n: 1\n", "tag"),
        ("[" * 200_000, "too-deep"),
        ("{a: " * 5_000, "too-deep"),
        ("- " * 5_000, "too-deep"),
        ("a: 1\n" * 200_001, "too-large"),
        ("å" * 524_289, "too-large"),
        ("[" + "a," * 150_000 + "]", "too-large"),
        ("a: 1\n" * 60_000, "too-large"),
        ("format: 1\x00", "character"),
        ("format: \ud800", "character"),
        ("format: \x1b[31m", "character"),
        ('title: "\\ud800"', "syntax"),
        ('title: "\\UFFFFFFFF"', "syntax"),
        ("%YAML 9.9\n---\nformat: 1\n", "syntax"),
        ("", "empty"),
        ("# nothing\n", "empty"),
        ("---\n", "empty"),
        ("~", "empty"),
        ("a: 1\n---\nb: 2\n", "second-document"),
        ("? [a, b]\n: 1\n", "key"),
        ("a: b: c\n", "syntax"),
        ("\tformat: 1\n", "syntax"),
        ("a: *missing\n", "alias"),
    ],
)
def test_hostile_texts_are_refused(text: str, code: str) -> None:
    """R5"""
    began = time.process_time()
    assert code in [fault.code for fault in faults_of(text)]
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"key_{n}: 1" for n in range(49_000)),
        question("\n".join(f"- {{id: q{n}, kind: count, text: x, show_if: q{n + 1} > 1}}" for n in range(498))
                 + "\n- {id: q498, kind: count, text: x, show_if: q0 > 1}"),
        question("- {id: a, kind: one_of, text: x, options: [" + "{id: 1}," * 299 + "]}"),
    ],
    ids=["keys", "cycle", "options"],
)  # fmt: skip
def test_many_faults_do_not_take_long(text: str) -> None:
    """R5"""
    began = time.process_time()
    assert faults_of(text)
    assert time.process_time() - began < 10


def only_problem_errors(text: str) -> None:
    """Reads `text`; whatever else than ProblemError(INVALID_DOCUMENT) comes out fails the test."""
    try:
        q = read_document(text, file="test.yaml")
    except ProblemError as error:
        assert error.problem is Problem.INVALID_DOCUMENT
        assert error.faults
        str(error).encode("utf-8", "surrogatepass")
    else:
        assert read_document(write_document(q)) == q


@given(st.text(max_size=200) | st.text(alphabet="ab:-[]{}'\"\n \t#&*!|>%?,~1", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    """R5"""
    only_problem_errors(text)
    only_problem_errors(HEAD + text)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_part_may_be_replaced_by_anything(data: st.DataObject) -> None:
    """R5: a wrong type in every place of a document."""
    tree = document_text.plain(document_text.read_text(EVERY_KIND).tree)
    places = list(_places(tree))
    junk = st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.sampled_from(["", "x", "a > 1", "trust", "home", "degree"]),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["id", "kind", "text", "da", "", "_schema", "@points", "var"]),
                inner,
                max_size=2,
            )
        ),
        max_leaves=4,
    )
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(places))
        if data.draw(st.booleans()):
            holder[key] = data.draw(junk)
        elif isinstance(holder, dict):
            holder.pop(key, None)
            holder[data.draw(st.sampled_from(["x", "_schema", "@options", "kind", "id"]))] = (
                data.draw(junk)
            )
    only_problem_errors(json.dumps(tree, default=str))
    try:
        from_plain(tree)
    except ProblemError as error:
        assert error.problem is Problem.INVALID_DOCUMENT


def _places(tree: Any) -> Any:
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield tree, key
        if isinstance(value, dict | list):
            yield from _places(value)


@given(st.data())
def test_any_slice_may_be_lost_or_doubled(data: st.DataObject) -> None:
    """R5"""
    start = data.draw(st.integers(0, len(EVERY_KIND)))
    end = data.draw(st.integers(start, min(len(EVERY_KIND), start + 200)))
    only_problem_errors(EVERY_KIND[:start] + EVERY_KIND[end:])
    only_problem_errors(EVERY_KIND[:end] + EVERY_KIND[start:])
