"""NOMS: the printed rows, and what answers that are open leave of them (5.2, TC-24 to TC-37)."""

from collections.abc import Iterable, Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.criteria import Given
from app.engine.question import Item
from app.engine.question import given as stated
from app.knowledge import load
from app.knowledge.noms.table import NOMS
from app.knowledge.pathway import PathwayResult
from app.knowledge.policy import Policy

PATHWAY = load(Policy()).pathways["noms"]
ITEMS: Mapping[str, Item] = {one.code: one for one in PATHWAY.inputs if isinstance(one, Item)}
# What the table prints, in the words of the contract for its treatments.
CONVENTIONAL = "conventional-radiotherapy"
STABILISE_CONVENTIONAL = "stabilisation-then-conventional-radiotherapy"
STEREOTACTIC = "stereotactic-radiosurgery"
STABILISE_STEREOTACTIC = "stabilisation-then-stereotactic-radiosurgery"
DECOMPRESS = "decompression-stabilisation-then-stereotactic-radiosurgery"
URGENT = "no-row-urgent-review"
PRINTED = {
    "NOMS-1": CONVENTIONAL,
    "NOMS-2": STABILISE_CONVENTIONAL,
    "NOMS-3": STEREOTACTIC,
    "NOMS-4": STABILISE_STEREOTACTIC,
    "NOMS-5": CONVENTIONAL,
    "NOMS-6": STABILISE_CONVENTIONAL,
    "NOMS-7": DECOMPRESS,
    "NOMS-8": CONVENTIONAL,
    "NOMS-9": DECOMPRESS,
    "NOMS-10": STABILISE_CONVENTIONAL,
    "NOMS-X1": URGENT,
}
LOW, HIGH = ("escc-0", "escc-1a", "escc-1b"), ("escc-2", "escc-3")
INPUTS = ("escc", "myelopathy", "radiosensitivity", "stability", "systemic", "prior_radiation")
Stated = Mapping[str, Iterable[str]]


def given_as(inputs: Stated) -> dict[str, Given]:
    return {code: stated(ITEMS[code], codes) for code, codes in inputs.items()}


def judge(inputs: Stated) -> PathwayResult:
    return PATHWAY.judge(given_as(inputs))


def written(text: str) -> dict[str, list[str]]:
    """``escc-2 - resistant stable able absent``: each input of the table, ``-`` left out, ``|`` for or."""
    long = {"able": "surgery-able", "unable": "surgery-unable", "between": "potentially-unstable"}
    parts = dict(zip(INPUTS, text.split(), strict=False))
    return {
        code: [long.get(one, one) for one in part.split("|")] for code, part in parts.items() if part != "-"
    }


def rows(result: PathwayResult) -> list[str]:
    assert result.rows is not None
    return [row.id for row in result.rows.outcome.rows]


def treatments(result: PathwayResult) -> list[str]:
    assert result.rows is not None
    return [one.code for one in result.rows.outcome.treatments]


def keys(result: PathwayResult) -> set[str]:
    return {remark.key for remark in result.cautions}


# -- the table as printed -------------------------------------------------------------------------------

# TC-24 to TC-33: escc, myelopathy, radiosensitivity, stability, systemic -> row
TEN_ROWS = [
    ("low, no myelopathy", LOW, ["absent"], "sensitive", "stable", "able|unable", "NOMS-1"),
    ("low, no myelopathy", LOW, ["absent"], "sensitive", "unstable", "able|unable", "NOMS-2"),
    ("low, no myelopathy", LOW, ["absent"], "resistant", "stable", "able|unable", "NOMS-3"),
    ("low, no myelopathy", LOW, ["absent"], "resistant", "unstable", "able|unable", "NOMS-4"),
    ("high", HIGH, ["absent", "present"], "sensitive", "stable", "able|unable", "NOMS-5"),
    ("high", HIGH, ["absent", "present"], "sensitive", "unstable", "able|unable", "NOMS-6"),
    ("high", HIGH, ["absent", "present"], "resistant", "stable", "able", "NOMS-7"),
    ("high", HIGH, ["absent", "present"], "resistant", "stable", "unable", "NOMS-8"),
    ("high", HIGH, ["absent", "present"], "resistant", "unstable", "able", "NOMS-9"),
    ("high", HIGH, ["absent", "present"], "resistant", "unstable", "unable", "NOMS-10"),
]


