"""The context of each hook, as the hooks library defines it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.call.exact_json import Json, member, objects, text
from app.call.faults import UsageError

ANY_ENCOUNTER = "example-encounter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What surrounds the patient when a hook fires.

    Args:
        user: ``Type/id`` of who is at the EHR.
        encounter: the id of the encounter.
        draft_orders: a Bundle of the orders being written.
        selections: ``Type/id`` of the orders that are selected or dispatched.
        conditions: a Bundle of the problems just put on the list.
        members: members of the context that are sent as they stand, in place of any others.
    """

    user: str = "Practitioner/example"
    encounter: str | None = None
    draft_orders: Json | None = None
    selections: tuple[str, ...] = ()
    conditions: Json | None = None
    members: Json | None = None


@dataclass(frozen=True, slots=True)
class _Hook:
    required: tuple[str, ...]
    optional: tuple[str, ...] = ("encounterId",)


_HOOKS: Mapping[str, _Hook] = MappingProxyType(
    {
        "patient-view": _Hook(("userId", "patientId")),
        "order-select": _Hook(("userId", "patientId", "draftOrders", "selections")),
        "order-sign": _Hook(("userId", "patientId", "draftOrders")),
        "order-dispatch": _Hook(("patientId", "dispatchedOrders", "performer"), ("fulfillmentTasks",)),
        "encounter-start": _Hook(("userId", "patientId", "encounterId"), ()),
        "encounter-discharge": _Hook(("userId", "patientId", "encounterId"), ()),
        "appointment-book": _Hook(("userId", "patientId", "appointments")),
        "problem-list-item-create": _Hook(("userId", "patientId", "conditions")),
    }
)
_OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "encounterId": "--encounter",
        "draftOrders": "--draft-orders",
        "selections": "--select",
        "dispatchedOrders": "--select",
        "conditions": "--conditions",
    }
)


def context_of(hook: str, patient_id: str, around: Circumstances) -> tuple[Json, list[str]]:
    """The context of a call, and notes on what looks unintended in it.

    Args:
        hook: the hook that fires.
        patient_id: the id of the record's patient.
        around: what else the hook is about.

    Raises:
        UsageError: an option that the hook needs is missing, or one is given that it has no place for.
    """
    known = _HOOKS.get(hook)
    if known is None and around.members is None:
        raise UsageError(f"The context of the hook {hook} is not known here: give it with --context FILE.")
    places = ("userId", "patientId", "encounterId") if known is None else (*known.required, *known.optional)
    context = _offered(around, patient_id, places, hook)
    if known is not None and "encounterId" in known.required:
        context.setdefault("encounterId", ANY_ENCOUNTER)
    context |= around.members or {}
    notes: list[str] = []
    if "selections" in places:
        notes = _select(context)
    for name in known.required if known is not None else ():
        if name not in context:
            option = _OPTIONS.get(name, f"--context FILE with the member {name}")
            raise UsageError(f"The hook {hook} needs {name}: give {option}.")
    return context, notes


def _offered(around: Circumstances, patient_id: str, places: Iterable[str], hook: str) -> Json:
    always = {"userId": around.user, "patientId": patient_id}
    selected = list(around.selections) or None
    asked_for = {
        "encounterId": around.encounter,
        "draftOrders": around.draft_orders,
        "conditions": around.conditions,
        "dispatchedOrders" if "dispatchedOrders" in places else "selections": selected,
    }
    for name, value in asked_for.items():
        if value is not None and name not in places:
            raise UsageError(f"The hook {hook} has no place for {_OPTIONS[name]}; leave it out.")
    offered = always | asked_for
    return {name: value for name, value in offered.items() if name in places and value is not None}


def _select(context: Json) -> list[str]:
    """Select every draft where none was named; notes on drafts and selections that do not fit together."""
    drafts = [member(entry, "resource") for entry in objects(member(context, "draftOrders"), "entry")]
    names = [
        f"{kind}/{name}"
        for draft in drafts
        if (kind := text(draft, "resourceType")) and (name := text(draft, "id"))
    ]
    if "selections" in context:
        selected = context["selections"]
        strangers = [one for one in selected if one not in names] if isinstance(selected, list) else []
        return [f"{one} is selected and not among the draft orders" for one in strangers]
    if not drafts:
        return []
    if not names:
        raise UsageError("--draft-orders: no draft has an id, so none can be selected.")
    context["selections"] = names
    unnamed = len(drafts) - len(names)
    return [f"{unnamed} draft orders have no id and are not selected"] if unnamed else []
