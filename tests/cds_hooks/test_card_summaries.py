"""The head of a card: short by construction, and never reassuring too early (checklist R83, R95)."""

from collections.abc import Iterator, Mapping
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.knowledge.anatomy import SITE_BY_CODE, SITES
from app.knowledge.conditions import DISEASE_BY_CODE
from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_contexts import SERVICES, request_of
from tests.cds_hooks.record import (
    ANSWER,
    FEMORAL_SHAFT,
    FEMUR,
    HUMERUS,
    LEFT,
    MIDDLING,
    RIGHT,
    SINS_ANSWERS,
    SNOMED,
    STABLE,
    STALE,
    UNSTABLE,
    VERTEBRAE,
    Json,
    coded,
    concept,
    condition,
    findings,
    focus,
    observation,
    quantity,
    site_of,
    spinal_lesion,
)

LIMB_ANSWERS: Mapping[str, tuple[str, ...]] = {
    "limb-pain": ("limb-pain-functional", "limb-pain-moderate", "limb-pain-mild"),
    "bone-lesion-quality": ("lesion-lytic", "lesion-mixed", "lesion-blastic"),
}
BESIDE = {
    "instrumented-segment": "present",
    "cortical-breach": "present",
    "lesser-trochanter-fracture": "present",
    "prior-radiation": "present",
    "post-treatment-change": "present",
    "escc-grade": "escc-3",
    "local-infection": "present",
}
# One place for every code of a site, with every side that can stand beside it.
SIDES = (None, "7771000", "24028007", "51440002")
PLACES: list[Json] = [
    site_of(code, side)
    for (_, code), place in SITE_BY_CODE.items()
    for side in SIDES
    if side is None or (place.site is not None and SITES[place.site].sided)
]
REGIONS = sorted(code for (system, code) in DISEASE_BY_CODE if system == SNOMED)


def variants(lesion: str) -> Iterator[list[Json]]:
    """What may be recorded of one lesion, from nothing to too much."""
    best = {**STABLE, "limb-pain": "limb-pain-mild"}
    worst = {**UNSTABLE, "limb-pain": "limb-pain-functional"}
    middle = {**MIDDLING, "limb-pain": "limb-pain-moderate"}
    big = observation("size", "cortical-destruction", quantity(90), focus=focus(lesion))
    small = observation("size", "cortical-destruction", quantity(5), focus=focus(lesion))
    axial = observation("axial", "axial-cortical-involvement", quantity(45, "mm"), focus=focus(lesion))
    yield []
    yield [*findings(lesion, best), small]
    yield [*findings(lesion, worst), big]
    yield [*findings(lesion, middle), big]
    yield [*findings(lesion, {**best, **BESIDE}), small, axial]
    yield [*findings(lesion, worst | BESIDE, effectiveDateTime=STALE), big]
    yield [*findings(lesion, {k: v for k, v in best.items() if "pain" not in k}), small]
    yield [
        *findings(lesion, best, status="preliminary"),
        *[r | {"id": f"again-{r['id']}"} for r in findings(lesion, worst)],
        small,
        big | {"id": "again"},
    ]


def check(summary: str) -> None:
    assert 0 < len(summary) < 140
    assert len(summary.encode("utf-16-le")) // 2 < 140
    assert summary == summary.strip()
    assert summary.isprintable()
    # An action, a finding or a reason, and not a pointer to where one stands.
    assert "see detail" not in summary.lower()
    assert ": " in summary


@pytest.mark.parametrize("number", range(8))
@pytest.mark.conforms("R83")
async def test_r83_every_site_and_side_with_every_result(ehr: Ehr, number: int) -> None:
    labels: set[str] = set()
    for place in PLACES:
        lesion = condition("c", site=place)
        for card in await ehr.cards([lesion, *list(variants("c"))[number]]):
            check(card["summary"])
            labels.add(card["summary"].partition(": ")[0])
    assert len(labels) > 100


@pytest.mark.parametrize("number", range(8))
@pytest.mark.conforms("R83")
async def test_r83_every_disease_without_a_site(ehr: Ehr, number: int) -> None:
    for code in REGIONS:
        for status in ("active", "resolved"):
            lesion = condition("c", code, clinicalStatus=concept(status))
            for card in await ehr.cards([lesion, *list(variants("c"))[number]]):
                check(card["summary"])


