from collections.abc import Callable
from typing import Any

import pytest

from app.engine.provenance import Age, Source
from app.engine.reading import Side
from app.knowledge.anatomy import SITES, Kind, place_of
from app.knowledge.instrument import Instrument, Remarks
from app.knowledge.lesion import Lesion, RecordedTotal

LEAST = {
    "limb-pain": "limb-pain-mild",
    "bone-lesion-quality": "lesion-blastic",
    "cortical-destruction": "10",
}
AXIAL, CIRCUMFERENTIAL = "axial-cortical-involvement", "circumferential-cortical-involvement"
HUMERUS = {"humerus", "proximal-humerus", "humeral-shaft", "distal-humerus"}
PROXIMAL = {"proximal-femur", "femoral-head", "femoral-neck", "peritrochanteric-femur"}
FEMUR = PROXIMAL | {"femur", "femoral-shaft", "distal-femur"}
Make = Callable[..., Lesion]
Speak = Callable[[Lesion], Remarks]


@pytest.fixture
def speak(mirels: Instrument) -> Speak:
    return lambda case: mirels.remark(mirels.score.evaluate(mirels.answers(case)), case)


def flags(remarks: Remarks) -> set[str]:
    return {flag.key for flag in remarks.flags}


def cautions(remarks: Remarks) -> set[str]:
    return {caution.key for caution in remarks.cautions}


def sites_with(flag: str, record: dict[str, str], speak: Speak, lesion: Make) -> set[str]:
    limbs = [site.code for site in SITES.values() if site.kind is Kind.LONG_BONE]
    return {site for site in limbs if flag in flags(speak(lesion(site, record)))}


@pytest.mark.parametrize(
    ("pain", "quality", "total", "said"),
    [
        ("mild", "blastic", 4, None),
        ("functional", "mixed", 7, None),
        ("functional", "lytic", 8, "the score is 8 or more"),
    ],
)
def test_mir_r1_humerus_from_8(
    pain: str, quality: str, total: int, said: str | None, speak: Speak, lesion: Make
) -> None:
    record = {
        **LEAST,
        "limb-pain": f"limb-pain-{pain}",
        "bone-lesion-quality": f"lesion-{quality}",
    }
    remarks = speak(lesion("humerus", record))
    assert f"Mirels {total}" in remarks.advice.text
    texts = [flag.text for flag in remarks.flags if flag.key == "MIR-R1"]
    assert len(texts) == (1 if said else 0)
    assert all(said in text for text in texts if said)


def test_mir_r1_humerus_that_may_reach_8(speak: Speak, lesion: Make) -> None:
    (flag,) = speak(lesion("humerus", {})).flags
    assert (flag.key, "may be 8 or more" in flag.text) == ("MIR-R1", True)


def test_mir_r1_is_of_the_humerus_and_of_a_bone_that_may_be_it(speak: Speak, lesion: Make) -> None:
    record = {"limb-pain": "limb-pain-functional", "cortical-breach": "present"}
    expected = HUMERUS | {"upper-limb-long-bone"}
    assert sites_with("MIR-R1", record, speak, lesion) == expected
    assert sites_with("MIR-R1-breach", record, speak, lesion) == expected


@pytest.mark.parametrize(
    ("length", "flagged"),
    [
        ("29.9", False),
        ("30", True),
        ("30.0", True),
        ("30.1", True),
        (">=30", True),
        (">20", True),
        ("<30", False),
        ("<=30", True),
    ],
)
def test_mir_r2_femur_from_30_mm_whatever_the_score(
    length: str, flagged: bool, speak: Speak, lesion: Make
) -> None:
    remarks = speak(lesion("femoral-shaft", {**LEAST, AXIAL: length}))
    assert ("MIR-R2" in flags(remarks)) == flagged
    assert (remarks.advice.headline == "Low by Mirels") == (not flagged)
    assert "MIR-R2-unknown" not in cautions(remarks)


def test_mir_r2_not_recorded_is_said_and_asked_for(speak: Speak, lesion: Make) -> None:
    remarks = speak(lesion("femoral-shaft", LEAST))
    assert flags(remarks) == set()
    assert "MIR-R2-unknown" in cautions(remarks)
    assert remarks.record_next == (AXIAL,)
    assert "MIR-R2-unknown" not in cautions(speak(lesion("tibia", LEAST)))


