"""What may change when an order, a draft beside it or the record changes a little; and every edge."""

import random
import re
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_contexts import SERVICES
from tests.cds_hooks.orders import (
    ADVERSE,
    ANTICOAGULANTS,
    APIXABAN,
    CEMENT_IN_FEMUR,
    DENOSUMAB,
    FOR_NOMS,
    INTACT,
    IRRELEVANT,
    LOINC,
    LUMBAR_SPINE,
    OTHER_BONES,
    PROXIMAL_FEMUR,
    RADIOTHERAPY,
    RANK,
    READY,
    SELECT,
    SIGN,
    SINS_6,
    SINS_7,
    SINS_12,
    SINS_13,
    THORACIC_SPINE,
    about,
    at_t11,
    blood,
    bone,
    but,
    changed_by,
    conventional,
    medicine,
    on_record,
    order,
    order_request,
    ordered,
    patient_wide,
    physiotherapy,
    plan,
    rank,
    shaft,
    stereotactic,
    told,
    vertebra,
    without,
)
from tests.cds_hooks.record import (
    FEMORAL_SHAFT,
    LEFT,
    SNOMED,
    STALE,
    Json,
    site_of,
)
from tests.contract.served import application

SINS = ("pain", "lesion", "alignment", "collapse", "posterolateral")
VERTEBROPLASTY = order("vertebroplasty", "T11")
CEMENT, ABLATION = at_t11("vertebroplasty"), at_t11("cryoablation")
RADIOTHERAPY_T11 = conventional(name="rt")
SCREWS = order("spinal-stabilisation", "T11", name="screws")
BLOOD_THINNER, BONE_AGENT = medicine(APIXABAN, "thinner"), medicine(DENOSUMAB, "agent")
# Two lesions, four orders: of both, of one, of none.
RECORD = [*SINS_7, *FOR_NOMS, *shaft("functional"), *vertebra("S2")]
DRAFTS = [
    RADIOTHERAPY_T11,
    order("vertebroplasty", "T11", name="cement"),
    *physiotherapy(FEMORAL_SHAFT, LEFT),
    medicine(APIXABAN, "thinner"),
    order("8867-4", system=LOINC, name="pulse"),
]


def meaning(cards: Iterable[Json]) -> list[Any]:
    """Cards whatever the order of what they list."""
    return sorted(
        (
            card["uuid"],
            card["indicator"],
            sorted(re.findall(r"\w+", card["summary"])),
            sorted(card["detail"].splitlines()),
            sorted(one["uuid"] for one in card.get("suggestions", ())),
        )
        for card in cards
    )


async def about_t11(ehr: Ehr, record: Sequence[Json], drafts: Sequence[Json], *selected: str) -> list[Json]:
    """The cards when only these drafts are selected."""
    return await ordered(ehr, record, drafts, hook=SELECT, selections=selected)


# -- order and company ----------------------------------------------------------------------------------


SEEDS = pytest.mark.parametrize("seed", range(8))
BOTH_HOOKS = pytest.mark.parametrize("hook", [SIGN, SELECT])


def shuffled(listed: Sequence[Json], seed: int) -> list[Json]:
    return random.Random(seed).sample(listed, len(listed))  # noqa: S311  reproducible, and no secret


@SEEDS
@BOTH_HOOKS
async def test_the_order_of_entries_changes_no_card(ehr: Ehr, seed: int, hook: str) -> None:
    expected = meaning(await ordered(ehr, RECORD, DRAFTS, hook=hook))
    assert len(expected) == 2
    assert meaning(await ordered(ehr, shuffled(RECORD, seed), DRAFTS, hook=hook)) == expected


@SEEDS
@BOTH_HOOKS
async def test_the_order_of_drafts_changes_no_card(ehr: Ehr, seed: int, hook: str) -> None:
    """Two orders at one lesion, one at another, and those that concern none."""
    expected = meaning(await ordered(ehr, RECORD, DRAFTS, hook=hook))
    assert len(expected) == 2
    for drafts in (DRAFTS[::-1], shuffled(DRAFTS, seed)):
        assert meaning(await ordered(ehr, RECORD, drafts, hook=hook)) == expected


