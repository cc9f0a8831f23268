from collections.abc import Callable
from itertools import permutations

import pytest

from app.engine.provenance import DefinitionError
from app.engine.question import Answer
from app.engine.reading import Fact, Side
from app.knowledge.finding import INDETERMINATE
from app.knowledge.instrument import Instrument
from app.knowledge.lesion import Lesion

HEIGHT, INVOLVED, COLLAPSE = (
    "vertebral-height-loss",
    "vertebral-body-involvement",
    "vertebral-collapse",
)
PAIN, NRS, VAS = "spinal-pain", "pain-score", "pain-visual-analogue-scale"
ALIGNMENT, POSTEROLATERAL = "spinal-alignment", "posterolateral-involvement"
LESION = "bone-lesion-quality"
OVER, UNDER, BODY, NONE = "over-50", "under-50", "involved-over-50", "none"
CONFLICT = True

# finding and value, as many as are recorded -> options left; the mark where sources conflict
COLLAPSE_EDGES = [
    ("SINS-E4 no height lost, body not recorded", [(HEIGHT, "0")], {BODY, NONE}),
    ("SINS-E4 no height lost, as 0.0", [(HEIGHT, "0.0")], {BODY, NONE}),
    ("a trace of height lost", [(HEIGHT, "0.1")], {UNDER}),
    ("SINS-E1 49.9 %", [(HEIGHT, "49.9")], {UNDER}),
    ("SINS-E1 50 %", [(HEIGHT, "50")], {OVER, UNDER}),
    ("SINS-E1 50.0 %", [(HEIGHT, "50.0")], {OVER, UNDER}),
    ("SINS-E1 50.1 %", [(HEIGHT, "50.1")], {OVER}),
    ("the whole height lost", [(HEIGHT, "100")], {OVER}),
    ("GEN-6 more than 50 %", [(HEIGHT, ">50")], {OVER}),
    ("GEN-6 50 % or more", [(HEIGHT, ">=50")], {OVER, UNDER}),
    ("GEN-6 less than 50 % may be nothing", [(HEIGHT, "<50")], {UNDER, BODY, NONE}),
    ("GEN-6 50 % or less", [(HEIGHT, "<=50")], {OVER, UNDER, BODY, NONE}),
    ("GEN-6 more than nothing", [(HEIGHT, ">0")], {OVER, UNDER}),
    ("SINS-E2 no height lost, body 49 %", [(HEIGHT, "0"), (INVOLVED, "49")], {NONE}),
    ("SINS-E2 no height lost, body 49.9 %", [(HEIGHT, "0"), (INVOLVED, "49.9")], {NONE}),
    ("SINS-E2 no height lost, body 50 %", [(HEIGHT, "0"), (INVOLVED, "50")], {BODY, NONE}),
    ("SINS-E2 no height lost, body 50.1 %", [(HEIGHT, "0"), (INVOLVED, "50.1")], {BODY}),
    ("SINS-E2 no height lost, body 51 %", [(HEIGHT, "0"), (INVOLVED, "51")], {BODY}),
    ("SINS-E2 no height lost, body 0 %", [(HEIGHT, "0"), (INVOLVED, "0")], {NONE}),
    ("SINS-E2 no height lost, body 100 %", [(HEIGHT, "0"), (INVOLVED, "100")], {BODY}),
    ("SINS-E5 collapse wins: 30 % and body 80 %", [(HEIGHT, "30"), (INVOLVED, "80")], {UNDER}),
    ("SINS-E5 collapse wins: 60 % and body 80 %", [(HEIGHT, "60"), (INVOLVED, "80")], {OVER}),
    ("involvement alone says nothing of collapse", [(INVOLVED, "80")], {OVER, UNDER, BODY}),
    ("little involvement alone says nothing either", [(INVOLVED, "20")], {OVER, UNDER, NONE}),
    ("SINS-E3 collapse, extent not told", [(COLLAPSE, "collapse-present")], {OVER, UNDER}),
    (
        "SINS-E3 collapse, and its extent measured",
        [(COLLAPSE, "collapse-present"), (HEIGHT, "30")],
        {UNDER},
    ),
    ("collapse of more than half, stated", [(COLLAPSE, "collapse-over-50")], {OVER}),
    ("collapse of less than half, stated", [(COLLAPSE, "collapse-under-50")], {UNDER}),
    (
        "stated less than half, measured 50 %",
        [(COLLAPSE, "collapse-under-50"), (HEIGHT, "50")],
        {UNDER},
    ),
]
COLLAPSE_CONFLICTS = [
    (
        "CON-3 no collapse, and 70 % lost",
        [(COLLAPSE, "collapse-none"), (HEIGHT, "70")],
        {OVER, NONE},
    ),
    (
        "CON-3 collapse, and no height lost",
        [(COLLAPSE, "collapse-present"), (HEIGHT, "0")],
        {OVER, UNDER, BODY, NONE},
    ),
    ("CON-1 two measurements", [(HEIGHT, "30"), (HEIGHT, "60")], {OVER, UNDER}),
]
OTHER_EDGES = [
    ("alignment", "SINS-E6 subluxation and deformity: the higher",
     [(ALIGNMENT, "alignment-subluxation"), (ALIGNMENT, "alignment-deformity")], {"subluxation"}),
    ("alignment", "SINS-E6 subluxation alone",
     [(ALIGNMENT, "alignment-subluxation")], {"subluxation"}),
    ("alignment", "SINS-E6 new deformity alone",
     [(ALIGNMENT, "alignment-deformity")], {"deformity"}),
    ("alignment", "SINS-E7 deformity stated not to be new",
     [(ALIGNMENT, "alignment-deformity-not-de-novo")], {"normal"}),
    ("alignment", "SINS-E7 deformity of unknown age",
     [(ALIGNMENT, "alignment-deformity-age-unknown")], {"deformity", "normal"}),
    ("alignment", "SINS-E7 of unknown age, and elsewhere new",
     [(ALIGNMENT, "alignment-deformity-age-unknown"), (ALIGNMENT, "alignment-deformity")],
     {"deformity"}),
    ("pain", "SINS-E8 pain of unknown kind",
     [(PAIN, "pain-present")], {"mechanical", "occasional"}),
    ("pain", "SINS-E8 a pain score of 10 never gives 3 alone",
     [(NRS, "10")], {"mechanical", "occasional"}),
    ("pain", "SINS-E8 a pain score of 1", [(NRS, "1")], {"mechanical", "occasional"}),
    ("pain", "SINS-E8 a pain score of 0.5 on a line", [(VAS, "0.5")], {"mechanical", "occasional"}),
    ("pain", "SINS-E8 a pain score of 0", [(NRS, "0")], {"none"}),
    ("pain", "SINS-E8 the kind beside the score", [(NRS, "7"), (PAIN, "pain-mechanical")],
     {"mechanical"}),
    ("pain", "SINS-E18 stated to be non-mechanical, constant too",
     [(PAIN, "pain-occasional")], {"occasional"}),
    ("pain", "SINS-E18 constant at 8 and stated non-mechanical",
     [(PAIN, "pain-occasional"), (NRS, "8")], {"occasional"}),
    ("lesion", "lytic or mixed", [(LESION, "lesion-lytic")], {"lytic"}),
    ("posterolateral", "one side", [(POSTEROLATERAL, "posterolateral-unilateral")], {"unilateral"}),
]  # fmt: skip
OTHER_CONFLICTS = [
    ("pain", "SINS-E9 no pain on the scale and mechanical pain",
     [(NRS, "0"), (PAIN, "pain-mechanical")], {"mechanical", "none"}),
    ("pain", "SINS-E9 pain-free and mechanical pain",
     [(PAIN, "pain-free"), (PAIN, "pain-mechanical")], {"mechanical", "none"}),
    ("posterolateral", "SINS-E10 bilateral in one, unilateral in another",
     [(POSTEROLATERAL, "posterolateral-bilateral"), (POSTEROLATERAL, "posterolateral-unilateral")],
     {"bilateral", "unilateral"}),
    ("lesion", "CON-1 lytic in one, blastic in another",
     [(LESION, "lesion-lytic"), (LESION, "lesion-blastic")], {"lytic", "blastic"}),
    ("alignment", "CON-1 normal in one, subluxation in another",
     [(ALIGNMENT, "alignment-normal"), (ALIGNMENT, "alignment-subluxation")],
     {"normal", "subluxation"}),
]  # fmt: skip
EDGES = [
    *(("collapse", *case, False) for case in COLLAPSE_EDGES),
    *(("collapse", *case, CONFLICT) for case in COLLAPSE_CONFLICTS),
    *((*case, False) for case in OTHER_EDGES),
    *((*case, CONFLICT) for case in OTHER_CONFLICTS),
]
Record = list[tuple[str, str]]


