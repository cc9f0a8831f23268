from collections.abc import Callable

import pytest

from app.engine.provenance import DefinitionError
from app.engine.question import given
from app.engine.reading import Side
from app.engine.score import ScoreResult
from app.knowledge.anatomy import place_of
from app.knowledge.instrument import Instrument
from app.knowledge.lesion import Lesion

S, P, U = "stable", "potentially-unstable", "unstable"
# Collapse in per cent is height loss; an empty cell is not recorded.
SINS_CASES = """
| case                                 | level | pain       | lesion  | alignment   | collapse                       | posterolateral | totals   | bands |
| TC-01 renal cancer, seed             | T10   | occasional | lytic   | normal      | collapse-none-involved-over-50 | unilateral     | 6        | S     |
| TC-02 renal cancer, published 14     | T11   | mechanical | lytic   | normal      | collapse-over-50               | bilateral      | 14       | U     |
| TC-43 six zeros are stable           | S2    | free       | blastic | normal      | collapse-none                  | none           | 0        | S     |
| TC-44 collapse 50 %, others 5        | T10   | occasional | lytic   | normal      | 50.0                           | unilateral     | 7 8      | P     |
| TC-45 collapse 50 %, others 4        | T10   | occasional | lytic   | normal      | 50.0                           | none           | 6 7      | S P   |
| TC-46 S1 lytic, the rest 0           | S1    | free       | lytic   | normal      | collapse-none                  | none           | 5        | S     |
| TC-46 S2 lytic, the rest 0           | S2    | free       | lytic   | normal      | collapse-none                  | none           | 2        | S     |
| TC-47 pain unknown, others 6         | L5    |            | lytic   | normal      | collapse-none-involved-over-50 | none           | 6 7 9    | S P   |
| TC-53 the highest of all             | T12   | mechanical | lytic   | subluxation | collapse-over-50               | bilateral      | 18       | U     |
| 2.4 pain unknown, others 3           | S3    |            | lytic   | normal      | collapse-none-involved-over-50 | none           | 3 4 6    | S     |
| 2.4 alignment unknown, others 13     | L1    | mechanical | lytic   |             | 30                             | bilateral      | 13 15 17 | U     |
| edge: alignment unknown, others 11   | L1    | mechanical | lytic   |             | collapse-none                  | bilateral      | 11 13 15 | P U   |
| TC-07 unstable with normal alignment | C7    | mechanical | lytic   | normal      | 80                             | bilateral      | 14       | U     |
| edge of stable: 6                    | L3    | occasional | lytic   | normal      | collapse-none-involved-over-50 | none           | 6        | S     |
| edge of potentially unstable: 7      | L3    | occasional | lytic   | normal      | 20                             | none           | 7        | P     |
| edge of potentially unstable: 12     | T12   | mechanical | lytic   | normal      | collapse-none-involved-over-50 | bilateral      | 12       | P     |
| edge of unstable: 13                 | T12   | mechanical | lytic   | normal      | 49.9                           | bilateral      | 13       | U     |
"""  # noqa: E501  a table is read in rows
L, B, H = "low", "borderline", "high"
# Size in per cent of the cortex.
MIRELS_CASES = """
| case                                  | site                   | pain       | lesion  | size | totals       | bands |
| TC-04 the rest least                  | peritrochanteric-femur | mild       | lytic   | 10   | 8            | B     |
| TC-04 the rest unknown                | peritrochanteric-femur |            | lytic   |      | 8 9 10 11 12 | B H   |
| TC-05 intertrochanteric, pain unknown | peritrochanteric-femur |            | lytic   | 75   | 10 11 12     | H     |
| TC-06 seven                           | femoral-shaft          | mild       | mixed   | 50   | 7            | L     |
| TC-06 eight                           | femoral-shaft          | moderate   | mixed   | 50   | 8            | B     |
| TC-06 nine                            | femoral-shaft          | functional | mixed   | 50   | 9            | H     |
| TC-41 femoral shaft at 6              | femoral-shaft          | mild       | mixed   | 20   | 6            | L     |
| TC-42 humerus at 8                    | humerus                | functional | lytic   | 20   | 8            | B     |
| edge of low: 4                        | humerus                | mild       | blastic | 20   | 4            | L     |
| edge of high: 12                      | peritrochanteric-femur | functional | lytic   | 90   | 12           | H     |
"""  # noqa: E501  a table is read in rows


def rows(table: str) -> list[list[str]]:
    lines = table.strip().splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split()))


def codes(text: str) -> tuple[str, ...]:
    return tuple({"S": S, "P": P, "U": U, "L": L, "B": B, "H": H}[mark] for mark in text.split())


def sins_record(row: list[str]) -> dict[str, str]:
    _, _, pain, lesion, alignment, collapse, posterolateral, *_ = row
    height = "vertebral-height-loss" if collapse[:1].isdigit() else "vertebral-collapse"
    record = {
        "spinal-pain": pain and f"pain-{pain}",
        "bone-lesion-quality": lesion and f"lesion-{lesion}",
        "spinal-alignment": alignment and f"alignment-{alignment}",
        height: collapse,
        "posterolateral-involvement": posterolateral and f"posterolateral-{posterolateral}",
    }
    return {finding: value for finding, value in record.items() if value}


