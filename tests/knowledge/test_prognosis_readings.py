from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.provenance import Age, Source
from app.engine.question import Answer
from app.engine.reading import Fact, exactly
from app.knowledge import load
from app.knowledge.anatomy import LEVELS, SITES, Place, place_of, place_of_level
from app.knowledge.histology import HISTOLOGIES, Primary, primary_of
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Patient
from app.knowledge.patient_score import PatientScore
from app.knowledge.policy import Policy

SCORES = load(Policy()).patient_scores
B = "kps-50-70"
LUNGS = ("lung", "small-cell-lung", "non-small-cell-lung")

Make = Callable[..., Fact]


@pytest.fixture(scope="session")
def patient(fact: Make) -> Callable[..., Patient]:
    def made(record: Mapping[str, str] | None = None, **rest: object) -> Patient:
        """A record with values such as ``45`` or ``present``; several are written ``30 and 60``."""
        facts = {
            code: tuple(fact(code, one) for one in values.split(" and "))
            for code, values in (record or {}).items()
        }
        return Patient(facts=facts, **rest)  # type: ignore[arg-type]  # members by name

    return made


def primary(*names: str, confirmed: bool = True) -> Primary:
    return primary_of((name, Source(f"Condition/{name}"), confirmed) for name in names)


def named(*places: Place | str) -> tuple[Lesion, ...]:
    """A lesion at each place, each with a Condition of its own."""
    where = [place_of_level(place) if isinstance(place, str) else place for place in places]
    return tuple(Lesion(str(n), place, conditions=(f"Condition/{n}",)) for n, place in enumerate(where))


def answers(code: str, who: Patient) -> Mapping[str, Answer]:
    return SCORES[code].score.evaluate(SCORES[code].read(who)).answers


def remarks(code: str, who: Patient) -> dict[str, list[str]]:
    one = SCORES[code]
    found: dict[str, list[str]] = {}
    for remark in one.remark(one.score.evaluate(one.read(who))):
        found.setdefault(remark.key, []).append(remark.text)
    return found


# -- coded findings ------------------------------------------------------------------------------------

# score and item, finding -> what each answer leaves possible
CODED = {
    ("tokuhashi", "organs", "visceral-metastases"): {
        "visceral-none": {"none"},
        "visceral-removable": {"removable"},
        "visceral-unremovable": {"unremovable"},
        "visceral-removable|visceral-unremovable": {"removable", "unremovable"},
        "indeterminate": {"none", "removable", "unremovable"},
    },
    ("tokuhashi", "palsy", "frankel-grade"): {
        "frankel-a": {"frankel-a-b"},
        "frankel-b": {"frankel-a-b"},
        "frankel-c": {"frankel-c-d"},
        "frankel-d": {"frankel-c-d"},
        "frankel-e": {"frankel-e"},
        "indeterminate": {"frankel-a-b", "frankel-c-d", "frankel-e"},
    },
    **{
        (score, "visceral", "visceral-metastases"): {
            "visceral-none": {"no"},
            "visceral-removable": {"yes"},
            "visceral-unremovable": {"yes"},
            "indeterminate": {"yes", "no"},
        }
        for score in ("modified-bauer", "van-der-linden", "rades-two-month")
    },
    ("rades-two-month", "ambulatory", "ambulatory"): {
        "present": {"yes"},
        "absent": {"no"},
        "indeterminate": {"yes", "no"},
    },
}


@pytest.mark.parametrize(("code", "item", "finding"), CODED)
def test_every_coded_answer_is_read(
    code: str, item: str, finding: str, patient: Callable[..., Patient]
) -> None:
    for written, possible in CODED[code, item, finding].items():
        found = answers(code, patient({finding: written}))[item]
        assert (set(found.possible), found.recorded) == (possible, True), written


def test_con_1_two_findings_that_disagree_are_both_kept(patient: Callable[..., Patient]) -> None:
    who = patient({"visceral-metastases": "visceral-none and visceral-unremovable"})
    found = answers("tokuhashi", who)["organs"]
    assert (set(found.possible), found.conflicting) == ({"none", "unremovable"}, True)
    assert "CON-1" in remarks("tokuhashi", who)


# entries that each score would read
LISTED = {"tokuhashi": 4, "modified-bauer": 1, "nesms": 1, "van-der-linden": 3, "rades-two-month": 3}


