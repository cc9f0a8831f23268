from collections.abc import Callable, Mapping
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.provenance import Age, Source
from app.engine.question import Answer
from app.engine.reading import Fact, Side
from app.knowledge import load
from app.knowledge.anatomy import LEVELS, SITES, Kind, Place, place_of, place_of_level, place_of_levels
from app.knowledge.histology import Primary, primary_of
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Patient
from app.knowledge.policy import Policy

SCORES = load(Policy()).patient_scores
ONE, TWO, MANY = "one", "two", "three-or-more"
ANYWHERE = {ONE, TWO, MANY}
EITHER = {"yes", "no"}
TUMOUR = "bone-lesion-quality"
PLACES = [*(place_of_level(level) for level in LEVELS), *(place_of(site) for site in SITES)]

Make = Callable[..., Fact]
Lesions = Callable[..., Lesion]


def primary(name: str) -> Primary:
    return primary_of([(name, Source(f"Condition/{name}"), True)])


def named(*places: str | Place) -> tuple[Lesion, ...]:
    """A lesion at each place, each with a Condition of its own."""
    return tuple(
        Lesion(str(n), _place(place), conditions=(f"Condition/{n}",)) for n, place in enumerate(places)
    )


def _place(name: str | Place) -> Place:
    if isinstance(name, Place):
        return name
    if name in LEVELS:
        return place_of_level(name)
    if "-" in name and name.split("-")[0] in LEVELS:
        return place_of_levels(name.split("-"))
    side, _, bone = name.partition(" ")
    return place_of(bone, Side(side)) if bone else place_of(name)


def answers(code: str, who: Patient) -> Mapping[str, Answer]:
    return SCORES[code].score.evaluate(SCORES[code].read(who)).answers


def remarks(code: str, who: Patient) -> dict[str, str]:
    one = SCORES[code]
    return {remark.key: remark.text for remark in one.remark(one.score.evaluate(one.read(who)))}


