"""Catalogue, definitions, questionnaires and local policy (contract 2)."""

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire

from tests.api.caller import SCORES, Caller
from tests.api.score_table import BANDS, LEVELS, TABLES
from tests.cds_hooks.record import ANSWER, BASE, OBSERVABLE, Json
from tests.contract.served import application

ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"


async def definition(caller: Caller, score: str) -> Json:
    response = await caller.get(f"{SCORES}/{score}")
    assert response.status_code == 200
    found: Json = response.json()
    return found


async def test_the_catalogue_lists_every_score_and_where_it_is_defined(caller: Caller) -> None:
    response = await caller.get(SCORES)
    assert response.status_code == 200
    listed = response.json()["scores"]
    assert {entry["score"] for entry in listed} >= set(TABLES)
    for entry in listed:
        assert entry["name"].strip()
        assert (await caller.get(entry["definition"])).json()["score"] == entry["score"]


@pytest.mark.parametrize("score", sorted(TABLES))
async def test_a_definition_holds_the_printed_table(caller: Caller, score: str) -> None:
    found = await definition(caller, score)
    assert set(found) >= {"items", "bands", "use", "misuse", "performance", "references"}
    assert {
        item["item"]: {option["option"]: option["points"] for option in item["options"]}
        for item in found["items"]
    } == TABLES[score]
    assert [(band["band"], range(band["minimum"], band["maximum"] + 1)) for band in found["bands"]] == list(
        BANDS[score]
    )
    assert (found["minimum"], found["maximum"]) == (
        sum(min(options.values()) for options in TABLES[score].values()),
        sum(max(options.values()) for options in TABLES[score].values()),
    )


@pytest.mark.parametrize("score", sorted(TABLES))
async def test_a_definition_says_when_not_to_use_it_and_how_well_it_does(caller: Caller, score: str) -> None:
    found = await definition(caller, score)
    assert found["use"]
    assert found["misuse"]
    assert found["performance"]
    for measured in found["performance"]:
        assert measured["measure"].strip()
        assert measured["value"].strip()
        assert measured["reference"]["key"]


@pytest.mark.parametrize("score", sorted(TABLES))
async def test_every_part_of_a_definition_has_its_source_and_tag(caller: Caller, score: str) -> None:
    found = await definition(caller, score)
    cited = [
        *(item["reference"] for item in found["items"]),
        *(band["reference"] for band in found["bands"]),
        *(measured["reference"] for measured in found["performance"]),
        *found["references"],
    ]
    for reference in cited:
        assert reference["title"].strip()
        assert reference["place"].strip()
        assert reference["tag"] in ("S", "V", "V2", "D")
        assert reference.get("url", "https://").startswith("https://")


@pytest.mark.parametrize("score", sorted(TABLES))
async def test_the_questionnaire_is_valid_r4(caller: Caller, score: str) -> None:
    response = await caller.get(f"{SCORES}/{score}/questionnaire")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/fhir+json"
    found = Questionnaire.model_validate_json(response.content)
    assert found.url == f"{BASE}/Questionnaire/{score}"
    assert found.status == "active"
    assert "null" not in response.text


@pytest.mark.parametrize(("score", "lead"), [("sins", ["level"]), ("mirels", ["site", "laterality"])])
async def test_the_questionnaire_asks_every_item_the_lesion_first(
    caller: Caller, score: str, lead: list[str]
) -> None:
    asked = (await caller.get(f"{SCORES}/{score}/questionnaire")).json()["item"]
    place_item = {"sins": "location", "mirels": "site"}[score]
    rest = [item for item in TABLES[score] if item != place_item]
    assert [item["linkId"] for item in asked] == [*lead, *rest]
    for item in asked:
        assert item["type"] == "choice"
        assert item["text"].strip()
        codings = [option["valueCoding"] for option in item["answerOption"]]
        assert {coding["system"] for coding in codings} == {ANSWER}
        assert len({coding["code"] for coding in codings}) == len(codings)
    for item in asked[len(lead) :]:
        points = [option["valueCoding"]["extension"][0] for option in item["answerOption"]]
        assert {extension["url"] for extension in points} == {ORDINAL}
        values = [extension["valueDecimal"] for extension in points]
        assert values == list(TABLES[score][item["linkId"]].values())
        assert item["code"][0]["system"] == OBSERVABLE


