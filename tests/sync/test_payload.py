"""The plain text inside: written and read back, padded exactly, everything else refused with a code and no text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.problems import Problem, ProblemError
from sync.payload import BadPayload, Payload, pad, unpad

LEAVES = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=20)
ANSWERS = st.dictionaries(
    st.text(max_size=10),
    st.recursive(
        LEAVES,
        lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3),
    ),
    max_size=5,
)


def raw(body: bytes, size: int = 4096) -> bytes:
    return (len(body).to_bytes(4, "big") + body).ljust(size, b"\0")


def code_of(plain: bytes) -> str:
    with pytest.raises(BadPayload) as caught:
        unpad(plain)
    return caught.value.code


@given(ANSWERS, st.sampled_from(["da", "en", "ar", "fa", "zh-Hant"]))
def test_padded_is_unpadded(answers: dict[str, Any], language: str) -> None:
    plain = pad(Payload(answers, language), 16384)
    assert len(plain) == 16384
    assert unpad(plain) == Payload(answers, language)


@given(ANSWERS, ANSWERS)
def test_all_answers_are_equally_long(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert len(pad(Payload(one, "da"), 16384)) == len(pad(Payload(other, "en"), 16384))


@given(st.binary(max_size=200))
def test_noise_is_refused_and_nothing_else_is_raised(noise: bytes) -> None:
    assert code_of(noise) in {"wrong-padding", "bad-payload", "bad-language"}
    assert code_of(raw(noise)) in {"bad-payload", "bad-language"}


def test_too_long_for_the_version() -> None:
    fits = 4096 - 4 - len('{"answers":{"a":""},"language":"da"}')
    assert len(pad(Payload({"a": "x" * fits}, "da"), 4096)) == 4096
    with pytest.raises(ProblemError) as caught:
        pad(Payload({"a": "x" * (fits + 1)}, "da"), 4096)
    assert caught.value.problem is Problem.WRONG_SIZE


def test_padding_is_zeros_and_length_is_honest() -> None:
    good = raw(b'{"answers":{},"language":"da"}')
    assert unpad(good) == Payload({}, "da")
    assert code_of(good[:-1] + b"x") == "wrong-padding"
    assert code_of((5000).to_bytes(4, "big") + good[4:]) == "wrong-padding"
    assert code_of(b"") == "wrong-padding"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad-payload"),
        (b"[]", "bad-payload"),
        (b'{"answers":{}}', "bad-payload"),
        (b'{"answers":[],"language":"da"}', "bad-payload"),
        (b'{"answers":{},"language":"da","name":"x"}', "bad-payload"),
        (b'{"answers":{"a":NaN},"language":"da"}', "bad-payload"),
        (b'{"answers":{"a":-Infinity},"language":"da"}', "bad-payload"),
        (b'{"answers":{"a":"\\ud800"},"language":"da"}', "bad-payload"),
        (b'{"answers":{"\\uDFFF":1},"language":"da"}', "bad-payload"),
        (b'{"answers":{"a":"\xff"},"language":"da"}', "bad-payload"),
        (b"[" * 4000, "bad-payload"),
        (b'{"answers":{},"language":"Danish please"}', "bad-language"),
        (b'{"answers":{},"language":null}', "bad-language"),
    ],
)
def test_what_is_not_the_json_agreed_on(body: bytes, code: str) -> None:
    assert code_of(raw(body, 8192)) == code


def test_a_whole_surrogate_pair_is_text_like_any_other() -> None:
    body = json.dumps({"answers": {"a": "😀"}, "language": "da"}).encode()
    assert b"\\ud83d" in body
    assert unpad(raw(body)).answers == {"a": "😀"}
