"""Urgent findings of one lesion: compression, canal, deformity, several levels, infection, a fracture."""

from collections.abc import Iterator

from app.engine.provenance import Age, Source
from app.engine.reading import Fact, Interval
from app.knowledge.anatomy import Kind, place_of
from app.knowledge.finding import INDETERMINATE
from app.knowledge.instrument import Advice, Urgency
from app.knowledge.patient import Case
from app.knowledge.policy import Policy
from app.knowledge.sources import BILSKY_2010, CHEN_2022, TADROS_2018, XU_2021, at, local_policy
from app.knowledge.urgent.patient import DECIDES, DO_NOT_WAIT, deficits, has_deficit, on_record, recorded

_SPINAL = (Kind.SPINE, Kind.PELVIC_RING, None)
_HIGH = frozenset({"escc-2", "escc-3"})
_EPIDURAL = frozenset({"escc-1a", "escc-1b", "escc-1c", *_HIGH})
_DEFORMED = frozenset({"alignment-subluxation", "alignment-deformity"})
_RED_4 = at(BILSKY_2010, "RED-4", "high-grade compression, decompression before radiotherapy")
_RED_4_TIME = local_policy("RED-4", "Compression of grade 2 or 3 without a deficit: same day")
_RED_7 = at(XU_2021, "RED-7", "methods, exclusion criteria")
_RED_9 = at(CHEN_2022, "RED-9", "results, neural injury")
_RED_9_TIME = local_policy("RED-9", "A new deficit after ablation or cement is an emergency")
_SURG_1 = at(TADROS_2018, "SURG-1", "surgical evaluation slide")
_SURG_1_TIME = local_policy("SURG-1", "Urgency of early surgical evaluation")
_LIMB = (Kind.LONG_BONE, Kind.LIMB_BONE)
_PELVIS = place_of("bony-pelvis")
_FRACTURE = "pathological-fracture"
_MIR_E7 = local_policy("MIR-E7", "A fracture on record goes to the fracture pathway")
_MIR_E7_TIME = local_policy("MIR-E7-urgency", "Urgency of a fracture on record")
_ACER_2 = at(TADROS_2018, "ACER-2", "acetabular metastases slide")


def lesion_alarms(case: Case, policy: Policy) -> tuple[Advice, ...]:
    """Everything of one lesion that cannot wait, most urgent first."""
    found = [*_infection(case, policy), *_fracture(case, policy)]
    if case.lesion.place.kind in _SPINAL:
        found += [*_after_treatment(case), *_high_grade(case, policy), *_surgical(case, policy)]
    return tuple(sorted(found, key=lambda advice: advice.urgency.rank))


def _which(facts: tuple[Fact, ...], answers: frozenset[str]) -> list[Source]:
    """The sources that leave one of the answers possible; too old to count is no reason to pass over."""
    return [
        fact.source
        for fact in facts
        if not isinstance(fact.value, Interval) and fact.value & answers and fact.source.age is not Age.FUTURE
    ]


def _high_grade(case: Case, policy: Policy) -> Iterator[Advice]:
    sources = _which(case.facts("escc-grade"), _HIGH)
    if not sources:
        return
    if has_deficit(case.patient):
        # RED-4 is for those without a deficit; with one, RED-1 has said how soon.
        return
    yield Advice(
        "RED-4",
        "high-grade epidural compression, surgery and radiotherapy to discuss today",
        f"Epidural compression of grade 2 or 3, {recorded(sources)}: consider discussing surgery and "
        f"radiotherapy "
        "the same day; decompression comes before radiotherapy unless the tumour is very radiosensitive. "
        f"{DO_NOT_WAIT}",
        DECIDES,
        Urgency(policy.choice("RED-4")),
        (_RED_4, _RED_4_TIME),
    )


