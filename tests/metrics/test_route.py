"""GET /metrics: two formats, no proof, nothing kept on the way."""

import pytest

from tests.contract.served import application, talk_to
from tests.metrics.counted import value

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "text/plain;version=0.0.4;q=0.4,*/*;q=0.1"
)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", PLAIN),
        ("text/plain", PLAIN),
        ("text/plain; version=nonsense", PLAIN),
        ("application/openmetrics-text", OPEN_METRICS),
        ("application/openmetrics-text; version=nonsense", OPEN_METRICS),
        ("application/openmetrics-text;q=0, text/plain", PLAIN),
        (PROMETHEUS, OPEN_METRICS),
        (";;,,", PLAIN),
    ],
)
async def test_the_format_that_is_asked_for(accept: str, media_type: str) -> None:
    response = await talk_to(application()).get("/metrics", headers={"accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    assert response.headers["cache-control"] == "no-store"
    assert response.text.endswith("# EOF\n") is (media_type == OPEN_METRICS)


async def test_it_tells_what_runs() -> None:
    text = (await talk_to(application()).get("/metrics")).text
    assert value(text, "cds_build_info") == 1


def test_it_is_documented() -> None:
    operation = application().openapi()["paths"]["/metrics"]["get"]
    assert set(operation["responses"]["200"]["content"]) == {"text/plain", "application/openmetrics-text"}
