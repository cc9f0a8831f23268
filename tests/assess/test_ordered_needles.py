"""What is said of cement and ablation that are ordered, and of medicines drafted beside them (3, 4)."""

from typing import Any

import pytest

from app.assess.ordered import Ordered
from app.assess.ordered.concern import Concern, Weight
from app.assess.ordered.order import Order
from app.knowledge.conditions import RXNORM
from tests.assess.ordered_case import (
    ABLATION,
    AGAINST,
    CEMENT,
    DEFERS,
    FORBIDS,
    MIND,
    OPEN,
    ORDERABLES,
    SETTLED,
    SINS_1,
    SINS_16,
    at_t5,
    concerns,
    femur,
    inr,
    judged,
    of_patient,
    order,
    platelets,
    t5,
    weights,
)
from tests.fhir.records import LEFT, PATIENT, RECENT, Json, concept, condition, reference, site

# -- before a needle -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "cement", "ablation"),
    [
        ([platelets(49)], {"AUG-EXC-4": DEFERS}, {"ABL-EXC-1": DEFERS}),
        ([platelets(50)], {}, {}),
        ([inr(1.5)], {}, {}),
        ([inr(1.6)], {"AUG-EXC-4": DEFERS}, {"ABL-EXC-1": DEFERS}),
        ([platelets(49), inr(1.6)], {"AUG-EXC-4": DEFERS}, {"ABL-EXC-1": DEFERS}),
        ([at_t5("local-infection", "present")], {"AUG-EXC-3": FORBIDS}, {}),
        ([of_patient("systemic-infection", "present")], {"AUG-EXC-3": FORBIDS}, {}),
        ([of_patient("active-bleeding", "present")], {"AUG-EXC-5": FORBIDS}, {}),
        ([of_patient("cement-allergy", "present")], {"AUG-EXC-6": FORBIDS}, {}),
    ],
)
def test_what_forbids_or_delays_a_needle_is_told_whatever_the_stability(
    record: list[Json], cement: dict[str, Weight], ablation: dict[str, Weight]
) -> None:
    for codes, expected in ((CEMENT, cement), (ABLATION, ablation)):
        for code in codes:
            for stability in (SINS_1, SINS_16):
                found = weights([*stability, *SETTLED, *record], order(code))
                assert {k: w for k, w in found.items() if w in (FORBIDS, DEFERS)} == expected


@pytest.mark.parametrize("code", CEMENT)
def test_aug_exc_1_signs_of_compression_forbid_cement(code: str) -> None:
    found = concerns([*SINS_1, of_patient("myelopathy", "present")], order(code))
    assert (found[0].key, found[0].weight) == ("AUG-EXC-1", FORBIDS)


def test_abl_1_contact_with_the_cord_excludes_ablation() -> None:
    for code in ABLATION:
        found = concerns([*SINS_1, at_t5("escc-grade", "escc-3")], order(code))
        assert (found[0].key, found[0].weight) == ("ABL-1-contact", FORBIDS)


@pytest.mark.parametrize("code", [*CEMENT, *ABLATION])
def test_what_is_not_recorded_and_would_forbid_or_delay_is_named(code: str) -> None:
    (found,) = [one for one in concerns(SINS_1, order(code)) if one.weight is OPEN]
    assert found.headline.startswith("open, and would forbid or defer: ")
    assert "not recorded" not in found.headline
    known = [*SINS_1, *SETTLED, platelets(200), inr(1.0)]
    text = " ".join(one.headline for one in concerns(known, order(code)) if one.weight is OPEN)
    assert "platelets" not in text
    assert "INR" not in text


@pytest.mark.parametrize(
    "code", ["conventional-radiotherapy", "spinal-stabilisation", "mri", "physiotherapy"]
)
def test_what_is_said_of_a_needle_is_not_said_of_other_orders(code: str) -> None:
    record = [*SINS_1, platelets(20), inr(3), of_patient("cement-allergy", "present")]
    assert not [key for key in weights(record, order(code)) if key.startswith(("AUG", "ABL", "OPEN"))]


@pytest.mark.parametrize(
    ("quality", "code", "challenging", "not_studied"),
    [
        ("lytic", "radiofrequency-ablation", None, False),
        ("mixed", "radiofrequency-ablation", AGAINST, False),
        ("blastic", "radiofrequency-ablation", AGAINST, True),
        ("blastic", "laser-ablation", AGAINST, False),
        ("lytic", "microwave-ablation", None, False),
        # Harder for every technique, and least for these two: the matrix favours them.
        ("blastic", "microwave-ablation", MIND, False),
        ("blastic", "cryoablation", MIND, False),
        ("blastic", "vertebroplasty", None, False),
    ],
)
def test_the_matrix_speaks_of_the_technique_that_is_ordered(
    quality: str, code: str, challenging: Weight | None, not_studied: bool
) -> None:
    record = [*t5(bone_lesion_quality=f"lesion-{quality}"), *SETTLED]
    found = {one.headline: one.weight for one in concerns(record, order(code))}
    told = [weight for headline, weight in found.items() if "more challenging" in headline]
    assert told == ([] if challenging is None else [challenging])
    assert any("not studied" in headline for headline in found) is not_studied


