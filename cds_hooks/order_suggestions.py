"""What the card about orders offers: to change or remove the draft itself, and what should come first. Pure.

A draft is given back whole with one thing changed, so that nothing of it is lost; one that is no valid R4 as
it stands is not given back at all, since a client could not take it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import msgspec
from pydantic import ValidationError

from app.assess.ordered import LesionOrders, OrderAtLesion
from app.assess.ordered.concern import Weight, capital
from app.assess.ordered.sites import targets_of
from app.assess.result import Assessment
from app.fhir.codes import CodeBook
from app.fhir.orders import Drafts
from app.fhir.proposals import PRIORITIES, Proposal
from app.knowledge.anatomy import Kind
from app.knowledge.instrument import Advice
from app.knowledge.orderables import Group, Orderable
from cds_hooks.card import Action, Suggestion
from cds_hooks.offer import SPINE_SURGERY, asking, reasons_of
from cds_hooks.order_lines import name_of
from cds_hooks.suggestions import MAX_SUGGESTIONS, suggestions_for

_REMOVED = frozenset({Weight.FORBIDS, Weight.DEFERS})
_GIVEN_BY = {
    Group.RADIOTHERAPY: Proposal.RADIATION_ONCOLOGY,
    Group.SPINE_SURGERY: Proposal.SPINE_SURGERY,
    Group.CEMENT: Proposal.INTERVENTIONAL_RADIOLOGY,
    Group.ABLATION: Proposal.INTERVENTIONAL_RADIOLOGY,
    Group.FIXATION: Proposal.ORTHOPAEDIC_ONCOLOGY,
}
# Beside these nobody is sent on for a needle: a surgeon has the lesion, or it is not the question.
_WITHOUT_A_NEEDLE = frozenset({Group.SPINE_SURGERY, Group.FIXATION, Group.PHYSIOTHERAPY})
# As long as clients make them: unsigned orders of one have 194 characters.
_SENT_ID = re.compile(r"[A-Za-z0-9.\-]{1,255}")
_BY_URGENCY = tuple(PRIORITIES.values())
_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


def order_suggestions(
    assessment: Assessment,
    ordered: LesionOrders,
    drafts: Drafts,
    *,
    book: CodeBook,
    identity: Callable[[str], str],
    encounter: str | None,
) -> list[Suggestion]:
    """What the card of a lesion offers about its orders, at most five; any of them may be accepted.

    Args:
        assessment: of the patient.
        ordered: the orders for the lesion.
        drafts: the drafts as they were sent.
        book: the codes under this deployment's base.
        identity: a deterministic uuid by a key.
        encounter: the id of the encounter, where it is known.
    """
    found: list[Suggestion] = []
    named: dict[str, OrderAtLesion] = {}
    for one in ordered.orders:
        named.setdefault(one.order.reference, one)
    for one in named.values():
        found += _about(one, ordered, drafts, identity)
    drafted = [order.orderable for order in drafts.orders.listed if order.orderable is not None]
    # Whoever orders the treatment has no need of a referral to those who give it.
    kinds = {one.code for one in drafted} | {
        _GIVEN_BY[one.group] for one in drafted if one.group in _GIVEN_BY
    }
    lesion = ordered.lesion
    name = lesion.lesion.id
    targets = [
        (order, {target.lesion.lesion.id for target in targets_of(order, assessment)})
        for order in drafts.orders.listed
    ]
    here = {order.orderable.group for order, at in targets if order.orderable is not None and name in at}
    if here & _WITHOUT_A_NEEDLE:
        kinds.add(Proposal.INTERVENTIONAL_RADIOLOGY)
    carded = {name, *(other for order, at in targets if order.selected for other in at)}
    # What is offered once stands on the first of those that have a card.
    lesions = sorted(assessment.lesions, key=lambda held: held.lesion.id not in carded)
    found += suggestions_for(
        replace(assessment, lesions=tuple(lesions)),
        lesion,
        lesion.leading,
        book=book,
        identity=identity,
        drafted=kinds,
        encounter=encounter,
    )
    return found[:MAX_SUGGESTIONS]


def _about(
    one: OrderAtLesion, ordered: LesionOrders, drafts: Drafts, identity: Callable[[str], str]
) -> list[Suggestion]:
    """Removing the draft, where something forbids or defers it; else noting what to mind on it.

    Never both: any of a card's suggestions may be accepted, and these two exclude each other.
    """
    reference, name = one.order.reference, name_of(one.order.orderable)
    if one.order.orderable is None or not _has_id(reference):
        return []
    if one.concerns[0].weight in _REMOVED:
        action = Action("delete", f"Remove the draft order {name}.", resourceId=reference)
        return [Suggestion(f"Remove the draft: {name}", identity(f"remove {reference}"), actions=[action])]
    changed, priority = _changed(one, ordered, drafts)
    if changed is None:
        return []
    hastened = f" and give it the priority {priority}" if priority is not None else ""
    action = Action("update", f"Note on the draft order {name} what to mind{hastened}.", changed)
    label = f"Keep the draft, with a note: {name}"
    return [Suggestion(label, identity(f"note {reference}"), actions=[action])]


def _has_id(reference: str) -> bool:
    name = reference.rpartition("/")[2]
    return "/unnamed-" not in reference and _SENT_ID.fullmatch(name) is not None


def _changed(
    one: OrderAtLesion, ordered: LesionOrders, drafts: Drafts
) -> tuple[Mapping[str, object] | None, str | None]:
    """The draft with a note on it, and its priority where that is raised; None where it would be no R4."""
    sent = drafts.sent.get(one.order.reference)
    if sent is None:
        return None, None
    from app.fhir.r4b import MODELS  # noqa: PLC0415  a start has no draft to check

    model = MODELS[one.order.reference.partition("/")[0]]
    raw = bytes(sent.raw)
    try:
        model.model_validate_json(raw)
    except (ValidationError, ValueError, KeyError, RecursionError):
        return None, None
    members = _decode_members(raw)
    notes = _decode_list(members["note"]) if "note" in members else []
    said = "; ".join(capital(concern.headline) for concern in one.concerns[:3])
    hastens = _hastens(one.order.orderable, ordered)
    priority = _raised(members, hastens)
    why = [*(reasons_of(hastens) if priority is not None else ()), f"{said}."]
    text = f"{' '.join(why)} (spine-mets-cds; for the person who signs)"
    changed: dict[str, object] = {
        **members,
        "note": [*notes, msgspec.Raw(msgspec.json.encode({"text": text}))],
    }
    if priority is not None:
        changed["priority"] = priority
    return changed, priority


def _hastens(orderable: Orderable | None, ordered: LesionOrders) -> tuple[Advice, ...]:
    """What cannot wait and is answered by imaging of the spine, where the order is one."""
    if orderable is None or orderable.group is not Group.IMAGING:
        return ()
    of_spine = orderable.covers is not None and orderable.covers.kind is Kind.SPINE
    return asking(ordered.lesion, SPINE_SURGERY) if of_spine or orderable.shows_soft_tissue else ()


def _raised(members: Mapping[str, msgspec.Raw], hastens: Sequence[Advice]) -> str | None:
    """The priority that what cannot wait asks for; None where the draft has it, or a more urgent one."""
    if not hastens:
        return None
    wanted = PRIORITIES[hastens[0].urgency]
    held = msgspec.json.decode(members["priority"], type=str) if "priority" in members else "routine"
    return wanted if held not in _BY_URGENCY[: _BY_URGENCY.index(wanted) + 1] else None
