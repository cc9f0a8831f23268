"""What orders are read by: verified codes, each with one meaning, and what a card calls it."""

import ast
import csv
import inspect
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.knowledge import orderables
from app.knowledge.anatomy import SNOMED, place_of
from app.knowledge.conditions import (
    ABLATION_ORDERS,
    CEMENT_ORDERS,
    INSTRUMENTATION_BY_CODE,
    RADIOTHERAPY_BY_CODE,
    RADIOTHERAPY_ORDERS,
    RXNORM,
)
from app.knowledge.finding import LOINC
from app.knowledge.orderables import (
    CPT,
    ORDERABLE_BY_CODE,
    OWN_ORDERABLES,
    STABILISING,
    STEREOTACTIC,
    UNSPECIFIC,
    Group,
    Orderable,
)

CODES = Path(__file__).parents[2].parent / "shared" / "reference" / "codes.csv"
needs_codes = pytest.mark.skipif(
    not CODES.exists(), reason="codes.csv is not beside this checkout: the codes of orders are unchecked"
)
# In no code list that could be verified; the module says where it was seen.
PHYSIOTHERAPY = (SNOMED, "91251008")
Code = tuple[str, str]
# Contract, section 3: the techniques that have no verified standard code, and what kind of step each is.
OWN: Mapping[str, Group] = {
    **dict.fromkeys(("vertebroplasty", "kyphoplasty", "cementoplasty"), Group.CEMENT),
    **dict.fromkeys(
        (
            "radiofrequency-ablation",
            "microwave-ablation",
            "cryoablation",
            "laser-ablation",
            "focused-ultrasound",
            "alcohol-ablation",
        ),
        Group.ABLATION,
    ),
    "embolisation": Group.EMBOLISATION,
    **dict.fromkeys(("conventional-radiotherapy", "stereotactic-radiotherapy"), Group.RADIOTHERAPY),
    **dict.fromkeys(("spinal-decompression", "spinal-stabilisation"), Group.SPINE_SURGERY),
    "prophylactic-fixation": Group.FIXATION,
}
# Written down here and not taken from the service: what the code list calls each code.
MEANINGS: Mapping[Code, str] = {
    (SNOMED, "1217123003"): "radiotherapy",
    (SNOMED, "445232009"): "radiotherapy",
    (SNOMED, "441799006"): "radiotherapy",
    (SNOMED, "115959002"): "stereotactic-radiotherapy",
    (CPT, "77435"): "stereotactic-radiotherapy",
    (CPT, "77427"): "radiotherapy",
    (SNOMED, "387731002"): "spinal-decompression",
    (SNOMED, "283165009"): "spinal-decompression",
    (SNOMED, "10836008"): "spinal-decompression",
    (SNOMED, "178834009"): "spinal-stabilisation",
    (SNOMED, "709504001"): "spinal-stabilisation",
    (SNOMED, "359586003"): "spinal-stabilisation",
    (SNOMED, "11964008"): "prophylactic-fixation",
    (SNOMED, "241646009"): "mri-cervical",
    (LOINC, "30855-1"): "mri-whole-spine",
    (LOINC, "30854-4"): "mri-whole-spine",
    (LOINC, "36067-7"): "mri-spine",
    (LOINC, "24937-5"): "mri-cervical",
    (LOINC, "24981-3"): "mri-thoracic",
    (LOINC, "24967-2"): "mri-lumbar",
    (CPT, "72141"): "mri-cervical",
    (CPT, "72146"): "mri-thoracic",
    (CPT, "72148"): "mri-lumbar",
    (CPT, "72156"): "mri-cervical",
    (CPT, "72157"): "mri-thoracic",
    (CPT, "72158"): "mri-lumbar",
    (CPT, "72125"): "ct-cervical",
    (CPT, "72128"): "ct-thoracic",
    (CPT, "72131"): "ct-lumbar",
    (LOINC, "28566-8"): "ct-spine",
    (LOINC, "24704-9"): "radiograph-femur",
    (LOINC, "35984-4"): "ct-femur",
    (LOINC, "25031-6"): "bone-scan",
    (SNOMED, "306256000"): "referral-radiation-oncology",
    (SNOMED, "308481009"): "referral-orthopaedics",
    (SNOMED, "183882005"): "referral-neurosurgery",
    (RXNORM, "11289"): "warfarin",
    (RXNORM, "114194"): "warfarin",
    (RXNORM, "1364430"): "apixaban",
    (RXNORM, "1114195"): "rivaroxaban",
    (RXNORM, "1037045"): "dabigatran",
    (RXNORM, "67108"): "enoxaparin",
    (RXNORM, "5224"): "heparin",
    (RXNORM, "993452"): "denosumab",
    (RXNORM, "1156253"): "zoledronic-acid",
    (RXNORM, "77655"): "zoledronic-acid",
    (RXNORM, "904419"): "alendronic-acid",
}
# Codes whose words in the code list name a part of the body.
COVERS: Mapping[Code, str] = {
    (LOINC, "30855-1"): "spine",
    (LOINC, "36067-7"): "spine",
    (LOINC, "28566-8"): "spine",
    (LOINC, "24937-5"): "cervical-spine",
    (SNOMED, "241646009"): "cervical-spine",
    (CPT, "72141"): "cervical-spine",
    (CPT, "72125"): "cervical-spine",
    (LOINC, "24981-3"): "thoracic-spine",
    (CPT, "72146"): "thoracic-spine",
    (CPT, "72128"): "thoracic-spine",
    (LOINC, "24967-2"): "lumbar-spine",
    (CPT, "72148"): "lumbar-spine",
    (CPT, "72131"): "lumbar-spine",
    (SNOMED, "11964008"): "femur",
    (LOINC, "24704-9"): "femur",
    (LOINC, "35984-4"): "femur",
}
EVERY = {*OWN_ORDERABLES.values(), *ORDERABLE_BY_CODE.values()}


