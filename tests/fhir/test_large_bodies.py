"""A large body is checked in stretches, which changes nothing: whatever stands where one ends is whole."""

import re

import pytest

from app.errors import UnreadableError
from app.fhir.parts import AT_ONCE
from app.fhir.strict import _STRETCH, _TEXTS, check_nesting, check_text

HIGH, LOW, OTHER = b"\\ud83d", b"\\uDE00", b"\\u00e9"
BACKSLASH = b"\\\\"
GOOD = [HIGH + LOW, OTHER, BACKSLASH + b"ud83d", HIGH + LOW + HIGH + LOW, BACKSLASH * 2 + HIGH + LOW]
BAD = [
    HIGH,
    LOW,
    LOW + HIGH,
    HIGH + HIGH + LOW,
    HIGH + LOW + LOW,
    HIGH + OTHER,
    HIGH + BACKSLASH + LOW,
    BACKSLASH + HIGH,
    HIGH + BACKSLASH + b"uDE00",
]
# Around the end of each stretch, every way in which one can be cut.
SHIFTS = range(-2 * len(HIGH + LOW), len(HIGH) + 1)


def body(text: bytes, before: int) -> bytes:
    return b'"' + b"x" * (before - 1) + text + b"y" * 150 + b'"'


@pytest.mark.parametrize("text", GOOD)
def test_whole_characters_are_taken_wherever_they_stand(text: bytes) -> None:
    for shift in SHIFTS:
        check_text(body(text, _STRETCH + shift))


@pytest.mark.parametrize("text", BAD)
def test_half_a_character_is_refused_wherever_it_stands(text: bytes) -> None:
    for shift in SHIFTS:
        for whole in (body(text, _STRETCH + shift), body(text, 2 * _STRETCH - 12 + shift)):
            with pytest.raises(UnreadableError, match="half of a character pair"):
                check_text(whole)


def test_it_is_refused_at_the_very_end_and_beside_many_whole_ones() -> None:
    for text in (HIGH, LOW, HIGH + LOW + HIGH):
        with pytest.raises(UnreadableError, match="half of a character pair"):
            check_text(b'"' + (HIGH + LOW) * 60 + b"z" * 7 + text + b'"')
    check_text(b'"' + (HIGH + LOW) * 60 + b'"')


def test_it_says_what_one_expression_over_the_whole_says() -> None:
    whole = re.compile(
        rb"(?<!\\)(?:\\\\)*(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
        rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    )
    parts = (HIGH, LOW, OTHER, BACKSLASH, b"a" * 5)
    for number in range(5**5):
        text = b"".join(parts[number // 5**place % 5] for place in range(5))
        sent = b'"' + text + b'"'
        refused = False
        try:
            check_text(sent)
        except UnreadableError:
            refused = True
        assert refused == bool(whole.search(sent)), sent


@pytest.mark.parametrize("escapes", [b'\\"', b"\\\\", b'\\\\\\"', b"\\\\" * 40 + b'\\"'])
def test_an_escape_at_the_end_of_a_stretch_is_one_escape(escapes: bytes) -> None:
    # Brackets in a text are no brackets; were the escape cut in two, the text would end with it.
    for shift in range(len(escapes) + 2):
        text = b"x" * (AT_ONCE - 1 - shift) + escapes + b"[" * 300
        check_nesting(b'"' + text + b'"')


def test_brackets_beyond_the_first_stretch_are_counted() -> None:
    with pytest.raises(UnreadableError, match="nested deeper"):
        check_nesting(b'["' + b"x" * AT_ONCE + b'",' + b"[" * 300 + b"]" * 301)


def test_more_texts_than_are_taken_away_at_once() -> None:
    check_nesting(b"[" + b",".join([b'"["'] * (2 * _TEXTS + 1)) + b"]")