LEFT_RIB = place_of("rib", Side.LEFT)
# places -> options of the vertebral item, of the extraspinal item, of solitary
NONE_KNOWN = {"three-or-more", "one-or-two", "none"}
SOME = {"three-or-more", "one-or-two"}
COUNTS: list[tuple[str, tuple[str | Place, ...], set[str], set[str], set[str]]] = [
    ("nothing", (), ANYWHERE, NONE_KNOWN, EITHER),
    ("one vertebra", ("T10",), ANYWHERE, NONE_KNOWN, EITHER),
    ("two vertebrae", ("T10", "L3"), {TWO, MANY}, NONE_KNOWN, {"no"}),
    ("three vertebrae", ("T10", "L3", "C4"), {MANY}, NONE_KNOWN, {"no"}),
    ("four vertebrae", ("T10", "L3", "C4", "S1"), {MANY}, NONE_KNOWN, {"no"}),
    ("a vertebra, and its region", ("T10", "thoracic-spine"), ANYWHERE, NONE_KNOWN, EITHER),
    ("a vertebra, and another region", ("T10", "lumbar-spine"), {TWO, MANY}, NONE_KNOWN, {"no"}),
    ("a vertebra, and a stretch that holds it", ("T10", "T9-T10-T11"), ANYWHERE, NONE_KNOWN, EITHER),
    ("two vertebrae, and a stretch between them", ("T8", "L1", "T8-T9-L1"), {TWO, MANY}, NONE_KNOWN, {"no"}),
    ("two vertebrae, and the spine", ("T10", "L3", "spine"), {TWO, MANY}, NONE_KNOWN, {"no"}),
    ("a vertebra, and a lesion without a site", ("T10", Place()), ANYWHERE, NONE_KNOWN, EITHER),
    ("a lesion without a site", (Place(),), ANYWHERE, NONE_KNOWN, EITHER),
    ("a vertebra, and a site that was not read", ("T10", Place(unread="x")), ANYWHERE, NONE_KNOWN, EITHER),
    ("neighbouring vertebrae, each a diagnosis", ("T10", "T11"), {TWO, MANY}, NONE_KNOWN, {"no"}),
    ("the occiput is no vertebra", ("C0", "T10"), ANYWHERE, NONE_KNOWN, {"no"}),
    ("the coccyx is not counted as one", ("coccyx", "T10"), ANYWHERE, NONE_KNOWN, {"no"}),
    ("the coccyx may be its region", ("coccyx", "sacrococcygeal-region"), ANYWHERE, NONE_KNOWN, EITHER),
    ("one bone", ("left femur",), ANYWHERE, SOME, EITHER),
    ("two bones", ("left femur", "left humerus"), ANYWHERE, SOME, {"no"}),
    ("three bones", ("left femur", "left humerus", "right rib"), ANYWHERE, {MANY}, {"no"}),
    ("both sides of one bone", ("left femur", "right femur"), ANYWHERE, SOME, {"no"}),
    ("a bone, and the same without a side", ("left femur", "femur"), ANYWHERE, SOME, EITHER),
    ("a side, and both sides", ("left femur", "bilateral femur"), ANYWHERE, SOME, EITHER),
    ("a bone and its part", ("left femur", "left femoral-neck"), ANYWHERE, SOME, EITHER),
    ("a part, and the bone without a side", ("left femoral-neck", "femur"), ANYWHERE, SOME, EITHER),
    ("two parts of one bone", ("left femoral-head", "left femoral-shaft"), ANYWHERE, SOME, EITHER),
    ("parts of both femora", ("left femoral-head", "right femoral-shaft"), ANYWHERE, SOME, {"no"}),
    ("radius and ulna", ("left radius", "left ulna"), ANYWHERE, SOME, {"no"}),
    ("two parts of one innominate bone", ("left ilium", "left pubis"), ANYWHERE, SOME, EITHER),
    ("a rib, side not told, and a left one", ("rib", LEFT_RIB), ANYWHERE, SOME, EITHER),
    ("a bone of the upper limb, and the hand", ("left upper-limb-bone", "left hand"), ANYWHERE, SOME, EITHER),
    ("a bone of the upper limb, and a rib", ("left upper-limb-bone", "left rib"), ANYWHERE, SOME, {"no"}),
    ("a bone of the lower limb, and the foot", ("foot", "lower-limb-bone"), ANYWHERE, SOME, EITHER),
    ("limb bones, upper and lower", ("upper-limb-bone", "lower-limb-bone"), ANYWHERE, SOME, {"no"}),
    ("the bony pelvis may be the sacrum", ("bony-pelvis", "S1"), ANYWHERE, NONE_KNOWN, EITHER),
    ("the bony pelvis may be the ilium", ("bony-pelvis", "left ilium"), ANYWHERE, SOME, EITHER),
    ("the bony pelvis is no lumbar vertebra", ("bony-pelvis", "L5"), ANYWHERE, NONE_KNOWN, {"no"}),
    ("TC-03 T11 and a rib", ("T11", "rib"), ANYWHERE, SOME, {"no"}),
]


@pytest.mark.parametrize(
    ("places", "vertebral", "extraspinal", "solitary"),
    [pytest.param(*case[1:], id=case[0]) for case in COUNTS],
)
def test_lesions_are_the_least_there_are(
    places: tuple[str | Place, ...], vertebral: set[str], extraspinal: set[str], solitary: set[str]
) -> None:
    for order in permutations(named(*places)):
        who = Patient(lesions=order)
        found = answers("tokuhashi", who)
        assert set(found["vertebral"].possible) == vertebral
        assert set(found["extraspinal"].possible) == extraspinal
        bauer = answers("modified-bauer", who)["solitary"]
        assert (set(bauer.possible), bauer.recorded) == (solitary, bool(places))
        other = answers("rades-two-month", who)["other_bone"]
        assert set(other.possible) == (EITHER if extraspinal == NONE_KNOWN else {"yes"})


def test_a_count_that_stays_open_is_said_and_a_settled_one_is_not() -> None:
    two = Patient(lesions=named("T10", "L3"))
    assert "at least 2" in remarks("tokuhashi", two)["GEN-3"]
    assert "GEN-3" not in remarks("tokuhashi", Patient(lesions=named("T10", "L3", "C4")))
    found = answers("tokuhashi", two)["vertebral"]
    assert {source.reference for source in found.sources} == {"Condition/0", "Condition/1"}