@BOTH_HOOKS
@pytest.mark.parametrize("other", IRRELEVANT.values(), ids=IRRELEVANT)
@pytest.mark.parametrize("drafted", [VERTEBROPLASTY, RADIOTHERAPY_T11], ids=["cement", "radiotherapy"])
async def test_an_irrelevant_draft_changes_nothing(ehr: Ehr, drafted: Json, other: Json, hook: str) -> None:
    alone = meaning(await ordered(ehr, SINS_13, [drafted], hook=hook))
    assert len(alone) == 1
    for drafts in ([drafted, other], [other, drafted]):
        assert meaning(await ordered(ehr, SINS_13, drafts, hook=hook)) == alone


@pytest.mark.conforms("R160", "R161")
async def test_what_is_signed_is_what_is_selected(ehr: Ehr) -> None:
    signed = await ordered(ehr, RECORD, DRAFTS)
    chosen = await ordered(ehr, RECORD, DRAFTS, hook=SELECT)
    assert [card["summary"] for card in signed] == [card["summary"] for card in chosen]
    assert [card["detail"] for card in signed] == [card["detail"] for card in chosen]


@pytest.mark.conforms("R160")
@pytest.mark.parametrize("name", ["rt", "cement"])
async def test_r160_an_order_that_is_not_selected_gets_no_word_of_its_own(ehr: Ehr, name: str) -> None:
    cards = await about_t11(ehr, RECORD, DRAFTS, f"ServiceRequest/{name}")
    (card,) = cards
    assert f"ServiceRequest/{name}" in card["detail"]
    heads = re.findall(r"\*\*Order: .*?\*\* \(`(.*?)`\)", card["detail"])
    assert heads == [f"ServiceRequest/{name}"]
    targets = {
        action.get("resourceId") or f"ServiceRequest/{action['resource']['id']}"
        for suggestion in card["suggestions"]
        for action in suggestion["actions"]
        if action["type"] != "create"
    }
    assert targets <= {f"ServiceRequest/{name}"}


@pytest.mark.conforms("R95")
async def test_the_most_urgent_card_comes_first(ehr: Ehr) -> None:
    record = [*RECORD, *patient_wide(sphincter_dysfunction="present")]
    drafts = [*physiotherapy(FEMORAL_SHAFT, LEFT), RADIOTHERAPY_T11]
    cards = await ordered(ehr, record, drafts)
    assert [card["indicator"] for card in cards] == ["critical", "warning"]
    assert [card["summary"].split(":")[0].split(",")[0] for card in cards] == [
        "T11",
        "Left shaft of the femur",
    ]


# -- what stands in the background ----------------------------------------------------------------------


async def test_screws_in_the_background_turn_a_warning_into_a_remark(ehr: Ehr) -> None:
    alone = await about_t11(ehr, SINS_13, [RADIOTHERAPY_T11], "ServiceRequest/rt")
    beside = await about_t11(ehr, SINS_13, [RADIOTHERAPY_T11, SCREWS], "ServiceRequest/rt")
    assert (rank(alone), rank(beside)) == (RANK["warning"], RANK["info"])
    assert "spinal stabilisation drafted too" in beside[0]["summary"]


@pytest.mark.parametrize("status", ["revoked", "completed", "entered-in-error"])
async def test_screws_that_are_not_meant_change_nothing(ehr: Ehr, status: str) -> None:
    drafts = [RADIOTHERAPY_T11, SCREWS | {"status": status}]
    assert rank(await about_t11(ehr, SINS_13, drafts, "ServiceRequest/rt")) == RANK["warning"]


async def test_screws_at_another_level_change_nothing(ehr: Ehr) -> None:
    drafts = [RADIOTHERAPY_T11, order("spinal-stabilisation", "T5", name="screws")]
    record = [*SINS_13, *vertebra("T5")]
    assert rank(await about_t11(ehr, record, drafts, "ServiceRequest/rt")) == RANK["warning"]


async def test_screws_that_may_be_for_another_level_settle_nothing(ehr: Ehr) -> None:
    drafts = [RADIOTHERAPY_T11, order("spinal-stabilisation", THORACIC_SPINE, name="screws")]
    record = [*SINS_13, *vertebra("T5", lesion="lytic", pain="mechanical", collapse="over-50")]
    assert rank(await about_t11(ehr, record, drafts, "ServiceRequest/rt")) == RANK["warning"]
    assert rank(await about_t11(ehr, SINS_13, drafts, "ServiceRequest/rt")) == RANK["info"]


