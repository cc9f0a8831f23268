"""What is read of the draft orders of a call: what, where, why, how much, and whose (R160, R161)."""

from fractions import Fraction
from typing import Any

import pytest

from app.assess.ordered.order import Order
from app.fhir.orders import short_reference
from tests.fhir.drafts import (
    CPT,
    DOSE_URL,
    FIXATION_OF_FEMUR,
    FRACTIONS_URL,
    MEDICATION,
    MRI,
    MRI_OF_THE_SPINE,
    URN,
    WARFARIN,
    order,
    prescription,
    read,
)
from tests.fhir.records import (
    BODY_SITE_URL,
    BONES,
    LEFT,
    LOINC,
    ORDER,
    RIGHT,
    SERVER,
    SNOMED,
    VERTEBRAE,
    Json,
    concept,
    entry,
    quantity,
    reference,
    site,
    snomed,
)


def named(*codings: tuple[str, str], **members: Any) -> str | None:
    """What a ServiceRequest with these codings orders."""
    orderable = read(order(code=concept(*codings, **members))).orderable
    return orderable.code if orderable is not None else None


# -- what is ordered -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codings", "expected"),
    [
        ([(ORDER, "kyphoplasty")], "kyphoplasty"),
        ([(SNOMED, "115959002")], "stereotactic-radiotherapy"),
        ([(CPT, "77435")], "stereotactic-radiotherapy"),
        ([(LOINC, "30855-1")], "mri-whole-spine"),
        ([("urn:oid:2.16.840.1.113883.6.96", "283165009")], "spinal-decompression"),
        # Codes that nobody reads stand beside one that says it.
        ([("https://site.example.org/orders", "X1"), (ORDER, "cryoablation")], "cryoablation"),
        # The precise one counts, whichever comes first.
        ([(SNOMED, "108290001"), (SNOMED, "115959002")], "stereotactic-radiotherapy"),
        ([(SNOMED, "115959002"), (SNOMED, "108290001")], "stereotactic-radiotherapy"),
        ([MRI, MRI_OF_THE_SPINE], "mri-spine"),
        ([(SNOMED, "1287742003"), (SNOMED, "441799006")], "radiotherapy"),
        # Two techniques in one order are neither.
        ([(ORDER, "vertebroplasty"), (ORDER, "cryoablation")], None),
        ([(ORDER, "conventional-radiotherapy"), (SNOMED, "115959002")], None),
        # A code of another system with the same letters is another code.
        ([("https://site.example.org/orders", "vertebroplasty")], None),
        ([(SNOMED, "vertebroplasty")], None),
        ([(ORDER, "Vertebroplasty")], None),
        ([(ORDER, "115959002")], None),
        # Not verified in the code list.
        ([(SNOMED, "392010000")], None),
        ([(CPT, "22510")], None),
    ],
)
def test_what_is_ordered_is_told_by_codes(codings: list[tuple[str, str]], expected: str | None) -> None:
    assert named(*codings) == expected


@pytest.mark.parametrize("place", [1, -1])
def test_two_codes_of_one_technique_are_that_technique(place: int) -> None:
    codings = [(ORDER, "prophylactic-fixation"), FIXATION_OF_FEMUR][::place]
    assert named(*codings) == "prophylactic-fixation"


def test_the_order_of_codings_never_matters() -> None:
    assert named(MRI_OF_THE_SPINE, MRI) == named(MRI, MRI_OF_THE_SPINE)


@pytest.mark.parametrize(
    ("code", "coded"),
    [
        ({"text": "vertebroplasty T11"}, False),
        ({"coding": [{}]}, False),
        ({"coding": []}, False),
        ({"coding": [{"system": ORDER}]}, False),
        ({"coding": [{"system": ORDER, "display": "vertebroplasty"}]}, False),
        ({}, False),
        ({"coding": [{"code": "vertebroplasty"}]}, True),
        ({"coding": [{"system": "https://site.example.org", "code": "X1"}], "text": "kyphoplasty"}, True),
    ],
)
def test_text_is_never_guessed_at(code: Json, coded: bool) -> None:
    found = read(order(code=code))
    assert (found.orderable, found.coded) == (None, coded)


def test_an_order_without_a_code_is_an_order() -> None:
    found = read(order(code={}) | {"code": None})
    assert (found.reference, found.orderable, found.coded) == ("ServiceRequest/o", None, False)


