"""Urgent findings of the patient: neurologic deficit, sphincter, cord compression, hypercalcaemia."""

from collections.abc import Iterator

from app.engine.provenance import Age, Source
from app.engine.reading import Fact, Interval
from app.knowledge.finding import INDETERMINATE
from app.knowledge.findings import FINDINGS
from app.knowledge.instrument import Advice, Urgency, day
from app.knowledge.patient import Patient
from app.knowledge.policy import Policy
from app.knowledge.sources import ASTRO_2024, NG234, TADROS_2018, XU_2021, at, local_policy

DECIDES = "spine surgery with radiation oncology"
DO_NOT_WAIT = "Do not wait for this tool."
DEFICITS = ("new-neurologic-deficit", "sphincter-dysfunction", "spinal-cord-compression", "myelopathy")
# The one of them that is no sign.
_DIAGNOSES = frozenset({"spinal-cord-compression"})
_HEADS = {
    "new-neurologic-deficit": "new neurologic deficit",
    "sphincter-dysfunction": "bladder or bowel dysfunction",
    "spinal-cord-compression": "cord or cauda equina compression",
    "myelopathy": "myelopathy",
}
_RED_1 = at(NG234, "RED-1", "recommendation 1.5.2")
_RED_1_DECK = at(TADROS_2018, "SURG-1", "surgical evaluation slide")
_RED_2 = at(NG234, "RED-2", "recommendation 1.8.1")
_RED_2_ASTRO = at(ASTRO_2024, "RED-2", "dexamethasone with radiotherapy")
_RED_3 = local_policy("RED-3", "Signs of cauda equina compression have the urgency of RED-1")
_GAIT = local_policy("RED-1-gait", "Not able to walk: whether it is new has to be asked")
_OPEN = local_policy("RED-1-open", "A neurologic sign that could not be told has to be examined")
_RED_6 = local_policy("RED-6", "Hypercalcaemia as a diagnosis: medical urgency")
_TIME_5 = local_policy("TIME-5", "Staleness removes reassurance, never an alarm")


def patient_alarms(patient: Patient, policy: Policy) -> tuple[Advice, ...]:
    """Everything of the patient that cannot wait, most urgent first."""
    found = [*_deficits(patient), *_gait(patient, policy), *_hypercalcaemia(patient, policy)]
    return tuple(sorted(found, key=lambda advice: advice.urgency.rank))


def has_deficit(patient: Patient) -> bool:
    """Whether a deficit is recorded, fresh or stale."""
    return any(_stated(patient.facts.get(finding, ())) for finding in DEFICITS)


def deficits(patient: Patient) -> tuple[Fact, ...]:
    """The facts that state a deficit, those too old to count among them."""
    return tuple(
        fact
        for finding in DEFICITS
        for fact in patient.facts.get(finding, ())
        if not isinstance(fact.value, Interval)
        and "present" in fact.value
        and fact.source.age is not Age.FUTURE
    )


def _stated(facts: tuple[Fact, ...]) -> list[Source]:
    """The sources that state it outright, those too old to count among them; never one in the future."""
    return [
        fact.source
        for fact in facts
        if not isinstance(fact.value, Interval)
        and "present" in fact.value
        and fact.source.age is not Age.FUTURE
    ]


def recorded(sources: list[Source]) -> str:
    """When a sign was recorded, and what to do where that was too long ago."""
    dated = sorted((source.effective or "", source) for source in sources)
    last = dated[-1][1]
    if any(source.age.usable for source in sources):
        return f"recorded on {day(last)}"
    if last.age is Age.UNDATED:
        return "recorded without a usable date: re-examine now"
    return f"recorded on {day(last)}: re-examine now"


def on_record(sources: list[Source]) -> str:
    """When a diagnosis was recorded, or where it stands: no examination shows whether it still holds."""
    dated = [source for source in sources if source.effective]
    if dated:
        return f"recorded on {day(max(dated, key=lambda source: source.effective or ''))}"
    listed = any(source.reference.startswith("Condition/") for source in sources)
    return "on the problem list" if listed else "recorded without a date"


