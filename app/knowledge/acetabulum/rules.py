"""What the acetabulum asks and says: leave it, rebuild it, cement it with caution, embolise first."""

from app.engine.criteria import All, Always, AnyOf, Criterion, Effect
from app.engine.question import Item
from app.knowledge.pathway import choice, yes_no
from app.knowledge.pathway_conditions import one_of, rule, yes
from app.knowledge.pathway_record import HYPERVASCULAR, large_mass_item, primary_item
from app.knowledge.sources import TADROS_2018, WODAJO_2022, at, local_policy

CEMENT, EMBOLISATION = "cementoplasty", "embolisation"
INTACT, DISRUPTED = "intact", "disrupted"
ACETABULUM = at(TADROS_2018, "TAD-ACE-1", "acetabular metastases slide")
CEMENT_SLIDE = at(TADROS_2018, "TAD-ACE-2", "acetabular metastases, minimally invasive procedures slide")
_ENGLISH = at(WODAJO_2022, "MSTS-6", "bibliography, English 2021")
_INC_36 = local_policy("INC-36", "Fracture, deficient medial wall or breached cortex: relative, not absolute")
_PAST_REVIEW = "(The MSTS source is past its own review date.)"


def _part(code: str, label: str) -> Item:
    question = f"Is the {label.lower()} of the acetabulum intact on imaging?"
    return choice(code, label, question, ACETABULUM, (INTACT, "intact"), (DISRUPTED, "disrupted"))


PARTS = ("acetabular_dome", "medial_wall", "posterior_column")
FRACTURE = choice(
    "fracture",
    "Fracture of the acetabulum",
    "Is there a pathological fracture, complete or impending?",
    CEMENT_SLIDE,
    ("none", "none"),
    ("impending", "impending"),
    ("complete", "complete"),
)
DESTABILISING = yes_no(
    "large_destabilising",
    "Large and destabilising",
    "Is the lesion large (the source gives no size), and does it compromise stability?",
    ACETABULUM,
)
RADIORESISTANT = yes_no("radioresistant", "Radioresistant", "Is the tumour radioresistant?", ACETABULUM)
DEBILITATING = yes_no(
    "debilitating_pain_despite_treatment",
    "Disabling pain despite treatment",
    "Is pain disabling in spite of non-operative and interventional treatment?",
    ACETABULUM,
)
DEHISCENCE = yes_no(
    "cortical_dehiscence",
    "Cortical dehiscence",
    "Is the cortex beside the hip joint breached?",
    _ENGLISH,
)
PRIMARY = primary_item(at(TADROS_2018, "EMB-1", "acetabular metastases slide"))
LARGE_MASS = large_mass_item(at(TADROS_2018, "EMB-1", "acetabular metastases slide"))
INPUTS: tuple[Item, ...] = (
    _part("acetabular_dome", "Dome"),
    _part("medial_wall", "Medial wall"),
    _part("posterior_column", "Posterior column"),
    FRACTURE,
    DESTABILISING,
    RADIORESISTANT,
    DEBILITATING,
    DEHISCENCE,
    PRIMARY,
    LARGE_MASS,
)


RULES: tuple[Criterion, ...] = (
    rule(
        "ACER-2",
        Effect.OPTION,
        "A reason for surgery is recorded (large and destabilising, a fracture, a radioresistant tumour, or "
        "disabling pain despite other treatment): consider a surgical opinion on reconstruction.",
        AnyOf(
            (
                yes("large_destabilising"),
                one_of("fracture", "complete"),
                yes("radioresistant"),
                yes("debilitating_pain_despite_treatment"),
            )
        ),
        at(TADROS_2018, "ACER-2", "acetabular metastases slide"),
        ACETABULUM,
    ),
    rule(
        "ACER-1",
        Effect.OPTION,
        "Dome, medial wall and posterior column are intact: non-operative treatment is an option to discuss, "
        "unless a reason for a surgical opinion holds.",
        All(tuple(one_of(part, INTACT) for part in PARTS)),
        at(TADROS_2018, "ACER-1", "acetabular metastases slide"),
        ACETABULUM,
    ),
    rule(
        "ACER-3",
        Effect.RELATIVE,
        "Impending or complete fracture, or a deficient medial wall: one source counts it against "
        "percutaneous cement alone; discuss with surgery, screws beside cement included.",
        AnyOf((one_of("fracture", "impending", "complete"), one_of("medial_wall", DISRUPTED))),
        at(TADROS_2018, "ACER-3", "acetabular metastases, minimally invasive procedures slide"),
        CEMENT_SLIDE,
        _INC_36,
        technique=CEMENT,
    ),
    rule(
        "INC-36",
        Effect.RELATIVE,
        "Cortex breached beside the hip joint: no contraindication to cement in one series of 38, a reason "
        f"for caution here; to be discussed with surgery. {_PAST_REVIEW}",
        yes("cortical_dehiscence"),
        _INC_36,
        _ENGLISH,
        technique=CEMENT,
    ),
    rule(
        "EMB-1",
        Effect.OPTION,
        "Renal cell, thyroid or hepatocellular tumour, or a large soft-tissue mass: embolisation before "
        "acetabular surgery is an option to discuss, to reduce blood loss.",
        AnyOf((one_of("primary", *HYPERVASCULAR), yes("large_soft_tissue_mass"))),
        at(TADROS_2018, "EMB-1", "acetabular metastases slide"),
        ACETABULUM,
        technique=EMBOLISATION,
    ),
    rule(
        "TAD-ACE-2",
        Effect.CONTEXT,
        "Percutaneous cement is an alternative to open reconstruction, mostly combined with ablation. To be "
        "kept clear of: superior gluteal artery, sciatic nerve, lateral cutaneous nerve of the thigh.",
        Always(),
        CEMENT_SLIDE,
        technique=CEMENT,
    ),
)
