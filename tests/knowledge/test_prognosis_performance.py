from collections.abc import Callable, Mapping

import pytest

from app.engine.provenance import DefinitionError
from app.engine.question import Answer
from app.engine.reading import Fact
from app.knowledge import load
from app.knowledge.patient import Patient
from app.knowledge.policy import Policy

SCORES = load(Policy()).patient_scores
A, B, C = "kps-10-40", "kps-50-70", "kps-80-100"
VDL_A = "kps-20-40"


@pytest.fixture(scope="session")
def patient(fact: Callable[..., Fact]) -> Callable[[Mapping[str, str]], Patient]:
    def made(record: Mapping[str, str]) -> Patient:
        """A record with values such as ``45`` or ``>=80``; two at one time are written ``30 and 60``."""
        return Patient(
            {code: tuple(fact(code, v) for v in said.split(" and ")) for code, said in record.items()}
        )

    return made


def answers(code: str, who: Patient) -> Mapping[str, Answer]:
    return SCORES[code].score.evaluate(SCORES[code].read(who)).answers


def remarks(code: str, who: Patient) -> dict[str, list[str]]:
    one = SCORES[code]
    found: dict[str, list[str]] = {}
    for remark in one.remark(one.score.evaluate(one.read(who))):
        found.setdefault(remark.key, []).append(remark.text)
    return found


# what is recorded -> options of Tokuhashi, options of van der Linden (None: every one, and said)
PERFORMANCE = [
    ("Karnofsky 10", {"karnofsky": "10"}, {A}, None),
    ("Karnofsky 19", {"karnofsky": "19"}, {A}, None),
    ("Karnofsky 20", {"karnofsky": "20"}, {A}, {VDL_A}),
    ("Karnofsky 40", {"karnofsky": "40"}, {A}, {VDL_A}),
    ("Karnofsky 41, between two options", {"karnofsky": "41"}, {A, B}, {VDL_A, B}),
    ("Karnofsky 45, between two options", {"karnofsky": "45"}, {A, B}, {VDL_A, B}),
    ("Karnofsky 49, between two options", {"karnofsky": "49"}, {A, B}, {VDL_A, B}),
    ("Karnofsky 50", {"karnofsky": "50"}, {B}, {B}),
    ("Karnofsky 70", {"karnofsky": "70"}, {B}, {B}),
    ("Karnofsky 75, between two options", {"karnofsky": "75"}, {B, C}, {B, C}),
    ("Karnofsky 80", {"karnofsky": "80"}, {C}, {C}),
    ("Karnofsky 100", {"karnofsky": "100"}, {C}, {C}),
    ("40 or less, which may be 10", {"karnofsky": "<=40"}, {A}, None),
    ("less than 50 may lie between", {"karnofsky": "<50"}, {A, B}, None),
    ("70 or more", {"karnofsky": ">=70"}, {B, C}, {B, C}),
    ("more than 70", {"karnofsky": ">70"}, {B, C}, {B, C}),
    ("80 or more", {"karnofsky": ">=80"}, {C}, {C}),
    ("PS-1 ECOG 0 is 90 to 100", {"ecog": "0"}, {C}, {C}),
    ("PS-1, TC-52 ECOG 1 is 70 to 90", {"ecog": "1"}, {B, C}, {B, C}),
    ("PS-1 ECOG 2 is 50 to 70", {"ecog": "2"}, {B}, {B}),
    ("PS-1 ECOG 3 is 30 to 60", {"ecog": "3"}, {A, B}, {VDL_A, B}),
    ("PS-1 ECOG 4 is 10 to 40", {"ecog": "4"}, {A}, None),
    ("ECOG below 2 is 0 or 1", {"ecog": "<2"}, {B, C}, {B, C}),
    ("ECOG 2 or less", {"ecog": "<=2"}, {B, C}, {B, C}),
    ("ECOG above 2 is 3 or 4", {"ecog": ">2"}, {A, B}, None),
    ("both, in agreement: Karnofsky decides", {"karnofsky": "80", "ecog": "1"}, {C}, {C}),
    ("both, at the edge of agreement", {"karnofsky": "70", "ecog": "1"}, {B}, {B}),
    ("nothing", {}, {A, B, C}, {VDL_A, B, C}),
]
PERFORMANCE_CONFLICTS = [
    ("ECOG 1 and 60 exclude one another", {"karnofsky": "60", "ecog": "1"}, {B, C}),
    ("ECOG 4 and 90 exclude one another", {"karnofsky": "90", "ecog": "4"}, {A, C}),
    ("ECOG 0 and 80 exclude one another", {"karnofsky": "80", "ecog": "0"}, {C}),
    ("two Karnofsky values of one time", {"karnofsky": "30 and 60"}, {A, B}),
]


