"""The prefetch templates against the rules of CDS Hooks 2.0.1 (checklist R37 to R50)."""

import re
from collections.abc import Iterator, Mapping
from itertools import chain

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.contract.served import application, talk_to

TOKEN = re.compile(r"\{\{([^{}]*)\}\}")
# Fields that the hook's definition marks "Prefetch Token: Yes", and the user tokens of 2.0.
TOKENS: Mapping[str, frozenset[str]] = dict.fromkeys(
    ("patient-view", "order-select", "order-sign", "problem-list-item-create", "encounter-start"),
    frozenset({"context.userId", "context.patientId", "context.encounterId"}),
)
USER_TOKENS = frozenset(
    {"userPractitionerId", "userPractitionerRoleId", "userPatientId", "userRelatedPersonId"}
)
# R4 types and, of each, the search parameters of the portable subset: reference, token, date.
PARAMETERS: Mapping[str, frozenset[str]] = {
    "Patient": frozenset(),
    "Condition": frozenset({"patient", "category", "code", "clinical-status"}),
    "Observation": frozenset({"patient", "category", "code", "date"}),
    "Procedure": frozenset({"patient", "code", "status", "date"}),
    "MedicationRequest": frozenset({"patient", "status", "intent"}),
    "BodyStructure": frozenset({"patient"}),
    "QuestionnaireResponse": frozenset({"patient", "questionnaire", "status", "authored"}),
}
RESULT_PARAMETERS = frozenset({"_count", "_sort"})
LONGEST = 2_000


def faults(template: str, hook: str = "patient-view") -> Iterator[str]:
    """What is wrong with a template."""
    if not template.strip() or template != template.strip():
        yield "R37 is blank or padded"
    if len(template) > LONGEST:
        yield "contract: is longer than 2,000 characters"
    rest = TOKEN.sub("x", template)
    if "{" in rest or "}" in rest:
        yield "R38 tokens are not balanced, or nested"
    for token in TOKEN.findall(template):
        if token not in TOKENS[hook] | USER_TOKENS:
            yield f"R39 R40 R41 R42 R45 no token of this hook: {token}"
    if re.search(r"/\{\{context\.userId\}\}", template):
        yield "R43 userId is already a type and an id"
    yield from _query_faults(rest)


def _query_faults(query: str) -> Iterator[str]:
    if re.match(r"\w+:|/", query):
        yield "R37 is not relative to the client's server"
        return
    path, mark, search = query.partition("?")
    kind, slash, name = path.partition("/")
    if kind not in PARAMETERS:
        yield f"R37 is no R4 type: {kind}"
        return
    if bool(mark) == bool(slash) or (slash and name != "x"):
        yield "R37 is neither a read nor a search of a type"
    names = [part.partition("=")[0] for part in search.split("&")] if mark else []
    if len(set(names)) != len(names):
        yield "R47 repeats a parameter"
    for part in search.split("&") if mark else ():
        yield from _parameter_faults(kind, *part.partition("="))


def _parameter_faults(kind: str, name: str, equals: str, value: str) -> Iterator[str]:
    plain, _, modifier = name.partition(":")
    if plain not in PARAMETERS[kind] | RESULT_PARAMETERS or modifier not in ("", "in"):
        yield f"R44 outside the portable subset: {name}"
    if not equals or not value or any(not part for part in value.split(",")):
        yield f"R44 has an empty value: {name}"
    if plain == "_sort" and not re.fullmatch(r"-?[a-z-]+(?:,-?[a-z-]+)*", value):
        yield "R48 is no R4 sort"
    if plain in ("date", "authored") and not re.match(r"(?:eq|lt|gt|ge|le)?\d{4}", value):
        yield f"R44 has a prefix outside the subset: {value}"
    if re.search(r"\s", value):
        yield f"R37 has a blank in a value: {name}"


@pytest.fixture
async def templates(ehr: Ehr) -> list[tuple[str, str, str]]:
    services = (await ehr.discovery()).json()["services"]
    return [(s["hook"], key, template) for s in services for key, template in s["prefetch"].items()]


@pytest.mark.conforms(
    "R16", "R37", "R38", "R39", "R40", "R41", "R42", "R43", "R44", "R45", "R46", "R47", "R48"
)
async def test_r37_to_r48_every_template_is_portable(templates: list[tuple[str, str, str]]) -> None:
    assert {hook for hook, _, _ in templates} == set(TOKENS)
    found = {(hook, key): list(faults(template, hook)) for hook, key, template in templates}
    assert {place: wrong for place, wrong in found.items() if wrong} == {}


@pytest.mark.conforms("R49")
async def test_r49_every_template_asks_for_this_patient_only(templates: list[tuple[str, str, str]]) -> None:
    for _, key, template in templates:
        wanted = "Patient/{{context.patientId}}" if key == "patient" else "?patient={{context.patientId}}"
        assert wanted in template, key


async def test_conditions_are_asked_for_without_a_filter(templates: list[tuple[str, str, str]]) -> None:
    """A filter would hide what a server did not classify: a hidden metastasis looks like none."""
    found = {template for _, key, template in templates if key == "conditions"}
    assert found == {"Condition?patient={{context.patientId}}"}


async def test_a_long_canonical_base_never_makes_a_template_too_long() -> None:
    base = "https://terminology.a-hospital-with-a-rather-long-name.example.org/fhir/spine"
    client = talk_to(application(canonical_base=base))
    services = (await client.get("/cds-services")).json()["services"]
    templates = [template for service in services for template in service["prefetch"].values()]
    assert list(chain.from_iterable(faults(template) for template in templates)) == []


@pytest.mark.parametrize(
    ("template", "rule"),
    [
        ("", "R37"),
        ("https://ehr.example/Patient/{{context.patientId}}", "R37"),
        ("/Patient/{{context.patientId}}", "R37"),
        ("Patientt/{{context.patientId}}", "R37"),
        ("Patient/", "R37"),
        ("Patient/{{context.patientId}}?a=b", "R37"),
        ("Patient/{{context.patientId}", "R38"),
        ("Patient/{{{{context.patientId}}}}", "R38"),
        ("Patient/{{context.medication.id}}", "R39"),
        ("Patient/{{ context.patientId }}", "R39"),
        ("Patient/{{patientId}}", "R39"),
        ("Condition?patient={{context.draftOrders}}", "R39"),
        ("Observation?patient={{context.patientId}}&date=ge{{today()}}", "R39"),
        ("Practitioner/{{%user.id}}", "R39"),
        ("Practitioner/{{context.userId}}", "R43"),
        ("Observation?patient={{context.patientId}}&_include=Observation:subject", "R44"),
        ("Observation?patient={{context.patientId}}&code:not=x", "R44"),
        ("Observation?patient.name={{context.patientId}}", "R44"),
        ("Observation?patient={{context.patientId}}&date=sa2026-01-01", "R44"),
        ("Observation?patient={{context.patientId}}&code=", "R44"),
        ("Observation?patient={{context.patientId}}&date=ge2026&date=le2027", "R47"),
        ("Observation?patient={{context.patientId}}&_sort:desc=date", "R44"),
        ("Observation?patient={{context.patientId}}&_sort=date desc", "R48"),
        ("Condition?patient={{context.patientId}}&code=" + "x," * 1_000 + "x", "contract"),
    ],
)
def test_the_linter_finds(template: str, rule: str) -> None:
    assert any(fault.startswith(rule) for fault in faults(template))
