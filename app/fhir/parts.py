"""A large JSON text taken apart into its parts, by many short calls instead of a long one.

A call into C keeps everybody else in the process waiting until it returns, and one that lists the entries of
20 MB takes 30 milliseconds. msgspec says at which byte something follows a value that is complete: there that
value ends, and the next one is a call of its own. Were it to say so in other words, nothing would be taken
apart, which costs others a wait and changes no answer.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

Buffer = bytes | memoryview | msgspec.Raw

# A text beyond this many bytes is taken apart; a call reads about so many.
AT_ONCE = 500_000
# To find where a part ends costs 6 microseconds. The entries of the largest Bundle are fewer than these; what
# has more has small ones.
MOST_PARTS = 50_000
_skip = msgspec.json.Decoder(msgspec.Raw).decode
_name = msgspec.json.Decoder(str).decode
_write = msgspec.json.Encoder().encode
_FOLLOWED = re.compile(r"JSON is malformed: trailing characters \(byte ([0-9]+)\)")
_EMPTY = re.compile(rb"\[[ \t\r\n]*\]|\{[ \t\r\n]*\}")
_CLOSING = {b"{": b"}", b"[": b"]"}
# More than anybody indents by.
_WHITESPACE = 10_000


class Apart(NamedTuple):
    """An object or list that is large, in parts.

    Args:
        names: of an object's members, each as often as it stands; None for a list.
        parts: the values, as they are written; those that are large are taken apart themselves.
        text: all of it, as it is written.
    """

    names: list[str] | None
    parts: "list[memoryview | Apart]"
    text: memoryview

    def member(self, name: str) -> "memoryview | Apart | None":
        """The value of a member; None where an object has none, and in a list."""
        names = self.names or ()
        return self.parts[names.index(name)] if name in names else None

    def without(self, name: str) -> bytes:
        """The object as it is written, without one of its members."""
        members = zip(self.names or (), self.parts, strict=True)
        others = (_write(one) + b":" + written(part) for one, part in members if one != name)
        return b"{" + b",".join(others) + b"}"


def apart(text: Buffer, at_once: int = AT_ONCE) -> Apart | None:
    """A large object or list in parts; None where it is not large, is neither, or has too many parts.

    Args:
        text: UTF-8.
        at_once: beyond how many bytes a text is large.

    Raises:
        msgspec.DecodeError: it is no JSON, as far as was looked: what is not large is not looked into.
    """
    view = memoryview(text)
    if view.nbytes <= at_once or kind(view) not in _CLOSING:
        return None
    walk = _Walk(view, at_once)
    found, ends = walk.container(0)
    if walk.left < 0:
        return None
    if bytes(view[ends : ends + _WHITESPACE]).strip():
        raise msgspec.DecodeError(_NOT_SEPARATED)
    return found


def written(part: memoryview | Apart) -> memoryview:
    """A part as it is written."""
    return part.text if isinstance(part, Apart) else part


def kind(text: memoryview) -> bytes:
    """The first sign of a value: of an object its brace."""
    return bytes(text[:_WHITESPACE]).lstrip()[:1]


def together(parts: Sequence[Buffer]) -> Iterator[Sequence[Buffer]]:
    """The same parts, as many at a time as one call reads, and at least one."""
    begins = size = 0
    for number, part in enumerate(parts):
        length = memoryview(part).nbytes
        if size + length > AT_ONCE and number > begins:
            yield parts[begins:number]
            begins, size = number, 0
        size += length
    if begins < len(parts):
        yield parts[begins:]


def listed(parts: Sequence[Buffer]) -> bytes:
    """A list of values that are written."""
    return b"[" + b",".join(parts) + b"]"


_NOT_SEPARATED = "JSON is malformed: a separator is missing"


class _Walk:
    """A way through a text, from part to part.

    Args:
        view: the text.
        at_once: how far a call looks for the end of a part.
    """

    def __init__(self, view: memoryview, at_once: int) -> None:
        self._view = view
        self._at_once = at_once
        self.left = MOST_PARTS

    def container(self, begins: int) -> tuple[Apart, int]:
        """The object or list that begins at a place, in parts, and where it ends.

        Once there are too many parts, what comes back is nothing to go by.

        Raises:
            msgspec.DecodeError: it is no JSON.
        """
        view = self._view
        opening = kind(view[begins:])
        closing = _CLOSING[opening]
        names: list[str] | None = [] if opening == b"{" else None
        parts: list[memoryview | Apart] = []
        place = begins + bytes(view[begins : begins + _WHITESPACE]).index(opening)
        empty = _EMPTY.match(view, place)
        while empty is None and self.left >= 0:
            self.left -= 1
            place += 1
            if names is not None:
                ends = self._end(place)
                names.append(_name(view[place:ends]))
                self._expect(b":", ends)
                place = ends + 1
            part, place = self._part(place)
            parts.append(part)
            if view[place : place + 1] == closing:
                break
            self._expect(b",", place)
        ends = empty.end() if empty is not None else place + 1
        return Apart(names, parts, view[begins:ends]), ends

    def _part(self, begins: int) -> tuple[memoryview | Apart, int]:
        window = self._view[begins : begins + self._at_once]
        try:
            ends = _followed(window)
        except msgspec.DecodeError:
            # It goes on behind what was looked at, or is no JSON.
            if kind(window) in _CLOSING:
                part, ends = self.container(begins)
                return part, self._end_of_space(ends)
            ends = _followed(self._view[begins:])
        return self._view[begins : begins + ends], begins + ends

    def _end(self, begins: int) -> int:
        return begins + _followed(self._view[begins:])

    def _end_of_space(self, begins: int) -> int:
        behind = bytes(self._view[begins : begins + _WHITESPACE])
        return begins + len(behind) - len(behind.lstrip())

    def _expect(self, sign: bytes, place: int) -> None:
        if self._view[place : place + 1] != sign:
            raise msgspec.DecodeError(_NOT_SEPARATED)


def _followed(text: memoryview) -> int:
    """Where what follows the value at the beginning stands.

    Raises:
        msgspec.DecodeError: there is no whole value, or nothing follows it.
    """
    try:
        _skip(text)
    except msgspec.DecodeError as error:
        followed = _FOLLOWED.fullmatch(str(error))
        if followed is None:
            raise
        return int(followed[1]) - 1
    raise msgspec.DecodeError(_NOT_SEPARATED)
