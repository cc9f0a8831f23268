"""Primary tumours: the class of each, its codes, and what several of them leave possible (5.3)."""

import pytest

from app.engine.provenance import DefinitionError, Source, Tag
from app.knowledge.histology import (
    HISTOLOGIES,
    HISTOLOGY_BY_CODE,
    Histology,
    Primary,
    histology_of,
    primary_of,
)

SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
SENSITIVE, RESISTANT, EITHER = {"sensitive"}, {"resistant"}, {"sensitive", "resistant"}

CLASSES = [
    # Stated by the sources that were read.
    ("lymphoma", SENSITIVE),
    ("myeloma", SENSITIVE),
    ("prostate", SENSITIVE),
    ("breast", SENSITIVE),
    ("sarcoma", RESISTANT),
    ("kidney", RESISTANT),
    ("non-small-cell-lung", RESISTANT),
    ("melanoma", RESISTANT),
    # General knowledge whose source was not read: both.
    ("small-cell-lung", EITHER),
    ("thyroid", EITHER),
    ("liver", EITHER),
    ("colon", EITHER),
    ("rectum", EITHER),
    ("stomach", EITHER),
    # All others.
    ("lung", EITHER),
    ("oesophagus", EITHER),
    ("pancreas", EITHER),
    ("bladder", EITHER),
    ("ovary", EITHER),
    ("bone", EITHER),
    ("unknown-primary", EITHER),
    ("other", EITHER),
]


@pytest.mark.parametrize(("code", "expected"), CLASSES)
def test_the_class_of_every_histology(code: str, expected: set[str]) -> None:
    assert HISTOLOGIES[code].radiosensitivity == expected


def test_every_histology_is_tested_above() -> None:
    assert {code for code, _ in CLASSES} == set(HISTOLOGIES)


@pytest.mark.parametrize("code", [code for code, found in CLASSES if found != EITHER])
def test_a_class_has_a_source_that_was_read(code: str) -> None:
    cite = HISTOLOGIES[code].cite
    assert cite is not None
    assert cite.tag is Tag.SEED
    assert ("Tadros" in cite.title) == (HISTOLOGIES[code].radiosensitivity == SENSITIVE)


@pytest.mark.parametrize("code", [code for code, found in CLASSES if found == EITHER])
def test_where_both_are_possible_no_source_is_claimed(code: str) -> None:
    assert HISTOLOGIES[code].cite is None


def test_a_class_without_a_source_is_refused() -> None:
    with pytest.raises(DefinitionError, match="a class needs a source"):
        Histology("x", "x", frozenset({"sensitive"}))
    with pytest.raises(DefinitionError, match="a class needs a source"):
        Histology("x", "x", cite=HISTOLOGIES["breast"].cite)


# -- codes -------------------------------------------------------------------------------------------------

SNOMED_CODES = [
    ("254837009", "breast"),
    ("372064008", "breast"),
    ("408643008", "breast"),
    ("399068003", "prostate"),
    ("93974005", "prostate"),
    ("126906006", "prostate"),
    ("254637007", "non-small-cell-lung"),
    ("424132000", "non-small-cell-lung"),
    ("423121009", "non-small-cell-lung"),
    ("1157067003", "bone"),
    ("254632001", "small-cell-lung"),
    ("93880001", "lung"),
    ("363358000", "lung"),
    ("702391001", "kidney"),
    ("93849006", "kidney"),
    ("363518003", "kidney"),
    ("94098005", "thyroid"),
    ("363478007", "thyroid"),
    ("93655004", "melanoma"),
    ("372244006", "melanoma"),
    ("109841003", "liver"),
    ("93870000", "liver"),
    ("363406005", "colon"),
    ("93761005", "colon"),
    ("363351006", "rectum"),
    ("109989006", "myeloma"),
    ("415110002", "myeloma"),
    ("118600007", "lymphoma"),
    ("109969005", "lymphoma"),
    ("424413001", "sarcoma"),
    ("448710000", "sarcoma"),
    ("363418001", "pancreas"),
    ("255108000", "bladder"),
    ("363443007", "ovary"),
    # A metastasis whose primary was looked for and not found.
    ("285618001", "unknown-primary"),
    ("285619009", "unknown-primary"),
]
NO_PRIMARY_SNOMED = ["94222008", "94602001", "94274006", "94217008", "71286001", "84138006", "128462008"]


@pytest.mark.parametrize(("code", "expected"), SNOMED_CODES)
def test_a_snomed_code_names_its_histology(code: str, expected: str) -> None:
    assert histology_of((SNOMED, code)) == expected


def test_every_snomed_code_is_tested_above() -> None:
    assert {code for _, code in HISTOLOGY_BY_CODE} == {code for code, _ in SNOMED_CODES}
    listed = [code for histology in HISTOLOGIES.values() for code in histology.codes]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("code", NO_PRIMARY_SNOMED)
def test_a_metastasis_or_a_finding_names_no_primary(code: str) -> None:
    assert histology_of((SNOMED, code)) is None


def test_a_primary_tumour_of_a_vertebra_names_a_primary() -> None:
    assert histology_of((SNOMED, "1157067003")) == histology_of((ICD10CM, "C41.2")) == "bone"


