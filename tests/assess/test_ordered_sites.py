"""Which lesions an order is for: by its site, by its reason, by its code, else the only one there is."""

import pytest

from app.assess.ordered.order import Order
from app.assess.ordered.sites import could_mean, meets, targets_of
from app.engine.reading import Side
from app.knowledge.anatomy import SNOMED, Place, place_of, place_of_level, place_of_levels
from app.knowledge.finding import LOINC
from app.knowledge.orderables import ORDERABLE_BY_CODE, OWN_ORDERABLES, Orderable
from tests.fhir.records import LEFT, RIGHT, Json, assessed, condition, observation, site, status_of

T11, L3 = condition("t11", "T11"), condition("l3", "L3")
LEFT_FEMUR, RIGHT_FEMUR = condition("left", site("femur", LEFT)), condition("right", site("femur", RIGHT))
FEMUR = condition("femur", "femur")
NOWHERE = condition("nowhere")
ILIUM, RIB = condition("ilium", site("ilium", LEFT)), condition("rib", site("rib", LEFT))
SACRUM = condition("s1", "S1")
RESOLVED = condition("t11", "T11", clinicalStatus=status_of("clinical", "resolved"))
REFUTED = condition("t11", "T11", verificationStatus=status_of("ver-status", "refuted"))
DEFICIT = observation("sign", "new-neurologic-deficit", "present", effectiveDateTime="2026-11-20T08:00:00Z")
UNREAD = Place(unread="text")

MRI_OF_THE_CHEST_SPINE = ORDERABLE_BY_CODE[LOINC, "24981-3"]
MRI_OF_THE_LOW_SPINE = ORDERABLE_BY_CODE[LOINC, "24967-2"]
MRI_OF_THE_SPINE = ORDERABLE_BY_CODE[LOINC, "30855-1"]
MRI = ORDERABLE_BY_CODE[SNOMED, "113091000"]
REFERRAL = ORDERABLE_BY_CODE[SNOMED, "306256000"]
PHYSIOTHERAPY = ORDERABLE_BY_CODE[SNOMED, "91251008"]
FIXATION_OF_FEMUR = ORDERABLE_BY_CODE[SNOMED, "11964008"]
WARFARIN = ORDERABLE_BY_CODE["http://www.nlm.nih.gov/research/umls/rxnorm", "11289"]


def at(name: str, side: Side | None = None) -> Place:
    """A place by the name of a level or a site."""
    return place_of_level(name) if name[1:].isdigit() else place_of(name, side)


def order(of: Orderable | str | None, *sites: Place | str, reason: tuple[str, ...] = ()) -> Order:
    """An order at its own sites, or where its code names one, there; a text is a technique."""
    orderable = OWN_ORDERABLES[of] if isinstance(of, str) else of
    places = tuple(at(one) if isinstance(one, str) else one for one in sites)
    sited = any(place.site is not None for place in places)
    if not places and orderable is not None and orderable.covers is not None:
        places = (orderable.covers,)
    conditions = tuple(f"Condition/{name}" for name in reason)
    return Order("ServiceRequest/o", orderable, places=places, sited=sited, conditions=conditions)


def at_lesions(asked: Order, *record: Json) -> set[str]:
    return {target.lesion.lesion.id for target in targets_of(asked, assessed(*record))}


def possible(asked: Order, *record: Json) -> set[str]:
    return {one.lesion.id for one in could_mean(asked, assessed(*record))}


