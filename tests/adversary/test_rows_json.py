"""Bodies that are no JSON, or JSON that says two things, at every address that takes one (hardening J)."""

from collections.abc import Callable

import pytest

from tests.adversary.conftest import House
from tests.adversary.doors import ASSESSMENTS, MARK, Door, doubled, members, with_member
from tests.cds_hooks.hook_request import SERVICE

Spoil = Callable[[bytes], bytes]


def put(member: bytes) -> Spoil:
    """One member more, beside one that holds a person's name."""
    return lambda body: with_member(with_member(body, member), MARK)


def nested(depth: int, opening: bytes = b"[", closing: bytes = b"]", core: bytes = b"") -> Spoil:
    """A member that makes the whole exactly so deep."""
    return put(b'"x": ' + opening * (depth - 1) + core + closing * (depth - 1))


REFUSED: dict[str, Spoil] = {
    "J01 nothing": lambda _body: b"",
    "J02 blanks": lambda _body: b" \r\n\t ",
    "J03 null": lambda _body: b"null",
    "J03 array": lambda body: b"[" + body + b"]",
    "J03 text": lambda _body: b'"' + MARK.strip(b'"') + b'"',
    "J03 number": lambda _body: b"42",
    "J03 true": lambda _body: b"true",
    "J04 begun": lambda _body: b'{"hook":',
    "J04 truncated": lambda body: with_member(body, MARK)[:-1],
    "J05 garbage behind": lambda body: with_member(body, MARK) + b"x",
    "J05 two documents": lambda body: body + b"\n" + body,
    "J05 nothing behind": lambda body: body + b"\x00",
    "J06 trailing comma": lambda body: with_member(body, MARK)[:-1] + b",}",
    "J06 comment": lambda body: b"/* x */" + body,
    "J06 single quotes": put(b"'x': 1"),
    "J06 leading zero": put(b'"x": 007'),
    "J06 name without quotes": put(b"x: 1"),
    "J07 NaN": put(b'"x": NaN'),
    "J07 Infinity": put(b'"x": {"y": [-Infinity]}'),
    "J08 1e400": put(b'"x": 1e400'),
    "J08 -1e400 deep within": put(b'"x": [[{"y": -1e400}]]'),
    "J10 a name twice": put(b'"x": 1, "x": 1'),
    "J10 a name twice deep within": put(b'"x": [[{"y": 1, "z": {}, "y": 2}]]'),
    "J10 a name twice in escapes": put(rb'"x": {"status": 1, "st\u0061tus": 2}'),
    "J10 a name twice in capital escapes": put(rb'"x": {"/": 1, "\u002F": 2}'),
    "J10 an empty name twice": put(b'"x": {"": 1, "": 2}'),
    "J10 a name twice with quotes made up for": put(rb'"x": {"a": "\u0022\u0022", "a": "\u0022\u0022"}'),
    "J11 half a pair": put(rb'"x": "\ud800"'),
    "J11 half a pair as a name": put(rb'"\udc00": 1'),
    "J14 byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "J15 UTF-16": lambda body: body.decode().encode("utf-16"),
    "J15 UTF-16 without a mark": lambda body: body.decode().encode("utf-16-le"),
    "J16 invalid UTF-8": put(b'"x": "\xff"'),
    "J16 overlong": put(b'"x": "\xc0\xaf"'),
    "J16 half a pair as bytes": put(b'"x": "\xed\xa0\x80"'),
    "J16 cut short": lambda body: body[:-1] + b"\xe2\x82",
    "J17 101 deep": nested(101),
    "J17 101 objects deep": nested(101, b'{"x":', b"}", b"1"),
    "J17 900 deep": nested(900),
    "J17 30,000 deep": nested(30_000),
    "J17 only opened": lambda _body: b"[" * 60_000,
    "J18 control character": put(b'"x": "a\x00b"'),
    "J18 line break in a text": put(b'"x": "a\nb"'),
    "J19 5,000 digits": put(b'"x": ' + b"9" * 5_000),
    "J19 5,000 digits, negative": put(b'"x": [-' + b"9" * 5_000 + b"]"),
}


