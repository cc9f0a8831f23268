"""What embolisation asks and says, and how a record answers: before surgery, and before ablation."""

from collections.abc import Mapping

from app.engine.criteria import All, AnyOf, Criterion, Effect, Given
from app.engine.question import Item
from app.knowledge.instrument import Applicability
from app.knowledge.pathway import yes_no
from app.knowledge.pathway_conditions import one_of, yes
from app.knowledge.pathway_record import (
    HYPERVASCULAR,
    large_mass,
    large_mass_item,
    made_for,
    placed,
    primary,
    primary_item,
    within,
)
from app.knowledge.patient import Case
from app.knowledge.sources import TADROS_2018, WODAJO_2022, at

EMBOLISATION = "embolisation"
_SURGERY = at(TADROS_2018, "EMB-1", "acetabular metastases slide")
_ABLATION = at(TADROS_2018, "EMB-1", "radiofrequency ablation slide")
_PELLERIN = at(WODAJO_2022, "MSTS-8", "bibliography, Pellerin 2014")

IN_ACETABULUM = yes_no("in_acetabulum", "Acetabulum", "Does the lesion lie in the acetabulum?", _SURGERY)
PRIMARY = primary_item(_SURGERY)
LARGE_MASS = large_mass_item(_SURGERY)
VASCULAR = yes_no(
    "highly_vascular", "Highly vascular", "Is the lesion highly vascular on imaging?", _ABLATION
)
INPUTS: tuple[Item, ...] = (IN_ACETABULUM, PRIMARY, LARGE_MASS, VASCULAR)
RULES: tuple[Criterion, ...] = (
    Criterion(
        "EMB-1",
        Effect.OPTION,
        "Acetabulum, with a renal cell, thyroid or hepatocellular tumour or a large soft-tissue mass: before "
        "surgery, embolisation is an option to discuss, to reduce blood loss.",
        All(
            (
                yes("in_acetabulum"),
                AnyOf((one_of("primary", *HYPERVASCULAR), yes("large_soft_tissue_mass"))),
            )
        ),
        (_SURGERY, at(TADROS_2018, "TAD-ACE-1", "acetabular metastases slide")),
        EMBOLISATION,
    ),
    Criterion(
        "EMB-1-ablation",
        Effect.OPTION,
        "Highly vascular metastasis: embolisation before radiofrequency ablation is an option to discuss, "
        "since blood flow carries heat away.",
        AnyOf((one_of("primary", *HYPERVASCULAR), yes("highly_vascular"))),
        (_ABLATION, at(TADROS_2018, "TAD-ABL-4", "radiofrequency ablation slide")),
        EMBOLISATION,
    ),
    Criterion(
        "EMB-1-timing",
        Effect.CONTEXT,
        "Renal cell carcinoma: one pelvic series embolised on the day before radiofrequency ablation and "
        "cement. (The MSTS source is past its own review date.)",
        one_of("primary", "renal"),
        (_PELLERIN,),
        EMBOLISATION,
    ),
)


def applies(case: Case) -> Applicability:
    """Whether the lesion is a metastasis; embolisation before ablation is told for any bone."""
    named = case.lesion.place.site is not None
    return made_for(case, "a metastasis of bone", _SURGERY, lies=True if named else None)


def read(case: Case) -> Mapping[str, Given]:
    """What the record answers; whether a lesion is highly vascular is for a clinician to say."""
    return {
        "in_acetabulum": placed(IN_ACETABULUM, case, lies=within(case.lesion.place, "acetabulum")),
        "primary": primary(PRIMARY, case),
        "large_soft_tissue_mass": large_mass(LARGE_MASS, case),
    }