async def test_the_questionnaire_of_sins_offers_every_level(caller: Caller) -> None:
    first = (await caller.get(f"{SCORES}/sins/questionnaire")).json()["item"][0]
    assert [option["valueCoding"]["code"] for option in first["answerOption"]] == sorted(
        LEVELS, key=lambda level: ("CTLS".index(level[0]), int(level[1:]))
    )


async def test_a_questionnaire_stands_under_the_canonical_base_that_is_set() -> None:
    caller = Caller(application(canonical_base="https://codes.hospital.example"))
    text = (await caller.get(f"{SCORES}/sins/questionnaire")).text
    assert '"https://codes.hospital.example/Questionnaire/sins"' in text
    assert BASE not in text


async def test_policies_name_the_choice_in_force(caller: Caller) -> None:
    listed = (await caller.get("/api/v1/policies")).json()["policies"]
    assert len({policy["id"] for policy in listed}) == len(listed) > 20
    for policy in listed:
        assert policy["choice"] in policy["choices"]
        assert policy["tag"] == "D"
        assert policy["adjustable"] is (len(policy["choices"]) > 1)


async def test_policies_that_a_site_set_are_the_ones_in_force() -> None:
    caller = Caller(application(policy={"SINS-E1": "upper", "RED-5": "emergency"}))
    listed = (await caller.get("/api/v1/policies")).json()["policies"]
    chosen = {policy["id"]: policy["choice"] for policy in listed}
    assert (chosen["SINS-E1"], chosen["RED-5"], chosen["SINS-E2"]) == ("upper", "emergency", "interval")


@pytest.mark.parametrize("score", sorted(TABLES))
async def test_a_definition_names_the_policies_it_stands_on(caller: Caller, score: str) -> None:
    every = {p["id"] for p in (await caller.get("/api/v1/policies")).json()["policies"]}
    named = {p["id"] for p in (await definition(caller, score))["policies"]}
    assert named
    assert named <= every


async def test_every_answer_names_the_knowledge_it_stands_on(caller: Caller) -> None:
    catalogue = (await caller.get(SCORES)).json()["knowledge"]
    for score in TABLES:
        assert (await definition(caller, score))["knowledge"] == catalogue
    other = Caller(application(policy={"SINS-E1": "upper"}))
    changed = (await other.get(SCORES)).json()["knowledge"]
    assert changed["version"] == catalogue["version"]
    assert changed["digest"] != catalogue["digest"]


@pytest.mark.parametrize(
    "path", [SCORES, f"{SCORES}/sins", f"{SCORES}/sins/questionnaire", "/api/v1/policies"]
)
async def test_what_does_not_change_is_the_same_bytes_every_time(caller: Caller, path: str) -> None:
    assert (await caller.get(path)).content == (await caller.get(path)).content


@pytest.mark.parametrize(
    "score", ["SINS", "sins ", "tokuhashi-2", "sins%2f..", "..", "%00", "x" * 3_000, "%e2%98%a2"]
)
async def test_an_unknown_score_is_a_404_that_lists_the_known(caller: Caller, score: str) -> None:
    response = await caller.get(f"{SCORES}/{score}")
    assert response.status_code == 404
    assert "xxx" not in response.text
    assert (await caller.get(f"{SCORES}/{score}/questionnaire")).status_code == 404


async def test_an_unknown_score_lists_the_known(caller: Caller) -> None:
    detail = (await caller.get(f"{SCORES}/unknown")).json()["detail"]
    assert all(score in detail for score in TABLES)
    assert "unknown" not in detail
