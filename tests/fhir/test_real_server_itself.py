"""The FHIR server that other tests rely on does what they take for granted."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from app.fhir.codes import code_book
from app.fhir.queries import PATIENT, prefetch_templates
from app.web.demo import DemoPatient, DemoPatients
from tests.fhir.records import BASE, KNOWLEDGE, OBSERVABLE, Json
from tests.fhir_server.running import RealServer, real_fhir_server

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
PATIENTS = tuple(DemoPatients())
EVERY_PATIENT = pytest.mark.parametrize("patient", PATIENTS, ids=lambda patient: patient.id)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=60, headers={"accept": "application/fhir+json"}) as asking:
        yield asking


@pytest.fixture
def two_patients(empty_fhir_server: RealServer, patient: DemoPatient) -> RealServer:
    """The patient of the test and another one, whose record is never asked for."""
    stranger = PATIENTS[1] if patient is PATIENTS[0] else PATIENTS[0]
    empty_fhir_server.load(patient.bundle(AS_OF))
    empty_fhir_server.load(stranger.bundle(AS_OF))
    return empty_fhir_server


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Our searches, and that for observations as it is where a site has codes of its own."""
    path = tmp_path_factory.mktemp("map") / "map.json"
    mapped = {"code": "PAIN", "target": [{"code": "spinal-pain", "equivalence": "equal"}]}
    groups = [{"source": "https://a.example", "target": OBSERVABLE, "element": [mapped]}]
    path.write_text(json.dumps({"resourceType": "ConceptMap", "group": groups}), encoding="utf-8")
    by_code = prefetch_templates(code_book(BASE, path), KNOWLEDGE)["observations"]
    assert "code=" in by_code
    return {**prefetch_templates(code_book(BASE), KNOWLEDGE), "observations-by-code": by_code}


def local(bundle: Json) -> list[Json]:
    """The resources of a Bundle, references to its own entries made relative."""
    text = json.dumps(bundle["entry"])
    for entry in bundle["entry"]:
        name = f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        text = text.replace(f'"reference": "{entry.get("fullUrl", name)}"', f'"reference": "{name}"')
    return [entry["resource"] for entry in json.loads(text)]


def has_token(concepts: list[Json], tokens: str) -> bool:
    codings = [coding for concept in concepts for coding in concept.get("coding", [])]
    held = {f"{c.get('system')}|{c.get('code')}" for c in codings} | {c.get("code") for c in codings}
    return not held.isdisjoint(tokens.split(","))


def matches(resource: Json, name: str, value: str) -> bool:
    if name == "patient":
        holder = resource.get("subject") or resource.get("patient") or {}
        return bool(holder.get("reference") == f"Patient/{value}")
    if name == "code":
        return has_token([resource.get("code", {})], value)
    if name == "category":
        return has_token(resource.get("category", []), value)
    assert name in ("status", "questionnaire")
    return str(resource.get(name)).partition("|")[0] in value.split(",")


def expected(resources: list[Json], search: str) -> set[str]:
    """What a search has to find, by a plain look at every resource."""
    kind, _, query = search.partition("?")
    asked = parse_qsl(query)
    return {
        resource["id"]
        for resource in resources
        if resource["resourceType"] == kind and all(matches(resource, *pair) for pair in asked)
    }


def pages(client: httpx.Client, address: str) -> list[Json]:
    found = []
    following: str | None = address
    while following:
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        following = next((link["url"] for link in found[-1]["link"] if link["relation"] == "next"), None)
    return found


def ids(*bundles: Json) -> list[str]:
    return [entry["resource"]["id"] for bundle in bundles for entry in bundle.get("entry", [])]


def observation(number: int, **also: Any) -> Json:
    subject = {"reference": "Patient/p1"}
    code = {"coding": [{"system": OBSERVABLE, "code": "spinal-pain"}]}
    kept: Json = {"resourceType": "Observation", "id": f"o{number:02}", "status": "final"}
    return {**kept, "code": code, "subject": subject, "valueInteger": number, **also}


def bundle_of(*resources: Json) -> Json:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}


PERSON: Json = {"resourceType": "Patient", "id": "p1"}


@EVERY_PATIENT
def test_each_search_of_the_service_finds_what_a_plain_look_finds(
    client: httpx.Client, two_patients: RealServer, templates: dict[str, str], patient: DemoPatient
) -> None:
    resources = local(patient.bundle(AS_OF))
    own = next(resource["id"] for resource in resources if resource["resourceType"] == "Patient")
    for key, template in templates.items():
        search = template.replace(PATIENT, own)
        if key == "patient":
            assert client.get(f"{two_patients.base}/{search}").json()["id"] == own
            continue
        found = pages(client, f"{two_patients.base}/{search}")
        assert sorted(ids(*found)) == sorted(expected(resources, search)), key
        assert {page["total"] for page in found} == {len(ids(*found))}, key


