"""What ablation asks: the inputs, each with its source."""

from app.engine.criteria import Input
from app.knowledge.pathway import choice, number, yes_no
from app.knowledge.sources import CHEN_2022, HAO_2023, TADROS_2018, WODAJO_2022, at, local_policy

_SLIDES = at(TADROS_2018, "TAD-ABL", "ablation slides")
_PLANNING = at(TADROS_2018, "TAD-PLAN-1", "planning slides")
_DISTANCE = at(TADROS_2018, "TAD-ABL-1", "thermal ablation slide, critical structures")
_CHEN_EXCLUDED = at(CHEN_2022, "CHEN-EXC", "methods, exclusion criteria")
_CHEN_INCLUDED = at(CHEN_2022, "CHEN-INC", "methods, inclusion criteria")
_HAO_EXCLUDED = at(HAO_2023, "HAO-EXC", "methods, exclusion criteria")
_HAO_INCLUDED = at(HAO_2023, "HAO-INC", "methods, inclusion criteria")
_COHORT = at(WODAJO_2022, "MSTS-2", "bibliography, De Marini 2020")
_TRIAL = at(WODAJO_2022, "MSTS-9", "bibliography, Guenette 2013")
_BACKGROUND = at(WODAJO_2022, "ABL-IND-2", "summary and background")
_CONTACT = local_policy("ABL-1-contact", "Tumour in contact with cord or nerve root excludes ablation")

LESION_QUALITY = choice(
    "lesion_quality",
    "Bone lesion quality",
    "Is the lesion lytic, mixed or blastic on imaging?",
    _PLANNING,
    ("lytic", "lytic"),
    ("mixed", "mixed"),
    ("blastic", "blastic (sclerotic)"),
)
SOFT_TISSUE = choice(
    "soft_tissue_component",
    "Soft-tissue component",
    "Is there a soft-tissue component, small or large? No source gives a size.",
    _PLANNING,
    ("none", "none"),
    ("small", "small"),
    ("large", "large"),
)
PRIMARY = choice(
    "primary_group",
    "Primary tumour",
    "Which primary tumour is it?",
    at(TADROS_2018, "EMB-1", "slides on embolisation and on radiofrequency ablation"),
    ("hypervascular", "renal cell, thyroid or hepatocellular"),
    ("breast", "breast"),
    ("lymphoma", "lymphoma"),
    ("myeloma", "myeloma"),
    ("other", "another"),
)
IN_SPINE = yes_no("in_spine", "In the spine", "Is the lesion in the spine?", _CHEN_INCLUDED)
NEURAL_CONTACT = yes_no(
    "neural_contact",
    "Contact with cord or nerve root",
    "Is the tumour in contact with the spinal cord or a nerve root?",
    _CONTACT,
)
CLOSE_TO_ROOT = yes_no(
    "close_to_nerve_root",
    "Margin close to a nerve root",
    "Does the margin of the tumour come close to a nerve root? Not touching is not the same as not close.",
    _CHEN_EXCLUDED,
)
PACEMAKER = yes_no(
    "pacemaker",
    "Pacemaker",
    "Does the patient have a pacemaker?",
    at(TADROS_2018, "ABL-PACEMAKER", "laser slide"),
)
EXISTING_FRACTURE = yes_no(
    "existing_fracture", "Pathological fracture", "Is there a pathological fracture at the lesion?", _TRIAL
)
INSTABILITY = yes_no(
    "mechanical_instability",
    "Mechanical instability",
    "Is the bone mechanically unstable? For the spine, by SINS.",
    _BACKGROUND,
)
INFECTION = yes_no(
    "infection",
    "Infection",
    "Is there uncontrolled infection at the site, or active systemic infection?",
    _CHEN_EXCLUDED,
)
BLEEDING = yes_no(
    "active_bleeding",
    "Bleeding",
    "Is there active bleeding or a marked tendency to bleed?",
    _HAO_EXCLUDED,
)
HYPERTENSION = yes_no(
    "uncontrolled_hypertension",
    "Uncontrolled hypertension",
    "Is hypertension uncontrolled despite treatment?",
    _HAO_EXCLUDED,
)
EARLIER_RADIOTHERAPY = yes_no(
    "earlier_radiotherapy", "Earlier radiotherapy", "Has this lesion been irradiated before?", _COHORT
)
PAIN_AFTER_RADIOTHERAPY = yes_no(
    "pain_after_radiotherapy",
    "Pain despite or after radiotherapy",
    "Has pain persisted or come back after radiotherapy to this lesion?",
    _CHEN_INCLUDED,
)
RADIORESISTANT = yes_no(
    "radioresistant",
    "Radioresistant tumour",
    "Does this tumour respond poorly to conventional radiotherapy?",
    _CHEN_INCLUDED,
)
LIFE_EXPECTANCY = yes_no(
    "life_expectancy_over_3_months",
    "Life expectancy over three months",
    "Does a clinician expect more than three months?",
    _CHEN_INCLUDED,
)
DEHISCENCE = yes_no(
    "cortical_dehiscence",
    "Cortex breached beside the hip joint",
    "Is the cortex of the acetabulum breached beside the joint?",
    at(WODAJO_2022, "MSTS-6", "bibliography, English 2021"),
)
DISTANCE = number(
    "distance_to_neural_structure",
    "Distance to nerve or cord",
    "How far is the lesion from the nearest neural structure?",
    _DISTANCE,
    "mm",
    0,
    500,
)

