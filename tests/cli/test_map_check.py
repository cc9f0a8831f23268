"""spine-mets map check: what a site's code map says, and what it would change in a record."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.bundle import bundle
from tests.cds_hooks.record import (
    ANSWER,
    OBSERVABLE,
    SNOMED,
    VERTEBRAE,
    Json,
    condition,
    observation,
    patient,
    site_of,
)
from tests.cli.conftest import Invoke
from tests.fhir.test_code_map import concept_map, group

SITE = "https://a-hospital.example/codes"
AS_OF = ("--as-of", "2026-11-20T12:00:00+00:00")
GOOD = concept_map(
    group(OBSERVABLE, ("PAIN", "spinal-pain"), ("LOSS", "vertebral-height-loss"), source=SITE),
    group(ANSWER, ("MECH", "pain-mechanical"), ("LYTIC", "lesion-lytic"), source=SITE),
)
QUIET = concept_map(
    group(OBSERVABLE, ("PAIN", "spinal-pain"), ("LOSS", "vertebral-height-loss"), source=SITE),
    group(ANSWER, ("MECH", "pain-mechanical"), source=SITE),
)
Write = Callable[[str, Any], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(name: str, content: Any) -> Path:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return to_file


def own(code: str) -> Json:
    return {"coding": [{"system": SITE, "code": code}]}


def recorded(name: str, question: str, value: Json, **members: Any) -> Json:
    """An Observation at T11 under the site's own code."""
    return observation(name, "x", value, code=own(question), bodySite=site_of(VERTEBRAE["T11"]), **members)


RECORD = [
    condition("c", site=site_of(VERTEBRAE["T11"])),
    recorded("o-pain", "PAIN", {"valueCodeableConcept": own("MECH")}),
    recorded(
        "o-loss", "LOSS", {"valueQuantity": {"value": 60, "system": "http://unitsofmeasure.org", "code": "%"}}
    ),
]


def test_a_map_that_can_be_used_ends_with_0(invoke: Invoke, write: Write) -> None:
    done = invoke("map", "check", write("codes.json", QUIET))
    assert done.exit_code == 0, done.output
    assert f"{SITE}|PAIN -> spinal-pain: finding spinal-pain, a coded answer" in done.stdout
    assert (
        f"{SITE}|LOSS -> vertebral-height-loss: finding vertebral-height-loss, a quantity in %" in done.stdout
    )
    assert f"{SITE}|MECH -> pain-mechanical: answer to spinal-pain" in done.stdout
    assert "The map can be used.\n" in done.stdout


def test_an_answer_without_its_finding_is_a_warning(invoke: Invoke, write: Write) -> None:
    done = invoke("map", "check", write("codes.json", GOOD))
    assert done.exit_code == 1
    assert (
        f"{SITE}|LYTIC: none of the findings that take this answer is mapped (bone-lesion-quality"
        in done.stdout
    )


def test_a_finding_without_answers_is_a_warning(invoke: Invoke, write: Write) -> None:
    done = invoke(
        "map",
        "check",
        write("codes.json", concept_map(group(OBSERVABLE, ("PAIN", "spinal-pain"), source=SITE))),
    )
    assert done.exit_code == 1
    assert f"{SITE}|PAIN: no answer to spinal-pain is mapped" in done.stdout


def test_a_search_that_became_too_long_is_a_warning(invoke: Invoke, write: Write) -> None:
    many = [(f"LOSS-{number}", "vertebral-height-loss") for number in range(40)]
    done = invoke(
        "map", "check", write("codes.json", concept_map(group(OBSERVABLE, *many, source=SITE))), "--json"
    )
    found = json.loads(done.stdout)
    assert done.exit_code == 1
    assert "more than 2000: it asks by category" in found["warnings"][0]
    assert "observations" not in [search["key"] for search in found["searches"]]


def test_the_length_of_a_search_by_code_is_told(invoke: Invoke, write: Write) -> None:
    done = invoke("map", "check", write("codes.json", QUIET), "--json")
    search = next(one for one in json.loads(done.stdout)["searches"] if one["key"] == "observations")
    assert search["with"] == len(search["template"]) <= search["limit"] == 2000
    assert search["without"] < search["with"]
    assert f"{SITE}|PAIN" in search["template"]


def test_a_source_by_its_oid_is_a_warning(invoke: Invoke, write: Write) -> None:
    oid = "urn:oid:2.16.840.1.113883.6.96"
    quality = group(SNOMED, ("9990001", "441684001"), source=oid)
    done = invoke("map", "check", write("codes.json", concept_map(quality)))
    assert done.exit_code == 1
    assert f"{oid}: write this source as {SNOMED}" in done.stdout


