"""What provokes each urgent finding, found by recording one thing and nothing else."""

from collections.abc import Iterator

from app.engine.provenance import Source
from app.engine.reading import Fact, Facts
from app.knowledge import Knowledge
from app.knowledge.anatomy import Place, place_of, place_of_level
from app.knowledge.finding import INDETERMINATE, Finding, Scope
from app.knowledge.findings import FINDINGS
from app.knowledge.instrument import Advice
from app.knowledge.lesion import Lesion
from app.knowledge.patient import Case, Patient
from app.knowledge.urgent import lesion_alarms, patient_alarms

_SOURCE = Source("Observation/any")
_DEFICIT = "new-neurologic-deficit"


def provoked(knowledge: Knowledge) -> tuple[tuple[str, Advice], ...]:
    """Each urgent finding once for each thing that provokes it, most urgent first."""
    found = {(trigger, advice.key): advice for trigger, advice in _provoked(knowledge)}
    merged: dict[tuple[str, str], tuple[list[str], Advice]] = {}
    for (trigger, _), advice in found.items():
        merged.setdefault((advice.key, advice.headline), ([], advice))[0].append(trigger)
    rows = [("; ".join(triggers), advice) for triggers, advice in merged.values()]
    return tuple(sorted(rows, key=lambda row: (row[1].urgency.rank, row[1].key)))


def _provoked(knowledge: Knowledge) -> Iterator[tuple[str, Advice]]:
    for finding in FINDINGS.values():
        for code, label in (
            (*finding.answers, (INDETERMINATE, "could not be told")) if finding.answers else ()
        ):
            trigger = f"{finding.label}: {label}"
            facts = {finding.code: (_fact(finding.code, code),)}
            yield from _alarms(knowledge, trigger, _place(finding), facts)
            if finding.scope is Scope.LESION:
                yield from _outside_the_spine(knowledge, trigger, facts)
            if finding.scope is not Scope.PATIENT:
                yield from _beside_a_deficit(knowledge, trigger, finding, facts)
    spanning = Lesion("T10", place_of_level("T10"), spans=("T10", "T11"))
    for advice in lesion_alarms(Case(spanning, Patient()), knowledge.policy):
        yield "One Condition that names several levels", advice


def _alarms(knowledge: Knowledge, trigger: str, place: Place, facts: Facts) -> Iterator[tuple[str, Advice]]:
    case = Case(Lesion(place.label, place, facts), Patient(facts))
    for advice in (*patient_alarms(case.patient, knowledge.policy), *lesion_alarms(case, knowledge.policy)):
        yield trigger, advice


def _outside_the_spine(knowledge: Knowledge, trigger: str, facts: Facts) -> Iterator[tuple[str, Advice]]:
    """What a finding of any bone provokes in a limb or the pelvis and not in the spine."""
    of_spine = {advice.key for _, advice in _alarms(knowledge, trigger, place_of_level("T10"), facts)}
    for bone, where in (("femur", "in a long bone"), ("acetabulum", "in the pelvis")):
        for _, advice in _alarms(knowledge, trigger, place_of(bone), facts):
            if advice.key not in of_spine:
                yield f"{trigger}, {where}", advice


def _beside_a_deficit(
    knowledge: Knowledge, trigger: str, finding: Finding, facts: Facts
) -> Iterator[tuple[str, Advice]]:
    """What a finding of a lesion provokes only where there is a deficit too."""
    deficit: Facts = {_DEFICIT: (_fact(_DEFICIT, "present"),)}
    place = _place(finding)
    alone = {advice.key for _, advice in _alarms(knowledge, trigger, place, facts)}
    alone |= {advice.key for _, advice in _alarms(knowledge, trigger, place, deficit)}
    for _, advice in _alarms(knowledge, trigger, place, {**facts, **deficit}):
        if advice.key not in alone:
            yield f"{trigger}, with {FINDINGS[_DEFICIT].label.lower()}", advice


def _fact(finding: str, answer: str) -> Fact:
    return Fact(finding, frozenset({answer}), _SOURCE)


def _place(finding: Finding) -> Place:
    if finding.scope is Scope.LIMB:
        return place_of("femur")
    return place_of("acetabulum") if finding.scope is Scope.PELVIS else place_of_level("T10")
