import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from app.engine.provenance import Citation, Source, Tag
from app.engine.reading import Fact, Interval, ItemReadings, exactly
from app.knowledge import load, sources
from app.knowledge.finding import INDETERMINATE
from app.knowledge.findings import FINDINGS
from app.knowledge.instrument import Instrument
from app.knowledge.lesion import Lesion
from app.knowledge.mirels import advice as mirels_advice
from app.knowledge.mirels import table as mirels_table
from app.knowledge.policy import (
    DEFAULT_WINDOWS,
    LOCAL_POLICIES,
    ORDER_POLICIES,
    URGENT_POLICIES,
    Policy,
    Window,
)
from app.knowledge.sins import advice as sins_advice
from app.knowledge.sins import table as sins_table

SPEC = Path(__file__).parents[2].parent / "shared" / "reference" / "clinical-spec.md"
MODULES = [sources, sins_table, sins_advice, mirels_table, mirels_advice]
INSTRUMENTS = load(Policy()).instruments
READ = [
    pytest.param(f"{name} {reading.item.code}", reading, finding, id=f"{name} from {finding}")
    for name, instrument in INSTRUMENTS.items()
    for reading in instrument.readings
    for finding in reading.readings
]
# instrument and item, finding -> what each answer leaves possible
MEANINGS = {
    ("sins pain", "spinal-pain"): {
        "pain-mechanical": {"mechanical"},
        "pain-occasional": {"occasional"},
        "pain-free": {"none"},
        "pain-present": {"mechanical", "occasional"},
    },
    ("sins lesion", "bone-lesion-quality"): {
        "lesion-lytic": {"lytic"},
        "lesion-mixed": {"mixed"},
        "lesion-blastic": {"blastic"},
    },
    ("sins alignment", "spinal-alignment"): {
        "alignment-subluxation": {"subluxation"},
        "alignment-deformity": {"deformity"},
        "alignment-normal": {"normal"},
        "alignment-deformity-not-de-novo": {"normal"},
        "alignment-deformity-age-unknown": {"deformity", "normal"},
    },
    ("sins collapse", "vertebral-collapse"): {
        "collapse-over-50": {"over-50"},
        "collapse-under-50": {"under-50"},
        "collapse-none-involved-over-50": {"involved-over-50"},
        "collapse-none": {"none"},
        "collapse-present": {"over-50", "under-50"},
    },
    ("sins posterolateral", "posterolateral-involvement"): {
        "posterolateral-bilateral": {"bilateral"},
        "posterolateral-unilateral": {"unilateral"},
        "posterolateral-none": {"none"},
    },
    ("mirels pain", "limb-pain"): {
        "limb-pain-mild": {"mild"},
        "limb-pain-moderate": {"moderate"},
        "limb-pain-functional": {"functional"},
        "limb-pain-none": {"mild"},
    },
    ("mirels lesion", "bone-lesion-quality"): {
        "lesion-lytic": {"lytic"},
        "lesion-mixed": {"mixed"},
        "lesion-blastic": {"blastic"},
    },
}
QUANTITIES = {
    ("sins pain", "pain-score"),
    ("sins pain", "pain-visual-analogue-scale"),
    ("sins collapse", "vertebral-height-loss"),
    ("sins collapse", "vertebral-body-involvement"),
    ("mirels size", "cortical-destruction"),
}
VAGUE = {"pain-present", "alignment-deformity-age-unknown", "collapse-present"}
LOCAL_RULES = [
    *(f"SINS-E{n}" for n in (1, 2, 3, 4, *range(6, 13), *range(14, 19))),
    *(f"MIR-E{n}" for n in range(1, 10)),
]


def citations(value: object) -> Iterator[Citation]:
    if isinstance(value, Citation):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from citations(getattr(value, field.name))
    elif isinstance(value, (Mapping, tuple, list)):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from citations(inner)


def possible(reading: ItemReadings, finding: str, value: str | Interval) -> set[str]:
    said = value if isinstance(value, Interval) else frozenset({value})
    return set(reading.answer({finding: (Fact(finding, said, Source("Observation/1")),)}).possible)


EVERY_CITATION = sorted(
    {cite for module in MODULES for value in vars(module).values() for cite in citations(value)},
    key=lambda cite: (cite.key, cite.place),
)


def test_every_citation_says_what_and_where() -> None:
    assert len(EVERY_CITATION) > 40
    for cite in EVERY_CITATION:
        assert cite.key.strip()
        assert len(cite.title.strip()) > 10
        assert cite.place.strip()
        assert cite.url is None or cite.url.startswith("https://")


def test_no_source_that_was_not_read_is_cited_anywhere() -> None:
    assert [cite.key for cite in EVERY_CITATION if cite.tag is Tag.UNREAD] == []


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_every_part_of_an_instrument_has_its_own_citation(name: str) -> None:
    score = INSTRUMENTS[name].score
    keys = [*(item.cite.key for item in score.items), *(band.cite.key for band in score.bands)]
    assert len(set(keys)) == len(keys)
    assert all(option.cite.key == item.cite.key for item in score.items for option in item.options)
    assert score.references
    assert score.use
    assert score.misuse
    assert all(measured.cite.key for measured in score.performance)


