"""Nothing of the sources is lost, and every figure is the one that they print."""

import pytest

from app.engine.provenance import Tag
from app.evidence import ITEMS
from app.evidence.codes import ConflictStatus, Outcome
from app.evidence.disputed_across import INCONSISTENCIES
from app.evidence.item import Inconsistency, Item, Rate, Series
from app.evidence.left_out import LEFT_OUT
from app.evidence.sources import CHEN, MSTS, PAST_REVIEW
from app.evidence.studies import Estimates, Row, Share, Table
from tests.evidence import spec_facts

EVERY = list(ITEMS.values())


def series(code: str) -> Series:
    found = ITEMS[code]
    assert isinstance(found, Series)
    return found


def rows(code: str) -> dict[str, Row]:
    found = ITEMS[code]
    assert isinstance(found, Table)
    return {row.study: row for row in found.rows}


def test_every_fact_is_kept_or_left_out_with_a_reason() -> None:
    kept = {fact for item in EVERY for fact in item.facts}
    left = {entry.fact for entry in LEFT_OUT}
    assert set(spec_facts.FACTS) - kept - left == set()
    assert kept & left == set()
    assert all(entry.what.strip() and entry.reason.strip() for entry in LEFT_OUT)


def test_every_conflict_is_kept_in_order() -> None:
    assert tuple(conflict.id for conflict in INCONSISTENCIES) == spec_facts.CONFLICTS


@pytest.mark.parametrize("conflict", INCONSISTENCIES, ids=lambda conflict: conflict.id)
def test_a_conflict_says_what_conflicts_where_and_what_is_done(conflict: Inconsistency) -> None:
    assert conflict.values or conflict.id == "INC-0"
    assert all(value.value and value.place for value in conflict.values)
    assert conflict.check
    assert conflict.handling
    if conflict.status in (ConflictStatus.BOTH_KEPT, ConflictStatus.RECOMPUTED) and conflict.id != "INC-0":
        assert len(conflict.values) >= 2


@pytest.mark.parametrize("item", EVERY, ids=lambda item: item.code)
def test_every_item_is_cited_from_a_source_that_may_speak(item: Item) -> None:
    assert item.cite.tag in (Tag.SEED, Tag.READ, Tag.SECONDARY)
    assert item.cite.title.strip()
    assert item.cite.place.strip()
    assert item.facts
    assert item.population.strip()


def test_every_code_of_an_outcome_is_in_use() -> None:
    assert {item.outcome for item in EVERY} == set(Outcome)


def test_everything_of_the_expired_source_says_so() -> None:
    expired = [item for item in EVERY if item.publication is MSTS]
    assert len(expired) > 20
    assert all(PAST_REVIEW in item.cautions for item in expired)
    assert [item.code for item in EVERY if item not in expired and PAST_REVIEW in item.cautions] == []


def test_interests_are_named_where_they_are_known() -> None:
    for code in ("msts-levy-worst-pain", "msts-levy-events"):
        assert any("7 of the 13 authors" in caution for caution in ITEMS[code].cautions)
    studies = rows("msts-studies")
    assert any("7 of the 13" in text for text in studies["Levy 2020 (OPuS One)"].interests)
    assert any("consultants" in text for text in studies["Anchala 2014"].interests)
    assert any("payment for writing" in caution for caution in CHEN.cautions)


@pytest.mark.parametrize("code", spec_facts.RANGES)
def test_medians_and_ranges_are_as_printed(code: str) -> None:
    points = series(code).points
    assert tuple(point.label for point in points) == spec_facts.CHEN_TIMES
    assert tuple((point.value, point.low, point.high) for point in points) == spec_facts.RANGES[code]
    assert tuple(point.n for point in points) == (91, 91, 91, 91, 91, 88)


@pytest.mark.parametrize("code", spec_facts.SPREADS)
def test_means_and_deviations_are_as_printed(code: str) -> None:
    assert tuple((p.value, p.spread) for p in series(code).points) == spec_facts.SPREADS[code]


@pytest.mark.parametrize("code", spec_facts.VALUES)
def test_values_are_as_printed(code: str) -> None:
    assert tuple(point.value for point in series(code).points) == spec_facts.VALUES[code]


def test_every_series_is_held_against_the_sources() -> None:
    listed = {*spec_facts.RANGES, *spec_facts.SPREADS, *spec_facts.VALUES}
    assert {item.code for item in EVERY if isinstance(item, Series)} == listed


def count(share: Share | None) -> int | None:
    return None if share is None else share.count


def test_the_pain_table_is_as_on_the_slide() -> None:
    found = {
        study: (
            *(row.patients, row.tumours, row.mean_size_cm, row.pain_before, row.pain_after),
            *(count(row.reduced), row.follow_up_months, count(row.major_complications)),
        )
        for study, row in rows("tad-pain-outcomes").items()
    }
    assert found == spec_facts.TAD_PAIN
    dupuy = rows("tad-pain-outcomes")["Dupuy"]
    assert (dupuy.pain_fall, dupuy.pain_scale) == (14.2, 100)


def test_the_control_table_is_as_on_the_slide() -> None:
    found = {}
    for study, row in rows("tad-local-control").items():
        assert row.local_control is not None
        found[study] = (
            *(row.patients, row.tumours, row.mean_size_cm),
            *(row.local_control.count, row.local_control.reported),
            *(row.follow_up_months, count(row.major_complications)),
        )
        survival = tuple((share.reported, share.years) for share in row.survival)
        assert survival == spec_facts.TAD_SURVIVAL.get(study, ())
    assert found == spec_facts.TAD_CONTROL


def test_the_hazard_ratios_are_as_published() -> None:
    found = ITEMS["sahgal-hazard-ratios"]
    assert isinstance(found, Estimates)
    assert {e.fact: (e.value, e.low, e.high) for e in found.estimates} == spec_facts.HAZARDS


def test_every_rate_names_what_its_denominator_counts() -> None:
    rates = [item for item in EVERY if isinstance(item, Rate)]
    assert len(rates) > 50
    assert all(rate.unit.strip() for rate in rates)


def test_all_fourteen_studies_of_the_assessment_are_there_once() -> None:
    facts = [row.fact for row in rows("msts-studies").values()]
    assert sorted(facts, key=str) == sorted(f"MSTS-{number}" for number in range(1, 15))
