"""What is said of an order at a lesion, and how heavy: by what is ordered and what is recorded (2 to 8)."""

from collections.abc import Sequence

import pytest

from app.assess.ordered import Ordered
from app.assess.ordered.order import Order
from app.knowledge.anatomy import SNOMED
from app.knowledge.instrument import Urgency
from app.knowledge.orderables import ORDERABLE_BY_CODE
from tests.assess.ordered_case import (
    ABLATION,
    CEMENT,
    EVERY_TREATMENT,
    FIRST,
    MIND,
    MIRELS_5,
    MIRELS_7,
    MIRELS_8,
    MIRELS_9,
    RADIOTHERAPY,
    SETTLED,
    SINS_1,
    SINS_6,
    SINS_7,
    SINS_12,
    SINS_13,
    SINS_16,
    SURGERY,
    at_t5,
    concerns,
    femur,
    judged,
    order,
    platelets,
    t5,
    weights,
)
from tests.fhir.records import (
    LEFT,
    WORST,
    Json,
    condition,
    observation,
    site,
)

# -- stability -----------------------------------------------------------------------------------------------

FIRST_AT: Sequence[tuple[str, list[Json], str, str | None]] = [
    ("1", SINS_1, "T5", None),
    ("6", SINS_6, "T5", None),
    ("7", SINS_7, "T5", "SINS-B2"),
    ("12", SINS_12, "T5", "SINS-B2"),
    ("13", SINS_13, "L3", "RED-5"),
    ("15", SINS_16, "T5", "RED-5"),
]


@pytest.mark.parametrize(("record", "level", "key"), [pytest.param(*rest, id=i) for i, *rest in FIRST_AT])
@pytest.mark.parametrize("code", [*CEMENT, *ABLATION, *RADIOTHERAPY, "physiotherapy", "embolisation"])
def test_a_spine_that_is_or_may_be_unstable_is_a_surgeons_question_first(
    code: str, record: list[Json], level: str, key: str | None
) -> None:
    found = {
        k: w for k, w in weights(record, order(code, level)).items() if k.startswith(("SINS-B", "RED-5"))
    }
    assert found == ({} if key is None else {key: FIRST})


@pytest.mark.parametrize("code", SURGERY)
@pytest.mark.parametrize(("record", "level"), [(SINS_7, "T5"), (SINS_13, "L3")])
def test_surgery_is_told_of_it_and_not_held_up(code: str, record: list[Json], level: str) -> None:
    found = {
        k: w for k, w in weights(record, order(code, level)).items() if k.startswith(("SINS-B", "RED-5"))
    }
    assert set(found.values()) == {MIND}


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ([condition("t5", "T5")], "not excluded"),
        (t5(spinal_pain=None, vertebral_collapse=None, bone_lesion_quality="lesion-lytic"), "not excluded"),
        (SINS_7, "potentially unstable by SINS 7"),
        (SINS_16, "unstable by SINS"),
    ],
)
@pytest.mark.parametrize("code", [*CEMENT, *ABLATION, *RADIOTHERAPY, "physiotherapy"])
def test_what_is_not_known_to_be_stable_is_not_taken_to_be(code: str, record: list[Json], said: str) -> None:
    heaviest = [one for one in concerns(record, order(code)) if one.weight is FIRST]
    assert any(said in one.headline for one in heaviest)


@pytest.mark.parametrize("code", CEMENT)
def test_cement_alone_is_never_the_answer_where_13_can_be_reached(code: str) -> None:
    for record in (SINS_16, [condition("t5", "T5")]):
        assert any("never cement alone" in one.headline for one in concerns(record, order(code)))
    assert any("surgical assessment" in one.headline for one in concerns(SINS_12, order(code)))
    assert not any("cement alone" in one.headline for one in concerns(SINS_6, order(code)))


@pytest.mark.parametrize("code", ABLATION)
def test_abl_9_ablation_never_answers_instability(code: str) -> None:
    assert any("ablation alone" in one.headline for one in concerns(SINS_16, order(code)))


@pytest.mark.parametrize("code", [*CEMENT, *ABLATION, *RADIOTHERAPY])
def test_what_stabilises_the_same_level_beside_it_answers_it(code: str) -> None:
    fixation = order("spinal-stabilisation")
    assert weights(SINS_16, order(code), fixation)["RED-5"] is MIND
    elsewhere = order("spinal-stabilisation", "L1")
    assert weights([*SINS_16, *t5(level="L1")], order(code), elsewhere)["RED-5"] is FIRST