def listed() -> Mapping[Code, set[str]]:
    """The statuses of every code of the list."""
    found: dict[Code, set[str]] = defaultdict(set)
    with CODES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["system"], row["code"]].add(row["status"])
    return found


# -- codes ---------------------------------------------------------------------------------------------------


@needs_codes
def test_every_code_is_a_verified_one() -> None:
    statuses = listed()
    unverified = {code for code in ORDERABLE_BY_CODE if not statuses.get(code, set()) & {"V1", "V2"}}
    assert unverified == {PHYSIOTHERAPY}


@needs_codes
def test_no_code_is_one_that_the_list_calls_unverified() -> None:
    unverified = {code for code, statuses in listed().items() if "U" in statuses}
    assert unverified
    assert unverified & ORDERABLE_BY_CODE.keys() == set()


def test_the_code_that_stands_in_no_list_is_explained_where_it_stands() -> None:
    lines = inspect.getsource(orderables).splitlines()
    assert any(line.lstrip().startswith("#") and PHYSIOTHERAPY[1] in line for line in lines)
    assert ORDERABLE_BY_CODE[PHYSIOTHERAPY].group is Group.PHYSIOTHERAPY


def test_no_code_is_written_twice() -> None:
    """A mapping keeps the last of two entries and says nothing."""
    code = ast.parse(inspect.getsource(orderables))
    texts = [
        node.value
        for node in ast.walk(code)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    for _, written in ORDERABLE_BY_CODE:
        assert texts.count(written) <= 1, written


@pytest.mark.parametrize("code", MEANINGS)
def test_a_code_means_what_the_list_calls_it(code: Code) -> None:
    assert ORDERABLE_BY_CODE[code].code == MEANINGS[code]


@pytest.mark.parametrize("code", COVERS)
def test_a_code_that_names_a_part_of_the_body_covers_it(code: Code) -> None:
    assert ORDERABLE_BY_CODE[code].covers == place_of(COVERS[code])


@pytest.mark.parametrize("code", ["709504001", "178541006", "265717009"])
def test_a_fusion_of_one_region_covers_that_region(code: str) -> None:
    assert ORDERABLE_BY_CODE[SNOMED, code].covers == INSTRUMENTATION_BY_CODE[SNOMED, code]


def test_what_a_procedure_is_read_by_can_be_ordered() -> None:
    assert ORDERABLE_BY_CODE.keys() >= RADIOTHERAPY_BY_CODE
    assert ORDERABLE_BY_CODE.keys() >= INSTRUMENTATION_BY_CODE.keys()
    assert OWN_ORDERABLES.keys() >= {*CEMENT_ORDERS, *ABLATION_ORDERS, *RADIOTHERAPY_ORDERS}


@pytest.mark.parametrize("code", sorted(RADIOTHERAPY_BY_CODE))
def test_only_a_code_that_says_so_is_stereotactic(code: Code) -> None:
    stereotactic = ORDERABLE_BY_CODE[code] is STEREOTACTIC
    assert stereotactic == (code == (SNOMED, "115959002"))


# -- what they stand for -------------------------------------------------------------------------------------


def test_the_techniques_are_those_of_the_contract() -> None:
    assert {code: one.group for code, one in OWN_ORDERABLES.items()} == OWN
    assert all(one.code == code and one.covers is None for code, one in OWN_ORDERABLES.items())


def test_one_name_is_one_thing() -> None:
    said: dict[str, set[tuple[str, Group]]] = defaultdict(set)
    for one in EVERY:
        said[one.code].add((one.label, one.group))
    assert {code: labels for code, labels in said.items() if len(labels) > 1} == {}


def test_two_things_never_share_a_label() -> None:
    by_label: dict[str, set[str]] = defaultdict(set)
    for one in EVERY:
        by_label[one.label].add(one.code)
    assert {label: codes for label, codes in by_label.items() if len(codes) > 1} == {}


@pytest.mark.parametrize("one", sorted(EVERY, key=repr), ids=lambda one: one.code)
def test_a_label_reads_well_within_a_sentence(one: Orderable) -> None:
    assert one.label == one.label.strip()
    assert 0 < len(one.label) <= 40
    assert one.label[0].islower() or one.label.startswith(("MRI", "CT"))
    assert not one.label.endswith(".")


@pytest.mark.parametrize(
    ("group", "punctures", "of_the_patient"),
    [
        (Group.CEMENT, True, False),
        (Group.ABLATION, True, False),
        (Group.EMBOLISATION, False, False),
        (Group.RADIOTHERAPY, False, False),
        (Group.SPINE_SURGERY, False, False),
        (Group.FIXATION, False, False),
        (Group.PHYSIOTHERAPY, False, False),
        (Group.IMAGING, False, False),
        (Group.REFERRAL, False, False),
        (Group.ANTICOAGULANT, False, True),
        (Group.BONE_AGENT, False, True),
    ],
)
def test_what_is_punctured_and_what_is_swallowed(group: Group, punctures: bool, of_the_patient: bool) -> None:
    assert (group.punctures, group.of_the_patient) == (punctures, of_the_patient)
    assert any(one.group is group for one in EVERY)


def test_every_kind_of_step_is_in_the_table_above() -> None:
    assert len(Group) == 11


def test_only_magnetic_resonance_shows_the_canal() -> None:
    shown = {one.code for one in EVERY if one.shows_soft_tissue}
    assert shown == {"mri", "mri-spine", "mri-whole-spine", "mri-cervical", "mri-thoracic", "mri-lumbar"}
    assert all(one.group is Group.IMAGING for one in EVERY if one.shows_soft_tissue)


def test_what_stabilises_and_what_says_no_more_than_its_kind() -> None:
    assert {"spinal-stabilisation", "prophylactic-fixation"} == STABILISING
    assert {one.code for one in EVERY} >= UNSPECIFIC
    assert UNSPECIFIC & OWN_ORDERABLES.keys() == set()


def test_nobody_can_change_them() -> None:
    for table in (ORDERABLE_BY_CODE, OWN_ORDERABLES):
        with pytest.raises(TypeError):
            table["x"] = STEREOTACTIC  # type: ignore[index]  # what must fail
