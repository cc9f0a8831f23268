from collections.abc import Callable
from itertools import product

import pytest

from app.engine.provenance import Age, Source
from app.engine.question import given
from app.engine.reading import Fact
from app.knowledge.finding import INDETERMINATE
from app.knowledge.instrument import Instrument, Remarks
from app.knowledge.lesion import Lesion, RecordedTotal

ZERO = {
    "spinal-pain": "pain-free",
    "bone-lesion-quality": "lesion-blastic",
    "spinal-alignment": "alignment-normal",
    "vertebral-collapse": "collapse-none",
    "posterolateral-involvement": "posterolateral-none",
}
QUALITY = ["blastic", "mixed", "lytic"]
Make = Callable[..., Lesion]
Speak = Callable[[Lesion], Remarks]


@pytest.fixture
def speak(sins: Instrument) -> Speak:
    return lambda case: sins.remark(sins.score.evaluate(sins.answers(case)), case)


def cautions(remarks: Remarks) -> dict[str, str]:
    return {caution.key: caution.text for caution in remarks.cautions}


def test_sins_e11_a_span_is_said_and_the_highest_level_counts(speak: Speak, lesion: Make) -> None:
    spanning = cautions(speak(lesion("T10", ZERO, spans=("T10", "T11", "T12"))))
    assert "T10, T11, T12" in spanning["SINS-E11"]
    for spans in ((), ("T10",)):
        assert "SINS-E11" not in cautions(speak(lesion("T10", ZERO, spans=spans)))


def test_sins_e11_a_span_adds_no_points(sins: Instrument, lesion: Make) -> None:
    totals = {
        sins.score.evaluate(sins.answers(lesion("T10", ZERO, spans=spans))).totals
        for spans in ((), ("T10", "T11"))
    }
    assert totals == {(1,)}


@pytest.mark.parametrize("entries", [["present"], ["present", "absent"], ["present|absent"]])
def test_sins_e13_an_instrumented_segment_is_scored_marked_and_never_called_stable(
    entries: list[str], speak: Speak, sins: Instrument, lesion: Make
) -> None:
    case = lesion("T10", {**ZERO, "instrumented-segment": entries})
    assert sins.score.evaluate(sins.answers(case)).total == 1
    assert sins.applies(case).applies
    remarks = speak(case)
    assert [flag.key for flag in remarks.flags] == ["SINS-E13"]
    assert remarks.advice.headline == "Low score, outside validated use"


def test_sins_e13_a_segment_stated_not_to_be_instrumented_is_as_any_other(speak: Speak, lesion: Make) -> None:
    remarks = speak(lesion("T10", {**ZERO, "instrumented-segment": "absent"}))
    assert remarks.flags == ()
    assert remarks.advice.headline == "Stable by SINS"


def test_sins_e13_a_segment_that_may_be_instrumented_is_never_called_stable(
    speak: Speak, lesion: Make
) -> None:
    remarks = speak(lesion("T10", {**ZERO, "instrumented-segment": INDETERMINATE}))
    assert remarks.advice.headline != "Stable by SINS"


def test_sins_e14_an_osteoporotic_fracture_without_a_tumour_is_not_scored(
    sins: Instrument, lesion: Make
) -> None:
    verdict = sins.applies(lesion("T10", ZERO, osteoporotic=True))
    assert verdict.applies is False
    assert [cite.key for cite in verdict.cites] == ["SINS-E14"]
    assert sins.applies(lesion("T10", ZERO)).applies is True


@pytest.mark.parametrize("site", ["femur", "rib", "upper-limb-bone", "pelvis"])
def test_sins_is_not_applicable_outside_the_spine(site: str, sins: Instrument, lesion: Make) -> None:
    assert sins.applies(lesion(site, {})).applies is False


def test_les_1_without_a_site_it_is_open_whether_sins_applies(sins: Instrument, lesion: Make) -> None:
    assert sins.applies(lesion(None, {})).applies is None


