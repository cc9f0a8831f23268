"""Clinical times as the ranges they can mean (TIME-2, TIME-4)."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assess.record import When
from app.fhir.times import read_birth_date, read_when
from tests.fhir.records import RECENT, Json, condition, observation, read, response


def when_of(**effective: object) -> When | None:
    (entry,) = read(observation("o", "spinal-pain", "pain-free", **effective)).entries
    return entry.when


def recorded(text: str) -> When | None:
    return when_of(effectiveDateTime=text)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2026-11-18", date(2026, 11, 18), date(2026, 11, 18)),
        ("2026-11-18T09:00:00", date(2026, 11, 18), date(2026, 11, 18)),
        ("2026-11-18T09:00", date(2026, 11, 18), date(2026, 11, 18)),
        ("2026-11-18T09:00:00.000", date(2026, 11, 18), date(2026, 11, 18)),
    ],
)
def test_a_partial_time_is_every_day_it_can_mean(text: str, first: date, last: date) -> None:
    assert recorded(text) == When(text, first, last)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-18T09:00:00Z", datetime(2026, 11, 18, 9, tzinfo=UTC)),
        ("2026-11-18T09:00:00.123Z", datetime(2026, 11, 18, 9, tzinfo=UTC)),
        ("2026-11-18T09:00:00+02:00", datetime(2026, 11, 18, 7, tzinfo=UTC)),
        ("2026-11-18T23:30:00-05:00", datetime(2026, 11, 19, 4, 30, tzinfo=UTC)),
        ("2026-11-18T00:30:00+14:00", datetime(2026, 11, 17, 10, 30, tzinfo=UTC)),
        ("2026-11-18T09:00Z", datetime(2026, 11, 18, 9, tzinfo=UTC)),
        ("2026-06-30T23:59:60Z", datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_an_offset_makes_a_moment(text: str, instant: datetime) -> None:
    assert recorded(text) == When(text, instant.date(), instant.date(), instant)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "18.11.2026",
        "2026-13",
        "2026-00",
        "2026-02-30",
        "2026-11-18T25:00:00Z",
        "2026-11-18T09:61:00Z",
        "2026-11-18T09:00:00+99:00",
        "2026-11-18 09:00:00Z",
        "0000",
        "0000-01-01",
        "99999-01-01",
        "20261118",
        "2026-11-18T09Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_what_is_no_date_is_no_time(text: str) -> None:
    assert recorded(text) is None


@given(st.text(alphabet="0123456789-T:Z+.", max_size=30))
def test_no_text_breaks_the_reading_of_times(text: str) -> None:
    found = recorded(text)
    assert found is None or found.first <= found.last


@pytest.mark.parametrize(
    ("effective", "text"),
    [
        ({"effectiveInstant": RECENT}, RECENT),
        ({"effectivePeriod": {"start": "2026-11-01", "end": "2026-11-10"}}, "2026-11-10"),
        ({"effectivePeriod": {"start": "2026-11-01"}}, "2026-11-01"),
        ({"effectivePeriod": {"end": "2026-11-10"}}, "2026-11-10"),
        ({"effectivePeriod": {}}, None),
        ({"effectiveTiming": {"event": ["2026-11-10"]}}, None),
        ({}, None),
        ({"issued": RECENT}, None),
    ],
    ids=["instant", "period", "start", "end", "empty", "timing", "none", "time-4 issued"],
)
def test_every_form_of_the_clinical_time(effective: Json, text: str | None) -> None:
    found = when_of(**({"effectiveDateTime": None} | effective))
    assert (found.text if found else None) == text


def test_the_time_of_a_response_is_when_it_was_authored() -> None:
    (entry,) = read(response("q", "sins", {"pain": "pain-free"}, authored="2026-11-10")).entries
    assert entry.when == When("2026-11-10", date(2026, 11, 10), date(2026, 11, 10))


@pytest.mark.parametrize(
    ("dates", "text"),
    [
        ({"onsetDateTime": "2026-10-01", "recordedDate": "2026-11-01"}, "2026-10-01"),
        ({"recordedDate": "2026-11-01"}, "2026-11-01"),
    ],
)
def test_a_condition_has_the_time_of_its_onset_or_else_of_its_record(dates: Json, text: str) -> None:
    (diagnosis,) = read(condition("c", "T11", **dates)).diagnoses
    assert diagnosis.when is not None
    assert diagnosis.when.text == text


def test_moments_are_kept_for_the_next_record_and_birth_dates_are_not() -> None:
    assert read_when("1958-02-17") is read_when("1958-02-17")
    assert read_birth_date("1958-02-17") == read_when("1958-02-17")
    assert read_birth_date("1958-02-17") is not read_birth_date("1958-02-17")


def test_a_text_that_is_longer_than_any_moment_is_not_kept() -> None:
    text = f"2026-11-18T09:00:00.{'1' * 40}Z"
    assert read_when(text) == read_when(text)
    assert read_when(text) is not read_when(text)