@pytest.fixture(scope="session")
def answer(sins: Instrument, lesion: Callable[..., Lesion]) -> Callable[[str, Record], Answer]:
    def read(item: str, record: Record) -> Answer:
        facts: dict[str, list[str]] = {}
        for finding, value in record:
            facts.setdefault(finding, []).append(value)
        return sins.answers(lesion("T10", facts))[item]

    return read


@pytest.mark.parametrize(
    ("item", "record", "possible", "conflicting"),
    [pytest.param(i, record, left, flag, id=name) for i, name, record, left, flag in EDGES],
)
def test_edge(
    item: str,
    record: Record,
    possible: set[str],
    conflicting: bool,
    answer: Callable[[str, Record], Answer],
) -> None:
    for order in permutations(record):
        found = answer(item, list(order))
        assert set(found.possible) == possible
        assert found.conflicting == conflicting
        assert found.recorded
        assert len(found.sources) == len(record)


@pytest.mark.parametrize(
    ("item", "finding"),
    [("pain", PAIN), ("lesion", LESION), ("alignment", ALIGNMENT), ("collapse", COLLAPSE),
     ("posterolateral", POSTEROLATERAL)],
)  # fmt: skip
def test_looked_at_and_not_told_leaves_every_option_and_a_source(
    item: str, finding: str, answer: Callable[[str, Record], Answer], sins: Instrument
) -> None:
    found = answer(item, [(finding, INDETERMINATE)])
    assert found.possible == sins.score.item(item).codes
    assert found.recorded
    assert found.sources