@pytest.mark.parametrize("treatment", ["post-treatment-change", "prior-radiation"])
@pytest.mark.parametrize(
    ("quality", "warned"),
    [("lesion-blastic", True), ("lesion-mixed", True), ("lesion-lytic", False), (None, False)],
)
def test_sins_e15_sclerosis_after_treatment_is_flagged(
    treatment: str, quality: str | None, warned: bool, speak: Speak, lesion: Make
) -> None:
    record = {**ZERO, treatment: "present", "bone-lesion-quality": [quality] if quality else []}
    assert ("SINS-E15" in cautions(speak(lesion("T10", record)))) == warned
    untreated = {**record, treatment: "absent"}
    assert "SINS-E15" not in cautions(speak(lesion("T10", untreated)))


@pytest.mark.parametrize(("answer", "warned"), [("present", True), ("absent", False)])
def test_sins_e16_supine_imaging_is_accepted_and_flagged(
    answer: str, warned: bool, speak: Speak, sins: Instrument, lesion: Make
) -> None:
    case = lesion("T10", {**ZERO, "imaging-supine-only": answer})
    assert sins.answers(case)["alignment"].possible == ("normal",)
    assert ("SINS-E16" in cautions(speak(case))) == warned


@pytest.mark.parametrize(("height", "said"), [("49.9", False), ("50", True), ("50.1", False), (">=50", True)])
def test_sins_e1_an_open_edge_is_said(height: str, said: bool, speak: Speak, lesion: Make) -> None:
    record = {**ZERO, "vertebral-collapse": [], "vertebral-height-loss": height}
    assert ("SINS-E1" in cautions(speak(lesion("T10", record)))) == said


@pytest.mark.parametrize(("site", "said"), [("coccyx", True), ("S5", False), ("sacrum", False)])
def test_sins_l_a_site_outside_the_map_is_said(site: str, said: bool, speak: Speak, lesion: Make) -> None:
    assert ("SINS-L" in cautions(speak(lesion(site, ZERO)))) == said


@pytest.mark.parametrize(
    ("total", "flag", "caution"),
    [(1, False, False), (2, False, True), (12, False, True), (13, True, True), (18, True, True)],
)
def test_con_3_a_recorded_total_never_replaces_its_items(
    total: int, flag: bool, caution: bool, speak: Speak, lesion: Make
) -> None:
    recorded = RecordedTotal("sins", total, Source("Observation/total", "2026-01-05"))
    remarks = speak(lesion("T10", ZERO, totals=(recorded,)))
    assert ("RED-5" in {flag.key for flag in remarks.flags}) == flag
    assert ("SINS-total" in cautions(remarks)) == caution
    other = RecordedTotal("mirels", total, Source("Observation/total"))
    assert speak(lesion("T10", ZERO, totals=(other,))).flags == ()


@pytest.mark.parametrize(("total", "said"), [(3, False), (6, False), (7, True), (14, True)])
def test_con_3_a_total_without_its_items_is_told_unless_it_would_calm(
    total: int, said: bool, speak: Speak, lesion: Make
) -> None:
    recorded = RecordedTotal("sins", total, Source("Observation/total", "2026-01-05"))
    whole = {finding: answer for finding, answer in ZERO.items() if finding != "spinal-pain"}
    for record, headline in (
        ({}, "May be unstable: discuss with spine surgery now"),
        (whole | {"vertebral-collapse": "collapse-over-50"}, "Potential instability not excluded"),
    ):
        advice = speak(lesion("T10", record, totals=(recorded,))).advice
        if total == 14 and record:
            assert advice.key == "CON-3"
            continue
        assert advice.headline == headline
        assert (f"A SINS of {total} is recorded without all the items behind it." in advice.text) == said
        assert ("is recorded" in advice.text) == said


def test_con_3_a_total_in_the_future_is_not_counted(speak: Speak, lesion: Make) -> None:
    coming = RecordedTotal("sins", 18, Source("Observation/total", "2026-12-24", Age.FUTURE))
    remarks = speak(lesion("T10", ZERO, totals=(coming,)))
    assert (remarks.advice.key, remarks.flags) == ("SINS-B1", ())