def mirels_record(row: list[str]) -> dict[str, str]:
    record = {
        "limb-pain": row[2] and f"limb-pain-{row[2]}",
        "bone-lesion-quality": row[3] and f"lesion-{row[3]}",
        "cortical-destruction": row[4],
    }
    return {finding: value for finding, value in record.items() if value}


@pytest.mark.parametrize("row", [pytest.param(row, id=row[0]) for row in rows(SINS_CASES)])
def test_sins(row: list[str], sins: Instrument, lesion: Callable[..., Lesion]) -> None:
    result = sins.score.evaluate(sins.answers(lesion(row[1], sins_record(row))))
    assert (result.totals, result.bands) == (numbers(row[7]), codes(row[8]))
    assert result.settled == (len(codes(row[8])) == 1)


@pytest.mark.parametrize("row", [pytest.param(row, id=row[0]) for row in rows(MIRELS_CASES)])
def test_mirels(row: list[str], mirels: Instrument, lesion: Callable[..., Lesion]) -> None:
    result = mirels.score.evaluate(mirels.answers(lesion(row[1], mirels_record(row))))
    assert (result.totals, result.bands) == (numbers(row[5]), codes(row[6]))
    assert result.settled == (len(codes(row[6])) == 1)


@pytest.mark.parametrize(("name", "table"), [("sins", SINS_CASES), ("mirels", MIRELS_CASES)])
def test_every_band_has_a_worked_case_on_both_edges(
    name: str, table: str, instrument: Callable[..., Instrument]
) -> None:
    worked = {numbers(row[-2])[0] for row in rows(table) if len(numbers(row[-2])) == 1}
    edges = {edge for band in instrument(name).score.bands for edge in (band.low, band.high)}
    assert edges <= worked


def test_tc_01_points_item_by_item(sins: Instrument, lesion: Callable[..., Lesion]) -> None:
    result = sins.score.evaluate(sins.answers(lesion("T10", sins_record(rows(SINS_CASES)[0]))))
    points = [result.points(item.code) for item in sins.score.items]
    assert points == [(1,), (1,), (2,), (0,), (1,), (1,)]


@pytest.mark.parametrize(
    ("band", "risk"), [("low", "under 4 %"), ("borderline", "15 %"), ("high", "33 to 100 %")]
)
def test_tc_06_published_risk_of_each_band(band: str, risk: str, mirels: Instrument) -> None:
    assert risk in mirels.score.band(band).meaning


def test_tc_41_and_42_a_flag_stands_beside_the_score(
    mirels: Instrument, lesion: Callable[..., Lesion]
) -> None:
    low = {"limb-pain": "limb-pain-mild", "bone-lesion-quality": "lesion-mixed"}
    femur = lesion("femoral-shaft", {**low, "cortical-destruction": "20", "axial-cortical-involvement": "30"})
    humerus = lesion("humerus", {**mirels_record(rows(MIRELS_CASES)[7]), "cortical-breach": "present"})
    for case, total, keys in (
        (femur, 6, {"MIR-R2"}),
        (humerus, 8, {"MIR-R1", "MIR-R1-breach"}),
    ):
        result = mirels.score.evaluate(mirels.answers(case))
        assert result.total == total
        assert {flag.key for flag in mirels.remark(result, case).flags} == keys


def test_tc_49_two_lesions_are_two_results(mirels: Instrument, lesion: Callable[..., Lesion]) -> None:
    left = lesion(place_of("humerus", Side.LEFT), {"bone-lesion-quality": "lesion-lytic"})
    right = lesion(place_of("femur", Side.RIGHT), {"bone-lesion-quality": "lesion-blastic"})
    results: list[ScoreResult] = [mirels.score.evaluate(mirels.answers(x)) for x in (left, right)]
    assert [result.answers["lesion"].possible for result in results] == [("lytic",), ("blastic",)]
    assert [result.totals for result in results] == [(6, 7, 8, 9, 10), (5, 6, 7, 8, 9, 10)]
    assert not left.place.holds(right.place)
    assert not right.place.holds(left.place)


@pytest.mark.parametrize("points", ["2", "posterolateral-2", "both"])
def test_tc_53_and_sins_e17_an_option_that_does_not_exist_is_refused(points: str, sins: Instrument) -> None:
    with pytest.raises(DefinitionError, match="item posterolateral: no option"):
        given(sins.score.item("posterolateral"), [points])


@pytest.mark.parametrize("site", [pytest.param("hand", id="lunate"), "scapula"])
def test_tc_54_mirels_is_not_applicable(site: str, mirels: Instrument, lesion: Callable[..., Lesion]) -> None:
    verdict = mirels.applies(lesion(site, {}))
    assert verdict.applies is False
    assert verdict.reason == "Mirels is for long bones."
    assert verdict.cites
