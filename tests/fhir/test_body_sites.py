"""Body sites: levels in both code columns, regions, sides and parts, from every way records write them."""

import pytest

from app.engine.reading import Side
from app.knowledge.anatomy import LEVELS, Place
from tests.fhir.records import (
    BODY_SITE_URL,
    BONES,
    LATERALITY_URL,
    LEFT,
    PROXIMAL,
    RIGHT,
    SNOMED,
    VERTEBRAE,
    Json,
    assessed,
    concept,
    condition,
    gaps,
    lesion,
    lesion_ids,
    observation,
    read,
    reference,
    scored,
    site,
    snomed,
    structure,
)

BOTH_COLUMNS = [(level, code) for level, codes in VERTEBRAE.items() for code in codes]
THORACIC = tuple(f"T{n}" for n in range(1, 13))
LUMBAR = tuple(f"L{n}" for n in range(1, 6))
CERVICAL = tuple(f"C{n}" for n in range(1, 8))
SACRAL = tuple(f"S{n}" for n in range(1, 6))
LOCATIONS = {
    "junctional": ("C0", "C1", "C2", "C7", "T1", "T2", "T11", "T12", "L1", "L5", "S1"),
    "mobile": ("C3", "C4", "C5", "C6", "L2", "L3", "L4"),
    "semirigid": ("T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10"),
    "rigid": ("S2", "S3", "S4", "S5"),
}


def laterality(code: str) -> Json:
    return {"extension": [{"url": LATERALITY_URL, "valueCodeableConcept": snomed(code)}]}


def places(*sites: Json | str, code: str = "94222008") -> tuple[Place, ...]:
    (diagnosis,) = read(condition("c", *sites, code=code)).diagnoses
    return diagnosis.places


def ids(*sites: Json | str, code: str = "94222008") -> set[str]:
    return lesion_ids(assessed(condition("c", *sites, code=code)))


# -- levels --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "code"), BOTH_COLUMNS)
def test_vertebra_and_vertebral_body_name_the_same_level(level: str, code: str) -> None:
    at_code = snomed(code)
    found = assessed(condition("c", at_code), observation("o", "spinal-pain", "pain-free", bodySite=at_code))
    assert lesion_ids(found) == {level}
    result = scored(found, level).result
    assert result is not None
    assert level in LOCATIONS[result.answers["location"].possible[0]]
    assert result.answers["location"].single
    assert result.answers["pain"].possible == ("none",)


def test_both_columns_together_are_one_lesion() -> None:
    vertebra, body = VERTEBRAE["T11"]
    found = assessed(
        condition("c", snomed(vertebra)),
        condition("d", snomed(body)),
        condition("e", snomed(vertebra, body)),
        structure("b", snomed(body)),
        observation("o", "spinal-pain", "pain-free", bodySite=snomed(body)),
    )
    assert lesion_ids(found) == {"T11"}
    assert lesion(found, "T11").lesion.conditions == ("Condition/c", "Condition/d", "Condition/e")


def test_every_level_has_a_code() -> None:
    assert tuple(VERTEBRAE) == LEVELS


@pytest.mark.parametrize(
    ("code", "levels", "locations"),
    [
        (
            "421060004",
            (*CERVICAL, *THORACIC, *LUMBAR, *SACRAL),
            {"junctional", "mobile", "semirigid", "rigid"},
        ),
        (
            "51282000",
            (*CERVICAL, *THORACIC, *LUMBAR, *SACRAL),
            {"junctional", "mobile", "semirigid", "rigid"},
        ),
        ("3572006", (*CERVICAL, *THORACIC, *LUMBAR, *SACRAL), {"junctional", "mobile", "semirigid", "rigid"}),
        ("122494005", CERVICAL, {"junctional", "mobile"}),
        ("84667006", CERVICAL, {"junctional", "mobile"}),
        ("122495006", THORACIC, {"junctional", "semirigid"}),
        ("35769007", THORACIC, {"junctional", "semirigid"}),
        ("122496007", LUMBAR, {"junctional", "mobile"}),
        ("73903008", LUMBAR, {"junctional", "mobile"}),
        ("54735007", SACRAL, {"junctional", "rigid"}),
        ("87141009", SACRAL, {"junctional", "rigid"}),
        ("1217257000", (*CERVICAL, *THORACIC), {"junctional", "mobile", "semirigid"}),
        ("1217256009", (*THORACIC, *LUMBAR), {"junctional", "mobile", "semirigid"}),
        ("297173004", (*LUMBAR, *SACRAL), {"junctional", "mobile", "rigid"}),
        ("64688005", (), {"junctional", "mobile", "semirigid", "rigid"}),
    ],
)
def test_sins_l_a_region_leaves_its_levels_possible(
    code: str, levels: tuple[str, ...], locations: set[str]
) -> None:
    (place,) = places(snomed(code))
    assert place.levels == levels
    assert place.level is None
    (held,) = assessed(condition("c", snomed(code))).lesions
    result = held.scores[0].result
    assert result is not None
    assert set(result.answers["location"].possible) == locations


@pytest.mark.parametrize(
    ("code", "levels"),
    [
        ("94250008", CERVICAL),
        ("94274006", THORACIC),
        ("94389000", LUMBAR),
        ("94527001", SACRAL),
        ("94602001", (*CERVICAL, *THORACIC, *LUMBAR, *SACRAL)),
    ],
)
def test_the_code_of_a_regional_metastasis_leaves_its_levels_possible(
    code: str, levels: tuple[str, ...]
) -> None:
    (place,) = places(code=code)
    assert place.levels == levels


