"""problem-list-item-create: what staging a bone metastasis needs that was just put on the list (R165)."""

from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest

from tests.cds_hooks.ehr import Ehr
from tests.cds_hooks.hook_contexts import SERVICES, collection, request_of
from tests.cds_hooks.hook_request import prefetch_of
from tests.cds_hooks.record import (
    BONE_METASTASIS,
    FEMORAL_SHAFT,
    LEFT,
    SINS_ANSWERS,
    STABLE,
    UNSTABLE,
    VERTEBRAE,
    Json,
    coded,
    concept,
    condition,
    findings,
    observation,
    operation_outcome,
    patient,
    searchset,
    site_of,
    spinal_lesion,
    subject,
)

HOOK = "problem-list-item-create"
PATH = SERVICES[HOOK]
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
HYPERTENSION, BREAST_CANCER, MYELOMA = "38341003", "254837009", "109989006"
# Of the spinal cord, and of no place that is told.
CORD_METASTASIS, METASTASIS = "94600009", "128462008"
# What SINS asks for beside the level, and NOMS beside stability: clinical-spec, sections 2.1 and 5.2.
SINS_NEEDS = ("pain", "bone lesion", "alignment", "collapse", "posterolateral")
NOMS_NEEDS = ("epidural compression grade", "myelopathy", "radiosensitivity", "surgical tolerance")
STAGING = "**Staging needs, and the record does not hold:**"
COULD_NOT_LOOK = "not everything could be checked"


def new(name: str = "c-new", level: str | None = "T11", **members: Any) -> Json:
    """A bone metastasis that was just put on the problem list."""
    return condition(name, site=site_of(VERTEBRAE[level]) if level else None, **members)


def problems(added: Iterable[Json], record: Iterable[Json] = (), **members: Any) -> Json:
    """A request of the hook: what was put on the list, and what the record holds."""
    request = request_of(HOOK, record, **members)
    request["context"]["conditions"] = collection(added)
    return request


async def answered(ehr: Ehr, request: Json) -> httpx.Response:
    return await ehr.send(request, path=PATH)


async def shown(ehr: Ehr, *added: Json, record: Iterable[Json] = (), **members: Any) -> list[Json]:
    response = await answered(ehr, problems(added, record, **members))
    assert response.status_code == 200, response.text[:300]
    cards: list[Json] = response.json()["cards"]
    return cards


def needed(card: Json) -> str:
    """What a card says that staging needs; nothing where it needs nothing."""
    lines = [line for line in card["detail"].split("\n") if line.startswith(STAGING)]
    return lines[0].removeprefix(STAGING).strip() if lines else ""


# -- which lesions -------------------------------------------------------------------------------------------


@pytest.mark.conforms("R165")
async def test_r165_a_new_bone_metastasis_asks_for_what_staging_needs(ehr: Ehr) -> None:
    (card,) = await shown(ehr, new())
    assert card["summary"].startswith(
        "T11, new on the problem list. May be unstable: discuss with spine surgery now; to record pain"
    )
    for need in (*SINS_NEEDS, *NOMS_NEEDS):
        assert need in needed(card), need
    # The level is known; stability is what the score is for.
    assert "location" not in needed(card)
    assert "stability" not in needed(card)
    # SINS of 13 can be reached (RED-5b).
    assert card["indicator"] == "warning"


async def test_what_is_not_shown_of_many_new_ones_is_counted_in_the_head(ehr: Ehr) -> None:
    many = [new(f"n-{level.lower()}", level) for level in ("T1", "T5", "T8", "T10", "T11", "T12", "L2")]
    cards = await shown(ehr, *many)
    assert len(cards) == 5
    assert cards[-1]["summary"].endswith("(+2 more lesions)")
    assert all("new on the problem list. May be unstable" in card["summary"] for card in cards[:-1])


@pytest.mark.conforms("R165")
async def test_r165_every_new_one_has_its_card_and_the_others_have_none(ehr: Ehr) -> None:
    known = [*spinal_lesion("L3", UNSTABLE), *spinal_lesion("C4", UNSTABLE)]
    cards = await shown(ehr, new("a", "T11"), condition("h", HYPERTENSION), new("b", "T5"), record=known)
    assert {card["summary"].partition(",")[0] for card in cards} == {"T11", "T5"}
    assert all("new on the problem list" in card["summary"] for card in cards)


@pytest.mark.parametrize("code", [HYPERTENSION, BREAST_CANCER, CORD_METASTASIS, METASTASIS])
async def test_what_is_no_lesion_of_bone_is_nothing_to_say(ehr: Ehr, code: str) -> None:
    record = spinal_lesion("T11", UNSTABLE)
    for resources in ([], record):
        response = await answered(ehr, problems([condition("c-new", code)], resources))
        assert response.content == b'{"cards":[]}'