@pytest.mark.parametrize(
    ("beside", "key", "loud"), [(BLOOD_THINNER, "ORD-CLOT", "warning"), (BONE_AGENT, "AUG-DENO", "info")]
)
async def test_a_medicine_and_a_needle_are_told_of_each_other(
    ehr: Ehr, beside: Json, key: str, loud: str
) -> None:
    """Selected or not: the one that is selected is told of the other."""
    drafts = [VERTEBROPLASTY, beside]
    assert await about_t11(ehr, READY, drafts[:1], "ServiceRequest/order-1") == []
    for selected in ("ServiceRequest/order-1", f"MedicationRequest/{beside['id']}"):
        cards = await about_t11(ehr, READY, drafts, selected)
        assert rank(cards) == RANK[loud]
        assert f"[{key}]" in told(cards)
        assert selected in told(cards)


async def test_aug_rel_5_cement_that_may_be_for_several_lesions_is_counted_for_none(ehr: Ehr) -> None:
    sites = ("T8", "T11", "L1", "L3")
    record = [resource for site in sites for resource in vertebra(site, lesion="lytic")]
    drafts = [order("vertebroplasty", site, name=f"cement-{site}") for site in sites[:3]]
    drafts.append(order("vertebroplasty", LUMBAR_SPINE, name="cement-lumbar"))
    cards = await ordered(ehr, record, drafts)
    assert len(cards) == len(sites)
    assert "[AUG-REL-5]" not in told(cards)


@pytest.mark.parametrize(("levels", "said"), [(3, False), (4, True)])
async def test_aug_rel_5_more_than_three_levels_in_one_session(ehr: Ehr, levels: int, said: bool) -> None:
    sites = ["T8", "T11", "L1", "L3"][:levels]
    record = [resource for site in sites for resource in vertebra(site, lesion="lytic")]
    drafts = [order("vertebroplasty", site, name=f"cement-{site}") for site in sites]
    text = told(await about_t11(ehr, record, drafts, "ServiceRequest/cement-T11"))
    assert ("[AUG-REL-5]" in text) is said


# -- what knowing more or less may do -------------------------------------------------------------------

KNOWN = [one["id"] for one in READY[6:] if one["id"].startswith(("laboratory", "patient", "c-t11-local"))]


@pytest.mark.parametrize(
    ("drafted", "worst"),
    [
        *((VERTEBROPLASTY, worst) for worst in ADVERSE.values()),
        *((ABLATION[0], worst) for name, worst in ADVERSE.items() if name != "allergy"),
    ],
    ids=[*ADVERSE, *(f"ablation, {name}" for name in ADVERSE if name != "allergy")],
)
async def test_the_worst_answer_is_as_loud_as_none(ehr: Ehr, drafted: Json, worst: list[Json]) -> None:
    (stated,) = worst[-1:]
    stated = next((one for one in worst if one not in READY), stated)
    open_record = without(READY, stated["id"])
    unknown = rank(await ordered(ehr, open_record, [drafted]))
    adverse = rank(await ordered(ehr, but(READY, *worst), [drafted]))
    assert adverse >= unknown >= RANK["warning"]


@pytest.mark.parametrize("name", KNOWN)
async def test_what_is_not_known_of_a_needle_is_asked_for_and_settles_when_told(ehr: Ehr, name: str) -> None:
    assert await ordered(ehr, READY, [VERTEBROPLASTY]) == []
    cards = await ordered(ehr, without(READY, name), [VERTEBROPLASTY])
    assert rank(cards) == RANK["warning"]
    assert "open, and would forbid or defer" in cards[0]["summary"]
    # A cement to which somebody may be allergic is nothing to a probe.
    expected = 0 if name == "patient-cement_allergy" else RANK["warning"]
    assert rank(await ordered(ehr, without(READY, name), ABLATION)) == expected


