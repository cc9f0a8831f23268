"""Parts of the 3.0 ballot are switched on by name, and off until then (checklist R18, R19, R120)."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_contexts import SERVICES
from tests.contract.served import application

# As the published definitions of the hooks have them.
HOOK_VERSIONS = {
    "patient-view": "1.0",
    "order-select": "1.0",
    "order-sign": "1.0",
    "problem-list-item-create": "0.1.0",
    "encounter-start": "1.0",
}


@pytest.mark.conforms("R18", "R19")
@pytest.mark.parametrize("settings", [{}, {"ballot": ""}, {"ballot": "action-selection"}])
async def test_r18_r19_discovery_is_silent_on_versions_by_default(settings: Mapping[str, Any]) -> None:
    services = (await Ehr(application(**settings)).discovery()).json()["services"]
    assert len(services) == len(SERVICES)
    for service in services:
        assert not {"version", "hookVersion"} & set(service)


@pytest.mark.conforms("R18", "R19")
@pytest.mark.parametrize("ballot", ["discovery-version", "action-selection, discovery-version"])
async def test_r18_r19_with_the_switch_discovery_tells_them(ballot: str) -> None:
    services = (await Ehr(application(ballot=ballot)).discovery()).json()["services"]
    assert {service["version"] for service in services} == {"2.0.1"}
    assert {service["hook"]: service["hookVersion"] for service in services} == HOOK_VERSIONS


@pytest.mark.parametrize("ballot", ["everything", "discovery-version,other", "Discovery-Version"])
def test_a_part_that_is_not_known_stops_the_start(ballot: str) -> None:
    with pytest.raises(ValueError, match="ballot"):
        application(ballot=ballot)
