"""Ages of entries at the edges of their windows (10.4), and alarms that outlive them (TIME-2 to TIME-5)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.assess import assess
from app.engine.provenance import Age
from app.engine.question import Answer
from app.fhir.reader import Reader
from app.knowledge import load
from app.knowledge.instrument import Urgency
from app.knowledge.policy import Policy
from tests.fhir.records import (
    AS_OF,
    BOOK,
    LEFT,
    MILDEST,
    RECENT,
    WORST,
    Json,
    answer,
    assessed,
    bundle,
    condition,
    femoral_lesion,
    items,
    lesion,
    observation,
    patient,
    quantity,
    response,
    scored,
    site,
    spinal_lesion,
    totals,
)

T11 = condition("c", "T11")
EVERY_TOTAL = tuple(range(3, 19))


def day(days_ago: int) -> str:
    return (AS_OF - timedelta(days=days_ago)).date().isoformat()


def moment(**ago: float) -> str:
    return (AS_OF - timedelta(**ago)).isoformat()


def lytic(when: str | None, **rest: Any) -> Json:
    return observation(
        "o", "bone-lesion-quality", "lesion-lytic", at="T11", **{"effectiveDateTime": when} | rest
    )


def pain(when: str | None, answered: str = "pain-mechanical") -> Json:
    return observation("o", "spinal-pain", answered, at="T11", effectiveDateTime=when)


def age(given: Answer) -> Age:
    (source,) = (*given.sources, *given.unused)
    return source.age


def aged(held: Json, item: str, as_of: datetime = AS_OF) -> Age:
    return age(answer(assessed(T11, held, as_of=as_of), "T11", item))


# -- windows -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, Age.FRESH), (28, Age.FRESH), (29, Age.AGEING), (60, Age.AGEING), (61, Age.STALE), (400, Age.STALE)],
)
def test_imaging_is_fresh_for_28_days_and_used_for_60(days: int, expected: Age) -> None:
    for when in (day(days), moment(days=days), moment(days=days, hours=3)):
        given = answer(assessed(T11, lytic(when)), "T11", "lesion")
        assert age(given) is expected
        assert given.recorded == (expected is not Age.STALE)
        assert given.possible == (("lytic",) if given.recorded else ("lytic", "mixed", "blastic"))


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, Age.FRESH), (7, Age.FRESH), (8, Age.AGEING), (14, Age.AGEING), (15, Age.STALE)],
)
def test_pain_is_fresh_for_7_days_and_used_for_14(days: int, expected: Age) -> None:
    assert aged(pain(day(days)), "pain") is expected
    assert aged(pain(moment(days=days)), "pain") is expected
    score = observation("o", "pain-score", quantity(5, "{score}"), effectiveDateTime=day(days))
    assert aged(score, "pain") is expected


@pytest.mark.parametrize(("days", "flagged"), [(60, True), (61, False)])
def test_mir_r2_a_femur_film_counts_for_60_days(days: int, flagged: bool) -> None:
    axial = observation(
        "o",
        "axial-cortical-involvement",
        quantity(30, "mm"),
        bodySite=site("femur", LEFT),
        effectiveDateTime=day(days),
    )
    found = scored(assessed(condition("f", site("femur", LEFT)), axial), "left-femur", "mirels")
    assert ("MIR-R2" in {flag.key for flag in found.flags}) == flagged
    assert ("TIME-5" in {caution.key for caution in found.cautions}) != flagged


@pytest.mark.parametrize(("answered", "usable"), [("present", True), ("absent", False)])
def test_a_lasting_fact_does_not_age_and_its_absence_does(answered: str, usable: bool) -> None:
    held = observation(
        "o", "pathological-fracture", answered, bodySite=site("femur", LEFT), effectiveDateTime="2019-01-01"
    )
    found = assessed(condition("f", site("femur", LEFT)), held)
    assert bool(lesion(found, "left-femur").lesion.usable("pathological-fracture")) == usable


@pytest.mark.parametrize(
    ("finding", "answered", "days"),
    [
        ("new-neurologic-deficit", "present", 3),
        ("new-neurologic-deficit", "absent", 14),
        ("surgical-tolerance", "surgery-able", 60),
        ("visceral-metastases", "visceral-none", 60),
        ("frankel-grade", "frankel-e", 14),
    ],
)
def test_findings_of_the_patient_age_by_their_own_windows(finding: str, answered: str, days: int) -> None:
    for ago, stale in ((days, False), (days + 1, True)):
        held = observation("o", finding, answered, effectiveDateTime=day(ago))
        (view,) = assessed(held).patient_findings
        assert view.stale == stale


def test_a_site_may_set_its_windows() -> None:
    knowledge = load(Policy.of({}, {"imaging": "5/10"}))
    reader = Reader(BOOK, knowledge)
    for days, expected in ((5, Age.FRESH), (6, Age.AGEING), (10, Age.AGEING), (11, Age.STALE)):
        record = reader.bundle(bundle([patient(), T11, lytic(day(days))]))
        assert age(answer(assess(record, AS_OF, knowledge), "T11", "lesion")) is expected


def test_time_5_an_ageing_answer_is_used_with_its_date_as_a_caution() -> None:
    found = scored(assessed(T11, lytic(day(29))), "T11")
    texts = [caution.text for caution in found.cautions if caution.key == "TIME-5"]
    assert len(texts) == 1
    assert day(29) in texts[0]
    assert not [c for c in scored(assessed(T11, lytic(day(28))), "T11").cautions if c.key == "TIME-5"]


# -- vague times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "as_of", "expected"),
    [
        ("2026-11", datetime(2026, 11, 20, tzinfo=UTC), Age.FRESH),
        ("2026-11", datetime(2026, 11, 29, 23, tzinfo=UTC), Age.FRESH),
        ("2026-11", datetime(2026, 11, 30, tzinfo=UTC), Age.AGEING),
        ("2026-10", datetime(2026, 11, 30, tzinfo=UTC), Age.AGEING),
        ("2026-10", datetime(2026, 12, 1, tzinfo=UTC), Age.STALE),
        ("2026", datetime(2026, 1, 29, tzinfo=UTC), Age.FRESH),
        ("2026", datetime(2026, 11, 20, tzinfo=UTC), Age.STALE),
        ("2026-12", datetime(2026, 11, 20, tzinfo=UTC), Age.FUTURE),
        ("2027", datetime(2026, 11, 20, tzinfo=UTC), Age.FUTURE),
    ],
)
def test_a_vague_time_counts_from_the_earliest_day_it_can_mean(
    when: str, as_of: datetime, expected: Age
) -> None:
    assert aged(lytic(when), "lesion", as_of) is expected


@pytest.mark.parametrize("when", ["2026-10-23T23:59:59", "2026-10-23T00:00", "2026-10-23"])
def test_a_time_without_an_offset_counts_as_its_day(when: str) -> None:
    assert aged(lytic(when), "lesion") is Age.FRESH
    assert aged(lytic(when.replace("-23", "-22")), "lesion") is Age.AGEING


def test_an_offset_is_counted() -> None:
    assert aged(pain("2026-11-13T01:00:00+14:00"), "pain") is Age.AGEING
    assert aged(pain("2026-11-12T22:00:00-14:00"), "pain") is Age.FRESH


@pytest.mark.parametrize(
    ("effective", "expected"),
    [
        ({"effectivePeriod": {"start": "2026-01-01", "end": day(28)}}, Age.FRESH),
        ({"effectivePeriod": {"start": "2026-01-01", "end": day(61)}}, Age.STALE),
        ({"effectivePeriod": {"start": day(29)}}, Age.AGEING),
        ({"effectivePeriod": {"start": day(1), "end": day(-30)}}, Age.FUTURE),
        ({"effectiveInstant": moment(days=60)}, Age.AGEING),
    ],
)
def test_a_period_counts_from_its_end(effective: Json, expected: Age) -> None:
    assert aged(lytic(None, **effective), "lesion") is expected


@pytest.mark.parametrize(
    ("authored", "expected"), [(day(7), Age.FRESH), (day(14), Age.AGEING), (day(15), Age.STALE)]
)
def test_the_answers_of_a_response_age_by_their_own_windows(authored: str, expected: Age) -> None:
    answered = response("q", "sins", {"level": "T11", "pain": "pain-free", "lesion": "lesion-lytic"})
    found = assessed(T11, answered | {"authored": authored})
    assert age(answer(found, "T11", "pain")) is expected
    assert age(answer(found, "T11", "lesion")) is Age.FRESH


# -- undated and future --------------------------------------------------------------------------------


@pytest.mark.parametrize("when", [None, "yesterday", ""])
def test_time_2_an_undated_answer_is_not_counted_and_said(when: str | None) -> None:
    found = scored(assessed(T11, lytic(when)), "T11")
    assert found.result is not None
    given = found.result.answers["lesion"]
    assert not given.recorded
    assert age(given) is Age.UNDATED
    assert "TIME-2" in {caution.key for caution in found.cautions}


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (moment(minutes=-5), Age.FRESH),
        (moment(minutes=-6), Age.FUTURE),
        (moment(days=-1), Age.FUTURE),
        (day(0), Age.FRESH),
        (day(-1), Age.FRESH),
        (day(-2), Age.FUTURE),
        ("2026-12", Age.FUTURE),
        ("2027", Age.FUTURE),
    ],
)
def test_time_2_a_future_answer_is_not_counted_but_clocks_and_zones_may_differ(
    when: str, expected: Age
) -> None:
    assert aged(lytic(when), "lesion") is expected


def test_time_2_a_future_answer_is_said() -> None:
    found = scored(assessed(T11, lytic(day(-30))), "T11")
    (text,) = [caution.text for caution in found.cautions if caution.key == "TIME-2"]
    assert day(-30) in text
    assert "future" in text


def test_time_3_a_preliminary_answer_counts_and_is_said() -> None:
    found = scored(assessed(T11, lytic(RECENT, status="preliminary")), "T11")
    assert found.result is not None
    assert found.result.answers["lesion"].possible == ("lytic",)
    assert "TIME-3" in {caution.key for caution in found.cautions}


# -- TIME-5: an alarm outlives its entries -------------------------------------------------------------

HIGH = ("limb-pain-functional", "lesion-lytic", 80)


def past(resources: list[Json], when: str) -> list[Json]:
    return [r | {"effectiveDateTime": when} if r["resourceType"] == "Observation" else r for r in resources]


def test_time_5_a_stale_unstable_spine_keeps_its_alarm_while_the_score_is_unknown() -> None:
    found = assessed(*past(spinal_lesion("T11", WORST), day(61)))
    held = scored(found, "T11")
    assert totals(found, "T11") == EVERY_TOTAL
    assert not held.settled
    assert held.as_recorded is not None
    assert held.as_recorded.totals == (18,)
    assert [flag.key for flag in held.flags] == ["TIME-5"]
    assert held.advice is not None
    assert (held.advice.key, held.advice.urgency) == ("TIME-5", Urgency.URGENT)
    assert day(61) in held.advice.text
    assert "re-examine now" in held.advice.text
    assert [(alert.key, alert.lesion, alert.urgency) for alert in found.alerts] == [
        ("TIME-5", "T11", Urgency.URGENT),
        ("SURG-1", "T11", Urgency.URGENT),
    ]


def test_time_5_the_alarm_has_the_urgency_it_had() -> None:
    fresh = scored(assessed(*spinal_lesion("T11", WORST)), "T11")
    stale = scored(assessed(*past(spinal_lesion("T11", WORST), "2020-01-01")), "T11")
    assert stale.urgency is fresh.urgency is Urgency.URGENT


def test_time_5_a_stale_high_mirels_keeps_its_alarm() -> None:
    found = assessed(*past(femoral_lesion(LEFT, *HIGH), day(61)))
    held = scored(found, "left-femoral-shaft", "mirels")
    assert held.as_recorded is not None
    assert held.as_recorded.totals == (11,)
    assert "TIME-5" in {flag.key for flag in held.flags}
    assert held.result is not None
    assert held.result.totals == tuple(range(5, 12))


@pytest.mark.parametrize("answers", [MILDEST, {**MILDEST, "spinal-alignment": "alignment-subluxation"}])
def test_time_5_a_stale_answer_never_reassures(answers: Mapping[str, str]) -> None:
    found = assessed(*past(spinal_lesion("T11", answers), day(61)))
    held = scored(found, "T11")
    assert totals(found, "T11") == EVERY_TOTAL
    assert held.as_recorded is None
    assert held.flags == ()
    assert not held.settled
    assert held.advice is not None
    assert held.advice.key == "RED-5b"


def test_time_5_what_is_known_again_ends_the_alarm() -> None:
    stale = past(spinal_lesion("T11", WORST), day(61))
    fresh = items("fresh", MILDEST, at="T11")
    held = scored(assessed(*stale, *fresh), "T11")
    assert held.result is not None
    assert held.result.totals == (3,)
    assert held.as_recorded is None
    assert held.settled


def test_time_5_an_alarm_of_stale_and_fresh_entries_together_is_kept() -> None:
    answers = dict(WORST)
    fresh = items("fresh", {"spinal-pain": answers.pop("spinal-pain")}, at="T11")
    held = scored(assessed(*past(spinal_lesion("T11", answers), day(61)), *fresh), "T11")
    assert held.result is not None
    assert held.result.answers["pain"].recorded
    assert [flag.key for flag in held.flags] == ["TIME-5"]
    assert held.as_recorded is not None
    assert held.as_recorded.totals == (18,)


def test_time_5_an_undated_or_future_alarm_is_ignored_and_said() -> None:
    for when in (None, day(-30)):
        held = scored(assessed(*past(spinal_lesion("T11", WORST), when or "")), "T11")
        assert held.as_recorded is None
        assert "TIME-2" in {caution.key for caution in held.cautions}


def test_a_recorded_total_of_an_unstable_spine_is_flagged_however_old() -> None:
    total = observation("total", "sins-total", {"valueInteger": 15}, at="T11", effectiveDateTime="2020-01-01")
    found = scored(assessed(T11, total), "T11")
    assert "RED-5" in {flag.key for flag in found.flags}
    assert found.result is not None
    assert found.result.totals == EVERY_TOTAL