@pytest.mark.parametrize(
    "members",
    [
        *({"clinicalStatus": concept(status, CLINICAL)} for status in ("inactive", "resolved", "remission")),
        *(
            {"verificationStatus": concept(status, VERIFICATION)}
            for status in ("refuted", "entered-in-error")
        ),
    ],
)
async def test_what_does_not_count_is_nothing_to_say(ehr: Ehr, members: Json) -> None:
    response = await answered(ehr, problems([new(**members)]))
    assert response.content == b'{"cards":[]}'


@pytest.mark.parametrize("status", ["active", "recurrence", "relapse", None])
async def test_what_counts_is_told(ehr: Ehr, status: str | None) -> None:
    held = new()
    del held["clinicalStatus"]
    (card,) = await shown(ehr, held | ({"clinicalStatus": concept(status, CLINICAL)} if status else {}))
    assert card["summary"].startswith("T11")


async def test_a_problem_named_by_text_only_is_not_guessed_at(ehr: Ehr) -> None:
    written = new() | {"code": {"text": "Bone metastasis of T11"}}
    assert await shown(ehr, written) == []


async def test_a_bone_metastasis_without_a_site_asks_for_the_site_first(ehr: Ehr) -> None:
    (card,) = await shown(ehr, new(level=None))
    assert "to record the site" in card["summary"]
    assert needed(card).startswith("the site")
    assert "suggestions" not in card


async def test_a_region_asks_for_the_level(ehr: Ehr) -> None:
    (card,) = await shown(ehr, condition("c-new", "94274006"))
    assert card["summary"].startswith("Thoracic spine, level not recorded")
    assert "location" in needed(card)


async def test_a_limb_asks_for_what_mirels_needs_and_not_noms(ehr: Ehr) -> None:
    (card,) = await shown(ehr, condition("c-new", site=site_of(FEMORAL_SHAFT, LEFT)))
    assert set(needed(card).rstrip(".").split(", ")) == {"pain", "lesion", "size"}
    assert card["indicator"] == "warning"


@pytest.mark.conforms("R165")
async def test_r165_of_many_five_are_shown_and_the_rest_is_counted(ehr: Ehr) -> None:
    levels = ("C2", "C4", "T1", "T5", "T11", "L1", "L3")
    cards = await shown(ehr, *(new(f"c-{level}", level) for level in levels))
    assert len(cards) == 5
    assert "2 more not shown on cards, none more urgent" in cards[-1]["detail"]
    assert all(level in str(cards) for level in levels)


# -- what the record holds -----------------------------------------------------------------------------------


@pytest.mark.conforms("R165")
@pytest.mark.parametrize("left_out", SINS_ANSWERS)
async def test_r165_only_what_is_missing_is_asked_for(ehr: Ehr, left_out: str) -> None:
    known = {finding: answer for finding, answer in UNSTABLE.items() if finding != left_out}
    (card,) = await shown(ehr, new(), record=[*findings("c-new", known)])
    asked = [need for need in SINS_NEEDS if need in needed(card)]
    assert asked == [dict(zip(SINS_ANSWERS, SINS_NEEDS, strict=True))[left_out]]


async def test_what_is_recorded_of_another_level_settles_nothing(ehr: Ehr) -> None:
    """Two readings of two levels are never pooled."""
    (card,) = await shown(ehr, new(), record=spinal_lesion("L3", STABLE))
    for need in SINS_NEEDS:
        assert need in needed(card)


async def test_a_lesion_of_which_all_is_known_is_told_as_everywhere(ehr: Ehr) -> None:
    of_patient = {"myelopathy": "absent", "surgical-tolerance": "surgery-able"}
    known = [
        condition("c-p", BREAST_CANCER),
        *findings("c-new", UNSTABLE | {"escc-grade": "escc-0", "prior-radiation": "absent"}),
        *(observation(f"p-{name}", name, coded(answer)) for name, answer in of_patient.items()),
    ]
    (card,) = await shown(ehr, new(), record=known)
    assert needed(card) == ""
    assert card["summary"].startswith("T11: SINS 18 of 18. Unstable")


async def test_an_emergency_stands_before_what_staging_needs(ehr: Ehr) -> None:
    sign = observation("s", "new-neurologic-deficit", coded("present"),
                       effectiveDateTime="2026-11-20T08:00:00Z")  # fmt: skip
    (card,) = await shown(ehr, new(), record=[sign])
    assert card["indicator"] == "critical"
    assert "emergency pathway now" in card["summary"]
    assert "new on the problem list" not in card["summary"]
    assert "epidural compression grade" in needed(card)


