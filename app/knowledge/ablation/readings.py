"""How a record answers ablation: what it states, and nothing inferred from it (MAP-1, QUAL-1)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from app.engine.criteria import Given
from app.engine.provenance import Source
from app.engine.quantity import Measured
from app.engine.question import Answer, Item, compatible
from app.engine.reading import Interval, exactly
from app.knowledge.ablation import inputs
from app.knowledge.anatomy import Kind
from app.knowledge.augmentation.readings import cord_compression, height_lost
from app.knowledge.findings import PAIN_SCALES
from app.knowledge.histology import RESISTANT, SENSITIVE
from app.knowledge.instrument import APPLIES, Applicability
from app.knowledge.noms.readings import stability
from app.knowledge.pathway import NO, YES, any_present, any_yes, coded_answer, number_from, present
from app.knowledge.patient import Case
from app.knowledge.sources import TADROS_2018, at, local_policy

_EITHER = frozenset({YES, NO})
_TOUCHING = exactly(0)
_APART = Interval(Fraction(0), None, low_closed=False)
_NO_METASTASIS = Applicability(
    applies=False,
    reason="Ablation is judged here for metastases; this is recorded as an osteoporotic fracture.",
    cites=(at(TADROS_2018, "TAD-ABL", "ablation slides"),),
)
_BONE_UNKNOWN = Applicability(
    None,
    "The bone is not recorded: what lies near it, and so what ablation needs, is open.",
    (local_policy("LES-1", "A lesion without a site is not judged as settled"),),
)
_GROUPS: Mapping[str, frozenset[str]] = {
    "kidney": frozenset({"hypervascular"}),
    "thyroid": frozenset({"hypervascular"}),
    # The codes of a liver cancer do not all say that it is hepatocellular.
    "liver": frozenset({"hypervascular", "other"}),
    "breast": frozenset({"breast"}),
    "lymphoma": frozenset({"lymphoma"}),
    "myeloma": frozenset({"myeloma"}),
    # Not found, or not classified here: any of them.
    "unknown-primary": frozenset(inputs.PRIMARY.codes),
    "other": frozenset(inputs.PRIMARY.codes),
}
_ANOTHER = frozenset({"other"})
_COLLAPSED = ("collapse-over-50", "collapse-under-50", "collapse-present")
_STABILITY = {"stable": {NO}, "potentially-unstable": _EITHER, "unstable": {YES}}


def applies(case: Case) -> Applicability:
    """Whether ablation is a question for this lesion."""
    if case.lesion.osteoporotic:
        return _NO_METASTASIS
    return _BONE_UNKNOWN if case.lesion.place.kind is None else APPLIES


def read(case: Case) -> Mapping[str, Given]:
    """What the record answers of each input; what is for a clinician to judge stays open."""
    given: dict[str, Given] = {
        "lesion_quality": coded_answer(
            inputs.LESION_QUALITY,
            case.facts("bone-lesion-quality"),
            {"lesion-lytic": {"lytic"}, "lesion-mixed": {"mixed"}, "lesion-blastic": {"blastic"}},
        ),
        "soft_tissue_component": coded_answer(
            inputs.SOFT_TISSUE,
            case.facts("soft-tissue-component"),
            {"present": {"small", "large"}, "absent": {"none"}},
        ),
        "primary_group": _primary(case),
        "radioresistant": _radioresistant(case),
        "in_spine": _in_spine(case),
        "mechanical_instability": _instability(case),
        "neural_contact": _contact(case),
        # Not touching a root is not the same as not coming close to one.
        "close_to_nerve_root": _only_yes(inputs.CLOSE_TO_ROOT, case, "root-contact", ("present",)),
        "cord_compression": cord_compression(case, "cord_compression"),
        "infection": any_present(
            inputs.INFECTION, case.lesion.facts.get("local-infection", ()), case.facts("systemic-infection")
        ),
        "existing_fracture": _fracture(case),
        "cortical_dehiscence": any_yes(
            inputs.DEHISCENCE,
            [
                _only_yes(inputs.DEHISCENCE, case, finding, ("disrupted",))
                for finding in ("acetabular-dome", "medial-wall", "posterior-column")
            ],
        ),
        "pain_after_radiotherapy": coded_answer(
            inputs.PAIN_AFTER_RADIOTHERAPY, case.facts("prior-radiation"), {"absent": {NO}}
        ),
        "pain_score": number_from(fact for scale in PAIN_SCALES for fact in case.lesion.facts.get(scale, ())),
    }
    for item, finding in _SAME:
        given[item.code] = present(item, case.facts(finding))
    for code, finding in _NUMBERS:
        given[code] = number_from(case.facts(finding))
    return given


_SAME = (
    (inputs.PACEMAKER, "pacemaker"),
    (inputs.BLEEDING, "active-bleeding"),
    (inputs.HYPERTENSION, "uncontrolled-hypertension"),
    (inputs.EARLIER_RADIOTHERAPY, "prior-radiation"),
    (inputs.LIFE_EXPECTANCY, "life-expectancy-over-3-months"),
)
_NUMBERS = (
    ("lesion_diameter", "lesion-diameter"),
    ("distance_to_neural_structure", "distance-to-neural-structure"),
    ("platelets", "platelets"),
    ("inr", "inr"),
    ("ecog", "ecog"),
)


def _only_yes(item: Item, case: Case, finding: str, answers: Iterable[str]) -> Answer:
    """Yes by these answers; any other leaves it open."""
    return coded_answer(item, case.facts(finding), {answer: {YES} for answer in answers})


def _agreed(item: Item, answers: Iterable[Answer]) -> Answer:
    """What several findings of one thing leave possible together; all they say where they conflict."""
    listed = list(answers)
    recorded = [answer for answer in listed if answer.recorded]
    unused = tuple(dict.fromkeys(source for answer in listed for source in answer.unused))
    if not recorded:
        return Answer(item.codes, unused=unused)
    claims = [frozenset(answer.possible) for answer in recorded]
    possible, conflicting = compatible(claims)
    if any(answer.conflicting for answer in recorded):
        # A finding whose own sources disagree is not settled by another: all is kept.
        possible, conflicting = frozenset[str]().union(*claims), True
    return Answer(
        item.ordered(possible),
        recorded=True,
        conflicting=conflicting,
        sources=tuple(dict.fromkeys(source for answer in recorded for source in answer.sources)),
        unused=unused,
    )


def _primary(case: Case) -> Answer:
    primary = case.patient.primary
    if not primary.recorded:
        return Answer(inputs.PRIMARY.codes)
    groups = frozenset[str]().union(*(_GROUPS.get(code, _ANOTHER) for code in primary.possible))
    return Answer(inputs.PRIMARY.ordered(groups), recorded=True, sources=primary.sources)


def _radioresistant(case: Case) -> Answer:
    primary = case.patient.primary
    if not primary.recorded:
        return Answer(inputs.RADIORESISTANT.codes)
    classes = {RESISTANT: YES, SENSITIVE: NO}
    possible = {classes[one] for one in primary.radiosensitivity}
    return Answer(inputs.RADIORESISTANT.ordered(possible), recorded=True, sources=primary.sources)


def _in_spine(case: Case) -> Answer:
    kind = case.lesion.place.kind
    if kind in (None, Kind.PELVIC_RING):
        return Answer(inputs.IN_SPINE.codes)
    sources = tuple(Source(reference) for reference in case.lesion.conditions)
    return Answer((YES,) if kind is Kind.SPINE else (NO,), recorded=True, sources=sources)


def _instability(case: Case) -> Answer:
    """By the categories of SINS that are still reachable; between stable and unstable it is open."""
    categories = stability(case)
    possible = frozenset[str]().union(*(_STABILITY[code] for code in categories.possible))
    return Answer(
        inputs.INSTABILITY.ordered(possible), recorded=categories.recorded, sources=categories.sources
    )


def _contact(case: Case) -> Answer:
    """Contact with cord or root: by the two findings together, and by a distance that is measured."""
    item = inputs.NEURAL_CONTACT
    cord = coded_answer(
        item,
        case.facts("escc-grade"),
        {
            **{grade: {NO} for grade in ("escc-0", "escc-1a", "escc-1b")},
            **{grade: {YES} for grade in ("escc-1c", "escc-2", "escc-3")},
        },
    )
    touching = any_yes(item, [cord, present(item, case.facts("root-contact"))])
    return _agreed(item, [touching, _contact_by(number_from(case.facts("distance-to-neural-structure")))])


def _contact_by(distance: Measured) -> Answer:
    """What a distance to the nearest neural structure says of contact: none is contact."""
    item = inputs.NEURAL_CONTACT
    if not distance.recorded:
        return Answer(item.codes, unused=distance.unused)
    possible = {YES} if any(_TOUCHING.meets(span) for span in distance.spans) else set[str]()
    if any(_APART.meets(span) for span in distance.spans):
        possible.add(NO)
    return Answer(
        item.ordered(possible or _EITHER),
        recorded=True,
        conflicting=distance.conflicting,
        sources=distance.sources,
        unused=distance.unused,
    )


def _fracture(case: Case) -> Answer:
    """A vertebra that has collapsed is fractured; one that has not may be fractured all the same."""
    item = inputs.EXISTING_FRACTURE
    return _agreed(
        item,
        [
            present(item, case.facts("pathological-fracture")),
            _only_yes(item, case, "vertebral-collapse", _COLLAPSED),
            *([lost] if (lost := height_lost(item, case)).possible == (YES,) else []),
        ],
    )


def agree(given: Mapping[str, Given]) -> Mapping[str, Given]:
    """The inputs, with the contact that a stated distance settles."""
    contact, distance = given["neural_contact"], given["distance_to_neural_structure"]
    if not isinstance(contact, Answer) or not isinstance(distance, Measured) or contact.conflicting:
        return given
    shared = set(contact.possible) & set(_contact_by(distance).possible)
    if not shared or len(shared) == len(contact.possible):
        return given
    narrowed = replace(contact, possible=inputs.NEURAL_CONTACT.ordered(shared))
    return {**given, "neural_contact": narrowed}


def contradiction(given: Mapping[str, Given]) -> tuple[str, str] | None:
    """The input that contradicts another, and how to mend it; None where they agree."""
    contact, distance = given.get("neural_contact"), given.get("distance_to_neural_structure")
    if isinstance(contact, Answer) and isinstance(distance, Measured) and not contact.conflicting:
        by_distance = _contact_by(distance)
        if set(contact.possible).isdisjoint(by_distance.possible):
            return (
                "neural_contact",
                (
                    "neural_contact and distance_to_neural_structure exclude one another: contact is a "
                    "distance of 0, and only that."
                ),
            )
    return None