@pytest.mark.conforms("R83")
async def test_r83_many_more_lesions_than_cards(ehr: Ehr) -> None:
    places = [
        site_of(code, side)
        for (_, code), place in SITE_BY_CODE.items()
        for side in SIDES[1:]
        if place.site is not None and SITES[place.site].sided
    ]
    lesions = [condition(f"c{n}", site=place) for n, place in enumerate(places)]
    cards = await ehr.cards(lesions)
    assert len(cards) == 5
    for card in cards:
        check(card["summary"])
    assert cards[-1]["summary"].endswith(" more lesions)")


# What outranks a score, with its headline and how urgent a card is with it.
OUTRANK = {
    "new-neurologic-deficit": ("new neurologic deficit, emergency pathway now", "critical"),
    "sphincter-dysfunction": ("bladder or bowel dysfunction, emergency pathway now", "critical"),
    "myelopathy": ("myelopathy, emergency pathway now", "critical"),
    "epidural-disease": ("early surgical evaluation whatever the score", "warning"),
    "local-infection": ("infection at the lesion, work-up first", "warning"),
    "hypercalcaemia": ("hypercalcaemia, medical urgency", "critical"),
}


@pytest.mark.parametrize("finding", sorted(OUTRANK))
async def test_a_stable_score_never_hides_what_comes_before_it(ehr: Ehr, finding: str) -> None:
    """RED-1, RED-6, RED-7, NOMS-X1, SURG-1: first in the summary, and never for information only."""
    lesion = [condition("c", site=site_of(VERTEBRAE["T10"])), *findings("c", STABLE)]
    assert (await ehr.card(lesion))["indicator"] == "info"
    card = await ehr.card([*lesion, observation("red", finding, coded("present"))])
    check(card["summary"])
    headline, indicator = OUTRANK[finding]
    assert card["summary"] == f"T10: {headline}. SINS 1 of 18"
    assert card["indicator"] == indicator
    absent = await ehr.card([*lesion, observation("red", finding, coded("absent"))])
    assert absent["summary"] == "T10: SINS 1 of 18. Stable by SINS"


async def test_of_several_urgent_findings_the_most_urgent_stands_in_the_summary(ehr: Ehr) -> None:
    lesion = [condition("c", site=site_of(VERTEBRAE["T10"])), *findings("c", STABLE)]
    every = [observation(code, code, coded("present")) for code in OUTRANK]
    card = await ehr.card([*lesion, *every])
    assert card["summary"] == "T10: new neurologic deficit, emergency pathway now. SINS 1 of 18"
    for said in ("infection at the lesion", "early surgical evaluation", "Hypercalcaemia"):
        assert said.lower() in card["detail"].lower()


async def test_a_deficit_beside_a_lesion_of_a_limb_is_an_emergency_too(ehr: Ehr) -> None:
    """It may be the first sign of a lesion in the spine that nobody has looked for."""
    record = [condition("c", site=site_of(FEMUR)), observation("red", "myelopathy", coded("present"))]
    card = await ehr.card(record)
    assert "myelopathy, emergency pathway now" in card["summary"]
    assert card["indicator"] == "critical"


async def test_with_a_lesion_of_the_spine_a_deficit_stands_on_its_card_alone(ehr: Ehr) -> None:
    record = [
        condition("s", site=site_of(VERTEBRAE["T10"])),
        condition("c", site=site_of(FEMUR)),
        observation("red", "myelopathy", coded("present")),
    ]
    first, second = await ehr.cards(record)
    assert (first["indicator"], first["summary"][:3]) == ("critical", "T10")
    assert "emergency" not in second["summary"]


# SINS as printed, written down again: an independent oracle.
POINTS: Mapping[str, Mapping[str, int]] = {
    "spinal-pain": {"pain-mechanical": 3, "pain-occasional": 1, "pain-free": 0},
    "bone-lesion-quality": {"lesion-lytic": 2, "lesion-mixed": 1, "lesion-blastic": 0},
    "spinal-alignment": {"alignment-subluxation": 4, "alignment-deformity": 2, "alignment-normal": 0},
    "vertebral-collapse": {
        "collapse-over-50": 3,
        "collapse-under-50": 2,
        "collapse-none-involved-over-50": 1,
        "collapse-none": 0,
    },
    "posterolateral-involvement": {
        "posterolateral-bilateral": 3,
        "posterolateral-unilateral": 1,
        "posterolateral-none": 0,
    },
}
LOCATION = {"T11": 3, "L3": 2, "T5": 1, "S2": 0}
partial = st.fixed_dictionaries(
    {
        finding: st.lists(st.sampled_from(answers), unique=True, max_size=len(answers))
        for finding, answers in SINS_ANSWERS.items()
    }
)