ICD_CODES = [
    ("C50", "breast"),
    ("C50.919", "breast"),
    ("C61", "prostate"),
    ("C64.9", "kidney"),
    # The pelvis of the kidney is no renal cell carcinoma.
    ("C65.9", "other"),
    ("C43.9", "melanoma"),
    ("C44.90", "other"),
    ("C4A.9", "other"),
    ("C34.90", "lung"),
    ("C34.11", "lung"),
    ("C33", "other"),
    ("C73", "thyroid"),
    ("C74.90", "other"),
    ("C22.0", "liver"),
    ("C22.1", "other"),
    ("C22.9", "other"),
    ("C18.9", "colon"),
    ("C19", "other"),
    ("C20", "rectum"),
    ("C21.0", "other"),
    ("C16.9", "stomach"),
    ("C17.9", "other"),
    ("C15.9", "oesophagus"),
    ("C25.9", "pancreas"),
    ("C67.9", "bladder"),
    ("C68.0", "other"),
    ("C56.9", "other"),
    ("C49.9", "sarcoma"),
    ("C40.20", "bone"),
    ("C41.2", "bone"),
    ("C41.4", "bone"),
    ("C76.0", "other"),
    ("C90.00", "myeloma"),
    ("C90.01", "myeloma"),
    ("C90.02", "myeloma"),
    ("C90.0", "myeloma"),
    # Plasma cell leukaemia and extramedullary plasmacytoma are neither myeloma nor plasmacytoma of bone.
    ("C90.10", "other"),
    ("C90.20", "other"),
    ("C90.30", "myeloma"),
    ("C91.00", "other"),
    ("C80.0", None),
    ("C80.1", None),
    ("C81.90", "lymphoma"),
    ("C83.30", "lymphoma"),
    ("C85.90", "lymphoma"),
    ("C88.0", "lymphoma"),
    ("C7A.00", "other"),
    ("C7B.03", None),
    ("C7B.8", None),
    ("C77.9", None),
    ("C78.00", None),
    ("C78.7", None),
    ("C79.51", None),
    ("C79.52", None),
    ("C79.9", None),
    ("D16.6", None),
    ("D48.0", None),
    ("M80.08XA", None),
    ("Z85.3", None),
    ("c50.9", None),
    ("", None),
]


@pytest.mark.parametrize(("code", "expected"), ICD_CODES)
def test_an_icd_10_cm_code_is_read_by_its_category(code: str, expected: str | None) -> None:
    assert histology_of((ICD10CM, code)) == expected


def test_a_code_of_another_system_names_no_primary() -> None:
    assert histology_of(("http://loinc.org", "254837009")) is None
    assert histology_of((SNOMED, "C50.9")) is None
    assert histology_of((ICD10CM, "254837009")) is None


# -- what several leave possible ----------------------------------------------------------------------------


def named(*histologies: tuple[str, bool]) -> Primary:
    return primary_of((code, Source(f"Condition/{code}"), confirmed) for code, confirmed in histologies)


SEVERAL = [
    ("one", [("breast", True)], {"breast"}, SENSITIVE),
    ("one, twice", [("breast", True), ("breast", True)], {"breast"}, SENSITIVE),
    ("two of one class", [("breast", True), ("prostate", True)], {"breast", "prostate"}, SENSITIVE),
    ("two of two classes", [("breast", True), ("kidney", True)], {"breast", "kidney"}, EITHER),
    ("one not confirmed", [("breast", False)], {"breast", "other"}, EITHER),
    (
        "one confirmed, one not",
        [("breast", True), ("prostate", False)],
        {"breast", "prostate", "other"},
        EITHER,
    ),
    ("one not found", [("unknown-primary", True)], {"unknown-primary"}, EITHER),
    (
        "one found, one not",
        [("breast", True), ("unknown-primary", True)],
        {"breast", "unknown-primary"},
        EITHER,
    ),
]


@pytest.mark.parametrize(
    ("listed", "possible", "classes"), [pytest.param(*case, id=name) for name, *case in SEVERAL]
)
def test_onc_2_two_primaries_are_a_set(
    listed: list[tuple[str, bool]], possible: set[str], classes: set[str]
) -> None:
    for order in (listed, listed[::-1]):
        found = named(*order)
        assert set(found.possible) == possible
        assert found.radiosensitivity == classes
        assert found.recorded
        assert {source.reference for source in found.sources} == {f"Condition/{code}" for code, _ in listed}
    assert named(*listed).possible == named(*listed[::-1]).possible


def test_without_one_every_histology_is_possible_and_none_is_said() -> None:
    found = primary_of([])
    assert found == Primary()
    assert set(found.possible) == set(HISTOLOGIES)
    assert (found.recorded, found.label) == (False, "")
    assert found.radiosensitivity == EITHER
    assert not found.may_be("breast")
    assert not found.certainly(*HISTOLOGIES)


def test_what_a_primary_may_be_and_what_it_certainly_is() -> None:
    one, two = named(("breast", True)), named(("breast", True), ("kidney", True))
    assert one.may_be("breast", "kidney")
    assert one.certainly("breast", "kidney")
    assert not one.may_be("kidney")
    assert two.may_be("kidney")
    assert not two.certainly("kidney")
    assert two.certainly("kidney", "breast", "lung")
    assert not named(("breast", False)).certainly("breast")


def test_primaries_in_words() -> None:
    assert named(("breast", True)).label == "breast"
    assert named(("kidney", True), ("breast", True)).label == "breast or kidney"
