import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from app.engine.provenance import Citation, Source, Tag
from app.engine.question import given
from app.engine.reading import Fact, exactly
from app.knowledge import load
from app.knowledge.anatomy import place_of_level
from app.knowledge.histology import primary_of
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Patient
from app.knowledge.patient_score import PatientScore
from app.knowledge.policy import LOCAL_POLICIES, Policy
from app.knowledge.prognosis_left_out import PROGNOSIS_LEFT_OUT

SPEC = Path(__file__).parents[2].parent / "shared" / "reference" / "clinical-spec.md"
SCORES = load(Policy()).patient_scores
EVERY = [pytest.param(score, id=code) for code, score in SCORES.items()]
# Words with which a text would speak of how long one person lives.
FORBIDDEN = re.compile(
    r"\bwill\b|expect(ed|s)? to live|prognosis is|\bwould live\b|life expectancy is|likely to (die|live)"
    r"|this patient|\bshould\b|\bmust\b",
    re.IGNORECASE,
)
# What section 6 of the specification calls each rule.
RULES = {
    "PRO-0", "PRO-R1", "PS-1", *(f"TOK-{n}" for n in range(1, 7)), *(f"BAU-{n}" for n in range(1, 5)),
    "NESMS", "VDL", "RAD2", "RAD08", "OSRI", "Tomita", "Katagiri", "SORG nomogram", "SORG-ML", "PATHFx",
    "NEU-1",
}  # fmt: skip


def _record(**values: str) -> Patient:
    facts = {}
    for name, value in values.items():
        code = name.replace("_", "-")
        said = exactly(int(value)) if value.isdigit() else frozenset({value})
        facts[code] = (Fact(code, said, Source(f"Observation/{code}")),)
    lesions = tuple(
        Lesion(level, place_of_level(level), conditions=(f"Condition/{level}",)) for level in ("T10", "L3")
    )
    primary = primary_of([("other", Source("Condition/1"), True)])
    return Patient(facts=facts, lesions=lesions, primary=primary)


# Records that together bring out every remark.
RECORDS = [
    Patient(),
    _record(karnofsky="10", ecog="4"),
    _record(karnofsky="45"),
    _record(ecog="1"),
    _record(ecog="5"),
    _record(karnofsky="90", ecog="4"),
    _record(karnofsky="80", ecog="1", visceral_metastases="visceral-none", frankel_grade="frankel-e"),
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


def spoken(score: PatientScore) -> Iterator[object]:
    yield score.score
    for record in RECORDS:
        yield from score.remark(score.score.evaluate(score.read(record)))


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Citation):
        return
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from texts(getattr(value, field.name))
    elif isinstance(value, (tuple, list)):
        for inner in value:
            yield from texts(inner)


CITED = [cite for score in SCORES.values() for part in spoken(score) for cite in citations(part)]


@pytest.mark.parametrize("score", EVERY)
def test_no_text_speaks_of_one_persons_survival(score: PatientScore) -> None:
    said = {text for part in spoken(score) for text in texts(part)}
    assert len(said) > 20
    assert [text for text in said if FORBIDDEN.search(text)] == []


def test_the_left_out_list_speaks_of_nobody_either() -> None:
    said = [text for one in PROGNOSIS_LEFT_OUT for text in (one.rule, one.what, one.reason)]
    assert [text for text in said if FORBIDDEN.search(text)] == []


@pytest.mark.parametrize("score", EVERY)
def test_every_result_says_whose_figure_it_is_and_what_it_never_sets(score: PatientScore) -> None:
    for record in RECORDS:
        said = {r.key: r.text for r in score.remark(score.score.evaluate(score.read(record)))}
        assert "not this person's" in said["PRO-0"]
        assert "90 %" in said["PRO-0"]
        assert "never sets it" in said["PRO-R1"]


@pytest.mark.parametrize("score", EVERY)
def test_every_score_says_how_it_is_misused(score: PatientScore) -> None:
    misuse = " ".join(score.score.misuse)
    assert "life expectancy over three months: a clinician enters that" in misuse
    assert "90 %" in misuse
    assert "SINS is no prognostic score" in misuse
    assert score.score.use


@pytest.mark.parametrize("score", EVERY)
def test_a_prognostic_score_reads_no_life_expectancy_and_gives_none(score: PatientScore) -> None:
    plain = score.read(RECORDS[-1])
    entered = RECORDS[-1].facts | {  # type: ignore[operator]  # facts are a dictionary here
        "life-expectancy-over-3-months": (
            Fact("life-expectancy-over-3-months", frozenset({"present"}), Source("Observation/9")),
        )
    }
    other = Patient(facts=entered, lesions=RECORDS[-1].lesions, primary=RECORDS[-1].primary)
    assert score.read(other) == plain
    assert not any("life" in item.code for item in score.score.items)


