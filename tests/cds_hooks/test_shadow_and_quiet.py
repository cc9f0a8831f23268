"""Shadow mode shows nothing and records all; a quiet period holds back what was overridden, and no more."""

import sqlite3
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cds_hooks.hook_contexts import SERVICES, collection, draft, request_of
from tests.cds_hooks.hook_request import prefetch_of, without
from tests.cds_hooks.hospital import SIGN, START, Hospital, told
from tests.cds_hooks.record import (
    FEMORAL_SHAFT,
    LEFT,
    NOW,
    RIGHT,
    STABLE,
    UNSTABLE,
    Json,
    coded,
    limb_lesion,
    observation,
    searchset,
    spinal_lesion,
)

T11, L3 = spinal_lesion("T11", UNSTABLE), spinal_lesion("L3", UNSTABLE)
DEFICIT = observation(
    "s", "new-neurologic-deficit", coded("present"), effectiveDateTime="2026-11-20T08:00:00Z"
)
CUT: Json = prefetch_of([]) | {"conditions": searchset(total=9)}
LEVELS = ("C2", "C4", "T1", "T5", "T11", "L1", "L3")


# -- shadow mode ---------------------------------------------------------------------------------------------

RECORDS: Mapping[str, Json] = {
    "nothing": {"prefetch": prefetch_of([])},
    "unstable": {"prefetch": prefetch_of(T11)},
    "an emergency": {"prefetch": prefetch_of([*T11, DEFICIT])},
    "many lesions": {"prefetch": prefetch_of([r for level in LEVELS for r in spinal_lesion(level)])},
    "conditions cut short": {"prefetch": CUT},
}


@pytest.fixture(scope="module")
def shadow() -> Hospital:
    return Hospital(shadow=True)


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("hook", SERVICES)
async def test_shadow_mode_shows_nothing_whatever_the_record(shadow: Hospital, hook: str, name: str) -> None:
    response = await shadow.ehr.send(request_of(hook, **RECORDS[name]), path=SERVICES[hook])
    assert response.content == b'{"cards":[]}'


@pytest.mark.parametrize("hook", SERVICES)
async def test_shadow_mode_hides_no_fault_of_a_call(shadow: Hospital, hook: str) -> None:
    """What is tried out in shadow is the integration, too."""
    nothing = request_of(hook, prefetch={})
    assert (await shadow.ehr.send(nothing, path=SERVICES[hook])).status_code == 412
    no_patient = without(request_of(hook, T11), "context", "patientId")
    assert (await shadow.ehr.send(no_patient, path=SERVICES[hook])).status_code == 400
    another = request_of(hook, T11)
    another["context"]["patientId"] = "p-2"
    assert (await shadow.ehr.send(another, path=SERVICES[hook])).status_code == 422


async def test_shadow_mode_records_every_card_and_counts_it_apart() -> None:
    open_to_all, hidden = Hospital(), Hospital(shadow=True)
    made = 0
    for hook in SERVICES:
        made += len(await open_to_all.shown([*T11, *L3], hook))
        assert await hidden.shown([*T11, *L3], hook) == []
    assert made > len(SERVICES)
    assert (await open_to_all.summary())["shadow"] == 0
    summary = await hidden.summary()
    assert summary["shadow"] == made
    assert summary["quiet"] == 0
    assert summary["by_service"] == []
    assert summary["by_rule"] == []


async def test_shadow_mode_counts_nothing_where_there_is_nothing_to_say() -> None:
    hidden = Hospital(shadow=True)
    await hidden.shown([])
    await hidden.shown(spinal_lesion("T11", STABLE), START)
    assert (await hidden.summary())["shadow"] == 0


async def test_shadow_mode_tells_no_small_number() -> None:
    hidden = Hospital(shadow=True, smallest_cell=2)
    await hidden.shown(T11)
    assert (await hidden.summary())["shadow"] is None


async def test_a_deployment_that_leaves_shadow_mode_starts_with_a_clean_slate(tmp_path: Path) -> None:
    """What nobody saw, nobody overrode: feedback on it holds nothing back."""
    kept = {"database": f"sqlite:///{tmp_path / 'all.db'}", "pseudonym_key": "k" * 32, "quiet_days": 7}
    seen = Hospital(quiet_days=7)
    cards = await seen.shown(T11)
    hidden = Hospital(shadow=True, **kept)
    assert await hidden.shown(T11) == []
    await hidden.tell(cards)
    after = Hospital(**kept)
    after.calls = 1
    assert told(await after.shown(T11)) == ["T11"]
    summary = await after.summary()
    assert (summary["shadow"], summary["quiet"]) == (1, 0)
    assert [row["shown"] for row in summary["by_service"]] == [1]


# -- the quiet period ----------------------------------------------------------------------------------------


async def test_by_default_an_override_holds_nothing_back() -> None:
    hospital = Hospital()
    await hospital.overridden(T11)
    assert told(await hospital.shown(T11)) == ["T11"]
    assert (await hospital.summary())["quiet"] == 0


@pytest.mark.parametrize("days", [1, 7])
async def test_what_was_overridden_is_not_shown_for_the_days_set_and_then_again(days: int) -> None:
    hospital = Hospital(quiet_days=days)
    await hospital.overridden(T11)
    period = timedelta(days=days)
    for passed in (timedelta(0), timedelta(hours=1), period / 2, period - timedelta(seconds=1)):
        hospital.now = NOW + passed
        assert await hospital.shown(T11) == [], passed
    hospital.now = NOW + period + timedelta(seconds=1)
    assert told(await hospital.shown(T11)) == ["T11"]


