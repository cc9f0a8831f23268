"""The benchmark's requests are what they say: their sizes, and the answers that its mark expects."""

import json

import pytest

from app.main import create_app
from app.settings import Settings
from bench.calls import ORDINARY, SIZES, calls
from bench.yardstick import walk
from tests.contract.served import talk_to

CALLS = calls()
JSON = [("content-type", "application/json")]


@pytest.mark.parametrize(("operation", "size"), [key for key in CALLS if key[1] != "1.5 MB"])
async def test_the_answer_has_the_mark_by_which_it_is_known(operation: str, size: str) -> None:
    call = CALLS[operation, size]
    response = await talk_to(create_app(Settings())).post(call.path, content=call.body, headers=JSON)
    assert response.status_code == 200, response.text[:300]
    assert call.expected in response.content


def test_the_sizes_are_those_of_the_patient_view() -> None:
    assert [len(CALLS["patient-view", size].body) for size in SIZES] == [
        pytest.approx(stated, rel=0.02) for stated in (2_000, 98_000, 1_500_000)
    ]


@pytest.mark.parametrize("operation", ["patient-view", "order-sign", "assessment"])
def test_the_yardstick_touches_every_condition_and_observation(operation: str) -> None:
    # 20 Conditions and 60 Observations with a code each; 60 values.
    assert walk(json.loads(CALLS[operation, ORDINARY].body)) >= 140