def test_each_search_of_the_service_finds_something_for_some_patient(templates: dict[str, str]) -> None:
    for key, template in templates.items():
        found = 0
        for patient in PATIENTS:
            resources = local(patient.bundle(AS_OF))
            own = next(resource["id"] for resource in resources if resource["resourceType"] == "Patient")
            found += len(expected(resources, template.replace(PATIENT, own)))
        assert found or key == "patient", key


@EVERY_PATIENT
def test_loaded_resources_keep_their_content(
    client: httpx.Client, two_patients: RealServer, patient: DemoPatient
) -> None:
    for resource in local(patient.bundle(AS_OF)):
        held = client.get(f"{two_patients.base}/{resource['resourceType']}/{resource['id']}").json()
        kept = {**resource, "meta": {**held["meta"], **resource.get("meta", {})}}
        assert held == kept


def test_what_is_there_already_is_not_loaded_over(empty_fhir_server: RealServer) -> None:
    assert empty_fhir_server.load(bundle_of(PERSON)) == 1
    with pytest.raises(AssertionError, match="there already"):
        empty_fhir_server.load(bundle_of(PERSON))


@pytest.mark.parametrize("reference", ["https://other.example/fhir/Patient/p1", "Patient/p11", "Group/p1"])
def test_a_bare_id_names_this_servers_patient_only(
    client: httpx.Client, empty_fhir_server: RealServer, reference: str
) -> None:
    empty_fhir_server.load(bundle_of(observation(1), observation(2, subject={"reference": reference})))
    base = empty_fhir_server.base
    for asked in ("p1", "Patient/p1", f"{base}/Patient/p1"):
        assert ids(client.get(f"{base}/Observation", params={"patient": asked}).json()) == ["o01"]


def test_a_bare_id_names_this_servers_patient_only_where_only_patients_are_named(
    client: httpx.Client, empty_fhir_server: RealServer
) -> None:
    references = ("Patient/p1", "https://other.example/fhir/Patient/p1", "Patient/p2")
    empty_fhir_server.load(
        bundle_of(
            *[
                {"resourceType": "BodyStructure", "id": f"b{n}", "patient": {"reference": reference}}
                for n, reference in enumerate(references)
            ]
        )
    )
    assert ids(client.get(f"{empty_fhir_server.base}/BodyStructure?patient=p1").json()) == ["b0"]


def test_a_canonical_without_a_version_is_any_version(
    client: httpx.Client, empty_fhir_server: RealServer
) -> None:
    response = {"resourceType": "QuestionnaireResponse", "status": "completed"}
    asked = ("https://a.example/q|1", "https://a.example/q", "https://a.example/q2")
    filled = [{**response, "id": f"r{n}", "questionnaire": canonical} for n, canonical in enumerate(asked)]
    empty_fhir_server.load(bundle_of(*filled))
    address = f"{empty_fhir_server.base}/QuestionnaireResponse?questionnaire="
    assert ids(client.get(f"{address}https://a.example/q").json()) == ["r0", "r1"]
    assert ids(client.get(f"{address}https://a.example/q|1").json()) == ["r0"]


@pytest.mark.parametrize(
    ("count", "sizes"),
    [("", [20, 20, 7]), ("&_count=23", [23, 23, 1]), ("&_count=47", [47]), ("&_count=1000", [47])],
)
def test_the_pages_together_hold_every_match_once(
    client: httpx.Client, empty_fhir_server: RealServer, count: str, sizes: list[int]
) -> None:
    elsewhere = {"reference": "Patient/p2"}
    strangers = [observation(number, subject=elsewhere) for number in range(50, 99)]
    empty_fhir_server.load(bundle_of(*[observation(number) for number in range(47)], *strangers))
    found = pages(client, f"{empty_fhir_server.base}/Observation?patient=p1{count}")
    assert [len(page["entry"]) for page in found] == sizes
    assert ids(*found) == [f"o{number:02}" for number in range(47)]
    assert all(link["url"].startswith(empty_fhir_server.base) for page in found for link in page["link"])
    assert found[0]["entry"][0]["fullUrl"] == f"{empty_fhir_server.base}/Observation/o00"
    assert found[0]["entry"][0]["search"] == {"mode": "match"}


