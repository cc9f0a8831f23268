"""What a record answers of NOMS: each input from what it names, none inferred from another (5.2, 5.3)."""

from collections.abc import Callable, Iterable, Mapping

import pytest

from app.engine.provenance import Age, Source
from app.engine.question import Answer, Item
from app.engine.reading import Fact
from app.knowledge import load
from app.knowledge.finding import INDETERMINATE
from app.knowledge.histology import Primary, primary_of
from app.knowledge.lesion import Lesion
from app.knowledge.pathway import PathwayResult
from app.knowledge.patient import Case, Patient
from app.knowledge.policy import Policy

PATHWAY = load(Policy()).pathways["noms"]
ITEMS: Mapping[str, Item] = {one.code: one for one in PATHWAY.inputs if isinstance(one, Item)}
LOW, HIGH = ("escc-0", "escc-1a", "escc-1b"), ("escc-2", "escc-3")
DECOMPRESS = "decompression-stabilisation-then-stereotactic-radiosurgery"
Record = Mapping[str, str | Iterable[str | Fact]]
Make = Callable[..., Lesion]
OF_PATIENT = {"myelopathy", "surgical-tolerance", "new-neurologic-deficit", "ecog"}
Build = Callable[..., Case]


def named(*histologies: str, confirmed: bool = True) -> Primary:
    return primary_of((code, Source(f"Condition/{code}"), confirmed) for code in histologies)


def rows(result: PathwayResult) -> list[str]:
    assert result.rows is not None
    return [row.id for row in result.rows.outcome.rows]


def treatments(result: PathwayResult) -> list[str]:
    assert result.rows is not None
    return [one.code for one in result.rows.outcome.treatments]


def keys(result: PathwayResult) -> set[str]:
    return {remark.key for remark in result.cautions}


@pytest.fixture
def case(lesion: Make) -> Build:
    def built(
        record: Record,
        *,
        place: str | None = "T10",
        totals: tuple[int, ...] = (),
        primary: Primary | None = None,
        **rest: object,
    ) -> Case:
        of_patient = {code: entries for code, entries in record.items() if code in OF_PATIENT}
        of_lesion = {code: entries for code, entries in record.items() if code not in OF_PATIENT}
        patient = Patient(facts=lesion(None, of_patient).facts, primary=primary or Primary())
        reached = {"sins": totals} if totals else {}
        return Case(lesion(place, of_lesion, **rest), patient, reached)

    return built


def read(case: Case, code: str) -> Answer:
    answer = PATHWAY.read(case)[code]
    assert isinstance(answer, Answer)
    return answer


# input, record -> options, recorded, conflicting
READ: list[tuple[str, Record, set[str], bool, bool]] = [
    ("escc", {"escc-grade": "escc-1b"}, {"escc-1b"}, True, False),
    ("escc", {"escc-grade": ["escc-1b", "escc-1b"]}, {"escc-1b"}, True, False),
    ("escc", {"escc-grade": ["escc-1b", "escc-2"]}, {"escc-1b", "escc-2"}, True, True),
    ("escc", {"escc-grade": "escc-1b|escc-1c"}, {"escc-1b", "escc-1c"}, True, False),
    ("escc", {"escc-grade": ["escc-1b|escc-1c", "escc-1c|escc-2"]}, {"escc-1c"}, True, False),
    ("escc", {"escc-grade": INDETERMINATE}, {*LOW, "escc-1c", *HIGH}, True, False),
    ("escc", {}, {*LOW, "escc-1c", *HIGH}, False, False),
    ("myelopathy", {"myelopathy": "present"}, {"present"}, True, False),
    ("myelopathy", {"myelopathy": "absent"}, {"absent"}, True, False),
    ("myelopathy", {"myelopathy": ["present", "absent"]}, {"present", "absent"}, True, True),
    ("myelopathy", {"myelopathy": INDETERMINATE}, {"present", "absent"}, True, False),
    ("myelopathy", {"new-neurologic-deficit": "present"}, {"present", "absent"}, False, False),
    ("systemic", {"surgical-tolerance": "surgery-able"}, {"surgery-able"}, True, False),
    ("systemic", {"surgical-tolerance": "surgery-unable"}, {"surgery-unable"}, True, False),
    ("systemic", {"ecog": "4"}, {"surgery-able", "surgery-unable"}, False, False),
    ("prior_radiation", {"prior-radiation": "present"}, {"present"}, True, False),
    ("prior_radiation", {"prior-radiation": "absent"}, {"absent"}, True, False),
    ("prior_radiation", {"prior-radiation": "present|absent"}, {"present", "absent"}, True, False),
    ("prior_radiation", {}, {"present", "absent"}, False, False),
]


