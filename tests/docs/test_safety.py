"""The page on safety names only what exists, and leaves no hazard without a test and a duty."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

from app.knowledge import load
from app.knowledge.left_out import PROPERTIES
from app.knowledge.policy import Policy
from app.settings import Settings
from tests.knowledge.test_every_rule import keys_in, literals_in

ROOT = Path(__file__).parents[2]
PAGE = "docs/safety.md"
HAZARDS = ["hazard", "what could happen", "causes", "what the product does", "what remains for the site"]
REQUIREMENTS = ["requirement", "hazards", "rules and modules", "tests"]
RULE = re.compile(r"[A-Z][A-Z0-9]*-[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
SETTING = re.compile(r"SPINE_METS_([A-Z_]+)")
TEST = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)")
PLACE = re.compile(r"(?:app|cds_hooks|tests|docs|deploy|bench|tools)/[\w./-]+")
# A page may say that it claims nothing; these would be claims.
CLAIM = re.compile(
    r"\b(?:certified|compliant|complies|approved|cleared|CE|HIPAA[- ]ready|"
    r"conforms to (?:ISO|IEC|MDR)|meets (?:ISO|IEC|MDR))\b"
)


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def tables(text: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Every table of a page: its head, and its rows below the rule."""
    for is_row, lines in groupby(text.splitlines(), lambda line: line.startswith("|")):
        if is_row:
            head, _rule, *rows = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines)
            yield head, rows


def table(text: str, head: list[str]) -> list[list[str]]:
    (rows,) = [rows for found, rows in tables(text) if found == head]
    return rows


def named(text: str) -> list[str]:
    """What stands as code within the text, outside of blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def proofs_in(text: str) -> set[str]:
    return {one for one in named(text) if TEST.fullmatch(one)}


@cache
def known_tests() -> frozenset[str]:
    """Every test of the project, as file and function."""
    return frozenset(
        f"{path.relative_to(ROOT)}::{node.name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


@cache
def known_rules() -> frozenset[str]:
    """Every rule of the knowledge, every property of the machinery, and what only the code says."""
    found = set(keys_in(load(Policy()))) | {one.rule for one in PROPERTIES}
    for folder in ("app/knowledge", "app/assess", "app/fhir", "cds_hooks"):
        found |= set(literals_in(ROOT / folder))
    return frozenset(found)


def unknown_in(text: str, beside: str = "docs") -> list[str]:
    """What a page names and the project does not hold: tests, modules, settings, rules, files.

    Args:
        text: the page.
        beside: the folder that it stands in, from which its links lead.
    """
    settings = {name.upper() for name in Settings.model_fields}
    unknown = []
    for one in dict.fromkeys(named(text)):
        if TEST.fullmatch(one):
            there = one in known_tests()
        elif PLACE.fullmatch(one):
            there = (ROOT / one).exists()
        elif setting := SETTING.match(one):
            there = setting[1] in settings
        elif RULE.fullmatch(one) and one.isascii() and one.partition("-")[0].isupper():
            there = one in known_rules()
        else:
            continue
        if not there:
            unknown.append(one)
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text)
    return unknown + [link for link in links if "://" not in link and not (ROOT / beside / link).exists()]


def hazards() -> Mapping[str, list[str]]:
    return {row[0].split()[0]: row for row in table(page(PAGE), HAZARDS)}


def requirements() -> Mapping[str, list[str]]:
    return {row[0].split()[0]: row for row in table(page(PAGE), REQUIREMENTS)}


def test_everything_that_is_named_exists() -> None:
    assert unknown_in(page(PAGE)) == []


@pytest.mark.parametrize(
    "text",
    [
        "`tests/docs/test_safety.py::test_that_nobody_wrote`",
        "`app/nowhere.py`",
        "`SPINE_METS_NOTHING`",
        "`SINS-E99`",
        "[page](nowhere.md)",
    ],
)
def test_what_does_not_exist_is_found(text: str) -> None:
    assert len(unknown_in(f"What stands {text} here.")) == 1


@pytest.mark.parametrize(
    "text", ["`GAP-1`", "`CON-4`", "`app/fhir`", "`SPINE_METS_PORT`", "[page](../README.md)", "`order-sign`"]
)
def test_what_exists_is_not(text: str) -> None:
    assert unknown_in(f"What stands {text} here.") == []


def test_every_row_has_every_cell() -> None:
    for head, rows in tables(page(PAGE)):
        for row in rows:
            assert len(row) == len(head), row[0]
            assert all(row), row[0]


def test_hazards_and_requirements_are_numbered_without_a_gap() -> None:
    assert list(hazards()) == [f"H{number}" for number in range(1, len(hazards()) + 1)]
    assert list(requirements()) == [f"S{number}" for number in range(1, len(requirements()) + 1)]


@pytest.mark.parametrize("hazard", list(hazards()))
def test_a_hazard_has_a_cause_a_measure_a_duty_and_a_test(hazard: str) -> None:
    _name, harm, causes, measure, duty = hazards()[hazard]
    assert all(text.strip("- .") for text in (harm, causes, measure, duty))
    proving = [row for row in requirements().values() if hazard in re.split(r",\s*", row[1])]
    assert any(proofs_in(row[3]) for row in proving)


@pytest.mark.parametrize("requirement", list(requirements()))
def test_a_requirement_answers_a_hazard_by_a_rule_or_a_module_and_has_a_test(requirement: str) -> None:
    _name, answered, where, proof = requirements()[requirement]
    assert set(re.split(r",\s*", answered)) <= set(hazards())
    assert named(where)
    assert proofs_in(proof)
    # Nothing in these cells goes unchecked.
    assert set(named(proof)) == proofs_in(proof)
    assert all(RULE.fullmatch(one) or PLACE.fullmatch(one) for one in named(where))


def test_every_rule_and_module_against_a_hazard_is_traced() -> None:
    measures = {one for row in hazards().values() for one in named(row[3])}
    traced = {one for row in requirements().values() for one in named(row[2])}
    traced |= {str(place) for one in traced if PLACE.fullmatch(one) for place in Path(one).parents}
    rules_and_modules = {one for one in measures if RULE.fullmatch(one) or PLACE.fullmatch(one)}
    assert sorted(rules_and_modules - traced) == []


@pytest.mark.parametrize("name", [PAGE, "SECURITY.md", "README.md"])
def test_nothing_is_claimed_that_others_would_have_to_say(name: str) -> None:
    assert [line for line in page(name).splitlines() if CLAIM.search(line)] == []


@pytest.mark.parametrize(
    "claim",
    ["It is certified.", "It is compliant with ISO 14971.", "Approved, and CE marked.", "It is FDA-cleared."],
)
def test_such_a_claim_is_found(claim: str) -> None:
    assert CLAIM.search(claim[0].lower() + claim[1:])


def test_it_says_what_it_is_for_who_decides_and_what_it_does_not_claim() -> None:
    text = " ".join(page(PAGE).split())
    assert re.findall(r"(?m)^## (.+)$", page(PAGE)) == [
        "Intended use",
        "Not intended",
        "Who decides",
        "How it decides",
        "Reviewing the basis of a card",
        "Hazards",
        "Traceability",
        "Known limits",
        "Changing it safely",
    ]
    assert "It claims no conformity with any law, standard or guidance." in text
    assert "No machine learning is used" in text
