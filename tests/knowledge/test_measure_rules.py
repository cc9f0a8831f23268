"""Rules about the measures as a whole: every rule accounted for, every statement sourced."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from app.engine.provenance import Citation, DefinitionError, Tag
from app.engine.reading import Interval
from app.knowledge import measure_sources
from app.knowledge.measure import Answers, Input, InputOption, Kind, Measure
from app.knowledge.measure_left_out import LEFT_OUT
from app.knowledge.sources import local_policy
from tests.knowledge.measure_case import MEASURES, ask

SPEC = Path(__file__).parents[2].parent / "shared" / "reference" / "clinical-spec.md"
RULES = {
    "pain-bands": [f"INS-{n}" for n in range(1, 7)],
    "morphine-equivalents": [f"MME-{n}" for n in range(1, 6)],
    "odi": [f"ODI-{n}" for n in range(1, 5)],
    "qlq-bm22": [f"BM-{n}" for n in range(1, 7)],
    "eq-5d-3l-japan": ["EQ-1"],
    "quality-adjusted-life-years": [f"QALY-{n}" for n in range(1, 5)],
    "performance-status": ["PS-1"],
}
OSTEOPOROSIS = ["OST-1", "OST-2", "OST-3", "OST-4", "OST-R1"]
CITE = local_policy("X-1", "A rule made up for a test")
# One answer of each measure that says as much as it can.
FULL: Mapping[str, Mapping[str, Any]] = {
    "pain-bands": {"visual_analogue_scale": 55, "pain_score_after": 2, "band_set": "mcdonald-2016"},
    "morphine-equivalents": {
        "opioids": [
            {"opioid": "methadone", "route": "oral", "daily_dose_milligrams": 5, "as_needed": True},
            {"opioid": "fentanyl", "route": "transdermal", "micrograms_per_hour": 25},
            {"opioid": "buprenorphine"},
        ]
    },
    "odi": {"section_1": 3},
    "qlq-bm22": {"painful_sites": 40},
    "eq-5d-3l-japan": {"state": "33333"},
    "quality-adjusted-life-years": {
        "utilities": [{"time_months": 1, "utility": 1}, {"time_months": 2}],
        "death_months": 6,
    },
    "performance-status": {"ecog": 0, "karnofsky": 10},
}


def citations(value: object) -> Iterator[Citation]:
    if isinstance(value, Citation):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from citations(getattr(value, field.name))
    elif isinstance(value, (Mapping, tuple, list)):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from citations(inner)


def cited(code: str) -> set[Citation]:
    package = f"app.knowledge.{code.replace('-', '_')}"
    modules = [import_module(f"{package}.{name}") for name in ("table", "calculation")]
    return {cite for module in modules for value in vars(module).values() for cite in citations(value)}


def test_every_measure_is_there() -> None:
    assert set(MEASURES) >= set(RULES) == set(FULL)


@pytest.mark.parametrize("code", RULES)
def test_every_rule_is_cited_or_left_out_with_a_reason(code: str) -> None:
    keys = {cite.key for cite in cited(code)}
    left_out = {entry.rule for entry in LEFT_OUT if entry.measure == code}
    assert set(RULES[code]) <= keys | left_out


@pytest.mark.skipif(not SPEC.exists(), reason=f"{SPEC.name} is not beside this checkout")
def test_every_rule_of_the_specification_is_in_the_list_above() -> None:
    text = SPEC.read_text("utf-8")
    section = text.partition("\n## 7. Instruments")[2].partition("\n## 8.")[0]
    named = set(re.findall(r"\b(?:INS|MME|ODI|BM|EQ|QALY|PS)-\d\b", section))
    assert named == {rule for rules in RULES.values() for rule in rules}
    tools = text.partition("\n### 4.2 ")[2].partition("\n### 4.3")[0]
    assert set(re.findall(r"\bOST-(?:R?\d)", tools)) == set(OSTEOPOROSIS)


def test_what_is_left_out_stands_once_with_a_reason() -> None:
    rules = [entry.rule for entry in LEFT_OUT]
    assert len(rules) == len(set(rules))
    assert set(OSTEOPOROSIS) <= set(rules)
    assert {"INS-5", "BM-2", "BM-3"} <= set(rules)
    for entry in LEFT_OUT:
        assert entry.what.endswith(".")
        assert entry.reason.endswith(".")
        assert entry.measure is None or entry.measure in MEASURES


@pytest.mark.parametrize("code", RULES)
def test_no_source_that_was_not_read_is_cited(code: str) -> None:
    spoken = {*cited(code), *citations(ask(code, **FULL[code])), *MEASURES[code].citations}
    assert spoken
    for cite in spoken:
        assert cite.tag is not Tag.UNREAD
        assert len(cite.title.strip()) > 10
        assert cite.place.strip()


def test_every_publication_is_used() -> None:
    used = {cite.title for code in RULES for cite in cited(code)}
    for cite in citations(tuple(vars(measure_sources).values())):
        assert cite.title in used, cite.key


@pytest.mark.parametrize("code", RULES)
def test_every_rule_that_no_publication_gives_is_a_local_policy(code: str) -> None:
    local = {cite.key for cite in cited(code) if cite.tag is Tag.LOCAL_POLICY}
    assert local <= {policy.key for policy in MEASURES[code].policies}
    for policy in MEASURES[code].policies:
        assert policy.text.endswith(".")


@pytest.mark.parametrize("code", RULES)
def test_a_definition_says_what_it_asks_and_when_not_to_use_it(code: str) -> None:
    measure = MEASURES[code]
    assert measure.code == code
    assert measure.use
    assert measure.misuse
    for entry in measure.inputs:
        assert "?" in entry.question or "In place of" in entry.question
        assert len(entry.label) <= 40
    assert all(text.endswith(".") for text in (*measure.use, *measure.misuse))


@pytest.mark.parametrize("code", RULES)
def test_remarks_are_short_and_sourced(code: str) -> None:
    for given in ({}, FULL[code]):
        found = ask(code, **given)
        for remark in (*found.cautions, *found.flags):
            assert remark.cites
            assert len(remark.text) < 240
            assert remark.text.endswith(".")


@pytest.mark.parametrize("code", RULES)
def test_nothing_known_settles_nothing(code: str) -> None:
    found = ask(code)
    assert not found.settled
    assert found.value is None
    assert found.missing


def entry(**changes: Any) -> Input:
    plain = Input("x", "X", "Which?", Kind.CODED, CITE, options=(InputOption("a", "A"),))
    return replace(plain, **changes)


def measure(**changes: Any) -> Measure:
    return replace(MEASURES["odi"], **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"options": ()},
        {"kind": Kind.NUMBER},
        {"kind": Kind.ROWS},
        {"low": Fraction(1), "high": Fraction(2)},
        {"options": (InputOption("a", "A"), InputOption("a", "B"))},
        {"pattern": "^a$"},
    ],
)
def test_an_input_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(DefinitionError, match="input x"):
        entry(**changes)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"inputs": (entry(), entry()), "apart": ()}, "two inputs"),
        ({"inputs": (entry(),)}, "does not have"),
        ({"not_asked": {"sum": "asked"}}, "does not have"),
        ({"bands": MEASURES["odi"].bands * 2}, "two bands"),
        ({"use": ()}, "no reference, use or misuse"),
        ({"references": (Citation("K", "Something never read", "somewhere", Tag.UNREAD),)}, "not read"),
    ],
)
def test_a_measure_that_contradicts_itself_is_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(DefinitionError, match=fault):
        measure(**changes)


def test_an_answer_to_no_input_or_of_another_kind_is_a_fault_of_the_caller() -> None:
    with pytest.raises(DefinitionError, match="no input"):
        MEASURES["odi"].evaluate(Answers({"nothing": True}))
    for code, name, value in (
        ("odi", "percentage", frozenset({"1"})),
        ("odi", "section_1", Interval(Fraction(1), Fraction(1))),
        ("eq-5d-3l-japan", "state", True),
        ("morphine-equivalents", "opioids", "morphine"),
    ):
        with pytest.raises(DefinitionError, match="another kind"):
            MEASURES[code].evaluate(Answers({name: value}))