async def test_what_is_held_back_makes_the_period_no_longer() -> None:
    hospital = Hospital(quiet_days=2)
    await hospital.overridden(T11)
    hospital.now = NOW + timedelta(days=1, hours=23)
    assert await hospital.shown(T11) == []
    hospital.now = NOW + timedelta(days=2, seconds=1)
    await hospital.overridden(T11)
    hospital.now += timedelta(days=1)
    assert await hospital.shown(T11) == []


async def test_what_is_held_back_is_recorded_and_counted_apart() -> None:
    hospital = Hospital(quiet_days=7)
    await hospital.overridden(T11)
    await hospital.shown(T11)
    await hospital.shown([*T11, *L3])
    summary = await hospital.summary()
    assert (summary["quiet"], summary["shadow"]) == (2, 0)
    (row,) = summary["by_service"]
    assert (row["shown"], row["overridden"], row["unanswered"]) == (2, 1, 1)


async def test_another_lesion_is_shown() -> None:
    hospital = Hospital(quiet_days=7)
    await hospital.overridden(T11)
    assert told(await hospital.shown(L3)) == ["L3"]
    assert told(await hospital.shown([*T11, *L3])) == ["L3"]
    left, right = limb_lesion(FEMORAL_SHAFT, LEFT), limb_lesion(FEMORAL_SHAFT, RIGHT)
    await hospital.overridden(left)
    assert told(await hospital.shown([*left, *right])) == ["Right shaft of the femur"]


async def test_another_patient_is_shown() -> None:
    hospital = Hospital(quiet_days=7)
    await hospital.overridden(T11)
    assert told(await hospital.shown(T11, patient="p-2")) == ["T11"]
    assert await hospital.shown(T11) == []


async def test_another_topic_is_shown() -> None:
    hospital = Hospital(quiet_days=7)
    await hospital.overridden([*T11, *L3])
    unsited = draft()
    del unsited["bodySite"]
    (card,) = await hospital.shown([*T11, *L3], SIGN, context={"draftOrders": collection([unsited])})
    assert "names no site" in card["summary"]
    (card,) = await hospital.shown(prefetch=CUT)
    assert "not everything could be checked" in card["summary"]


@pytest.mark.parametrize("outcome", ["accepted", None])
async def test_what_was_accepted_or_left_alone_is_no_override(outcome: str | None) -> None:
    hospital = Hospital(quiet_days=7)
    cards = await hospital.shown(T11)
    if outcome:
        await hospital.tell(cards, outcome)
    assert told(await hospital.shown(T11)) == ["T11"]


@pytest.mark.parametrize(
    ("outcomes", "expected"), [(["overridden", "accepted"], ["T11"]), (["accepted", "overridden"], [])]
)
async def test_what_was_done_last_counts(outcomes: list[str], expected: list[str]) -> None:
    hospital = Hospital(quiet_days=7)
    cards = await hospital.shown(T11)
    for outcome in outcomes:
        hospital.now += timedelta(seconds=1)
        await hospital.tell(cards, outcome)
    assert told(await hospital.shown(T11)) == expected


async def test_feedback_to_another_service_holds_nothing_back() -> None:
    hospital = Hospital(quiet_days=7)
    await hospital.tell(await hospital.shown(T11), hook=SIGN)
    assert told(await hospital.shown(T11)) == ["T11"]


async def test_what_got_more_urgent_is_shown() -> None:
    hospital = Hospital(quiet_days=7)
    (stable,) = await hospital.overridden(spinal_lesion("T11", STABLE))
    assert stable["indicator"] == "info"
    assert await hospital.shown(spinal_lesion("T11", STABLE)) == []
    hospital.now += timedelta(minutes=1)
    (worse,) = await hospital.overridden(T11)
    assert worse["indicator"] == "warning"
    assert await hospital.shown(T11) == []
    (worst,) = await hospital.shown([*T11, DEFICIT])
    assert worst["indicator"] == "critical"


async def test_what_got_less_urgent_is_held_back() -> None:
    hospital = Hospital(quiet_days=7)
    await hospital.overridden(T11)
    assert await hospital.shown(spinal_lesion("T11", STABLE)) == []


@pytest.mark.parametrize("hook", SERVICES)
async def test_what_is_critical_is_always_shown(hook: str) -> None:
    hospital = Hospital(quiet_days=365)
    for _ in range(3):
        cards = await hospital.overridden([*T11, DEFICIT], hook)
        assert [card["indicator"] for card in cards] == ["critical"]


@pytest.mark.parametrize("table", ["feedback", "cards"])
async def test_a_store_that_fails_shows_the_card(tmp_path: Path, table: str) -> None:
    path = tmp_path / "all.db"
    hospital = Hospital(quiet_days=7, database=f"sqlite:///{path}")
    await hospital.overridden(T11)
    assert await hospital.shown(T11) == []
    with sqlite3.connect(path) as database:
        database.execute(f"ALTER TABLE {table} RENAME TO gone")
    database.close()
    assert told(await hospital.shown(T11)) == ["T11"]


async def test_a_restart_forgets_nothing_where_the_key_is_kept(tmp_path: Path) -> None:
    kept = {"quiet_days": 7, "database": f"sqlite:///{tmp_path / 'all.db'}"}
    await Hospital(pseudonym_key="k" * 32, **kept).overridden(T11)
    again, other = Hospital(pseudonym_key="k" * 32, **kept), Hospital(pseudonym_key="x" * 32, **kept)
    again.calls, other.calls = 100, 200
    assert await again.shown(T11) == []
    # A patient who cannot be recognised is shown the card once more.
    assert told(await other.shown(T11)) == ["T11"]