FAULTS: dict[str, tuple[Json, str]] = {
    "unknown code": (
        group(OBSERVABLE, ("PAIN", "spinal-pian"), source=SITE),
        "maps onto a code that this service does not read; see docs/mapping.md (perhaps spinal-pain)",
    ),
    "wrong system": (
        group(ANSWER, ("PAIN", "spinal-pain"), source=SITE),
        f"(spinal-pain is a code of {OBSERVABLE})",
    ),
    "foreign system": (
        group("https://b.example", ("PAIN", "pain"), source=SITE),
        "(https://b.example is no system that this service reads)",
    ),
    "equivalence": (
        group(OBSERVABLE, ("PAIN", "spinal-pain"), source=SITE, equivalence="narrower"),
        "equivalence must be equal, equivalent, wider or subsumes",
    ),
    "twice": (
        group(OBSERVABLE, ("PAIN", "spinal-pain"), ("PAIN", "limb-pain"), source=SITE),
        "group[0].element[1] " + f"{SITE}|PAIN -> {OBSERVABLE}|limb-pain: maps one code onto two",
    ),
    "no elements": ({"source": SITE, "element": []}, "group[0].element must be a list of objects, not empty"),
}


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_map_that_cannot_be_used_ends_with_2_and_says_why(invoke: Invoke, write: Write, name: str) -> None:
    wrong, said = FAULTS[name]
    done = invoke("map", "check", write("codes.json", concept_map(wrong)))
    assert done.exit_code == 2, done.output
    assert said in done.stdout
    assert "The map cannot be used" in done.stdout
    assert "Searches" not in done.stdout


def test_every_fault_is_told_beside_what_is_understood(invoke: Invoke, write: Write) -> None:
    document = concept_map(*(wrong for wrong, _ in FAULTS.values()), *QUIET["group"])
    done = invoke("map", "check", write("codes.json", document), "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 2
    assert found["usable"] is False
    assert len(found["refused"]) == len(FAULTS)
    assert {one["source"]["code"] for one in found["understood"]} == {"PAIN", "LOSS", "MECH"}
    assert found["searches"] == []
    assert found["record"] is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"resourceType": "ValueSet"}', '{"resourceType": "ConceptMap"}']
)
def test_a_file_that_is_no_map_ends_with_2(invoke: Invoke, write: Write, content: str) -> None:
    done = invoke("map", "check", write("codes.json", content))
    assert done.exit_code == 2
    assert "code map codes.json: " in done.stderr
    assert done.stdout == ""


def test_a_map_that_is_not_there_ends_with_2(invoke: Invoke, tmp_path: Path) -> None:
    done = invoke("map", "check", tmp_path / "nowhere.json")
    assert done.exit_code == 2
    assert "code map nowhere.json: cannot be opened" in done.stderr


# -- against a record ----------------------------------------------------------------------------------


def test_what_a_map_changes_in_a_record_is_told(invoke: Invoke, write: Write) -> None:
    path = write("record.json", bundle(RECORD))
    done = invoke("map", "check", write("codes.json", QUIET), "--against", path, *AS_OF)
    assert done.exit_code == 0, done.output
    assert "  finding spinal-pain: 0 -> 1\n" in done.stdout
    assert "  finding vertebral-height-loss: 0 -> 1\n" in done.stdout
    assert "  conditions: 1 -> 1\n" in done.stdout
    assert "  T11, SINS: 3 to 18 -> 9 to 18\n" in done.stdout


def test_a_lesion_that_only_the_map_finds_is_told(invoke: Invoke, write: Write) -> None:
    document = concept_map(group(SNOMED, ("BONE-MET", "94222008"), source=SITE))
    found = condition("c", site=site_of(VERTEBRAE["T11"])) | {"code": own("BONE-MET")}
    path = write("record.json", bundle([found]))
    done = invoke("map", "check", write("codes.json", document), "--against", path, *AS_OF)
    assert "  conditions: 0 -> 1\n" in done.stdout
    assert "  T11, SINS: no such lesion -> 3 to 18\n" in done.stdout


@pytest.mark.parametrize(
    ("question", "value", "said"),
    [
        (
            "PAIN",
            own("OTHER"),
            f"{SITE}|OTHER is no answer to spinal-pain that the service or the map knows: 1",
        ),
        (
            "PAIN",
            own("LYTIC"),
            f"{SITE}|LYTIC is mapped onto lesion-lytic, which spinal-pain does not take: 1",
        ),
        ("PAIN", {"text": "sore"}, "an answer to spinal-pain has no code: 1"),
        ("LOSS", own("OTHER"), f"{SITE}|OTHER is a code, and vertebral-height-loss needs a quantity in %: 1"),
    ],
    ids=["unknown", "of another finding", "no code", "a quantity"],
)
def test_an_answer_that_is_not_read_is_told(
    invoke: Invoke, write: Write, question: str, value: Json, said: str
) -> None:
    path = write("record.json", bundle([RECORD[0], recorded("o", question, {"valueCodeableConcept": value})]))
    done = invoke("map", "check", write("codes.json", GOOD), "--against", path, *AS_OF)
    assert done.exit_code == 1
    assert said in done.stdout
    assert "could not be read or looked at: 0 -> 1" in done.stdout


