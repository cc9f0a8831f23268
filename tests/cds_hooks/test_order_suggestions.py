"""What a card about orders offers: the draft with its priority raised and why, and what is not offered."""

from collections.abc import Sequence

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.orders import (
    CT_OF_FEMUR,
    LOINC,
    MRI_THORACIC,
    PHYSIOTHERAPY,
    SIGN,
    SINS_6,
    about,
    bone,
    labels,
    order,
    ordered,
    patient_wide,
    vertebra,
)
from tests.cds_hooks.record import FEMORAL_SHAFT, SNOMED, Json

MRI = "Draft: MRI of the whole spine with and without contrast"
RADIOLOGY = "Draft: referral to interventional radiology"
DEFICIT = patient_wide(new_neurologic_deficit="present")
HIGH_GRADE = about("c-t11", escc_grade="escc-3")
OPEN_T11 = vertebra(lesion="lytic", pain="mechanical", alignment=None)


async def given_back(ehr: Ehr, record: Sequence[Json], draft: Json) -> tuple[Json, str]:
    """The draft as the card gives it back, and what it says that it does."""
    cards = await ordered(ehr, record, [draft], hook=SIGN)
    ((resource, description),) = (
        (action["resource"], action["description"])
        for card in cards
        for one in card["suggestions"]
        for action in one["actions"]
        if action["type"] == "update"
    )
    return resource, description


@pytest.mark.parametrize(
    ("record", "sent", "priority", "why"),
    [
        ([*SINS_6, *DEFICIT], None, "stat", "Emergency: new neurologic deficit recorded on "),
        ([*SINS_6, *DEFICIT], "asap", "stat", "Emergency: new neurologic deficit recorded on "),
        ([*OPEN_T11, *HIGH_GRADE], None, "asap", "Epidural compression of grade 2 or 3, "),
        (
            [*OPEN_T11, *patient_wide(ambulatory="absent")],
            "routine",
            "urgent",
            "Not able to walk, recorded on ",
        ),
        # As urgent already, or more.
        ([*SINS_6, *DEFICIT], "stat", "stat", None),
        ([*OPEN_T11, *HIGH_GRADE], "stat", "stat", None),
        ([*OPEN_T11, *patient_wide(ambulatory="absent")], "asap", "asap", None),
        # Nothing that imaging of the spine answers.
        (OPEN_T11, None, None, None),
        (OPEN_T11, "routine", "routine", None),
        ([*OPEN_T11, *patient_wide(hypercalcaemia="present")], None, None, None),
    ],
)
async def test_imaging_of_the_spine_is_hastened_by_what_cannot_wait_and_its_note_says_why(
    ehr: Ehr, record: Sequence[Json], sent: str | None, priority: str | None, why: str | None
) -> None:
    members = {} if sent is None else {"priority": sent}
    found, description = await given_back(ehr, record, order(MRI_THORACIC, system=LOINC, **members))
    assert found.get("priority") == priority
    text = found["note"][-1]["text"]
    if why is None:
        assert "priority" not in description
        assert "[RED-" not in text
    else:
        assert text.startswith(why)
        assert description.endswith(f" and give it the priority {priority}.")


async def test_a_deficit_does_not_hasten_imaging_of_a_limb(ehr: Ehr) -> None:
    draft = order(CT_OF_FEMUR, system=LOINC)
    found, _ = await given_back(ehr, [*bone(FEMORAL_SHAFT), *DEFICIT], draft)
    assert "priority" not in found


@pytest.mark.parametrize(
    ("code", "system", "wanted"),
    [
        ("conventional-radiotherapy", None, True),
        ("spinal-stabilisation", None, False),
        ("spinal-decompression", None, False),
        (PHYSIOTHERAPY, SNOMED, False),
    ],
)
async def test_a_needle_is_not_offered_beside_surgery_or_physiotherapy(
    ehr: Ehr, code: str, system: str | None, *, wanted: bool
) -> None:
    record = vertebra(lesion="lytic", pain="mechanical", collapse="under-50")
    draft = order(code, "T11", **({} if system is None else {"system": system}))
    cards = await ordered(ehr, record, [draft], hook=SIGN)
    assert cards
    assert (RADIOLOGY in labels(cards)) is wanted


async def test_the_whole_spine_is_offered_at_the_lesion_that_the_orders_are_for(ehr: Ehr) -> None:
    worse = vertebra("L4", lesion="lytic", pain="mechanical", collapse="over-50", alignment="subluxation")
    cards = await ordered(ehr, [*OPEN_T11, *worse, *DEFICIT], [order("conventional-radiotherapy", "T11")])
    assert [label for label in labels(cards) if label == MRI] == [MRI]
    both = [order("conventional-radiotherapy", level, name=f"order-{level}") for level in ("T11", "L4")]
    cards = await ordered(ehr, [*OPEN_T11, *worse, *DEFICIT], both)
    assert len(cards) == 2
    assert [label for label in labels(cards) if label == MRI] == [MRI]