@pytest.mark.conforms("R165")
async def test_r165_a_condition_that_is_in_prefetch_already_is_one_lesion(ehr: Ehr) -> None:
    (alone,) = await shown(ehr, new())
    (both,) = await shown(ehr, new(), record=[new()])
    assert both["summary"] == alone["summary"]
    assert needed(both) == needed(alone)
    (known,) = await shown(ehr, new(), record=[new(), *findings("c-new", STABLE)])
    assert "pain" not in needed(known)


async def test_a_second_condition_of_the_same_lesion_is_that_lesion(ehr: Ehr) -> None:
    (card,) = await shown(ehr, new(), record=spinal_lesion("T11", STABLE))
    assert card["summary"].startswith("T11")
    assert "pain" not in needed(card)


@pytest.mark.parametrize("key", ["observations", "procedures", "bodyStructures", "questionnaireResponses"])
async def test_what_was_not_looked_at_is_said_on_the_card(ehr: Ehr, key: str) -> None:
    known = spinal_lesion("T11", STABLE, name="c-new")
    whole = prefetch_of(known[1:])
    less = {name: value for name, value in whole.items() if name != key}
    (card,) = await shown(ehr, new(), prefetch=less)
    assert COULD_NOT_LOOK in card["detail"].lower()
    assert "Stable" not in card["summary"]
    assert await shown(ehr, condition("c-new", HYPERTENSION), prefetch=less) == []


# -- what cannot be read -------------------------------------------------------------------------------------

NOT_READ: dict[str, Any] = {
    "a site that is no list": new() | {"bodySite": "T11"},
    "a status that is none": new() | {"clinicalStatus": 5},
    "a code that is none": new() | {"code": BONE_METASTASIS},
}
SET_ASIDE: dict[str, Any] = {
    "no subject": {name: value for name, value in new().items() if name != "subject"},
    "a subject that proves nothing": new(subject={"display": "Milan R."}),
    "a server that is not known": new(subject={"reference": "https://a.example/fhir/Patient/p-1"}),
    "a modifier that is not understood": new(modifierExtension=[{"url": "https://a.example/no"}]),
    "rules that are not understood": new(implicitRules="https://a.example/rules"),
}
BAD_ENTRIES: dict[str, Any] = {
    "an entry that is none": 5,
    "an address that is none": {"fullUrl": 5, "resource": new()},
    "an error in place of a problem": {"resource": operation_outcome()},
}


def in_bundle(*entries: Any) -> Json:
    request = request_of(HOOK)
    wrapped = [one if not isinstance(one, dict) or one.keys() & {"resource", "fullUrl"} else {"resource": one}
               for one in entries]  # fmt: skip
    request["context"]["conditions"] = {"resourceType": "Bundle", "type": "collection", "entry": wrapped}
    return request


async def said(ehr: Ehr, *entries: Any) -> Iterator[str]:
    response = await answered(ehr, in_bundle(*entries))
    assert response.status_code == 200, response.text[:300]
    return iter([card["summary"] for card in response.json()["cards"]])


@pytest.mark.parametrize("name", NOT_READ)
async def test_a_problem_that_cannot_be_read_is_never_met_with_silence(ehr: Ehr, name: str) -> None:
    for beside in ([], [condition("h", HYPERTENSION)]):
        summaries = list(await said(ehr, NOT_READ[name], *beside))
        assert [COULD_NOT_LOOK in summary for summary in summaries] == [True]


@pytest.mark.parametrize("name", SET_ASIDE)
async def test_a_problem_that_is_set_aside_is_never_met_with_silence(ehr: Ehr, name: str) -> None:
    assert [COULD_NOT_LOOK in summary for summary in await said(ehr, SET_ASIDE[name])] == [True]


@pytest.mark.parametrize("name", BAD_ENTRIES)
async def test_an_entry_that_cannot_be_read_is_never_met_with_silence(ehr: Ehr, name: str) -> None:
    assert [COULD_NOT_LOOK in summary for summary in await said(ehr, BAD_ENTRIES[name])] == [True]


@pytest.mark.parametrize("name", [*NOT_READ, *SET_ASIDE, *BAD_ENTRIES])
async def test_one_that_cannot_be_read_costs_itself_only(ehr: Ehr, name: str) -> None:
    bad = (NOT_READ | SET_ASIDE | BAD_ENTRIES)[name]
    response = await answered(ehr, in_bundle(bad, new("c-good", "L3")))
    (card,) = response.json()["cards"]
    assert card["summary"].startswith("L3, new on the problem list")
    assert COULD_NOT_LOOK in card["detail"].lower()


