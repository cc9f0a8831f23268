"""Every answer names the knowledge that it stands on (10.2, GEN-8)."""

import re

import pytest

from tests.api.bundle import bundle
from tests.api.caller import Caller
from tests.cds_hooks.record import spinal_lesion

ASKED = (
    "/api/v1/scores",
    "/api/v1/scores/sins",
    "/api/v1/scores/tokuhashi",
    "/api/v1/scores/odi",
    "/api/v1/pathways",
    "/api/v1/pathways/noms",
    "/api/v1/policies",
    "/api/v1/evidence",
    "/api/v1/evidence?technique=cryoablation",
    "/api/v1/evidence/inconsistencies",
)
SENT: dict[str, object] = {
    "/api/v1/scores/sins": {},
    "/api/v1/scores/mirels": {},
    "/api/v1/scores/nesms": {},
    "/api/v1/scores/pain-bands": {"pain_score": 5},
    "/api/v1/pathways/noms": {},
    "/api/v1/pathways/augmentation": {},
    "/api/v1/assessments": bundle(spinal_lesion("T11")),
}


@pytest.mark.parametrize("path", ASKED)
async def test_every_definition_and_list_names_version_and_digest(caller: Caller, path: str) -> None:
    knowledge = (await caller.client.get(path)).json()["knowledge"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", knowledge["version"])
    assert re.fullmatch("[0-9a-f]{64}", knowledge["digest"])


@pytest.mark.parametrize("path", SENT)
async def test_every_calculation_names_the_same(caller: Caller, path: str) -> None:
    answer = await caller.client.post(path, json=SENT[path])
    assert answer.status_code == 200, answer.text[:300]
    listed = (await caller.client.get("/api/v1/scores")).json()["knowledge"]
    assert answer.json()["knowledge"] == listed