def test_no_source_that_was_not_read_is_cited() -> None:
    assert len(CITED) > 100
    assert {cite.key for cite in CITED if cite.tag is Tag.UNREAD} == set()


def test_nesms_is_cited_as_a_secondary_source() -> None:
    score = SCORES["nesms"].score
    parts = [*(item.cite for item in score.items), *(band.cite for band in score.bands)]
    assert {cite.tag for cite in parts} == {Tag.SECONDARY}
    assert all(option.cite.tag is Tag.SECONDARY for item in score.items for option in item.options)


@pytest.mark.parametrize("code", [code for code in SCORES if code != "nesms"])
def test_every_other_table_was_read(code: str) -> None:
    score = SCORES[code].score
    parts = [*(item.cite for item in score.items), *(band.cite for band in score.bands)]
    assert {cite.tag for cite in parts} == {Tag.READ}


@pytest.mark.parametrize("score", EVERY)
def test_every_part_has_a_citation_of_its_own(score: PatientScore) -> None:
    keys = [*(i.cite.key for i in score.score.items), *(band.cite.key for band in score.score.bands)]
    assert len(set(keys)) == len(keys)
    assert {"PRO-0", "PRO-R1"} <= {cite.key for cite in score.references}


def test_published_figures_are_those_of_the_comparison_and_of_the_validation() -> None:
    figures = {
        code: [(one.measure.split(",")[0], one.value) for one in score.score.performance]
        for code, score in SCORES.items()
    }
    assert figures["tokuhashi"] == [("one-year survival", "0.67")]
    assert figures["nesms"][0] == ("one-year survival", "0.79")
    assert "7.04 (2.47 to 20.08)" in figures["nesms"][1][1]
    assert "31.30 (8.82 to 111.04)" in figures["nesms"][1][1]
    assert "sensitivity 81 %, specificity 84 %" in figures["rades-two-month"][0][1]


def test_every_rule_of_section_6_is_cited_or_left_out() -> None:
    found = {cite.key for cite in CITED} | {one.rule for one in PROGNOSIS_LEFT_OUT}
    assert found >= RULES


@pytest.mark.skipif(not SPEC.exists(), reason=f"{SPEC.name} is not beside this checkout")
def test_every_identifier_in_section_6_of_the_specification_is_known() -> None:
    text = SPEC.read_text("utf-8")
    section = text[text.index("## 6. ") : text.index("## 7. ")]
    named = set(re.findall(r"^(?:\| )?([A-Z]{3,4}\d?\d?(?:-R?\d)?)\b", section, re.MULTILINE))
    assert {"PRO-0", "TOK-1", "TOK-6", "VDL", "RAD2", "RAD08", "OSRI", "SORG", "PRO-R1"} <= named
    known = {cite.key for cite in CITED} | {one.rule for one in PROGNOSIS_LEFT_OUT}
    # ECOG is an item of the Katagiri table there, and no rule.
    assert {one for one in named if not any(key.startswith(one) for key in known)} == {"ECOG"}


def test_every_left_out_rule_stands_once_and_says_why() -> None:
    rules = [one.rule for one in PROGNOSIS_LEFT_OUT]
    assert len(set(rules)) == len(rules)
    assert all(one.what.endswith(".") and one.reason.endswith(".") for one in PROGNOSIS_LEFT_OUT)
    assert not set(rules) & set(SCORES)
    external = {one.rule for one in PROGNOSIS_LEFT_OUT if one.external}
    assert external == {"SORG nomogram", "SORG-ML", "PATHFx"}


def test_every_policy_of_a_score_is_a_local_policy() -> None:
    known = {policy.key for policy in LOCAL_POLICIES}
    assert all(set(score.policies) <= known for score in SCORES.values())


@pytest.mark.parametrize("score", EVERY)
def test_labels_fit_a_card_and_a_questionnaire(score: PatientScore) -> None:
    for item in score.score.items:
        assert 2 < len(item.label) <= 40
        assert item.question.endswith("?")
        assert len(item.question) <= 120
        assert all(len(option.label) <= 90 for option in item.options)
    assert all(2 < len(band.label) <= 30 for band in score.score.bands)
    assert all(5 < len(band.meaning) <= 120 for band in score.score.bands)


@pytest.mark.parametrize("score", EVERY)
def test_answers_of_a_caller_are_remarked_on_as_those_of_a_record(score: PatientScore) -> None:
    chosen = {item.code: given(item, item.codes[:1]) for item in score.score.items}
    keys = {remark.key for remark in score.remark(score.score.evaluate(chosen))}
    assert {"PRO-0", "PRO-R1"} <= keys
