"""Contract 1.3: members and components inherit focus, site and time, unless they carry their own."""

from itertools import pairwise

import pytest

from tests.fhir.records import (
    BODY_SITE_URL,
    LOINC,
    Json,
    answer,
    assessed,
    component,
    concept,
    condition,
    gaps,
    lesion_ids,
    observation,
    read,
    reference,
    site,
    structure,
)

T11, L3 = condition("t11", "T11"), condition("l3", "L3")
REGIONAL = condition("thoracic", code="94274006")
PRIMARY = condition("primary", code="254837009")


def panel(*members: str, **rest: object) -> Json:
    """A panel that names its members by relative reference."""
    named = [reference(f"Observation/{member}") for member in members]
    return observation("panel", "sins", None, hasMember=named, **rest)


def pain(**rest: object) -> Json:
    """Mechanical pain as a member: it has neither site nor time, unless told."""
    return observation("pain", "spinal-pain", "pain-mechanical", **({"effectiveDateTime": None} | rest))


def painful(*resources: Json) -> set[str]:
    """The lesions whose pain is recorded as mechanical."""
    found = assessed(*resources)
    return {
        lesion_id
        for lesion_id in lesion_ids(found)
        if answer(found, lesion_id, "pain").recorded
        and answer(found, lesion_id, "pain").possible == ("mechanical",)
    }


@pytest.mark.parametrize(
    "where",
    [
        {"at": "T11"},
        {"about": "Condition/t11"},
        {"about": "BodyStructure/b"},
        {"bodySite": {"extension": [{"url": BODY_SITE_URL, "valueReference": reference("BodyStructure/b")}]}},
    ],
    ids=["site", "condition", "structure", "structure by extension"],
)
def test_a_member_belongs_to_the_lesion_of_its_panel(where: Json) -> None:
    assert painful(T11, L3, structure("b", "T11", "t11"), panel("pain", **where), pain()) == {"T11"}


def test_a_member_with_a_site_of_its_own_keeps_it() -> None:
    assert painful(T11, L3, panel("pain", at="T11"), pain(at="L3")) == {"L3"}


def test_a_member_with_a_focus_of_its_own_keeps_it() -> None:
    assert painful(T11, L3, panel("pain", about="Condition/t11"), pain(about="Condition/l3")) == {"L3"}


def test_a_member_with_a_focus_that_is_no_lesion_still_inherits_the_site() -> None:
    members = panel("pain", at="T11"), pain(about="Condition/primary")
    assert painful(T11, L3, PRIMARY, *members) == {"T11"}


def test_a_member_with_a_level_still_inherits_the_focus_that_it_narrows() -> None:
    found = assessed(REGIONAL, panel("pain", about="Condition/thoracic"), pain(at="T11"))
    assert lesion_ids(found) == {"T11"}


@pytest.mark.parametrize("focus", [[], [{}], [{"display": "the lesion"}]])
def test_a_member_whose_own_focus_says_nothing_inherits(focus: list[Json]) -> None:
    assert painful(T11, L3, panel("pain", at="T11"), pain(focus=focus)) == {"T11"}


@pytest.mark.parametrize(
    "own",
    [
        {},
        {"coding": []},
        {"coding": [{}]},
        {"extension": [{"url": "https://a.example/x", "valueString": "x"}]},
    ],
)
def test_a_member_whose_own_site_says_nothing_inherits(own: Json) -> None:
    assert painful(T11, L3, panel("pain", at="T11"), pain(bodySite=own)) == {"T11"}


def test_a_member_has_the_time_of_its_panel() -> None:
    (entry,) = read(T11, panel("pain", at="T11", effectiveDateTime="2026-11-19"), pain()).entries
    assert entry.when is not None
    assert entry.when.text == "2026-11-19"


def test_a_member_with_a_time_of_its_own_keeps_it() -> None:
    members = panel("pain", at="T11", effectiveDateTime="2026-11-19"), pain(effectiveDateTime="2026-11-01")
    (entry,) = read(T11, *members).entries
    assert entry.when is not None
    assert entry.when.text == "2026-11-01"


@pytest.mark.parametrize("panel_status", ["final", "preliminary", "amended"])
@pytest.mark.parametrize("own_status", ["final", "preliminary"])
def test_a_member_has_a_status_of_its_own(panel_status: str, own_status: str) -> None:
    (entry,) = read(T11, panel("pain", at="T11", status=panel_status), pain(status=own_status)).entries
    assert entry.provisional == (own_status == "preliminary")


def test_a_member_of_two_panels_inherits_from_neither() -> None:
    second = panel("pain", at="L3") | {"id": "second"}
    assert painful(T11, L3, panel("pain", at="T11"), second, pain(effectiveDateTime="2026-11-19")) == set()


def test_a_member_that_its_panel_names_twice_inherits() -> None:
    assert painful(T11, L3, panel("pain", "pain", at="T11"), pain()) == {"T11"}


def test_a_member_inherits_through_a_panel_in_a_panel() -> None:
    inner = observation("inner", None, None, code={"text": "items"}, effectiveDateTime=None)
    inner["hasMember"] = [reference("Observation/pain")]
    assert painful(T11, L3, panel("inner", at="T11"), inner, pain()) == {"T11"}


