"""The calls that are made both ways: a patient's resources, and what the hook says beside them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from app.web.demo import USER, DemoPatient, DemoPatients
from tests.cds_hooks import orders
from tests.cds_hooks.hook_contexts import collection, context_of
from tests.cds_hooks.hook_request import AN_UNSTABLE_T11, ONE_OF, TYPES
from tests.cds_hooks.record import (
    FEMORAL_SHAFT,
    LEFT,
    NOW,
    PATIENT_ID,
    Json,
    concept,
    limb_lesion,
    patient,
    spinal_lesion,
)

VIEW, PROBLEM, ENCOUNTER = "patient-view", "problem-list-item-create", "encounter-start"
_CATEGORIES = "http://terminology.hl7.org/CodeSystem/observation-category"


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One call, and the record that it is about.

    Args:
        patient: the id of the patient.
        resources: the record as a server holds it, the patient first; references are relative.
        context: what the hook says.
    """

    name: str
    hook: str = VIEW
    patient: str = PATIENT_ID
    resources: Sequence[Json] = field(repr=False)
    context: Json = field(default_factory=dict, repr=False)

    def of_key(self, key: str) -> list[Json]:
        """The resources that stand under one prefetch key."""
        return [one for one in self.resources if one["resourceType"] in TYPES[key]]

    def lacking(self, key: str) -> "Chart":
        """The same without anything of one prefetch key."""
        dropped = self.of_key(key)
        kept = [one for one in self.resources if one not in dropped]
        return replace(self, name=f"{self.name} without {key}", resources=kept)


def local(entries: Sequence[Json]) -> list[Json]:
    """The resources of entries, references to one of them made relative."""
    text = json.dumps([entry["resource"] for entry in entries])
    for entry in entries:
        name = f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        text = text.replace(f'"reference": "{entry.get("fullUrl", name)}"', f'"reference": "{name}"')
    found: list[Json] = json.loads(text)
    return found


def _demo(demo: DemoPatient) -> Chart:
    resources = local(demo.bundle(NOW)["entry"])
    (patient_id,) = [one["id"] for one in resources if one["resourceType"] == "Patient"]
    context = {"userId": USER, "patientId": patient_id}
    return Chart(name=demo.id, patient=patient_id, resources=resources, context=context)


def _searchable(resource: Json) -> Json:
    """An Observation of the tests with the category that a server files it under."""
    if resource["resourceType"] != "Observation" or "category" in resource:
        return resource
    return resource | {"category": [concept("exam", _CATEGORIES)]}


def _invented(name: str, record: Iterable[Json], hook: str, **context: Any) -> Chart:
    # Parts of a record that are put together share resources.
    named = {f"{one['resourceType']}/{one['id']}": _searchable(one) for one in [patient(), *record]}
    said = context_of(hook) | context
    return Chart(name=name, hook=hook, resources=list(named.values()), context=said)


def _ordered(name: str, record: Iterable[Json], drafts: Sequence[Json], hook: str = orders.SIGN) -> Chart:
    context: Json = {"draftOrders": collection(drafts)}
    if hook == orders.SELECT:
        context["selections"] = orders.references(drafts)
    return _invented(name, record, hook, **context)


def _orders() -> list[Chart]:
    """Orders of every kind: cement, ablation, radiotherapy, a limb, imaging, and several at once."""
    cement, ready = orders.at_t11("vertebroplasty"), orders.READY
    limb = orders.shaft("functional")
    several = [
        orders.order("vertebroplasty", "T11", name="one"),
        orders.stereotactic("T11", 8, 3, name="two"),
        orders.medicine(orders.APIXABAN, "three"),
    ]
    infected = [*orders.SINS_6, *orders.cleared(), *orders.blood(20), *orders.ADVERSE["sepsis"]]
    return [
        _ordered("cement without anything against it", ready, cement),
        _ordered("cement while infected", infected, cement),
        _ordered(
            "cement under an anticoagulant",
            [*ready, orders.on_record(orders.WARFARIN)],
            cement,
            orders.SELECT,
        ),
        _ordered("cement that NOMS was not settled for", orders.SINS_13, cement, orders.SELECT),
        _ordered(
            "ablation of a sclerotic body",
            [*orders.vertebra(), *orders.cleared(), *orders.blood()],
            orders.at_t11("radiofrequency-ablation"),
        ),
        _ordered(
            "radiotherapy of a stable body", [*orders.SINS_6, *orders.FOR_NOMS], [orders.conventional()]
        ),
        _ordered("radiotherapy of a body that is not stable", orders.SINS_13, [orders.conventional()]),
        _ordered("exercise for a femur", limb, orders.physiotherapy(FEMORAL_SHAFT, LEFT)),
        _ordered("exercise with two lesions", [*orders.SINS_13, *limb], orders.physiotherapy()),
        _ordered("magnetic resonance", orders.SINS_7[:-2], orders.imaging(orders.MRI_WHOLE_SPINE)),
        _ordered("three orders at once", [*ready, *orders.FOR_NOMS], several, orders.SELECT),
        _ordered("an order for an empty record", [], cement),
    ]


def _others() -> list[Chart]:
    two = [*spinal_lesion("L3"), *limb_lesion(FEMORAL_SHAFT, LEFT)]
    more = [one for kind, one in ONE_OF.items() if kind != "patient"]
    return [
        _invented("a new problem beside two", two, PROBLEM),
        _invented("a new problem for an empty record", [], PROBLEM),
        _invented("an encounter", [*AN_UNSTABLE_T11, *orders.FOR_NOMS], ENCOUNTER),
        _invented("a chart with one of each kind more", [*two, *more], VIEW),
    ]


@cache
def demo_charts() -> tuple[Chart, ...]:
    """The chart of every patient of the demo."""
    return tuple(map(_demo, DemoPatients()))


@cache
def invented_charts() -> tuple[Chart, ...]:
    """Calls of every hook, each about a patient of its own."""
    return (*_orders(), *_others())


@cache
def poorer_charts() -> tuple[Chart, ...]:
    """Every patient of the demo without the resources of one key that the patient has."""
    return tuple(
        chart.lacking(key)
        for chart in demo_charts()
        for key in TYPES
        if key != "patient" and chart.of_key(key)
    )