@pytest.mark.parametrize(
    ("record", "tokuhashi", "linden"), [pytest.param(*case[1:], id=case[0]) for case in PERFORMANCE]
)
def test_karnofsky_item(
    record: Mapping[str, str],
    tokuhashi: set[str],
    linden: set[str] | None,
    patient: Callable[..., Patient],
) -> None:
    who = patient(record)
    found = answers("tokuhashi", who)["karnofsky"]
    assert (set(found.possible), found.conflicting) == (tokuhashi, False)
    assert found.recorded == bool(record)
    other = answers("van-der-linden", who)["karnofsky"]
    assert set(other.possible) == ({VDL_A, B, C} if linden is None else linden)
    assert other.recorded == (bool(record) and linden is not None)
    assert ("VDL-1" in remarks("van-der-linden", who)) == (linden is None)


@pytest.mark.parametrize(
    ("record", "possible"), [pytest.param(*case[1:], id=case[0]) for case in PERFORMANCE_CONFLICTS]
)
def test_values_that_exclude_one_another_are_all_kept(
    record: Mapping[str, str], possible: set[str], patient: Callable[..., Patient]
) -> None:
    who = patient(record)
    found = answers("tokuhashi", who)["karnofsky"]
    assert (set(found.possible), found.conflicting) == (possible, True)
    assert len(found.sources) == len(found.claims) == 2
    assert "CON-1" in remarks("tokuhashi", who)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"karnofsky": "80"}, None),
        ({"ecog": "1"}, "is taken from ECOG"),
        ({"karnofsky": "80", "ecog": "1"}, "decides"),
        ({"karnofsky": "60", "ecog": "1"}, "exclude one another"),
        ({"karnofsky": "70", "ecog": "0"}, "exclude one another"),
    ],
)
def test_ps_1_how_ecog_was_heard_is_said(
    record: Mapping[str, str], words: str | None, patient: Callable[..., Patient]
) -> None:
    said = remarks("tokuhashi", patient(record)).get("PS-1", [])
    assert (len(said) == 1 and words in said[0]) if words else said == []


@pytest.mark.parametrize("record", [{"karnofsky": "0"}, {"ecog": "5"}, {"karnofsky": "0", "ecog": "1"}])
def test_a_status_of_death_answers_nothing_and_is_said(
    record: Mapping[str, str], patient: Callable[..., Patient]
) -> None:
    found = answers("tokuhashi", patient(record))["karnofsky"]
    assert (set(found.possible), found.recorded) == ({A, B, C}, False)
    assert "not computable" in remarks("tokuhashi", patient(record))["TOK-1"][0]


# ECOG -> options of the Rades score; None: every one, and said
@pytest.mark.parametrize(
    ("ecog", "possible"),
    [
        ("0", None),
        ("1", None),
        ("2", {"ecog-2"}),
        ("3", {"ecog-3-4"}),
        ("4", {"ecog-3-4"}),
        ("5", None),
        ("<=2", None),
        (">=2", {"ecog-2", "ecog-3-4"}),
        (">2", {"ecog-2", "ecog-3-4"}),
        (">=3", {"ecog-3-4"}),
    ],
)
def test_ecog_item_of_rades(ecog: str, possible: set[str] | None, patient: Callable[..., Patient]) -> None:
    who = patient({"ecog": ecog})
    found = answers("rades-two-month", who)["ecog"]
    assert set(found.possible) == (possible or {"ecog-2", "ecog-3-4"})
    assert found.recorded == (possible is not None)
    assert ("RAD2-1" in remarks("rades-two-month", who)) == (possible is None)


def test_rades_never_takes_ecog_from_karnofsky(patient: Callable[..., Patient]) -> None:
    assert not answers("rades-two-month", patient({"karnofsky": "30"}))["ecog"].recorded


def test_a_coded_answer_is_no_performance_status(patient: Callable[..., Patient]) -> None:
    with pytest.raises(DefinitionError, match="finding karnofsky is a quantity"):
        answers("tokuhashi", patient({"karnofsky": "good"}))