def test_one_diagnosis_over_neighbouring_levels_may_be_one_lesion_of_two_vertebrae() -> None:
    def both(low: str, high: str) -> Patient:
        return Patient(
            lesions=tuple(
                Lesion(level, place_of_level(level), conditions=("Condition/1",)) for level in (low, high)
            )
        )

    assert answers("tokuhashi", both("T10", "T11"))["vertebral"].possible == (MANY, TWO)
    assert set(answers("modified-bauer", both("T10", "T11"))["solitary"].possible) == EITHER
    assert answers("modified-bauer", both("T10", "T12"))["solitary"].possible == ("no",)
    assert set(answers("modified-bauer", both("L5", "S1"))["solitary"].possible) == EITHER


@pytest.mark.parametrize(
    ("record", "counts"),
    [
        ({TUMOUR: "lesion-lytic"}, True),
        ({"lesion-diameter": "20"}, True),
        ({TUMOUR: "indeterminate"}, False),
        ({"spinal-pain": "pain-free"}, False),
        ({"vertebral-collapse": "collapse-present"}, False),
        ({"posterior-wall": "wall-intact"}, False),
    ],
)
def test_a_site_without_a_diagnosis_counts_only_where_a_finding_says_tumour(
    record: Mapping[str, str], counts: bool, lesion: Lesions
) -> None:
    who = Patient(lesions=(*named("T10"), lesion("L3", record)))
    assert set(answers("tokuhashi", who)["vertebral"].possible) == ({TWO, MANY} if counts else ANYWHERE)


@pytest.mark.parametrize("age", [Age.STALE, Age.UNDATED, Age.FUTURE])
def test_a_site_whose_tumour_finding_is_too_old_is_listed_and_not_counted(
    age: Age, lesion: Lesions, fact: Make
) -> None:
    old = fact(TUMOUR, "lesion-lytic", age=age)
    found = answers("tokuhashi", Patient(lesions=(*named("T10"), lesion("L3", {TUMOUR: [old]}))))["vertebral"]
    assert (set(found.possible), found.unused) == (ANYWHERE, (old.source,))
    alone = answers("tokuhashi", Patient(lesions=(lesion("L3", {TUMOUR: [old]}),)))["vertebral"]
    assert (alone.recorded, alone.unused) == (False, (old.source,))


def test_resolved_disease_and_osteoporotic_fractures_are_not_counted() -> None:
    resolved = Lesion("a", place_of_level("L1"), conditions=("Condition/a",), not_scored="resolved")
    brittle = Lesion("b", place_of_level("L2"), conditions=("Condition/b",), osteoporotic=True)
    who = Patient(lesions=(*named("T10"), resolved, brittle))
    assert set(answers("tokuhashi", who)["vertebral"].possible) == ANYWHERE
    assert set(answers("modified-bauer", who)["solitary"].possible) == EITHER


@pytest.mark.parametrize("name", ["bone", "sarcoma"])
def test_one_lesion_may_be_the_primary_itself_where_that_may_be_a_tumour_of_bone(name: str) -> None:
    def found(*places: str) -> set[str]:
        who = Patient(primary=primary(name), lesions=named(*places))
        return set(answers("tokuhashi", who)["vertebral"].possible)

    assert found("T10", "L3", "C4") == {TWO, MANY}
    assert found("T10", "L3", "C4", "T1") == {MANY}
    assert not answers("tokuhashi", Patient(primary=primary(name), lesions=named("T10")))[
        "vertebral"
    ].recorded


@given(st.lists(st.sampled_from(PLACES), max_size=7, unique=True), st.randoms())
def test_the_order_of_lesions_never_matters(places: list[Place], random: Random) -> None:
    lesions = list(named(*places))
    shuffled = list(lesions)
    random.shuffle(shuffled)
    for code in ("tokuhashi", "modified-bauer", "rades-two-month"):
        one, other = (answers(code, Patient(lesions=tuple(order))) for order in (lesions, shuffled))
        assert {i: a.possible for i, a in one.items()} == {i: a.possible for i, a in other.items()}


@given(st.lists(st.sampled_from(PLACES), max_size=7, unique=True))
def test_never_more_are_counted_than_are_recorded(places: list[Place]) -> None:
    found = answers("tokuhashi", Patient(lesions=named(*places)))
    spine = sum(place.kind is Kind.SPINE for place in places)
    if found["vertebral"].possible == (MANY,):
        assert spine >= 3
    if found["extraspinal"].possible == (MANY,):
        assert len(places) - spine >= 3
