"""What vertebral augmentation asks: the inputs, each with its source."""

from app.engine.criteria import Input
from app.knowledge.pathway import number, yes_no
from app.knowledge.sources import (
    CHEN_2022,
    HAO_2023,
    IMWG_2019,
    NICE_AUGMENTATION,
    TADROS_2018,
    XU_2021,
    at,
    local_policy,
)

_XU_EXCLUDED = at(XU_2021, "XU-EXC", "methods, exclusion criteria")
_CHEN_EXCLUDED = at(CHEN_2022, "CHEN-EXC", "methods, exclusion criteria")
_CHEN_INCLUDED = at(CHEN_2022, "CHEN-INC", "methods, inclusion criteria")
_XU_INCLUDED = at(XU_2021, "XU-INC", "methods, inclusion criteria")
_HAO_EXCLUDED = at(HAO_2023, "HAO-EXC", "methods, exclusion criteria")
_POSTERIOR_WALL = at(TADROS_2018, "AUG-PW", "vertebral augmentation slides")
_ALLERGY = local_policy("AUG-EXC-6", "Allergy to bone cement, awaiting clinician sign-off")
_SINS = local_policy("AUG-EXC-8", "SINS of 13 or more reachable: never cement alone")

INDICATIONS = (
    yes_no(
        "indication_1",
        "Refractory pain or collapse, spine not unstable",
        "Is there mechanical pain at this level that analgesia does not control, or collapse, without cord "
        "compression and without an unstable spine?",
        at(NICE_AUGMENTATION, "AUG-IND-1", "recommendations, vertebroplasty and kyphoplasty"),
    ),
    yes_no(
        "indication_2",
        "No surgery needed or possible, lytic or partly lytic",
        "Is the lesion lytic or partly lytic, and decompression or fixation not needed or not tolerated?",
        at(TADROS_2018, "AUG-IND-2", "vertebral augmentation slides"),
    ),
    yes_no(
        "indication_3",
        "Osteoblastic, severe pain despite drugs",
        "Is the lesion osteoblastic, with severe pain at this level despite drugs, or with opioid toxicity?",
        at(XU_2021, "AUG-IND-3", "methods, inclusion criteria"),
    ),
    yes_no(
        "indication_4",
        "Fracture at T10 to L2, height loss or wall defect (myeloma)",
        "In myeloma: is there a fracture at T10 to L2 at risk of kyphosis, progressive loss of height, or a "
        "defect of the posterior wall or pedicle?",
        at(IMWG_2019, "AUG-IND-4", "table 1, relative indications"),
    ),
    yes_no(
        "indication_5",
        "Before radiotherapy in a high-risk lytic lesion",
        "Is augmentation considered to prevent a fracture before radiotherapy of a high-risk lytic lesion?",
        at(TADROS_2018, "AUG-IND-5", "radiotherapy and fracture slides"),
    ),
)
INPUTS: tuple[Input, ...] = (
    *INDICATIONS,
    yes_no(
        "cord_compression",
        "Clinical cord or cauda equina compression",
        "Are there clinical signs of spinal cord or cauda equina compression?",
        _XU_EXCLUDED,
    ),
    yes_no(
        "epidural_contact",
        "Fracture with epidural tumour in contact with cord or roots",
        "Is there a fracture with epidural involvement in contact with the cord or the roots?",
        _XU_EXCLUDED,
    ),
    yes_no("infection", "Infection", "Is there infection at the site, or sepsis?", _CHEN_EXCLUDED),
    yes_no(
        "active_bleeding",
        "Bleeding",
        "Is there active bleeding or a marked tendency to bleed?",
        _HAO_EXCLUDED,
    ),
    yes_no("cement_allergy", "Allergy to bone cement", "Is there an allergy to bone cement?", _ALLERGY),
    yes_no(
        "complete_destruction",
        "Complete destruction of the vertebra",
        "Is the vertebra completely destroyed? More than half collapsed is not the same.",
        _XU_EXCLUDED,
    ),
    yes_no(
        "posterior_arch",
        "Posterior arch involved",
        "Is the posterior arch involved? Pedicle involvement alone is not the same.",
        _XU_EXCLUDED,
    ),
    yes_no(
        "uncontrolled_hypertension",
        "Uncontrolled hypertension",
        "Is hypertension uncontrolled despite treatment?",
        _HAO_EXCLUDED,
    ),
    yes_no(
        "major_surgery_within_30_days",
        "Major surgery within 30 days",
        "Was there major surgery in the past 30 days, the thirtieth included?",
        _HAO_EXCLUDED,
    ),
    yes_no(
        "posterior_wall_disrupted",
        "Posterior wall disrupted",
        "Is the posterior wall of the vertebra disrupted?",
        _POSTERIOR_WALL,
    ),
    yes_no("epidural_disease", "Epidural disease", "Is there epidural tumour?", _POSTERIOR_WALL),
    yes_no(
        "cord_compressed_on_imaging",
        "Cord compressed on imaging (grade 2 or 3)",
        "Is the epidural compression of grade 2 or 3?",
        _POSTERIOR_WALL,
    ),
    number("platelets", "Platelets", "Platelet count", _CHEN_EXCLUDED, "10*9/L", 0, 5000),
    number("inr", "INR", "International normalised ratio", _CHEN_EXCLUDED, "", 0, 50),
    number(
        "wbc",
        "White cells",
        "White cell count",
        at(XU_2021, "XU-REL", "methods, relative contraindications"),
        "10*9/L",
        0,
        1000,
    ),
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
    number(
        "levels_in_session",
        "Levels in one session",
        "How many levels are planned for one session?",
        at(IMWG_2019, "AUG-REL-5", "recommendations, levels in one session"),
        "",
        0,
        30,
        whole=True,
    ),
    number("pain_score", "Pain, 0 to 10", "How severe is the pain, 0 to 10?", _CHEN_INCLUDED, "", 0, 10),
    number(
        "sins_maximum",
        "Highest reachable SINS",
        "The highest SINS still reachable",
        _SINS,
        "",
        0,
        18,
        whole=True,
    ),
    yes_no(
        "life_expectancy_over_3_months",
        "Life expectancy over three months",
        "Does a clinician expect more than three months?",
        _XU_INCLUDED,
    ),
    number(
        "ecog", "ECOG performance status", "ECOG performance status", _CHEN_INCLUDED, "", 0, 5, whole=True
    ),
    number("age", "Age", "Age in years", _XU_INCLUDED, "a", 0, 130, whole=True),
    yes_no(
        "denosumab",
        "On denosumab",
        "Is the patient treated with denosumab?",
        at(XU_2021, "AUG-DENO", "discussion, sclerosis under denosumab"),
    ),
    yes_no(
        "osteoblastic",
        "Osteoblastic lesion",
        "Is the lesion osteoblastic?",
        _XU_INCLUDED,
    ),
    yes_no(
        "radiotherapy_given_or_awaited",
        "Radiotherapy given or awaited",
        "Has this lesion been irradiated, or is radiotherapy awaited?",
        _XU_INCLUDED,
    ),
)
# It says how high the total is at least, where the highest is not stated.
SINS_MINIMUM = number(
    "sins_minimum", "Lowest reachable SINS", "The lowest SINS still reachable", _SINS, "", 0, 18, whole=True
)