@pytest.mark.parametrize("age", [Age.STALE, Age.UNDATED, Age.FUTURE])
def test_what_is_too_old_or_undated_never_counts_and_is_listed(age: Age, fact: Make) -> None:
    said = {
        "karnofsky": "90",
        "ecog": "0",
        "visceral-metastases": "visceral-none",
        "frankel-grade": "frankel-e",
        "ambulatory": "present",
    }
    who = Patient(facts={code: (fact(code, value, age=age),) for code, value in said.items()})
    for code, score in SCORES.items():
        result = score.score.evaluate(score.read(who))
        assert result.missing == tuple(item.code for item in score.score.items)
        assert all(set(a.possible) == set(score.score.item(i).codes) for i, a in result.answers.items())
        assert sum(len(answer.unused) for answer in result.answers.values()) == LISTED[code]
        assert "TIME-2" in {remark.key for remark in score.remark(result)}, code


def test_an_old_value_beside_a_fresh_one_is_only_listed(fact: Make) -> None:
    old = fact("karnofsky", "20", age=Age.STALE)
    who = Patient(facts={"karnofsky": (old,), "ecog": (fact("ecog", "2"),)})
    found = answers("tokuhashi", who)["karnofsky"]
    assert (found.possible, found.unused) == ((B,), (old.source,))


# -- the primary ---------------------------------------------------------------------------------------

# histology -> points in Tokuhashi
TOKUHASHI_POINTS = {
    "lung": {0}, "small-cell-lung": {0}, "non-small-cell-lung": {0}, "stomach": {0}, "bladder": {0},
    "oesophagus": {0}, "pancreas": {0},
    "liver": {1}, "unknown-primary": {1},
    "colon": {2}, "lymphoma": {2}, "myeloma": {2}, "melanoma": {2}, "ovary": {2},
    "sarcoma": {0, 2}, "bone": {0, 2},
    "kidney": {3},
    "rectum": {4},
    "thyroid": {5}, "breast": {5}, "prostate": {5},
    "other": {0, 1, 2, 3, 4, 5},
}  # fmt: skip
EITHER = {"yes", "no"}


@pytest.mark.parametrize("name", HISTOLOGIES)
def test_every_histology_in_every_score(name: str) -> None:
    who = Patient(primary=primary(name))
    untold = name in ("other", "unknown-primary")
    result = SCORES["tokuhashi"].score.evaluate(SCORES["tokuhashi"].read(who))
    assert set(result.points("primary")) == TOKUHASHI_POINTS[name]
    bauer = answers("modified-bauer", who)
    lung, favourable = set(bauer["lung"].possible), set(bauer["favourable_primary"].possible)
    good = name in ("breast", "kidney", "lymphoma", "myeloma")
    assert lung == (EITHER if untold else {"yes" if name in LUNGS else "no"})
    assert favourable == (EITHER if untold else {"yes" if good else "no"})
    linden = set(answers("van-der-linden", who)["primary"].possible)
    own = "lung" if name in LUNGS else name if name in ("breast", "prostate") else "other"
    assert linden == ({"breast", "prostate", "lung", "other"} if untold else {own})
    rades = set(answers("rades-two-month", who)["primary"].possible)
    low = "breast-myeloma-lymphoma" if name in ("breast", "myeloma", "lymphoma") else "lung-or-other"
    every = {"breast-myeloma-lymphoma", "prostate", "lung-or-other"}
    assert rades == (every if untold else {"prostate" if name == "prostate" else low})
    assert ("GEN-2" in remarks("modified-bauer", who)) == untold


def test_no_primary_on_record_leaves_every_option_and_is_not_recorded() -> None:
    for code in ("tokuhashi", "van-der-linden", "rades-two-month"):
        found = answers(code, Patient())["primary"]
        assert (set(found.possible), found.recorded) == (set(SCORES[code].score.item("primary").codes), False)


def test_two_primaries_are_a_set_and_an_unconfirmed_one_leaves_any_other() -> None:
    two = answers("tokuhashi", Patient(primary=primary("breast", "kidney")))["primary"]
    assert two.possible == ("primary-3", "primary-5")
    assert len(two.sources) == 2
    unsure = answers("tokuhashi", Patient(primary=primary("breast", confirmed=False)))["primary"]
    assert len(unsure.possible) == 6
    assert unsure.recorded


# -- NESMS ---------------------------------------------------------------------------------------------

