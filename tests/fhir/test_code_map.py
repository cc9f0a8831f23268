"""A site's own codes by a ConceptMap (contract 1.3), and other spellings of the standard systems (F28)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.assess import assess
from app.assess.result import Assessment
from app.fhir.codes import CodeBook, CodeMapError, code_book
from app.fhir.reader import Reader
from app.fhir.wire import Concept
from tests.fhir.records import (
    ANSWER,
    AS_OF,
    BASE,
    ICD10CM,
    KNOWLEDGE,
    LEFT,
    LOINC,
    OBSERVABLE,
    ORDER,
    SNOMED,
    VERTEBRAE,
    Json,
    answer,
    assessed,
    bundle,
    component,
    concept,
    condition,
    lesion,
    lesion_ids,
    observation,
    patient,
    quantity,
    read,
    reference,
    response,
    site,
    snomed,
    structure,
)

SITE = "https://a-hospital.example/codes"
OIDS = {
    SNOMED: "urn:oid:2.16.840.1.113883.6.96",
    LOINC: "urn:oid:2.16.840.1.113883.6.1",
    ICD10CM: "urn:oid:2.16.840.1.113883.6.90",
}
Write = Callable[[Any], Path]


def group(target: str, *pairs: tuple[str, str], source: str = SITE, equivalence: str = "equal") -> Json:
    return {
        "source": source,
        "target": target,
        "element": [
            {"code": own, "target": [{"code": code, "equivalence": equivalence}]} for own, code in pairs
        ],
    }


def concept_map(*groups: Json) -> Json:
    return {"resourceType": "ConceptMap", "status": "active", "group": list(groups)}


def own(*codes: str) -> Json:
    return concept(*((SITE, code) for code in codes))


def finding(book: CodeBook, code: Json) -> str | None:
    return book.finding(msgspec.convert(code, Concept))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(document: Any) -> Path:
        path = tmp_path / "site.json"
        path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        return path

    return written


def mapped(path: Path, *resources: Json) -> Assessment:
    reader = Reader(code_book(BASE, path), KNOWLEDGE)
    return assess(reader.bundle(bundle([patient(), *resources])), AS_OF, KNOWLEDGE)


# -- what can be mapped --------------------------------------------------------------------------------

EVERYTHING = concept_map(
    group(
        OBSERVABLE,
        ("PAIN", "spinal-pain"),
        ("QUALITY", "bone-lesion-quality"),
        ("LOSS", "vertebral-height-loss"),
    ),
    group(ANSWER, ("MECH", "pain-mechanical"), ("LYTIC", "lesion-lytic"), ("UNSURE", "indeterminate")),
    group(
        SNOMED,
        ("TH11", VERTEBRAE["T11"][0]),
        ("FEMUR", "71341001"),
        ("LI", LEFT),
        ("PROX", "40415009"),
        ("BONE-MET", "94222008"),
        ("BONE-MET-TH", "94274006"),
        ("FRACTURE", "268029009"),
        ("SPONDYLODESIS", "178831001"),
        ("IRRADIATION", "108290001"),
    ),
    group(ICD10CM, ("MET-ICD", "C79.51")),
    group(LOINC, ("NRS", "72514-3"), ("DIAMETER", "21889-1")),
    group(ORDER, ("CEMENT", "vertebroplasty")),
)


def test_codes_of_observations_answers_and_sites_are_mapped(write: Write) -> None:
    found = mapped(
        write(EVERYTHING),
        condition("c", own("TH11"), code=own("BONE-MET")),
        observation("a", None, {"valueCodeableConcept": own("MECH")}, code=own("PAIN"), bodySite=own("TH11")),
        observation("b", None, {"valueCodeableConcept": own("UNSURE")}, code=own("QUALITY"), at="T11"),
        observation("d", None, quantity(60), code=own("LOSS"), bodySite=own("TH11")),
    )
    assert lesion_ids(found) == {"T11"}
    assert answer(found, "T11", "pain").possible == ("mechanical",)
    assert answer(found, "T11", "lesion").recorded
    assert answer(found, "T11", "collapse").possible == ("over-50",)
    assert found.gaps == ()


def test_codes_of_components_are_mapped(write: Write) -> None:
    part = component("x", {"valueCodeableConcept": own("LYTIC")}) | {"code": own("QUALITY")}
    panel = observation("panel", None, None, code={"text": "x"}, at="T11", component=[part])
    found = mapped(write(EVERYTHING), condition("c", "T11"), panel)
    assert answer(found, "T11", "lesion").possible == ("lytic",)


def test_codes_of_sides_and_parts_are_mapped(write: Write) -> None:
    path = write(EVERYTHING)
    assert lesion_ids(mapped(path, condition("c", own("FEMUR", "LI")))) == {"left-femur"}
    assert lesion_ids(mapped(path, condition("c", own("FEMUR", "LI", "PROX")))) == {"left-proximal-femur"}
    by_structure = structure("b", own("FEMUR"), "c", locationQualifier=[own("LI")])
    assert lesion_ids(mapped(path, condition("c"), by_structure)) == {"left-femur"}


@pytest.mark.parametrize(
    ("code", "found"),
    [("BONE-MET", "T11"), ("MET-ICD", "T11"), ("BONE-MET-TH", "T11")],
)
def test_codes_of_conditions_are_mapped(write: Write, code: str, found: str) -> None:
    assert lesion_ids(mapped(write(EVERYTHING), condition("c", "T11", code=own(code)))) == {found}


def test_codes_of_conditions_that_state_a_finding_are_mapped(write: Write) -> None:
    femur = site("femur", LEFT)
    found = mapped(write(EVERYTHING), condition("c", femur), condition("d", femur, code=own("FRACTURE")))
    assert [view.finding for view in lesion(found, "left-femur").findings] == ["pathological-fracture"]


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        ("SPONDYLODESIS", "instrumented-segment"),
        ("IRRADIATION", "prior-radiation"),
        ("CEMENT", "instrumented-segment"),
    ],
)
def test_codes_of_procedures_are_mapped(write: Write, code: str, finding: str) -> None:
    done = {
        "resourceType": "Procedure",
        "id": "p",
        "status": "completed",
        "subject": reference("Patient/p1"),
        "code": own(code),
        "bodySite": [own("TH11")],
    }
    found = mapped(write(EVERYTHING), condition("c", "T11"), done)
    assert finding in [view.finding for view in lesion(found, "T11").findings]


def test_codes_of_responses_are_mapped(write: Write) -> None:
    answered = response("q", "sins", {"level": "x", "pain": "x"})
    for item, code in zip(answered["item"], ("TH11", "MECH"), strict=True):
        item["answer"] = [{"valueCoding": {"system": SITE, "code": code}}]
    found = mapped(write(EVERYTHING), condition("c", "T11"), answered)
    assert answer(found, "T11", "pain").possible == ("mechanical",)


def test_a_code_of_the_site_means_nothing_without_its_system(write: Write) -> None:
    book = code_book(BASE, write(EVERYTHING))
    assert finding(book, own("PAIN")) == "spinal-pain"
    assert finding(book, concept((SITE + "/", "PAIN"))) is None
    assert finding(book, concept((OBSERVABLE, "PAIN"))) is None
    assert finding(book, concept(("https://b-hospital.example", "PAIN"))) is None


def test_the_services_own_codes_keep_their_meaning(write: Write) -> None:
    plain, extended = code_book(BASE), code_book(BASE, write(EVERYTHING))
    assert extended.observables == plain.observables
    assert extended.answers == plain.answers
    assert extended.local
    assert not plain.local


@pytest.mark.parametrize("equivalence", ["equal", "equivalent", "wider", "subsumes"])
def test_a_target_that_means_at_least_the_source_is_taken(write: Write, equivalence: str) -> None:
    path = write(concept_map(group(OBSERVABLE, ("PAIN", "spinal-pain"), equivalence=equivalence)))
    assert finding(code_book(BASE, path), own("PAIN")) == "spinal-pain"


def test_the_same_pair_twice_is_no_fault(write: Write) -> None:
    pair = group(OBSERVABLE, ("PAIN", "spinal-pain"))
    assert len(code_book(BASE, write(concept_map(pair, pair))).local) == 1


def test_several_codes_may_mean_one(write: Write) -> None:
    path = write(concept_map(group(OBSERVABLE, ("PAIN", "spinal-pain"), ("PAIN-2", "spinal-pain"))))
    assert {finding(code_book(BASE, path), own(code)) for code in ("PAIN", "PAIN-2")} == {"spinal-pain"}


@pytest.mark.parametrize("code", ["C90.00", "C41.0", "C83.30", "C40.20"])
def test_a_code_that_is_read_by_its_category_can_be_a_target(write: Write, code: str) -> None:
    found = mapped(write(concept_map(group(ICD10CM, ("OWN", code)))), condition("c", "T11", code=own("OWN")))
    assert lesion_ids(found) == {"T11"}


# -- faults --------------------------------------------------------------------------------------------

GOOD = group(OBSERVABLE, ("PAIN", "spinal-pain"))
ELEMENT = r"site\.json, group\[0\]\.element\[0\]: "


def element(**members: Any) -> Json:
    """A map of one element, with some of its members changed."""
    held: Json = {"code": "PAIN", "target": [{"code": "spinal-pain", "equivalence": "equal"}]} | members
    return concept_map({"source": SITE, "target": OBSERVABLE, "element": [held]})


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe{}", "is not JSON"),
        (b"<ConceptMap/>", "is not JSON"),
        ([], "is not a FHIR ConceptMap"),
        ("ConceptMap", "is not a FHIR ConceptMap"),
        ({}, "is not a FHIR ConceptMap"),
        ({"resourceType": "ValueSet"}, "is not a FHIR ConceptMap"),
        ({"resourceType": "ConceptMap"}, "group must be a list of objects, not empty"),
        (concept_map(), "group must be a list of objects, not empty"),
        ({"resourceType": "ConceptMap", "group": {}}, "group must be a list of objects, not empty"),
        ({"resourceType": "ConceptMap", "group": ["x"]}, "group must be a list of objects, not empty"),
        (concept_map(GOOD, {"source": SITE}), r"group\[1\]\.element must be a list of objects, not empty"),
        (concept_map(GOOD | {"element": []}), r"group\[0\]\.element must be a list of objects, not empty"),
        (concept_map(GOOD | {"source": None}), ELEMENT + "needs a group source and a code"),
        (concept_map(GOOD | {"source": ""}), ELEMENT + "needs a group source and a code"),
        (element(code=None), ELEMENT + "needs a group source and a code"),
        (element(code=""), ELEMENT + "needs a group source and a code"),
        (element(code=7), ELEMENT + "needs a group source and a code"),
        (element(target=None), ELEMENT + "needs exactly one target"),
        (element(target=[]), ELEMENT + "needs exactly one target"),
        (element(target=["spinal-pain"]), ELEMENT + "needs exactly one target"),
        (
            element(target=[{"code": c, "equivalence": "equal"} for c in ("spinal-pain", "limb-pain")]),
            ELEMENT + "needs exactly one target",
        ),
        (
            concept_map(group(OBSERVABLE, ("X", "no-such-finding"))),
            ELEMENT + "maps onto a code that this service",
        ),
        (
            concept_map(group("https://b.example", ("X", "spinal-pain"))),
            ELEMENT + "maps onto a code that this",
        ),
        (concept_map(group(ANSWER, ("X", "spinal-pain"))), ELEMENT + "maps onto a code that this service"),
        (concept_map(GOOD | {"target": None}), ELEMENT + "needs a group target and a target code"),
        (
            concept_map(group(SNOMED, ("7610001", "12989004"), source=SNOMED)),
            ELEMENT + "gives another meaning to a code",
        ),
        (
            concept_map(group(OBSERVABLE, ("spinal-pain", "limb-pain"), source=OBSERVABLE)),
            ELEMENT + "gives another meaning to a code",
        ),
        (
            concept_map(group(OBSERVABLE, ("PAIN", "spinal-pain"), ("PAIN", "limb-pain"))),
            r"group\[0\]\.element\[1\]: maps one code onto two",
        ),
        (
            concept_map(GOOD, group(ANSWER, ("PAIN", "pain-free"))),
            r"group\[1\]\.element\[0\]: maps one code onto two",
        ),
    ],
)
def test_a_fault_stops_the_start_and_says_where(write: Write, document: Any, message: str) -> None:
    with pytest.raises(CodeMapError, match=message) as caught:
        code_book(BASE, write(document))
    assert str(caught.value).startswith("code map site.json")


@pytest.mark.parametrize(
    "equivalence",
    ["narrower", "specializes", "inexact", "relatedto", "unmatched", "disjoint", "", None, 1, ["equal"]],
)
def test_a_target_that_means_less_is_refused(write: Write, equivalence: Any) -> None:
    document = element(target=[{"code": "spinal-pain", "equivalence": equivalence}])
    with pytest.raises(
        CodeMapError, match=ELEMENT + "equivalence must be equal, equivalent, wider or subsumes"
    ):
        code_book(BASE, write(document))


@pytest.mark.parametrize("missing", ["none.json", "."])
def test_a_map_that_cannot_be_opened_stops_the_start(tmp_path: Path, missing: str) -> None:
    with pytest.raises(CodeMapError, match="cannot be opened"):
        code_book(BASE, tmp_path / missing)


@pytest.mark.parametrize(
    "document",
    [
        element(target=[{"code": ["spinal-pain"], "equivalence": "equal"}]),
        element(target=[{"code": {}, "equivalence": "equal"}]),
        concept_map(GOOD | {"target": [OBSERVABLE]}),
        b"[" * 100_000,
    ],
    ids=["code is a list", "code is an object", "target is a list", "too deep"],
)
def test_a_member_of_the_wrong_type_stops_the_start_and_says_where(write: Write, document: Any) -> None:
    with pytest.raises(CodeMapError):
        code_book(BASE, write(document))


@pytest.mark.parametrize(
    ("system", "code", "target"),
    [(LOINC, "72514-3", "21889-1"), (SNOMED, "7610001", "12989004"), (ICD10CM, "C79.51", "C41.2")],
)
def test_a_code_is_not_redefined_by_the_oid_of_its_system(
    write: Write, system: str, code: str, target: str
) -> None:
    with pytest.raises(CodeMapError, match="gives another meaning"):
        code_book(BASE, write(concept_map(group(system, (code, target), source=OIDS[system]))))


# -- other spellings of the systems --------------------------------------------------------------------


def test_f28_the_oids_of_the_standard_systems_are_read() -> None:
    snomed_oid, icd_oid = OIDS[SNOMED], OIDS[ICD10CM]
    at_t11 = concept((snomed_oid, VERTEBRAE["T11"][1]))
    found = assessed(
        condition("c", at_t11, code=concept((icd_oid, "C79.51"))),
        condition(
            "d", concept((snomed_oid, "71341001"), (snomed_oid, LEFT)), code=concept((snomed_oid, "94222008"))
        ),
        observation(
            "o", "bone-lesion-quality", {"valueCodeableConcept": concept((snomed_oid, "441684001"))}, at="T11"
        ),
    )
    assert lesion_ids(found) == {"T11", "left-femur"}
    assert answer(found, "T11", "lesion").possible == ("lytic",)


def test_f28_a_category_of_icd_is_read_by_its_oid() -> None:
    assert lesion_ids(assessed(condition("c", "T11", code=concept((OIDS[ICD10CM], "C90.01"))))) == {"T11"}


def test_f28_the_oid_of_loinc_is_read() -> None:
    score = observation("o", None, quantity(5, "{score}"), code=concept((OIDS[LOINC], "72514-3")))
    assert [entry.finding for entry in read(score).entries] == ["pain-score"]


@pytest.mark.parametrize(
    "system", ["", "http://snomed.info/", "https://snomed.info/sct", "SNOMED", "urn:oid:1.2"]
)
def test_f28_an_unknown_system_is_no_other(system: str) -> None:
    assert lesion_ids(assessed(condition("c", "T11", code=concept((system, "94222008"))))) == set()


@pytest.mark.parametrize("text", ["Secondary malignant neoplasm of bone", "Bone metastasis T11"])
def test_f28_text_is_never_matched(text: str) -> None:
    assert lesion_ids(assessed(condition("c", "T11", code={"text": text}))) == set()
    assert lesion_ids(assessed(condition("c", "T11", code=snomed("254837009", text=text)))) == set()


def test_another_canonical_base_has_codes_of_its_own() -> None:
    book = code_book("https://fhir.a-hospital.example")
    assert finding(book, concept(("https://fhir.a-hospital.example/CodeSystem/observable", "spinal-pain")))
    assert finding(book, concept((OBSERVABLE, "spinal-pain"))) is None
