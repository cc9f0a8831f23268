"""TIME-1: what was found before a treatment of a lesion no longer counts as known after it."""

from typing import Any

import pytest

from app.assess.result import Assessment
from app.engine.provenance import Age
from tests.fhir.records import (
    ORDER,
    Json,
    assessed,
    condition,
    lesion,
    observation,
    reference,
    scored,
    site,
)

BEFORE, TREATED, AFTER = "2026-11-05T09:00:00Z", "2026-11-10T09:00:00Z", "2026-11-15T09:00:00Z"


def done(order: str = "vertebroplasty", level: str = "T11", when: str | None = TREATED, **more: Any) -> Json:
    found = {
        "resourceType": "Procedure",
        "id": "done",
        "status": "completed",
        "subject": reference("Patient/p1"),
        "code": {"coding": [{"system": ORDER, "code": order}]},
        "bodySite": [site(level)],
        **more,
    }
    return found | ({"performedDateTime": when} if when else {})


def lytic(when: str) -> Json:
    return observation(
        "q", "bone-lesion-quality", "lesion-lytic", bodySite=site("T11"), effectiveDateTime=when
    )


def possible(found: Assessment) -> tuple[str, ...]:
    result = scored(found, "T11").result
    assert result is not None
    return result.answers["lesion"].possible


@pytest.mark.parametrize("order", ["vertebroplasty", "microwave-ablation", "stereotactic-radiotherapy"])
def test_an_entry_before_the_treatment_leaves_every_option(order: str) -> None:
    found = assessed(condition("c", "T11"), lytic(BEFORE), done(order))
    assert possible(found) == ("lytic", "mixed", "blastic")
    (view,) = [view for view in lesion(found, "T11").findings if view.finding == "bone-lesion-quality"]
    assert [source.age for source in view.sources] == [Age.STALE]


@pytest.mark.parametrize(
    "treatment",
    [
        done(level="T10"),
        done(when=None),
        done(when="2026-11-01"),
        done(status="not-done"),
        done(when=BEFORE),
    ],
)
def test_a_treatment_elsewhere_undated_earlier_or_not_done_changes_nothing(treatment: Json) -> None:
    assert possible(assessed(condition("c", "T11"), lytic(BEFORE), treatment)) == ("lytic",)


def test_an_entry_after_the_treatment_counts() -> None:
    assert possible(assessed(condition("c", "T11"), lytic(AFTER), done())) == ("lytic",)


def test_what_lasts_is_not_undone_by_a_treatment() -> None:
    earlier = observation("r", "prior-radiation", "present", bodySite=site("T11"), effectiveDateTime=BEFORE)
    found = assessed(condition("c", "T11"), earlier, done())
    (view,) = [view for view in lesion(found, "T11").findings if view.finding == "prior-radiation"]
    assert not view.stale


def test_time_5_the_alarm_of_what_was_found_before_outlives_the_treatment() -> None:
    grade = observation("g", "escc-grade", "escc-3", bodySite=site("T11"), effectiveDateTime=BEFORE)
    found = assessed(condition("c", "T11"), grade, done("microwave-ablation"))
    assert "RED-4" in {alarm.key for alarm in lesion(found, "T11").alarms}
