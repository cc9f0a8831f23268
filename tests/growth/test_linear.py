"""What a record costs grows with it and no faster, whatever it is made of.

Calls of functions are counted and not time, which differs from run to run. From N to 2N resources as many are
added as half of those from 2N to 4N: twice as many calls are, too, where each resource costs the same.
"""

import json
from collections.abc import Callable, Iterator

import msgspec
import pytest

from app.api.wire import assessment_json
from app.desk import Desk
from app.fhir.published.assessment_bundle import assessment_bundle
from app.settings import Profile, Settings
from cds_hooks.services import PATIENT_VIEW
from tests.cds_hooks.hook_request import hook_request
from tests.cds_hooks.record import (
    NOW,
    OBSERVABLE,
    RECENT,
    VERTEBRAE,
    Json,
    coded,
    concept,
    condition,
    focus,
    observation,
    quantity,
    site_of,
    spinal_lesion,
    subject,
)
from tests.growth.counting import calls_of

N = 64
LOINC = "http://loinc.org"
THORACIC_SPINE = "122495006"
Shape = Callable[[int], Iterator[Json]]


def platelets(name: str, number: float) -> Json:
    code = concept("777-3", LOINC)
    return {**observation(name, "", quantity(number, "10*3/uL")), "code": code}


def equal_values(number: int) -> Iterator[Json]:
    yield from (platelets(f"o-{n}", 200) for n in range(number))


def values_that_all_differ(number: int) -> Iterator[Json]:
    yield from (platelets(f"o-{n}", 200 + n) for n in range(number))


def bounds_that_all_meet(number: int) -> Iterator[Json]:
    for n in range(number):
        found = platelets(f"o-{n}", 200 + n)
        found["valueQuantity"]["comparator"] = "<"
        yield found


def findings_of_one_lesion(number: int) -> Iterator[Json]:
    yield from (
        observation(f"o-{n}", "spinal-pain", coded("pain-free"), focus=focus("c-t11")) for n in range(number)
    )


def findings_that_disagree(number: int) -> Iterator[Json]:
    answers = ("pain-free", "pain-mechanical", "pain-occasional")
    for n in range(number):
        yield observation(f"o-{n}", "spinal-pain", coded(answers[n % 3]), bodySite=site_of(VERTEBRAE["T11"]))


def half_with_a_site_within_and_half_with_the_region_only(number: int) -> Iterator[Json]:
    yield condition("c-region", site=site_of(THORACIC_SPINE))
    for n in range(number - 1):
        site = {"bodySite": site_of(VERTEBRAE["T5"])} if n % 2 else {}
        yield observation(f"o-{n}", "spinal-pain", coded("pain-free"), focus=focus("c-region"), **site)