# -- two places ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ordered", "lesion", "expected"),
    [
        ("T11", "T11", True),
        ("T11", "T10", False),
        ("T11", "T12", False),
        ("thoracic-spine", "T11", True),
        ("T11", "thoracic-spine", True),
        ("lumbar-spine", "T11", False),
        ("thoracolumbar-spine", "T11", True),
        ("thoracolumbar-spine", "C4", False),
        ("spine", "T11", True),
        ("spine", "S1", True),
        ("sacrum", "S2", True),
        ("sacrum", "L5", False),
        ("occiput", "C1", False),
        ("coccyx", "coccyx", True),
        ("coccyx", "T11", False),
        ("femur", "femoral-shaft", True),
        ("femoral-shaft", "femur", True),
        ("femoral-shaft", "peritrochanteric-femur", False),
        ("femur", "humerus", False),
        ("lower-limb-long-bone", "femoral-neck", True),
        ("pelvis", "acetabulum", True),
        ("acetabulum", "pelvis", True),
        ("ilium", "acetabulum", False),
        ("bony-pelvis", "sacrum", True),
        ("sacrum", "bony-pelvis", True),
        ("bony-pelvis", "ilium", True),
        ("pelvis", "rib", False),
        ("spine", "rib", False),
        ("femur", "T11", False),
    ],
)
def test_whether_an_order_can_be_at_a_lesion(ordered: str, lesion: str, expected: bool) -> None:
    assert meets(at(ordered), at(lesion)) is expected


L, R, BOTH = Side.LEFT, Side.RIGHT, Side.BILATERAL


@pytest.mark.parametrize(
    ("ordered", "lesion", "expected"),
    [
        (L, L, True),
        (L, R, False),
        (R, L, False),
        (L, None, True),
        (None, R, True),
        (None, None, True),
        (BOTH, L, True),
        (R, BOTH, True),
        (BOTH, BOTH, True),
    ],
)
@pytest.mark.parametrize(
    ("whole", "part"), [("femur", "femur"), ("femur", "femoral-shaft"), ("femoral-shaft", "femur")]
)
def test_a_side_that_is_not_told_is_either(
    whole: str, part: str, ordered: Side | None, lesion: Side | None, expected: bool
) -> None:
    assert meets(at(whole, ordered), at(part, lesion)) is expected


def test_a_lesion_without_a_site_may_be_anywhere() -> None:
    for place in (at("T11"), at("femur", Side.LEFT), at("rib")):
        assert meets(place, Place())


def test_several_levels_meet_where_they_share_one() -> None:
    assert meets(place_of_levels(["T10", "T11"]), at("T11"))
    assert not meets(place_of_levels(["T10", "T11"]), at("T12"))


# -- by its site ---------------------------------------------------------------------------------------------

VP, RT = "vertebroplasty", "conventional-radiotherapy"
SIDED = {side: at("femur", side) for side in (Side.LEFT, Side.RIGHT)}


@pytest.mark.parametrize(
    ("asked", "record", "expected"),
    [
        (order(VP, "T11"), [T11, L3], {"T11"}),
        (order(VP, "T11", "L3"), [T11, L3], {"T11", "L3"}),
        # The level next door is another lesion, and its card is not told.
        (order(VP, "T12"), [T11, L3], set()),
        (order(RT, "thoracic-spine"), [T11, L3], {"T11"}),
        (order(RT, "spine"), [T11, L3, LEFT_FEMUR], {"T11", "L3"}),
        (order(RT, SIDED[Side.LEFT]), [LEFT_FEMUR, RIGHT_FEMUR], {"left-femur"}),
        (order(RT, SIDED[Side.RIGHT]), [LEFT_FEMUR], set()),
        (order(RT, "femur"), [LEFT_FEMUR, RIGHT_FEMUR], {"left-femur", "right-femur"}),
        (order(RT, SIDED[Side.RIGHT]), [FEMUR], {"femur"}),
        (order(VP, "T11"), [NOWHERE], {"site-not-recorded"}),
        (order(VP, "T11"), [RESOLVED], set()),
        (order(VP, "T11"), [REFUTED], set()),
        (order(RT, "bony-pelvis"), [ILIUM, SACRUM, T11], {"left-ilium", "S1"}),
        (order(None, "T11"), [T11, L3], {"T11"}),
        # What the code names counts as a site, where the order has none.
        (order(MRI_OF_THE_CHEST_SPINE), [T11, L3], {"T11"}),
        (order(MRI_OF_THE_SPINE), [T11, L3, LEFT_FEMUR], {"T11", "L3"}),
        (order(FIXATION_OF_FEMUR), [LEFT_FEMUR, T11], {"left-femur"}),
        (order(FIXATION_OF_FEMUR, SIDED[Side.LEFT]), [LEFT_FEMUR, RIGHT_FEMUR], {"left-femur"}),
        (order(MRI_OF_THE_LOW_SPINE), [T11], set()),
    ],
)
def test_an_order_is_for_the_lesions_at_its_site(
    asked: Order, record: list[Json], expected: set[str]
) -> None:
    assert at_lesions(asked, *record) == expected
    assert not any(target.assumed for target in targets_of(asked, assessed(*record)))