def _after_treatment(case: Case) -> Iterator[Advice]:
    treated = [*case.lesion.facts.get("earlier-ablation", ()), *case.lesion.facts.get("earlier-cement", ())]
    # What followed a treatment may come from it; what was there before does not.
    sources = [
        fact.source
        for fact in treated
        if not isinstance(fact.value, Interval)
        and "present" in fact.value
        and fact.source.age is not Age.FUTURE
        and any(not d.moment[1] or d.moment[1] >= fact.moment[0] for d in deficits(case.patient))
    ]
    if sources:
        yield Advice(
            "RED-9",
            "new deficit after ablation or cement, emergency",
            f"Ablation or cement at this lesion is {recorded(sources)}: a deficit after it may be a "
            f"complication of "
            f"it, and is an emergency. {DO_NOT_WAIT}",
            "the treating interventional radiologist with spine surgery",
            Urgency.EMERGENCY,
            (_RED_9, _RED_9_TIME),
        )


def _surgical(case: Case, policy: Policy) -> Iterator[Advice]:
    reasons: list[str] = []
    if len(case.lesion.spans) > 1:
        reasons.append(f"disease at several levels ({', '.join(case.lesion.spans)})")
    if sources := _which(case.facts("spinal-alignment"), _DEFORMED):
        reasons.append(f"new deformity, {recorded(sources)}")
    epidural = [
        *_which(case.facts("escc-grade"), _EPIDURAL | {INDETERMINATE}),
        *_which(case.facts("epidural-disease"), frozenset({"present", INDETERMINATE})),
    ]
    if epidural:
        reasons.append(f"tumour is or may be in the spinal canal, {recorded(epidural)}")
    if reasons:
        yield Advice(
            "SURG-1",
            "early surgical evaluation whatever the score",
            f"A reason for early surgical evaluation, whatever the score says: {'; '.join(reasons)}.",
            DECIDES,
            Urgency(policy.choice("SURG-1")),
            (_SURG_1, _SURG_1_TIME),
        )


def _infection(case: Case, policy: Policy) -> Iterator[Advice]:
    sources = _which(case.lesion.facts.get("local-infection", ()), frozenset({"present", INDETERMINATE}))
    if sources:
        yield Advice(
            "RED-7",
            "infection at the lesion, work-up first",
            f"Infection at the lesion is or may be there, {recorded(sources)}: consider urgent work-up; it "
            f"stands against cement and ablation. {DO_NOT_WAIT}",
            "the treating team with infectious disease",
            Urgency(policy.choice("RED-7")),
            (_RED_7, local_policy("RED-7", "Urgency of suspected infection at a lesion")),
        )


def _fracture(case: Case, policy: Policy) -> Iterator[Advice]:
    """A limb or a pelvis that is certainly broken; of a vertebra the collapse is a matter for SINS."""
    place = case.lesion.place
    limb = place.kind in _LIMB
    if not limb and not _PELVIS.holds(place):
        return
    # One that could not be told, or may be of a bone beside it, leaves open whether the bone is broken.
    sources = [
        fact.source
        for fact in case.lesion.facts.get(_FRACTURE, ())
        if fact.value == frozenset({"present"}) and fact.source.age is not Age.FUTURE
    ]
    if not sources:
        return
    if limb:
        key, cite = "MIR-E7", _MIR_E7
        told = f"A pathological fracture of this bone is {on_record(sources)}: Mirels no longer applies."
    else:
        key, cite = "ACER-2", _ACER_2
        bone, where = "pelvis", " where it involves the acetabulum"
        if place.site == "acetabulum":
            bone, where = place.site, ""
        told = (
            f"A pathological fracture of the {bone} is {on_record(sources)}: a reason for a surgical opinion "
            f"on reconstruction{where}."
        )
    yield Advice(
        key,
        "fracture recorded: fracture pathway and orthopaedic oncology",
        f"{told} Consider the local fracture pathway and orthopaedic oncology. {DO_NOT_WAIT}",
        "orthopaedic oncology",
        Urgency(policy.choice("MIR-E7-urgency")),
        (cite, _MIR_E7_TIME),
    )
