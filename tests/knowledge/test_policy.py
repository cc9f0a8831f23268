from collections.abc import Callable, Mapping
from fractions import Fraction
from random import Random

import pytest

from app.engine.criteria import Status
from app.engine.provenance import DefinitionError
from app.engine.quantity import Measured
from app.engine.reading import exactly
from app.knowledge import load
from app.knowledge.anatomy import LEVELS, place_of_levels
from app.knowledge.findings import FINDINGS
from app.knowledge.instrument import Instrument
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Case, Patient
from app.knowledge.policy import DEFAULT_WINDOWS, LOCAL_POLICIES, LocalPolicy, Policy, Window
from app.knowledge.urgent import lesion_alarms, patient_alarms
from app.knowledge.urgent.sheet import provoked

HEIGHT, INVOLVED, COLLAPSE = (
    "vertebral-height-loss",
    "vertebral-body-involvement",
    "vertebral-collapse",
)
UNSTABLE = {"spinal-pain": "pain-mechanical", "bone-lesion-quality": "lesion-lytic",
            "spinal-alignment": "alignment-subluxation", COLLAPSE: "collapse-over-50",
            "posterolateral-involvement": "posterolateral-bilateral"}  # fmt: skip
POTENTIALLY = UNSTABLE | {"spinal-alignment": "alignment-normal", COLLAPSE: "collapse-none"}
HIGH = {"limb-pain": "limb-pain-functional", "bone-lesion-quality": "lesion-lytic",
        "cortical-destruction": "90"}  # fmt: skip
BOTH_SHIFTS = ["alignment-subluxation", "alignment-deformity"]
TWO_THIRDS_UP = {"third-to-two-thirds", "over-two-thirds"}

Record = Mapping[str, str | list[str]]
Edge = tuple[str, str, str, str, Record, set[str], set[str]]
# policy, choice, item, place, what is recorded -> options by default, options by choice
EDGES: list[Edge] = [
    ("SINS-E1", "upper", "collapse", "T10", {HEIGHT: "50"}, {"over-50", "under-50"}, {"over-50"}),
    ("SINS-E2", "upper", "collapse", "T10", {HEIGHT: "0", INVOLVED: "50"},
     {"involved-over-50", "none"}, {"involved-over-50"}),
    ("SINS-E3", "upper", "collapse", "T10", {COLLAPSE: "collapse-present"},
     {"over-50", "under-50"}, {"over-50"}),
    ("SINS-E4", "upper", "collapse", "T10", {HEIGHT: "0"},
     {"involved-over-50", "none"}, {"involved-over-50"}),
    ("SINS-E6", "interval", "alignment", "T10", {"spinal-alignment": BOTH_SHIFTS},
     {"subluxation"}, {"subluxation", "deformity"}),
    ("SINS-E7", "upper", "alignment", "T10",
     {"spinal-alignment": "alignment-deformity-age-unknown"},
     {"deformity", "normal"}, {"deformity"}),
    ("SINS-E8", "upper", "pain", "T10", {"spinal-pain": "pain-present"},
     {"mechanical", "occasional"}, {"mechanical"}),
    ("SINS-E12", "upper", "location", "T10-T11", {}, {"junctional", "semirigid"}, {"junctional"}),
    ("SINS-E12", "upper", "location", "S1-S2", {}, {"junctional", "rigid"}, {"junctional"}),
    ("MIR-E1", "upper", "size", "tibia", {"cortical-destruction": "33"},
     {"under-third", "third-to-two-thirds"}, {"third-to-two-thirds"}),
    ("MIR-E1", "upper", "size", "tibia", {"cortical-destruction": "66.7"},
     TWO_THIRDS_UP, {"over-two-thirds"}),
    ("MIR-E1", "upper", "size", "tibia", {"cortical-destruction": "66"},
     {"third-to-two-thirds"}, {"third-to-two-thirds"}),
    ("MIR-E3", "upper", "site", "femoral-neck", {},
     {"lower-limb", "peritrochanteric"}, {"peritrochanteric"}),
    ("MIR-E3", "upper", "site", "femur", {},
     {"lower-limb", "peritrochanteric"}, {"peritrochanteric"}),
]  # fmt: skip
CAUTIONS = [
    ("SINS-E15", "T10", {"bone-lesion-quality": "lesion-blastic", "prior-radiation": "present"}),
    ("SINS-E16", "T10", {"imaging-supine-only": "present"}),
    ("MIR-E6", "tibia", {"cortical-destruction": "50"}),
]
URGENCIES = [
    ("RED-5", "same-day", "T12", UNSTABLE),
    ("RED-5", "emergency", "T12", UNSTABLE),
    ("RED-5b", "same-day", "T12", {}),
    ("RED-5b", "emergency", "T12", {}),
    ("SINS-B2-urgency", "same-day", "T12", POTENTIALLY),
    ("FEMR-1-urgency", "same-day", "tibia", HIGH),
]
# policy, choice, by default, whether of the patient, what is recorded -> of an alarm at T12
ALARMS: list[tuple[str, str, str, bool, dict[str, str]]] = [
    ("RED-1-gait", "same-day", "urgent", True, {"ambulatory": "absent"}),
    ("RED-1-gait", "emergency", "urgent", True, {"ambulatory": "absent"}),
    ("RED-4", "emergency", "same-day", False, {"escc-grade": "escc-2"}),
    ("RED-6", "emergency", "same-day", True, {"hypercalcaemia": "present"}),
    ("RED-7", "same-day", "urgent", False, {"local-infection": "present"}),
    ("RED-7", "emergency", "urgent", False, {"local-infection": "present"}),
    ("SURG-1", "same-day", "urgent", False, {"epidural-disease": "present"}),
]
# policy, choice, bone -> key of the alarm of a fracture there
FRACTURES = [("MIR-E7-urgency", "same-day", "femur", "MIR-E7"),
             ("MIR-E7-urgency", "same-day", "acetabulum", "ACER-2")]  # fmt: skip