@pytest.mark.parametrize(
    ("grades", "myelopathy", "radiosensitivity", "stability", "systemic", "row"),
    [pytest.param(*case, id=f"{case[-1]} {name}") for name, *case in TEN_ROWS],
)
def test_tc_24_to_33_the_ten_printed_rows(
    grades: tuple[str, ...],
    myelopathy: list[str],
    radiosensitivity: str,
    stability: str,
    systemic: str,
    row: str,
) -> None:
    for grade, signs, fit in product(grades, myelopathy, systemic.split("|")):
        result = judge(written(f"{grade} {signs} {radiosensitivity} {stability} {fit} absent"))
        assert rows(result) == [row]
        assert treatments(result) == [PRINTED[row]]
        assert result.settled
        assert result.missing == ()
        assert result.would_settle == ()


OPEN_CASES = [
    ("NOMS-X1, TC-34 low grade with myelopathy", "escc-1a present sensitive stable able", ["NOMS-X1"]),
    ("NOMS-X1 whatever else is unknown", "escc-0 present - - -", ["NOMS-X1"]),
    ("NOMS-X1 perhaps: myelopathy unknown", "escc-1b - sensitive stable able", ["NOMS-1", "NOMS-X1"]),
    ("NOMS-X2, TC-35 potentially unstable, one treatment", "escc-2 absent resistant between able",
     ["NOMS-7", "NOMS-9"]),
    ("NOMS-X2, TC-36 potentially unstable, two treatments", "escc-1a absent sensitive between able",
     ["NOMS-1", "NOMS-2"]),
    ("NOMS-X2 potentially unstable, not able", "escc-3 present resistant between unable",
     ["NOMS-8", "NOMS-10"]),
    ("NOMS-X3 histology unknown, low", "escc-0 absent - stable able", ["NOMS-1", "NOMS-3"]),
    ("NOMS-X3 histology unknown, high", "escc-3 absent - unstable unable", ["NOMS-6", "NOMS-10"]),
    ("NOMS-X4 systemic unknown, resistant", "escc-2 absent resistant stable -", ["NOMS-7", "NOMS-8"]),
    ("NOMS-X4, TC-37 systemic unknown, sensitive", "escc-2 absent sensitive stable -", ["NOMS-5"]),
    ("NOMS-X4 systemic unknown, low", "escc-1b absent resistant unstable -", ["NOMS-4"]),
    ("NOMS-X5 grade 1c", "escc-1c absent resistant stable able", ["NOMS-3", "NOMS-7"]),
    ("NOMS-X5 grade 1c, one treatment", "escc-1c absent sensitive stable -", ["NOMS-1", "NOMS-5"]),
    ("NOMS-X5 grade 1c with myelopathy", "escc-1c present resistant stable unable",
     ["NOMS-8", "NOMS-X1"]),
    ("NOMS-X5 grade 1c with myelopathy, sensitive", "escc-1c present sensitive unstable -",
     ["NOMS-6", "NOMS-X1"]),
    ("NOMS-X5 grade 1c, nothing else known", "escc-1c - - - -",
     [f"NOMS-{n}" for n in range(1, 11)] + ["NOMS-X1"]),
    ("NOMS-X6 irradiated before", "escc-0 absent sensitive stable able present", ["NOMS-1", "NOMS-3"]),
    ("NOMS-X6 irradiated before, resistant", "escc-2 absent resistant unstable unable present",
     ["NOMS-6", "NOMS-10"]),
    ("NOMS-X6 not irradiated before", "escc-0 absent sensitive stable able absent", ["NOMS-1"]),
    ("NOMS-X6 not recorded", "escc-0 absent sensitive stable able -", ["NOMS-1"]),
    ("NOMS-X6 perhaps", "escc-0 absent sensitive stable able present|absent", ["NOMS-1", "NOMS-3"]),
    ("two grades", "escc-1a|escc-3 absent sensitive stable able", ["NOMS-1", "NOMS-5"]),
    ("nothing at all", "- - - - -", [f"NOMS-{n}" for n in range(1, 11)] + ["NOMS-X1"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"), [pytest.param(text, found, id=name) for name, text, found in OPEN_CASES]
)
def test_what_the_table_does_not_print(text: str, expected: list[str]) -> None:
    result = judge(written(text))
    assert rows(result) == expected
    assert treatments(result) == list(dict.fromkeys(PRINTED[row] for row in expected))
    assert result.settled == (len({PRINTED[row] for row in expected}) == 1)


def test_noms_x1_is_a_decision_of_its_own() -> None:
    result = judge(written("escc-1a present sensitive stable able"))
    assert (treatments(result), result.settled) == ([URGENT], True)


@pytest.mark.parametrize("grade", [*LOW, "escc-1c", *HIGH])
@pytest.mark.parametrize("myelopathy", ["present", "absent"])
def test_noms_x9_sensitive_rows_ignore_what_surgery_is_tolerated(grade: str, myelopathy: str) -> None:
    for stability in ("stable", "between", "unstable"):
        found = [
            judge(written(f"{grade} {myelopathy} sensitive {stability} {systemic} absent"))
            for systemic in ("able", "unable", "-")
        ]
        assert len({tuple(rows(one)) for one in found}) == 1
        assert len({tuple(treatments(one)) for one in found}) == 1
        assert len({one.settled for one in found}) == 1


# -- against an oracle -----------------------------------------------------------------------------------


def oracle(complete: Mapping[str, str | None]) -> set[str]:
    """The rows of one complete answer, from the printed table."""
    grade, myelopathy = complete["escc"], complete["myelopathy"]
    levels = {"low"} if grade in LOW else {"high"} if grade in HIGH else {"low", "high"}
    classes = {complete["radiosensitivity"]}
    if complete.get("prior_radiation") == "present":
        classes = {"sensitive", "resistant"}
    stabilities = {"stable", "unstable"} & {complete["stability"]} or {"stable", "unstable"}
    found = {"NOMS-X1"} if "low" in levels and myelopathy == "present" else set()
    for level, tumour, spine in product(levels, classes, stabilities):
        first = {("low", "sensitive"): 1, ("low", "resistant"): 3, ("high", "sensitive"): 5}
        if level == "high" and tumour == "resistant":
            able = complete["systemic"] == "surgery-able"
            found.add(f"NOMS-{(7 if able else 8) + (2 if spine == 'unstable' else 0)}")
        elif level == "high" or myelopathy == "absent":
            found.add(f"NOMS-{first[level, str(tumour)] + (spine == 'unstable')}")
    return found


def by_hand(inputs: Stated) -> set[str]:
    listed = [
        list(inputs[code]) if code in inputs else [None] if code == "prior_radiation" else ITEMS[code].codes
        for code in INPUTS
    ]
    return set().union(*(oracle(dict(zip(INPUTS, chosen, strict=True))) for chosen in product(*listed)))


def test_every_complete_answer_against_the_oracle() -> None:
    asked = [ITEMS[code].codes for code in INPUTS[:-1]]
    seen = 0
    for chosen, prior in product(product(*asked), ("present", "absent", None)):
        inputs = {code: [option] for code, option in zip(INPUTS, chosen, strict=False)}
        if prior is not None:
            inputs["prior_radiation"] = [prior]
        result = judge(inputs)
        expected = oracle({**dict(zip(INPUTS, chosen, strict=False)), "prior_radiation": prior})
        assert set(rows(result)) == expected
        assert set(treatments(result)) == {PRINTED[row] for row in expected}
        assert result.settled == (len({PRINTED[row] for row in expected}) == 1)
        seen += 1
    assert seen == 6 * 2 * 2 * 3 * 2 * 3


PARTIAL = st.fixed_dictionaries(
    {}, optional={code: st.sets(st.sampled_from(ITEMS[code].codes), min_size=1) for code in INPUTS}
)


@given(PARTIAL)
def test_partial_answers_against_the_oracle(inputs: dict[str, set[str]]) -> None:
    result = judge(inputs)
    expected = by_hand(inputs)
    assert rows(result) == [row for row in PRINTED if row in expected]
    assert set(treatments(result)) == {PRINTED[row] for row in expected}
    assert result.settled == (len({PRINTED[row] for row in expected}) == 1)
    assert set(result.missing) == set(INPUTS) - set(inputs)


@given(PARTIAL)
def test_would_settle_against_the_oracle(inputs: dict[str, set[str]]) -> None:
    expected = []
    for code in INPUTS:
        left = inputs.get(code, () if code == "prior_radiation" else ITEMS[code].codes)
        trials = [{**inputs, code: [option]} for option in left]
        if len(left) > 1 and any(len({PRINTED[row] for row in by_hand(one)}) == 1 for one in trials):
            expected.append(code)
    assert list(judge(inputs).would_settle) == expected


def test_the_table_prints_what_it_is_tested_for() -> None:
    assert {row.id: row.treatment.code for row in NOMS.rows} == PRINTED
    assert all(row.cite.title and row.cite.key for row in NOMS.rows)


# -- what is said beside the rows -------------------------------------------------------------------------

REMARKS = [
    ("NOMS-X1", "escc-1a present sensitive stable able absent", True),
    ("NOMS-X1", "escc-1c present sensitive stable able absent", True),
    ("NOMS-X1", "escc-2 present sensitive stable able absent", False),
    ("NOMS-X1", "escc-1a absent sensitive stable able absent", False),
    ("NOMS-X2", "escc-1a absent sensitive between able absent", True),
    ("NOMS-X2", "escc-1a absent sensitive stable|between able absent", True),
    ("NOMS-X2", "escc-1a absent sensitive stable able absent", False),
    ("NOMS-X3", "escc-1a absent - stable able absent", True),
    ("NOMS-X3", "escc-1a absent resistant stable able absent", False),
    ("NOMS-X5", "escc-1c absent sensitive stable able absent", True),
    ("NOMS-X5", "escc-1b|escc-1c absent sensitive stable able absent", True),
    ("NOMS-X5", "escc-1b absent sensitive stable able absent", False),
    ("NOMS-X6", "escc-1a absent sensitive stable able present", True),
    ("NOMS-X6", "escc-1a absent sensitive stable able -", True),
    ("NOMS-X6", "escc-1a absent sensitive stable able present|absent", True),
    ("NOMS-X6", "escc-1a absent sensitive stable able absent", False),
    ("NOMS-X7", "escc-2 absent resistant stable - absent", True),
    ("NOMS-X7", "escc-2 absent resistant stable able absent", False),
    ("NOMS-X7", "escc-2 absent sensitive stable - absent", False),
    ("SUR-CTX", "escc-2 absent resistant unstable able absent", True),
    ("SUR-CTX", "escc-0 absent resistant unstable able absent", False),
    ("ONC-1", "escc-0 absent resistant unstable able absent", True),
    ("ONC-1", "escc-0 absent sensitive unstable able absent", False),
]


@pytest.mark.parametrize(("key", "text", "shown"), REMARKS)
def test_a_remark_is_shown_where_it_belongs(key: str, text: str, shown: bool) -> None:
    assert (key in keys(judge(written(text)))) == shown


def test_noms_x6_says_whether_it_is_not_recorded_or_was_irradiated() -> None:
    def text(prior: str) -> str:
        result = judge(written(f"escc-1a absent sensitive stable able {prior}"))
        (found,) = [remark.text for remark in result.cautions if remark.key == "NOMS-X6"]
        return found

    assert "not recorded" in text("-")
    assert "dose that the cord has had" in text("present")
    assert "not recorded" not in text("present|absent")
