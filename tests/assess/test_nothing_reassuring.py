"""A record that knows less never says something better than the record that knows all."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.assess import assess
from app.assess.result import Assessment, Judgement, LesionAssessment
from app.engine.criteria import Status, Suitability
from app.fhir.codes import code_book
from app.fhir.reader import Reader
from app.knowledge import load
from app.knowledge.finding import INDETERMINATE, Finding
from app.knowledge.findings import FINDINGS
from app.knowledge.policy import Policy
from tests.api.bundle import bundle
from tests.cds_hooks.record import BASE, NOW, STALE, coded, condition, observation, quantity, site_of

KNOWLEDGE = load(Policy())
READER = Reader(code_book(BASE), KNOWLEDGE)
SITES = {"T10": "7610001", "T12": "23215003", "L3": "36470004", "S2": "11808007"}
PRIMARIES = {"breast": "254837009", "kidney": "702391001", "unknown": None}
# Every finding that a rule of the spine reads, and the values between which a rule tells a difference.
CODED = (
    "spinal-pain",
    "bone-lesion-quality",
    "spinal-alignment",
    "vertebral-collapse",
    "posterolateral-involvement",
    "escc-grade",
    "posterior-wall",
    "epidural-disease",
    "root-contact",
    "local-infection",
    "prior-radiation",
    "pathological-fracture",
    "posterior-arch-involvement",
    "myelopathy",
    "surgical-tolerance",
    "active-bleeding",
    "cement-allergy",
)
NUMBERS: Mapping[str, tuple[float, ...]] = {
    "platelets": (40, 50, 75, 100, 250),
    "inr": (1.0, 1.5, 1.6, 1.9),
    "white-cells": (2.4, 2.5, 8),
}
UNITS = {"platelets": "10*9/L", "inr": "{INR}", "white-cells": "10*9/L"}
# What is reachable, or open, is itself an answer to these, and so changes with what is known.
OF_REACH = {"sins_maximum", "bands_undetermined"}
_RANKS = list(Suitability)
_BLURS = ("kept", "left out", "too old", "not told")


@st.composite
def records(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """A whole record of one vertebra, and the same with some entries left out, too old or not told."""
    site = draw(st.sampled_from(sorted(SITES)))
    whole: list[Any] = [condition("c", site=site_of(SITES[site]))]
    primary = PRIMARIES[draw(st.sampled_from(sorted(PRIMARIES)))]
    known = draw(st.booleans())
    if primary is not None:
        whole.append(condition("primary", primary))
    partial = whole if known else whole[:1]
    partial = list(partial)
    for code in CODED:
        answer = draw(st.sampled_from([a for a, _ in FINDINGS[code].answers]))
        blur = draw(st.sampled_from(_BLURS))
        whole.append(observation(code, code, coded(answer)))
        # By the contract, earlier radiotherapy that is not recorded changes no row, and a caution says so.
        partial += _blurred(FINDINGS[code], answer, "kept" if code == "prior-radiation" else blur)
    for code, values in NUMBERS.items():
        value = draw(st.sampled_from(values))
        whole.append(observation(code, code, quantity(value, UNITS[code])))
        if draw(st.booleans()):
            partial.append(observation(code, code, quantity(value, UNITS[code])))
    return whole, partial


def _blurred(finding: Finding, answer: str, blur: str) -> list[Any]:
    if blur == "left out":
        return []
    if blur == "too old" and finding.window != "lasting":
        return [observation(finding.code, finding.code, coded(answer), effectiveDateTime=STALE)]
    if blur == "not told":
        return [observation(finding.code, finding.code, coded(INDETERMINATE))]
    return [observation(finding.code, finding.code, coded(answer))]


def judged(resources: list[Any]) -> tuple[Assessment, LesionAssessment]:
    found = assess(READER.bundle(json.dumps(bundle(resources)).encode()), NOW, KNOWLEDGE)
    (lesion,) = found.lesions
    return found, lesion


def pairs(whole: LesionAssessment, partial: LesionAssessment) -> Iterator[tuple[Judgement, Judgement]]:
    """The pathways of both; which are made for a lesion may hang on what is known."""
    found = {one.pathway.code: one for one in partial.pathways}
    return ((one, found[one.pathway.code]) for one in whole.pathways if one.pathway.code in found)


@given(records())
def test_what_a_whole_record_gives_stays_possible_in_every_part_of_it(
    pair: tuple[list[Any], list[Any]],
) -> None:
    _, whole = judged(pair[0])
    _, partial = judged(pair[1])
    for known, less in zip(whole.scores, partial.scores, strict=True):
        if known.result is not None and less.result is not None:
            assert set(known.result.bands) <= set(less.result.bands)
    for known_path, less_path in pairs(whole, partial):
        one, other = known_path.result, less_path.result
        assert one is not None
        assert other is not None
        if one.rows is not None and other.rows is not None:
            rows = {row.id for row in one.rows.outcome.rows}
            assert rows <= {row.id for row in other.rows.outcome.rows}
        for sure, open_one in zip(one.judged, other.judged, strict=True):
            told = Status.UNKNOWN not in (sure.status, open_one.status)
            if told and not OF_REACH & set(sure.criterion.asks):
                assert sure.status is open_one.status, sure.criterion.id


@given(records())
def test_no_part_of_a_record_is_more_suitable_or_less_urgent_about_what_it_holds(
    pair: tuple[list[Any], list[Any]],
) -> None:
    _, whole = judged(pair[0])
    _, partial = judged(pair[1])
    for known, less in pairs(whole, partial):
        if known.result is None or less.result is None or known.result.suitability is None:
            continue
        assert less.result.suitability is not None
        if less.result.suitability in (Suitability.ELIGIBLE, Suitability.CAUTION):
            assert _RANKS.index(known.result.suitability) >= _RANKS.index(Suitability.CAUTION)
    # Stable is said only where nothing worse is left, whatever the rest of the record would add.
    for known_score, less_score in zip(whole.scores, partial.scores, strict=True):
        said = less_score.advice
        if said is not None and said.key in ("SINS-B1", "MIR-B1"):
            assert known_score.result is not None
            assert known_score.result.bands == (less_score.result.bands if less_score.result else ())


@given(records())
def test_nothing_that_is_too_old_silences_an_alarm(pair: tuple[list[Any], list[Any]]) -> None:
    """TIME-5: with every entry too old, the alarms of the whole record are there, at the same urgency."""
    fresh, whole = judged(pair[0])
    aged = [r | {"effectiveDateTime": STALE} if "effectiveDateTime" in r else r for r in pair[0]]
    old, later = judged(aged)
    wanted = {(alarm.key, alarm.urgency) for alarm in whole.alarms}
    assert wanted <= {(alarm.key, alarm.urgency) for alarm in later.alarms}
    assert {alert.key for alert in fresh.alerts if alert.lesion is None} <= {
        alert.key for alert in old.alerts
    }