def test_a_regional_code_and_a_level_within_it_are_that_level() -> None:
    assert ids("T11", code="94274006") == {"T11"}
    assert ids(snomed(BONES["thoracic-spine"], VERTEBRAE["T11"][0])) == {"T11"}


def test_a_level_outside_the_region_of_the_code_is_named_and_leaves_both_open() -> None:
    record = read(condition("c", "L3", code="94274006"))
    assert gaps(record, "conditions") == [
        "Condition/c: its code and its site name different bones or levels."
    ]
    (place,) = record.diagnoses[0].places
    assert place.levels == (*THORACIC, "L3")


def test_two_levels_in_one_concept_are_both_possible() -> None:
    (place,) = places(snomed(VERTEBRAE["T11"][0], VERTEBRAE["L1"][0]))
    assert place.levels == ("T11", "L1")


def test_codings_that_name_different_bones_name_none() -> None:
    (place,) = places(snomed(VERTEBRAE["T11"][0], BONES["femur"]))
    assert place.site is None


@pytest.mark.parametrize("beside", [{}, {"system": SNOMED}, {"code": "x"}, {"display": "T11"}])
def test_incomplete_codings_beside_a_level_are_no_fault(beside: Json) -> None:
    body = site("T11")
    body["coding"].insert(0, beside)
    assert ids(body) == {"T11"}


@pytest.mark.parametrize("system", ["https://a.example", "http://snomed.info/sct/"])
def test_f28_the_code_of_a_level_in_another_system_is_no_level(system: str) -> None:
    (place,) = places(concept((system, VERTEBRAE["T11"][0])))
    assert place.site is None


# -- sides and parts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "lesion_id"),
    [
        (site("femur", LEFT), "left-femur"),
        (site("femur", RIGHT), "right-femur"),
        (site("femur", **laterality(LEFT)), "left-femur"),
        (site("femur", **laterality(RIGHT)), "right-femur"),
        (site("femur"), "femur"),
        (site("rib", LEFT), "left-rib"),
        (site("ilium", **laterality(RIGHT)), "right-ilium"),
        (site("femur", LEFT, PROXIMAL), "left-proximal-femur"),
        (site("humerus", PROXIMAL, RIGHT), "right-proximal-humerus"),
        (site("femur", LEFT, RIGHT), "bilateral-femur"),
        (site("femur", "51440002"), "bilateral-femur"),
        (site("T11", LEFT), "T11"),
    ],
)
def test_lat_1_the_side_stands_beside_the_site(body: Json, lesion_id: str) -> None:
    assert ids(body) == {lesion_id}


def test_the_side_may_stand_in_a_site_of_its_own() -> None:
    assert ids(site("femur"), snomed(LEFT)) == {"left-femur"}


def test_two_sites_have_each_its_own_side() -> None:
    assert ids(site("femur", LEFT), site("femur", RIGHT)) == {"left-femur", "right-femur"}
    assert ids(site("femur", LEFT), site("humerus", RIGHT)) == {"left-femur", "right-humerus"}


def test_lat_1_the_side_of_one_site_is_not_that_of_another() -> None:
    assert ids(site("femur", LEFT), site("humerus")) == {"left-femur", "humerus"}


def test_the_part_of_one_site_is_not_that_of_another() -> None:
    found = ids(site("femur", LEFT, PROXIMAL), site("humerus", RIGHT))
    assert found == {"left-proximal-femur", "right-humerus"}


def test_the_side_of_a_structure_is_its_qualifier() -> None:
    left = structure("b", "femur", "c", locationQualifier=[snomed(LEFT)])
    assert lesion_ids(assessed(condition("c"), left)) == {"left-femur"}
    proximal = structure("b", "femur", "c", locationQualifier=[snomed(LEFT), snomed(PROXIMAL)])
    assert lesion_ids(assessed(condition("c"), proximal)) == {"left-proximal-femur"}


def test_lat_2_the_side_beside_a_level_belongs_to_the_finding() -> None:
    held = observation(
        "o", "posterolateral-involvement", "posterolateral-unilateral", bodySite=site("T11", LEFT)
    )
    (entry,) = read(held).entries
    assert entry.side is Side.LEFT
    assert entry.place is not None
    assert entry.place.level == "T11"


# -- BodyStructures ------------------------------------------------------------------------------------


def by_extension(name: str, body: Json | None = None) -> Json:
    extension = {"url": BODY_SITE_URL, "valueReference": reference(f"BodyStructure/{name}")}
    return (body or {}) | {"extension": [extension]}


def test_a_condition_may_name_its_structure_by_extension() -> None:
    assert lesion_ids(assessed(condition("c", by_extension("b")), structure("b", "L3"))) == {"L3"}


def test_a_structure_narrows_the_region_of_its_condition() -> None:
    assert lesion_ids(assessed(condition("c", code="94274006"), structure("b", "T11", "c"))) == {"T11"}
    named = condition("c", by_extension("b", site("thoracic-spine")))
    assert lesion_ids(assessed(named, structure("b", "T11"))) == {"T11"}


@pytest.mark.parametrize(
    ("body", "wider", "lesion_id"),
    [(site("T11"), "thoracic-spine", "T11"), (site("femur", LEFT), "femur", "left-femur")],
)
def test_a_structure_wider_than_its_condition_is_the_same_lesion(
    body: Json, wider: str, lesion_id: str
) -> None:
    assert lesion_ids(assessed(condition("c", body), structure("b", wider, "c"))) == {lesion_id}


def test_a_structure_that_is_no_bone_or_not_in_use_makes_no_lesion() -> None:
    breast, unused = structure("b", snomed("76752008")), structure("d", "L3", active=False)
    assert lesion_ids(assessed(condition("c", "T11"), breast, unused)) == {"T11"}