@pytest.mark.parametrize("code", [*CEMENT, *ABLATION, *RADIOTHERAPY])
def test_what_stabilises_a_region_of_several_lesions_answers_it_at_none(code: str) -> None:
    two = [*SINS_16, *t5(WORST, level="T6")]
    assert weights(two, order(code), order("spinal-stabilisation", "thoracic-spine"))["RED-5"] is FIRST
    assert weights(SINS_16, order(code), order("spinal-stabilisation", "thoracic-spine"))["RED-5"] is MIND


def test_what_stabilises_two_levels_by_name_answers_it_at_both() -> None:
    two = [*SINS_16, *t5(WORST, level="T6")]
    screws = order("spinal-stabilisation", "T5", "T6")
    for level in ("T5", "T6"):
        assert weights(two, order("conventional-radiotherapy", level), screws)["RED-5"] is MIND


def test_physiotherapy_beside_an_operation_still_asks_the_surgeon() -> None:
    assert weights(SINS_16, order("physiotherapy"), order("spinal-stabilisation"))["RED-5"] is FIRST


def test_a_fusion_of_another_part_of_the_spine_does_not_answer_it() -> None:
    fusion = ORDERABLE_BY_CODE[SNOMED, "178541006"]
    places = () if fusion.covers is None else (fusion.covers,)
    cervical = Order("ServiceRequest/fusion", fusion, places=places)
    assert weights(SINS_16, order("vertebroplasty"), cervical)["RED-5"] is FIRST


# -- limbs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "key"), [(MIRELS_5, None), (MIRELS_7, None), (MIRELS_8, "MIR-N1"), (MIRELS_9, "MIR-B3")]
)
@pytest.mark.parametrize(
    "code", ["physiotherapy", "conventional-radiotherapy", "cementoplasty", "cryoablation"]
)
def test_a_bone_that_may_break_is_a_question_for_orthopaedic_oncology_first(
    code: str, record: list[Json], key: str | None
) -> None:
    found = {
        k: w
        for k, w in weights(record, order(code, "femoral-shaft")).items()
        if k.startswith(("MIR-B", "MIR-N"))
    }
    assert found == ({} if key is None else {key: FIRST})


@pytest.mark.parametrize("record", [MIRELS_5, MIRELS_7, MIRELS_8, MIRELS_9])
def test_fixation_is_told_the_score_and_not_held_up(record: list[Json]) -> None:
    found = concerns(record, order("prophylactic-fixation", "femoral-shaft"))
    assert any("Mirels" in one.headline for one in found)
    assert {one.weight for one in found if "Mirels" in one.headline} == {MIND}


@pytest.mark.parametrize(("axial", "warned"), [(29, False), (30, True), (31, True)])
@pytest.mark.parametrize("code", ["physiotherapy", "conventional-radiotherapy"])
def test_mir_r2_30_mm_of_cortex_warn_whatever_the_score(code: str, axial: float, warned: bool) -> None:
    found = concerns(femur("mild", "blastic", 10, axial), order(code, "femoral-shaft"))
    assert any(one.weight is FIRST and "Mirels" in one.headline for one in found) is warned


@pytest.mark.parametrize("code", ["physiotherapy", "conventional-radiotherapy", "cementoplasty"])
@pytest.mark.parametrize(("axial", "asked"), [(None, True), (5, False)])
def test_mir_r2_a_length_of_cortex_that_nobody_recorded_is_asked_for(
    code: str, axial: float | None, asked: bool
) -> None:
    found = weights(femur("mild", "blastic", 10, axial), order(code, "femoral-shaft"))
    assert found.get("MIR-R2") is (MIND if asked else None)


@pytest.mark.parametrize("code", ["physiotherapy", "conventional-radiotherapy", "cementoplasty"])
def test_mir_e7_a_fracture_that_is_there_is_no_impending_one(code: str) -> None:
    record = [*MIRELS_5, observation("broken", "pathological-fracture", "present",
                                     about=f"Condition/femur-{LEFT}")]  # fmt: skip
    assert weights(record, order(code, "femoral-shaft")).get("MIR-E7") is FIRST
    assert weights(record, order("prophylactic-fixation", "femoral-shaft")).get("MIR-E7") is MIND


# -- imaging, referrals and what no code explains ------------------------------------------------------------


@pytest.mark.parametrize("code", ["mri", "mri of the thoracic spine", "ct"])
def test_an_imaging_study_is_asked_for_what_is_open(code: str) -> None:
    (found,) = concerns([condition("t5", "T5")], order(code))
    assert (found.key, found.weight) == ("ORD-IMAGING", MIND)
    for item in ("bone lesion", "alignment", "collapse", "posterolateral"):
        assert item in found.text
    # Only magnetic resonance shows the canal; no image shows pain.
    assert ("epidural" in found.text) is code.startswith("mri")
    assert "pain" not in found.text