@pytest.mark.parametrize("item", SINS)
@pytest.mark.parametrize("sins", [SINS_7, SINS_12, SINS_13], ids=["7", "12", "13"])
async def test_knowing_less_of_stability_never_quietens(ehr: Ehr, sins: list[Json], item: str) -> None:
    for drafted in (VERTEBROPLASTY, RADIOTHERAPY_T11, *physiotherapy("T11")):
        full = rank(await ordered(ehr, [*sins, *READY[6:]], [drafted]))
        less = rank(await ordered(ehr, without([*sins, *READY[6:]], f"c-t11-{item}"), [drafted]))
        assert less >= full == RANK["warning"]


@pytest.mark.parametrize("item", ["pain", "quality", "destruction", "axial"])
async def test_knowing_less_of_a_limb_never_quietens(ehr: Ehr, item: str) -> None:
    record = shaft("functional", 40)
    for drafted in (conventional(FEMORAL_SHAFT, side=LEFT), *physiotherapy(FEMORAL_SHAFT, LEFT)):
        assert rank(await ordered(ehr, without(record, item), [drafted])) >= RANK["warning"]


@pytest.mark.parametrize("finding", ["myelopathy", "primary"])
async def test_noms_that_is_no_longer_settled_is_said(ehr: Ehr, finding: str) -> None:
    record = [*SINS_6, *FOR_NOMS]
    assert await ordered(ehr, record, [RADIOTHERAPY_T11]) == []
    (card,) = await ordered(ehr, without(record, finding), [RADIOTHERAPY_T11])
    assert card["indicator"] == "info"
    assert "NOMS not settled" in card["summary"]


async def test_noms_that_is_settled_whatever_the_answer_is_settled(ehr: Ehr) -> None:
    """A sensitive tumour in a stable spine: NOMS-1 and NOMS-5 give one treatment, whatever the grade."""
    record = without([*SINS_6, *FOR_NOMS], "escc_grade")
    assert await ordered(ehr, record, [RADIOTHERAPY_T11]) == []


async def test_a_dose_that_is_left_out_is_asked_for_and_not_taken_as_low(ehr: Ehr) -> None:
    record = [*SINS_6, *FOR_NOMS]
    (card,) = await ordered(ehr, record, [stereotactic("T11", None, 1)])
    assert "names no dose per fraction" in card["detail"]
    for gray, loud in ((8, "info"), (24, "warning")):
        (card,) = await ordered(ehr, record, [stereotactic("T11", gray, 1)])
        assert card["indicator"] == loud
        assert "names no dose" not in card["detail"]


async def test_a_lesion_that_could_not_be_looked_for_is_no_silence(ehr: Ehr) -> None:
    findings = [one for one in shaft("functional") if one["resourceType"] == "Observation"]
    at_site = [one | {"focus": [], "bodySite": site_of(FEMORAL_SHAFT, LEFT)} for one in findings]
    request = order_request([*SINS_6, *at_site], physiotherapy(FEMORAL_SHAFT, LEFT))
    whole = (await ehr.send(request, path=SERVICES[SIGN])).json()["cards"]
    assert rank(whole) == RANK["warning"]
    del request["prefetch"]["observations"]
    assert "Observations" in told((await ehr.send(request, path=SERVICES[SIGN])).json()["cards"])


# -- both sides of every edge ---------------------------------------------------------------------------


@pytest.mark.parametrize("orders", [CEMENT, ABLATION], ids=["cement", "ablation"])
@pytest.mark.parametrize(
    ("platelets", "inr", "deferred"),
    [(49, 1.0, True), (50, 1.0, False), (200, 1.5, False), (200, 1.6, True), (49, 1.6, True)],
)
async def test_platelets_and_inr_defer_a_needle(
    ehr: Ehr, orders: list[Json], platelets: float, inr: float, deferred: bool
) -> None:
    cards = await ordered(ehr, but(READY, *blood(platelets, inr)), orders)
    assert ("to be deferred" in told(cards)) is deferred
    assert any(changed_by(card, "delete") for card in cards) is deferred


@pytest.mark.parametrize(("platelets", "said"), [(50, True), (99, True), (100, False)])
async def test_aug_rel_1_the_sources_disagree_on_platelets_below_100(
    ehr: Ehr, platelets: float, said: bool
) -> None:
    cards = await ordered(ehr, but(READY, *blood(platelets)), CEMENT)
    assert [card["indicator"] for card in cards] == ["warning"] * said
    assert ("AUG-REL-1" in told(cards)) is said