INPUTS: tuple[Input, ...] = (
    LESION_QUALITY,
    SOFT_TISSUE,
    number("lesion_diameter", "Largest diameter", "What is the largest diameter?", _SLIDES, "mm", 0, 500),
    yes_no("bulky", "Large or bulky", "Is it large or bulky, in the team's judgement?", _SLIDES),
    yes_no(
        "small_lesion_enclosed_by_bone",
        "Small and enclosed by bone",
        "Is it a small soft-tissue lesion with bone all round it?",
        at(TADROS_2018, "TAD-ABL-4", "radiofrequency slides"),
    ),
    PRIMARY,
    IN_SPINE,
    DISTANCE,
    number(
        "distance_to_skin", "Distance to the skin", "How far is it from the skin?", _DISTANCE, "mm", 0, 500
    ),
    NEURAL_CONTACT,
    CLOSE_TO_ROOT,
    yes_no(
        "critical_structure",
        "Critical structure close",
        "Is a critical structure close, in the team's judgement?",
        _COHORT,
    ),
    yes_no(
        "central_posterior_body",
        "Central posterior vertebral body",
        "Is the lesion in the central posterior part of the vertebral body?",
        at(CHEN_2022, "CHEN-CMP-1", "discussion, straight and curved probes"),
    ),
    yes_no("subchondral", "Subchondral", "Does the lesion lie beneath joint cartilage?", _SLIDES),
    yes_no(
        "vertebral_haemangioma",
        "Vertebral haemangioma",
        "Is the lesion a vertebral haemangioma?",
        at(TADROS_2018, "TAD-ABL-3", "alcohol slide"),
    ),
    EXISTING_FRACTURE,
    yes_no(
        "fracture_concern",
        "Concern about a fracture",
        "Is a fracture feared, in the team's judgement?",
        at(WODAJO_2022, "ABL-FRACTURE", "results, cryoablation compared"),
    ),
    yes_no(
        "irregular_or_thick_rim",
        "Irregular or thick rim",
        "Is the rim of the lesion irregular or thick?",
        _TRIAL,
    ),
    DEHISCENCE,
    INSTABILITY,
    PACEMAKER,
    yes_no(
        "cord_compression",
        "Symptomatic cord compression",
        "Is the cord compressed, with symptoms?",
        _CHEN_EXCLUDED,
    ),
    number("platelets", "Platelets", "Platelet count", _CHEN_EXCLUDED, "10*9/L", 0, 5000),
    number("inr", "INR", "International normalised ratio", _CHEN_EXCLUDED, "", 0, 50),
    INFECTION,
    BLEEDING,
    HYPERTENSION,
    yes_no(
        "major_surgery_within_30_days",
        "Major surgery within 30 days",
        "Was there major surgery in the past 30 days, the thirtieth included?",
        _HAO_EXCLUDED,
    ),
    yes_no(
        "pathology_proven",
        "Pathology proven",
        "Has pathology proven the primary or the metastasis?",
        _CHEN_INCLUDED,
    ),
    number("pain_score", "Pain, 0 to 10", "How severe is the pain, 0 to 10?", _CHEN_INCLUDED, "", 0, 10),
    EARLIER_RADIOTHERAPY,
    PAIN_AFTER_RADIOTHERAPY,
    yes_no(
        "radiotherapy_exhausted",
        "No more radiotherapy possible",
        "Can this site receive no more radiotherapy?",
        _BACKGROUND,
    ),
    RADIORESISTANT,
    number(
        "lesions_to_treat",
        "Lesions to treat",
        "How many lesions are to be treated?",
        _CHEN_INCLUDED,
        "",
        0,
        100,
        whole=True,
    ),
    LIFE_EXPECTANCY,
    number(
        "ecog", "ECOG performance status", "ECOG performance status", _CHEN_INCLUDED, "", 0, 5, whole=True
    ),
    yes_no(
        "poor_performance",
        "Poor performance status",
        "Is performance status poor, in the team's judgement? The cohort gives no grade.",
        _COHORT,
    ),
    yes_no(
        "site_matches_tenderness",
        "Tender where the lesion is",
        "Does the lesion lie where the patient is tender?",
        _HAO_INCLUDED,
    ),
    yes_no(
        "other_metastases_stable",
        "Other metastases stable",
        "Are other distant metastases absent, or stable and without obvious symptoms?",
        _HAO_INCLUDED,
    ),
    yes_no(
        "organ_contraindication",
        "Liver, kidney or clotting forbids it",
        "Do tests of the liver, the kidneys or clotting speak against it?",
        _HAO_INCLUDED,
    ),
)