# -- medicines -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entries",
    [
        [prescription()],
        [prescription(medicationCodeableConcept=None, medicationReference=reference("Medication/w")),
         MEDICATION],
        [MEDICATION,
         prescription(medicationCodeableConcept=None, medicationReference=reference("Medication/w"))],
        [MEDICATION, prescription(medicationCodeableConcept=None,
                                  medicationReference=reference(f"{SERVER}/Medication/w"))],
        [entry({**MEDICATION, "id": None}, URN),
         prescription(medicationCodeableConcept=None, medicationReference=reference(URN))],
        [entry(MEDICATION, f"{SERVER}/Medication/w"),
         prescription(medicationCodeableConcept=None,
                      medicationReference=reference(f"{SERVER}/Medication/w"))],
        [prescription(medicationCodeableConcept=None, medicationReference=reference("#w"),
                      contained=[MEDICATION])],
    ],
)  # fmt: skip
def test_c28_a_medicine_is_named_in_the_order_or_by_what_it_refers_to(entries: list[Json]) -> None:
    found = read(*entries)
    assert found.reference == "MedicationRequest/m"
    assert found.orderable is not None
    assert found.orderable.code == "warfarin"


@pytest.mark.parametrize(
    "medicine", [reference("Medication/elsewhere"), reference("#elsewhere"), {"display": "warfarin"}, {}]
)
def test_a_medicine_that_is_not_there_is_not_guessed_at(medicine: Json) -> None:
    held = prescription(medicationReference=medicine, contained=[{**MEDICATION, "id": "other"}, {"id": 5}])
    found = read(held | {"medicationCodeableConcept": None}, MEDICATION)
    assert (found.orderable, found.coded) == (None, False)


def test_a_code_on_a_prescription_and_a_medicine_on_a_request_say_nothing() -> None:
    assert read({**order(), "resourceType": "MedicationRequest"}).orderable is None
    assert read({**order(code={}), "medicationCodeableConcept": WARFARIN}).orderable is None


# -- where, and why ------------------------------------------------------------------------------------------


def places(*sites: Json, code: Json | str = "vertebroplasty") -> list[str]:
    """The labels of the places that an order names."""
    return [place.label for place in read(order(code=code, bodySite=list(sites))).places]


@pytest.mark.parametrize("level", VERTEBRAE)
def test_a_vertebra_and_its_body_are_the_same_level(level: str) -> None:
    for code in VERTEBRAE[level]:
        assert places(snomed(code)) == [level]


@pytest.mark.parametrize(
    ("sites", "expected"),
    [
        ([site("thoracic-spine")], ["Thoracic spine, level not recorded"]),
        ([site("T11"), site("L3")], ["T11", "L3"]),
        ([snomed(VERTEBRAE["T11"][0], VERTEBRAE["T11"][1])], ["T11"]),
        ([snomed(BONES["thoracic-spine"], VERTEBRAE["T11"][0])], ["T11"]),
        ([site("femur", LEFT)], ["Left femur"]),
        ([site("femur", RIGHT)], ["Right femur"]),
        ([site("femur"), snomed(LEFT)], ["Left femur"]),
        ([site("femur")], ["Femur, side not recorded"]),
    ],
)
def test_where_it_is_done(sites: list[Json], expected: list[str]) -> None:
    found = read(order(bodySite=sites))
    assert [place.label for place in found.places] == expected
    assert found.sited


@pytest.mark.parametrize(
    "sites",
    [
        None,
        [],
        [snomed(LEFT)],
        [{"coding": [{}]}],
        [{"extension": [{"url": BODY_SITE_URL, "valueReference": reference("BodyStructure/b")}]}],
    ],
)
def test_no_site_is_none(sites: list[Json] | None) -> None:
    found = read(order(bodySite=sites))
    assert (found.places, found.sited) == ((), False)


@pytest.mark.parametrize("written", [{"text": "T11"}, snomed(BONES["sternum"])])
def test_a_site_that_cannot_be_read_is_one_all_the_same(written: Json) -> None:
    """An order whose site is told in words is not one for the only lesion there is."""
    found = read(order(bodySite=[written]))
    assert [place.site for place in found.places] == [None]
    assert not found.sited


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ((LOINC, "24981-3"), "Thoracic spine, level not recorded"),
        ((LOINC, "24967-2"), "Lumbar spine, level not recorded"),
        ((LOINC, "30855-1"), "Spine, level not recorded"),
        (FIXATION_OF_FEMUR, "Femur, side not recorded"),
        ((LOINC, "24704-9"), "Femur, side not recorded"),
    ],
)
def test_a_code_may_name_the_site_where_the_order_does_not(code: tuple[str, str], expected: str) -> None:
    found = read(order(code=concept(code)))
    assert [place.label for place in found.places] == [expected]
    assert not found.sited
    narrower = read(order(code=concept(code), bodySite=[site("T11")]))
    assert [place.label for place in narrower.places] == ["T11"]
    assert narrower.sited