def test_a_page_is_never_larger_than_the_server_allows(
    client: httpx.Client, empty_fhir_server: RealServer
) -> None:
    empty_fhir_server.load(bundle_of(*[observation(number) for number in range(120)]))
    found = pages(client, f"{empty_fhir_server.base}/Observation?patient=p1&_count=1000")
    assert [len(page["entry"]) for page in found] == [100, 20]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("_sort=date", ["o02", "o03", "o01"]),
        ("_sort=-date", ["o01", "o03", "o02"]),
        ("_sort=status,-date", ["o03", "o02", "o01"]),
        ("date=ge2026-02-01&_sort=date", ["o03", "o01"]),
        ("date=lt2026-02-01", ["o02"]),
        ("status:not=final&_sort=date", ["o01"]),
        ("code=nothing", []),
    ],
)
def test_matches_are_filtered_and_sorted(
    client: httpx.Client, empty_fhir_server: RealServer, query: str, found: list[str]
) -> None:
    dated = {1: "2026-03-01", 2: "2026-01-01", 3: "2026-02-01"}
    empty_fhir_server.load(
        bundle_of(
            *[
                observation(n, effectiveDateTime=day, status="preliminary" if n == 1 else "final")
                for n, day in dated.items()
            ]
        )
    )
    assert ids(client.get(f"{empty_fhir_server.base}/Observation?patient=p1&{query}").json()) == found


def test_a_search_by_post_finds_what_a_search_by_get_finds(
    client: httpx.Client, empty_fhir_server: RealServer
) -> None:
    empty_fhir_server.load(bundle_of(*[observation(number) for number in range(23)]))
    address = f"{empty_fhir_server.base}/Observation"
    asked = {"patient": "p1", "code": f"{OBSERVABLE}|spinal-pain,x"}
    posted = client.post(f"{address}/_search", data=asked).json()
    assert posted == client.get(address, params=asked).json()
    assert len(ids(posted, *pages(client, posted["link"][1]["url"]))) == 23
    assert dict(parse_qsl(empty_fhir_server.log()[0].query)) == asked


def test_what_matches_refer_to_comes_along_once(client: httpx.Client, empty_fhir_server: RealServer) -> None:
    empty_fhir_server.load(bundle_of(PERSON, observation(1), observation(2)))
    query = "patient=p1&_include=Observation:subject"
    found = client.get(f"{empty_fhir_server.base}/Observation?{query}").json()
    modes = [(entry["resource"]["id"], entry["search"]["mode"]) for entry in found["entry"]]
    assert modes == [("o01", "match"), ("o02", "match"), ("p1", "include")]
    assert found["entry"][2]["fullUrl"] == f"{empty_fhir_server.base}/Patient/p1"
    assert found["total"] == 2


@pytest.mark.parametrize(
    "search",
    [
        "Observation?patients=p1",
        "Observation?patient=p1&value-quantity=3",
        "Observation?code:in=https://a.example/set",
        "Observation?code=a%5C%7Cb",
        "Observation?patient=p1&_count=some",
        "Observation?patient=p1&_sort=colour",
        "Patient?_revinclude=Observation:subject",
        "Observations?patient=p1",
    ],
)
def test_a_search_that_cannot_be_done_is_refused_and_finds_not_nothing(
    client: httpx.Client, empty_fhir_server: RealServer, search: str
) -> None:
    answer = client.get(f"{empty_fhir_server.base}/{search}")
    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_each_entry_of_a_batch_is_answered_on_its_own(
    client: httpx.Client, empty_fhir_server: RealServer
) -> None:
    empty_fhir_server.load(bundle_of(PERSON, *[observation(number) for number in range(23)]))
    asked = ("Patient/p1", "Observation?patient=p1", "Patient/nobody", "Observation?patients=p1")
    entries = [{"request": {"method": "GET", "url": url}} for url in asked]
    batch = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    answer = client.post(empty_fhir_server.base, json=batch).json()
    assert answer["type"] == "batch-response"
    assert [entry["response"]["status"] for entry in answer["entry"]] == ["200", "200", "404", "400"]
    assert answer["entry"][0]["resource"]["id"] == "p1"
    first = answer["entry"][1]["resource"]
    following = next(link["url"] for link in first["link"] if link["relation"] == "next")
    assert len(ids(first)) == 20
    assert len(ids(*pages(client, following))) == 3
    assert empty_fhir_server.log()[0].entries == tuple(f"GET {url}" for url in asked)


