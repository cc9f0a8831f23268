"""The reasons to override a card: few, each with its words, and codes that stay (R93, R102, R122, R123)."""

import re
from pathlib import Path

import pytest

from cds_hooks.override_reasons import CardKind, displays, override_reasons

BASE = "https://fhir.example.org"
OWN = f"{BASE}/CodeSystem/override-reason"
HL7 = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
# The whole code system of HL7, written down here and not taken from the service.
HL7_CODES = {
    *("patient-ineligible", "indication-order-exists", "action-completed", "action-unsuccessful"),
    *("action-performed-no-adverse-effect", "action-not-priority", "limited-time", "wrong-time-workflow"),
    *("inappropriate-recipient", "need-more-info", "does-not-align-latest-evidence", "expert-contradicts"),
    *("policy-contradicts", "recipient-does-not-trust", "risk-benefit-ratio"),
    *("mitigate-risk-negative-outcome", "likely-negative-health-outcomes", "patient-contraindication"),
    *("patient-fears-discomfort", "patient-does-not-want-change", "cultural-religious-reason"),
    *("prefers-alternative", "patient-refuses", "inadequate-support", "service-not-available"),
    *("implementation-challenges", "too-costly-uncovered", "recipient-does-not-understand"),
    "comorbidity-disability",
}
KINDS = list(CardKind)


@pytest.mark.conforms("R93", "R102", "R122")
@pytest.mark.parametrize("kind", KINDS)
def test_every_reason_has_its_code_its_system_and_its_words(kind: CardKind) -> None:
    reasons = override_reasons(BASE, kind)
    assert 6 <= len(reasons) <= 10
    assert len({reason.code for reason in reasons}) == len(reasons)
    for reason in reasons:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", reason.code)
        assert reason.system in (OWN, HL7)
        assert reason.display
        assert reason.display[0].isupper()
        assert not reason.display.endswith(".")
        assert len(reason.display) <= 60


@pytest.mark.conforms("R123")
@pytest.mark.parametrize("kind", KINDS)
def test_a_code_of_hl7_is_one_of_its_code_system_and_an_own_one_is_not(kind: CardKind) -> None:
    for reason in override_reasons(BASE, kind):
        assert (reason.code in HL7_CODES) == (reason.system == HL7)


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (CardKind.LESION, {"discussed-with-surgeon", "not-a-metastasis", "finding-wrong"}),
        (CardKind.URGENT, {"already-acted-on", "imaging-elsewhere", "finding-wrong"}),
        (CardKind.ORDER, {"surgical-opinion-obtained", "other-lesion", "patient-contraindication"}),
        (CardKind.INCOMPLETE, {"recorded-elsewhere", "no-bone-disease"}),
    ],
)
def test_a_kind_of_card_has_the_reasons_that_fit_it(kind: CardKind, codes: set[str]) -> None:
    assert codes <= {reason.code for reason in override_reasons(BASE, kind)}


def test_the_display_of_a_code_of_hl7_is_the_code_in_words() -> None:
    assert displays(BASE)[HL7, "risk-benefit-ratio"] == "Risk benefit ratio"


def test_every_reason_that_a_card_offers_can_be_told_in_words() -> None:
    found = displays(BASE)
    offered = [reason for kind in KINDS for reason in override_reasons(BASE, kind)]
    assert {(reason.system, reason.code): reason.display for reason in offered} == found
    # One display for one code, and one code for one display.
    assert len(set(found.values())) == len(found)


def test_own_codes_stand_under_the_base_of_the_deployment() -> None:
    other = displays("https://fhir.other.example.org")
    assert {system for system, _ in other} == {
        HL7,
        "https://fhir.other.example.org/CodeSystem/override-reason",
    }


def test_the_page_for_sites_lists_every_reason_to_map() -> None:
    page = (Path(__file__).parents[2] / "docs" / "ehr-clients.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z0-9-]+)` \((.+)\) \| (HL7|own) \| (.+) \|$", page, re.MULTILINE)
    kinds: dict[tuple[str, str, str], list[str]] = {}
    for kind in KINDS:
        for reason in override_reasons(BASE, kind):
            system = "HL7" if reason.system == HL7 else "own"
            kinds.setdefault((reason.code, reason.display or "", system), []).append(kind.value)
    assert {tuple(row[:3]): row[3].split(", ") for row in listed} == kinds
