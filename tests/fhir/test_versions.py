"""Status, and several versions of one resource (TIME-3, F19, CON-1)."""

from typing import Any

import pytest

from app.assess.record import Record
from tests.fhir.records import (
    PATIENT,
    READER,
    SERVER,
    Json,
    answer,
    assessed,
    bundle,
    condition,
    entry,
    everything_of,
    gaps,
    lesion_ids,
    observation,
    patient,
    quantity,
    read,
    reference,
    response,
    status_of,
)

OLD, NEW = {"lastUpdated": "2026-11-01T08:00:00Z"}, {"lastUpdated": "2026-11-15T08:00:00Z"}


def pain(answered: str, name: str = "o", **rest: Any) -> Json:
    return observation(name, "spinal-pain", answered, at="T11", **rest)


def values(*resources: Json) -> set[str]:
    return values_in(read(*resources))


def values_in(record: Record) -> set[str]:
    return {code for held in record.entries if isinstance(held.value, frozenset) for code in held.value}


@pytest.mark.parametrize(
    ("status", "counted", "provisional"),
    [
        ("final", True, False),
        ("amended", True, False),
        ("corrected", True, False),
        ("preliminary", True, True),
        ("entered-in-error", False, False),
        ("cancelled", False, False),
    ],
)
def test_time_3_the_status_decides(status: str, counted: bool, provisional: bool) -> None:
    record = read(pain("pain-free", status=status))
    assert [held.provisional for held in record.entries] == ([provisional] if counted else [])
    assert record.gaps == ()


@pytest.mark.parametrize("status", ["registered", "unknown", "Final", "", None])
def test_time_3_a_status_that_does_not_let_it_count_is_named(status: str | None) -> None:
    record = read(pain("pain-free", status=status))
    assert record.entries == []
    assert "no status that lets it count" in gaps(record, "observations")[0]


def test_time_3_a_preliminary_answer_is_marked() -> None:
    found = assessed(condition("c", "T11"), pain("pain-mechanical", status="preliminary"))
    assert [source.provisional for source in answer(found, "T11", "pain").sources] == [True]


# -- one Observation, several versions ----------------------------------------------------------------


@pytest.mark.parametrize("corrected", ["amended", "corrected"])
def test_con_1_a_correction_replaces_the_earlier_of_the_same_id(corrected: str) -> None:
    versions = [pain("pain-mechanical"), pain("pain-free", status=corrected)]
    assert values(*versions) == values(*reversed(versions)) == {"pain-free"}


@pytest.mark.parametrize("corrected", ["amended", "corrected"])
def test_con_1_a_correction_replaces_the_earlier_of_the_same_business_identifier(corrected: str) -> None:
    named: Json = {"identifier": [{"system": "https://a.example/accession", "value": "17"}]}
    first = pain("pain-mechanical", "first", **named)
    second = pain("pain-free", "second", status=corrected, **named)
    assert values(first, second) == values(second, first) == {"pain-free"}


@pytest.mark.parametrize(
    "identifier",
    [
        {"value": "17"},
        {"system": "https://a.example/accession"},
        {"system": "https://a.example/accession", "value": "18"},
        {"system": "https://b.example/accession", "value": "17"},
    ],
)
def test_con_1_only_the_same_business_identifier_replaces(identifier: Json) -> None:
    own = {"system": "https://a.example/accession", "value": "17"}
    first = pain("pain-mechanical", "first", identifier=[own])
    second = pain("pain-free", "second", status="amended", identifier=[identifier])
    assert values(first, second) == {"pain-mechanical", "pain-free"}


def test_con_1_a_correction_replaces_its_own_finding_only() -> None:
    report: Json = {"identifier": [{"system": "https://a.example/accession", "value": "17"}]}
    other = observation("other", "bone-lesion-quality", "lesion-lytic", at="T11", **report)
    assert values(pain("pain-free", status="amended", **report), other) == {"pain-free", "lesion-lytic"}


def test_con_1_a_later_final_of_the_same_id_replaces_the_earlier() -> None:
    versions = [pain("pain-mechanical", meta=OLD), pain("pain-free", meta=NEW)]
    assert values(*versions) == values(*reversed(versions)) == {"pain-free"}


def test_con_1_two_observations_of_different_ids_both_count() -> None:
    assert values(pain("pain-mechanical", "a", meta=OLD), pain("pain-free", "b", meta=NEW)) == {
        "pain-mechanical",
        "pain-free",
    }


def test_time_3_what_was_later_entered_in_error_no_longer_counts() -> None:
    versions = [pain("pain-free", meta=OLD), pain("pain-free", status="entered-in-error", meta=NEW)]
    assert values(*versions) == values(*reversed(versions)) == set()


