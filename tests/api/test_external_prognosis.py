"""Values of closed models are taken as entered, shown as such, and decide nothing (section 6, PRO-R1)."""

import pytest

from tests.api.caller import Caller

PATH = "/api/v1/scores/external-prognosis"
STATED: dict[str, object] = {
    "model": "pathfx",
    "horizon_months": 3,
    "probability": 0.42,
    "date": "2026-11-01",
}


async def test_a_value_is_shown_with_model_horizon_and_day(caller: Caller) -> None:
    found = (await caller.client.post(PATH, json=STATED)).json()
    assert found["value"] == 0.42
    assert found["shown"].startswith(
        "PATHFx: 42 % at 3 months, by that model's own outcome; entered from elsewhere"
    )
    assert "2026-11-01" in found["shown"]
    assert any("not computed here" in caution for caution in found["cautions"])


@pytest.mark.parametrize("name", STATED)
async def test_a_part_that_is_left_out_is_missing_and_shows_nothing(caller: Caller, name: str) -> None:
    found = (await caller.client.post(PATH, json={k: v for k, v in STATED.items() if k != name})).json()
    assert found["missing"] == [name]
    assert (found["value"], found["shown"], found["settled"]) == (None, None, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "tomita"),
        ("horizon_months", 0),
        ("horizon_months", 121),
        ("horizon_months", 1.5),
        ("probability", -0.1),
        ("probability", 1.1),
        ("date", "2026-02-30"),
        ("date", "yesterday"),
        ("date", 20261101),
    ],
)
async def test_a_part_that_cannot_be_is_named(caller: Caller, name: str, value: object) -> None:
    answer = await caller.client.post(PATH, json=STATED | {name: value})
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {f"/{name}"}