def chain_of_panels(depth: int) -> list[Json]:
    chain = [observation(f"panel-{n}", None, None, code={"text": "x"}) for n in range(depth)]
    for upper, lower in pairwise(chain):
        upper["hasMember"] = [reference(f"Observation/{lower['id']}")]
    chain[-1]["hasMember"] = [reference("Observation/pain")]
    chain[0]["bodySite"] = site("T11")
    return chain


def test_a_member_inherits_through_many_panels() -> None:
    assert painful(T11, L3, *chain_of_panels(10), pain()) == {"T11"}


def test_a_chain_of_panels_without_end_is_read() -> None:
    assert painful(T11, L3, *chain_of_panels(3000), pain()) <= {"T11"}


def test_components_of_a_member_inherit_from_the_panel() -> None:
    member = observation("inner", None, None, code={"text": "items"}, effectiveDateTime=None)
    member["component"] = [component("spinal-pain", "pain-mechanical")]
    assert painful(T11, L3, panel("inner", at="T11"), member) == {"T11"}


def test_f29_panels_that_name_each_other_are_read_once() -> None:
    first = observation("a", "spinal-pain", "pain-mechanical", at="T11")
    second = observation("b", "bone-lesion-quality", "lesion-lytic")
    first["hasMember"] = [reference("Observation/b"), reference("Observation/a"), reference("#a")]
    second["hasMember"] = [reference("Observation/a")]
    record = read(T11, first, second)
    assert sorted(entry.finding for entry in record.entries) == ["bone-lesion-quality", "spinal-pain"]


def test_a_panel_that_names_a_member_nobody_sent_is_no_fault() -> None:
    record = read(T11, panel("elsewhere", at="T11"))
    assert record.entries == []
    assert record.gaps == ()


def test_a_panel_entered_in_error_passes_nothing_on() -> None:
    members = panel("pain", at="T11", status="entered-in-error"), pain(effectiveDateTime="2026-11-19")
    assert painful(T11, L3, *members) == set()


def test_time_3_what_a_panel_entered_in_error_contains_is_ignored() -> None:
    holder = observation("holder", "sins", None, status="entered-in-error", hasMember=[reference("#pain")])
    assert painful(T11, holder | {"contained": [pain(at="T11", effectiveDateTime="2026-11-19")]}) == set()


def test_a_damaged_contained_finding_is_named() -> None:
    holder = observation("holder", "sins", None, at="T11")
    holder |= {"contained": [pain(effectiveDateTime=5)], "hasMember": [reference("#pain")]}
    assert gaps(read(T11, holder), "observations")


def test_what_is_contained_and_no_finding_is_no_fault() -> None:
    device = {"resourceType": "Device", "id": "scanner"}
    holder = observation("holder", "spinal-pain", "pain-mechanical", at="T11", contained=[device])
    assert assessed(T11, holder).gaps == ()
    assert painful(T11, holder) == {"T11"}


def test_f20_a_panel_with_an_unknown_modifier_is_named() -> None:
    parts = [component("spinal-pain", "pain-mechanical")]
    modified = observation(
        "panel", "sins", None, at="T11", component=parts, implicitRules="https://a.example"
    )
    record = read(T11, modified)
    assert record.entries == []
    assert gaps(record, "observations") == [
        "Observation/panel carries a modifier this service does not know."
    ]


def test_f20_a_panel_with_an_unknown_modifier_passes_nothing_on() -> None:
    modified = panel("pain", at="T11", modifierExtension=[{"url": "https://a.example/not"}])
    record = read(T11, L3, modified, pain())
    assert [entry.place for entry in record.entries] == [None]
    assert gaps(record, "observations")


def test_f20_a_component_with_an_unknown_modifier_is_not_interpreted() -> None:
    part = component("spinal-pain", "pain-mechanical", modifierExtension=[{"url": "https://a.example/not"}])
    other = component("bone-lesion-quality", "lesion-lytic")
    record = read(T11, observation("panel", "sins", None, at="T11", component=[part, other]))
    assert "spinal-pain" not in {entry.finding for entry in record.entries}
    assert gaps(record, "observations")


def test_the_source_of_a_component_says_which_it_is() -> None:
    parts = [component("spinal-pain", "pain-mechanical"), component("bone-lesion-quality", "lesion-lytic")]
    found = assessed(T11, observation("panel", "sins", None, at="T11", component=parts))
    assert [source.reference for source in answer(found, "T11", "lesion").sources] == [
        "Observation/panel#component[1]"
    ]


def test_a_code_of_another_system_is_no_finding() -> None:
    parts = [component("spinal-pain", "pain-mechanical") | {"code": concept((LOINC, "spinal-pain"))}]
    assert painful(T11, observation("panel", "sins", None, at="T11", component=parts)) == set()


def test_members_and_components_stand_beside_each_other() -> None:
    parts = [component("bone-lesion-quality", "lesion-lytic")]
    found = assessed(T11, L3, panel("pain", at="T11", component=parts), pain())
    assert answer(found, "T11", "pain").possible == ("mechanical",)
    assert answer(found, "T11", "lesion").possible == ("lytic",)


def test_a_site_beside_the_panels_code_narrows_to_the_level() -> None:
    body = site("thoracic-spine")
    body["coding"] += site("T11")["coding"]
    assert painful(T11, L3, panel("pain", bodySite=body), pain()) == {"T11"}
