"""What every body must be before anything is made of it: UTF-8, JSON, not too deep, not two-faced.

Readers differ in which of two equal names they keep, so that one body can be two patients or two findings.
Telling them apart name by name costs 13 ms for each megabyte in Python. What is read and written again has
lost the first of them, and is told by its quotes alone, at the speed of C; only a hit takes the slow path.

A large body is judged in a thread, beside others, and a call into C keeps all of them waiting: so none reads
more of it than a stretch or a part at once.
"""

import codecs
import json
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, NoReturn

import msgspec

from app.errors import UnreadableError
from app.fhir.parts import AT_ONCE, Apart, apart, kind, listed, together

MAX_DEPTH = 100
MAX_NODES = 500_000
_NO_MARK = bytes(byte for byte in range(256) if byte not in b'"[]{}')
_ONE_BRACKET = bytes.maketrans(b"{}", b"[]")
# An opening bracket as the byte of 1, a closing one as that of -1.
_STEPS = bytes.maketrans(b"[]", b"\x01\xff")
_ROUNDS = 16
_QUOTED = re.compile(rb'"[^"]*"')
# In a text in which no backslash stands for itself.
_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_ESCAPE = 6
# With an expression a stretch takes longer, and so do texts that are taken away.
_STRETCH = 250_000
_TEXTS = 100_000
_read = msgspec.json.Decoder().decode
_write = msgspec.json.Encoder().encode
_NOT_READ = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def check_body(body: bytes) -> None:
    """Refuse a body that is not UTF-8 text, or whose structure says two things or none.

    Raises:
        UnreadableError: it is not, or does.
    """
    check_text(body)
    check_structure(body)


def check_text(body: bytes) -> None:
    """Refuse a body that is not UTF-8 text without a byte order mark.

    Raises:
        UnreadableError: it is empty, has a byte order mark, is not UTF-8, or holds half a character.
    """
    if not body or body.isspace():
        raise UnreadableError("The body is empty: send a JSON object.")
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableError("The body begins with a byte order mark: send UTF-8 without one.")
    if not body.isascii():
        _check_encoding(body)
    # One sign is found several times as fast as three, and few bodies hold it.
    if b"\\" in body and (_holds(body, b"\\ud") or _holds(body, b"\\uD")):
        _check_surrogates(body)
    if len(body) > MAX_NODES and sum(body.count(b",", *ends) for ends in _stretches(body)) > MAX_NODES:
        raise _too_many()


def _check_encoding(body: bytes) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for begins, ends in _stretches(body):
            decoder.decode(body[begins:ends], final=ends == len(body))
    except UnicodeDecodeError:
        raise UnreadableError("The body is not UTF-8: send UTF-8.") from None


def _stretches(body: bytes) -> Iterator[tuple[int, int]]:
    """Where each stretch of a body begins and ends."""
    for begins in range(0, len(body), AT_ONCE):
        yield begins, min(begins + AT_ONCE, len(body))


def _holds(body: bytes, mark: bytes) -> bool:
    if len(body) <= AT_ONCE:
        return mark in body
    # What the end of a stretch cuts in two is found by the stretch before.
    return any(body.find(mark, begins, ends + len(mark) - 1) >= 0 for begins, ends in _stretches(body))


def _check_surrogates(body: bytes) -> None:
    if b"\\\\" in body:
        body = body.replace(b"\\\\", b"  ")
    begins = 0
    while begins < len(body):
        ends = begins + _STRETCH
        found = _LONE_SURROGATE.search(body, begins, ends)
        # What is cut off at the end of a stretch is judged in the next one.
        if found is not None and (found.end() + _ESCAPE <= ends or ends >= len(body)):
            raise UnreadableError("A text holds half of a character pair: send whole characters.")
        begins = ends - 2 * _ESCAPE


def check_structure(body: bytes) -> None:
    """Refuse a body that is nested too deep, repeats a name in an object, or holds a number that is none.

    Raises:
        UnreadableError: it does, or it is no JSON.
    """
    check_nesting(body)
    try:
        doubtful = (b"\\" in body and _holds(body, b"\\u0022")) or _may_repeat(body)
    except _NOT_READ:
        doubtful = True
    if doubtful:
        _read_strictly(body)


