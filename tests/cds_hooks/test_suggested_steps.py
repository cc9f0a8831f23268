"""Referrals that a card offers: who is asked, how soon, and why (R114)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.assess.result import Judgement
from app.engine.quantity import Measured
from app.engine.question import Item, given
from app.engine.reading import exactly
from app.knowledge.instrument import APPLIES
from cds_hooks.suggestions import suggestions_for
from tests.cds_hooks.suggested import (
    DEFICIT,
    HIGH,
    HURTS,
    LEFT_SHAFT,
    LOW,
    NOMS_1,
    ORTHOPAEDICS,
    PRIMARY,
    RADIATION,
    RADIOLOGY,
    SPINE,
    at_t5,
    axial,
    identity,
    labels,
    leading,
    note,
    of_patient,
    request,
    resource_of,
    t5,
)
from tests.fhir.records import (
    BOOK,
    KNOWLEDGE,
    LEFT,
    ORDER,
    WORST,
    Json,
    assessed,
    concept,
    condition,
    femoral_lesion,
    items,
    lesion,
    observation,
    quantity,
    site,
    snomed,
)


def mechanical(**changed: Any) -> list[Json]:
    """A lytic lesion of T5 with mechanical pain, both sides involved: SINS 9 and what is changed."""
    worst = {"spinal_pain": "pain-mechanical", "bone_lesion_quality": "lesion-lytic"}
    return t5(**({"posterolateral_involvement": "posterolateral-bilateral"} | worst | changed))


def broken(about: str) -> Json:
    return observation("fracture", "pathological-fracture", "present", about=about)


def aged(observations: Sequence[Json]) -> list[Json]:
    """The same, too old to count as known."""
    return [one | {"effectiveDateTime": "2025-01-01"} for one in observations]


# -- referrals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        (t5(), False),
        # 1 + 3 + 2 + 0 + 0 + 0 = 6, and 7 by collapse.
        (t5(spinal_pain="pain-mechanical", bone_lesion_quality="lesion-lytic"), False),
        (
            t5(
                spinal_pain="pain-mechanical",
                bone_lesion_quality="lesion-lytic",
                vertebral_collapse="collapse-none-involved-over-50",
            ),
            True,
        ),
        # 6 or 7.
        (
            t5(
                spinal_pain="pain-mechanical",
                bone_lesion_quality="lesion-lytic",
                vertebral_collapse=None,
            ),
            True,
        ),
        ([*t5(), at_t5("escc-grade", "escc-2")], True),
        ([*t5(), at_t5("escc-grade", "escc-1a")], True),
        ([*t5(), at_t5("escc-grade", "escc-0")], False),
        ([*t5(), at_t5("sins-total", quantity(14, "{score}"))], True),
        ([*t5(), at_t5("sins-total", quantity(1, "{score}"))], False),
        ([*t5(), at_t5("sins-total", quantity(6, "{score}"))], False),
        ([*t5(), at_t5("sins-total", quantity(7, "{score}"))], True),
        (HIGH, False),
        # Whatever the score says, and whichever it is.
        ([*t5(), DEFICIT], True),
        ([*t5(), of_patient("myelopathy", "indeterminate")], True),
        ([*t5(), of_patient("ambulatory", "absent")], True),
        ([*LOW, DEFICIT], True),
        ([*t5(), of_patient("hypercalcaemia", "present")], False),
        ([*t5(), at_t5("local-infection", "present")], False),
    ],
)
def test_spine_surgery_is_offered_from_seven_or_where_a_finding_asks(
    record: Sequence[Json], wanted: bool
) -> None:
    (held,) = assessed(*record).lesions
    assert (SPINE in labels(*record, of=held.lesion.id)) is wanted


@pytest.mark.parametrize(
    ("record", "priority"),
    [
        (t5(WORST), "urgent"),
        ([*t5(WORST), DEFICIT], "stat"),
        ([*t5(WORST), of_patient("hypercalcaemia", "present")], "urgent"),
        ([*t5(), DEFICIT], "stat"),
        ([*t5(), at_t5("escc-grade", "escc-2")], "asap"),
        ([*t5(), of_patient("ambulatory", "absent")], "urgent"),
    ],
)
def test_spine_surgery_is_as_urgent_as_what_asks_for_it(record: Sequence[Json], priority: str) -> None:
    assert request(SPINE, *record)["priority"] == priority


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (
            t5(WORST, spinal_alignment="alignment-normal"),
            "SINS 12 of 18, potentially unstable [SINS-B2]. T5. ",
        ),
        (
            [*t5(), DEFICIT],
            "Emergency: new neurologic deficit recorded on 2026-11-18 [RED-1]. SINS 1 of 18, stable by",
        ),
        (
            [*t5(), of_patient("ambulatory", "absent")],
            "Not able to walk, recorded on 2026-11-18; the record does not say since when [RED-1-gait]. SINS",
        ),
        # The worst reading before the one of the items.
        (
            [*t5(), at_t5("sins-total", quantity(14, "{score}"))],
            "SINS 14 (unstable) is recorded on 2026-11-18: re-examine now [RED-5]. SINS 1 of 18, items and",
        ),
        (
            [*t5(), at_t5("sins-total", quantity(8, "{score}"))],
            "SINS 8 is recorded on 2026-11-18: look again [CON-3]. SINS 1 of 18, items",
        ),
        (
            [condition("c-T5", "T5"), *aged(items("T5", WORST, at="T5"))],
            (
                "A reason for early surgical evaluation, whatever the score says: new deformity, recorded on "
                "2025-01-01: re-examine now [SURG-1]. SINS 16 (unstable) by entries from 2025-01-01 on, now "
                "too old to count as known: re-examine now [TIME-5]. SINS 1 to 16 of 18, recorded as"
            ),
        ),
    ],
)
def test_spine_surgery_is_told_first_why_and_then_the_score(record: Sequence[Json], told: str) -> None:
    text = note(SPINE, *record)
    assert text.startswith(told)
    assert text.endswith(
        "T5. To settle: is the spine stable, and does it need stabilisation or decompression?"
    )


def test_a_deficit_after_ablation_is_told_to_the_surgeon() -> None:
    treated = {
        "resourceType": "Procedure",
        "id": "ablation",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "code": concept((ORDER, "microwave-ablation")),
        "bodySite": [site("T5")],
        "performedDateTime": "2026-11-10",
    }
    text = note(SPINE, *t5(), treated, DEFICIT)
    assert "Ablation or cement at this lesion is recorded on 2026-11-10" in text
    assert "[RED-9]." in text


def test_beside_a_lesion_of_another_bone_the_spine_surgeon_is_not_sent_to_that_bone() -> None:
    found = request(SPINE, *LOW, DEFICIT, of=LEFT_SHAFT)
    assert "bodySite" not in found
    assert found["note"][0]["text"].endswith(
        "is there a lesion of the spine, and does it need stabilisation or decompression?"
    )
    assert "bodySite" in request(SPINE, *t5(), DEFICIT)


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        (t5(), False),
        (t5(**HURTS), True),
        (t5(spinal_pain="indeterminate"), False),
        ([*t5(), *NOMS_1], True),
        # Settled on a review, and on no treatment: it is the deficit that asks.
        ([*t5(), *NOMS_1[:2], of_patient("myelopathy", "present")], True),
        ([*t5(), DEFICIT], True),
        ([*t5(), at_t5("escc-grade", "escc-2")], True),
        ([*t5(), at_t5("escc-grade", "escc-1a")], False),
        ([*LOW[:1], *LOW[2:], DEFICIT], False),
        ([*t5(), PRIMARY], False),
        (LOW, True),
        ([*LOW[:1], *LOW[2:]], False),
    ],
)
def test_radiation_oncology_is_offered_for_a_settled_row_or_a_met_indication(
    record: Sequence[Json], wanted: bool
) -> None:
    held = assessed(*record).lesions[0]
    assert (RADIATION in labels(*record, of=held.lesion.id)) is wanted


def test_radiation_oncology_is_told_the_row_and_the_rule() -> None:
    text = note(RADIATION, *t5(**HURTS), *NOMS_1)
    assert "NOMS: conventional external beam radiotherapy (NOMS-1)." in text
    assert "[RT-1]" in text
    assert "surgical opinion" not in text.lower()


@pytest.mark.parametrize(
    ("alarm", "begins"),
    [
        (DEFICIT, "Emergency: new neurologic deficit recorded on 2026-11-18 [RED-1]. "),
        (at_t5("escc-grade", "escc-3"), "Epidural compression of grade 2 or 3, recorded on 2026-11-18: "),
    ],
)
def test_under_compression_radiation_oncology_is_told_that_surgery_is_evaluated_first(
    alarm: Json, begins: str
) -> None:
    record = [*t5(**HURTS), PRIMARY, of_patient("myelopathy", "absent"), alarm]
    # What was settled before the deficit.
    before = [] if alarm is not DEFICIT else [at_t5("escc-grade", "escc-0")]
    text = note(RADIATION, *record, *before)
    assert text.startswith(begins)
    assert "Surgical opinion first." in text
    assert text.endswith("Stability and surgery are evaluated before radiotherapy is [RT-3-before].")
    assert "RT-1]" not in text
    assert "NOMS" not in text


@pytest.mark.parametrize(
    ("record", "of", "begins"),
    [
        (HIGH, LEFT_SHAFT, "Mirels 11 of 12, high [MIR-B3]: surgical opinion first. "),
        (
            femoral_lesion(LEFT, "limb-pain-moderate", "lesion-lytic", 5),
            LEFT_SHAFT,
            "Mirels 8 of 12, borderline [MIR-N1]: surgical opinion first. ",
        ),
        (
            [*LOW, axial(30)],
            LEFT_SHAFT,
            "Mirels 5 of 12, low score, high-risk finding [MIR-R]: surgical opinion first. Femur with 30 mm",
        ),
        (
            [*LOW, observation("m", "mirels-total", quantity(8, "{score}"), about=f"Condition/femur-{LEFT}")],
            LEFT_SHAFT,
            (
                "Mirels 8 is recorded on 2026-11-18: look again [CON-3]. Mirels 5 of 12, items and a "
                "recorded total disagree [CON-3]: surgical opinion first. "
            ),
        ),
        (LOW, LEFT_SHAFT, "Mirels 5 of 12, low by Mirels [MIR-B1]. Left shaft"),
        (t5(**HURTS), "T5", "SINS 2 of 18, stable by SINS [SINS-B1]. T5"),
        (
            t5(**HURTS, vertebral_collapse=None, posterolateral_involvement=None, bone_lesion_quality=None),
            "T5",
            "SINS 2 to 10 of 18, potential instability not excluded [GEN-5]: surgical opinion first. ",
        ),
        (
            [*HIGH, broken(f"Condition/femur-{LEFT}")],
            LEFT_SHAFT,
            (
                "A pathological fracture of this bone is recorded on 2026-11-18: Mirels no longer applies "
                "[MIR-E7]. Surgical opinion first. "
            ),
        ),
    ],
)
def test_radiation_oncology_is_told_the_score_and_where_a_surgeon_comes_first(
    record: Sequence[Json], of: str, begins: str
) -> None:
    assert note(RADIATION, *record, of=of).startswith(begins)


def test_a_deficit_hastens_what_is_done_at_the_spine_and_not_at_a_limb() -> None:
    assert request(RADIATION, *t5(**HURTS), DEFICIT)["priority"] == "stat"
    assert request(RADIATION, *LOW, DEFICIT, of=LEFT_SHAFT)["priority"] == "routine"


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        (LOW, False),
        # 2 + 1 + 3 + 1 = 7, and 8 by the pain.
        (femoral_lesion(LEFT, "limb-pain-mild", "lesion-lytic", 5), False),
        (femoral_lesion(LEFT, "limb-pain-moderate", "lesion-lytic", 5), True),
        (HIGH, True),
        (femoral_lesion(LEFT, "limb-pain-mild", "lesion-lytic", 5)[:-1], True),
        ([*LOW, axial(30)], True),
        ([*LOW, axial(29)], False),
        # A total on record that the items overrule, and a fracture.
        (
            [*LOW, observation("m", "mirels-total", quantity(8, "{score}"), about=f"Condition/femur-{LEFT}")],
            True,
        ),
        ([*LOW, broken(f"Condition/femur-{LEFT}")], True),
        ([*LOW, DEFICIT], False),
    ],
)
def test_orthopaedic_oncology_is_offered_from_eight_or_where_a_finding_speaks_for_high_risk(
    record: Sequence[Json], wanted: bool
) -> None:
    assert (ORTHOPAEDICS in labels(*record, of=LEFT_SHAFT)) is wanted


@pytest.mark.parametrize(
    ("record", "key"),
    [
        ([*LOW, broken(f"Condition/femur-{LEFT}")], "MIR-E7"),
        ([condition("a", snomed("37783008")), broken("Condition/a")], "ACER-2"),
    ],
)
def test_a_fracture_goes_to_orthopaedic_oncology_with_its_date(record: Sequence[Json], key: str) -> None:
    (held,) = assessed(*record).lesions
    found = request(ORTHOPAEDICS, *record, of=held.lesion.id)
    assert found["priority"] == "urgent"
    text = found["note"][0]["text"]
    assert text.startswith("A pathological fracture of ")
    assert "is recorded on 2026-11-18: " in text
    assert f"[{key}]" in text
    assert text.endswith("To settle: how is the fracture to be treated?")


PAINFUL_LYTIC = t5(**HURTS, bone_lesion_quality="lesion-lytic")


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        # ABL-4 where the lesion hurts.
        (PAINFUL_LYTIC, True),
        (t5(bone_lesion_quality="lesion-lytic"), False),
        (t5(**HURTS), False),
        # 1 + 3 + 2 + 0 + 3 + 3 = 12, and 13 or more: settled, reachable, recorded, or known once.
        (mechanical(vertebral_collapse="collapse-over-50"), True),
        (mechanical(vertebral_collapse="collapse-over-50", spinal_alignment="alignment-deformity"), False),
        (mechanical(vertebral_collapse="collapse-over-50", spinal_alignment=None), False),
        ([*PAINFUL_LYTIC, at_t5("sins-total", quantity(13, "{score}"))], False),
        ([*PAINFUL_LYTIC, at_t5("sins-total", quantity(12, "{score}"))], True),
        ([condition("c-T5", "T5"), *aged(items("T5", WORST, at="T5"))], False),
        # What forbids, delays or comes first.
        ([*PAINFUL_LYTIC, DEFICIT], False),
        ([*PAINFUL_LYTIC, of_patient("myelopathy", "indeterminate")], False),
        ([*PAINFUL_LYTIC, of_patient("ambulatory", "absent")], False),
        ([*PAINFUL_LYTIC, at_t5("escc-grade", "escc-2")], False),
        ([*PAINFUL_LYTIC, at_t5("local-infection", "present")], False),
        ([*PAINFUL_LYTIC, at_t5("root-contact", "present")], False),
        ([*PAINFUL_LYTIC, of_patient("platelets", quantity(40, "10*9/L"))], False),
        ([*PAINFUL_LYTIC, of_patient("platelets", quantity(60, "10*9/L"))], True),
        ([*PAINFUL_LYTIC, of_patient("cement-allergy", "present")], False),
    ],
)
def test_interventional_radiology_is_offered_where_criteria_are_met_and_nothing_forbids(
    record: Sequence[Json], wanted: bool
) -> None:
    assert (RADIOLOGY in labels(*record)) is wanted


@pytest.mark.parametrize(
    ("record", "begins"),
    [
        (PAINFUL_LYTIC, "SINS 4 of 18, stable by SINS [SINS-B1]. T5. "),
        (
            [*PAINFUL_LYTIC, at_t5("sins-total", quantity(6, "{score}"))],
            "SINS 6 is recorded on 2026-11-18: look again [CON-3]. SINS 4 of 18, stable by SINS [SINS-B1]",
        ),
        (
            mechanical(
                vertebral_collapse="collapse-under-50", posterolateral_involvement="posterolateral-none"
            ),
            "SINS 8: only after surgical assessment [INC-40]. SINS 8 of 18, potentially unstable [SINS",
        ),
        (
            mechanical(vertebral_collapse=None, posterolateral_involvement="posterolateral-none"),
            "SINS 6 to 9: only after surgical assessment [INC-40]. ",
        ),
        (
            [*PAINFUL_LYTIC, at_t5("sins-total", quantity(8, "{score}"))],
            "SINS 8, recorded on 2026-11-18: only after surgical assessment [INC-40]. ",
        ),
    ],
)
def test_inc_40_from_seven_interventional_radiology_comes_after_a_surgeon(
    record: Sequence[Json], begins: str
) -> None:
    text = note(RADIOLOGY, *record)
    assert text.startswith(begins)
    assert "[ABL-4]" in text


# A record never says by itself that cement is indicated: a clinician does.
NUMBERS = {"platelets": 200, "inr": 1, "wbc": 5, "lesions_to_treat": 1, "levels_in_session": 1, "age": 60}
NUMBERS |= {"pain_score": 6, "sins_minimum": 4, "sins_maximum": 4, "ecog": 1}


@pytest.mark.parametrize(
    ("stated", "wanted"),
    [({}, False), ({"indication_2": "yes"}, True), ({"indication_2": "yes", "posterior_arch": "yes"}, True)],
)
def test_interventional_radiology_is_offered_where_cement_is_indicated(stated: Json, wanted: bool) -> None:
    pathway = KNOWLEDGE.pathways["augmentation"]
    judged = pathway.judge(
        {
            one.code: given(one, [stated.get(one.code, "no")])
            if isinstance(one, Item)
            else Measured((exactly(NUMBERS[one.code]),), recorded=True)
            for one in pathway.inputs
        }
    )
    found = assessed(*t5())
    held = replace(lesion(found, "T5"), pathways=(Judgement(pathway, APPLIES, judged),))
    told = suggestions_for(found, held, leading(held), book=BOOK, identity=identity)
    assert [one.label for one in told if one.label == RADIOLOGY] == [RADIOLOGY] * wanted
    assert not wanted or "[AUG-IND-2]" in resource_of(told[0])["note"][0]["text"]