@pytest.mark.parametrize(
    ("inr", "rule"), [(1.5, None), (1.6, "AUG-REL-2"), (1.8, "AUG-REL-2"), (1.9, "AUG-EXC-4")]
)
async def test_a_site_may_set_its_limit_of_the_inr(inr: float, rule: str | None) -> None:
    ehr = Ehr(application(policy={"AUG-EXC-4-inr-limit": "1.8"}))
    cards = await ordered(ehr, but(READY, *blood(inr=inr)), CEMENT)
    rules = [one for one in ("AUG-REL-2", "AUG-EXC-4") if one in told(cards)]
    assert rules == [rule] * (rule is not None)


@pytest.mark.parametrize(
    ("gray", "unit", "rules", "indicator"),
    [
        (19, "Gy", {"VCF-7"}, "info"),
        (20, "Gy", {"VCF-5", "VCF-7", "VCF-R4"}, "warning"),
        (23, "Gy", {"VCF-5", "VCF-7", "VCF-R4"}, "warning"),
        (24, "Gy", {"VCF-4", "VCF-7", "VCF-R4"}, "warning"),
        (1900, "cGy", {"VCF-7"}, "info"),
        (2000, "cGy", {"VCF-5", "VCF-7", "VCF-R4"}, "warning"),
        (2400, "cGy", {"VCF-4", "VCF-7", "VCF-R4"}, "warning"),
    ],
)
async def test_the_dose_of_a_fraction_and_the_factors_of_a_fracture(
    ehr: Ehr, gray: float, unit: str, rules: set[str], indicator: str
) -> None:
    cards = await ordered(ehr, [*SINS_6, *FOR_NOMS], [stereotactic("T11", gray, 1, unit=unit)])
    assert [card["indicator"] for card in cards] == [indicator]
    named = {rule for rule in ("VCF-4", "VCF-5", "VCF-7", "VCF-R4") if f"[{rule}]" in told(cards)}
    assert named == rules


@pytest.mark.parametrize(("gray", "indicator"), [(19.5, "info"), (23.5, "warning")])
async def test_vcf_r3_a_dose_between_two_classes_is_told_to_be_so(
    ehr: Ehr, gray: float, indicator: str
) -> None:
    (card,) = await ordered(ehr, [*SINS_6, *FOR_NOMS], [stereotactic("T11", gray, 1)])
    assert card["indicator"] == indicator
    assert "lies between two published classes" in card["detail"]
    assert ("[VCF-R4]" in card["detail"]) is (gray > 20)
    assert "[VCF-4]" not in card["detail"]
    assert "[VCF-5]" not in card["detail"]


@pytest.mark.parametrize(
    ("gray", "unit", "told_of"),
    [(19, "Gy", False), (19.5, "Gy", False), (20, "Gy", True), (1900, "cGy", False), (2000, "cGy", True)],
)
async def test_vcf_by_the_code_of_any_radiotherapy_from_20_gy(
    ehr: Ehr, gray: float, unit: str, told_of: bool
) -> None:
    drafted = order(RADIOTHERAPY, "T11", system=SNOMED, **plan(gray, 1, unit))
    cards = await ordered(ehr, [*SINS_6, *FOR_NOMS], [drafted])
    assert [card["indicator"] for card in cards] == ["warning"] * told_of
    assert ("[VCF-R4]" in told(cards)) is told_of
    # The code of conventional radiotherapy is taken at its word, whatever the dose.
    assert await ordered(ehr, [*SINS_6, *FOR_NOMS], [conventional(**plan(gray, 1, unit))]) == []


@pytest.mark.parametrize(
    ("length", "rules"),
    [(29, set()), (30, {"MIR-R2"}), (31, {"MIR-R2", "MIR-R4"})],
)
async def test_cement_alone_in_a_proximal_femur(ehr: Ehr, length: float, rules: set[str]) -> None:
    record = [*bone(PROXIMAL_FEMUR, axial_cortical_involvement=length), *INTACT, *blood()]
    cards = await ordered(ehr, record, CEMENT_IN_FEMUR)
    text = told(cards)
    assert [card["indicator"] for card in cards] == ["warning"] * bool(rules)
    assert ("high-risk finding" in text) is ("MIR-R2" in rules)
    assert ("[MIR-R4]" in text) is ("MIR-R4" in rules)


