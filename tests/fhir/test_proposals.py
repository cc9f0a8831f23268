"""Draft requests (R114, R117): valid R4, complete but for who orders them, and nothing that orders."""

import json
from typing import Any

import msgspec
import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest

from app.engine.reading import Side
from app.fhir.proposals import Proposal, body_site, draft_request, site_code, standing, title_of
from app.fhir.sites import read_sites
from app.fhir.wire import Concept
from app.knowledge.anatomy import LEVELS, SITES, Place, place_of, place_of_level, place_of_levels
from app.knowledge.instrument import Urgency
from app.knowledge.lesion import Lesion
from app.knowledge.orderables import ORDERABLE_BY_CODE
from tests.cds_hooks.card_schema import hollow
from tests.fhir.records import BOOK, LEFT, LOINC, SNOMED, VERTEBRAE, Json

IDENTITY = "5b0d1c0e-6f0c-5a3c-9a40-0f4b7a1f7f10"
T11 = place_of_level("T11")
LEFT_FEMUR = place_of("femur", Side.LEFT)


def drafted(kind: Proposal, place: Place = T11, **members: Any) -> Json:
    lesion = Lesion("a-lesion", place, conditions=members.pop("conditions", ("Condition/c-1",)))
    arguments: dict[str, Any] = {"urgency": Urgency.URGENT, "note": "What is it?", "identity": IDENTITY}
    lesions = (lesion, *members.pop("others", ()))
    return draft_request(kind, patient="p-1", lesions=lesions, **(arguments | members))


# -- every kind ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [T11, LEFT_FEMUR, place_of("humerus"), Place()], ids=lambda p: p.label)
@pytest.mark.parametrize("kind", Proposal)
def test_r114_every_request_is_valid_r4_and_only_a_draft(kind: Proposal, place: Place) -> None:
    request = drafted(kind, place, encounter="e-1")
    assert ServiceRequest.model_validate(request).subject.reference == "Patient/p-1"
    assert list(hollow(request)) == []
    assert (request["status"], request["intent"]) == ("draft", "proposal")
    assert request["id"] == IDENTITY
    assert request["encounter"] == {"reference": "Encounter/e-1"}
    assert request["note"] == [{"text": "What is it?"}]
    assert "authoredOn" not in request
    assert json.loads(msgspec.json.encode(request)) == request


@pytest.mark.parametrize(
    ("kind", "place", "text", "coded"),
    [
        (
            Proposal.WHOLE_SPINE_MRI,
            T11,
            "MRI of the whole spine with and without contrast",
            (LOINC, "30855-1", "Spine Cervical and Thoracic and Lumbar MRI W and WO contrast IV"),
        ),
        (
            Proposal.FEMUR_RADIOGRAPHS,
            LEFT_FEMUR,
            "Radiographs of the left femur in two planes",
            (LOINC, "24704-9", "Femur X-ray"),
        ),
        (Proposal.LIMB_RADIOGRAPHS, place_of("tibia"), "Radiographs of the tibia in two planes", None),
        (
            Proposal.SPINE_SURGERY,
            T11,
            "Referral to spine surgery",
            (SNOMED, "3457005", "Patient referral (procedure)"),
        ),
        (
            Proposal.RADIATION_ONCOLOGY,
            T11,
            "Referral to radiation oncology",
            (SNOMED, "306256000", "Referral to radiotherapist"),
        ),
        (
            Proposal.ORTHOPAEDIC_ONCOLOGY,
            LEFT_FEMUR,
            "Referral to orthopaedic oncology",
            (SNOMED, "308481009", "Referral to orthopedic surgeon"),
        ),
        (Proposal.INTERVENTIONAL_RADIOLOGY, T11, "Referral to interventional radiology", None),
    ],
)
def test_the_code_is_that_of_the_code_list_or_there_is_none(
    kind: Proposal, place: Place, text: str, coded: tuple[str, str, str] | None
) -> None:
    code = drafted(kind, place)["code"]
    assert code["text"] == text == title_of(kind, place)
    if coded is None:
        assert "coding" not in code
    else:
        assert code["coding"] == [dict(zip(("system", "code", "display"), coded, strict=True))]


@pytest.mark.parametrize("kind", Proposal)
def test_a_kind_is_named_as_its_order_is_read(kind: Proposal) -> None:
    (coding,) = drafted(kind)["code"].get("coding", [None])
    # A referral by the code that names no specialty is read as a referral and no more.
    if coding is not None and coding["code"] != "3457005":
        assert ORDERABLE_BY_CODE[coding["system"], coding["code"]].code == kind