@pytest.mark.parametrize("code", ["mri", "ct", "referral"])
def test_where_nothing_is_open_nothing_is_said(code: str) -> None:
    assert judged([*SINS_16, *SETTLED], order(code)) == Ordered()


def test_a_referral_is_what_a_card_would_ask_for() -> None:
    assert judged([condition("t5", "T5")], order("referral")) == Ordered()


@pytest.mark.parametrize("coded", [True, False])
def test_an_order_that_no_code_explains_is_said_not_to_be_judged(coded: bool) -> None:
    (found,) = concerns(SINS_16, order(None, coded=coded))
    assert (found.key, found.weight) == ("ORD-CODE", MIND)
    assert ("by text only" in found.headline) is not coded
    assert "nothing was checked" in found.text


# -- what cannot wait ----------------------------------------------------------------------------------------

DEFICIT = observation("sign", "new-neurologic-deficit", "present", effectiveDateTime="2026-11-20T08:00:00Z")


@pytest.mark.parametrize("code", [*EVERY_TREATMENT, "referral", "mri", "ct", None])
def test_red_1_an_emergency_is_told_whatever_is_ordered(code: str | None) -> None:
    level = "femoral-shaft" if code == "prophylactic-fixation" else "T5"
    record = [*(MIRELS_5 if level == "femoral-shaft" else SINS_1), DEFICIT]
    found = judged(record, order(code, level))
    (at,) = found.lesions
    assert at.urgency is Urgency.EMERGENCY
    assert weights(record, order(code, level))["RED-1"] is FIRST


def test_red_1_a_study_of_less_than_the_whole_spine_is_too_little() -> None:
    for code in ("mri of the thoracic spine", "ct"):
        heads = [one.headline for one in concerns([*SINS_1, DEFICIT], order(code))]
        assert any("not the whole-spine MRI" in head for head in heads)
    heads = [one.headline for one in concerns([*SINS_1, DEFICIT], order("mri"))]
    assert not any("not the whole-spine MRI" in head for head in heads)


# -- all of them ---------------------------------------------------------------------------------------------


def test_a_stable_lesion_of_which_all_is_known_has_nothing_to_say_to_radiotherapy() -> None:
    assert judged([*SINS_1, *SETTLED], order("conventional-radiotherapy")) == Ordered()


@pytest.mark.parametrize("code", EVERY_TREATMENT)
def test_the_heaviest_comes_first_and_each_headline_once(code: str) -> None:
    record = [*SINS_16, platelets(20), at_t5("local-infection", "present")]
    twice = (order(code), order(code, name="again"))
    for at in judged(record, *twice).lesions:
        for one in at.orders:
            assert [c.weight for c in one.concerns] == sorted(c.weight for c in one.concerns)
        heads = [concern.headline for concern in at.concerns]
        assert len(set(heads)) == len(heads)


def test_what_is_not_selected_is_background() -> None:
    selected, background = order("warfarin"), order("vertebroplasty", selected=False)
    found = judged(SINS_16, selected, background)
    assert [one.order.reference for at in found.lesions for one in at.orders] == ["ServiceRequest/warfarin"]
    assert judged(SINS_16, order("vertebroplasty", selected=False)) == Ordered()


def test_every_concern_names_its_rule_and_where_it_comes_from() -> None:
    for code in EVERY_TREATMENT:
        for one in concerns([*SINS_16, platelets(20)], order(code)):
            assert one.key
            assert one.headline
            assert one.cites or one.key == "OPEN"


def test_the_lesion_that_cannot_wait_comes_first() -> None:
    record = [*t5(level="L3"), *t5(WORST), at_t5("local-infection", "present")]
    found = judged(record, order("vertebroplasty", "L3", name="a"), order("vertebroplasty", name="b"))
    assert [at.lesion.lesion.id for at in found.lesions] == ["T5", "L3"]
    ranks = [at.urgency.rank for at in found.lesions]
    assert ranks == sorted(ranks)


def test_orders_without_bone_lesions_are_nobodys_concern() -> None:
    assert judged([site_free for site_free in SETTLED if "bodySite" not in site_free],
                  order("vertebroplasty")) == Ordered()  # fmt: skip
    assert judged([condition("f", site("femur", LEFT))], order("vertebroplasty")) == Ordered()