def pain_at_places_beside_conditions(number: int) -> Iterator[Json]:
    for n in range(number // 2):
        yield condition(f"c-{n}", site=site_of(VERTEBRAE["L1"]))
        pain = {**observation(f"o-{n}", "", {"valueInteger": 3}), "code": concept("72514-3", LOINC)}
        yield {**pain, "bodySite": site_of(VERTEBRAE["L3"])}
    yield condition("c-l3", site=site_of(VERTEBRAE["L3"]))


def panels(number: int) -> Iterator[Json]:
    members = [f"o-{n}" for n in range(number - 1)]
    yield from (observation(name, "spinal-pain", coded("pain-free")) for name in members)
    panel = observation(
        "panel", "", None, hasMember=[{"reference": f"Observation/{name}"} for name in members]
    )
    yield {**panel, "focus": focus("c-t11")}


def components(number: int) -> Iterator[Json]:
    parts = [{"code": concept("spinal-pain", OBSERVABLE), **coded("pain-free")} for _ in range(number)]
    yield observation("o-1", "", None, component=parts, focus=focus("c-t11"))


def contained(number: int) -> Iterator[Json]:
    inner = [observation(f"i-{n}", "spinal-pain", coded("pain-free")) for n in range(number)]
    yield observation("o-1", "spinal-pain", coded("pain-free"), contained=inner, focus=focus("c-t11"))


def versions_of_one(number: int) -> Iterator[Json]:
    yield from (
        observation("o-1", "spinal-pain", coded("pain-free"), note=[{"text": f"{n}"}]) for n in range(number)
    )


def sites_that_nobody_knows(number: int) -> Iterator[Json]:
    yield from (condition(f"c-{n}", site=concept(f"{n}", "urn:oid:1.2.3")) for n in range(number))


def structures(number: int) -> Iterator[Json]:
    for n in range(number):
        yield {
            "resourceType": "BodyStructure",
            "id": f"b-{n}",
            "patient": subject(),
            "location": concept(VERTEBRAE["T11"]),
        }


def treatments(number: int) -> Iterator[Json]:
    for n in range(number):
        yield {
            "resourceType": "Procedure",
            "id": f"p-{n}",
            "status": "completed",
            "code": concept("108290001"),
            "subject": subject(),
            "performedDateTime": RECENT,
            "bodySite": [site_of(VERTEBRAE["T11"])],
        }


def medicines(number: int) -> Iterator[Json]:
    for n in range(number):
        code = concept("11289", "http://www.nlm.nih.gov/research/umls/rxnorm")
        request = {"resourceType": "MedicationRequest", "id": f"m-{n}", "status": "active", "intent": "order"}
        yield {**request, "subject": subject(), "medicationCodeableConcept": code}


SHAPES: tuple[Shape, ...] = (
    equal_values,
    values_that_all_differ,
    bounds_that_all_meet,
    findings_of_one_lesion,
    findings_that_disagree,
    half_with_a_site_within_and_half_with_the_region_only,
    pain_at_places_beside_conditions,
    panels,
    components,
    contained,
    versions_of_one,
    sites_that_nobody_knows,
    structures,
    treatments,
    medicines,
)


@pytest.fixture(scope="module")
def desk() -> Desk:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SPINE_METS_PROFILE", raising=False)
        return Desk(Settings(profile=Profile.DEMO, database="sqlite://"))


def calls_for(desk: Desk, resources: list[Json]) -> int:
    """The calls that a hook takes from its body to its cards, and both forms of its assessment."""
    body = json.dumps(hook_request(resources)).encode()

    def work() -> None:
        request = desk.judging.request(PATIENT_VIEW, body)
        taken = desk.judging.taken(PATIENT_VIEW, request, body)
        judged = desk.judging.judged(taken, taken.gathered(), NOW, lambda _about: False)
        msgspec.json.encode(assessment_json(judged.assessment, "d-1"))
        msgspec.json.encode(assessment_bundle(desk.book, judged.assessment, str))

    return calls_of(work)


def growth(count: Callable[[int], int]) -> float:
    """How much dearer each is that comes with the second doubling than each of the first."""
    few, more, many = (count(number) for number in (N, 2 * N, 4 * N))
    assert more > few
    return (many - more) / (2 * (more - few))


@pytest.mark.parametrize("shape", SHAPES)
def test_each_resource_costs_the_same_however_many_there_are(desk: Desk, shape: Shape) -> None:
    lesion = spinal_lesion("T11")
    assert growth(lambda number: calls_for(desk, [*lesion, *shape(number)])) < 1.05


def test_each_lesion_costs_the_same_however_many_there_are(desk: Desk) -> None:
    levels = list(VERTEBRAE)

    def lesions(number: int) -> list[Json]:
        return [one for level in levels[:number] for one in spinal_lesion(level)]

    few, more, many = (calls_for(desk, lesions(number)) for number in (6, 9, 12))
    assert many - more < 1.05 * (more - few)


def test_a_count_that_grows_with_the_square_is_seen() -> None:
    def pairs(number: int) -> int:
        return calls_of(lambda: [abs(a - b) for a in range(number) for b in range(number)])

    assert growth(pairs) > 1.9