@pytest.mark.parametrize(
    ("urgency", "priority"),
    [("emergency", "stat"), ("same-day", "asap"), ("urgent", "urgent"), ("routine", "routine")],
)
def test_the_priority_follows_the_urgency(urgency: str, priority: str) -> None:
    assert drafted(Proposal.SPINE_SURGERY, urgency=Urgency(urgency))["priority"] == priority


# -- what it refers to -----------------------------------------------------------------------------------


def test_the_reasons_are_the_conditions_that_a_server_can_find() -> None:
    listed = (
        "Condition/c-1",
        "Condition/unnamed-2",
        "urn:uuid:0b6c9c6e-7f3a-4d1a-9d55-0d7f0f8f6d11",
        "https://ehr.example.org/fhir/Condition/c-4",
        "BodyStructure/b-1",
        "Condition/just-drafted",
    )
    request = drafted(Proposal.SPINE_SURGERY, conditions=listed, unsaved=("Condition/just-drafted",))
    assert request["reasonReference"] == [{"reference": "Condition/c-1"}]


def test_the_conditions_of_every_lesion_that_it_is_for_are_reasons_once() -> None:
    others = [Lesion("b", T11, conditions=("Condition/c-1", "Condition/c-2")), Lesion("c", LEFT_FEMUR)]
    request = drafted(Proposal.WHOLE_SPINE_MRI, others=others)
    assert [one["reference"] for one in request["reasonReference"]] == ["Condition/c-1", "Condition/c-2"]


def test_without_a_condition_there_is_no_reason() -> None:
    assert "reasonReference" not in drafted(Proposal.SPINE_SURGERY, conditions=())


@pytest.mark.parametrize("encounter", [None, "", "e 1", "../Patient/2", "e" * 300])
def test_an_encounter_that_is_no_id_is_not_named(encounter: str | None) -> None:
    assert "encounter" not in drafted(Proposal.SPINE_SURGERY, encounter=encounter)


def test_a_part_stands_for_the_whole_and_each_stands_once() -> None:
    listed = [
        "Observation/o-1#component[0]",
        "Observation/o-1",
        "QuestionnaireResponse/q#pain",
        "Condition/c",
    ]
    assert standing(listed, ("Observation", "QuestionnaireResponse")) == (
        "Observation/o-1",
        "QuestionnaireResponse/q",
    )


# -- where it is -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_is_told_by_the_vertebra_and_not_by_its_body(level: str) -> None:
    assert site_code(place_of_level(level)) == VERTEBRAE[level][0]


PLACES = [
    *map(place_of_level, LEVELS),
    *(place_of(site) for site in SITES),
    *(place_of(site, side) for site in SITES if SITES[site].sided for side in Side),
]


@pytest.mark.parametrize("place", [place for place in PLACES if site_code(place)], ids=lambda p: p.label)
def test_a_site_that_has_a_code_is_read_back_as_the_same_place(place: Place) -> None:
    written = msgspec.convert(body_site(place), Concept)
    assert read_sites(BOOK, [written]).places == (place,)


@pytest.mark.parametrize("place", [place for place in PLACES if not site_code(place)], ids=lambda p: p.label)
def test_a_site_without_a_code_is_told_in_words(place: Place) -> None:
    assert body_site(place) == {"text": place.label}


def test_the_side_stands_beside_the_bone() -> None:
    (site,) = drafted(Proposal.FEMUR_RADIOGRAPHS, LEFT_FEMUR)["bodySite"]
    assert [coding["code"] for coding in site["coding"]] == ["71341001", LEFT]


def test_levels_of_which_one_is_meant_are_told_by_the_region_that_holds_them() -> None:
    site = body_site(place_of_levels(["T4", "T5"]))
    assert site is not None
    assert [coding["code"] for coding in site["coding"]] == ["122495006"]


def test_a_lesion_without_a_site_has_none() -> None:
    assert body_site(Place()) is None
    assert body_site(Place(unread="text")) is None
    assert "bodySite" not in drafted(Proposal.RADIATION_ONCOLOGY, Place())


def test_the_whole_spine_is_not_narrowed_to_a_level() -> None:
    assert "bodySite" not in drafted(Proposal.WHOLE_SPINE_MRI, T11)
    assert "bodySite" in drafted(Proposal.SPINE_SURGERY, T11)


@pytest.mark.parametrize(("place", "sited"), [(T11, True), (place_of("ilium"), False), (LEFT_FEMUR, False)])
def test_a_spine_surgeon_is_sent_to_no_other_bone(place: Place, sited: bool) -> None:
    assert ("bodySite" in drafted(Proposal.SPINE_SURGERY, place)) is sited
