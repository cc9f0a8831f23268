import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.knowledge import anatomy, conditions
from app.knowledge.anatomy import LEVELS, SITE_BY_CODE, SITES, SNOMED, place_of_level
from app.knowledge.findings import FINDINGS

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference"
VERTEBRAE, CODES, FHIR = (REFERENCE / n for n in ("vertebrae.json", "codes.csv", "fhir.md"))
# Verified in fhir.md, not in codes.csv.
OCCIPUT = (SNOMED, "31640002")
Code = tuple[str, str]

needs_vertebrae = pytest.mark.skipif(
    not VERTEBRAE.exists(), reason="vertebrae.json is not beside this checkout: levels unchecked"
)
needs_codes = pytest.mark.skipif(
    not CODES.exists(), reason="codes.csv is not beside this checkout: codes unchecked"
)


def vertebrae() -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(VERTEBRAE.read_text("utf-8"))
    return listed


def listed_codes() -> dict[Code, dict[str, str]]:
    with CODES.open(encoding="utf-8", newline="") as file:
        return {(row["system"], row["code"]): row for row in csv.DictReader(file)}


def used_codes() -> Iterator[tuple[str, Code]]:
    tables = {
        "site": SITE_BY_CODE,
        "no site": anatomy.UNSITED_CODES,
        "side": anatomy.SIDE_BY_CODE,
        "part": anatomy.PART_BY_CODE,
        "disease": conditions.DISEASE_BY_CODE,
        "finding": conditions.FINDING_BY_CONDITION,
        "place": conditions.PLACE_BY_CONDITION,
        "osteoporosis": conditions.OSTEOPOROTIC_FRACTURES,
        "instrumentation": conditions.INSTRUMENTATION_BY_CODE,
        "radiotherapy": conditions.RADIOTHERAPY_BY_CODE,
    }
    for name, table in tables.items():
        yield from ((name, code) for code in table)
    for finding in FINDINGS.values():
        yield from ((finding.code, code) for code in (*finding.codes, *finding.answer_codes))


@needs_vertebrae
def test_every_vertebra_and_every_vertebral_body_names_its_level() -> None:
    rows = vertebrae()
    assert [row["level"] for row in rows] == [level for level in LEVELS if level != "C0"]
    for row in rows:
        for column in ("vertebra_sct", "body_sct"):
            if row[column]:
                place = SITE_BY_CODE[SNOMED, row[column]]
                assert place == place_of_level(row["level"]), (row["level"], column)
                assert place.level == row["level"]


@needs_vertebrae
def test_no_other_code_names_a_single_level() -> None:
    listed = {row[c] for row in vertebrae() for c in ("vertebra_sct", "body_sct") if row[c]}
    single = {code for (_, code), place in SITE_BY_CODE.items() if place.level}
    assert single == listed | {OCCIPUT[1]}


@needs_vertebrae
def test_the_metastasis_code_of_a_region_holds_its_levels() -> None:
    for row in vertebrae():
        _, place = conditions.DISEASE_BY_CODE[SNOMED, row["region_disorder"]]
        assert row["level"] in place.levels


@needs_codes
def test_every_code_is_verified() -> None:
    listed = listed_codes()
    unverified = {
        f"{name}: {code}"
        for name, code in used_codes()
        if code != OCCIPUT and listed.get(code, {}).get("status") not in ("V1", "V2")
    }
    assert unverified == set()


@pytest.mark.skipif(not FHIR.exists(), reason="fhir.md is not beside this checkout")
def test_the_occiput_is_verified_in_its_own_place() -> None:
    assert OCCIPUT[1] in FHIR.read_text("utf-8")
    assert SITE_BY_CODE[OCCIPUT].level == "C0"


@needs_codes
@pytest.mark.parametrize(
    "word",
    ["femur", "humerus", "tibia", "radius", "ulna", "fibula", "rib", "scapula", "sacrum", "coccyx"],
)
def test_a_code_whose_display_names_a_bone_stands_for_that_bone(word: str) -> None:
    listed = listed_codes()
    places = {code: place for code, (_, place) in conditions.DISEASE_BY_CODE.items()}
    found = 0
    for code, place in {**SITE_BY_CODE, **places}.items():
        shown = listed.get(code, {}).get("display", "").lower()
        if word in shown.split() and place.site is not None and "and/or" not in shown:
            found += 1
            assert word in SITES[place.site].label.split()
    assert found
