"""Every rule and fact of the specification is in the knowledge, in the evidence, or left out for a reason."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import app.knowledge
from app.engine.provenance import Source
from app.engine.question import Answer, Item, given
from app.engine.reading import Fact
from app.evidence import load as load_evidence
from app.evidence.left_out import LEFT_OUT as LEFT_OUT_OF_EVIDENCE
from app.knowledge import load
from app.knowledge.anatomy import place_of_level
from app.knowledge.disputes import DISPUTES
from app.knowledge.finding import Scope
from app.knowledge.findings import FINDINGS
from app.knowledge.left_out import PROPERTIES, left_out
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Case, Patient
from app.knowledge.policy import Policy
from app.web.knowledge_documents import CONFLICTS_BY_PAGE, knowledge_documents
from tests.contract.served import application

ROOT = Path(__file__).parents[2]
SPEC = ROOT.parent / "shared" / "reference" / "clinical-spec.md"
FRESH = Source("Observation/any", "2026-01-05T10:00:00Z")
IDENTIFIER = re.compile(r"[A-Z][A-Z0-9]*(?:-[A-Za-z0-9]+)*")
# By section of the specification; ``1..3`` stands for 1, 2 and 3.
SECTIONS: Mapping[str, str] = {
    "0.3 conventions": "GEN-1..8",
    "1.1 HAO": "HAO-ID-1 HAO-INC-1..4 HAO-EXC-1..4 HAO-PRE-1 HAO-PROC-1..2 HAO-DEM HAO-SITE HAO-OPS HAO-CX "
    "HAO-SURV",
    "1.2 CHEN": "CHEN-INC-1..5 CHEN-EXC-1..4 CHEN-IMG-1 CHEN-PROC-1..2 CHEN-TEMP-1 CHEN-CEM-1 CHEN-DESTR "
    "CHEN-LVL CHEN-FILL CHEN-LEAK CHEN-NEURO CHEN-LC-1 CHEN-FU CHEN-CTV-1 CHEN-BG CHEN-CMP-1",
    "1.3 MSTS": "MSTS-EXP-1 MSTS-PRO MSTS-CON MSTS-REV MSTS-1..14",
    "1.4 XU": "XU-INC-1..7 XU-EXC-1..5 XU-REL-1..3 XU-PROC XU-RES XU-FX XU-LEAK XU-PAIN-1 XU-TIME-1 "
    "XU-TECH-1..4 XU-DENO-1 XU-BIO XU-LIT XU-CASE-1..3",
    "1.5 TAD": "TAD-DIST TAD-IMG-1..3 TAD-STM TAD-SRE TAD-SURG-1 TAD-SINS TAD-NOMS TAD-MIR TAD-RT-1..2 "
    "TAD-VA-1 TAD-ABL-1..7 TAD-PLAN-1 TAD-MM-1 TAD-PEL-1 TAD-ENN-1 TAD-ACE-1..2 TAD-FEM-1 TAD-OUT-1 TAD-CX",
    "1.6 and 8.5b inconsistencies": "INC-0..51",
    "2 SINS": "SINS-1..6 SINS-B1 SINS-B2 SINS-B3 SINS-L SINS-E1..9 SINS-E10 SINS-E11 SINS-E12 SINS-E13 "
    "SINS-E14 SINS-E15 SINS-E16 SINS-E17 SINS-E18 SINS-C1",
    "3 Mirels": "MIR-1..4 MIR-B1 MIR-B2 MIR-B3 MIR-N1 MIR-N2 MIR-E1..9 MIR-R1..5",
    "4 fracture": "VCF-1..8 VCF-R1..4 OST-1..4 OST-R1 IMG-1..2 IMG-R1 PEL-1..2 ACE-H",
    "5 neurology and NOMS": "ESCC-1..6 NEU-1 NOMS-1..10 NOMS-X1..9 ONC-1..2",
    "6 prognosis": "PRO-0 PRO-R1 TOK-1..6 VDL RAD2 RAD08 OSRI",
    "7 instruments": "INS-1..6 MME-1..5 ODI-1..4 BM-1..6 EQ-1 QALY-1..4 PS-1",
    "8.1 urgent": "RED-1..9 RED-5b SURG-1",
    "8.2 augmentation": "AUG-IND-1..5 AUG-EXC-1..8 AUG-REL-1..6 AUG-PW-1..4 AUG-MON-1 AUG-TECH-OB-1..4 "
    "AUG-DENO AUG-NOTE AUG-MDT",
    "8.3 ablation": "ABL-1 ABL-EXC-1..7 ABL-9 ABL-IND-1..2 ABL-2 ABL-3a ABL-3b ABL-4..8",
    "8.4 radiotherapy": "RT-1..8",
    "8.5 others": "EMB-1 FEMR-1..3 ACER-1..4 MYE-1 MDT-1..2",
    "8.5b further": "TRIAL-CHEN TRIAL-XU TRIAL-HAO IMG-MOD-1 IMG-MAR-1 IMG-STM-1 QUAL-1 MAP-1 AUG-FXAGE "
    "AUG-PRO-2 FU-1..3 CX-GRADE PRE-ANES SUR-CTX PAIN-LOC ABL-M",
    "10 safety": "SAF-1..5 TIME-1..5 CON-1..4 LAT-1..2 LES-1..5",
    "11 uncertainties": "U-1..14",
}
# One rule of the specification that is several here.
FAMILIES: Mapping[str, str] = {"VDL": "VDL-1", "RAD2": "RAD2-1"}


def expanded(text: str) -> Iterator[str]:
    for word in text.split():
        whole = re.fullmatch(r"(.*?)(\d+)\.\.(\d+)", word)
        if whole:
            yield from (f"{whole[1]}{n}" for n in range(int(whole[2]), int(whole[3]) + 1))
        else:
            yield word


RULES = {rule: section for section, text in SECTIONS.items() for rule in expanded(text)}


def keys_in(value: object) -> Iterator[str]:
    """The identifiers that objects carry: of citations, criteria, rows, remarks, advice, policies."""
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            inner = getattr(value, field.name)
            if field.name in ("key", "id") and isinstance(inner, str):
                yield inner
            yield from keys_in(inner)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from keys_in(inner)
    elif isinstance(value, Collection) and not isinstance(value, str | bytes):
        for inner in value:
            yield from keys_in(inner)


def literals_in(folder: Path) -> Iterator[str]:
    """Identifiers written in the code: what a function says stands nowhere else."""
    for path in folder.rglob("*.py"):
        if path.stem.endswith("left_out"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and IDENTIFIER.fullmatch(text):
                yield text


@pytest.fixture(scope="module")
def known() -> frozenset[str]:
    found = set(keys_in(load(Policy())))
    for module in walk_packages(app.knowledge.__path__, "app.knowledge."):
        if not module.name.endswith("left_out"):
            found |= set(keys_in(tuple(vars(import_module(module.name)).values())))
    for folder in ("app/knowledge", "app/engine", "app/assess", "app/fhir", "cds_hooks"):
        found |= set(literals_in(ROOT / folder))
    return frozenset(found)


@pytest.fixture(scope="module")
def evidence() -> frozenset[str]:
    loaded = load_evidence()
    facts = {fact for item in loaded.items.values() for fact in item.facts}
    return frozenset(facts | {one.id for one in loaded.inconsistencies})


@pytest.fixture(scope="module")
def left() -> frozenset[str]:
    return frozenset({one.rule for one in left_out()} | {one.fact for one in LEFT_OUT_OF_EVIDENCE})


@pytest.mark.parametrize("section", list(SECTIONS))
def test_nothing_of_the_specification_is_forgotten(
    section: str, known: frozenset[str], evidence: frozenset[str], left: frozenset[str]
) -> None:
    there = known | evidence | left | {one.rule for one in PROPERTIES}
    wanted = list(expanded(SECTIONS[section]))
    missing = [rule for rule in wanted if FAMILIES.get(rule, rule) not in there]
    assert missing == []


@pytest.mark.skipif(not SPEC.exists(), reason=f"{SPEC.name} is not beside this checkout")
def test_the_list_above_is_that_of_the_specification() -> None:
    text = SPEC.read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| ([A-Z][A-Z0-9]+(?:-[A-Z0-9]+)*-[A-Z]?\d+[a-z]?)(?: [A-Za-z ]+\d*)? \|", text, re.MULTILINE
    )
    assert len(rows) > 200
    assert sorted(set(rows) - set(RULES)) == []


def test_every_reason_is_one_and_no_rule_is_both_left_out_and_a_property() -> None:
    for one in left_out():
        assert one.rule.strip()
        assert len(one.reason) > 10, one.rule
    properties = [one.rule for one in PROPERTIES]
    assert len(set(properties)) == len(properties)
    assert not set(properties) & {one.rule for one in left_out()}


@pytest.mark.parametrize("one", PROPERTIES, ids=lambda one: one.rule)
def test_every_property_names_a_test_that_exists(one: object) -> None:
    (found,) = [kept for kept in PROPERTIES if kept is one]
    path, _, name = found.test.partition("::")
    code = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    names = {node.name for node in ast.walk(code) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert name in names
    assert found.how.endswith(".")


def test_no_dispute_is_filed_under_a_definition_that_does_not_exist() -> None:
    pages = set(knowledge_documents(load(Policy())))
    assert sorted({page for one in DISPUTES for page in one.pages} - pages) == []
    assert sorted(set(CONFLICTS_BY_PAGE) - pages) == []


# -- rules that no definition carries and no other test names ---------------------------------------------

KNOWLEDGE = load(Policy())
WORSE = {
    "sins": "high",
    "mirels": "high",
    "rades-two-month": "high",
    "tokuhashi": "low",
    "modified-bauer": "low",
    "nesms": "low",
    "van-der-linden": "low",
}


def test_gen_7_every_score_says_in_which_direction_it_is_worse() -> None:
    scores = [one.score for one in KNOWLEDGE.instruments.values()]
    scores += [one.score for one in KNOWLEDGE.patient_scores.values()]
    assert {score.code: score.worse for score in scores} == WORSE


def test_qual_1_the_quality_of_a_lesion_comes_from_its_own_findings() -> None:
    for instrument in KNOWLEDGE.instruments.values():
        (reading,) = [one for one in instrument.readings if one.item.code == "lesion"]
        assert set(reading.readings) == {"bone-lesion-quality"}
        assert FINDINGS["bone-lesion-quality"].scope is Scope.LESION


def test_map_1_a_pedicle_is_no_arch_and_a_collapse_no_destruction() -> None:
    recorded = {
        "posterolateral-involvement": "posterolateral-bilateral",
        "vertebral-collapse": "collapse-over-50",
    }
    facts = {code: (Fact(code, frozenset({answer}), FRESH),) for code, answer in recorded.items()}
    place = place_of_level("T10")
    given = KNOWLEDGE.pathways["augmentation"].read(Case(Lesion("T10", place, facts), Patient()))
    for code in ("posterior_arch", "complete_destruction"):
        answer = given[code]
        assert isinstance(answer, Answer)
        assert (set(answer.possible), answer.recorded) == ({"yes", "no"}, False)


@pytest.mark.parametrize("grade", ["escc-0", "escc-1b", "escc-2", "escc-3"])
@pytest.mark.parametrize("stability", ["stable", "unstable"])
def test_noms_x9_rows_of_sensitive_tumours_ignore_whether_surgery_is_tolerated(
    grade: str, stability: str
) -> None:
    noms = KNOWLEDGE.pathways["noms"]
    items = {one.code: one for one in noms.inputs if isinstance(one, Item)}
    stated = {"escc": grade, "myelopathy": "absent", "radiosensitivity": "sensitive", "stability": stability}
    fixed = {code: given(items[code], [option]) for code, option in stated.items()}
    outcomes = set()
    for systemic in (["surgery-able"], ["surgery-unable"], None):
        answers = fixed if systemic is None else {**fixed, "systemic": given(items["systemic"], systemic)}
        rows = noms.judge(answers).rows
        assert rows is not None
        outcomes.add((tuple(row.id for row in rows.outcome.rows), rows.settled))
    assert len(outcomes) == 1


def test_saf_2_no_media_type_of_an_image_is_taken() -> None:
    operations = [one for methods in application().openapi()["paths"].values() for one in methods.values()]
    taken = {media for one in operations for media in one.get("requestBody", {}).get("content", {})}
    assert taken == {"application/json", "application/fhir+json"}
