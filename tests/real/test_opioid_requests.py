"""CDS Hooks requests that were written for another service (CDC opioid guideline support)."""

from pathlib import Path

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_request import SERVICE, TYPES
from tests.cds_hooks.record import Json, searchset
from tests.real.files import NEEDS_DATA, content, document, files, resources_in

pytestmark = NEEDS_DATA
REQUESTS = [p for p in files("cds-hooks-opioid/parsed") if "__response-" not in str(p.id)]
RESPONSES = [p for p in files("cds-hooks-opioid/parsed") if "__response-" in str(p.id)]


def test_all_of_them_are_there() -> None:
    assert (len(REQUESTS), len(RESPONSES)) == (61, 53)


@pytest.mark.parametrize("path", REQUESTS)
async def test_a_request_is_refused_for_what_it_lacks(ehr: Ehr, path: Path) -> None:
    request = document(path)
    response = await ehr.send(content(path))
    if request["hook"] != "patient-view":
        assert response.status_code == 400
        assert response.json()["issue"][0]["expression"] == ["hook"]
    else:
        # Its keys are those of another service: ours are missing.
        assert response.status_code == 412
        assert "prefetch.conditions" in response.text


@pytest.mark.parametrize("path", REQUESTS)
async def test_its_resources_under_our_keys_are_read(ehr: Ehr, path: Path) -> None:
    request: Json = document(path)
    held = [
        resource
        for item in (request.get("prefetch") or {}).values()
        if isinstance(item, dict)
        for resource in resources_in(item.get("resource", item))
        if "resourceType" in resource
    ]
    prefetch: Json = {
        key: searchset(r for r in held if r["resourceType"] in types) for key, types in TYPES.items()
    }
    request |= {"hook": "patient-view", "prefetch": prefetch}
    response = await ehr.send(request)
    assert response.status_code in (200, 400, 422)
    if response.status_code == 200:
        assert response.json()["cards"] == []


@pytest.mark.parametrize("path", RESPONSES)
async def test_a_response_is_no_request(ehr: Ehr, path: Path) -> None:
    response = await ehr.send(content(path), path=SERVICE)
    assert response.status_code == 400
