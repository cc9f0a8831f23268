"""The rules of radiotherapy: what the guideline offers, and what the sources say of relief and fracture."""

from app.engine.criteria import All, Always, AnyOf, Criterion, Effect, Input
from app.engine.provenance import Citation
from app.knowledge.pathway import choice, yes_no
from app.knowledge.pathway_conditions import no, one_of, rule, yes
from app.knowledge.pathway_record import ELSEWHERE, SPINE, region_item
from app.knowledge.sources import ASTRO_2024, TADROS_2018, WODAJO_2022, XU_2021, at

STEREOTACTIC, CONVENTIONAL = "stereotactic-radiotherapy", "conventional-radiotherapy"


def _astro(number: int, place: str) -> Citation:
    return at(ASTRO_2024, f"RT-{number}", place)


_PAIN = _astro(1, "recommendation on pain")
_COMPRESSION = _astro(3, "recommendations on cord or cauda equina compression")
_COMBINED = _astro(4, "recommendations on surgery with radiotherapy, and on dexamethasone")
_AFTER_SURGERY = _astro(5, "recommendation after surgery")
_STEREOTACTIC = _astro(6, "recommendation on stereotactic radiotherapy")
_AGAIN = _astro(7, "recommendations on treating again")
_QUALITY = _astro(8, "recommendation on quality of life")
_RELIEF = at(TADROS_2018, "TAD-RT-1", "radiation slides")
_FRACTURE = at(TADROS_2018, "TAD-RT-2", "slides on radiation and fracture risk")
_DUTCH = at(XU_2021, "RED-8", "introduction, citing the Dutch guideline of 2018")

REGION = region_item(_AGAIN)
PAINFUL = yes_no("painful", "Pain from the lesion", "Does this lesion cause symptoms of pain?", _PAIN)
COMPRESSION = yes_no(
    "cord_compression",
    "Cord or cauda equina compression",
    "Is the spinal cord or the cauda equina compressed at this lesion?",
    _COMPRESSION,
)
SIGNS = yes_no(
    "neurologic_signs", "Neurologic signs", "Are there neurologic symptoms or signs?", _STEREOTACTIC
)
SURGERY = choice(
    "surgery",
    "Surgery at the lesion",
    "Is surgery part of the treatment of this lesion?",
    _AFTER_SURGERY,
    ("none", "none, and none planned"),
    ("planned", "planned"),
    ("done", "done"),
)
PERFORMANCE = yes_no(
    "good_performance_status",
    "Good performance status",
    "Does a clinician judge the performance status good? The reprint gives no figure.",
    _STEREOTACTIC,
)
EARLIER = yes_no(
    "earlier_radiotherapy", "Earlier radiotherapy", "Has this lesion been irradiated before?", _AGAIN
)
WEEKS = yes_no(
    "life_expectancy_4_weeks_or_more",
    "Life expectancy of 4 weeks or more",
    "Does a clinician expect four weeks of life or more?",
    _QUALITY,
)
INPUTS: tuple[Input, ...] = (
    REGION, PAINFUL, COMPRESSION, SIGNS, SURGERY, PERFORMANCE, EARLIER, WEEKS,
)  # fmt: skip

_IN_SPINE, _NOT_SPINE = one_of("region", SPINE), one_of("region", ELSEWHERE)
_COMPRESSED = All((_IN_SPINE, yes("cord_compression")))
# Compression is a question of the spine alone.
_NOT_COMPRESSED = AnyOf((_NOT_SPINE, no("cord_compression")))