def test_an_entry_made_in_error_is_not_counted(invoke: Invoke, write: Write) -> None:
    wrong = recorded("o", "PAIN", {"valueCodeableConcept": own("OTHER")}, status="entered-in-error")
    path = write("record.json", bundle([*RECORD, wrong]))
    done = invoke("map", "check", write("codes.json", QUIET), "--against", path, *AS_OF)
    assert done.exit_code == 0, done.output
    assert "OTHER" not in done.stdout


def test_codes_of_the_site_that_are_not_in_the_map_are_counted(invoke: Invoke, write: Write) -> None:
    more = [recorded(f"o-{n}", "ELSE", {"valueString": "x"}) for n in range(2)]
    path = write("record.json", bundle([*RECORD, *more]))
    done = invoke("map", "check", write("codes.json", QUIET), "--against", path, "--json", *AS_OF)
    found = json.loads(done.stdout)["record"]
    assert found["unknown"] == [{"code": {"system": SITE, "code": "ELSE"}, "count": 2}]
    assert found["read"]["finding spinal-pain"] == {"without": 0, "with": 1}
    assert found["scores"][0] == {"lesion": "T11", "score": "SINS", "without": "3 to 18", "with": "9 to 18"}


@pytest.mark.parametrize("shape", [(), ("--json",)], ids=["text", "json"])
def test_nothing_of_a_record_but_codes_counts_and_scores_is_printed(
    invoke: Invoke, write: Write, shape: tuple[str, ...]
) -> None:
    person = patient("p-1", name=[{"family": "Canary"}], birthDate="1951-02-03")
    unread = recorded("o-canary", "PAIN", {"valueCodeableConcept": own("OTHER") | {"text": "Canary"}})
    path = write("record.json", bundle([*RECORD, unread], whose=person))
    arguments = ("map", "check", write("codes.json", QUIET), "--against", path, *AS_OF, *shape)
    printed = invoke(*arguments).output
    for private in ("Canary", "canary", "1951", "p-1", "2026-11-18"):
        assert private not in printed
    assert "Observation/o-canary: the answer to" in invoke(*arguments, "--show").stdout


BAD: dict[str, Any] = {
    "text": "x",
    "no bundle": patient(),
    "two patients": bundle([patient("p-2")]),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_bundle_that_cannot_be_read_ends_with_2(invoke: Invoke, write: Write, name: str) -> None:
    path = write("record.json", BAD[name])
    done = invoke("map", "check", write("codes.json", QUIET), "--against", path, *AS_OF)
    assert done.exit_code == 2
    assert "The Bundle cannot be read: " in done.stderr
    assert done.stdout == ""


def test_a_bundle_that_is_not_there_ends_with_2(invoke: Invoke, write: Write, tmp_path: Path) -> None:
    done = invoke("map", "check", write("codes.json", QUIET), "--against", tmp_path / "nowhere.json")
    assert done.exit_code == 2
    assert "The Bundle cannot be opened: " in done.stderr


def test_a_moment_without_offset_ends_with_2(invoke: Invoke, write: Write) -> None:
    done = invoke("map", "check", write("codes.json", QUIET), "--as-of", "2026-11-20")
    assert done.exit_code == 2
    assert "--as-of needs a date and time with offset" in done.stderr


def test_settings_that_cannot_be_used_end_with_2(invoke: Invoke, write: Write) -> None:
    done = invoke("map", "check", write("codes.json", QUIET), settings={"POLICY": '{"SINS-E1": "x"}'})
    assert done.exit_code == 2
    assert "The settings cannot be used" in done.stderr


def test_a_map_for_another_base_is_checked_against_that_base(invoke: Invoke, write: Write) -> None:
    done = invoke(
        "map",
        "check",
        write("codes.json", QUIET),
        settings={"CANONICAL_BASE": "https://fhir.b-hospital.example"},
    )
    assert done.exit_code == 2
    assert "is a code of https://fhir.b-hospital.example/CodeSystem/observable" in done.stdout


def test_what_a_map_says_is_never_obeyed_by_the_terminal(invoke: Invoke, write: Write) -> None:
    document = concept_map(group(OBSERVABLE, ("\x1b[2JX", "spinal-pain"), source=SITE))
    printed = invoke("map", "check", write("codes.json", document)).output
    assert "\x1b" not in printed
    assert f"{SITE}|[2JX" in printed
