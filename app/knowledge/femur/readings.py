"""How a record answers femur: the place, the Mirels totals still reachable, and what is measured."""

from collections.abc import Mapping

from app.engine.criteria import Given
from app.engine.provenance import Source
from app.engine.quantity import UNMEASURED, Measured
from app.engine.reading import exactly
from app.knowledge.femur.rules import FRACTURE, FUNCTIONAL_PAIN, LESSER_TROCHANTER, PROXIMAL
from app.knowledge.instrument import Applicability
from app.knowledge.pathway import NO, YES, coded_answer, number_from, present
from app.knowledge.pathway_record import made_for, placed, within
from app.knowledge.patient import Case
from app.knowledge.sources import TADROS_2018, at

_FEMUR = at(TADROS_2018, "TAD-FEM-1", "proximal femur slide")
_PAIN = {
    "limb-pain-functional": {YES},
    "limb-pain-moderate": {NO},
    "limb-pain-mild": {NO},
    "limb-pain-none": {NO},
}
_OF_MIRELS = ("limb-pain", "bone-lesion-quality", "cortical-destruction")


def applies(case: Case) -> Applicability:
    """Whether the lesion lies in the femur; open for a bone of the lower limb that is not named."""
    return made_for(case, "the femur", _FEMUR, lies=within(case.lesion.place, "femur"))


def read(case: Case) -> Mapping[str, Given]:
    """What the record answers of each input."""
    return {
        "proximal_femur": placed(PROXIMAL, case, lies=within(case.lesion.place, "proximal-femur")),
        "mirels": mirels_total(case),
        "axial_cortical_involvement": number_from(case.facts("axial-cortical-involvement")),
        "circumferential_cortical_involvement": number_from(
            case.facts("circumferential-cortical-involvement")
        ),
        "functional_pain": coded_answer(FUNCTIONAL_PAIN, case.facts("limb-pain"), _PAIN),
        "lesser_trochanter_fracture": present(LESSER_TROCHANTER, case.facts("lesser-trochanter-fracture")),
        "pathological_fracture": present(FRACTURE, case.facts("pathological-fracture")),
    }


def mirels_total(case: Case) -> Measured:
    """Every Mirels total still reachable; unknown where Mirels does not apply."""
    totals = case.totals.get("mirels", ())
    if not totals:
        return UNMEASURED
    sources: dict[Source, None] = {
        fact.source: None for finding in _OF_MIRELS for fact in case.lesion.usable(finding)
    }
    return Measured(
        spans=tuple(exactly(total) for total in totals), recorded=bool(sources), sources=tuple(sources)
    )