RULES: tuple[Criterion, ...] = (
    rule(
        "RT-3-before",
        Effect.RELATIVE,
        "Cord or cauda equina compression: stability and surgery are evaluated before radiotherapy is.",
        _COMPRESSED,
        _COMPRESSION,
    ),
    rule(
        "RT-1",
        Effect.INDICATION,
        "Radiotherapy is recommended for the pain of a symptomatic bone metastasis (strong).",
        yes("painful"),
        _PAIN,
    ),
    rule(
        "RT-4",
        Effect.OPTION,
        "Cord or cauda equina compression: surgery followed by radiotherapy is preferred to radiotherapy "
        "alone (conditional).",
        _COMPRESSED,
        _COMBINED,
    ),
    rule(
        "RT-4-dexamethasone",
        Effect.OPTION,
        "Cord or cauda equina compression treated by radiotherapy: dexamethasone beside it is recommended "
        "(strong).",
        _COMPRESSED,
        _COMBINED,
    ),
    rule(
        "RT-3",
        Effect.OPTION,
        "Compression that is not for surgery, published schedules: 8 Gy in 1 fraction, 16 Gy in 2, 20 Gy in "
        "5, 30 Gy in 10.",
        All((_IN_SPINE, yes("cord_compression"), one_of("surgery", "none"))),
        _COMPRESSION,
        technique=CONVENTIONAL,
    ),
    rule(
        "RT-2",
        Effect.OPTION,
        "Conventional radiotherapy, published schedules: 8 Gy in 1 fraction, 20 Gy in 5, 24 Gy in 6, 30 Gy "
        "in 10.",
        All((yes("painful"), no("earlier_radiotherapy"), _NOT_COMPRESSED)),
        _astro(2, "recommendation on schedules"),
        technique=CONVENTIONAL,
    ),
    rule(
        "RT-5",
        Effect.OPTION,
        "Radiotherapy after the surgery: for a bone other than the spine, or a spine without compression.",
        All((one_of("surgery", "done"), _NOT_COMPRESSED)),
        _AFTER_SURGERY,
    ),
    rule(
        "RT-6",
        Effect.OPTION,
        "Good performance status, no surgery and no neurologic signs: stereotactic rather than conventional "
        "radiotherapy (conditional).",
        All((yes("good_performance_status"), one_of("surgery", "none"), no("neurologic_signs"))),
        _STEREOTACTIC,
        technique=STEREOTACTIC,
    ),
    rule(
        "RT-7-spine",
        Effect.OPTION,
        "Irradiated before, spine, published schedules: 8 Gy in 1 fraction, 20 Gy in 5, 24 Gy in 6, 20 Gy in "
        "8; the dose already given is reviewed first.",
        All((yes("earlier_radiotherapy"), _IN_SPINE)),
        _AGAIN,
        technique=CONVENTIONAL,
    ),
    rule(
        "RT-7-elsewhere",
        Effect.OPTION,
        "Irradiated before, outside the spine, published schedules: 8 Gy in 1 fraction, 20 Gy in 5, 24 Gy in "
        "6; the dose already given is reviewed first.",
        All((yes("earlier_radiotherapy"), _NOT_SPINE)),
        _AGAIN,
        technique=CONVENTIONAL,
    ),
    rule(
        "RT-8",
        Effect.INDICATION,
        "Life expectancy stated as four weeks or more: radiotherapy for quality of life too (conditional).",
        yes("life_expectancy_4_weeks_or_more"),
        _QUALITY,
    ),
    rule(
        "RED-8",
        Effect.CONTEXT,
        "Pain alone from a spinal metastasis: the Dutch guideline starts treatment within 14 days of its "
        "report.",
        All((_IN_SPINE, yes("painful"), no("cord_compression"), no("neurologic_signs"))),
        _DUTCH,
    ),
    rule(
        "TAD-RT-1",
        Effect.CONTEXT,
        "Some relief in 70 to 80 %, complete in 30 %, after several weeks; pain returned in 57 % at a median "
        "of 15 weeks. Relief lasted a median of 11 months in radiosensitive tumours, 3 in resistant ones.",
        Always(),
        _RELIEF,
    ),
    rule(
        "TAD-RT-2",
        Effect.CONTEXT,
        "Vertebrae fracture after radiotherapy: 15 to 40 % on one slide; on another up to 40 % after "
        "stereotactic and below 5 % after conventional treatment. Very lytic lesions and a raised SINS go "
        "with it; cement beforehand has no level-1 evidence.",
        Always(),
        _FRACTURE,
    ),
    rule(
        "ABL-5",
        Effect.CONTEXT,
        "The source knows of no randomised trial of ablation against radiotherapy.",
        Always(),
        at(TADROS_2018, "ABL-5", "outcomes slide"),
    ),
    rule(
        "INC-38",
        Effect.CONTEXT,
        "Two comparisons stay apart: a matched cohort had radiotherapy with and without radiofrequency "
        "ablation, another series ablation with and without radiotherapy. Neither answers the other. (The "
        "MSTS source is past its own review date.)",
        Always(),
        at(TADROS_2018, "INC-38", "outcomes slide"),
        at(WODAJO_2022, "INC-38", "bibliography, Prezzano 2019"),
    ),
)