@pytest.mark.parametrize(("share", "flagged"), [("49", False), ("50", False), ("50.1", True), (">50", True)])
def test_mir_r3_femur_over_half_of_the_circumference(
    share: str, flagged: bool, speak: Speak, lesion: Make
) -> None:
    remarks = speak(lesion("femoral-shaft", {**LEAST, CIRCUMFERENTIAL: share}))
    assert ("MIR-R3" in flags(remarks)) == flagged


def test_mir_r2_and_r3_are_of_the_femur_and_of_a_bone_that_may_be_it(speak: Speak, lesion: Make) -> None:
    record = {AXIAL: "40", CIRCUMFERENTIAL: "60"}
    expected = FEMUR | {"lower-limb-long-bone"}
    assert sites_with("MIR-R2", record, speak, lesion) == expected
    assert sites_with("MIR-R3", record, speak, lesion) == expected


@pytest.mark.parametrize(
    ("record", "flagged"),
    [
        ({AXIAL: "30"}, False),
        ({AXIAL: "30.1"}, True),
        ({"lesser-trochanter-fracture": "present"}, True),
        ({"lesser-trochanter-fracture": "absent"}, False),
        ({}, False),
    ],
)
def test_mir_r4_cement_alone_in_the_proximal_femur(
    record: dict[str, str], flagged: bool, speak: Speak, lesion: Make
) -> None:
    remarks = speak(lesion("femoral-neck", {**LEAST, **record}))
    assert ("MIR-R4" in flags(remarks)) == flagged


@pytest.mark.parametrize(("pain", "flagged"), [("mild", False), ("moderate", False), ("functional", True)])
def test_mir_r5_pain_on_use_in_the_proximal_femur(
    pain: str, flagged: bool, speak: Speak, lesion: Make
) -> None:
    remarks = speak(lesion("femoral-neck", {**LEAST, "limb-pain": f"limb-pain-{pain}"}))
    assert ("MIR-R5" in flags(remarks)) == flagged


def test_mir_r4_and_r5_are_of_the_proximal_femur_and_of_a_bone_that_may_be_it(
    speak: Speak, lesion: Make
) -> None:
    record = {AXIAL: "40", "limb-pain": "limb-pain-functional"}
    expected = PROXIMAL | {"femur", "lower-limb-long-bone"}
    assert sites_with("MIR-R4", record, speak, lesion) == expected
    assert sites_with("MIR-R5", record, speak, lesion) == expected


def test_mir_r5_unknown_pain_is_no_pain_on_use(speak: Speak, lesion: Make) -> None:
    assert "MIR-R5" not in flags(speak(lesion("femoral-neck", {AXIAL: "10"})))


@pytest.mark.parametrize(("size", "total", "said"), [("10", 7, False), ("50", 8, True), ("90", 9, False)])
def test_mir_n1_at_8_the_original_disagrees_with_itself(
    size: str, total: int, said: bool, speak: Speak, lesion: Make
) -> None:
    record = {
        "limb-pain": "limb-pain-moderate",
        "bone-lesion-quality": "lesion-mixed",
        "cortical-destruction": size,
    }
    remarks = speak(lesion("tibia", record))
    assert f"Mirels {total}" in remarks.advice.text
    assert ("MIR-N1" in cautions(remarks)) == said
    assert ("MIR-N1" in {cite.key for cite in remarks.advice.cites}) == said


def test_a_low_score_with_a_high_risk_finding_is_not_called_low_by_mirels(speak: Speak, lesion: Make) -> None:
    plain = speak(lesion("femoral-shaft", {**LEAST, AXIAL: "10"})).advice
    flagged = speak(lesion("femoral-shaft", {**LEAST, AXIAL: "45"})).advice
    assert (plain.headline, plain.urgency) == ("Low by Mirels", "routine")
    assert flagged.headline != "Low by Mirels"
    assert flagged.urgency == "urgent"


@pytest.mark.parametrize(("total", "said"), [(5, False), (9, True)])
def test_con_3_a_recorded_total_never_replaces_its_items(
    total: int, said: bool, mirels: Instrument, speak: Speak, lesion: Make
) -> None:
    recorded = RecordedTotal("mirels", total, Source("Observation/total", "2026-01-05"))
    case = lesion(place_of("tibia", Side.LEFT), LEAST, totals=(recorded,))
    assert mirels.score.evaluate(mirels.answers(case)).totals == (5,)
    assert ("MIR-total" in cautions(speak(case))) == said


