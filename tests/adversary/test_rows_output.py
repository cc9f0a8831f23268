"""What a text of a record can do to an answer, at every address that reads one (hardening O)."""

import copy
import json

import pytest

from tests.adversary.conftest import House
from tests.adversary.doors import ASSESSMENTS, HOSTILE_HEADERS, RECORD
from tests.api.bundle import bundle
from tests.cds_hooks.hook_contexts import SERVICES, request_of
from tests.cds_hooks.record import VERTEBRAE, Json, spinal_lesion

TEXTS = {
    "O01 a link": "[x](https://evil.example)",
    "O01 an image": "![x](https://evil.example/x.png)",
    "O01 markup": "<img src=x onerror=alert(1)><script>alert(1)</script>",
    "O01 a bare address": "see www.evil.example or https://evil.example or a@evil.example",
    "O01 a table and a heading": "\n# evil.example\n| a | b |\n|---|---|\n",
    "O03 10,000 characters": "evil.example " * 800,
    "O04 signs of several parts": "evil.example \U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301\u0323 "
    * 8,
    "O05 a template": "evil.example {{x}} ${x} %s {0.__class__}",
    "O06 a line of a log": "evil.example\n2026 INFO admin login\r\n\x1b[31m",
}


def speaking(text: str) -> list[Json]:
    """The record with the text wherever people write one."""
    record = copy.deepcopy(list(RECORD))
    for resource in record:
        resource["note"] = [{"text": text}]
        resource["code"]["text"] = text
        resource["code"]["coding"][0]["display"] = text
        resource["subject"]["display"] = text
        if "bodySite" in resource and isinstance(resource["bodySite"], dict):
            resource["bodySite"]["text"] = text
    return record


@pytest.mark.parametrize("row", TEXTS)
async def test_no_text_of_a_record_stands_in_an_answer(house: House, row: str) -> None:
    record = speaking(TEXTS[row])
    asked = [(path, request_of(hook, record)) for hook, path in SERVICES.items()]
    for path, document in [*asked, (ASSESSMENTS, bundle(record))]:
        for ascii_only in (True, False):
            content = json.dumps(document, ensure_ascii=ascii_only).encode()
            response = await house.client.post(path, content=content, headers=dict(HOSTILE_HEADERS))
            assert response.status_code == 200, path
            assert "evil.example" not in response.text, path
            cards = response.json().get("cards", ())
            assert all(len(card["summary"]) < 140 for card in cards)
    assert "admin login" not in house.log.getvalue().decode()
    assert await house.next_good() == []


async def test_o09_fourteen_lesions_are_five_cards(house: House) -> None:
    record = [resource for level in VERTEBRAE for resource in spinal_lesion(level)]
    response = await house.client.post(
        SERVICES["patient-view"],
        content=json.dumps(request_of("patient-view", record)).encode(),
        headers=dict(HOSTILE_HEADERS),
    )
    assert len(VERTEBRAE) == 14
    assert len(response.json()["cards"]) == 5
