"""What changes with an upgrade only may be kept: marked, private to its caller, and not sent twice."""

import pytest
from fastapi import FastAPI

from tests.contract.document import operations_of, response_of
from tests.contract.served import application, talk_to

DEFINITIONS = [
    "/api/v1/scores",
    "/api/v1/scores/sins",
    "/api/v1/scores/tokuhashi",
    "/api/v1/scores/odi",
    "/api/v1/scores/sins/questionnaire",
    "/api/v1/pathways",
    "/api/v1/pathways/noms",
    "/api/v1/policies",
    "/api/v1/evidence",
    "/api/v1/evidence?technique=cryoablation",
    "/api/v1/evidence/inconsistencies",
]
FIGURE = "/api/v1/evidence/figures/hao-bm22.svg"
# Of a policy that a site may set.
OF_POLICY = "/api/v1/policies"


@pytest.mark.parametrize("path", [*DEFINITIONS, FIGURE])
async def test_what_the_caller_has_already_is_not_sent_again(app: FastAPI, path: str) -> None:
    client = talk_to(app)
    first = await client.get(path)
    tag = first.headers["etag"]
    assert first.status_code == 200
    assert tag.startswith('"')
    assert tag.endswith('"')
    for known in (tag, f"W/{tag}", f'"other", {tag}', f'"a,b" , W/{tag},"x"', "*", " * "):
        again = await client.get(path, headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b""), known
        for name in ("etag", "cache-control", "vary"):
            assert again.headers.get(name) == first.headers.get(name)
        assert "content-type" not in again.headers
    for other in ('"other"', "", tag.strip('"'), f'"{tag}"x', '"*"', 'W/"'):
        again = await client.get(path, headers={"if-none-match": other})
        assert (again.status_code, again.content) == (200, first.content), other


async def test_several_header_lines_are_one_list(app: FastAPI) -> None:
    client = talk_to(app)
    tag = (await client.get(DEFINITIONS[0])).headers["etag"]
    lines = [("if-none-match", '"other"'), ("if-none-match", tag)]
    assert (await client.get(DEFINITIONS[0], headers=lines)).status_code == 304


@pytest.mark.parametrize("path", DEFINITIONS)
async def test_no_cache_of_several_callers_keeps_it(app: FastAPI, path: str) -> None:
    response = await talk_to(app).get(path)
    assert response.headers["cache-control"] == "private, max-age=60, must-revalidate"
    assert response.headers["vary"] == "Authorization, X-API-Key"


async def test_every_definition_has_a_mark_of_its_own(app: FastAPI) -> None:
    client = talk_to(app)
    tags = {(await client.get(path)).headers["etag"] for path in (*DEFINITIONS, FIGURE)}
    assert len(tags) == len(DEFINITIONS) + 1


async def test_another_policy_has_another_mark() -> None:
    tags = set()
    for app in (application(), application(policy={"SINS-E1": "upper"})):
        response = await talk_to(app).get(OF_POLICY)
        assert response.status_code == 200
        tags.add(response.headers["etag"])
    assert len(tags) == 2


async def test_what_is_not_there_is_not_kept(app: FastAPI) -> None:
    response = await talk_to(app).get("/api/v1/scores/none", headers={"if-none-match": "*"})
    assert response.status_code == 404
    assert "etag" not in response.headers


def test_the_document_says_which_answers_may_be_kept(app: FastAPI) -> None:
    document = app.openapi()
    paths = {path for method, path, operation in operations_of(document) if "304" in operation["responses"]}
    assert len(paths) == 19
    assert {path.partition("?")[0] for path in DEFINITIONS} - {
        "/api/v1/scores/sins",
        "/api/v1/scores/tokuhashi",
        "/api/v1/scores/sins/questionnaire",
        "/api/v1/pathways/noms",
    } <= paths
    for path in paths:
        for status in ("200", "304"):
            assert {"ETag", "Cache-Control"} <= set(response_of(document, path, "get", status)["headers"])