def transaction(*resources: Json) -> Json:
    entries = [
        {
            "fullUrl": f"urn:uuid:{uuid.UUID(int=number)}",
            "resource": resource,
            "request": {"method": "POST", "url": resource["resourceType"]},
        }
        for number, resource in enumerate(resources)
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def test_a_transaction_names_what_it_makes(client: httpx.Client, empty_fhir_server: RealServer) -> None:
    subject = {"reference": f"urn:uuid:{uuid.UUID(int=0)}"}
    sent = transaction(PERSON, observation(1, subject=subject))
    answer = client.post(empty_fhir_server.base, json=sent).json()
    assert [entry["response"]["status"] for entry in answer["entry"]] == ["201", "201"]
    person, measured = (entry["resource"] for entry in answer["entry"])
    assert person["id"] != PERSON["id"]
    assert measured["subject"]["reference"] == f"Patient/{person['id']}"


def test_a_transaction_that_fails_leaves_nothing_behind(
    client: httpx.Client, empty_fhir_server: RealServer
) -> None:
    faulty = {key: value for key, value in observation(1).items() if key != "status"}
    answer = client.post(empty_fhir_server.base, json=transaction(PERSON, faulty))
    assert answer.status_code == 400
    assert client.get(f"{empty_fhir_server.base}/Patient").json()["total"] == 0


def test_a_resource_is_created_read_and_updated(client: httpx.Client, empty_fhir_server: RealServer) -> None:
    base = empty_fhir_server.base
    created = client.post(f"{base}/Observation", json=observation(1))
    assert created.status_code == 201
    held = created.json()
    address = f"{base}/Observation/{held['id']}"
    assert held["id"] != "o01"
    assert created.headers["location"].startswith(address)
    assert created.headers["etag"] == f'W/"{held["meta"]["versionId"]}"'
    stale = {"if-match": created.headers["etag"]}
    assert client.put(address, json={**held, "status": "amended"}, headers=stale).status_code == 200
    assert client.get(address).json()["status"] == "amended"
    assert client.put(address, json=held, headers=stale).status_code == 412


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        ('{"resourceType": "Observation"}', {"content-type": "application/fhir+json"}, 400),
        ('{"resourceType": "Patient"}', {"content-type": "application/fhir+json"}, 400),
        ("{", {"content-type": "application/fhir+json"}, 400),
        ("<Observation/>", {"content-type": "application/fhir+xml"}, 415),
        ("{}", {"content-type": "application/json", "accept": "application/fhir+xml"}, 406),
    ],
)
def test_what_is_no_observation_is_not_created(
    client: httpx.Client, empty_fhir_server: RealServer, content: str, headers: dict[str, str], status: int
) -> None:
    answer = client.post(f"{empty_fhir_server.base}/Observation", content=content, headers=headers)
    assert answer.status_code == status
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert client.get(f"{empty_fhir_server.base}/Observation").json()["total"] == 0


def test_the_server_states_what_it_can_do(client: httpx.Client, fhir_server: RealServer) -> None:
    stated = client.get(f"{fhir_server.base}/metadata").json()
    assert (stated["resourceType"], stated["fhirVersion"]) == ("CapabilityStatement", "4.0.1")
    assert {"code": "batch"} in stated["rest"][0]["interaction"]
    named = {
        kind["type"]: {parameter["name"] for parameter in kind["searchParam"]}
        for kind in stated["rest"][0]["resource"]
    }
    assert {"patient", "code", "category"} <= named["Observation"]
    assert "patient" in named["BodyStructure"]
    smart = client.get(f"{fhir_server.base}/.well-known/smart-configuration").json()
    assert smart["token_endpoint"] == fhir_server.token_endpoint
    assert smart["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]


def test_a_server_without_batches_says_so(client: httpx.Client) -> None:
    with real_fhir_server(batch=False) as server:
        assert "interaction" not in client.get(f"{server.base}/metadata").json()["rest"][0]
        answer = client.post(server.base, json={"resourceType": "Bundle", "type": "batch"})
        assert answer.status_code == 405
        base = server.base
    with pytest.raises(httpx.ConnectError):
        client.get(f"{base}/metadata")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("CI", "", "Skipped: TESTS ON A REAL FHIR SERVER WERE SKIPPED: node or npm is not there"),
        ("CI", "true", "Failed: There is no FHIR server to test against: node or npm is not there"),
        ("SPINE_METS_TESTS_NEED_NODE", "1", "Failed: There is no FHIR server to test against"),
    ],
)
def test_where_there_is_no_node_it_is_said_aloud(
    tmp_path: Path, variable: str, value: str, said: str
) -> None:
    script = "from tests.fhir_server.running import real_fhir_server as s\nwith s(): print('started')"
    run = subprocess.run(  # noqa: S603  this interpreter, fixed arguments
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        env={"PATH": str(tmp_path), variable: value},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 1
    assert run.stdout == ""
    assert said in run.stderr