def narrowed(lesion: str, answers: Mapping[str, list[str]]) -> list[Json]:
    """Findings whose coded answers leave several possible, and none where nothing is recorded."""
    return [
        observation(
            f"n-{finding}",
            finding,
            {"valueCodeableConcept": {"coding": [{"system": ANSWER, "code": c} for c in codes]}},
            focus=focus(lesion),
        )
        for finding, codes in answers.items()
        if codes
    ]


def text_of(totals: list[int]) -> str:
    if len(totals) == 1:
        return str(totals[0])
    if len(totals) < 4:
        return f"{', '.join(map(str, totals[:-1]))} or {totals[-1]}"
    return f"{totals[0]} to {totals[-1]}"


@settings(max_examples=300)
@given(level=st.sampled_from(sorted(LOCATION)), answers=partial)
async def test_never_stable_while_a_worse_category_is_possible(
    ehr: Ehr, level: str, answers: Mapping[str, list[str]]
) -> None:
    sums = {
        LOCATION[level] + sum(points)
        for points in product(*({POINTS[f][c] for c in answers[f] or POINTS[f]} for f in POINTS))
    }
    card = await ehr.card([condition("c", site=site_of(VERTEBRAE[level])), *narrowed("c", answers)])
    summary = card["summary"]
    check(summary)
    assert summary.startswith(f"{level}: SINS {text_of(sorted(sums))} of 18. ")
    assert ("Stable" in summary) == (max(sums) <= 6)
    assert ("Unstable" in summary) == (min(sums) >= 13)
    assert ("not excluded" in summary or "May be" in summary) == (
        len({(total > 6) + (total > 12) for total in sums}) > 1
    )
    assert card["indicator"] == ("info" if max(sums) <= 6 else "warning")
    assert ("stable by this score" in card["detail"]) == (max(sums) <= 6)


SIZES = {5: 1, 50: 2, 90: 3}
LIMB_POINTS = {
    "limb-pain": {"limb-pain-functional": 3, "limb-pain-moderate": 2, "limb-pain-mild": 1},
    "bone-lesion-quality": {"lesion-lytic": 3, "lesion-mixed": 2, "lesion-blastic": 1},
}


@settings(max_examples=150)
@given(
    pain=st.lists(st.sampled_from(LIMB_ANSWERS["limb-pain"]), unique=True),
    quality=st.lists(st.sampled_from(LIMB_ANSWERS["bone-lesion-quality"]), unique=True),
    size=st.sampled_from([None, *SIZES]),
)
async def test_never_low_while_a_worse_category_is_possible(
    ehr: Ehr, pain: list[str], quality: list[str], size: int | None
) -> None:
    sums = {
        2 + a + b + c
        for a in {LIMB_POINTS["limb-pain"][x] for x in pain or LIMB_POINTS["limb-pain"]}
        for b in {
            LIMB_POINTS["bone-lesion-quality"][x] for x in quality or LIMB_POINTS["bone-lesion-quality"]
        }
        for c in ([SIZES[size]] if size else SIZES.values())
    }
    tibia = condition("c", site=site_of("12611008", "7771000"))
    sized = [observation("s", "cortical-destruction", quantity(size), focus=focus("c"))] if size else []
    answers = {"limb-pain": pain, "bone-lesion-quality": quality}
    card = await ehr.card([tibia, *narrowed("c", answers), *sized])
    check(card["summary"])
    assert card["summary"].startswith(f"Left tibia: Mirels {text_of(sorted(sums))} of 12. ")
    assert ("Low by Mirels" in card["summary"]) == (max(sums) <= 7)
    assert card["indicator"] == ("info" if max(sums) <= 7 else "warning")


async def test_never_stable_where_the_segment_is_instrumented(ehr: Ehr) -> None:
    screws = observation("i", "instrumented-segment", coded("present"), focus=focus("c-t5"))
    card = await ehr.card([*spinal_lesion("T5", STABLE), screws])
    assert "stable" not in card["summary"].lower()
    assert "outside validated use" in card["summary"]