def _deficits(patient: Patient) -> Iterator[Advice]:
    stated = {
        finding: sources for finding in DEFICITS if (sources := _stated(patient.facts.get(finding, ())))
    }
    if stated:
        first = next(iter(stated))
        listed = "; ".join(
            f"{FINDINGS[finding].label.lower()} {on_record(s) if finding in _DIAGNOSES else recorded(s)}"
            for finding, s in stated.items()
        )
        fresh = any(source.age.usable for sources in stated.values() for source in sources)
        # Each sign that is old says so itself; a diagnosis does not.
        again = " Re-examine now." if not fresh and stated.keys() <= _DIAGNOSES else ""
        yield Advice(
            "RED-1",
            f"{_HEADS[first]}, emergency pathway now"
            if fresh
            else f"{_HEADS[first]} on record, re-examine now",
            f"Emergency: {listed}.{again} Consider immediate contact with the cord compression coordinator "
            "or spine surgery, and with radiation oncology; MRI of the whole spine as soon as possible, "
            f"within 24 hours at most. {DO_NOT_WAIT}",
            DECIDES,
            Urgency.EMERGENCY,
            (_RED_1, _RED_1_DECK, *(() if fresh else (_TIME_5,))),
            of_patient=True,
        )
        yield Advice(
            "RED-2",
            "dexamethasone by local protocol",
            "With signs of cord compression consider dexamethasone by the local protocol, unless "
            "contraindicated: "
            "the guideline names 16 mg by mouth or equivalent as soon as possible, and dexamethasone with "
            f"radiotherapy rather than radiotherapy alone. {DO_NOT_WAIT}",
            DECIDES,
            Urgency.EMERGENCY,
            (_RED_2, _RED_2_ASTRO),
            of_patient=True,
        )
    if {"sphincter-dysfunction", "spinal-cord-compression"} & stated.keys():
        yield Advice(
            "RED-3",
            "cauda equina: same urgency",
            "Saddle anaesthesia, retention or sciatica of both legs mean the cauda equina, with the same "
            "urgency; "
            f"retention in somebody on opioids does not silence it. {DO_NOT_WAIT}",
            DECIDES,
            Urgency.EMERGENCY,
            (_RED_1_DECK, _RED_3),
            of_patient=True,
        )
    if not stated:
        open_ones = [f for f in DEFICITS if _could_not_be_told(patient, f)]
        if open_ones:
            labels = " and ".join(FINDINGS[f].label.lower() for f in open_ones)
            yield Advice(
                "RED-1-open",
                f"{_HEADS[open_ones[0]]} could not be told, examine now",
                f"The record says that {labels} could not be told: examine now. A new deficit would be an "
                f"emergency. {DO_NOT_WAIT}",
                DECIDES,
                Urgency.URGENT,
                (_RED_1, _OPEN),
                of_patient=True,
            )


def _could_not_be_told(patient: Patient, finding: str) -> bool:
    return any(
        not isinstance(fact.value, Interval)
        and INDETERMINATE in fact.value
        and fact.source.age is not Age.FUTURE
        for fact in patient.facts.get(finding, ())
    )


def _gait(patient: Patient, policy: Policy) -> Iterator[Advice]:
    sources = list(patient.ever("ambulatory", "absent"))
    if sources and not has_deficit(patient):
        yield Advice(
            "RED-1-gait",
            "not able to walk, ask whether it is new",
            f"Not able to walk, {recorded(sources)}; the record does not say since when. If walking was lost "
            f"recently this is an emergency: examine now. {DO_NOT_WAIT}",
            DECIDES,
            Urgency(policy.choice("RED-1-gait")),
            (_RED_1, _GAIT),
            of_patient=True,
        )


def _hypercalcaemia(patient: Patient, policy: Policy) -> Iterator[Advice]:
    sources = _stated(patient.facts.get("hypercalcaemia", ()))
    if sources:
        yield Advice(
            "RED-6",
            "hypercalcaemia, medical urgency",
            f"Hypercalcaemia is {on_record(sources)}: a medical urgency of its own; measure calcium and "
            f"treat by "
            f"the local protocol. {DO_NOT_WAIT}",
            "oncology or acute medicine",
            Urgency(policy.choice("RED-6")),
            (at(XU_2021, "RED-6", "discussion, symptoms of bone metastases"), _RED_6),
            of_patient=True,
            of_spine=False,
        )
