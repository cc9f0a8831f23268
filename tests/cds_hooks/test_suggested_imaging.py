"""Imaging that a card offers: what it is for, what it is to report, and how soon."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.cds_hooks.suggested import (
    DEFICIT,
    FILMS,
    HIGH,
    LEFT_SHAFT,
    LOW,
    MRI,
    NOMS_1,
    PRIMARY,
    RENAL,
    at_t5,
    labels,
    note,
    of_patient,
    offered,
    offered_by,
    recommended,
    request,
    resource_of,
    t5,
)
from tests.fhir.records import (
    LEFT,
    RIGHT,
    WORST,
    Json,
    assessed,
    condition,
    femoral_lesion,
    observation,
    snomed,
    spinal_lesion,
)

# -- MRI of the whole spine -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        ([*t5(), DEFICIT], True),
        (t5(), False),
        # SINS 3 to 10 without what imaging shows; 1 to 4 without what it does not.
        (t5(vertebral_collapse=None, posterolateral_involvement=None, bone_lesion_quality=None), True),
        (t5(spinal_pain=None), False),
        # Open, and only by what an examination tells.
        (
            [
                *t5(
                    WORST,
                    spinal_pain=None,
                    spinal_alignment="alignment-normal",
                    posterolateral_involvement="posterolateral-unilateral",
                ),
                at_t5("escc-grade", "escc-0"),
            ],
            False,
        ),
        # NOMS is open by the grade of compression.
        (t5(WORST), True),
        ([*t5(WORST), at_t5("escc-grade", "escc-0")], False),
        ([*t5(), PRIMARY], True),
        ([*t5(), *NOMS_1], False),
        ([condition("t5", "T5")], True),
        # Not the spine for certain.
        ([condition("b", "bony-pelvis")], False),
        (HIGH, False),
        ([*HIGH, DEFICIT], True),
    ],
)
def test_mri_is_offered_where_it_shows_what_is_open_or_an_emergency_asks_for_it(
    record: Sequence[Json], wanted: bool
) -> None:
    (held,) = assessed(*record).lesions
    assert (MRI in labels(*record, of=held.lesion.id)) is wanted


def test_mri_names_why_what_to_report_and_what_that_settles() -> None:
    record = t5(vertebral_collapse=None, posterolateral_involvement=None, spinal_pain="pain-mechanical")
    told = note(MRI, *record)
    assert told.startswith(
        "SINS 4 to 10 of 18, potential instability not excluded [GEN-5]. T5. To settle SINS and NOMS, "
        "report: vertebral body collapse ("
    )
    assert "posterolateral involvement (both sides, one side, neither side)" in told
    assert "epidural compression grade" in told
    assert "alignment" not in told
    assert "IMG-MOD-1" in told
    assert "compression grade" not in note(MRI, *record, *NOMS_1)


def test_mri_says_as_much_of_contrast_as_its_code_does() -> None:
    found = request(MRI, *t5(WORST))
    assert found["code"]["coding"][0]["display"].endswith("W and WO contrast IV")
    assert found["code"]["text"] == "MRI of the whole spine with and without contrast"
    assert "With and without contrast; the radiologist may choose otherwise." in found["note"][0]["text"]


def test_mri_in_an_emergency_is_stat_and_recommended_and_comes_first_with_its_reason() -> None:
    first, *_ = offered(*t5(WORST), DEFICIT)
    assert first.label == MRI
    assert first.isRecommended
    assert resource_of(first)["priority"] == "stat"
    assert resource_of(first)["note"][0]["text"].startswith(
        "Emergency: new neurologic deficit recorded on 2026-11-18 [RED-1]. MRI as soon as possible, within "
        "24 hours at most. "
    )


def test_mri_is_as_urgent_as_compression_of_the_cord_and_says_so() -> None:
    record = [*t5(spinal_pain="pain-mechanical", vertebral_collapse=None), at_t5("escc-grade", "escc-2")]
    assert request(MRI, *record)["priority"] == "asap"
    assert note(MRI, *record).startswith("Epidural compression of grade 2 or 3, recorded on 2026-11-18")


# -- once for the patient ---------------------------------------------------------------------------------

OPEN_T5 = t5(spinal_pain="pain-mechanical", vertebral_collapse=None)
OPEN_L4 = [condition("c-L4", "L4"), observation("l4", "spinal-pain", "pain-free", at="L4")]


def carriers(*resources: Json, **rest: Any) -> list[str]:
    """The lesions, in the order of their cards, whose card offers the MRI."""
    found = assessed(*resources)
    return [
        held.lesion.id
        for held in found.lesions
        if MRI in {one.label for one in offered_by(found, held.lesion.id, **rest)}
    ]


@pytest.mark.parametrize(
    ("record", "of"),
    [
        ([*t5(WORST), *spinal_lesion("L4"), DEFICIT], "L4"),
        # At the first lesion nothing is open that it shows.
        ([*t5(WORST), at_t5("escc-grade", "escc-0"), *OPEN_L4], "L4"),
        # Never at a limb where there is a lesion of the spine.
        ([*HIGH, *t5(), DEFICIT], "T5"),
    ],
)
def test_mri_is_offered_once_at_the_first_lesion_that_it_is_for(record: Sequence[Json], of: str) -> None:
    assert carriers(*record) == [of]


def test_mri_is_not_offered_again_at_the_next_lesion_where_it_is_drafted() -> None:
    assert carriers(*t5(WORST), *spinal_lesion("L4"), DEFICIT, drafted={"mri-whole-spine"}) == []


def test_mri_names_every_lesion_that_it_is_for_and_what_to_report_of_each() -> None:
    (of,) = carriers(*OPEN_T5, *OPEN_L4)
    assert of == "T5"
    found = request(MRI, *OPEN_T5, *OPEN_L4)
    told = found["note"][0]["text"]
    assert told.startswith("T5: SINS 4 to 7 of 18, potential instability not excluded [GEN-5]. L4: SINS 2 to")
    assert "T5, L4. To settle SINS and NOMS, report: " in told
    assert "bone lesion (lytic, mixed, blastic) of L4;" in told
    assert "none of these); epidural" in told
    assert {one["reference"] for one in found["reasonReference"]} == {"Condition/c-T5", "Condition/c-L4"}
    # As urgent as the most urgent of them.
    assert found["priority"] == "urgent"


def test_mri_tells_what_is_of_one_lesion_with_its_place_and_what_is_of_the_patient_once() -> None:
    record = [*t5(), at_t5("epidural-disease", "present"), *spinal_lesion("L4"), DEFICIT]
    told = note(MRI, *record, of="L4")
    assert told.count("new neurologic deficit recorded") == 1
    assert "T5: A reason for early surgical evaluation, whatever the score says: tumour is" in told


def test_mri_stands_on_a_card_of_the_problem_that_was_just_recorded() -> None:
    record = [*OPEN_T5, *OPEN_L4]
    assert carriers(*record, unsaved={"Condition/c-L4"}) == ["L4"]
    assert "L4, T5. To settle" in note(MRI, *record, of="L4", unsaved={"Condition/c-L4"})


@pytest.mark.parametrize(
    ("record", "alone"),
    [
        # SINS 3 to 7 by one item that imaging shows, and by one that it does not.
        (t5(WORST, spinal_pain="pain-free", spinal_alignment=None, vertebral_collapse="collapse-none"), True),
        (t5(WORST, spinal_pain=None, spinal_alignment=None, vertebral_collapse="collapse-none"), False),
        # NOMS by the grade alone, and by myelopathy as well.
        ([*t5(), condition("primary", code=RENAL), of_patient("surgical-tolerance", "surgery-able")], True),
        ([*t5(), PRIMARY], False),
        ([condition("t5", "T5")], False),
    ],
)
def test_mri_is_recommended_only_where_it_alone_would_settle(record: Sequence[Json], alone: bool) -> None:
    assert MRI in labels(*record)
    assert (MRI in recommended(*record)) is alone


# -- radiographs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        (HIGH, False),
        (LOW, False),
        # 2 + 3 + 3 + 1 to 3: settled as high, or not, by the size.
        (femoral_lesion(LEFT, "limb-pain-moderate", "lesion-mixed", 5)[:-1], True),
        ([*LOW[:1], *LOW[2:]], False),
        (LOW[:-1], False),
        (LOW[:1], True),
    ],
)
def test_radiographs_are_offered_where_size_or_lesion_leaves_mirels_open(
    record: Sequence[Json], wanted: bool
) -> None:
    assert (FILMS in labels(*record, of=LEFT_SHAFT)) is wanted


def test_radiographs_of_the_femur_name_what_to_measure() -> None:
    record = femoral_lesion(LEFT, "limb-pain-moderate", "lesion-mixed", 5)[:-1]
    found = request(FILMS, *record, of=LEFT_SHAFT)
    assert found["code"]["coding"][0]["code"] == "24704-9"
    assert [coding["code"] for coding in found["bodySite"][0]["coding"]] == ["41111004", LEFT]
    assert found["note"][0]["text"] == (
        "Mirels 7, 8 or 9 of 12, higher fracture risk not excluded [GEN-5]. Left shaft of the femur. To "
        "settle Mirels, report: size (less than one third, one third to two thirds, more than two thirds); "
        "axial length of cortex involved, in mm."
    )
    assert recommended(*record, of=LEFT_SHAFT) == [FILMS]


def test_radiographs_of_another_bone_have_no_code() -> None:
    humerus = condition("h", snomed("85050009", RIGHT))
    found = request("Draft: radiographs of the right humerus in two planes", humerus, of="right-humerus")
    assert "coding" not in found["code"]
    assert "axial" not in found["note"][0]["text"]
