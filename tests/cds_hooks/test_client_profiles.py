"""Each kind of client: what it sends is read, and what it is sent is what it can use.

The requests under ``clients`` are invented, in the shapes that each client's own documentation shows.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.knowledge import load
from app.knowledge.policy import Policy
from app.settings import Settings
from cds_hooks.card import Action, Card, Link, Source, Suggestion, WireCoding
from cds_hooks.client_profiles import PROFILES, ClientProfile, OldDelete, shape, topic_slug
from cds_hooks.protocol import encode
from cds_hooks.tenants import Tenant, tenant_of
from tests.cds_hooks.card_schema import CARDS_VALIDATOR
from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.record import Json
from tests.contract.served import application

CLIENTS = Path(__file__).parent / "clients"
RECORDED = {path.stem: path for path in sorted(CLIENTS.glob("*.json"))}
NAMES = list(PROFILES)
MRI = "5e0cb8a5-5f4e-5c1a-9d0c-1f7e0a2b3c01"
REPLACE = "5e0cb8a5-5f4e-5c1a-9d0c-1f7e0a2b3c02"
LAUNCH = "https://app.example.org/launch"


def create(kind: str, description: str = "what it is") -> Action:
    return Action("create", description, resource={"resourceType": kind, "id": "new-1"})


def update(kind: str) -> Action:
    return Action("update", "change the draft", resource={"resourceType": kind, "id": "draft-1"})


def delete(kind: str) -> Action:
    return Action("delete", "take the draft out", resourceId=f"{kind}/draft-1")


def suggestion(*actions: Action, uuid: str = MRI, label: str = "Draft: MRI", **members: Any) -> Suggestion:
    return Suggestion(label, uuid, actions=list(actions) or None, **members)


def card(*suggestions: Suggestion, behaviour: Any = "any", **members: Any) -> Card:
    offered: dict[str, Any] = {"suggestions": list(suggestions), "selectionBehavior": behaviour}
    shown: dict[str, Any] = {
        "uuid": "0b6f9a0e-8f6c-5b0a-8a53-6d8e5d1c7a10",
        "summary": "T11: SINS 18 of 18",
        "indicator": "warning",
        "detail": "**Unstable** | `Observation/o-1`",
        "source": Source(
            "SINS: Fisher 2010", "https://example.org", WireCoding("sins", "https://x/topic", "SINS")
        ),
        "overrideReasons": [WireCoding("action-completed", "https://x/reasons", "Action completed")],
    }
    return Card(**{**shown, **(offered if suggestions else {}), **members})


def smart(url: str = LAUNCH) -> Link:
    return Link("Open the lesion", url, "smart", appContext='{"lesion":"t11"}')


def absolute() -> Link:
    return Link("SINS: definition and sources", "https://cds.example.org/knowledge/sins", "absolute")


FULL = card(
    suggestion(create("ServiceRequest"), isRecommended=True),
    suggestion(create("Observation"), uuid="5e0cb8a5-5f4e-5c1a-9d0c-1f7e0a2b3c03", label="File the score"),
    suggestion(delete("ServiceRequest"), create("ServiceRequest"), uuid=REPLACE, label="Replace"),
    suggestion(update("ServiceRequest"), uuid="5e0cb8a5-5f4e-5c1a-9d0c-1f7e0a2b3c04", label="Change"),
    suggestion(uuid="5e0cb8a5-5f4e-5c1a-9d0c-1f7e0a2b3c05", label="Think"),
    links=[absolute(), smart()],
)


# -- shaping a card ---------------------------------------------------------------------------------------


def test_the_profiles_are_those_that_settings_name() -> None:
    assert set(NAMES) == set(Settings.model_fields["client_profile"].annotation.__args__)  # type: ignore[union-attr]  # the annotation is a Literal
    assert [name for name, profile in PROFILES.items() if profile.name != name] == []
    assert not any(profile.action_selection or profile.old_delete for profile in PROFILES.values())


def test_a_generic_client_gets_the_very_card() -> None:
    for one in (FULL, card(), card(links=[smart()])):
        assert shape(one, PROFILES["generic"], suggestions=True) is one


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("suggestions", [True, False])
def test_what_a_card_says_is_never_changed(name: str, suggestions: bool) -> None:
    shaped = shape(FULL, PROFILES[name], suggestions=suggestions)
    for member in ("uuid", "summary", "indicator", "detail", "overrideReasons", "extension"):
        assert getattr(shaped, member) == getattr(FULL, member)
    assert (shaped.source.label, shaped.source.url) == (FULL.source.label, FULL.source.url)


@pytest.mark.parametrize("name", NAMES)
def test_the_card_that_was_shaped_is_left_as_it_was(name: str) -> None:
    before = encode(FULL)
    shape(FULL, PROFILES[name], suggestions=True)
    assert encode(FULL) == before


@pytest.mark.conforms("R88", "R91", "R92", "R94")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("suggestions", [True, False])
def test_a_shaped_card_is_one_of_the_specification(name: str, suggestions: bool) -> None:
    for one in (FULL, card(), card(suggestion(update("ServiceRequest"))), card(links=[smart()])):
        sent = json.loads(encode(shape(one, PROFILES[name], suggestions=suggestions)))
        CARDS_VALIDATOR.validate({"cards": [sent]})


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("generic", ["Draft: MRI", "File the score", "Replace", "Change", "Think"]),
        (
            "epic",
            ["what it is", "Replace (1 of 2): take the draft out", "Replace (2 of 2): what it is"],
        ),
        ("cerner", ["Draft: MRI", "File the score", "Replace", "Change", "Think"]),
        ("sandbox", ["Draft: MRI", "File the score", "Replace"]),
    ],
)
def test_a_client_is_offered_what_it_can_apply(name: str, labels: list[str]) -> None:
    shaped = shape(FULL, PROFILES[name], suggestions=True)
    assert [one.label for one in shaped.suggestions or ()] == labels


@pytest.mark.parametrize("name", NAMES)
def test_without_suggestions_nothing_is_left_of_them(name: str) -> None:
    shaped = shape(FULL, PROFILES[name], suggestions=False)
    assert (shaped.suggestions, shaped.selectionBehavior) == (None, None)


def test_where_nothing_can_be_applied_no_behaviour_is_left() -> None:
    shaped = shape(card(suggestion(create("Observation"))), PROFILES["epic"], suggestions=True)
    assert (shaped.suggestions, shaped.selectionBehavior) == (None, None)


APPLIED_BY_EPIC = {
    ("create", "ServiceRequest"),
    ("create", "MedicationRequest"),
    ("create", "Condition"),
    ("delete", "ServiceRequest"),
    ("delete", "MedicationRequest"),
}


@pytest.mark.parametrize("kind", ["ServiceRequest", "MedicationRequest", "Condition", "Observation", "Task"])
@pytest.mark.parametrize("act", [create, update, delete])
def test_epic_applies_these_actions_and_no_others(act: Any, kind: str) -> None:
    shaped = shape(card(suggestion(act(kind))), PROFILES["epic"], suggestions=True)
    assert (shaped.suggestions is not None) == ((act.__name__, kind) in APPLIED_BY_EPIC)


def test_of_actions_that_belong_together_none_is_left_alone() -> None:
    """To delete an order without its replacement is nothing that anybody proposed."""
    one = card(suggestion(delete("ServiceRequest"), create("Observation")))
    assert shape(one, PROFILES["epic"], suggestions=True).suggestions is None


@pytest.mark.conforms("R109", "R110", "R111")
def test_epic_gets_one_action_for_each_suggestion() -> None:
    one = card(suggestion(delete("ServiceRequest"), create("ServiceRequest"), isRecommended=True))
    parts = shape(one, PROFILES["epic"], suggestions=True).suggestions or []
    assert [len(part.actions or ()) for part in parts] == [1, 1]
    assert [part.isRecommended for part in parts] == [True, True]
    uuids = [part.uuid for part in parts]
    assert len({*uuids, MRI}) == 3
    assert all(UUID(uuid).version == 5 and uuid == uuid.lower() for uuid in uuids)
    again = shape(one, PROFILES["epic"], suggestions=True).suggestions or []
    assert [part.uuid for part in again] == uuids


def test_a_suggestion_that_is_not_split_keeps_its_uuid() -> None:
    parts = shape(FULL, PROFILES["epic"], suggestions=True).suggestions or []
    assert parts[0].uuid == MRI


def test_what_epic_shows_and_the_label_say_the_same() -> None:
    for part in shape(FULL, PROFILES["epic"], suggestions=True).suggestions or []:
        assert [action.description for action in part.actions or ()] == [part.label]


@pytest.mark.parametrize(("name", "expected"), [("epic", "any"), ("generic", "at-most-one")])
def test_epic_knows_one_behaviour_only(name: str, expected: str) -> None:
    one = card(suggestion(create("ServiceRequest")), behaviour="at-most-one")
    assert shape(one, PROFILES[name], suggestions=True).selectionBehavior == expected


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.conforms("R120")
def test_the_ballots_choice_of_actions_is_never_sent_to_those_who_do_not_know_it(name: str) -> None:
    actions = (create("ServiceRequest", "one"), create("ServiceRequest", "other"))
    for how in ("all", "any", "at-most-one"):
        for behaviour in ("any", "at-most-one"):
            one = card(
                suggestion(*actions, actionSelectionBehavior=how, isRecommended=True), behaviour=behaviour
            )
            shaped = shape(one, PROFILES[name], suggestions=True)
            assert b"actionSelectionBehavior" not in encode(shaped)


@pytest.mark.parametrize(
    ("how", "actions"),
    [
        ("all", [2]),
        # Told nothing, a client applies all of them: what is free to choose is offered one by one.
        ("any", [1, 1]),
        ("at-most-one", []),
    ],
)
def test_a_client_of_today_never_applies_more_than_was_meant(how: Any, actions: list[int]) -> None:
    one = card(suggestion(create("ServiceRequest"), create("Condition"), actionSelectionBehavior=how))
    shaped = shape(one, PROFILES["generic"], suggestions=True)
    assert [len(part.actions or ()) for part in shaped.suggestions or ()] == actions


def test_with_the_switch_the_ballots_choice_goes_out_as_it_is() -> None:
    profile = replace(PROFILES["generic"], action_selection=True)
    for how in ("all", "any", "at-most-one"):
        one = card(suggestion(create("Condition"), create("Condition"), actionSelectionBehavior=how))
        assert shape(one, profile, suggestions=True) is one


@pytest.mark.conforms("R116")
def test_a_delete_names_its_target_as_the_client_wants_it() -> None:
    one = card(suggestion(delete("ServiceRequest")))
    for old, member in ((False, "resourceId"), (True, "resource")):
        profile = replace(PROFILES["generic"], old_delete=old)
        sent = json.loads(encode(shape(one, profile, suggestions=True)))["suggestions"][0]["actions"][0]
        assert sent == {
            "type": "delete",
            "description": "take the draft out",
            member: "ServiceRequest/draft-1",
        }


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("delete", {"resourceId": "ServiceRequest/draft-1"}),
        ("delete", {}),
        ("delete", {"resource": {"resourceType": "ServiceRequest"}}),
        ("create", {"resource": "ServiceRequest/draft-1"}),
    ],
)
def test_a_delete_of_the_first_version_is_an_id_in_place_of_a_resource(kind: Any, members: Json) -> None:
    with pytest.raises(ValueError, match="in the place of the resource"):
        OldDelete(kind, "take the draft out", **members)


@pytest.mark.conforms("R104")
@pytest.mark.parametrize(
    ("name", "registered", "expected"),
    [
        ("generic", (), [absolute(), smart()]),
        ("sandbox", (), [absolute(), smart()]),
        ("epic", (), [absolute()]),
        ("epic", (LAUNCH,), [absolute(), smart()]),
        ("cerner", (), [absolute()]),
        ("cerner", (LAUNCH,), [absolute(), Link("Open the lesion", LAUNCH, "smart")]),
    ],
)
def test_links_that_a_client_would_hide_are_not_sent(
    name: str, registered: tuple[str, ...], expected: list[Link]
) -> None:
    shaped = shape(FULL, PROFILES[name], suggestions=True, registered=frozenset(registered))
    assert shaped.links == expected


def topics() -> list[str]:
    """The code of every topic that a card can have."""
    knowledge = load(Policy())
    instruments = [instrument.topic for instrument in knowledge.instruments.values()]
    scores = [*instruments, *knowledge.patient_scores, *knowledge.measures]
    return [*scores, *knowledge.pathways, "incomplete", "order-without-site", "urgent"]


@pytest.mark.conforms("R101")
def test_epic_remembers_by_topics_in_letters_and_digits_that_stay_apart() -> None:
    found = []
    for code in topics():
        one = card(source=Source("x", topic=WireCoding(code, "https://x/topic")))
        topic = shape(one, PROFILES["epic"], suggestions=True).source.topic
        assert topic is not None
        assert re.fullmatch(r"[A-Za-z0-9]{1,100}", topic.code)
        assert topic.system == "https://x/topic"
        found.append(topic.code)
    assert len(set(found)) == len(found) == len(set(topics()))


@pytest.mark.parametrize(
    ("code", "slug"),
    [
        ("noms", "noms"),
        ("sclerotic-lesion", "scleroticLesion"),
        ("a-bc", "aBc"),
        ("ab-c", "abC"),
        ("eq-5d", "eq5d"),
        ("x" * 120, "x" * 100),
    ],
)
def test_a_topic_in_letters_and_digits(code: str, slug: str) -> None:
    assert topic_slug(code) == slug


@pytest.mark.parametrize("name", ["generic", "cerner", "sandbox"])
def test_other_clients_get_the_topic_as_it_is(name: str) -> None:
    one = card(source=Source("x", topic=WireCoding("sclerotic-lesion", "https://x/topic")))
    assert shape(one, PROFILES[name], suggestions=True) is one


# -- the tenant -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wanted", "expected"),
    [
        ("generic", None, True),
        ("epic", None, True),
        ("sandbox", None, True),
        ("cerner", None, False),
        ("cerner", True, True),
        ("generic", False, False),
    ],
)
def test_suggestions_are_as_the_profile_says_unless_settings_do(
    name: Any, wanted: bool | None, expected: bool
) -> None:
    tenant = tenant_of(Settings(client_profile=name, client_suggestions=wanted))
    assert tenant == Tenant("default", PROFILES[name], expected)


def test_the_tenant_is_as_its_settings_say() -> None:
    tenant = tenant_of(Settings(shadow=True, quiet_days=30, ballot=("action-selection",)))
    profile: ClientProfile = replace(PROFILES["generic"], action_selection=True)
    assert tenant == Tenant("default", profile, True, True, 30, frozenset({"action-selection"}))
    other = tenant_of(Settings(ballot=("discovery-version",)))
    assert not other.profile.action_selection


# -- what each client sends -------------------------------------------------------------------------------


def ehr(name: str, **settings: Any) -> Ehr:
    return Ehr(application(client_profile=name, **settings))


def service_of(request: Mapping[str, Any]) -> str:
    return f"/cds-services/spinal-metastasis-{request['hook']}"


async def cards_for(recorded: str, drafts: bool = True) -> list[Json]:
    request: Json = json.loads(RECORDED[recorded].read_text(encoding="utf-8"))
    if not drafts:
        request["context"] |= {"draftOrders": {"resourceType": "Bundle", "type": "collection"}}
    response = await ehr(recorded.partition("-")[0]).send(request, path=service_of(request))
    assert response.status_code == 200, response.text[:300]
    cards: list[Json] = response.json()["cards"]
    return cards


@pytest.mark.parametrize("recorded", ["epic-patient-view", "cerner-patient-view", "sandbox-patient-view"])
async def test_each_client_opens_a_chart_and_gets_the_lesion(recorded: str) -> None:
    (card,) = await cards_for(recorded)
    assert "SINS 18 of 18" in card["summary"]
    # An empty search is no gap, whatever it is told with.
    assert "Not everything could be checked" not in card["detail"]
    assert "not counted for any lesion" not in card["detail"]


async def test_epic_sites_give_prefetch_keys_other_names() -> None:
    (card,) = await cards_for("epic-renamed-keys")
    assert "SINS 18 of 18" in card["summary"]


async def test_an_empty_search_under_another_name_is_no_gap() -> None:
    (card,) = await cards_for("epic-renamed-keys")
    assert "Not everything could be checked" not in card["detail"]


@pytest.mark.conforms("R160", "R161")
@pytest.mark.parametrize("recorded", [name for name in RECORDED if "-order-" in name])
async def test_drafts_as_each_client_sends_them_are_read(recorded: str) -> None:
    await cards_for(recorded)
    await cards_for(recorded, drafts=False)


@pytest.mark.parametrize("recorded", ["epic-order-sign", "epic-order-select", "sandbox-order-select-chosen"])
async def test_a_draft_of_each_client_is_spoken_of(recorded: str) -> None:
    told = json.dumps(await cards_for(recorded)).lower()
    assert "vertebroplasty" in told
    assert "vertebroplasty" not in json.dumps(await cards_for(recorded, drafts=False)).lower()


@pytest.mark.parametrize(
    "recorded",
    [
        "sandbox-order-select-medication",
        "sandbox-order-select-nothing-chosen",
        "sandbox-order-sign-medication",
    ],
)
async def test_a_draft_that_concerns_no_lesion_is_passed_over_in_silence(recorded: str) -> None:
    assert await cards_for(recorded) == []


@pytest.mark.parametrize("recorded", RECORDED)
def test_a_recorded_request_names_no_real_host(recorded: str) -> None:
    hosts = set(re.findall(r"https?://([^/\"]+)", RECORDED[recorded].read_text(encoding="utf-8")))
    known = {"fhir.spine-mets-cds.org", "snomed.info", "loinc.org", "www.nlm.nih.gov"}
    known |= {"terminology.hl7.org", "unitsofmeasure.org"}
    assert all(host.endswith(".example.org") for host in hosts - known)


@pytest.mark.conforms("R5")
@pytest.mark.parametrize("name", NAMES)
async def test_what_a_client_is_sent_is_what_it_can_use(name: str) -> None:
    """Of the real cards, whatever they offer."""
    profile = PROFILES[name]
    request: Json = json.loads(RECORDED["sandbox-patient-view"].read_text(encoding="utf-8"))
    response = await ehr(name, public_base_url="https://cds.example.org").send(request)
    for sent in response.json()["cards"]:
        offered = sent.get("suggestions", [])
        assert profile.suggestions or not offered
        assert sent.get("selectionBehavior", "any") in profile.behaviours
        assert profile.topic is None or profile.topic.fullmatch(sent["source"]["topic"]["code"])
        for one in offered:
            actions = one.get("actions", [])
            assert actions or not profile.acts_only
            assert len(actions) < 2 or not profile.one_action_per_suggestion
            for action in actions:
                types = profile.applies[action["type"]]
                assert types is None or action["resource"]["resourceType"] in types
                assert action["description"] == one["label"] or not profile.shows_description


async def test_suggestions_are_offered_to_those_who_take_them() -> None:
    request: Json = json.loads(RECORDED["sandbox-patient-view"].read_text(encoding="utf-8"))
    offers = {name: (await ehr(name).send(request)).json()["cards"][0] for name in NAMES}
    found = {name: "suggestions" in card for name, card in offers.items()}
    assert found == {"generic": True, "epic": True, "cerner": False, "sandbox": True}