@pytest.mark.parametrize(
    ("other", "group_left", "group_right", "possible"),
    [
        pytest.param("unilateral", "lesion-1", "lesion-1", {"bilateral"}, id="one lesion"),
        pytest.param("unilateral", "lesion-1", "lesion-2", {"bilateral", "unilateral"}, id="two lesions"),
        pytest.param("unilateral", None, None, {"bilateral", "unilateral"}, id="lesion not identified"),
        pytest.param("unilateral", "lesion-1", None, {"bilateral", "unilateral"}, id="one not identified"),
    ],
)
def test_lat_2_left_and_right_are_both_sides_only_of_one_lesion(
    other: str,
    group_left: str | None,
    group_right: str | None,
    possible: set[str],
    sins: Instrument,
    lesion: Callable[..., Lesion],
    fact: Callable[..., Fact],
) -> None:
    left = fact(POSTEROLATERAL, "posterolateral-unilateral", side=Side.LEFT, group=group_left)
    right = fact(POSTEROLATERAL, f"posterolateral-{other}", side=Side.RIGHT, group=group_right)
    for facts in ((left, right), (right, left)):
        found = sins.answers(lesion("T10", {POSTEROLATERAL: facts}))["posterolateral"]
        assert set(found.possible) == possible
        assert not found.conflicting


def test_lat_2_twice_the_same_side_is_one_side(
    sins: Instrument, lesion: Callable[..., Lesion], fact: Callable[..., Fact]
) -> None:
    facts = [
        fact(POSTEROLATERAL, "posterolateral-unilateral", side=Side.LEFT, group=group)
        for group in ("lesion-1", None)
    ]
    assert sins.answers(lesion("T10", {POSTEROLATERAL: facts}))["posterolateral"].possible == ("unilateral",)


def test_lat_2_left_and_right_against_neither_is_a_conflict(
    sins: Instrument, lesion: Callable[..., Lesion], fact: Callable[..., Fact]
) -> None:
    sides = [
        fact(POSTEROLATERAL, "posterolateral-unilateral", side=side, group="lesion-1")
        for side in (Side.LEFT, Side.RIGHT)
    ]
    facts = [*sides, fact(POSTEROLATERAL, "posterolateral-none")]
    found = sins.answers(lesion("T10", {POSTEROLATERAL: facts}))["posterolateral"]
    assert (set(found.possible), found.conflicting) == ({"bilateral", "none"}, True)


@pytest.mark.parametrize("deformity", ["alignment-deformity-age-unknown", "alignment-deformity-not-de-novo"])
def test_sins_e6_subluxation_stays_4_beside_any_deformity(
    deformity: str, answer: Callable[[str, Record], Answer]
) -> None:
    found = answer("alignment", [(ALIGNMENT, "alignment-subluxation"), (ALIGNMENT, deformity)])
    assert found.possible == ("subluxation",)


def test_sins_e6_an_indeterminate_entry_widens_nothing(
    answer: Callable[[str, Record], Answer],
) -> None:
    both = [(ALIGNMENT, "alignment-subluxation"), (ALIGNMENT, "alignment-deformity")]
    assert answer("alignment", [*both, (ALIGNMENT, INDETERMINATE)]).possible == ("subluxation",)


@pytest.mark.parametrize("value", [">100", "<0", "101"])
def test_a_value_beyond_the_scale_is_refused(value: str, answer: Callable[[str, Record], Answer]) -> None:
    with pytest.raises(DefinitionError, match="at least one option"):
        answer("collapse", [(HEIGHT, value)])