Make = Callable[..., Lesion]
Under = Callable[..., Instrument]


def score_of(key: str) -> str:
    return "mirels" if key.startswith(("MIR", "FEMR")) else "sins"


def place(name: str) -> object:
    return place_of_levels(name.split("-")) if name[1].isdigit() and "-" in name else name


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: f"{edge[0]} {edge[1]}, {edge[3]}")
def test_an_edge_is_kept_open_or_taken_as_its_worse_side(edge: Edge, instrument: Under, lesion: Make) -> None:
    key, choice, item, site, record, default, chosen = edge
    case = lesion(place(site), record)
    open_ended, taken = instrument(score_of(key)), instrument(score_of(key), **{key: choice})
    assert set(open_ended.answers(case)[item].possible) == default
    assert set(taken.answers(case)[item].possible) == chosen


@pytest.mark.parametrize(("key", "site", "record"), CAUTIONS)
def test_a_caution_is_shown_or_hidden(
    key: str, site: str, record: dict[str, str], instrument: Under, lesion: Make
) -> None:
    case = lesion(site, record)
    for choices, shown in (({}, True), ({key: "show"}, True), ({key: "hide"}, False)):
        used = instrument(score_of(key), **choices)
        remarks = used.remark(used.score.evaluate(used.answers(case)), case)
        assert (key in {caution.key for caution in remarks.cautions}) == shown


@pytest.mark.parametrize(("key", "choice", "site", "record"), URGENCIES)
def test_an_urgency_is_that_of_the_site(
    key: str, choice: str, site: str, record: dict[str, str], instrument: Under, lesion: Make
) -> None:
    case = lesion(site, record)
    for used, expected in (
        (instrument(score_of(key)), "urgent"),
        (instrument(score_of(key), **{key: choice}), choice),
    ):
        result = used.score.evaluate(used.answers(case))
        assert used.remark(result, case).advice.urgency == expected


@pytest.mark.parametrize(("key", "choice", "default", "whole", "record"), ALARMS)
def test_the_urgency_of_an_alarm_is_that_of_the_site(
    key: str, choice: str, default: str, whole: bool, record: dict[str, str], lesion: Make
) -> None:
    one = lesion("T12", {} if whole else record)
    patient = Patient(facts=lesion("T12", record).facts if whole else {})
    for policy, expected in ((Policy(), default), (Policy({key: choice}), choice)):
        case = Case(one, patient)
        raised = patient_alarms(patient, policy) if whole else lesion_alarms(case, policy)
        assert {alarm.urgency for alarm in raised if alarm.key == key} == {expected}


@pytest.mark.parametrize(("policy", "choice", "bone", "key"), FRACTURES)
def test_the_urgency_of_a_fracture_is_that_of_the_site(
    policy: str, choice: str, bone: str, key: str, lesion: Make
) -> None:
    case = Case(lesion(bone, {"pathological-fracture": "present"}), Patient())
    for used, expected in ((Policy(), "urgent"), (Policy({policy: choice}), choice)):
        assert [(one.key, one.urgency) for one in lesion_alarms(case, used)] == [(key, expected)]


def test_the_sheet_of_urgent_findings_shows_a_fracture_in_a_limb_and_in_the_pelvis() -> None:
    rows = {advice.key: trigger for trigger, advice in provoked(load(Policy()))}
    assert rows["MIR-E7"] == "Pathological fracture: present, in a long bone"
    assert rows["ACER-2"] == "Pathological fracture: present, in the pelvis"
    assert ", in " not in rows["RED-7"]


def test_a_site_may_raise_its_limit_of_the_inr() -> None:
    given = {"inr": Measured((exactly(Fraction(8, 5)),), recorded=True)}
    statuses = {}
    for limit in ("1.5", "1.8"):
        judged = load(Policy({"AUG-EXC-4-inr-limit": limit})).pathways["augmentation"].judge(given).judged
        statuses[limit] = {one.criterion.id: one.status for one in judged}
    assert statuses["1.5"]["AUG-EXC-4"] is Status.MET
    # Platelets are not known, so that the rule stays open.
    assert statuses["1.8"]["AUG-EXC-4"] is Status.UNKNOWN
    assert statuses["1.8"]["AUG-REL-2"] is Status.MET
    assert "AUG-REL-2" not in statuses["1.5"]


