"""What imaging says of a sclerotic lesion: information only, and never that it is no metastasis."""

from collections.abc import Mapping
from fractions import Fraction

from app.engine.criteria import All, Always, Criterion, Effect, Given, Input
from app.engine.provenance import Citation
from app.engine.quantity import Measured
from app.engine.reading import exactly
from app.knowledge.pathway import number, yes_no
from app.knowledge.pathway_conditions import above, below, no, yes
from app.knowledge.pathway_record import widened
from app.knowledge.pathway_sources import AZAR_2021, ULANO_2016
from app.knowledge.sources import TADROS_2018, at, local_policy

_THRESHOLD = 885
_ULANO = at(ULANO_2016, "IMG-1", "abstract")
_AZAR = at(AZAR_2021, "IMG-2", "abstract")
_POLICY = local_policy("IMG-R1", "Attenuation is information only, and of untreated lesions only")
_SCLEROTIC = at(TADROS_2018, "TAD-IMG-1", "imaging pearls, sclerotic lesion")

SCLEROTIC = yes_no("sclerotic", "Sclerotic lesion", "Is the lesion sclerotic?", _ULANO)
UNTREATED = yes_no(
    "untreated",
    "No treatment before",
    "Is the lesion without any treatment before, systemic treatment and radiotherapy included?",
    _ULANO,
)
ATTENUATION = number(
    "mean_attenuation",
    "Mean attenuation",
    "Which mean attenuation did a reader measure on CT? It is never taken from an image here.",
    _ULANO,
    "[hnsf'U]",
    -1100,
    4000,
)
INPUTS: tuple[Input, ...] = (SCLEROTIC, UNTREATED, ATTENUATION)


def _always(key: str, text: str, *cites: Citation) -> Criterion:
    return Criterion(key, Effect.CONTEXT, text, Always(), cites)


RULES: tuple[Criterion, ...] = (
    Criterion(
        "IMG-1",
        Effect.CONTEXT,
        "Untreated sclerotic lesion, mean attenuation below 885 HU: in one study of 279 lesions this "
        "favoured a metastasis over a bone island (sensitivity 95 %, specificity 96 %); in 280 biopsied "
        "lesions such thresholds did not tell them apart. Information only.",
        All((yes("sclerotic"), yes("untreated"), below("mean_attenuation", _THRESHOLD))),
        (_ULANO, _AZAR, _POLICY),
    ),
    Criterion(
        "IMG-1-above",
        Effect.CONTEXT,
        "Untreated sclerotic lesion, mean attenuation above 885 HU: this does not exclude a metastasis.",
        All((yes("sclerotic"), yes("untreated"), above("mean_attenuation", _THRESHOLD))),
        (_POLICY, _AZAR),
    ),
    Criterion(
        "IMG-R1",
        Effect.CONTEXT,
        "Treated before: thresholds of attenuation do not apply to this lesion.",
        no("untreated"),
        (_POLICY, _ULANO),
    ),
    _always(
        "IMG-2",
        "In 280 biopsied sclerotic lesions the thresholds of attenuation did not discriminate.",
        _AZAR,
    ),
    _always(
        "TAD-IMG-1",
        "For a metastasis: uneven density, a rim of oedema (halo, 99 % specific). For a bone island: "
        "spicules, growth below 50 % in a year, normal marrow around it; it can be hot on a bone scan. A "
        "planar bone scan is no reason for or against a biopsy.",
        _SCLEROTIC,
    ),
    _always(
        "TAD-IMG-2",
        "An unclear lytic lesion goes to MRI, where fat means benign in 99.5 %. The source's rule for "
        "stopping there is for people without a treated malignancy, and is not used with a cancer on record.",
        at(TADROS_2018, "TAD-IMG-2", "imaging pearls, lytic lesion"),
    ),
    _always(
        "IMG-MAR-1",
        "Red marrow is brighter on T1 than muscle or disc; a loss of signal out of phase is microscopic fat. "
        "With neither macroscopic nor microscopic fat 6 % are malignant; FDG PET/CT is 95 % sensitive for "
        "metastases and lymphoma.",
        at(TADROS_2018, "IMG-MAR-1", "imaging pearls, focal marrow abnormality"),
        at(TADROS_2018, "TAD-IMG-3", "imaging pearls, focal marrow abnormality"),
    ),
    _always(
        "IMG-MOD-1",
        "For fractures and the risk of one: MRI first; CT for cortical boundaries that matter and for "
        "fractures with little displacement; SPECT/CT for fractures in myeloma.",
        at(TADROS_2018, "IMG-MOD-1", "slide on fractures and high-risk lesions"),
    ),
    _always(
        "IMG-STM-1",
        "A soft-tissue metastasis tends to be large, painful and deep to the fascia; primaries are lung, "
        "skin and kidney.",
        at(TADROS_2018, "IMG-STM-1", "soft-tissue metastases"),
    ),
)


def agree(given: Mapping[str, Given]) -> Mapping[str, Given]:
    """The inputs, with an attenuation of exactly the threshold left on both sides of it (IMG-R1)."""
    value = given["mean_attenuation"]
    if not isinstance(value, Measured) or not value.recorded:
        return given
    edge = exactly(_THRESHOLD)
    beside = (Fraction(_THRESHOLD - 1), Fraction(_THRESHOLD + 1))
    return {**given, "mean_attenuation": widened(value, *beside, edge)}