def test_every_remark_and_every_advice_cites_and_never_what_was_not_read(
    sins: Instrument, mirels: Instrument, lesion: Callable[..., Lesion]
) -> None:
    spoken: list[Citation] = []
    for used, place in ((sins, "coccyx"), (sins, "T10"), (mirels, "femur"), (mirels, "humerus")):
        record = {code: list(f.answer_labels) or ["33", "80"] for code, f in FINDINGS.items()}
        for case in (lesion(place, record, spans=("T10", "T11")), lesion(place, {})):
            result = used.score.evaluate(used.answers(case))
            remarks = used.remark(result, case)
            spoken += [*citations(remarks), *used.applies(case).cites]
    assert len({cite.key for cite in spoken}) > 20
    assert Tag.UNREAD not in {cite.tag for cite in spoken}


@pytest.mark.parametrize(("item", "reading", "finding"), READ)
def test_every_declared_answer_is_read(item: str, reading: ItemReadings, finding: str) -> None:
    declared = FINDINGS[finding]
    if declared.scale is not None:
        assert (item, finding) in QUANTITIES
        return
    found = {answer: possible(reading, finding, answer) for answer in declared.answer_labels}
    assert found == MEANINGS[item, finding]
    assert possible(reading, finding, INDETERMINATE) == set(reading.item.codes)


@pytest.mark.parametrize(("item", "reading", "finding"), READ)
def test_every_value_of_a_scale_is_read(item: str, reading: ItemReadings, finding: str) -> None:
    scale = FINDINGS[finding].scale
    if scale is None:
        assert (item, finding) in MEANINGS
        return
    every = set(reading.item.codes)
    for tenths in range(scale.low * 10, scale.high * 10 + 1):
        left = possible(reading, finding, exactly(Fraction(tenths, 10)))
        assert left
        assert left <= every
    assert possible(reading, finding, Interval(None, None))


def test_every_reading_of_an_instrument_is_in_the_tables_above() -> None:
    read = {
        (f"{name} {reading.item.code}", finding)
        for name, instrument in INSTRUMENTS.items()
        for reading in instrument.readings
        for finding in reading.readings
    }
    assert read == set(MEANINGS) | QUANTITIES


def test_no_code_answers_two_options_of_one_item_unless_it_is_vague_on_purpose() -> None:
    vague = {a for means in MEANINGS.values() for a, left in means.items() if len(left) > 1}
    assert vague == VAGUE
    for (name, _), means in MEANINGS.items():
        instrument, item = name.split()
        options = frozenset().union(*means.values())
        assert options == set(INSTRUMENTS[instrument].score.item(item).codes)


def test_no_standard_code_stands_for_two_answers_or_two_findings() -> None:
    codes = [code for finding in FINDINGS.values() for code in finding.codes]
    assert len(codes) == len(set(codes))
    for finding in FINDINGS.values():
        assert set(finding.answer_codes.values()) <= set(finding.answer_labels)


def test_every_finding_names_windows_that_exist() -> None:
    for finding in FINDINGS.values():
        assert {finding.window, *finding.windows.values()} <= set(DEFAULT_WINDOWS)
        assert set(finding.windows) <= set(finding.answer_labels)


@pytest.mark.parametrize("rule", LOCAL_RULES)
def test_every_rule_without_a_publication_is_a_local_policy(rule: str) -> None:
    (policy,) = [policy for policy in LOCAL_POLICIES if policy.key == rule]
    assert policy.text.endswith(".")
    assert policy.choices


@pytest.mark.skipif(not SPEC.exists(), reason=f"{SPEC.name} is not beside this checkout")
def test_every_d_rule_of_the_specification_is_a_local_policy() -> None:
    row = re.compile(r"^\| ((?:SINS|MIR)-E\d+) \|.*\| ([^|]*) \|$", re.MULTILINE)
    rows = row.findall(SPEC.read_text("utf-8"))
    local = {rule for rule, tag in rows if "[D]" in tag}
    assert len(local) > 20
    assert local <= {policy.key for policy in LOCAL_POLICIES}
    assert local == set(LOCAL_RULES)


def test_every_local_policy_stands_once_and_belongs_to_something() -> None:
    keys = [policy.key for policy in LOCAL_POLICIES]
    assert len(keys) == len(set(keys))
    knowledge = load(Policy())
    used = {
        *(key for one in INSTRUMENTS.values() for key in one.policies),
        *(key for one in knowledge.patient_scores.values() for key in one.policies),
        *(key for one in knowledge.pathways.values() for key in one.policies),
    }
    assert used | {*URGENT_POLICIES, *ORDER_POLICIES} == set(keys)


def test_the_digest_is_stable_and_changes_with_the_policy() -> None:
    plain = load(Policy()).digest
    assert re.fullmatch("[0-9a-f]{64}", plain)
    assert load(Policy()).digest == plain
    others = [
        Policy({"SINS-E1": "upper"}),
        Policy({"SINS-E2": "upper"}),
        Policy({"SINS-E15": "hide"}),
        Policy(windows={"pain": Window(7, 15)}),
        Policy(windows={"pain": None}),
    ]
    assert len({plain, *(load(policy).digest for policy in others)}) == len(others) + 1


def test_the_digest_does_not_depend_on_the_order_of_the_choices() -> None:
    one = Policy({"SINS-E1": "upper", "SINS-E2": "upper"})
    other = Policy({"SINS-E2": "upper", "SINS-E1": "upper"})
    assert load(one).digest == load(other).digest


def test_labels_fit_a_card_and_a_questionnaire() -> None:
    for instrument in INSTRUMENTS.values():
        for item in instrument.score.items:
            assert 2 < len(item.label) <= 40
            assert item.question.endswith("?")
            assert len(item.question) <= 120
            assert all(2 < len(option.label) <= 90 for option in item.options)
        assert all(2 < len(band.label) <= 30 for band in instrument.score.bands)
        assert all(5 < len(band.meaning) <= 120 for band in instrument.score.bands)