async def test_10_3_never_stable_with_old_findings(ehr: Ehr) -> None:
    lesion = condition("c", site=site_of(VERTEBRAE["T5"]))
    card = await ehr.card([lesion, *findings("c", STABLE, effectiveDateTime=STALE)])
    assert "Stable" not in card["summary"]
    assert card["indicator"] == "warning"


async def test_time_5_an_old_alarm_stays_one(ehr: Ehr) -> None:
    lesion = condition("c", site=site_of(VERTEBRAE["T11"]))
    card = await ehr.card([lesion, *findings("c", UNSTABLE, effectiveDateTime=STALE)])
    assert "re-examine now" in card["summary"]
    assert card["indicator"] == "warning"


# -- what is said in few words ------------------------------------------------------------------------------

ACETABULUM, BONY_PELVIS, ILIUM = "37783008", "118645006", "22356005"
BROKEN = "fracture recorded: fracture pathway and orthopaedic oncology"


def of(finding: str, value: Json) -> Json:
    return observation(finding, finding, value, focus=focus("c"))


def long_bone(pain: str, quality: str, percent: float) -> list[Json]:
    """The items of Mirels, of the lesion that the Condition c names."""
    answers = {"limb-pain": f"limb-pain-{pain}", "bone-lesion-quality": f"lesion-{quality}"}
    return [*findings("c", answers), of("cortical-destruction", quantity(percent))]


LOW, HIGH = long_bone("mild", "blastic", 5), long_bone("functional", "lytic", 90)


@pytest.mark.parametrize(
    ("bone", "label"),
    [(FEMUR, "Left femur"), (ACETABULUM, "Left acetabulum"), (ILIUM, "Left ilium")],
)
async def test_mir_e7_a_fracture_on_record_is_told_wherever_a_card_can_be(
    ehr: Ehr, bone: str, label: str
) -> None:
    lesion = condition("c", site=site_of(bone, LEFT))
    record = [lesion, of("pathological-fracture", coded("present"))]
    card = await ehr.card(record)
    check(card["summary"])
    assert (card["summary"], card["indicator"]) == (f"{label}: {BROKEN}", "warning")
    assert card["detail"].startswith("**A pathological fracture of ")
    assert "For orthopaedic oncology to decide with the patient" in card["detail"]
    start = request_of("encounter-start", record)
    answer = (await ehr.send(start, path=SERVICES["encounter-start"])).json()
    assert [one["summary"] for one in answer["cards"]] == [card["summary"]]
    quiet = request_of("encounter-start", [lesion, of("pathological-fracture", coded("absent"))])
    answer = (await ehr.send(quiet, path=SERVICES["encounter-start"])).json()
    assert not any(BROKEN in one["summary"] for one in answer["cards"])


async def test_mir_e7_a_bone_that_one_entry_calls_broken_has_no_score_in_its_summary(ehr: Ehr) -> None:
    entries = [
        of("pathological-fracture", coded("present")),
        of("pathological-fracture", coded("absent")) | {"id": "again"},
    ]
    card = await ehr.card([condition("c", site=site_of(FEMUR, LEFT)), *HIGH, *entries])
    assert card["summary"] == f"Left femur: {BROKEN}"


@pytest.mark.parametrize(
    ("code", "side", "record", "said"),
    [
        (HUMERUS, RIGHT, [*HIGH, of("pathological-fracture", coded("indeterminate"))],
         "Right humerus: may be broken: examine; Mirels 10 if it is not"),
        (HUMERUS, RIGHT, [of("pathological-fracture", coded("indeterminate"))],
         "Right humerus: may be broken: examine; Mirels 4 to 10 if it is not"),
        (BONY_PELVIS, LEFT, [], "Left bony pelvis: SINS cannot be settled until the bone is named"),
        (None, None, LOW,
         "Bone, site not recorded: SINS and Mirels cannot be settled until the bone is recorded"),
    ],
)  # fmt: skip
async def test_les_1_why_a_score_cannot_be_settled(
    ehr: Ehr, code: str | None, side: str | None, record: list[Json], said: str
) -> None:
    card = await ehr.card([condition("c", site=site_of(code, side) if code else None), *record])
    check(card["summary"])
    assert card["summary"] == said


