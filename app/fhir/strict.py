"""What every body must be before anything reads it: UTF-8, JSON, not too deep, not two-faced.

A full check for repeated names costs 13 ms for each megabyte in Python, so names that could change the
patient or the meaning are counted at the speed of C first, and only a hit takes the slow path.
"""

import json
import re
from typing import Any, NoReturn

from app.errors import UnreadableError

MAX_DEPTH = 100
MAX_NODES = 500_000
_NO_MARK = bytes(byte for byte in range(256) if byte not in b'"[]{}')
_ONE_BRACKET = bytes.maketrans(b"{}", b"[]")
_QUOTED = re.compile(rb'"[^"]*"')
_LONE_SURROGATE = re.compile(
    rb"(?<!\\)(?:\\\\)*(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)
_ESCAPED_LETTER = re.compile(rb"\\u00[4-7][0-9a-fA-F]")
_IDENTITY_NAMES = (b'"subject"', b'"patient"', b'"resourceType"')


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
        try:
            body.decode()
        except UnicodeDecodeError:
            raise UnreadableError("The body is not UTF-8: send UTF-8.") from None
    if b"\\" in body and b"\\u" in body and _LONE_SURROGATE.search(body):
        raise UnreadableError("A text holds half of a character pair: send whole characters.")
    if len(body) > MAX_NODES and body.count(b",") > MAX_NODES:
        raise UnreadableError(f"The body holds more than {MAX_NODES} values: send fewer.")


def check_depth(body: bytes) -> None:
    """Refuse a body nested deeper than the limit.

    Only quotes and brackets are kept, texts are taken out, and then the innermost pairs are taken away
    round by round: as many rounds as the body is deep, each at the speed of C.

    Raises:
        UnreadableError: it is nested too deep.
    """
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = body.translate(_ONE_BRACKET, _NO_MARK).replace(b'""', b"")
    if b'"' in marks:
        marks = _QUOTED.sub(b"", marks)
    for taken in range(MAX_DEPTH + 1):
        # What is left can be no deeper than half its length.
        if len(marks) <= 2 * (MAX_DEPTH - taken):
            return
        left = marks.replace(b"[]", b"")
        if len(left) == len(marks):
            break
        marks = left
    raise UnreadableError(f"The body is nested deeper than {MAX_DEPTH}: flatten it.")


def check_names(resource: bytes) -> None:
    """Refuse a resource in which a repeated name could change whose it is or what it means.

    Raises:
        UnreadableError: an object holds the same name twice.
    """
    for name in _IDENTITY_NAMES:
        if resource.count(name) > 1:
            read_small(resource)
            return
    if has_escaped_letters(resource):
        read_small(resource)


def has_escaped_letters(data: bytes) -> bool:
    """Whether letters are written as escapes, which can hide a name from a search for it."""
    return b"\\" in data and _ESCAPED_LETTER.search(data) is not None


def read_small(body: bytes) -> Any:  # noqa: ANN401  JSON is any value
    """The value of a small body, read as strictly as JSON can be.

    Raises:
        UnreadableError: it is no JSON, repeats a name, is too deep, or holds a number that is none.
    """
    check_text(body)
    check_depth(body)
    try:
        return json.loads(body, object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite)
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
        raise UnreadableError("A number is too large: send a finite number or leave it out.")
    return value
