"""Prefetch templates filled from a file [R37 to R43, R53 to R55]."""

from decimal import Decimal
from typing import Any

import pytest

from app.call.record import Record, read_record
from app.call.templates import UnusableTemplateError, prefetch, resolve
from tests.call.foreign_service import Json, coding, record, resource
from tests.call.test_record import bundle
from tests.cds_hooks.record import patient

CONTEXT: Json = {
    "userId": "Practitioner/dr-1",
    "patientId": "p-1",
    "encounterId": "e-1",
    "count": 5,
    "share": Decimal("0.50"),
    "urgent": True,
    "odd": "a&b=c,d|e f%",
    "empty": "",
    "selections": ["ServiceRequest/1"],
    "draftOrders": {"resourceType": "Bundle"},
}


@pytest.mark.parametrize(
    ("template", "query"),
    [
        ("Patient/{{context.patientId}}", "Patient/p-1"),
        ("{{context.userId}}", "Practitioner/dr-1"),
        ("Practitioner/{{userPractitionerId}}", "Practitioner/dr-1"),
        ("Observation?patient={{context.patientId}}&code=1", "Observation?patient=p-1&code=1"),
        (
            "Observation?patient={{context.patientId}}&encounter={{context.encounterId}}",
            "Observation?patient=p-1&encounter=e-1",
        ),
        ("List?_id={{context.count}},{{context.share}},{{context.urgent}}", "List?_id=5,0.50,true"),
        ("List?_id={{context.odd}}", "List?_id=a%26b%3Dc%5C%2Cd%5C%7Ce%20f%25"),
        ("Patient?_count=1", "Patient?_count=1"),
    ],
)
def test_a_token_is_what_the_context_says(template: str, query: str) -> None:
    assert resolve(template, CONTEXT) == query


@pytest.mark.parametrize(
    "token",
    [
        "context.missing",
        "context.empty",
        "context.selections",
        "context.draftOrders",
        "context.draftOrders.entry",
        "context",
        "today()",
        "%patient.id",
        "context.patientId.resolve()",
        " context.patientId ",
        "userPatientId",
        "userPractitionerRoleId",
        "userRelatedPersonId",
        "",
    ],
)
def test_a_template_with_any_other_token_is_left_out(token: str) -> None:
    template = f"Observation?patient={{{{context.patientId}}}}&date=gt{{{{{token}}}}}"
    with pytest.raises(UnusableTemplateError):
        resolve(template, CONTEXT)
    filled, notes = prefetch({"one": template, "patient": "Patient/p-1"}, CONTEXT, record(), None)
    assert list(filled) == ["patient"]
    assert len(notes) == 1
    assert notes[0].startswith("prefetch one is left out: ")


@pytest.mark.parametrize(
    ("user", "token"),
    [
        ("Practitioner/x", "userPractitionerId"),
        ("PractitionerRole/x", "userPractitionerRoleId"),
        ("Patient/x", "userPatientId"),
        ("RelatedPerson/x", "userRelatedPersonId"),
    ],
)
def test_the_user_is_known_by_the_bare_id_of_the_kind(user: str, token: str) -> None:
    assert resolve(f"{{{{{token}}}}}", {"userId": user}) == "x"


def one(template: str, whole: Record, server: str | None = None) -> Any:
    filled, notes = prefetch({"key": template}, CONTEXT, whole, server)
    assert notes == []
    return filled["key"]


def test_a_read_gives_the_resource_and_null_where_there_is_none() -> None:
    assert one("Patient/{{context.patientId}}", record()) == patient()
    assert one("{{context.userId}}", record()) is None


def test_a_search_gives_a_searchset() -> None:
    observations = [resource("Observation", f"o-{n}", code=coding("8867-4")) for n in (1, 2)]
    found = one(
        "Observation?patient={{context.patientId}}", record(*observations), "https://ehr.example.org/r4/"
    )
    assert found == {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 2,
        "entry": [
            {
                "fullUrl": f"https://ehr.example.org/r4/Observation/o-{n}",
                "resource": observations[n - 1],
                "search": {"mode": "match"},
            }
            for n in (1, 2)
        ],
    }


def test_a_search_that_finds_nothing_is_an_empty_searchset() -> None:
    assert one("Observation?patient=p-1", record()) == {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 0,
    }


def test_the_address_of_a_resource_is_the_files_own_where_it_is_one_of_a_server() -> None:
    names = {"c-1": "https://other.example.org/Condition/c-1", "c-2": "urn:uuid:2"}
    resources = [resource("Condition", name) for name in ("c-1", "c-2", "c-3")]
    found = one("Condition?patient=p-1", read_record(bundle(patient(), *resources, **names)))
    assert [entry["fullUrl"] for entry in found["entry"]] == [
        "https://other.example.org/Condition/c-1",
        "https://fhir.example.org/r4/Condition/c-2",
        "https://fhir.example.org/r4/Condition/c-3",
    ]


def test_a_resource_without_an_id_is_found_and_has_no_address() -> None:
    nameless = resource("Condition", "x")
    del nameless["id"]
    assert one("Condition?patient=p-1", record(nameless))["entry"] == [
        {"resource": nameless, "search": {"mode": "match"}}
    ]


@pytest.mark.parametrize(
    "template",
    [
        "https://ehr.example.org/Patient/1",
        "/Patient/1",
        "Patient/1/Condition",
        "Patient/1/_history/2",
        "$everything",
        "Observation?code=",
        "Observation?date=soon",
        "",
    ],
)
def test_what_is_no_read_or_search_leaves_its_key_out(template: str) -> None:
    filled, notes = prefetch({"key": template}, CONTEXT, record(), None)
    assert filled == {}
    assert notes[0].startswith("prefetch key is left out: ")


def test_what_was_ignored_is_noted_under_its_key() -> None:
    template = "Observation?patient=p-1&_count=3&_sort=-date"
    filled, notes = prefetch({"k": template}, CONTEXT, record(), None)
    assert filled["k"]["total"] == 0
    assert notes == ["prefetch k: ignored _count, _sort"]


def test_a_search_that_finds_nothing_of_what_the_file_holds_is_noted() -> None:
    whole = record(*(resource("Observation", f"o-{n}", code=coding("8867-4")) for n in (1, 2)))
    templates = {
        "none": "Observation?category=laboratory",
        "all": "Observation?code=8867-4",
        "other": "Condition?patient=p-1",
    }
    _, notes = prefetch(templates, CONTEXT, whole, None)
    assert notes == ["prefetch none: the search finds none of the file's 2 Observation resources"]
