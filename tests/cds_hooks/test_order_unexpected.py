"""Orders as they should not be sent, and as they are sent all the same; and what is amiss."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_contexts import SERVICES
from tests.cds_hooks.orders import (
    APIXABAN,
    BREAST,
    DENOSUMAB,
    LOINC,
    MRI_THORACIC,
    PROXIMAL_FEMUR,
    READY,
    RXNORM,
    SELECT,
    SIGN,
    SINS_6,
    SINS_13,
    WHOLE_SPINE,
    Case,
    about,
    at_t11,
    blood,
    bone,
    but,
    changed_by,
    conventional,
    labels,
    medicine,
    on_record,
    order,
    order_request,
    ordered,
    primary,
    told,
    vertebra,
    without,
)
from tests.cds_hooks.record import (
    FEMUR,
    HUMERUS,
    LEFT,
    PATIENT_ID,
    SNOMED,
    Json,
    concept,
    searchset,
    subject,
)

VERTEBROPLASTY = order("vertebroplasty", "T11")
NEVER_ALONE = "never cement alone"
OTHER = "p-2"
LEVELS = ("T1", "T5", "T8", "T10", "T11", "T12", "L1")
BOTH_HOOKS = pytest.mark.parametrize("hook", [SIGN, SELECT])


def less(resource: Json, *members: str) -> Json:
    return {name: value for name, value in resource.items() if name not in members}


def unstable(level: str) -> list[Json]:
    return vertebra(level, pain="mechanical", lesion="lytic", collapse="over-50", posterolateral="bilateral")


# -- whose orders ---------------------------------------------------------------------------------------

ANOTHERS: Mapping[str, Json] = {
    "a treatment": VERTEBROPLASTY | {"subject": subject(OTHER)},
    "a medicine": medicine(APIXABAN, subject=subject(OTHER)),
    "one that is over": order("vertebroplasty", "T11", status="revoked", subject=subject(OTHER)),
    "one that cannot be read": VERTEBROPLASTY | {"subject": subject(OTHER), "bodySite": "T11"},
    "one at another address": VERTEBROPLASTY
    | {"subject": {"reference": f"https://elsewhere.example/fhir/Patient/{OTHER}"}},
}


@pytest.mark.conforms("R62")
@BOTH_HOOKS
@pytest.mark.parametrize("found", ANOTHERS.values(), ids=ANOTHERS)
@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
async def test_r62_an_order_of_another_patient_stops_everything(
    ehr: Ehr, found: Json, hook: str, first: bool
) -> None:
    own = order("vertebroplasty", "T11", name="own")
    drafts = [found, own] if first else [own, found]
    request = order_request(READY, drafts, hook=hook, selections=["ServiceRequest/own"])
    response = await ehr.send(request, path=SERVICES[hook])
    assert response.status_code == 422
    assert OTHER not in response.text
    assert PATIENT_ID not in response.text


@pytest.mark.conforms("R62")
@BOTH_HOOKS
@pytest.mark.parametrize(
    "found",
    [
        {"resourceType": "NutritionOrder", "id": "n", "patient": subject(OTHER)},
        {"resourceType": "DeviceRequest", "id": "d", "subject": subject(OTHER)},
    ],
    ids=lambda found: found["resourceType"],
)
async def test_r62_so_does_a_draft_of_any_other_type(ehr: Ehr, found: Json, hook: str) -> None:
    request = order_request(SINS_13, [VERTEBROPLASTY, found], hook=hook)
    response = await ehr.send(request, path=SERVICES[hook])
    assert response.status_code == 422
    assert OTHER not in response.text


@pytest.mark.conforms("R159", "R160", "R161")
@BOTH_HOOKS
@pytest.mark.parametrize("user", ["Patient/p-1", "RelatedPerson/r-1"])
async def test_no_card_about_orders_for_patients_and_relatives(ehr: Ehr, hook: str, user: str) -> None:
    assert await ordered(ehr, SINS_13, [VERTEBROPLASTY], hook=hook, context={"userId": user}) == []
    assert len(await ordered(ehr, SINS_13, [VERTEBROPLASTY], hook=hook)) == 1


UNPROVABLE: Mapping[str, Json] = {
    "no subject": less(VERTEBROPLASTY, "subject"),
    "a subject without a reference": VERTEBROPLASTY | {"subject": {"display": "somebody"}},
    "a site that is no list": VERTEBROPLASTY | {"bodySite": "T11"},
    "a code that is a text": VERTEBROPLASTY | {"code": "vertebroplasty"},
    "a modifier that is not known": VERTEBROPLASTY | {"modifierExtension": [{"url": "urn:x"}]},
    "rules that are not known": VERTEBROPLASTY | {"implicitRules": "urn:x"},
}


@BOTH_HOOKS
@pytest.mark.parametrize("found", UNPROVABLE.values(), ids=UNPROVABLE)
async def test_an_order_that_cannot_be_read_is_said_not_to_be_judged(
    ehr: Ehr, found: Json, hook: str
) -> None:
    (alone,) = await ordered(ehr, SINS_13, [found], hook=hook)
    assert "1 order of this call could not be read" in alone["detail"]
    drafts = [found, order("vertebroplasty", "T11", name="good")]
    (card,) = await ordered(ehr, SINS_13, drafts, hook=hook)
    assert NEVER_ALONE in card["summary"]
    assert "1 order of this call could not be read" in card["detail"]


@pytest.mark.conforms("R160")
@pytest.mark.parametrize("found", UNPROVABLE.values(), ids=UNPROVABLE)
async def test_r160_nothing_is_said_of_one_that_is_not_selected(ehr: Ehr, found: Json) -> None:
    assert await ordered(ehr, SINS_13, [found], hook=SELECT, selections=[]) == []


# -- what is selected -----------------------------------------------------------------------------------


@pytest.mark.conforms("R160")
@pytest.mark.parametrize(
    "selections", [[], ["ServiceRequest/other"], ["order-1"], ["MedicationRequest/order-1"]]
)
async def test_r160_nothing_selected_is_nothing_to_say(ehr: Ehr, selections: list[str]) -> None:
    assert await ordered(ehr, SINS_13, [VERTEBROPLASTY], hook=SELECT, selections=selections) == []


@pytest.mark.conforms("R160")
@pytest.mark.parametrize(
    "selection",
    [
        "ServiceRequest/order-1",
        "https://ehr.example.org/fhir/ServiceRequest/order-1",
        "ServiceRequest/order-1/_history/2",
    ],
)
async def test_r160_a_selection_may_be_written_in_full(ehr: Ehr, selection: str) -> None:
    (card,) = await ordered(ehr, SINS_13, [VERTEBROPLASTY], hook=SELECT, selections=[selection])
    assert NEVER_ALONE in card["summary"]


# -- how they are sent ----------------------------------------------------------------------------------


async def answer(ehr: Ehr, bundle: Any, record: Sequence[Json] = SINS_13, hook: str = SIGN) -> list[Json]:
    """The cards for a Bundle of drafts as it is."""
    request = order_request(record, [], hook=hook, selections=["ServiceRequest/order-1"])
    request["context"]["draftOrders"] = bundle
    response = await ehr.send(request, path=SERVICES[hook])
    assert response.status_code == 200, response.text[:300]
    cards: list[Json] = response.json()["cards"]
    return cards


ENTRY = {"resource": VERTEBROPLASTY}
BUNDLES: Mapping[str, Json] = {
    "a Bundle without a type": {"resourceType": "Bundle", "entry": [ENTRY]},
    "nothing that says it is a Bundle": {"entry": [ENTRY]},
    "an entry without a resource": {"resourceType": "Bundle", "entry": [{}, {"fullUrl": "urn:x"}, ENTRY]},
    "an entry that is none": {"resourceType": "Bundle", "entry": [None, 5, "x", [], ENTRY]},
    "a resource that is none": {"resourceType": "Bundle", "entry": [{"resource": 5}, ENTRY]},
    "a resource without a type": {"resourceType": "Bundle", "entry": [{"resource": {"id": "x"}}, ENTRY]},
    "resources of other types": {
        "resourceType": "Bundle",
        "entry": [{"resource": {"resourceType": "Practitioner", "id": "x"}}, ENTRY],
    },
    "a search's Bundle with links": searchset([VERTEBROPLASTY], link=[]),
}


@pytest.mark.conforms("R36")
@BOTH_HOOKS
@pytest.mark.parametrize("bundle", BUNDLES.values(), ids=BUNDLES)
async def test_r36_a_bundle_may_be_less_than_r4(ehr: Ehr, bundle: Json, hook: str) -> None:
    (card,) = await answer(ehr, bundle, hook=hook)
    assert card["summary"].startswith("T11, vertebroplasty")


# As the public sandbox sends them before something is chosen.
EMPTY: Mapping[str, Json] = {
    "a coding that is empty": order({"coding": [{}]}, name="request-1", intent="plan"),
    "a code that is empty": order({}, name="request-1"),
    "no code": less(VERTEBROPLASTY, "code", "bodySite"),
    "a medicine without intent and without a code": less(
        medicine(APIXABAN), "intent", "medicationCodeableConcept"
    ),
}


@pytest.mark.conforms("R36")
@BOTH_HOOKS
@pytest.mark.parametrize("draft", EMPTY.values(), ids=EMPTY)
async def test_r36_an_order_of_nothing_is_nothing_to_say(ehr: Ehr, draft: Json, hook: str) -> None:
    assert await ordered(ehr, SINS_13, [draft], hook=hook) == []


@pytest.mark.conforms("R115")
@pytest.mark.parametrize("member", ["intent", "subject", "status"])
async def test_r115_what_is_no_r4_as_it_was_sent_is_not_given_back(ehr: Ehr, member: str) -> None:
    whole, part = VERTEBROPLASTY, less(VERTEBROPLASTY, member)
    assert "Keep the draft, with a note: vertebroplasty" in labels(await ordered(ehr, SINS_13, [whole]))
    cards = await ordered(ehr, SINS_13, [part])
    assert not [label for label in labels(cards) if label.startswith("Keep the draft")]


@pytest.mark.conforms("R115")
async def test_r115_a_draft_is_given_back_whole_and_only_its_note_is_new(ehr: Ehr) -> None:
    extension = [{"url": "urn:x", "valueDecimal": 1.10}]
    sent = order("vertebroplasty", "T11", note=[{"text": "first"}], extension=extension, requester=subject())
    (card,) = await ordered(ehr, SINS_13, [sent])
    (action,) = (a for s in card["suggestions"] for a in s["actions"] if a["type"] == "update")
    given = copy.deepcopy(action["resource"])
    assert given.pop("note")[0] == {"text": "first"}
    assert given == less(sent, "note")


@pytest.mark.conforms("R36")
@BOTH_HOOKS
async def test_an_id_of_194_characters_is_named_in_full(ehr: Ehr, hook: str) -> None:
    name = "e" + "Ab3." * 48 + "x"
    assert len(name) == 194
    (card,) = await ordered(ehr, SINS_13, [order("vertebroplasty", "T11", name=name)], hook=hook)
    assert NEVER_ALONE in card["summary"]
    assert f"ServiceRequest/{name}" in card["detail"]


@pytest.mark.parametrize(
    ("length", "platelets", "kind", "given_back"),
    [
        (194, 40, "delete", True),
        (255, 40, "delete", True),
        (256, 40, "delete", False),
        (194, 60, "update", True),
        (255, 60, "update", True),
        (256, 60, "update", False),
    ],
)
async def test_an_id_of_up_to_256_characters_is_given_back(
    ehr: Ehr, length: int, platelets: float, kind: str, given_back: bool
) -> None:
    name = "e" * length
    draft = order("vertebroplasty", "T11", name=name)
    (card,) = await ordered(ehr, but(READY, *blood(platelets)), [draft])
    assert "platelets" in card["summary"]
    assert changed_by(card, kind) == ({f"ServiceRequest/{name}"} if given_back else set())


async def test_two_drafts_of_one_id_are_both_told_of(ehr: Ehr) -> None:
    drafts = [VERTEBROPLASTY, order("radiofrequency-ablation", "T11")]
    text = told(await ordered(ehr, SINS_13, drafts))
    assert "**Order: vertebroplasty**" in text
    assert "**Order: radiofrequency ablation**" in text


async def test_of_seven_orders_the_one_that_is_deferred_comes_first(ehr: Ehr) -> None:
    scans = [order(MRI_THORACIC, system=LOINC, name=f"mri-{number}") for number in range(6)]
    record = [*without(SINS_6, "collapse"), *but(READY[6:], *blood(40))]
    (card,) = await ordered(ehr, record, [*scans, VERTEBROPLASTY])
    orders = [part for part in card["detail"].split("\n\n") if part.startswith("**Order: ")]
    assert orders[0].startswith("**Order: vertebroplasty**")
    assert len(orders) == 6
    assert "1 more order for this lesion, none weightier." in card["detail"]
    assert labels([card])[0] == "Remove the draft: vertebroplasty"


async def test_a_draft_without_an_id_is_judged_and_never_changed(ehr: Ehr) -> None:
    (card,) = await ordered(ehr, SINS_13, [less(VERTEBROPLASTY, "id")])
    assert NEVER_ALONE in card["summary"]
    assert not [label for label in labels([card]) if label.startswith(("Keep", "Remove"))]


MEDICATION = {"resourceType": "Medication", "id": "m-1", "code": concept(APIXABAN, RXNORM)}
MEANT: Mapping[str, tuple[Json, Json]] = {
    "by its id": ({"medicationReference": {"reference": "Medication/m-1"}}, {"resource": MEDICATION}),
    "by its address": (
        {"medicationReference": {"reference": "urn:uuid:9b3f4c0e-1111-4222-8333-444455556666"}},
        {"fullUrl": "urn:uuid:9b3f4c0e-1111-4222-8333-444455556666", "resource": less(MEDICATION, "id")},
    ),
    "within it": (
        {"medicationReference": {"reference": "#m-1"}, "contained": [MEDICATION]},
        {"resource": {"resourceType": "Medication", "id": "m-1", "code": concept("1", RXNORM)}},
    ),
}


@pytest.mark.parametrize(("members", "entry"), MEANT.values(), ids=MEANT)
async def test_a_medicine_may_be_named_by_a_medication_among_the_drafts(
    ehr: Ehr, members: Json, entry: Json
) -> None:
    asked = less(medicine(APIXABAN), "medicationCodeableConcept") | members
    bundle = {"resourceType": "Bundle", "entry": [entry, {"resource": asked}, ENTRY]}
    (card,) = await answer(ehr, bundle, READY)
    assert "apixaban beside a planned puncture (vertebroplasty)" in card["summary"]


async def test_a_medication_alone_is_no_order(ehr: Ehr) -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": MEDICATION}]}
    assert await answer(ehr, bundle, READY) == []


def irrelevant(number: int) -> Json:
    kinds = (
        order("8867-4", system="http://loinc.org", name=f"other-{number}"),
        order("80146002", FEMUR, system=SNOMED, name=f"other-{number}"),
        medicine("1191", f"other-{number}"),
        order({"text": "something"}, name=f"other-{number}"),
        order("embolisation", "S2", name=f"other-{number}"),
    )
    return kinds[number % len(kinds)]


@pytest.mark.conforms("R178")
@BOTH_HOOKS
@pytest.mark.parametrize("place", [0, 250, 499])
async def test_one_order_among_500_is_answered_as_if_it_were_alone(ehr: Ehr, hook: str, place: int) -> None:
    drafts = [irrelevant(number) for number in range(499)]
    drafts.insert(place, VERTEBROPLASTY)
    alone = await ordered(ehr, SINS_13, [VERTEBROPLASTY], hook=hook)
    assert await ordered(ehr, SINS_13, drafts, hook=hook) == alone
    assert len(alone) == 1


@pytest.mark.conforms("R178")
async def test_more_drafts_than_anybody_signs_are_refused(ehr: Ehr) -> None:
    bundle = {"resourceType": "Bundle", "entry": [{}] * 2_001}
    request = order_request(SINS_13, []) | {}
    request["context"]["draftOrders"] = bundle
    assert (await ehr.send(request, path=SERVICES[SIGN])).status_code == 400


# -- what could not be looked at ------------------------------------------------------------------------


@pytest.mark.conforms("R59")
@BOTH_HOOKS
@pytest.mark.parametrize("key", ["conditions", "patient"])
async def test_r59_without_conditions_nothing_is_judged(ehr: Ehr, hook: str, key: str) -> None:
    request = order_request(SINS_13, [VERTEBROPLASTY], hook=hook)
    del request["prefetch"][key]
    assert (await ehr.send(request, path=SERVICES[hook])).status_code == 412


@BOTH_HOOKS
@pytest.mark.parametrize(
    ("key", "called"),
    [("observations", "Observations"), ("procedures", "Procedures"), ("bodyStructures", "BodyStructures")],
)
async def test_what_was_not_sent_is_said_and_never_taken_as_absent(
    ehr: Ehr, hook: str, key: str, called: str
) -> None:
    request = order_request(SINS_13[:1], [VERTEBROPLASTY], hook=hook)
    del request["prefetch"][key]
    (card,) = (await ehr.send(request, path=SERVICES[hook])).json()["cards"]
    assert card["indicator"] == "warning"
    assert f"Not everything could be checked:** {called}" in card["detail"]


async def test_conditions_that_are_not_all_there_are_said(ehr: Ehr) -> None:
    request = order_request([], [VERTEBROPLASTY])
    request["prefetch"]["conditions"]["link"] = [{"relation": "next", "url": "https://ehr.example.org/2"}]
    (card,) = (await ehr.send(request, path=SERVICES[SIGN])).json()["cards"]
    assert "Conditions" in card["detail"]
    assert "does not mean that there is none" in card["detail"]


async def test_without_bone_disease_an_order_is_nothing_to_speak_of(ehr: Ehr) -> None:
    assert await ordered(ehr, primary(BREAST), [VERTEBROPLASTY, medicine(DENOSUMAB)]) == []


@pytest.mark.parametrize("found", UNPROVABLE.values(), ids=UNPROVABLE)
async def test_without_bone_disease_nor_is_an_order_that_cannot_be_read(ehr: Ehr, found: Json) -> None:
    assert await ordered(ehr, primary(BREAST), [found]) == []


@pytest.mark.conforms("R95")
async def test_r95_five_cards_and_the_rest_counted(ehr: Ehr) -> None:
    record = [resource for level in LEVELS for resource in unstable(level)]
    cards = await ordered(ehr, record, [conventional(WHOLE_SPINE)])
    assert len(cards) == 5
    assert "(+2 more lesions)" in cards[-1]["summary"]
    assert "2 more not shown on cards" in cards[-1]["detail"]


@pytest.mark.parametrize(
    ("sited", "unsited", "lost"), [(0, 5, 0), (0, 6, 1), (0, 7, 2), (4, 2, 1), (5, 1, 1)]
)
async def test_orders_without_a_site_beyond_five_cards_are_counted(
    ehr: Ehr, sited: int, unsited: int, lost: int
) -> None:
    record = [resource for level in LEVELS for resource in unstable(level)]
    drafts = [conventional(level, name=f"rt-{level}") for level in LEVELS[:sited]]
    drafts += [order("vertebroplasty", name=f"lost-{number}") for number in range(unsited)]
    cards = await ordered(ehr, record, drafts)
    assert len(cards) == 5
    counted = f"**Not judged:** {lost} more order{'s' * (lost > 1)} without a site"
    assert told(cards).count("**Not judged:**") == (1 if lost else 0)
    assert (counted in told(cards)) is bool(lost)


async def test_what_could_not_be_read_is_said_beside_an_order_without_a_site(ehr: Ehr) -> None:
    drafts = [UNPROVABLE["no subject"] | {"id": "order-2"}, conventional(None)]
    (card,) = await ordered(ehr, [*SINS_13, *vertebra("T8")], drafts)
    assert "1 order of this call could not be read" in card["detail"]


# -- what is easily lost --------------------------------------------------------------------------------


def lost(name: str, **case: Any) -> Any:
    return pytest.param(Case(name=name, **case), id=name)


EASILY_LOST = [
    lost("where nothing is recorded of a needle, the summary says what is open",
          record=SINS_6, orders=at_t11("vertebroplasty"), card="warning", head=["would forbid or defer"]),
    lost("a disrupted posterior wall is named in the summary",
          record=but(READY, *about("c-t11", posterior_wall="wall-disrupted")),
          orders=at_t11("vertebroplasty"), card="warning", head=["posterior wall"]),
    lost("infection at the lesion gives its own source beside sepsis recorded as absent",
          record=but(READY, *about("c-t11", local_infection="present")), orders=at_t11("vertebroplasty"),
          card="warning", says=["[AUG-EXC-3] `Observation/c-t11-local_infection`"]),
    lost("an anticoagulant whose prescription is completed is not taken",
          record=[*READY, on_record(APIXABAN, "completed")], orders=at_t11("vertebroplasty"), card=None),
    lost("ORD-LIMITS names the value that is open and not the one that is recorded",
          record=[*bone(HUMERUS), *blood(200, None)], orders=[order("cementoplasty", HUMERUS, side=LEFT)],
          card="warning", head=["open, and would defer: INR"]),
]  # fmt: skip


@pytest.mark.parametrize("case", EASILY_LOST)
async def test_what_is_easily_lost(ehr: Ehr, case: Case) -> None:
    await case.check(ehr)


@pytest.mark.parametrize(
    ("record", "drafted", "open_item"),
    [
        (without(READY, "bleeding"), order("cryoablation", "T11"), "bleeding"),
        (without(READY, "myelopathy"), order("cryoablation", "T11"), "cord compression"),
        (
            [*bone(PROXIMAL_FEMUR, axial_cortical_involvement=10), *blood()],
            order("cementoplasty", PROXIMAL_FEMUR, side=LEFT),
            "lesser trochanter",
        ),
    ],
    ids=["bleeding", "cord compression", "lesser trochanter"],
)
async def test_what_the_summary_calls_open_stands_in_the_detail(
    ehr: Ehr, record: list[Json], drafted: Json, open_item: str
) -> None:
    (card,) = await ordered(ehr, record, [drafted])
    assert open_item in card["summary"]
    assert open_item in card["detail"].lower()