def test_time_3_an_amendment_that_was_later_entered_in_error_no_longer_counts() -> None:
    amended = pain("pain-free", status="amended", meta=OLD)
    assert values(amended, pain("pain-free", status="entered-in-error", meta=NEW)) == set()


def test_versions_are_ordered_by_moment_and_not_by_text() -> None:
    earlier = {"lastUpdated": "2026-11-10T10:00:00+05:00"}
    later = {"lastUpdated": "2026-11-10T09:00:00Z"}
    assert values(pain("pain-free", meta=earlier), pain("pain-mechanical", meta=later)) == {"pain-mechanical"}


@pytest.mark.parametrize("statuses", [("final", "final"), ("final", "preliminary"), ("amended", "corrected")])
def test_versions_that_cannot_be_ordered_never_depend_on_their_place(statuses: tuple[str, str]) -> None:
    one, other = (pain(a, status=s) for a, s in zip(("pain-mechanical", "pain-free"), statuses, strict=True))
    assert values(one, other) == values(other, one)


def test_observations_of_two_servers_with_one_id_both_count() -> None:
    resources = [
        entry(patient(), f"{SERVER}/Patient/{PATIENT}"),
        entry(pain("pain-mechanical"), f"{SERVER}/Observation/o"),
        entry(
            pain("pain-free", subject=reference(f"{SERVER}/Patient/{PATIENT}")),
            "https://other.example.org/fhir/Observation/o",
        ),
    ]
    assert values_in(READER.bundle(bundle(resources))) == {"pain-mechanical", "pain-free"}


def test_con_1_a_correction_without_a_time_of_update_is_not_lost() -> None:
    assert "pain-free" in values(pain("pain-mechanical", meta=OLD), pain("pain-free", status="amended"))


def test_versions_of_a_member_that_cannot_be_ordered_both_inherit() -> None:
    panel = observation("panel", "sins", None, at="T11", hasMember=[reference("Observation/m")])
    versions = [
        observation("m", "spinal-pain", a, effectiveDateTime=None) for a in ("pain-mechanical", "pain-free")
    ]
    for order in (versions, versions[::-1]):
        places = [held.place for held in read(panel, *order).entries]
        assert [place.level if place else None for place in places] == ["T11", "T11"]


@pytest.mark.parametrize(
    ("status", "left"), [("amended", {"pain-free"}), ("final", {"pain-free"}), ("entered-in-error", set())]
)
def test_con_1_what_an_older_version_contains_no_longer_counts(status: str, left: set[str]) -> None:
    def holder(answered: str, **rest: Any) -> Json:
        inner = pain(answered, "m")
        return observation("h", "sins", None, contained=[inner], hasMember=[reference("#m")], **rest)

    assert values(holder("pain-mechanical", meta=OLD), holder("pain-free", meta=NEW, status=status)) == left


# -- Conditions, responses and structures in several versions -----------------------------------------


@pytest.mark.parametrize("end", ["refuted", "entered-in-error"])
def test_f19_a_condition_that_was_later_refuted_makes_no_lesion(end: str) -> None:
    stated = condition("c", "T11", meta=OLD)
    ended = condition("c", "T11", meta=NEW, verificationStatus=status_of("ver-status", end))
    assert lesion_ids(assessed(stated, ended)) == lesion_ids(assessed(ended, stated)) == set()


def test_f19_the_latest_version_of_a_condition_decides() -> None:
    active = condition("c", "T11", meta=OLD)
    resolved = condition("c", "T11", meta=NEW, clinicalStatus=status_of("clinical", "resolved"))
    for order in ([active, resolved], [resolved, active]):
        (held,) = assessed(*order).lesions
        assert held.lesion.not_scored is not None


def test_versions_of_a_condition_that_cannot_be_ordered_never_depend_on_their_place() -> None:
    active, resolved = (
        condition("c", "T11"),
        condition("c", "T11", clinicalStatus=status_of("clinical", "resolved")),
    )
    assert everything_of(assessed(active, resolved)) == everything_of(assessed(resolved, active))


def test_con_1_an_amended_response_replaces_the_earlier_of_the_same_id() -> None:
    first = response("q", "sins", {"level": "T11", "pain": "pain-mechanical"}, meta=OLD)
    second = response("q", "sins", {"level": "T11", "pain": "pain-free"}, status="amended", meta=NEW)
    assert values(first, second) == {"pain-free"}


def test_a_quantity_that_was_corrected_replaces_the_earlier() -> None:
    first = observation("o", "vertebral-height-loss", quantity(70), at="T11")
    second = observation("o", "vertebral-height-loss", quantity(30), at="T11", status="corrected")
    found = assessed(condition("c", "T11"), first, second)
    assert answer(found, "T11", "collapse").possible == ("under-50",)
    assert not answer(found, "T11", "collapse").conflicting
