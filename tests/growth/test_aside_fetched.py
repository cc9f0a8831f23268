"""What is fetched is judged in a thread where it is much, as what is sent is."""

import asyncio
import json

import httpx
import httpx2
import pytest
from fastapi import FastAPI

from app.aside import LARGE_BYTES, MANY_RESOURCES, MANY_SITES
from app.fhir.server.outside import Outside
from tests.api.patient_server import ASKED, OPEN_BASE, PATIENT_ASSESSMENTS, Hospital, service
from tests.cds_hooks.hook_request import ONE_OF, SERVICE, hook_request
from tests.cds_hooks.record import NOW, Json, condition, site_of, spinal_lesion
from tests.contract.served import talk_to
from tests.growth.test_aside import judged_here

RECORD = spinal_lesion("T11")
OTHER = ONE_OF["observations"]
MANY = [{**OTHER, "id": f"o-{n}"} for n in range(MANY_RESOURCES)]
SITES = [condition(f"c-{n}", site=site_of("12989004")) for n in range(MANY_SITES)]
LONG = [{**OTHER, "id": "long", "note": [{"text": "x" * LARGE_BYTES}]}]
FETCHING: dict[str, Json] = {
    SERVICE: hook_request(prefetch={}, fhirServer=OPEN_BASE),
    PATIENT_ASSESSMENTS: ASKED,
}


def serving(hospital: Hospital) -> FastAPI:
    beyond = Outside(lambda: NOW, lambda **_pool: httpx2.MockTransport(hospital.answer))
    return service(beyond, profile="demo", demo_fhir_servers=(OPEN_BASE,))


@pytest.fixture(params=sorted(FETCHING))
def path(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


async def asked(app: FastAPI, path: str) -> httpx.Response:
    async with talk_to(app) as client:
        answer = await client.post(path, json=FETCHING[path])
    assert answer.status_code == 200, answer.text[:300]
    return answer


@pytest.mark.parametrize(
    ("more", "here"),
    [
        ([], True),
        (MANY[: MANY_RESOURCES // 2], True),
        (LONG, True),
        (MANY, False),
        (SITES, False),
    ],
    ids=["a lesion", "some resources", "a long text", "many resources", "many sites"],
)
async def test_much_is_judged_in_a_thread_and_little_where_it_is(
    path: str, more: list[Json], here: bool
) -> None:
    app = serving(Hospital([*RECORD, *more]))
    await asked(app, path)
    assert judged_here(app) == here
    app.state.shared.close()


async def test_much_is_answered_as_little_is(path: str) -> None:
    few, many = (serving(Hospital([*RECORD, *more])) for more in (MANY[:1], MANY))
    answers = [(await asked(app, path)).json() for app in (few, many)]
    for app in (few, many):
        app.state.shared.close()
    assert len(answers) == 2
    first, second = (without_what_names_the_call(answer) for answer in answers)
    assert first == second


def without_what_names_the_call(answer: Json) -> Json:
    text = json.dumps(answer)
    for name in {card["uuid"] for card in answer.get("cards", ())} | {answer.get("decision_id", "-")}:
        text = text.replace(name, "name")
    found: Json = json.loads(text)
    return found


async def test_no_more_is_in_progress_when_it_has_ended(path: str) -> None:
    app = serving(Hospital([*RECORD, *MANY]))
    async with talk_to(app) as client:
        answers = await asyncio.gather(*(client.post(path, json=FETCHING[path]) for _ in range(9)))
    assert [answer.status_code for answer in answers] == [200] * 9
    assert app.state.shared.aside._turns._value == 4
    app.state.shared.close()