def test_the_place_of_an_order_never_hides_a_level_that_its_region_holds() -> None:
    for level in ("T1", "T6", "T12"):
        record = condition("one", level)
        assert at_lesions(order(RT, "thoracic-spine"), record) == {level}
        assert at_lesions(order(RT, level), condition("region", "thoracic-spine"))


# -- by its reason -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "record", "expected"),
    [
        (order(VP, reason=("t11",)), [T11, L3], {"T11"}),
        (order(VP, reason=("t11", "l3")), [T11, L3], {"T11", "L3"}),
        (order(MRI, reason=("l3",)), [T11, L3], {"L3"}),
        (order(REFERRAL, reason=("l3",)), [T11, L3], {"L3"}),
        (order(PHYSIOTHERAPY, reason=("left",)), [LEFT_FEMUR, T11], {"left-femur"}),
        (order(VP, UNREAD, reason=("t11",)), [T11, L3], {"T11"}),
        # The reason is narrower than what the code names.
        (order(MRI_OF_THE_SPINE, reason=("l3",)), [T11, L3], {"L3"}),
        (order(FIXATION_OF_FEMUR, reason=("left",)), [LEFT_FEMUR, RIGHT_FEMUR], {"left-femur"}),
        (order(VP, reason=("primary",)), [T11, L3, condition("primary", code="254837009")], set()),
        # A lesion that is over is the reason for nothing at another one.
        (order(VP, reason=("t11",)), [RESOLVED, L3], set()),
    ],
)
def test_an_order_is_for_the_lesion_that_is_its_reason(
    asked: Order, record: list[Json], expected: set[str]
) -> None:
    assert at_lesions(asked, *record) == expected


def test_a_site_and_a_reason_that_exclude_each_other_are_both_told() -> None:
    found = {one.lesion.lesion.id: one for one in targets_of(
        order(VP, "L3", reason=("t11",)), assessed(T11, L3))}  # fmt: skip
    assert found.keys() == {"T11", "L3"}
    assert (found["T11"].by_reason, found["T11"].elsewhere) == (True, "L3")
    assert (found["L3"].by_reason, found["L3"].elsewhere) == (False, None)


def test_a_site_elsewhere_is_told_where_no_lesion_is_at_it() -> None:
    (only,) = targets_of(order(VP, "T12", reason=("t11",)), assessed(T11, L3))
    assert (only.lesion.lesion.id, only.elsewhere) == ("T11", "T12")


def test_the_wrong_side_is_told_too() -> None:
    (only,) = targets_of(order(RT, SIDED[Side.RIGHT], reason=("left",)), assessed(LEFT_FEMUR))
    assert (only.lesion.lesion.id, only.elsewhere) == ("left-femur", "Right femur")


def test_a_site_that_the_reason_has_too_is_no_contradiction() -> None:
    """One Condition of two levels is the reason for what is done at one of them."""
    both = condition("both", "T11", "L3")
    (only,) = targets_of(order(VP, "L3", reason=("both",)), assessed(both))
    assert (only.lesion.lesion.id, only.by_reason, only.elsewhere) == ("L3", True, None)


