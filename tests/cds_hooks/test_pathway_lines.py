"""What the pathways say on a card: decisions still open, what forbids, and where it comes from (10.2)."""

from typing import Any

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import hook_request, prefetch_of
from tests.cds_hooks.record import (
    STABLE,
    VERTEBRAE,
    Json,
    coded,
    condition,
    findings,
    observation,
    patient,
    quantity,
    site_of,
)

KIDNEY, BREAST = "702391001", "254837009"
LESION = [condition("c", site=site_of(VERTEBRAE["T10"])), *findings("c", STABLE)]
NO_MYELOPATHY = observation("m", "myelopathy", coded("absent"))


def graded(grade: str) -> Json:
    return observation("escc", "escc-grade", coded(grade))


def blood(code: str, value: float, unit: str = "10*9/L") -> Json:
    return observation(code, code, quantity(value, unit))


async def detail(ehr: Ehr, *more: Json) -> str:
    return str((await ehr.card([*LESION, *more]))["detail"])


async def test_a_settled_row_of_noms_is_told_with_its_rule(ehr: Ehr) -> None:
    told = await detail(ehr, condition("p", KIDNEY), graded("escc-1b"), NO_MYELOPATHY)
    assert "**NOMS:** stereotactic radiosurgery (NOMS-3), for discussion." in told


async def test_rows_that_lead_to_one_treatment_are_one_decision(ehr: Ehr) -> None:
    """Grade 1b or 3, whatever surgery is tolerated: conventional radiotherapy for a sensitive tumour."""
    told = await detail(ehr, condition("p", BREAST), NO_MYELOPATHY)
    assert "**NOMS:** conventional external beam radiotherapy (NOMS-1 or NOMS-5), for discussion." in told


async def test_an_open_table_names_what_is_left_and_what_would_settle_it(ehr: Ehr) -> None:
    told = await detail(ehr, condition("p", KIDNEY), graded("escc-0"))
    assert "**NOMS leaves open:** stereotactic radiosurgery; or no row" in told
    assert "Would settle it: myelopathy." in told


async def test_where_too_much_is_open_the_card_asks_in_place_of_listing(ehr: Ehr) -> None:
    told = await detail(ehr)
    assert "**NOMS:** open until recorded: " in told
    assert "NOMS-4" not in told


async def test_noms_x8_an_emergency_stands_before_the_table(ehr: Ehr) -> None:
    weak = observation("w", "new-neurologic-deficit", coded("present"))
    told = await detail(ehr, condition("p", KIDNEY), graded("escc-1b"), weak)
    assert told.index("**Emergency: ") < told.index("**NOMS")


@pytest.mark.parametrize(
    ("entry", "said", "rule"),
    [
        (blood("platelets", 49), "to be deferred until corrected", "AUG-EXC-4"),
        (blood("inr", 1.6, "{INR}"), "to be deferred until corrected", "AUG-EXC-4"),
        (observation("a", "cement-allergy", coded("present")), "contraindicated", "AUG-EXC-6"),
        (observation("b", "active-bleeding", coded("present")), "contraindicated", "AUG-EXC-5"),
        (observation("i", "systemic-infection", coded("present")), "contraindicated", "AUG-EXC-3"),
    ],
)
async def test_what_forbids_or_delays_cement_is_named_beside_a_stable_score(
    ehr: Ehr, entry: Json, said: str, rule: str
) -> None:
    """Contract section 2: a met absolute or defer criterion is named whatever the lesion's stability."""
    told = await detail(ehr, entry)
    assert f"**Augmentation: {said}" in told
    assert f"[{rule}]" in told


@pytest.mark.parametrize("entry", [blood("platelets", 50), blood("inr", 1.5, "{INR}")])
async def test_at_the_edge_nothing_is_deferred(ehr: Ehr, entry: Json) -> None:
    told = await detail(ehr, entry)
    assert "AUG-EXC-4" not in told
    assert "**Augmentation: not settled.**" in told


async def test_what_is_not_recorded_and_would_forbid_is_asked_for(ehr: Ehr) -> None:
    told = await detail(ehr, blood("platelets", 200))
    (line,) = [line for line in told.splitlines() if line.startswith("**Augmentation")]
    assert "INR" in line
    assert "platelets" not in line


async def test_values_too_old_to_count_that_were_adverse_are_said(ehr: Ehr) -> None:
    old = blood("platelets", 30) | {"effectiveDateTime": "2026-10-01T09:00:00Z"}
    told = await detail(ehr, old)
    assert "Platelets 30 10*9/L recorded on 2026-10-01, too old to count and adverse then" in told
    assert "AUG-EXC-4" not in told


async def test_an_age_that_no_study_took_is_said_as_not_studied(ehr: Ehr) -> None:
    async def told(born: str) -> str:
        prefetch = prefetch_of(LESION) | {"patient": patient(birthDate=born)}
        (card,) = await ehr.cards_of(hook_request(prefetch=prefetch))
        return str(card["detail"])

    assert "not studied in these series, which is no prohibition" in await told("1940-01-01")
    assert "not studied in these series" not in await told("1960-01-01")