def test_red_5_what_is_unstable_for_certain_is_no_less_urgent_than_what_may_be(
    speak: Speak, lesion: Make
) -> None:
    worst = {
        "spinal-pain": "pain-mechanical",
        "bone-lesion-quality": "lesion-lytic",
        "spinal-alignment": "alignment-subluxation",
        "vertebral-collapse": "collapse-over-50",
        "posterolateral-involvement": "posterolateral-bilateral",
    }
    advice = speak(lesion("T12", worst)).advice
    assert advice.headline == "Unstable: urgent spine surgery assessment"
    assert (advice.key, advice.urgency) == ("RED-5", "urgent")


@pytest.mark.parametrize(
    ("age", "key", "counted"),
    [
        (Age.FRESH, None, True),
        (Age.AGEING, "TIME-5", True),
        (Age.STALE, "TIME-2", False),
        (Age.UNDATED, "TIME-2", False),
        (Age.FUTURE, "TIME-2", False),
    ],
)
def test_time_2_and_5_the_age_of_an_entry_is_said(
    age: Age,
    key: str | None,
    counted: bool,
    speak: Speak,
    sins: Instrument,
    lesion: Make,
    fact: Callable[..., Fact],
) -> None:
    case = lesion("T10", {**ZERO, "spinal-pain": [fact("spinal-pain", "pain-free", age=age)]})
    assert sins.answers(case)["pain"].recorded == counted
    said = cautions(speak(case))
    assert {rule for rule in said if rule.startswith("TIME")} == ({key} if key else set())
    assert not key or said[key].startswith("Pain: ")


def test_time_5_a_stale_unstable_finding_can_still_be_asked_for(
    sins: Instrument, lesion: Make, fact: Callable[..., Fact]
) -> None:
    shift = fact("spinal-alignment", "alignment-subluxation", age=Age.STALE)
    case = lesion("T10", {**ZERO, "spinal-alignment": [shift]})
    assert len(sins.answers(case)["alignment"].possible) == 3
    assert sins.answers(case, stale_too=True)["alignment"].possible == ("subluxation",)


def test_time_3_a_preliminary_entry_counts_and_is_said(
    speak: Speak, sins: Instrument, lesion: Make, fact: Callable[..., Fact]
) -> None:
    early = fact("spinal-pain", "pain-free", provisional=True)
    case = lesion("T10", {**ZERO, "spinal-pain": [early]})
    assert sins.answers(case)["pain"].recorded
    assert "TIME-3" in cautions(speak(case))


@pytest.mark.parametrize("entries", [["pain-free", "pain-mechanical"], ["pain-mechanical", "pain-free"]])
def test_con_1_sources_that_disagree_are_said(entries: list[str], speak: Speak, lesion: Make) -> None:
    assert "CON-1" in cautions(speak(lesion("T10", {**ZERO, "spinal-pain": entries})))
    assert "CON-1" not in cautions(speak(lesion("T10", ZERO)))


def test_sins_c1_one_step_of_lesion_quality_is_said_exactly_where_it_changes_the_category(
    sins: Instrument,
) -> None:
    bands = {t: b.code for b in sins.score.bands for t in range(b.low, b.high + 1)}
    totals = set()
    for options in product(*(item.options for item in sins.score.items)):
        pairs = zip(sins.score.items, options, strict=True)
        result = sins.score.evaluate({item.code: given(item, [o.code]) for item, o in pairs})
        total, quality = sum(option.points for option in options), options[2].points
        steps = [total + step for step in (-1, 1) if 0 <= quality + step < len(QUALITY)]
        other = {bands[step] for step in steps} - {bands[total]}
        said = cautions(sins.remark(result, None))
        assert ("SINS-C1" in said) == bool(other), (total, quality)
        if other:
            totals.add(total)
            assert f"would be {sins.score.band(other.pop()).label}:" in said["SINS-C1"]
    assert totals == {6, 7, 12, 13}


def test_sins_c1_the_seed_case_is_lytic_at_6_and_has_no_step_up(speak: Speak, lesion: Make) -> None:
    record = {
        **ZERO,
        "spinal-pain": "pain-occasional",
        "bone-lesion-quality": "lesion-lytic",
        "vertebral-collapse": "collapse-none-involved-over-50",
        "posterolateral-involvement": "posterolateral-unilateral",
    }
    assert "SINS-C1" not in cautions(speak(lesion("T10", record)))
