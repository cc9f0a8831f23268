"""Conflicts inside the first three sources: the ablation series and the practice assessment."""

from app.evidence.codes import ConflictStatus
from app.evidence.item import Inconsistency, Publication, StatedValue
from app.evidence.sources import CHEN, FOURNEY, HAO, MSTS, TAD, TOMASIAN_2021, XU


def conflict(
    number: int,
    sources: tuple[Publication, ...],
    text: str,
    values: tuple[tuple[str, str], ...],
    check: str,
    handling: str,
    status: ConflictStatus,
) -> Inconsistency:
    """One conflict, its values given as pairs of value and place."""
    stated = tuple(StatedValue(value, place) for value, place in values)
    return Inconsistency(f"INC-{number}", sources, text, stated, check, handling, status)


ALL_FIVE = (HAO, CHEN, MSTS, XU, TAD)
GENERAL = conflict(
    0,
    ALL_FIVE,
    "a source gives one quantity twice, with different values",
    (),
    "every figure was compared with each other place that states it, and every percentage with its "
    "numerator and denominator",
    "both values are kept with their places; percentages are computed from the counts and the printed "
    "one is kept beside; a disputed figure is never shown without its dispute",
    ConflictStatus.BOTH_KEPT,
)
IN_HAO = (
    conflict(
        1,
        (HAO,),
        "operations and surgical sites are counted as if they were one thing",
        (("37 operations", "abstract"), ("30 surgical sites", "results 4.1 and table 1")),
        "3 patients x 1 + 17 patients x 2 = 37 procedures; 12 + 10 + 5 + 3 = 30 sites",
        "37 procedures, 30 sites and 20 patients are three units; each rate names its own",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        2,
        (HAO,),
        "three different numbers of cement leaks",
        (
            ("7 cases, 35%, listed one by one", "results 4.1"),
            ("2 patients, 10%", "discussion"),
            ("no leakage", "methods 3.3"),
        ),
        "7/20 = 35.0%, 7/30 = 23.3%, 7/37 = 18.9%; 2/20 = 10.0%",
        "the 7 listed events are used, with 2 and none beside them; the claim to leak less than plain "
        "cement (20%) is not repeated",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        3,
        (HAO,),
        "ablation time and cement volume have two ranges",
        (
            ("1.5 to 15 min; 1.5 to 9 mL", "methods 3.2"),
            ("1.3 to 16 min; 1.8 to 9 mL", "table 1"),
        ),
        "the table is what was observed, the methods what was planned",
        "reported as 1.3 to 16 min and 1.5 to 9 mL, never as a setting of a device",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        4,
        (HAO,),
        "more quality-adjusted life years at one month than one month holds",
        (("0.455 QALY at 1 month", "results 4.4, discussion and figure 3"),),
        "no one can have more than 1/12 = 0.083 at one month; the area under the printed medians is 0.044",
        "rejected as impossible (0.0455 was probably meant); shown nowhere else",
        ConflictStatus.REJECTED,
    ),
    conflict(
        5,
        (HAO,),
        "QALY computed as EQ-5D times QLQ-BM22 times time, and one given before treatment",
        (
            ("0.039 before treatment", "results 4.4"),
            ("0.102 at 3 months, 0.151 at 6 months", "results 4.4"),
        ),
        "the area under the printed EQ-5D medians is 0.130 at 3 and 0.247 at 6 months; before treatment "
        "no time has passed; one figure calls the values means, the discussion medians",
        "no QALY of this source is used",
        ConflictStatus.REJECTED,
    ),
    conflict(
        6,
        (HAO,),
        "conclusions that the figures do not carry",
        (
            ("QLQ-BM22 falls gradually", "results 4.2"),
            ("42.12 at 1 week, 42.68 at 1 month", "results 4.2"),
            ("EQ-5D increased", "conclusion"),
            ("EQ-5D before against 6 months p > 0.05", "results 4.3"),
            ("survival is prolonged", "abstract and discussion"),
        ),
        "42.68 is above 42.12; the EQ-5D change is not significant; there is no control group",
        "the EQ-5D series is labelled not significant; no benefit in survival is ever claimed",
        ConflictStatus.DESCRIPTIVE,
    ),
    conflict(
        7,
        (HAO,),
        "follow-up and survival exclude each other",
        (
            ("follow-up 1 to 20 months", "results 4.4"),
            ("all 20 measured at 1 and at 3 months", "results 4.4"),
            ("survival 0.36 to 8 months, median 3.23 ± 3.43 months", "table 1 and results 4.4"),
        ),
        "who lived 0.36 months cannot be measured at 1 or 3 months; a median has no standard deviation",
        "the survival times are not used; the counts of deaths are",
        ConflictStatus.REJECTED,
    ),
    conflict(
        8,
        (HAO,),
        "rows of the pathology table have slipped",
        (("specific primary tumours 13, then 3, 2 and 2", "table 1"),),
        "13 + 3 + 2 + 2 = 20: the first number belongs to the first named pathology, not to a heading",
        "the pathology rows are not used",
        ConflictStatus.REJECTED,
    ),
    conflict(
        9,
        (HAO,),
        "impaired health is placed between 0 and 1",
        (
            ("0 to 1", "methods 3.5"),
            ("-0.111, the lowest value of the Japanese value set", "R package eq5d"),
        ),
        "1 - 0.152 - 0.418 - 0.102 - 0.133 - 0.194 - 0.112 = -0.111",
        "negative utilities are accepted",
        ConflictStatus.DESCRIPTIVE,
    ),
)
IN_CHEN = (
    conflict(
        10,
        (CHEN,),
        "percentages of patients with one to four vertebrae",
        (("59.6, 33.7, 5.6 and 3.4%", "results"), ("53, 30, 5 and 3 of 91 patients", "results and table 2")),
        "of 91: 58.2, 33.0, 5.5 and 3.3%; those printed are of 89",
        "computed from the counts; the printed ones are kept as reported",
        ConflictStatus.RECOMPUTED,
    ),
    conflict(
        11,
        (CHEN,),
        "leaks counted in vertebrae and called patients; one location has a wrong percentage",
        (
            ("30% (42/140) of patients", "results"),
            ("42 of 140 vertebrae", "table 2"),
            ("disc 21.7% (12/140)", "results"),
        ),
        "12/140 = 8.6%; the locations add up to 45, so some vertebrae leaked at more than one",
        "the denominator is vertebrae; the percentage is computed, the printed one kept as reported",
        ConflictStatus.RECOMPUTED,
    ),
    conflict(
        12,
        (CHEN,),
        "share of compressed vertebral bodies",
        (("37%", "table 2"), ("36.6%", "results")),
        "52/140 = 37.1%",
        "computed from the counts",
        ConflictStatus.RECOMPUTED,
    ),
    conflict(
        13,
        (CHEN,),
        "pain at entry below the entry criterion",
        (("VAS above 4", "methods, inclusion"), ("range 4 to 10 before treatment", "results")),
        "4 is not above 4",
        "the criterion stays above 4; at least one patient was treated outside it",
        ConflictStatus.DESCRIPTIVE,
    ),
    conflict(
        14,
        (CHEN,),
        "what was excluded was also treated",
        (
            ("margin near nerve roots and symptomatic cord compression excluded", "methods, exclusion"),
            ("53 lesions near neural structures treated", "methods, procedure"),
            ("a patient with epidural compression treated", "results, safety"),
        ),
        "the source gives no distance that separates the two",
        "read as graded: contact is excluded, nearness is protected",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        15,
        (CHEN,),
        "a tumour that the table of tumours does not have",
        (("choroidal melanoma", "figure 3"), ("no melanoma; 91 patients in all", "table 1")),
        "the rows of table 1 already add up to 91",
        "the table of primary tumours is taken as incomplete",
        ConflictStatus.DESCRIPTIVE,
    ),
    conflict(
        16,
        (CHEN,),
        "enrolled tumours do not fit the criterion of radioresistance",
        (
            ("pain after radiotherapy or a radioresistant tumour", "methods, inclusion"),
            ("12 of 91 irradiated; 13 breast, 1 prostate, 1 myeloma", "methods and table 1"),
        ),
        "breast, prostate and myeloma are radiosensitive elsewhere, and 79 were not irradiated",
        "nobody's radioresistance is derived from having been enrolled",
        ConflictStatus.DESCRIPTIVE,
    ),
    conflict(
        17,
        (CHEN,),
        "one neural injury, two denominators",
        (("1 patient, 1.1%", "abstract"), ("1/49, 2.0%", "results, safety")),
        "1/91 = 1.1%; 1/49 = 2.0%; 49 is also the number of vertebrae with posterior wall involvement, but "
        "the source does not say that it is meant",
        "both are shown with their denominators; mannitol given in pills by vein is not repeated",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        18,
        (CHEN, TAD),
        "two temperatures for nerves",
        (("stop above 42 °C", "CHEN, methods"), ("nerves injured above 45 °C", "TAD, thermal ablation")),
        "one is where the procedure stops, the other where injury begins",
        "both are kept with their meaning",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        19,
        (CHEN, XU),
        "two limits for platelets",
        (
            ("below 50 x 10⁹/L excluded", "CHEN, exclusion"),
            ("below 100 x 10³/µL relative contraindication", "XU, exclusion"),
        ),
        "SIR 2019: transfuse below 50, INR at most 1.5 to 1.8; both sources treated after correction only",
        "below 50 or INR above 1.5 defer until corrected; 50 to below 100 caution; a site may raise the "
        "limit of INR to 1.8 at most",
        ConflictStatus.BOTH_KEPT,
    ),
)
IN_MSTS = (
    conflict(
        20,
        (MSTS,),
        "the search leaves one citation more than are included",
        (("57 included", "methods"), ("124 found, 19, 9 and 38 excluded", "methods")),
        "124 - 19 - 9 - 38 = 58",
        "shown as 57 as reported",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        21,
        (MSTS,),
        "publications are listed twice",
        (("57 entries", "sources"), ("1 = 28, 3 = 40, 9 = 43, 25 = 49", "sources")),
        "57 - 4 = 53 different publications",
        "every percentage of 57 carries this dispute",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        22,
        (MSTS,),
        "earlier radiotherapy in OPuS One, and how many outcomes there are",
        (
            ("earlier radiotherapy no exclusion", "Levy 2020, exclusions"),
            ("nobody irradiated before; 16% after", "Levy 2020, treatment"),
            ("100 patients, 40 left, outcomes of 22", "Levy 2020, outcomes"),
        ),
        "100 - 40 = 60, yet 22 have results: others were still being followed",
        "results are shown with the attrition from 100 to 22",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        23,
        (MSTS, TOMASIAN_2021),
        "a period that ends before it begins, and complications that do not add up",
        (
            ("2018-2013", "Pellerin 2014"),
            ("8 complications: 1 major, 4 minor", "Tomasian 2021 as summarised"),
            ("1 major, 7 minor: 4 radicular, 1 late fracture, 2 silent oedema", "Tomasian 2021, abstract"),
        ),
        "1 + 4 is not 8; 1 + 4 + 1 + 2 is",
        "the split of the abstract is used; the period is not",
        ConflictStatus.RECOMPUTED,
    ),
)
IN_XU = (
    conflict(
        24,
        (XU,),
        "pain before treatment, its p values and what the averages are",
        (
            ("4.3 ± 2.4; p = 0.009 and 0.002", "results"),
            ("4.3 ± 2.4; p = 0.001", "abstract and figure 4"),
            ("5.0 ± 2.8; p < 0.001", "discussion"),
            ("median ± SD", "methods, statistics"),
        ),
        "one group has one mean; a median has no standard deviation",
        "the value of the results is used, with the other beside it",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        25,
        (XU,),
        "leaks into the spinal canal",
        (
            ("1 case without symptoms", "abstract and results"),
            ("2 of 39 (5%), both with radicular pain", "discussion"),
        ),
        "1/39 = 2.6%; 2/39 = 5.1%",
        "reported as 1 to 2 of 39 (2.6 to 5.1%), up to 2 with transient radicular pain",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        26,
        (XU,),
        "an age outside the range of ages, and a percentage",
        (("40 to 77 years", "results"), ("a man of 78", "figure 1"), ("21/82 (25.7%)", "discussion")),
        "21/82 = 25.6%",
        "computed from the counts; the range is as printed",
        ConflictStatus.RECOMPUTED,
    ),
    conflict(
        27,
        (XU,),
        "excruciating pain demanded, moderate pain measured",
        (("excruciating pain", "methods, inclusion"), ("mean VAS 4.3", "results")),
        "4.3 is moderate by the source's own bands",
        "shown beside the pain series",
        ConflictStatus.DESCRIPTIVE,
    ),
    conflict(
        28,
        (XU,),
        "bands of pain with gaps",
        (
            ("1-4 mild, 5-8 moderate, 9-10 severe", "discussion"),
            ("cut points 4 and 8, upper bounds", "Chow 2016"),
        ),
        "0 and every value between the bands have no band",
        "read as upper bounds: 0 none, to 4 mild, to 8 moderate, above severe",
        ConflictStatus.DESCRIPTIVE,
    ),
)
ACROSS = (
    conflict(
        29,
        (HAO, XU),
        "a single total of an instrument that has none",
        (("52.36 to 37.50", "HAO, results 4.2"), ("49.1 ± 12.3 to 39.6 ± 10.4", "XU, results")),
        "QLQ-BM22 has four scales and no total; a median of 20 whole numbers ends in .0 or .5, so HAO's "
        "values are not raw",
        "kept with the unit unknown; never mixed with a 0-100 scale or with each other",
        ConflictStatus.DESCRIPTIVE,
    ),
)
IN_TAD_SCORES = (
    conflict(
        30,
        (TAD, FOURNEY),
        "bands of SINS begin at 1",
        (("1-6, 7-12, 13-18 of 0-18", "TAD, SINS"), ("0-6, 7-12, 13-18", "Fourney 2011, abstract")),
        "0 can be reached: all six items at 0",
        "0 is stable",
        ConflictStatus.RECOMPUTED,
    ),
)