@pytest.mark.parametrize("row", REFUSED)
async def test_every_address_refuses(house: House, row: str) -> None:
    faults = [
        fault for door in house.doors for fault in await house.faults(door, REFUSED[row](door.body), (400,))
    ]
    assert faults == []
    assert await house.next_good() == []


def large(door: Door, body: bytes) -> tuple[int, ...]:
    """The statuses of a body whose members nobody knows."""
    if len(body) > door.limit:
        return (413,)
    return (422,) if door.strict else (door.answer,)


SKIPPED: dict[str, Spoil] = {
    "J17 100 deep": nested(100),
    "J20 2^64": put(b'"x": 18446744073709551616'),
    "J20 1e308": put(b'"x": 1e308'),
    "J20 1e-400": put(b'"x": 1e-400'),
    "J20 4,000 digits": put(b'"x": ' + b"9" * 4_000),
    "J22 names whose hashes collide": put(
        b'"x": {' + b", ".join(b'"%x": 1' % (n * (2**61 - 1)) for n in range(100_000)) + b"}"
    ),
    "J25 __proto__": put(b'"__proto__": {"x": 1}'),
    "J25 constructor": put(b'"constructor": {"prototype": {"x": 1}}'),
    "J25 extension": put(b'"extension": {"com.example.x": {"y": [1, null]}}'),
}


@pytest.mark.parametrize("row", SKIPPED)
async def test_every_address_reads_or_names(house: House, row: str) -> None:
    """What is JSON is skipped where members may be unknown, and named where they may not."""
    faults = []
    for door in house.doors:
        body = SKIPPED[row](door.body)
        faults += await house.faults(door, body, large(door, body))
    assert faults == []
    assert await house.next_good() == []


# J10 at every depth: whose it is, what it is, and what it says.
# Where the last of the two contradicts the rest, that may be what is told.
REFUSALS = (400,)
ANOTHER = {"reference": "Patient/p-2"}


@pytest.mark.parametrize("first", [True, False], ids=["before", "behind"])
@pytest.mark.parametrize("escaped", [False, True], ids=["plain", "escaped"])
@pytest.mark.parametrize("path", [SERVICE, ASSESSMENTS])
async def test_j10_every_name_of_a_record_twice_is_refused(
    house: House, path: str, escaped: bool, first: bool
) -> None:
    door = next(door for door in house.doors if door.path == path)
    places = list(members(door.good))
    assert len(places) > 100
    faults = [
        f"{place}: {fault}"
        for place in places
        for fault in await house.faults(
            door, doubled(door.good, place, ANOTHER, escaped=escaped, first=first), REFUSALS
        )
    ]
    assert faults == []


@pytest.mark.parametrize("escaped", [False, True], ids=["plain", "escaped"])
async def test_j10_every_name_of_every_other_body_twice_is_refused(house: House, escaped: bool) -> None:
    faults = [
        f"{place}: {fault}"
        for door in house.doors
        for place in list(members(door.good))[:: 1 if len(door.good) < 20 else 7]
        for first in (True, False)
        for fault in await house.faults(
            door, doubled(door.good, place, None, escaped=escaped, first=first), REFUSALS
        )
    ]
    assert faults == []


async def test_j20_no_number_becomes_another(house: House) -> None:
    (door,) = (door for door in house.doors if door.path == "/api/v1/pathways/augmentation")
    faults = []
    for number in (b"18446744073709551616", b"1e308", b"-1e30", b"1e-400x"):
        statuses = (400,) if number.endswith(b"x") else (422,)
        faults += await house.faults(door, b'{"platelets": ' + number + b"}", statuses)
    assert faults == []
    response = await house.client.post(door.path, content=b'{"platelets": 49.999999999999}')
    assert response.status_code == 415