def test_every_choice_of_every_policy_is_tested_above() -> None:
    offered = {(policy.key, choice) for policy in LOCAL_POLICIES for choice in policy.choices[1:]}
    tested = {(key, choice) for key, choice, *_ in (*EDGES, *URGENCIES, *ALARMS, *FRACTURES)}
    tested.add(("AUG-EXC-4-inr-limit", "1.8"))
    assert tested | {(key, "hide") for key, _, _ in CAUTIONS} == offered


def entries(random: Random, finding: str) -> list[str]:
    answers = FINDINGS[finding].answer_labels
    values = list(answers) if answers else ["0", "10", "33", "50", "66.7", "80", ">50", "<50"]
    return random.sample(values, random.choice((0, 1, 1, 2)))


@pytest.mark.parametrize(("key", "choice"), sorted({(key, choice) for key, choice, *_ in EDGES}))
def test_no_choice_lowers_the_highest_total_that_remains(
    key: str, choice: str, instrument: Under, lesion: Make
) -> None:
    random = Random(key)  # noqa: S311  a repeatable sample, no secret
    default, chosen = instrument(score_of(key)), instrument(score_of(key), **{key: choice})
    findings = [code for reading in default.readings for code in reading.readings]
    sites = ["femur", "femoral-neck", "tibia"] if score_of(key) == "mirels" else [*LEVELS, "sacrum"]
    for _ in range(300):
        record = {code: entries(random, code) for code in findings if not code.startswith("pain-")}
        case = lesion(random.choice(sites), record)
        one, other = (x.score.evaluate(x.answers(case)) for x in (default, chosen))
        assert other.maximum >= one.maximum, record


@pytest.mark.parametrize(
    ("key", "item", "record", "possible"),
    [
        ("SINS-E3", "collapse", {COLLAPSE: "collapse-present", HEIGHT: "30"}, {"under-50"}),
        ("SINS-E4", "collapse", {HEIGHT: "0", INVOLVED: "30"}, {"none"}),
        ("SINS-E7", "alignment", {"spinal-alignment": [
            "alignment-deformity-age-unknown", "alignment-deformity-not-de-novo"]}, {"normal"}),
        ("SINS-E8", "pain", {"spinal-pain": ["pain-present", "pain-occasional"]}, {"occasional"}),
        ("SINS-E8", "pain", {"spinal-pain": "pain-occasional", "pain-score": "5"}, {"occasional"}),
    ],
)  # fmt: skip
def test_a_worse_side_does_not_contradict_the_entry_that_settles_it(
    key: str,
    item: str,
    record: Record,
    possible: set[str],
    instrument: Under,
    lesion: Make,
) -> None:
    answer = instrument("sins", **{key: "upper"}).answers(lesion("T10", record))[item]
    assert (set(answer.possible), answer.conflicting) == (possible, False)


def test_sins_e8_a_pain_score_alone_never_gives_3_whatever_the_policy(
    instrument: Under, lesion: Make
) -> None:
    answer = instrument("sins", **{"SINS-E8": "upper"}).answers(lesion("T10", {"pain-score": "5"}))
    assert answer["pain"].possible != ("mechanical",)


@pytest.mark.parametrize("policy", LOCAL_POLICIES, ids=lambda policy: policy.key)
def test_the_first_choice_is_the_default(policy: LocalPolicy) -> None:
    assert Policy().choice(policy.key) == policy.default == policy.choices[0]


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("imaging", Window(28, 60)),
        ("film", Window(60, 60)),
        ("planning", Window(7, 28)),
        ("pain", Window(7, 14)),
        ("neurologic-deficit", Window(0, 3)),
        ("neurologic-examination", Window(7, 14)),
        ("performance", Window(30, 60)),
        ("lasting", None),
    ],
)
def test_10_4_default_windows(name: str, window: Window | None) -> None:
    assert Policy().window(name) == window


def test_a_window_set_by_a_site_replaces_only_itself() -> None:
    policy = Policy(windows={"pain": Window(1, 2), "imaging": None})
    assert policy.window("pain") == Window(1, 2)
    assert policy.window("imaging") is None
    assert policy.window("film") == DEFAULT_WINDOWS["film"]


@pytest.mark.parametrize(("fresh", "ageing"), [(8, 7), (-1, 3), (-2, -1)])
def test_a_window_that_ends_before_it_begins_is_refused(fresh: int, ageing: int) -> None:
    with pytest.raises(DefinitionError, match="0 <= fresh <= ageing"):
        Window(fresh, ageing)


def test_a_window_may_be_one_day_or_have_no_ageing() -> None:
    assert Window(0, 0).ageing == 0
    assert Window(7, 7).fresh == 7