@pytest.mark.parametrize("code", ABLATION)
@pytest.mark.parametrize(
    ("label", "looked_at"),
    [
        ("infection", [at_t5("local-infection", "absent"), of_patient("systemic-infection", "absent")]),
        ("bleeding", [of_patient("active-bleeding", "absent")]),
    ],
)
def test_abl_exc_2_5_what_a_series_left_out_is_asked_for(
    code: str, label: str, looked_at: list[Json]
) -> None:
    known = [*SINS_1, *SETTLED, platelets(200), inr(1.0)]
    (found,) = [one for one in concerns(known, order(code)) if one.weight is OPEN]
    assert label in found.text
    then = [one for one in concerns([*known, *looked_at], order(code)) if one.weight is OPEN]
    assert all(label not in one.text for one in then)


@pytest.mark.parametrize("code", ABLATION)
def test_abl_exc_4_compression_is_asked_for_before_ablation(code: str) -> None:
    def asked(record: list[Json]) -> bool:
        return any("compression" in one.text for one in concerns(record, order(code)) if one.weight is OPEN)

    assert asked(SINS_1)
    assert not asked([*SINS_1, *SETTLED])


@pytest.mark.parametrize("code", CEMENT)
@pytest.mark.parametrize(("count", "told"), [(99, True), (100, False)])
def test_aug_rel_1_a_count_that_the_sources_disagree_on_is_told_as_such(
    code: str, count: float, told: bool
) -> None:
    found = [
        one
        for one in concerns([*SINS_1, *SETTLED, platelets(count), inr(1)], order(code))
        if one.key == "AUG-REL-1"
    ]
    assert [one.weight for one in found] == ([AGAINST] if told else [])
    assert all("platelets below 100" in one.headline for one in found)
    assert all("the sources disagree" in one.headline for one in found)


# -- cement outside the spine --------------------------------------------------------------------------------

SHAFT = femur("mild", "blastic", 10, 5)


OPEN_BOTH, LOW = "open, and would defer: platelets, INR", "to be deferred, platelets or INR"


@pytest.mark.parametrize(
    ("blood", "expected", "sources"),
    [
        ([], (OPEN, OPEN_BOTH), set()),
        ([platelets(50)], (OPEN, "open, and would defer: INR"), {"Observation/platelets"}),
        ([inr(1.5)], (OPEN, "open, and would defer: platelets"), {"Observation/inr"}),
        ([platelets(49)], (DEFERS, LOW), {"Observation/platelets"}),
        # What is as it should be is no reason to defer, and is not named as one.
        ([platelets(49), inr(1.5)], (DEFERS, LOW), {"Observation/platelets"}),
        ([platelets(50), inr(1.6)], (DEFERS, LOW), {"Observation/inr"}),
        ([platelets(49), inr(1.6)], (DEFERS, LOW), {"Observation/platelets", "Observation/inr"}),
        ([platelets(50), inr(1.5)], None, set()),
    ],
)
def test_ord_limits_clotting_before_cement_in_another_bone(
    blood: list[Json], expected: tuple[Weight, str] | None, sources: set[str]
) -> None:
    cement = order("cementoplasty", "femoral-shaft")
    found = [one for one in concerns([*SHAFT, *blood], cement) if one.key == "ORD-LIMITS"]
    assert [(one.weight, one.headline) for one in found] == ([] if expected is None else [expected])
    assert {source.reference for one in found for source in one.sources} == sources


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("cementoplasty", "T5"),
        ("vertebroplasty", "T5"),
        ("cryoablation", "femoral-shaft"),
        ("prophylactic-fixation", "femoral-shaft"),
        ("conventional-radiotherapy", "femoral-shaft"),
    ],
)
def test_ord_limits_is_for_cement_outside_the_spine_alone(code: str, place: str) -> None:
    record = [*SHAFT, *SINS_1, platelets(20), inr(3)]
    assert "ORD-LIMITS" not in weights(record, order(code, place))


def test_mir_r4_cement_in_the_proximal_femur_asks_what_its_risk_depends_on() -> None:
    proximal = condition("proximal", site("proximal-femur", LEFT))
    cement = order("cementoplasty", "peritrochanteric-femur")
    (asked,) = [one for one in concerns([proximal], cement) if one.key == "OPEN"]
    assert "axial length of cortex involved" in asked.text
    assert "lesser trochanter" in asked.text
    assert "axial length" not in " ".join(
        one.text for one in concerns(SHAFT, order("cementoplasty", "femoral-shaft"))
    )