# modified Bauer from the record -> the item of NESMS
FAVOURABLE = {"visceral-metastases": "visceral-none"}
NESMS_CASES = [
    ("3 or 4: one lesion on record", FAVOURABLE, "breast", ("T10",), {"high"}),
    ("3: several lesions", FAVOURABLE, "breast", ("T10", "L3"), {"high"}),
    ("2: a colon cancer, several lesions", FAVOURABLE, "colon", ("T10", "L3"), {"low"}),
    ("2 or 3: a colon cancer, one lesion on record", FAVOURABLE, "colon", ("T10",), {"low", "high"}),
    ("2 or 3: organs not recorded", {}, "breast", ("T10", "L3"), {"low", "high"}),
    ("1 or 2: organs not recorded", {}, "colon", ("T10", "L3"), {"low"}),
]


@pytest.mark.parametrize(
    ("record", "name", "places", "possible"), [pytest.param(*case[1:], id=case[0]) for case in NESMS_CASES]
)
def test_nesms_takes_the_modified_bauer_score_as_it_stands(
    record: Mapping[str, str],
    name: str,
    places: tuple[str, ...],
    possible: set[str],
    patient: Callable[..., Patient],
) -> None:
    who = patient(record, primary=primary(name), lesions=named(*places))
    found = answers("nesms", who)["modified_bauer"]
    assert (set(found.possible), found.recorded) == (possible, True)


def test_nesms_never_takes_albumin_or_walking_from_the_record(patient: Callable[..., Patient]) -> None:
    who = patient({"albumin": "40", "ambulatory": "present", **FAVOURABLE}, primary=primary("breast"))
    one = SCORES["nesms"]
    assert set(one.read(who)) == {"modified_bauer"}
    result = one.score.evaluate(one.read(who))
    assert result.missing == ("ambulation", "albumin")
    assert "not verified" in " ".join(remarks("nesms", who)["NESMS"])


def test_rades_interval_and_onset_are_never_read(patient: Callable[..., Patient]) -> None:
    read = SCORES["rades-two-month"].read(patient({"new-neurologic-deficit": "present"}))
    assert not {"interval", "motor_onset"} & set(read)


# -- whole records -------------------------------------------------------------------------------------


def test_tc_03_from_the_record_stays_open_where_lesions_may_be_missing(
    patient: Callable[..., Patient],
) -> None:
    who = patient(
        {"karnofsky": "90", "visceral-metastases": "visceral-none", "frankel-grade": "frankel-e"},
        primary=primary("kidney"),
        lesions=named("T11", place_of("rib")),
    )
    score = SCORES["tokuhashi"]
    result = score.score.evaluate(score.read(who))
    assert result.totals == (9, 10, 11, 12)
    assert result.bands == ("6-months-or-more", "12-months-or-more")


_VALUES = {
    "karnofsky": ("20", "30", "40", "45", "50", "70", "75", "80", "100"),
    "visceral-metastases": ("visceral-none", "visceral-removable", "visceral-unremovable"),
    "frankel-grade": tuple(f"frankel-{letter}" for letter in "abcde"),
    "ambulatory": ("present", "absent"),
}
_PLACES = [*(place_of_level(level) for level in LEVELS), *(place_of(s) for s in SITES)]


@given(st.data())
def test_one_more_entry_never_widens(data: st.DataObject) -> None:
    values = {code: data.draw(st.sampled_from(entries), code) for code, entries in _VALUES.items()}
    less = data.draw(st.sets(st.sampled_from(sorted(values))), "recorded before")
    places = data.draw(st.lists(st.sampled_from(_PLACES), max_size=6, unique=True), "lesions")
    known = data.draw(st.integers(0, len(places)), "lesions before")
    name = data.draw(st.sampled_from(sorted(set(HISTOLOGIES) - {"bone", "sarcoma"})), "primary")
    before = _patient({code: values[code] for code in less}, named(*places[:known]), None)
    after = _patient(values, named(*places), name)
    for code, score in SCORES.items():
        one, other = (score.score.evaluate(score.read(who)) for who in (before, after))
        assert set(other.totals) <= set(one.totals), code
        assert set(other.bands) <= set(one.bands), code


def _patient(values: Mapping[str, str], lesions: tuple[Lesion, ...], name: str | None) -> Patient:
    facts = {code: (_made(code, value),) for code, value in values.items()}
    return Patient(facts=facts, lesions=lesions, primary=primary(name) if name else Primary())


def _made(code: str, value: str) -> Fact:
    said = exactly(int(value)) if value.isdigit() else frozenset({value})
    return Fact(code, said, Source(f"Observation/{code}"))


def test_every_score_is_found_and_reads_an_empty_record_as_unknown() -> None:
    scores: Mapping[str, PatientScore] = SCORES
    for code, score in scores.items():
        result = score.score.evaluate(score.read(Patient()))
        assert result.missing == tuple(item.code for item in score.score.items), code
        assert len(result.bands) == len(score.score.bands)