@pytest.mark.parametrize(("code", "record", "possible", "recorded", "conflicting"), READ)
def test_what_a_record_answers(
    code: str, record: Record, possible: set[str], recorded: bool, conflicting: bool, case: Build
) -> None:
    found = read(case(record), code)
    assert (set(found.possible), found.recorded, found.conflicting) == (possible, recorded, conflicting)
    assert bool(found.sources) == recorded


@pytest.mark.parametrize(
    ("finding", "answer", "code"),
    [
        ("escc-grade", "escc-0", "escc"),
        ("myelopathy", "absent", "myelopathy"),
        ("surgical-tolerance", "surgery-able", "systemic"),
    ],
)
@pytest.mark.parametrize("age", [Age.STALE, Age.UNDATED, Age.FUTURE])
def test_what_is_stale_undated_or_future_does_not_count(
    finding: str, answer: str, code: str, age: Age, case: Build, fact: Callable[..., Fact]
) -> None:
    found = read(case({finding: [fact(finding, answer, age=age)]}), code)
    assert found.possible == ITEMS[code].codes
    assert not found.recorded
    assert len(found.unused) == 1


@pytest.mark.parametrize(
    ("primaries", "confirmed", "expected"),
    [
        (("breast",), True, {"sensitive"}),
        (("kidney",), True, {"resistant"}),
        (("breast", "prostate"), True, {"sensitive"}),
        (("breast", "kidney"), True, {"sensitive", "resistant"}),
        (("breast",), False, {"sensitive", "resistant"}),
        (("kidney",), False, {"sensitive", "resistant"}),
        (("thyroid",), True, {"sensitive", "resistant"}),
        (("unknown-primary",), True, {"sensitive", "resistant"}),
        (("other",), True, {"sensitive", "resistant"}),
    ],
)
def test_onc_2_the_class_is_that_of_the_recorded_primaries(
    primaries: tuple[str, ...], confirmed: bool, expected: set[str], case: Build
) -> None:
    found = read(case({}, primary=named(*primaries, confirmed=confirmed)), "radiosensitivity")
    assert set(found.possible) == expected
    assert found.recorded
    assert {source.reference for source in found.sources} == {f"Condition/{one}" for one in primaries}


def test_no_primary_is_recorded(case: Build) -> None:
    found = read(case({}), "radiosensitivity")
    assert (set(found.possible), found.recorded) == ({"sensitive", "resistant"}, False)


QUALITY: Record = {"bone-lesion-quality": "lesion-lytic"}
STABLE, BETWEEN, UNSTABLE = "stable", "potentially-unstable", "unstable"
# every total still reachable -> stability
TOTALS = [
    ((0,), {STABLE}),
    ((6,), {STABLE}),
    ((7,), {BETWEEN}),
    ((12,), {BETWEEN}),
    ((13,), {UNSTABLE}),
    ((18,), {UNSTABLE}),
    ((6, 7), {STABLE, BETWEEN}),
    ((12, 13), {BETWEEN, UNSTABLE}),
    # Totals with a gap: nothing between 7 and 12 is reachable.
    ((6, 13), {STABLE, UNSTABLE}),
    ((11, 13, 15), {BETWEEN, UNSTABLE}),
    (tuple(range(19)), {STABLE, BETWEEN, UNSTABLE}),
]