# -- the only one there is -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "record", "expected"),
    [
        (order(VP), [T11], {"T11"}),
        (order(VP), [T11, LEFT_FEMUR, RIB], {"T11"}),
        (order("spinal-decompression"), [L3, LEFT_FEMUR], {"L3"}),
        (order("prophylactic-fixation"), [T11, LEFT_FEMUR], {"left-femur"}),
        (order(RT), [T11], {"T11"}),
        (order("cryoablation"), [ILIUM], {"left-ilium"}),
        (order(PHYSIOTHERAPY), [T11], {"T11"}),
        # Cement of a bone that is not told is for either.
        (order("cementoplasty"), [T11, ILIUM], set()),
        (order(VP), [T11, L3], set()),
        (order(VP), [LEFT_FEMUR], set()),
        (order("prophylactic-fixation"), [T11], set()),
        (order(VP), [], set()),
        (order(VP), [RESOLVED], set()),
        # Where a site is told in words, nothing is assumed.
        (order(VP, UNREAD), [T11], set()),
        # What is no treatment of a bone is for no lesion.
        (order(MRI), [T11], set()),
        (order(REFERRAL), [T11], set()),
        (order(WARFARIN), [T11], set()),
        (order(None), [T11], set()),
    ],
)
def test_an_order_without_a_site_is_for_the_only_lesion_it_can_be_for(
    asked: Order, record: list[Json], expected: set[str]
) -> None:
    found = targets_of(asked, assessed(*record))
    assert {one.lesion.lesion.id for one in found} == expected
    assert all(one.assumed for one in found)


@pytest.mark.parametrize(
    ("asked", "record", "expected"),
    [
        (order(VP), [T11, L3], {"T11", "L3"}),
        (order(VP), [T11, L3, LEFT_FEMUR], {"T11", "L3"}),
        (order(VP, UNREAD), [T11], {"T11"}),
        (order(VP, UNREAD), [T11, LEFT_FEMUR], {"T11"}),
        (order(RT), [T11, LEFT_FEMUR], {"T11", "left-femur"}),
        (order("prophylactic-fixation"), [LEFT_FEMUR, RIGHT_FEMUR, T11], {"left-femur", "right-femur"}),
        (order(VP, reason=("elsewhere",)), [T11, L3], {"T11", "L3"}),
        # Its reason is a lesion that is over, and no other is meant.
        (order(VP, reason=("t11",)), [RESOLVED, L3], set()),
        # Physiotherapy is asked for its site where a bone is at risk: of these nothing is known.
        (order(PHYSIOTHERAPY), [T11, L3], {"T11", "L3"}),
        (order(PHYSIOTHERAPY), [ILIUM, RIB], set()),
        # Judged already, or at a site that is known.
        (order(VP), [T11], set()),
        (order(VP, "T11"), [T11, L3], set()),
        (order(VP, "C4"), [T11, L3], set()),
        (order(VP, reason=("t11",)), [T11, L3], set()),
        (order(VP), [LEFT_FEMUR], set()),
        (order(VP), [], set()),
        (order(VP), [RESOLVED], set()),
        (order(MRI), [T11, L3], set()),
        (order(REFERRAL), [T11, L3], set()),
        (order(WARFARIN), [T11, L3], set()),
    ],
)
def test_an_order_that_could_be_for_several_lesions_is_for_none_and_told(
    asked: Order, record: list[Json], expected: set[str]
) -> None:
    assert possible(asked, *record) == expected


# -- what cannot wait ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [order(MRI_OF_THE_LOW_SPINE), order(MRI_OF_THE_LOW_SPINE, "L3")])
def test_imaging_of_another_part_of_the_spine_meets_the_emergency(asked: Order) -> None:
    assert at_lesions(asked, T11) == set()
    assert at_lesions(asked, T11, DEFICIT) == {"T11"}


@pytest.mark.parametrize("asked", [order(VP, "L3"), order(RT, "rib"), order(REFERRAL), order(MRI)])
def test_no_other_order_does(asked: Order) -> None:
    assert at_lesions(asked, T11, DEFICIT) == set()


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ([T11, L3], {"T11", "L3"}),
        ([L3, T11], {"T11", "L3"}),
        ([T11, T11], {"T11"}),
    ],
)
def test_the_order_of_a_record_never_matters(record: list[Json], expected: set[str]) -> None:
    assert at_lesions(order(RT, "spine"), *record) == expected