@pytest.mark.parametrize("written", [{"text": "Thoracic spine"}, snomed(BONES["sternum"])])
def test_a_code_names_the_site_beside_one_that_cannot_be_read(written: Json) -> None:
    found = read(order(code=concept((LOINC, "24981-3")), bodySite=[written]))
    assert "Thoracic spine, level not recorded" in [place.label for place in found.places]


@pytest.mark.parametrize(
    "written",
    ["Condition/c", "Condition/c/_history/3", f"{SERVER}/Condition/c", f"{SERVER}/Condition/c/_history/3"],
)
def test_why_it_is_done(written: str) -> None:
    held = order(reasonReference=[reference(written), {"display": "metastasis"}, {}])
    assert read(held).conditions == ("Condition/c",)


@pytest.mark.parametrize(
    ("written", "short"),
    [
        ("ServiceRequest/1", "ServiceRequest/1"),
        ("https://a.example/fhir/r4/ServiceRequest/1", "ServiceRequest/1"),
        ("ServiceRequest/1/_history/2", "ServiceRequest/1"),
        ("1", "1"),
        (URN, URN),
        ("", ""),
    ],
)
def test_a_reference_is_its_type_and_id(written: str, short: str) -> None:
    assert short_reference(written) == short


# -- how much ------------------------------------------------------------------------------------------------


def dosed(*extensions: Json, code: Json | str = "stereotactic-radiotherapy") -> Order:
    return read(order(code=code, extension=list(extensions)))


def gray(value: Any, unit: str | None = "Gy", **members: Any) -> Json:
    return {"url": DOSE_URL, **quantity(value, unit, **members)}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (gray(24), Fraction(24)),
        (gray(19.5), Fraction(39, 2)),
        (gray(2400, "cGy"), Fraction(24)),
        (gray(1999, "cGy"), Fraction(1999, 100)),
        (gray(8), Fraction(8)),
        (gray(60), Fraction(60)),
    ],
)
def test_a_dose_is_read_in_gray(written: Json, expected: Fraction) -> None:
    found = dosed(written).dose_per_fraction
    assert found.single
    assert found.spans[0].low == expected
    assert [source.reference for source in found.sources] == ["ServiceRequest/o"]


@pytest.mark.parametrize(
    ("comparator", "low", "high"), [(">=", 20, None), ("<", None, 20), ("<=", None, 20), (">", 20, None)]
)
def test_a_dose_with_a_comparator_is_a_stretch(comparator: str, low: int | None, high: int | None) -> None:
    (span,) = dosed(gray(20, comparator=comparator)).dose_per_fraction.spans
    assert span.low == low or (low is None and not span.low)
    assert span.high == high or (high is None and span.high in (None, 60))


@pytest.mark.parametrize(
    "written",
    [
        gray(24, "mg"),
        gray(24, None),
        gray("24"),
        gray(-1),
        gray(61),
        gray(6001, "cGy"),
        gray(24, comparator="~"),
        {"url": DOSE_URL, "valueQuantity": {"unit": "Gy"}},
        {"url": DOSE_URL, "valueInteger": 24},
        {"url": DOSE_URL},
    ],
)
def test_a_dose_that_cannot_be_read_is_said(written: Json) -> None:
    found = dosed(written)
    assert not found.dose_per_fraction.recorded
    assert len(found.unread) == 1
    assert "dose" in found.unread[0]


def test_two_doses_are_both_kept() -> None:
    found = dosed(gray(8), gray(24)).dose_per_fraction
    assert found.conflicting
    assert [span.low for span in found.spans] == [8, 24]
    assert not dosed(gray(8), gray(8)).dose_per_fraction.conflicting


@pytest.mark.parametrize(
    ("value", "expected"), [(1, 1), (60, 60), (0, None), (61, None), (2.5, None), ("5", None), (True, None)]
)
def test_fractions_are_a_whole_number(value: Any, expected: int | None) -> None:
    found = dosed({"url": FRACTIONS_URL, "valueInteger": value})
    assert found.fractions == expected
    assert len(found.unread) == (expected is None)


def test_a_number_of_fractions_that_is_missing_is_said() -> None:
    found = dosed({"url": FRACTIONS_URL})
    assert found.fractions is None
    assert len(found.unread) == 1


def test_no_dose_and_what_another_extension_says_are_no_dose() -> None:
    other = {"url": "https://other.example.org/dose-per-fraction", **quantity(24, "Gy")}
    for held in (dosed(), dosed(other)):
        assert not held.dose_per_fraction.recorded
        assert held.fractions is None
        assert held.unread == ()


def test_only_radiotherapy_has_a_dose() -> None:
    found = dosed(gray("x"), {"url": FRACTIONS_URL, "valueInteger": 0}, code="vertebroplasty")
    assert not found.dose_per_fraction.recorded
    assert found.unread == ()