def held(total: int, **rest: Any) -> RecordedTotal:
    return RecordedTotal("mirels", total, Source("Observation/total", "2026-01-05", **rest))


# total recorded -> whether the items overrule it, and whether it is flagged
@pytest.mark.parametrize(
    ("total", "worse", "flag"),
    [(5, False, False), (7, False, False), (8, True, False), (9, True, True), (12, True, True)],
)
def test_con_3_a_worse_total_than_the_items_give_is_never_called_low(
    total: int, worse: bool, flag: bool, speak: Speak, lesion: Make
) -> None:
    remarks = speak(lesion(place_of("tibia", Side.LEFT), LEAST, totals=(held(total),)))
    assert (remarks.advice.key, remarks.advice.urgency) == (
        ("CON-3", "urgent") if worse else ("MIR-B1", "routine")
    )
    assert (remarks.advice.headline == "Items and a recorded total disagree: look again") == worse
    assert [one.text for one in remarks.flags] == (
        [f"Mirels {total} (high) is recorded on 2026-01-05: re-examine now."] if flag else []
    )


def test_con_3_a_total_in_the_future_or_of_another_score_is_not_counted(speak: Speak, lesion: Make) -> None:
    other = RecordedTotal("sins", 12, Source("Observation/total"))
    for total in (other, held(12, age=Age.FUTURE)):
        remarks = speak(lesion(place_of("tibia", Side.LEFT), LEAST, totals=(total,)))
        assert (remarks.advice.key, remarks.flags) == ("MIR-B1", ())


@pytest.mark.parametrize(("total", "said"), [(5, False), (7, False), (8, True), (10, True)])
def test_con_3_a_total_without_its_items_is_told_unless_it_would_calm(
    total: int, said: bool, speak: Speak, lesion: Make
) -> None:
    advice = speak(lesion("femur", {}, totals=(held(4), held(total)))).advice
    assert advice.headline == "Higher fracture risk not excluded"
    assert (f"A Mirels of {total} is recorded without all the items behind it." in advice.text) == said
    assert ("is recorded" in advice.text) == said


@pytest.mark.parametrize(
    ("record", "totals", "headline"),
    [
        ({"cortical-destruction": "50"}, (6, 7, 8, 9, 10), "Higher fracture risk not excluded"),
        ({"cortical-destruction": "90", "limb-pain": "limb-pain-moderate"}, (8, 9, 10),
         "At least borderline: orthopaedic oncology to judge"),
        ({"cortical-destruction": "90", "limb-pain": "limb-pain-functional"}, (9, 10, 11),
         "High: orthopaedic oncology to assess for fixation"),
    ],
)  # fmt: skip
def test_gen_5_what_is_at_least_borderline_is_said_to_be(
    record: dict[str, str],
    totals: tuple[int, ...],
    headline: str,
    speak: Speak,
    mirels: Instrument,
    lesion: Make,
) -> None:
    case = lesion("femoral-shaft", record)
    assert mirels.score.evaluate(mirels.answers(case)).totals == totals
    advice = speak(case).advice
    assert (advice.headline, advice.urgency) == (headline, "urgent")


def test_mir_e3_the_caution_says_what_the_policy_left_possible(
    instrument: Callable[..., Instrument], lesion: Make
) -> None:
    worst = instrument("mirels", **{"MIR-E3": "upper"})
    case = lesion("femoral-neck", {})
    result = worst.score.evaluate(worst.answers(case))
    assert result.points("site") == (3,)
    texts = [caution.text for caution in worst.remark(result, case).cautions]
    assert not any("2 and 3 points stay possible" in text for text in texts)


def test_mir_r1_an_unnamed_bone_of_the_upper_limb_may_be_the_humerus(speak: Speak, lesion: Make) -> None:
    record = {**LEAST, "cortical-breach": "present"}
    assert "MIR-R1-breach" in flags(speak(lesion("upper-limb-bone", record)))


def test_mir_r2_an_unnamed_bone_of_the_lower_limb_may_be_the_femur(speak: Speak, lesion: Make) -> None:
    assert "MIR-R2" in flags(speak(lesion("lower-limb-bone", {**LEAST, AXIAL: "45"})))