@pytest.mark.parametrize(
    ("place", "record", "said"),
    [
        # Items that overrule it.
        (site_of(FEMORAL_SHAFT, LEFT), [*LOW, of("mirels-total", {"valueInteger": 10})],
         ("Left shaft of the femur: Mirels 5 of 12. Items and a recorded total disagree: look again; "
          "Mirels 10 (high) is recorded on 2026-11-18")),
        (site_of(FEMORAL_SHAFT, LEFT), [*LOW, of("mirels-total", {"valueInteger": 8})],
         "Left shaft of the femur: Mirels 5 of 12. Items and a recorded total disagree: look again"),
        (site_of(VERTEBRAE["T5"]), [*findings("c", STABLE), of("sins-total", {"valueInteger": 14})],
         ("T5: SINS 1 of 18. Items and a recorded total disagree: look again; "
          "SINS 14 (unstable) is recorded on 2026-11-18")),
        # No items, or not all.
        (site_of(FEMUR, LEFT), [of("mirels-total", {"valueInteger": 10})],
         ("Left femur: Mirels 5 to 12 of 12 (Mirels 10 recorded, items missing). "
          "Higher fracture risk not excluded")),
        (site_of(VERTEBRAE["T5"]), [of("sins-total", {"valueInteger": 14})],
         ("T5: SINS 1 to 16 of 18 (SINS 14 recorded, items missing). "
          "May be unstable: discuss with spine surgery now")),
        (site_of(VERTEBRAE["T5"]),
         [*findings("c", {**STABLE, "vertebral-collapse": "collapse-over-50"})[1:],
          of("sins-total", {"valueInteger": 9})],
         ("T5: SINS 4, 5 or 7 of 18 (SINS 9 recorded, items missing). "
          "Potential instability not excluded; pain would settle it")),
        # One that would calm is not told.
        (site_of(VERTEBRAE["T5"]), [of("sins-total", {"valueInteger": 4})],
         "T5: SINS 1 to 16 of 18. May be unstable: discuss with spine surgery now"),
        (site_of(FEMUR, LEFT), [of("mirels-total", {"valueInteger": 6})],
         "Left femur: Mirels 5 to 12 of 12. Higher fracture risk not excluded"),
        (site_of(VERTEBRAE["T5"]),
         [of("sins-total", {"valueInteger": 14}) | {"effectiveDateTime": "2026-12-24"}],
         "T5: SINS 1 to 16 of 18. May be unstable: discuss with spine surgery now"),
    ],
)  # fmt: skip
async def test_con_3_a_recorded_total_beside_its_items(
    ehr: Ehr, place: Json, record: list[Json], said: str
) -> None:
    card = await ehr.card([condition("c", site=place), *record])
    check(card["summary"])
    assert card["summary"] == said
    assert card["indicator"] == "warning"


@pytest.mark.parametrize(
    ("place", "record", "said"),
    [
        (site_of(HUMERUS, LEFT), long_bone("functional", "lytic", 10),
         ("Left humerus: Mirels 8 of 12. Borderline: orthopaedic oncology to judge; "
          "humerus: the score is 8 or more")),
        (site_of(FEMORAL_SHAFT, LEFT), [*HIGH, of("axial-cortical-involvement", quantity(45, "mm"))],
         ("Left shaft of the femur: Mirels 11 of 12. High: orthopaedic oncology to assess for fixation; "
          "1 warning beside it")),
        (site_of(FEMUR, LEFT), [*HIGH, of("axial-cortical-involvement", quantity(45, "mm"))],
         ("Left femur: Mirels 11 or 12 of 12. High: orthopaedic oncology to assess for fixation; "
          "3 warnings beside it")),
        (site_of(VERTEBRAE["T5"]), [*findings("c", STABLE), of("instrumented-segment", coded("present"))],
         ("T5: SINS 1 of 18. Low score, outside validated use; "
          "the segment is, or may be, instrumented, fused or cemented")),
    ],
)  # fmt: skip
async def test_the_one_flag_beside_a_score_is_named_where_there_is_room(
    ehr: Ehr, place: Json, record: list[Json], said: str
) -> None:
    card = await ehr.card([condition("c", site=place), *record])
    check(card["summary"])
    assert card["summary"] == said
