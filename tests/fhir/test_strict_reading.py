"""What a body must be before anything is read from it (J02 to J25)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UnreadableError
from app.fhir.strict import check_nesting, check_structure, check_text, read_small
from tests.fhir.records import (
    READER,
    Json,
    bundle,
    condition,
    entry,
    observation,
    patient,
    reference,
    spinal_lesion,
    structure,
)

GOOD = bundle([patient(), *spinal_lesion("T11")])


def with_member(member: str) -> bytes:
    """A Bundle with one more member, given as JSON."""
    return b'{"resourceType": "Bundle", "entry": [], "extra": ' + member.encode() + b"}"


def with_extension(member: str) -> bytes:
    """The same inside a resource that is read, in a member that is not."""
    body = bundle([patient(), condition("c", "T11", note=918273)])
    return body.replace(b"918273", member.encode())


def refused(body: bytes) -> str:
    with pytest.raises(UnreadableError) as caught:
        READER.bundle(body)
    assert caught.value.status == 400
    return caught.value.message


def test_a_good_body_is_read() -> None:
    assert READER.bundle(GOOD).patient == "p1"


# -- text ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b" ", b"\n\t \r\n"])
def test_j02_an_empty_body_is_refused(body: bytes) -> None:
    assert "empty" in refused(body)


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"42", b"true", b'[{"resourceType": "Bundle"}]'])
def test_j03_anything_but_an_object_is_refused(body: bytes) -> None:
    refused(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"resourceType":',
        b'{"resourceType": "Bundle"',
        GOOD[:-1],
        GOOD[: len(GOOD) // 2],
        GOOD + b"x",
        GOOD + b"}",
        GOOD + b" " + GOOD,
        GOOD + b"\x00",
        b'{"resourceType": "Bundle",}',
        b"{'resourceType': 'Bundle'}",
        b'{"resourceType": "Bundle"} // x',
        b'{resourceType: "Bundle"}',
        b'{"resourceType": "Bundle", "total": 007}',
        b"<Bundle/>",
    ],
)
def test_j04_j05_j06_what_is_no_json_is_refused(body: bytes) -> None:
    message = refused(body)
    assert "p1" not in message
    assert "resourceType" not in message


@pytest.mark.parametrize(
    "kind", ["Patient", "Condition", "Observation", "OperationOutcome", "Encounter", "x", ""]
)
def test_a_resource_that_is_no_bundle_is_refused(kind: str) -> None:
    assert "Bundle" in refused(json.dumps({"resourceType": kind, "id": "p1"}).encode())


def test_an_object_that_is_no_resource_is_refused() -> None:
    refused(b'{"entry": []}')
    refused(b'{"resourceType": 7}')


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])
def test_j14_a_byte_order_mark_is_refused(mark: bytes) -> None:
    assert "byte order mark" in refused(mark + GOOD)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32-be"])
def test_j14_other_encodings_are_refused(encoding: str) -> None:
    refused(GOOD.decode().encode(encoding))


@pytest.mark.parametrize(
    "raw", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x82", b"\xf5\x80\x80\x80", b"\x80"]
)
def test_j16_what_is_not_utf_8_is_refused(raw: bytes) -> None:
    assert "UTF-8" in refused(with_member('"x"').replace(b'"x"', b'"' + raw + b'"'))


@pytest.mark.parametrize("text", ["ž", "漢", "\U0001d538", "e\u0301", "\u202e", "\ufeff"])
def test_other_letters_are_read(text: str) -> None:
    READER.bundle(with_member(json.dumps(text, ensure_ascii=False)))
    READER.bundle(with_member(json.dumps(text)))


@pytest.mark.parametrize(
    "text",
    [
        r"\ud800",
        r"\udc00",
        r"\uD800",
        r"\uDFFF",
        r"a\ud83dz",
        r"\ude00\ud83d",
        r"\ud83d\ud83d\ude00",
        r"\ud83d\ude00\ude00",
        r"\\\ud800",
        r"\ud800\\udc00",
        r"\\ud83d\ude00",
        r"\ud800\u0041",
    ],
)
def test_j11_half_of_a_character_is_refused(text: str) -> None:
    refused(with_member(f'"{text}"'))
    refused(with_extension(f'"{text}"'))


@pytest.mark.parametrize(
    "text", [r"\ud83d\ude00", r"\\ud800", r"\\\\udc00", r"\ud83d\ude00\ud83d\ude00", r"\\u"]
)
def test_j11_whole_characters_are_read(text: str) -> None:
    assert READER.bundle(with_member(f'"{text}"')).patient is None
    assert READER.bundle(with_extension(f'"{text}"')).patient == "p1"


@given(st.text())
def test_every_text_that_json_can_write_is_read(text: str) -> None:
    assert READER.bundle(with_extension(json.dumps(text))).patient == "p1"


# -- numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "nan", "inf", "0x10", "01", "+1", ".5", "1.", "1e"]
)
def test_j08_what_is_no_json_number_is_refused(number: str) -> None:
    refused(with_member(number))
    refused(with_extension(number))


def measured(number: str) -> bytes:
    held = observation("o", "vertebral-height-loss", {"valueQuantity": {"value": 918273, "code": "%"}})
    return bundle([patient(), held]).replace(b"918273", number.encode())


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 5000])
def test_j08_j19_a_number_beyond_every_parser_is_refused(number: str) -> None:
    assert "too large" in refused(measured(number))


@pytest.mark.parametrize("number", [str(2**64), "1e300", "1e-300", "-1e30"])
def test_j20_a_number_out_of_range_never_becomes_another(number: str) -> None:
    assert READER.bundle(measured(number)).entries == []
    assert READER.bundle(measured(number)).gaps


@pytest.mark.parametrize("number", ["1e400", "9" * 5000])
def test_j08_j19_a_total_of_a_bundle_out_of_range_never_becomes_another(number: str) -> None:
    body = b'{"resourceType": "Bundle", "total": ' + number.encode() + b"}"
    try:
        record = READER.bundle(body)
    except UnreadableError:
        return
    assert record.unavailable


# -- depth --------------------------------------------------------------------------------------------


def nested(depth: int, opening: str = "[", closing: str = "]", core: str = "") -> bytes:
    """A Bundle nested as deep as told, itself included."""
    return with_member(opening * (depth - 1) + core + closing * (depth - 1))


@pytest.mark.parametrize(
    ("opening", "closing", "core"),
    [("[", "]", ""), ('{"x":', "}", "1"), ("[1,", ",2]", "3"), ('["]",', ',"["]', "3")],
    ids=["lists", "objects", "between values", "beside brackets in texts"],
)
def test_j17_depth_100_is_read(opening: str, closing: str, core: str) -> None:
    READER.bundle(nested(100, opening, closing, core))


@pytest.mark.parametrize(
    ("opening", "closing", "core"),
    [("[", "]", ""), ('{"x":', "}", "1"), ("[1,", ",2]", "3")],
    ids=["lists", "objects", "between values"],
)
@pytest.mark.parametrize("depth", [101, 150, 5000])
def test_j17_depth_101_is_refused(opening: str, closing: str, core: str, depth: int) -> None:
    assert "deep" in refused(nested(depth, opening, closing, core)) or depth > 1000


@pytest.mark.parametrize(
    ("opening", "closing"), [('["]",', ',"["]'), ('{"}": 1, "x":', ', "{": 1}'), ('["]","x",', ',"["]')]
)
def test_j17_brackets_in_texts_hide_no_depth(opening: str, closing: str) -> None:
    refused(nested(150, opening, closing, "1"))


@pytest.mark.parametrize(
    "text", ["[" * 300, "]" * 300, "{" * 300, "[" * 150 + "]" * 150, '\\"[' * 200, "\\\\" + "[" * 200]
)
def test_j17_brackets_in_texts_do_not_count(text: str) -> None:
    READER.bundle(with_member(f'"{text}"'))
    READER.bundle(with_extension(f'"{text}"'))


def test_j17_a_million_brackets_are_refused() -> None:
    refused(b"[" * 1_000_000)
    refused(with_member("[" * 1_000_000))
    refused(b'{"resourceType":"Bundle","x":' * 300_000)


LAYERS = [("[", "]"), ('{"x":', "}"), ("[1,", ",[]]"), ('["]",', ',"["]'), ('{"}":1,"x":', ',"y":"{"}')]


@given(st.lists(st.sampled_from(LAYERS), min_size=97, max_size=103))
def test_j17_depth_is_measured_as_a_parser_does(layers: list[tuple[str, str]]) -> None:
    opening = "".join(before for before, _ in layers)
    closing = "".join(after for _, after in reversed(layers))
    deep = len(layers) + (layers[-1] == ("[1,", ",[]]")) > 100
    try:
        check_nesting(f"{opening}1{closing}".encode())
    except UnreadableError:
        assert deep
    else:
        assert not deep


@pytest.mark.parametrize("count", [500_002, 600_000])
def test_t11_too_many_values_are_refused(count: int) -> None:
    assert "values" in refused(with_member("[" + ",".join(["1"] * count) + "]"))


def test_t11_many_values_are_read() -> None:
    check_text(with_member("[" + ",".join(["1"] * 400_000) + "]"))


# -- names given twice --------------------------------------------------------------------------------

MINE, FOREIGN = '"subject": {"reference": "Patient/p1"}', '"subject": {"reference": "Patient/p2"}'
STRUCTURED = bundle([patient(), condition("c", "T11"), structure("b", "T11")])
# Text of a good body and the member that is put before it.
TWICE: dict[str, tuple[bytes, str, str]] = {
    "subject": (GOOD, MINE, FOREIGN),
    "the same subject": (GOOD, MINE, MINE),
    "subject in a lone resource": (bundle([condition("c", "T11")]), MINE, FOREIGN),
}


def twice(name: str) -> bytes:
    body, old, before = TWICE[name]
    assert old in body.decode()
    return body.decode().replace(old, f"{before}, {old}", 1).encode()


@pytest.mark.parametrize("name", TWICE)
def test_j10_a_repeated_name_is_refused(name: str) -> None:
    assert "twice" in refused(twice(name))


@pytest.mark.parametrize("name", [r"s\u0075bject", r"\u0073ubject", r"sub\u006Aect", r"\u0073\u0075bject"])
@pytest.mark.parametrize("swapped", [False, True])
def test_j10_a_repeated_name_with_escapes_is_refused(name: str, swapped: bool) -> None:
    escaped = FOREIGN.replace("subject", name)
    pair = [MINE, escaped] if swapped else [escaped, MINE]
    assert "twice" in refused(GOOD.decode().replace(MINE, ", ".join(pair), 1).encode())


def test_j10_a_name_with_escapes_that_stands_once_is_read() -> None:
    escaped = GOOD.decode().replace('"subject"', r'"s\u0075bject"').encode()
    assert len(READER.bundle(escaped).entries) == 5


def test_j10_a_name_that_stands_in_two_objects_is_no_fault() -> None:
    inner = observation("m", "spinal-pain", "pain-free")
    holder = observation("holder", "sins", None, contained=[inner], hasMember=[reference("#m")])
    assert len(READER.bundle(bundle([patient(), holder])).entries) == 1


def test_j10_a_name_within_a_text_is_no_fault() -> None:
    body = bundle([patient(), condition("c", "T11", note=[{"text": f"{FOREIGN}, {FOREIGN} \\u0073"}] * 5)])
    assert len(READER.bundle(body).diagnoses) == 1


def test_j10_a_repeated_subject_beside_a_damaged_entry_is_refused() -> None:
    body = bundle([5, patient(), condition("c", "T11")]).decode()
    assert "twice" in refused(body.replace(MINE, f"{FOREIGN}, {MINE}").encode())


# -- lines --------------------------------------------------------------------------------------------


def lines(*resources: Json | bytes) -> list[bytes]:
    return [r if isinstance(r, bytes) else json.dumps(r).encode() for r in resources]


def test_single_resources_are_read_as_one_record() -> None:
    record = READER.resources(lines(patient(), *spinal_lesion("T11")))
    assert (record.patient, len(record.entries), len(record.diagnoses)) == ("p1", 5, 1)
    assert record.gaps == ()


def test_a_bundle_among_single_resources_is_read() -> None:
    held = {"resourceType": "Bundle", "entry": [entry(condition("c", "T11"))]}
    assert len(READER.resources(lines(patient(), held)).diagnoses) == 1


def test_a_damaged_line_costs_itself_only_and_is_named() -> None:
    record = READER.resources(
        lines(patient(), condition("c", "T11"), condition("d", clinicalStatus="active"))
    )
    assert len(record.diagnoses) == 1
    assert [gap.need for gap in record.gaps] == ["conditions"]


@pytest.mark.parametrize("line", [b"", b"5", b"[]", b"{", b"\xff", twice("subject in a lone resource")])
def test_a_line_that_is_no_object_refuses_the_file(line: bytes) -> None:
    with pytest.raises(UnreadableError):
        READER.resources([*lines(patient()), line])


# -- the whole structure ------------------------------------------------------------------------------

MEANT = b'{"resourceType": "Observation", "valueQuantity": {"value": 5, "unit": "%"}, "status": "final"}'


def unreadable(body: bytes) -> str:
    with pytest.raises(UnreadableError) as caught:
        check_structure(body)
    return caught.value.message


@pytest.mark.parametrize(
    "body",
    [
        MEANT.replace(b'"value": 5', b'"value": 5, "value": 6'),
        MEANT.replace(b'"value": 5', b'"value": 5, "value": 5'),
        MEANT.replace(b'"unit"', rb'"\u0076alue": 6, "unit"'),
        MEANT.replace(b'"unit"', rb'"valu\u0065": "\u0022\u0022", "unit"'),
        MEANT.replace(b'"status"', b'"status": {"status": []}, "status"'),
        b'{"a": {"b": [[{"c": 1, "d": 2, "c": ""}]]}}',
        rb'{"\"": 1, "\"": 2}',
        '{"é": 1, "\\u00e9": 2}'.encode(),
    ],
)
def test_j10_any_name_twice_is_refused_at_any_depth(body: bytes) -> None:
    assert "twice" in unreadable(body)


@pytest.mark.parametrize(
    "body",
    [
        MEANT,
        rb'{"a": "\u0022", "b": "\u0022", "c": {"a": "\"", "b": ["a", "a"]}}',
        rb'{"a\\": 1, "a": 2, "A": 3, "a ": 4, "\u0061\u0061": 5}',
        b"{}",
        b"[[], {}, {}]",
        b'{"a": 18446744073709551616, "b": 1e308, "c": -0, "d": 1e-400}',
        b'{"a": ' + b"9" * 4_000 + b"}",
    ],
)
def test_j10_j20_what_says_each_thing_once_is_taken(body: bytes) -> None:
    check_structure(body)
    assert json.loads(body) is not None


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"9" * 5_000, b"-" + b"9" * 5_000])
def test_j08_j19_a_number_that_is_none_is_refused_where_nothing_reads_it(number: bytes) -> None:
    assert "too large" in unreadable(b'{"a": [{"b": ' + number + b"}]}")


LARGE = b", ".join(MEANT for _ in range(12_000))


@pytest.mark.parametrize("before", [b"", b'{"resourceType": "Bundle", "entry": ', b'{"a": {"b": [{"c": '])
@pytest.mark.parametrize("spoiled", [False, True])
def test_j10_a_large_body_is_read_part_by_part(before: bytes, spoiled: bool) -> None:
    inner = LARGE.replace(b'"final"', b'"final", "status": "x"', 1) if spoiled else LARGE
    behind = {b"": b"", b'{"resourceType": "Bundle", "entry": ': b"}", b'{"a": {"b": [{"c": ': b"}]}}"}[
        before
    ]
    body = before + b"[" + inner + b"]" + behind
    assert len(body) > 1_000_000
    if spoiled:
        assert "twice" in unreadable(body)
    else:
        check_structure(body)


@pytest.mark.parametrize(
    "again", [b'"entry": []', rb'"\u0065ntry": []', b'"total": 5, "total": 6', b'"entry": 0']
)
def test_j10_a_large_body_names_its_own_members_once(again: bytes) -> None:
    assert "twice" in unreadable(b'{"resourceType": "Bundle", "entry": [' + LARGE + b"], " + again + b"}")


@pytest.mark.parametrize("pattern", [b"[]", b"{}"])
def test_t11_too_many_lists_and_objects_are_refused(pattern: bytes) -> None:
    nests = b", ".join([b"[" * 60 + pattern + b"]" * 60] * 10_000)
    assert "values" in unreadable(b"[" + nests + b"]")


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_j10_whatever_a_library_writes_is_taken(document: object) -> None:
    for ascii_only in (True, False):
        body = json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "replace")
        check_structure(body)
        assert body


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_j15_a_small_body_in_another_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(UnreadableError):
        read_small('{"pain": "mechanical"}'.encode(encoding))