def denosumab(**members: Any) -> Json:
    rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
    return {
        "resourceType": "MedicationRequest",
        "id": "d",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p-1"},
        "medicationCodeableConcept": {"coding": [{"system": rxnorm, "code": "993452"}]},
        **members,
    }


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, True),
        ({"status": "entered-in-error"}, False),
        ({"status": "cancelled"}, False),
        ({"doNotPerform": True}, False),
        ({"resourceType": "MedicationStatement"}, True),
        ({"medicationCodeableConcept": {"text": "denosumab 60 mg"}}, False),
    ],
)
async def test_denosumab_beside_cement_is_said(ehr: Ehr, members: Json, said: bool) -> None:
    """AUG-DENO; a text alone is not guessed at."""
    assert ("[AUG-DENO]" in await detail(ehr, denosumab(**members))) == said


async def test_every_source_of_what_a_card_says_stands_on_it(ehr: Ehr) -> None:
    told = await detail(ehr, condition("p", KIDNEY), graded("escc-2"), blood("platelets", 49))
    for source in ("Chen", "Tadros", "SIR 2019", "Bilsky", "Fourney"):
        assert source in told.split("**Sources**")[1], source


async def test_no_row_of_a_resolved_lesion_is_told(ehr: Ehr) -> None:
    resolved = {"coding": [{"code": "resolved"}]}
    lesion = condition("c", site=site_of(VERTEBRAE["T10"]), clinicalStatus=resolved)
    card = await ehr.card([lesion, *findings("c", STABLE), condition("p", KIDNEY), graded("escc-3")])
    assert "NOMS" not in card["detail"]
    assert "Augmentation" not in card["detail"]


async def test_10_2_a_table_names_what_it_stands_on_with_its_dates(ehr: Ehr) -> None:
    told = await detail(ehr, condition("p", KIDNEY), graded("escc-1b"), NO_MYELOPATHY)
    (line,) = [line for line in told.splitlines() if line.startswith("**NOMS:**")]
    assert "epidural compression grade: 1b" in line
    assert "`Observation/escc` `2026-11-18`" in line
    assert "`Condition/p`" in line


async def test_what_forbids_names_the_entry_that_does(ehr: Ehr) -> None:
    told = await detail(ehr, blood("platelets", 42))
    (line,) = [line for line in told.splitlines() if "[AUG-EXC-4]" in line]
    assert "`Observation/platelets` `2026-11-18`" in line


async def test_cement_that_has_to_wait_stands_in_the_summary_of_a_stable_lesion(ehr: Ehr) -> None:
    card = await ehr.card([*LESION, blood("platelets", 42)])
    assert card["summary"] == "T10: SINS 1 of 18. Stable by SINS; cement to be deferred"
    assert card["indicator"] == "info"


async def test_where_ablation_is_excluded_nothing_recommends_it(ehr: Ehr) -> None:
    told = await detail(ehr, observation("r", "root-contact", coded("present")))
    lines = told.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("**Ablation"))
    said = [line for line in lines[start + 1 :] if line.startswith("- ")][:4]
    assert any("[ABL-1-contact]" in line for line in said)
    assert not any(line.startswith(("- for", "- option")) for line in said)


async def test_sins_e13_a_segment_outside_validated_use_is_not_called_stable_in_the_table(ehr: Ehr) -> None:
    told = await detail(ehr, observation("s", "instrumented-segment", coded("present")))
    (total,) = [line for line in told.splitlines() if line.startswith("| **Total**")]
    assert "outside validated use" in total
    assert "stable" not in total


async def test_red_4_beside_a_deficit_red_1_says_how_soon(ehr: Ehr) -> None:
    weak = observation("w", "new-neurologic-deficit", coded("present"))
    told = await detail(ehr, graded("escc-3"), weak)
    assert "within 24 hours" in told
    assert "the same day" not in told
    assert "the same day" in await detail(ehr, graded("escc-3"))


async def test_mdt_1_what_can_wait_belongs_to_the_meeting(ehr: Ehr) -> None:
    assert "Consider the multidisciplinary meeting." in await detail(ehr)
    weak = observation("w", "new-neurologic-deficit", coded("present"))
    assert "multidisciplinary meeting" not in (await detail(ehr, weak)).split("**NOMS")[0]


async def test_a_bone_without_a_score_leads_with_what_its_pathway_says(ehr: Ehr) -> None:
    """PEL-1 and ACER-4, where neither SINS nor Mirels is made for the bone."""
    lesion = condition("c", site=site_of("37783008", "7771000"))
    dome = observation("d", "acetabular-dome", coded("intact"), focus=[{"reference": "Condition/c"}])
    card = await ehr.card([lesion, dome])
    assert card["summary"].startswith("Left acetabulum: no score applies. ")
    assert card["summary"].endswith("high risk of fracture")
    assert "medial wall" in card["detail"].split("Not settled: ")[1].splitlines()[0]
    assert "SINS" not in card["source"]["label"]


async def test_red_6_what_concerns_no_lesion_stands_on_the_first_card_alone(ehr: Ehr) -> None:
    second = [condition("c2", site=site_of(VERTEBRAE["L3"])), *findings("c2", STABLE)]
    high = observation("h", "hypercalcaemia", coded("present"))
    first, other = await ehr.cards([*LESION, *second, high])
    assert ("hypercalcaemia" in first["summary"], first["indicator"]) == (True, "critical")
    assert "ypercalcaemia" not in other["summary"] + other["detail"]
    assert other["indicator"] == "info"
