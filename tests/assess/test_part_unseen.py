"""Where part of the record was not seen, nothing reassuring is settled, and every alarm stands (GAP-1)."""

from dataclasses import replace

import pytest

from app.assess import assess
from app.assess.record import LESION_NEEDS, Completeness
from app.assess.result import Assessment
from app.assess.unseen import undecided
from app.engine.criteria import Suitability
from app.fhir.collection import Collected, collect, decode
from app.fhir.patient_gate import PatientGate
from tests.fhir.records import (
    AS_OF,
    KNOWLEDGE,
    MILDEST,
    PATIENT,
    READER,
    WORST,
    Json,
    bundle,
    condition,
    items,
    patient,
    site,
)

NEEDS = sorted(LESION_NEEDS)
CALM = [patient(), condition("c", "L3"), *items("L3", MILDEST)]
ALARMING = [patient(), condition("c", "T11"), *items("T11", WORST)]


def seen(record: list[Json], *lacking: str, wholly: bool = False) -> Assessment:
    """The assessment of a record of which some data needs were not seen in full."""
    collected = Collected()
    collect(decode(bundle(record)), collected, [])
    for need in lacking:
        collected.lacks(need, "It could not be looked at.", wholly=wholly)
    return assess(READER.collected(collected, PatientGate(PATIENT)), AS_OF, KNOWLEDGE)


def sins(found: Assessment) -> tuple[tuple[str, ...], bool, str]:
    scored = found.lesions[0].leading
    assert scored.result is not None
    assert scored.advice is not None
    return scored.result.bands, scored.settled, scored.advice.key


def test_a_stable_score_is_settled_where_everything_was_seen() -> None:
    assert sins(seen(CALM)) == (("stable",), True, sins(seen(CALM))[2])
    assert sins(seen(CALM))[2] != "GAP-1"


@pytest.mark.parametrize("need", NEEDS)
def test_a_stable_score_is_not_settled_where_a_need_was_not_seen(need: str) -> None:
    found = seen(CALM, need)
    assert sins(found) == (("stable",), False, "GAP-1")
    assert "stable" not in found.lesions[0].leading.advice.headline.lower()  # type: ignore[union-attr]  # sins() saw one


@pytest.mark.parametrize("need", ["patient", "medications"])
def test_needs_that_answer_nothing_of_a_lesion_take_nothing_away(need: str) -> None:
    assert sins(seen(CALM, need)) == sins(seen(CALM))


@pytest.mark.parametrize("need", NEEDS)
def test_an_alarm_stands_whatever_was_not_seen(need: str) -> None:
    assert sins(seen(ALARMING)) == sins(seen(ALARMING, need))
    assert sins(seen(ALARMING, need))[1]
    assert {alert.key for alert in seen(ALARMING).alerts} <= {a.key for a in seen(ALARMING, need).alerts}


def test_an_intermediate_score_keeps_its_advice_and_is_told_to_be_open() -> None:
    record = [patient(), condition("c", "L3"), *items("L3", dict(MILDEST) | {"spinal-pain": "pain-mechanical",
              "bone-lesion-quality": "lesion-lytic"})]  # fmt: skip
    whole, part = seen(record), seen(record, "observations")
    assert sins(whole)[0] == ("potentially-unstable",)
    assert sins(whole)[1]
    assert sins(part) == (sins(whole)[0], False, sins(whole)[2])
    assert any(caution.key == "GAP-1" for caution in part.lesions[0].leading.cautions)


def test_no_pathway_takes_a_spine_for_stable_that_was_not_seen_in_full() -> None:
    def stability(found: Assessment) -> tuple[str, ...]:
        noms = next(p for p in found.lesions[0].pathways if p.pathway.code == "noms")
        assert noms.result is not None
        assert noms.result.rows is not None
        return tuple(noms.result.rows.answers["stability"].possible)

    assert stability(seen(CALM)) == ("stable",)
    assert set(stability(seen(CALM, "observations"))) == {"stable", "potentially-unstable", "unstable"}


@pytest.mark.parametrize("suitability", list(Suitability))
@pytest.mark.parametrize("unavailable", [frozenset[str](), frozenset({"observations"})])
def test_cement_is_eligible_only_where_everything_was_seen(
    suitability: Suitability, unavailable: frozenset[str]
) -> None:
    judged = next(p for p in seen(CALM).lesions[0].pathways if p.pathway.code == "augmentation")
    assert judged.result is not None
    settled = suitability is not Suitability.UNDETERMINED
    whole = replace(judged, result=replace(judged.result, suitability=suitability), settled=settled)
    part = undecided(whole, unavailable)
    assert part.result is not None
    reassures = suitability in (Suitability.ELIGIBLE, Suitability.CAUTION)
    if reassures and unavailable:
        assert (part.result.suitability, part.settled) == (Suitability.UNDETERMINED, False)
        assert part.cautions[-1].key == "GAP-1"
    else:
        assert part == whole


@pytest.mark.parametrize("need", ["conditions", "observations", "procedures", "bodyStructures"])
@pytest.mark.parametrize("wholly", [True, False])
def test_what_was_not_seen_is_never_none_found(need: str, *, wholly: bool) -> None:
    collected = Collected()
    collect(decode(bundle([patient()])), collected, [])
    before = READER.collected(collected, PatientGate(PATIENT)).looked_at
    assert before[need] is Completeness.NONE_FOUND
    collected.lacks(need, "It could not be looked at.", wholly=wholly)
    after = READER.collected(collected, PatientGate(PATIENT)).looked_at
    assert after[need] is (Completeness.UNAVAILABLE if wholly else Completeness.PARTIAL)
    assert {other: how for other, how in after.items() if other != need} == {
        other: how for other, how in before.items() if other != need
    }


def test_a_need_of_which_something_came_is_partial_and_never_unavailable() -> None:
    collected = Collected()
    collect(decode(bundle([patient(), condition("c", site("femur"))])), collected, [])
    collected.lacks("conditions", "It could not be looked at.", wholly=True)
    assert READER.collected(collected, PatientGate(PATIENT)).looked_at["conditions"] is Completeness.PARTIAL


def test_what_cannot_be_read_at_all_may_be_anything() -> None:
    collected = Collected()
    collect(decode(bundle([patient()])), collected, [])
    collected.lacks("resources", "A resource cannot be read and is set aside.")
    looked_at = READER.collected(collected, PatientGate(PATIENT)).looked_at
    assert set(looked_at.values()) == {Completeness.PARTIAL}
