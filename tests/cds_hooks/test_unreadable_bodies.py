"""Bodies that are no JSON, or JSON that says two things (hardening J; checklist R1)."""

import json

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import hook_request
from tests.cds_hooks.record import observation, quantity, spinal_lesion

RECORD = [*spinal_lesion("T11"), observation("extra", "vertebral-height-loss", quantity(62))]
GOOD = json.dumps(hook_request(RECORD)).encode()
CANARY = "Zwykowska"


def nested(depth: int) -> bytes:
    """A good request with a member that makes it exactly so deep."""
    inner = "[" * (depth - 1) + "]" * (depth - 1)
    return GOOD[:-1] + f', "extension": {inner}}}'.encode()


def replaced(old: str, new: str) -> bytes:
    text = GOOD.decode()
    assert old in text, old
    return text.replace(old, new, 1).encode("utf-8", "surrogatepass")


UNREADABLE: dict[str, bytes] = {
    "J01 nothing": b"",
    "J02 blanks": b" \r\n\t ",
    "J03 null": b"null",
    "J03 array": b"[]",
    "J03 text": b'"x"',
    "J03 number": b"42",
    "J03 true": b"true",
    "J04 truncated": GOOD[: len(GOOD) // 2],
    "J04 begun": b'{"hook":',
    "J05 garbage behind": GOOD + b"x",
    "J05 two documents": GOOD + GOOD,
    "J06 trailing comma": GOOD[:-1] + b",}",
    "J06 comment": b"/* hello */" + GOOD,
    "J06 single quotes": GOOD.replace(b'"', b"'"),
    "J06 leading zero": replaced('"value": 62', '"value": 062'),
    "J06 plus sign": replaced('"value": 62', '"value": +62'),
    "J07 NaN": replaced('"value": 62', '"value": NaN'),
    "J07 Infinity": replaced('"value": 62', '"value": -Infinity'),
    "J07 NaN where nothing is read": GOOD[:-1] + b', "extension": {"a": NaN}}',
    "J11 half a pair": replaced('"status": "final"', r'"status": "\ud800"'),
    "J11 second half of a pair": replaced('"status": "final"', r'"status": "\udc00"'),
    "J11 half a pair where nothing is read": GOOD[:-1] + rb', "extension": {"a": "x\ud83d"}}',
    "J14 byte order mark": b"\xef\xbb\xbf" + GOOD,
    "J15 UTF-16": GOOD.decode().encode("utf-16"),
    "J15 UTF-16 without a mark": GOOD.decode().encode("utf-16-le"),
    "J16 invalid UTF-8": replaced('"final"', '"fin@l"').replace(b"@", b"\xff"),
    "J16 overlong": replaced('"final"', '"fin@l"').replace(b"@", b"\xc0\xaf"),
    "J16 half a character as bytes": replaced('"final"', '"fin\ud800l"'),
    "J16 invalid where nothing is read": GOOD[:-1] + b', "extension": {"a": "\xff"}}',
    "J17 101 deep": nested(101),
    "J17 900 deep": nested(900),
    "J17 100,000 deep": nested(100_000),
    "J18 control character in a text": replaced('"final"', '"fi\x00nal"'),
}


@pytest.mark.parametrize("name", sorted(UNREADABLE))
@pytest.mark.conforms("R1", "R77")
async def test_is_refused_and_not_repeated(ehr: Ehr, name: str) -> None:
    issues = await ehr.issues(UNREADABLE[name], 400)
    said = json.dumps(issues)
    assert "p-1" not in said
    assert "c-t11" not in said
    assert "line 1" not in said
    assert len(await ehr.cards(RECORD)) == 1


NUMBERS = {"J08 1e400": "1e400", "J08 -1e400": "-1e400", "J19 5,000 digits": "9" * 5_000}


@pytest.mark.parametrize("name", sorted(NUMBERS))
async def test_a_number_that_is_none_is_refused(ehr: Ehr, name: str) -> None:
    await ehr.issues(replaced('"value": 62', f'"value": {NUMBERS[name]}'), 400)


@pytest.mark.parametrize("number", ["18446744073709551616", "1e300", "0.1e-300", "62.0000000000000000001"])
async def test_j20_a_number_past_a_float_is_exact_or_refused(ehr: Ehr, number: str) -> None:
    response = await ehr.send(replaced('"value": 62', f'"value": {number}'))
    assert response.status_code in (200, 400)


async def test_j17_100_deep_is_taken(ehr: Ehr) -> None:
    assert (await ehr.send(nested(99))).status_code == 200


async def test_j22_many_odd_names_are_skipped(ehr: Ehr) -> None:
    extra = {f"{n * 2**61 - n:x}": n for n in range(100_000)}
    response = await ehr.send(hook_request(RECORD, extension=extra))
    assert response.status_code in (200, 400)


async def test_j21_too_many_values_are_refused(ehr: Ehr) -> None:
    await ehr.issues(GOOD[:-1] + b', "extension": [' + b"0," * 500_001 + b"0]}", 400)


@pytest.mark.parametrize(
    "text", ["é ü 語 🦴", r"\u00e9", r"\ud83e\uddb4", r"a\/b", r"\\ud800", r"\t\"\\", "\u2028\u202e\u200b"]
)
async def test_any_text_that_is_one_is_taken(ehr: Ehr, text: str) -> None:
    body = replaced('"status": "final"', f'"status": "final", "note": [{{"text": "{text}"}}]')
    assert (await ehr.send(body)).status_code == 200