@pytest.mark.parametrize("length", [29, 30])
async def test_mir_r2_physiotherapy_of_a_femur_with_30_mm_of_cortex(ehr: Ehr, length: float) -> None:
    record = bone(FEMORAL_SHAFT, lesion="lytic", axial_cortical_involvement=length)
    cards = await ordered(ehr, record, physiotherapy(FEMORAL_SHAFT, LEFT))
    assert [card["indicator"] for card in cards] == ["warning"] * (length >= 30)


DEFERRED, OPEN = "to be deferred, platelets or INR", "open, and would defer"


@pytest.mark.parametrize("name", OTHER_BONES)
@pytest.mark.parametrize(
    ("values", "said"),
    [
        (blood(49), DEFERRED),
        (blood(50), None),
        (blood(inr=1.5), None),
        (blood(inr=1.6), DEFERRED),
        (blood(49, None), DEFERRED),
        (blood(None, 1.6), DEFERRED),
        (blood(50, None), OPEN),
        (blood(None, 1.5), OPEN),
        ([], OPEN),
        (blood(40, 3.0, STALE), OPEN),
    ],
)
async def test_ord_limits_cement_in_another_bone(
    ehr: Ehr, name: str, values: list[Json], said: str | None
) -> None:
    record = OTHER_BONES[name]
    site = record[0]["bodySite"][0]
    cards = await ordered(ehr, [*record, *values], [order("cementoplasty", site)])
    assert [card["indicator"] for card in cards] == ["warning"] * (said is not None)
    assert ("[ORD-LIMITS]" in told(cards)) is (said is not None)
    assert "AUG-" not in told(cards)
    if said is not None:
        assert said in cards[0]["summary"]
        kind = "delete" if said == DEFERRED else "update"
        assert changed_by(cards[0], kind) == {"ServiceRequest/order-1"}


@pytest.mark.parametrize("code", ANTICOAGULANTS)
@pytest.mark.parametrize("drafted", [VERTEBROPLASTY, *ABLATION], ids=["cement", "ablation"])
async def test_ord_clot_an_anticoagulant_on_record(ehr: Ehr, code: str, drafted: Json) -> None:
    (card,) = await ordered(ehr, [*READY, on_record(code)], [drafted])
    assert card["indicator"] == "warning"
    assert "an anticoagulant on record beside a planned puncture" in card["summary"]
    assert "[ORD-CLOT] `MedicationRequest/given`" in card["detail"]


@pytest.mark.parametrize("status", ["draft", "stopped", "cancelled", "entered-in-error"])
async def test_ord_clot_an_anticoagulant_that_is_not_taken(ehr: Ehr, status: str) -> None:
    assert await ordered(ehr, [*READY, on_record(APIXABAN, status)], [VERTEBROPLASTY]) == []


@pytest.mark.parametrize(
    ("record", "orders", "rule", "within"),
    [
        (but(READY, *about("c-t11", local_infection="present")), [VERTEBROPLASTY], "AUG-EXC-3", True),
        (but(READY, *blood(40)), ABLATION, "ABL-EXC-1", True),
        (but(READY, *about("c-t11", posterior_wall="wall-disrupted")), [VERTEBROPLASTY], "AUG-PW-2", False),
        (but(READY, *blood(60)), [VERTEBROPLASTY], "AUG-REL-1", False),
        ([*SINS_6, *FOR_NOMS], [stereotactic("T11", 24, 1)], "VCF-R4", False),
    ],
)
async def test_what_the_line_of_a_pathway_says_stands_under_the_order_where_it_ends_the_matter(
    ehr: Ehr, record: list[Json], orders: list[Json], rule: str, within: bool
) -> None:
    (card,) = await ordered(ehr, record, orders)
    (own,) = (part for part in card["detail"].split("\n\n") if part.startswith("**Order:"))
    assert (f"[{rule}]" in own) is within
    assert card["detail"].count(f"[{rule}]") == 1 + within