# -- several levels in one session ---------------------------------------------------------------------------

LEVELS = ("T5", "T6", "T7", "T8")


@pytest.mark.parametrize(("levels", "told"), [(3, False), (4, True)])
def test_aug_rel_5_more_than_three_levels_of_cement(levels: int, told: bool) -> None:
    record = [resource for level in LEVELS for resource in t5(level=level)]
    each = [order("vertebroplasty", level, name=level) for level in LEVELS[:levels]]
    assert (weights(record, *each).get("AUG-REL-5") is MIND) is told


def test_aug_rel_5_one_order_may_name_all_of_them() -> None:
    record = [resource for level in LEVELS for resource in t5(level=level)]
    assert weights(record, order("vertebroplasty", *LEVELS)).get("AUG-REL-5") is MIND


def test_aug_rel_5_cement_of_a_region_is_counted_at_none_of_its_lesions() -> None:
    record = [resource for level in LEVELS for resource in t5(level=level)]
    assert "AUG-REL-5" not in weights(record, order("vertebroplasty", "thoracic-spine"))


# -- medicines beside a needle -------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [*CEMENT, *ABLATION])
def test_an_anticoagulant_and_a_needle_are_told_of_each_other(code: str) -> None:
    both = (order(code), order("warfarin"))
    for number in (0, 1):
        (found,) = [one for one in concerns(SINS_1, *both, of=number) if one.key == "ORD-CLOT"]
        assert found.weight is AGAINST
        assert "warfarin" in found.headline
        assert ORDERABLES[code].label in found.headline
        assert "no rule" in found.text


@pytest.mark.parametrize(
    "code", ["conventional-radiotherapy", "spinal-stabilisation", "physiotherapy", "mri", "embolisation"]
)
def test_a_medicine_without_a_needle_is_nobodys_concern(code: str) -> None:
    for medicine in ("warfarin", "denosumab"):
        assert concerns(SINS_16, order(code), order(medicine), of=1) == ()
        assert "ORD-CLOT" not in weights(SINS_16, order(code), order(medicine))


@pytest.mark.parametrize("code", CEMENT)
def test_aug_deno_a_bone_agent_and_cement_are_told_of_each_other(code: str) -> None:
    for number in (0, 1):
        assert weights(SINS_1, order(code), order("denosumab"), of=number)["AUG-DENO"] is MIND
    for technique in ABLATION:
        assert "AUG-DENO" not in weights(SINS_1, order(technique), order("denosumab"))


def test_a_medicine_alone_is_nobodys_concern() -> None:
    assert judged(SINS_16, order("warfarin")) == Ordered()


# -- medicines on record -------------------------------------------------------------------------------------

APIXABAN = "1364430"


def taken(code: str = APIXABAN, name: str = "given", status: str = "active", **members: Any) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": name,
        "status": status,
        "intent": "order",
        "subject": reference(f"Patient/{PATIENT}"),
        "medicationCodeableConcept": concept((RXNORM, code)),
        "authoredOn": RECENT,
        **members,
    }


def clotting(record: list[Json], *orders: Order) -> list[Concern]:
    return [one for one in concerns(record, *orders) if one.key == "ORD-CLOT"]


@pytest.mark.parametrize("code", [*CEMENT, *ABLATION])
def test_ord_clot_an_anticoagulant_on_record_is_named_with_its_entries(code: str) -> None:
    record = [*SINS_1, taken(), taken("11289", "second"), taken("993452", "bone-agent")]
    (found,) = clotting(record, order(code))
    assert found.weight is AGAINST
    assert found.headline.startswith("an anticoagulant on record beside a planned puncture")
    assert found.text.startswith("An anticoagulant is on record.")
    assert "drafted" not in found.text
    assert {(source.reference, source.effective) for source in found.sources} == {
        ("MedicationRequest/given", RECENT),
        ("MedicationRequest/second", RECENT),
    }


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("vertebroplasty", "AUG-EXC-4"),
        ("cryoablation", "ABL-EXC-1"),
    ],
)
def test_ord_clot_the_limits_are_those_of_what_is_planned(code: str, rule: str) -> None:
    (found,) = clotting([*SINS_1, taken()], order(code))
    assert f"[{rule}]" in found.text


@pytest.mark.parametrize("code", ["conventional-radiotherapy", "spinal-stabilisation", "embolisation", "mri"])
def test_ord_clot_an_anticoagulant_on_record_is_nobodys_concern_without_a_needle(code: str) -> None:
    assert clotting([*SINS_16, taken()], order(code)) == []


def test_ord_clot_one_that_is_drafted_is_told_in_the_place_of_one_on_record() -> None:
    (found,) = clotting([*SINS_1, taken()], order("vertebroplasty"), order("warfarin"))
    assert "warfarin" in found.headline
    assert "on record" not in found.headline
    assert clotting(SINS_1, order("vertebroplasty")) == []
