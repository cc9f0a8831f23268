"""The published risk factors of vertebral fracture after stereotactic radiotherapy, and what they ask for."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from app.engine.criteria import All, Always, AnyOf, Condition, Criterion, Effect, Given, Input
from app.engine.provenance import Citation
from app.engine.quantity import Measured
from app.engine.question import Answer
from app.engine.reading import Interval
from app.knowledge.instrument import Remark
from app.knowledge.pathway import choice, number, yes_no
from app.knowledge.pathway_conditions import at_least, between, one_of, yes
from app.knowledge.pathway_record import widened
from app.knowledge.pathway_sources import STEREOTACTIC_2023, STEREOTACTIC_COHORTS
from app.knowledge.sources import SAHGAL_2013, TADROS_2018, at, local_policy

_TABLE = "table 3, as quoted in PMC6076012"


def _sahgal(number_of: int) -> Citation:
    return at(SAHGAL_2013, f"VCF-{number_of}", _TABLE)


_CONCLUSION = at(SAHGAL_2013, "VCF-R4", "conclusion")
_BEFOREHAND = at(TADROS_2018, "VCF-R4", "slides on radiation and fracture risk")
_R1 = local_policy("VCF-R1", "Risk factors with their ratios; no personal risk")
_R2 = local_policy("VCF-R2", "A collapse of 50 % or more is never ranked below a smaller one")
_R3 = local_policy("VCF-R3", "A dose between two classes may belong to either")

COLLAPSE = choice(
    "collapse",
    "Vertebral body collapse",
    "How far has the vertebral body collapsed before treatment?",
    _sahgal(1),
    ("over-50", "collapse of 50 % or more"),
    ("under-50", "collapse of less than 50 %"),
    ("involved-over-50", "no collapse, more than 50 % of the body involved"),
    ("none", "no collapse, less than 50 % of the body involved"),
)
DOSE = number(
    "dose_per_fraction",
    "Dose per fraction",
    "What dose per fraction is planned?",
    _sahgal(4),
    "Gy",
    0,
    60,
)
ALIGNMENT = choice(
    "alignment",
    "Spinal alignment",
    "Is the alignment of the spine abnormal (kyphosis, scoliosis, subluxation)?",
    _sahgal(6),
    ("normal", "normal"),
    ("abnormal", "abnormal"),
)
LESION = choice(
    "lesion",
    "Bone lesion quality",
    "Is the lesion lytic?",
    _sahgal(7),
    ("lytic", "lytic"),
    ("mixed-or-blastic", "mixed or blastic"),
)
PLANNED = yes_no(
    "stereotactic_planned",
    "Stereotactic radiotherapy planned",
    "Is stereotactic radiotherapy of this vertebra planned?",
    _CONCLUSION,
)
INPUTS: tuple[Input, ...] = (COLLAPSE, DOSE, ALIGNMENT, LESION, PLANNED)
# Doses per fraction that belong to neither of the classes beside them.
_GAPS = tuple(
    (
        Fraction(low),
        Fraction(high),
        Interval(Fraction(low), Fraction(high), low_closed=False, high_closed=False),
    )
    for low, high in ((19, 20), (23, 24))
)


def _factor(number_of: int, text: str, when: Condition) -> Criterion:
    return Criterion(
        f"VCF-{number_of}",
        Effect.RISK_FACTOR,
        f"{text[:1].upper()}{text[1:]}.",
        when,
        (_sahgal(number_of),),
        # Without a plan of such treatment the factors ask nothing of a reader.
        quiet=True,
    )


RULES: tuple[Criterion, ...] = (
    Criterion(
        "VCF-R4",
        Effect.CONTEXT,
        "Stereotactic radiotherapy of 20 Gy or more a fraction is planned, and the lesion is lytic, the "
        "spine misaligned or the vertebra collapsed: cement beforehand is a question for the "
        "multidisciplinary meeting. There is no level-1 evidence for it.",
        All(
            (
                yes("stereotactic_planned"),
                at_least("dose_per_fraction", 20),
                AnyOf(
                    (
                        one_of("lesion", "lytic"),
                        one_of("alignment", "abnormal"),
                        one_of("collapse", "over-50", "under-50"),
                    )
                ),
            )
        ),
        (_CONCLUSION, _BEFOREHAND),
    ),
    _factor(
        1,
        "collapse of 50 % or more, hazard ratio 6.92 (95 % CI 1.38 to 34.77) against no collapse with "
        "under half of the body involved",
        one_of("collapse", "over-50"),
    ),
    _factor(
        2,
        "collapse of less than 50 %, hazard ratio 8.98 (95 % CI 4.48 to 18.00) against no collapse with "
        "under half of the body involved",
        one_of("collapse", "under-50"),
    ),
    _factor(
        3,
        "more than 50 % of the body involved without collapse, hazard ratio 4.46 (95 % CI 2.08 to 9.57) "
        "against less than half",
        one_of("collapse", "involved-over-50"),
    ),
    _factor(
        4,
        "24 Gy or more a fraction, hazard ratio 5.25 (95 % CI 2.29 to 12.01) against 19 Gy or less",
        at_least("dose_per_fraction", 24),
    ),
    _factor(
        5,
        "20 to 23 Gy a fraction, hazard ratio 4.91 (95 % CI 1.96 to 12.28) against 19 Gy or less",
        between("dose_per_fraction", 20, 23),
    ),
    _factor(
        6,
        "abnormal alignment, hazard ratio 2.99 (95 % CI 1.57 to 5.70) against normal",
        one_of("alignment", "abnormal"),
    ),
    _factor(
        7,
        "lytic lesion, hazard ratio 3.53 (95 % CI 1.58 to 7.93) against mixed or blastic",
        one_of("lesion", "lytic"),
    ),
    Criterion(
        "VCF-8",
        Effect.CONTEXT,
        "Paraspinal or epidural extension was not significant in the multivariable analysis.",
        Always(),
        (_sahgal(8),),
    ),
    Criterion(
        "VCF-cohorts",
        Effect.CONTEXT,
        "The factors come from 252 patients: 57 of 410 segments (14 %) fractured, at a median of 2.46 "
        "months. Other cohorts, with other definitions: Rose 39 %, Sung 36 %, Boehling 20 %, Cunha 11 %, "
        "Jawad 5.7 %; 391 patients treated from 2013 to 2021 7.7 %, painful 2.4 %.",
        Always(),
        (at(SAHGAL_2013, "VCF-cohort", "results"), STEREOTACTIC_COHORTS, STEREOTACTIC_2023),
    ),
)


def agree(given: Mapping[str, Given]) -> Mapping[str, Given]:
    """The inputs, with a dose between two classes left on both sides (VCF-R3)."""
    dose = given["dose_per_fraction"]
    if not isinstance(dose, Measured) or not dose.recorded:
        return given
    for low, high, gap in _GAPS:
        dose = widened(dose, low, high, gap)
    return {**given, "dose_per_fraction": dose}


def remark(given: Mapping[str, Given]) -> tuple[Remark, ...]:
    """What to say beside the factors, by the inputs alone."""
    return tuple(_remarks(given))


def _remarks(given: Mapping[str, Given]) -> Iterator[Remark]:
    yield Remark(
        "VCF-R1",
        "These are ratios against a reference, not a risk: no baseline was published, so none of one person "
        "follows, and they are not multiplied.",
        (_R1,),
    )
    collapse, dose = given["collapse"], given["dose_per_fraction"]
    if isinstance(collapse, Answer) and collapse.recorded and "over-50" in collapse.possible:
        yield Remark(
            "VCF-R2",
            "The lower ratio for a collapse of 50 % or more does not make it the safer one: few cases, and "
            "the intervals overlap.",
            (_R2, _sahgal(1), _sahgal(2)),
        )
    if isinstance(dose, Measured) and dose.recorded:
        between_classes = any(span.meets(gap) for span in dose.spans for _, _, gap in _GAPS)
        if between_classes:
            yield Remark(
                "VCF-R3",
                "The dose per fraction lies between two published classes, or may: it is counted as either.",
                (_R3,),
            )
