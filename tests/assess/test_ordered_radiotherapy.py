"""What is said of radiotherapy that is ordered: its dose, its kind, and what comes before it (5)."""

import pytest

from app.assess.ordered.order import Order
from app.knowledge.anatomy import SNOMED, place_of_level
from app.knowledge.orderables import ORDERABLE_BY_CODE
from tests.assess.ordered_case import (
    AGAINST,
    FACTORS,
    FIRST,
    MIND,
    RADIOTHERAPY,
    SETTLED,
    SINS_1,
    SINS_16,
    concerns,
    dose,
    order,
    t5,
    weights,
)
from tests.fhir.records import WORST


@pytest.mark.parametrize(
    ("gray", "warned"),
    [("8", False), ("19", False), ("20", True), ("23", True), ("24", True), ("30", True), (None, False)],
)
def test_vcf_r4_20_gray_a_fraction_with_a_risk_factor(gray: str | None, warned: bool) -> None:
    stereotactic = order("stereotactic-radiotherapy", dose_per_fraction=dose(gray))
    found = weights(FACTORS, stereotactic)
    assert ("VCF-R4" in found) is warned
    assert ("VCF-DOSE" in found) is (gray is None)
    assert found["VCF"] is MIND
    if warned:
        assert found["VCF-R4"] is AGAINST


def factors_at(gray: str) -> str:
    found = concerns(FACTORS, order("stereotactic-radiotherapy", dose_per_fraction=dose(gray)))
    return next(one.headline for one in found if one.key == "VCF")


def test_vcf_r3_a_dose_between_the_bands_counts_only_what_is_certain() -> None:
    assert [factors_at(gray).partition(" risk")[0] for gray in ("19", "20", "23", "24")] == [
        "2",
        "3",
        "3",
        "3",
    ]
    for gray in ("19.5", "23.5"):
        assert factors_at(gray).startswith("at least 2 ")


def test_vcf_r4_without_a_risk_factor_a_high_dose_warns_of_nothing() -> None:
    stereotactic = order("stereotactic-radiotherapy", dose_per_fraction=dose("24"))
    assert "VCF-R4" not in weights([*SINS_1, *SETTLED], stereotactic)


@pytest.mark.parametrize("gray", ["3", "8", "16", None])
def test_the_risk_of_stereotactic_doses_is_not_told_of_conventional_ones(gray: str | None) -> None:
    conventional = order("conventional-radiotherapy", dose_per_fraction=dose(gray))
    assert not [key for key in weights(FACTORS, conventional) if key.startswith("VCF")]


@pytest.mark.parametrize(
    ("gray", "expected"),
    [("3", False), ("8", False), ("19", False), ("20", True), ("24", True), (None, False)],
)
def test_vcf_r4_radiotherapy_of_no_kind_is_stereotactic_by_its_dose(gray: str | None, expected: bool) -> None:
    generic = Order(
        "ServiceRequest/o",
        ORDERABLE_BY_CODE[SNOMED, "108290001"],
        places=(place_of_level("T5"),),
        sited=True,
        dose_per_fraction=dose(gray),
    )
    found = {key: weight for key, weight in weights(FACTORS, generic).items() if key.startswith("VCF")}
    assert found == ({"VCF-R4": AGAINST, "VCF": MIND} if expected else {})


@pytest.mark.parametrize("gray", ["20", "24", "30"])
def test_vcf_conventional_radiotherapy_is_conventional_whatever_its_dose(gray: str) -> None:
    conventional = order("conventional-radiotherapy", dose_per_fraction=dose(gray))
    assert not [key for key in weights(FACTORS, conventional) if key.startswith("VCF")]


def test_vcf_r3_what_is_not_known_may_add_to_the_factors() -> None:
    """Without the collapse on record there may be one more."""
    record = [*t5(bone_lesion_quality="lesion-lytic", vertebral_collapse=None), *SETTLED]
    found = concerns(record, order("stereotactic-radiotherapy", dose_per_fraction=dose("24")))
    (number,) = [one.headline for one in found if one.key == "VCF"]
    assert number.startswith("at least ")
    assert not factors_at("24").startswith("at least ")


def test_noms_the_other_kind_of_radiotherapy_is_told() -> None:
    record = [*SINS_1, *SETTLED]
    assert "NOMS-1" not in weights(record, order("conventional-radiotherapy"))
    assert weights(record, order("stereotactic-radiotherapy")).get("NOMS-1") is MIND
    assert weights(record, order("spinal-decompression")).get("NOMS-1") is MIND


def test_noms_radiotherapy_where_it_asks_for_stabilisation_first() -> None:
    for code in RADIOTHERAPY:
        found = weights([*SINS_16, *SETTLED], order(code))
        assert found.get("NOMS-2") is FIRST
    assert "NOMS-2" not in weights([*SINS_16, *SETTLED], order("spinal-stabilisation"))


@pytest.mark.parametrize("code", RADIOTHERAPY)
def test_noms_stabilisation_that_is_drafted_too_is_what_it_asks_for(code: str) -> None:
    record = [*SINS_16, *SETTLED]
    assert weights(record, order(code), order("spinal-stabilisation"))["NOMS-2"] is MIND
    # At another lesion, or of the region of several, it is not known to be here.
    several = [*record, *t5(WORST, level="T6")]
    for elsewhere in (order("spinal-stabilisation", "T6"), order("spinal-stabilisation", "thoracic-spine")):
        assert weights(several, order(code), elsewhere)["NOMS-2"] is FIRST