@pytest.mark.conforms("R165")
@pytest.mark.parametrize(
    "conditions",
    [
        patient(),
        new() | {"resourceType": "Observation"},
        operation_outcome(),
        {},
        {"entry": {}},
        {"resourceType": "Bundle", "entry": {}},
        {"resourceType": "Bundle", "entry": "none"},
        "Bundle",
        None,
        [new()],
    ],
)
async def test_r165_what_is_no_bundle_of_conditions_is_refused(ehr: Ehr, conditions: Any) -> None:
    request = request_of(HOOK)
    request["context"]["conditions"] = conditions
    assert (await answered(ehr, request)).status_code == 400


@pytest.mark.conforms("R165")
async def test_r165_without_the_bundle_nothing_is_evaluated(ehr: Ehr) -> None:
    request = request_of(HOOK, spinal_lesion("T11"))
    del request["context"]["conditions"]
    response = await answered(ehr, request)
    assert response.status_code == 400
    assert response.json()["issue"][0]["expression"] == ["context.conditions"]


@pytest.mark.conforms("R62", "R165")
@pytest.mark.parametrize("code", [BONE_METASTASIS, HYPERTENSION])
async def test_r62_a_problem_of_another_patient_refuses_all_of_them(ehr: Ehr, code: str) -> None:
    stranger = condition("c-x", code, site=site_of(VERTEBRAE["T11"]), subject=subject("p-2"))
    for added in ([stranger], [new(), stranger], [stranger, new()]):
        assert (await answered(ehr, problems(added))).status_code == 422


@pytest.mark.conforms("R165")
async def test_r165_an_empty_bundle_is_nothing_to_say(ehr: Ehr) -> None:
    for record in ([], spinal_lesion("T11")):
        assert (await answered(ehr, problems([], record))).content == b'{"cards":[]}'


@pytest.mark.conforms("R53", "R59")
async def test_r59_the_record_is_needed_all_the_same(ehr: Ehr) -> None:
    request = problems([new()], prefetch={"patient": patient()})
    assert (await answered(ehr, request)).status_code == 412
    request = problems([new()], prefetch={"patient": patient(), "conditions": operation_outcome()})
    assert (await answered(ehr, request)).status_code == 412


# -- what is offered -----------------------------------------------------------------------------------------


def resources_of(cards: Iterable[Json]) -> Iterator[Json]:
    for card in cards:
        for suggestion in card.get("suggestions", ()):
            for action in suggestion["actions"]:
                # The problem is final: what is offered follows it up, and edits nothing.
                assert action["type"] == "create"
                yield action["resource"]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node["reference"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


@pytest.mark.conforms("R165")
@pytest.mark.parametrize("record", [[], findings("c-new", UNSTABLE), spinal_lesion("T11", UNSTABLE)])
async def test_r165_nothing_refers_to_a_problem_that_stands_in_no_record_yet(
    ehr: Ehr, record: list[Json]
) -> None:
    held = {f"{one['resourceType']}/{one['id']}" for one in record}
    offered = list(resources_of(await shown(ehr, new(), record=record)))
    assert offered
    for resource in offered:
        named = {name for name in references(resource) if not name.startswith("#")}
        assert named <= held | {"Patient/p-1"}
        assert resource["resourceType"] in ("ServiceRequest", "Observation")


async def test_what_stands_in_the_record_is_referred_to(ehr: Ehr) -> None:
    offered = resources_of(await shown(ehr, new(), record=spinal_lesion("T11", UNSTABLE)))
    assert "Condition/c-t11" in {name for resource in offered for name in references(resource)}


@pytest.mark.parametrize(
    "added", [{name: value for name, value in new().items() if name != "id"}, new("x" * 194)]
)
async def test_a_problem_without_an_id_or_with_a_long_one_is_told(ehr: Ehr, added: Json) -> None:
    for record in ([], spinal_lesion("L3")):
        cards = await shown(ehr, added, record=record)
        assert [card["summary"].partition(",")[0] for card in cards] == ["T11"]


async def test_what_is_no_condition_in_the_bundle_is_set_aside(ehr: Ehr) -> None:
    """A finding that nobody filed cannot settle a score."""
    slipped = findings("c-new", STABLE)
    (card,) = await shown(ehr, *slipped, new())
    for need in SINS_NEEDS:
        assert need in needed(card)


async def test_what_the_record_lacks_of_its_conditions_is_said(ehr: Ehr) -> None:
    """A search that was cut short may hide what is known of the new lesion; it hides no new lesion."""
    cut = prefetch_of([]) | {"conditions": searchset(total=9)}
    (card,) = await shown(ehr, new(), prefetch=cut)
    assert COULD_NOT_LOOK in card["detail"].lower()
    assert await shown(ehr, condition("h", HYPERTENSION), prefetch=cut) == []


async def test_myeloma_is_no_lesion_of_its_own(ehr: Ehr) -> None:
    assert await shown(ehr, condition("c-new", MYELOMA)) == []