@pytest.mark.parametrize(("totals", "expected"), TOTALS)
def test_noms_x2_stability_is_the_categories_of_sins_still_reachable(
    totals: tuple[int, ...], expected: set[str], case: Build
) -> None:
    found = read(case(QUALITY, totals=totals), "stability")
    assert (set(found.possible), found.recorded) == (expected, True)


@pytest.mark.parametrize(
    ("instrumented", "totals", "expected"),
    [
        ("present", (3,), {STABLE, BETWEEN}),
        ("present|absent", (3,), {STABLE, BETWEEN}),
        (INDETERMINATE, (3,), {STABLE, BETWEEN}),
        ("absent", (3,), {STABLE}),
        ("present", (9,), {BETWEEN}),
        ("present", (14,), {UNSTABLE}),
    ],
)
def test_an_instrumented_segment_is_never_taken_as_stable(
    instrumented: str, totals: tuple[int, ...], expected: set[str], case: Build
) -> None:
    found = read(case({**QUALITY, "instrumented-segment": instrumented}, totals=totals), "stability")
    assert set(found.possible) == expected


def test_stability_is_recorded_only_where_something_of_sins_is(case: Build) -> None:
    assert not read(case({}), "stability").recorded
    located = read(case({}, totals=tuple(range(1, 17))), "stability")
    assert (located.possible, located.recorded) == (ITEMS["stability"].codes, False)
    found = read(case(QUALITY, totals=(6, 7)), "stability")
    assert [source.reference for source in found.sources] == [
        "Observation/bone-lesion-quality-lesion-lytic-fresh"
    ]


def test_stale_findings_of_sins_are_no_source_of_stability(case: Build, fact: Callable[..., Fact]) -> None:
    old = fact("bone-lesion-quality", "lesion-blastic", age=Age.STALE)
    found = read(case({"bone-lesion-quality": [old]}, totals=tuple(range(1, 17))), "stability")
    assert (found.possible, found.recorded, found.sources) == (ITEMS["stability"].codes, False, ())


def test_noms_x7_tolerance_of_surgery_is_never_inferred(case: Build) -> None:
    for ecog in ("0", "4"):
        result = PATHWAY.judge(PATHWAY.read(case({"ecog": ecog, "escc-grade": "escc-3"})))
        assert {"NOMS-7", "NOMS-8"} <= set(rows(result))
        assert "NOMS-X7" in keys(result)


def test_noms_x8_a_new_deficit_changes_no_row(case: Build) -> None:
    record: Record = {"escc-grade": "escc-2", "myelopathy": "absent"}
    one = PATHWAY.judge(PATHWAY.read(case(record)))
    other = PATHWAY.judge(PATHWAY.read(case({**record, "new-neurologic-deficit": "present"})))
    assert rows(one) == rows(other)
    assert any("Not before urgent findings" in text for text in PATHWAY.misuse)


@pytest.mark.parametrize(
    ("place", "osteoporotic", "expected"),
    [
        ("T10", False, True),
        ("sacrum", False, True),
        ("thoracic-spine", False, True),
        ("T10", True, False),
        ("femur", False, False),
        ("rib", False, False),
        ("pelvis", False, False),
        ("bony-pelvis", False, None),
        (None, False, None),
    ],
)
def test_noms_is_for_metastases_of_the_spine(
    place: str | None, osteoporotic: bool, expected: bool | None, case: Build
) -> None:
    found = PATHWAY.applies(case({}, place=place, osteoporotic=osteoporotic))
    assert found.applies is expected
    assert (found.reason is None) == (expected is True)


def test_a_whole_case_from_a_record(case: Build) -> None:
    record: Record = {
        "escc-grade": "escc-2",
        "myelopathy": "absent",
        "surgical-tolerance": "surgery-able",
        "prior-radiation": "absent",
        **QUALITY,
    }
    result = PATHWAY.judge(PATHWAY.read(case(record, totals=(9,), primary=named("kidney"))))
    assert (rows(result), treatments(result)) == (["NOMS-7", "NOMS-9"], [DECOMPRESS])
    assert (result.settled, result.missing) == (True, ())
