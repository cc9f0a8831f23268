"""What stands behind a service, through the front door."""

from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from app.engine.provenance import Tag
from app.knowledge import RELEASED, REVISED, load
from app.knowledge.policy import LOCAL_POLICIES, Policy
from app.settings import Settings
from cds_hooks.services import PATIENT_VIEW, SERVICES, HookService
from cds_hooks.source_attributes import source_attributes
from tests.cds_hooks.card_schema import hollow
from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import DISCOVERY
from tests.contract.served import application, talk_to

KNOWLEDGE = load(Policy())
RULES = [
    *(
        (one.short, one.score.name, one.score.references, one.score.misuse)
        for one in KNOWLEDGE.instruments.values()
    ),
    *(
        (one.short, one.score.name, one.score.references, one.score.misuse)
        for one in KNOWLEDGE.patient_scores.values()
    ),
    *((one.short, one.name, one.references, one.misuse) for one in KNOWLEDGE.pathways.values()),
]
# As 45 CFR 170.315(b)(11)(iv)(A) counts them, and where each stands.
THIRTEEN = {
    "citation": ("citation",),
    "developer": ("developer",),
    "funding": ("fundingSource",),
    "dates": ("releaseDate",),
    "race": ("uses", "race"),
    "ethnicity": ("uses", "ethnicity"),
    "language": ("uses", "language"),
    "sexual orientation": ("uses", "sexualOrientation"),
    "gender identity": ("uses", "genderIdentity"),
    "sex": ("uses", "sex"),
    "date of birth": ("uses", "dateOfBirth"),
    "social determinants": ("uses", "sdoh"),
    "health status assessments": ("uses", "healthStatusAssessments"),
}


def address(service: str) -> str:
    return f"{DISCOVERY}/{service}/source-attributes"


@pytest.fixture
async def attributes(ehr: Ehr) -> dict[str, Any]:
    response = await ehr.client.get(address(PATIENT_VIEW.id))
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    found: dict[str, Any] = response.json()
    return found


async def test_every_service_that_is_offered_has_its_attributes(ehr: Ehr) -> None:
    for service in (await ehr.discovery()).json()["services"]:
        response = await ehr.client.get(address(service["id"]))
        assert response.status_code == 200
        assert list(hollow(response.json())) == []
        assert response.json()["service"] == service["id"]


async def test_answers_all_thirteen(attributes: dict[str, Any]) -> None:
    assert len(THIRTEEN) == 13
    for name, path in THIRTEEN.items():
        found: Any = attributes
        for part in path:
            found = found[part]
        assert found not in (None, "", [], {}), name
    assert attributes["interventionType"] == "evidence-based"


async def test_states_which_personal_data_the_rules_read(attributes: dict[str, Any]) -> None:
    used = {name for name, is_used in attributes["uses"].items() if is_used}
    assert used == {"dateOfBirth", "healthStatusAssessments"}
    assert len(attributes["uses"]) == 9
    named = {entry["use"] for entry in attributes["inputs"] if "use" in entry}
    assert named == used
    assert {"ecog", "escc-grade", "patient.primary"} <= {entry["element"] for entry in attributes["inputs"]}


async def test_cites_every_publication_with_its_tag_and_no_local_policy(attributes: dict[str, Any]) -> None:
    titles = [entry["title"] for entry in attributes["citation"]]
    assert len(set(titles)) == len(titles)
    for _, name, references, _ in RULES:
        published = {cite.title for cite in references if cite.tag is not Tag.LOCAL_POLICY}
        assert published <= set(titles), name
    assert {entry["tag"] for entry in attributes["citation"]} <= {"S", "V", "V2"}
    assert all(entry["rules"] and entry["verified"] for entry in attributes["citation"])
    texts = {policy.text.removesuffix(".") for policy in LOCAL_POLICIES}
    assert not texts & set(titles)
    # What only a function says is cited too: urgent findings are no table.
    assert any("NG234" in title for title in titles)


async def test_says_plainly_how_it_decides_and_that_nothing_is_learnt(attributes: dict[str, Any]) -> None:
    text = " ".join(attributes["plainLanguageLogic"])
    assert "No machine learning is used" in text
    assert "patient-view" in text
    assert [name for _, name, _, _ in RULES if name not in text] == []


async def test_limits_are_those_of_the_rules(attributes: dict[str, Any]) -> None:
    told = [f"{short}: {text}" for short, _, _, misuse in RULES for text in misuse]
    assert sorted(attributes["limitations"]) == sorted(told)


async def test_names_the_knowledge_it_speaks_of_and_its_dates(attributes: dict[str, Any]) -> None:
    assert attributes["version"] == KNOWLEDGE.version
    assert attributes["digest"] == KNOWLEDGE.digest
    assert (attributes["releaseDate"], attributes["revisionDate"]) == (RELEASED, REVISED)
    assert RELEASED <= REVISED


async def test_a_site_names_who_answers_for_it_and_who_paid() -> None:
    client = talk_to(application(developer="St. Elsewhere", funding="a grant"))
    found = (await client.get(address(PATIENT_VIEW.id))).json()
    assert found["developer"]["name"] == "St. Elsewhere"
    assert found["fundingSource"] == "a grant"


async def test_without_such_settings_nothing_is_invented(attributes: dict[str, Any]) -> None:
    assert attributes["developer"]["name"] == "the organisation that operates this service"
    assert attributes["fundingSource"] == "none declared"


@pytest.mark.parametrize("service", ["another", "sins", PATIENT_VIEW.id.upper()])
async def test_an_unknown_service_is_not_found(ehr: Ehr, service: str) -> None:
    response = await ehr.client.get(address(service))
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/fhir+json"
    assert response.json()["resourceType"] == "OperationOutcome"
    assert PATIENT_VIEW.id in response.json()["issue"][0]["diagnostics"]


async def test_takes_no_other_method(ehr: Ehr) -> None:
    response = await ehr.client.post(address(PATIENT_VIEW.id), json={})
    assert response.status_code == 405
    assert response.headers["allow"] == "GET"


async def test_the_answer_is_what_the_document_says(app: FastAPI, attributes: dict[str, Any]) -> None:
    document = app.openapi()
    operation = document["paths"]["/cds-services/{service}/source-attributes"]["get"]
    assert operation["operationId"] == "getSourceAttributes"
    assert set(operation["responses"]) == {"200", "404"}
    reference = operation["responses"]["200"]["content"]["application/json"]["schema"]
    schema = {**reference, "components": document["components"]}
    Draft202012Validator(schema).validate(attributes)
    assert operation["parameters"][0]["schema"]["enum"] == [service.id for service in SERVICES]


def test_any_service_has_its_own_words() -> None:
    other = HookService("another", "order-sign", "1.0", "Another", "Looks at orders.")
    found = source_attributes((other,), KNOWLEDGE, Settings())["another"].decode()
    assert "order-sign" in found
    assert "Looks at orders." in found