def _may_repeat(body: bytes) -> bool:
    """Whether an object may repeat a name; where it has too many parts to be told from them, it may.

    Args:
        body: JSON in which no quote is written as a number.

    Raises:
        msgspec.DecodeError: it is no JSON, or holds a number that Python's own parser has to judge.
    """
    if len(body) <= AT_ONCE:
        return _repeats(body)
    parts = apart(body)
    if parts is None:
        return kind(memoryview(body)) in b"[{" or _repeats(body)
    return _repeats_apart(parts)


def _repeats_apart(whole: Apart) -> bool:
    if whole.names is not None and len(set(whole.names)) < len(whole.names):
        return True
    small = [part for part in whole.parts if not isinstance(part, Apart)]
    return any(_repeats(listed(some)) for some in together(small)) or any(
        _repeats_apart(part) for part in whole.parts if isinstance(part, Apart)
    )


def _repeats(text: bytes) -> bool:
    """Whether an object repeats a name: then writing again what was read gives fewer quotes."""
    return text.count(b'"') != _write(_read(text)).count(b'"')


def check_nesting(body: bytes) -> None:
    """Refuse a body nested deeper than the limit, or with more objects and lists than values are taken.

    Only quotes and brackets are kept, texts are taken out, and then the innermost pairs are taken away
    round by round, each at the speed of C. What is left after as many rounds as records are deep is counted
    bracket by bracket: rounds enough for the limit would cost a hostile body a second for each 3 MB.

    Raises:
        UnreadableError: it is nested too deep, or holds too many of them.
    """
    # Four texts at a time and then one, which is the same at half the cost.
    marks = b"".join(map(_marks_of, _pieces(body))).replace(b'"' * 8, b"").replace(b'""', b"")
    while b'"' in marks:
        left = _QUOTED.sub(b"", marks, count=_TEXTS)
        if len(left) == len(marks):
            break
        marks = left
    if len(marks) > 2 * MAX_NODES:
        raise _too_many()
    for taken in range(_ROUNDS):
        # What is left can be no deeper than half its length.
        if len(marks) <= 2 * (MAX_DEPTH - taken):
            return
        left = marks.replace(b"[]", b"")
        if len(left) == len(marks):
            raise _too_deep()
        marks = left
    steps = memoryview(marks.translate(_STEPS)).cast("b")
    if max(accumulate(steps), default=0) > MAX_DEPTH - _ROUNDS:
        raise _too_deep()


def _pieces(body: bytes) -> Iterator[bytes]:
    """A body in pieces, of which none ends with a backslash: what that stands before is with it."""
    begins = 0
    while begins < len(body):
        ends = begins + AT_ONCE
        if body[ends - 1 : ends] == b"\\":
            ends = 1 + len(body) - len(body[ends:].lstrip(b"\\"))
        yield body[begins:ends]
        begins = ends


def _marks_of(piece: bytes) -> bytes:
    """The quotes and brackets of a piece, and no quote that belongs to a text."""
    if b"\\" in piece:
        piece = piece.replace(b"\\\\", b"").replace(b'\\"', b"")
    return piece.translate(_ONE_BRACKET, _NO_MARK)


def _too_many() -> UnreadableError:
    return UnreadableError(f"The body holds more than {MAX_NODES} values: send fewer.")


def _too_deep() -> UnreadableError:
    return UnreadableError(f"The body is nested deeper than {MAX_DEPTH}: flatten it.")


def read_small(body: bytes) -> Any:  # noqa: ANN401  JSON is any value
    """The value of a small body, read as strictly as JSON can be.

    Raises:
        UnreadableError: it is no JSON, repeats a name, is too deep, or holds a number that is none.
    """
    check_text(body)
    check_nesting(body)
    return _read_strictly(body)


def _read_strictly(body: bytes) -> Any:  # noqa: ANN401  as above
    try:
        # Of bytes it would guess the encoding, and read UTF-16.
        return json.loads(
            body.decode(),
            object_pairs_hook=_once,
            parse_constant=_refuse,
            parse_float=_finite,
            parse_int=_whole,
        )
    except (ValueError, RecursionError):
        raise UnreadableError("The body is not valid JSON: check its syntax.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnreadableError("An object holds the same name twice: send each name once.")
    return found


def _refuse(_token: str) -> NoReturn:
    raise UnreadableError("A number is NaN or infinite: send a finite number or leave it out.")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise UnreadableError(_TOO_LARGE)
    return value


def _whole(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise UnreadableError(_TOO_LARGE)
    return int(text)


_TOO_LARGE = "A number is too large: send a finite number or leave it out."
_MAX_DIGITS = 4_300
