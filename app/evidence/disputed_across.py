"""Conflicts in the slides, and between the sources; and all conflicts together."""

from collections.abc import Mapping
from types import MappingProxyType

from app.engine.provenance import DefinitionError
from app.evidence.codes import ConflictStatus
from app.evidence.disputed import (
    ACROSS,
    ALL_FIVE,
    GENERAL,
    IN_CHEN,
    IN_HAO,
    IN_MSTS,
    IN_TAD_SCORES,
    IN_XU,
    conflict,
)
from app.evidence.item import Inconsistency
from app.evidence.sources import CHEN, HAO, MSTS, SAHGAL, TAD, XU

_IN_TAD = (
    conflict(
        31,
        (TAD, SAHGAL),
        "exactly 50% has no place in SINS",
        (("above and below 50%", "TAD, SINS"), ("50% or more in the upper class", "Sahgal 2013")),
        "neither collapse nor involvement of exactly 50% is in any row",
        "both neighbouring options stay possible",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        32,
        (TAD,),
        "size and risk in the Mirels table have gaps",
        (("1/3 for two points", "TAD, Mirels"), ("1/3 to 2/3", "published table, secondary source")),
        "sizes between 1/3 and 2/3, and at 2/3, have no points as printed",
        "the closed interval from 1/3 to 2/3 is two points",
        ConflictStatus.RECOMPUTED,
    ),
    conflict(
        33,
        (TAD,),
        "the NOMS table does not cover every patient",
        (
            ("low grade: no myelopathy", "TAD, NOMS"),
            ("high grade: with or without myelopathy", "TAD, NOMS"),
            ("stable or unstable only", "TAD, NOMS"),
        ),
        "low grade with myelopathy and SINS 7-12 have no row",
        "no row is invented: the uncovered cases have rules of their own, labelled local policy",
        ConflictStatus.DESCRIPTIVE,
    ),
    conflict(
        34,
        (TAD, CHEN, SAHGAL),
        "fracture after stereotactic radiotherapy",
        (
            ("15 to 40% after radiotherapy", "TAD, radiation and fracture risk"),
            ("up to 40%, conventional below 5%", "TAD, radiation"),
            ("11.9%", "CHEN, introduction"),
            ("57 of 410 segments", "Sahgal 2013"),
        ),
        "57/410 = 13.9%; patients, segments and definitions differ",
        "shown as separate values with their definitions",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        35,
        (TAD,),
        "percentages that fit no stated denominator",
        (
            ("Wallace 45 (78%), 72 patients", "TAD, outcomes, table 1"),
            ("Aubry 4 (36%), 16 tumours", "TAD, outcomes, table 2"),
            ("Bang 47 (97%), 48 tumours", "TAD, outcomes, table 2"),
        ),
        "45/72 = 62.5%, 4/16 = 25.0%, 47/48 = 97.9%; evaluable subsets of about 58 and 11 would fit the "
        "first two",
        "count and percentage are kept as reported, without a denominator",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        36,
        (TAD, MSTS),
        "cement at the acetabulum in fracture or with a deficient medial wall",
        (
            ("contraindicated: fracture, impending or complete, medial wall insufficient", "TAD, acetabulum"),
            ("minimally displaced fractures treated", "TAD, pelvis"),
            ("dehiscent cortex no contraindication", "MSTS, English 2021"),
        ),
        "the sources disagree, one of them with itself",
        "relative: to be discussed by the team, screws beside cement",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        37,
        (TAD, XU),
        "what a disrupted posterior wall means",
        (
            ("implant, in myeloma", "TAD, myeloma"),
            ("excluded with epidural involvement only", "XU, inclusion and exclusion"),
            ("relative indication", "IMWG 2019, table 1"),
        ),
        "three answers for three populations",
        "graded by epidural disease: caution without it, team decision with it",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        38,
        (TAD, MSTS),
        "what radiotherapy with radiofrequency ablation is better than",
        (
            ("better than radiotherapy alone, matched cohort", "TAD, outcomes"),
            ("better than ablation alone", "MSTS, Prezzano 2019"),
        ),
        "the comparators differ, so both can hold",
        "kept apart",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        39,
        (TAD,),
        "which part of the spine metastases prefer",
        (("lumbar 52%, thoracic 36%, cervical 12%", "TAD, common sites"),),
        "other literature, not read here, has the thoracic spine first",
        "descriptive only: no rule uses it",
        ConflictStatus.DESCRIPTIVE,
    ),
    conflict(
        40,
        (TAD, CHEN),
        "whether cement stabilises an unstable spine",
        (
            ("cement is one kind of stabilisation", "TAD, NOMS"),
            ("surgery traditionally preferred in instability", "CHEN, introduction"),
            ("augmentation only without instability", "NICE CG75 as quoted"),
        ),
        "the NOMS table sends unstable spines to stabilisation, the guideline limits cement to stable ones",
        "SINS 13 or more: never cement alone, surgical opinion first; 7 to 12: after surgical assessment",
        ConflictStatus.BOTH_KEPT,
    ),
)
_BETWEEN = (
    conflict(
        41,
        (TAD,),
        "the sacroiliac region is high risk, the iliac zone is not",
        (
            ("sacroiliac location: high risk", "TAD, pelvis"),
            ("zones 1 and 3 keep the pelvis stable", "TAD, Enneking"),
        ),
        "the sacroiliac region lies in zones 1 and 4",
        "the high-risk feature wins; the zones never reassure",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        42,
        (TAD,),
        "major complications of one study in two tables",
        (
            ("Tomasian 2 (14%)", "TAD, outcomes, table 1"),
            ("Tomasian 0", "TAD, outcomes, table 2"),
        ),
        "2/14 patients = 14.3%; other percentages of table 2 are of tumours (2/18 = 11.1%), others of "
        "patients (2/40 = 5.0%)",
        "both are kept; each percentage names the denominator that fits it",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        43,
        (HAO, TAD),
        "how predictable the zone of microwave ablation is",
        (("complete, uniform and predictable", "HAO, background"), ("less predictable", "TAD, microwave")),
        "HAO cites use in other organs; TAD speaks of cancellous and cortical bone",
        "in bone it is called less predictable; the other claim stands beside it",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        44,
        (MSTS,),
        "OPuS One is called spinal",
        (
            ("100 patients with spinal ablation", "evidence against"),
            ("87 spine, 13 pelvis or sacrum", "Levy 2020, annotated"),
        ),
        "87 + 13 = 100",
        "filed under spine and pelvis",
        ConflictStatus.DESCRIPTIVE,
    ),
    conflict(
        45,
        (MSTS, TAD),
        "nearness to nerves and vessels: better relief, more danger",
        (
            ("near neurovascular structures: better palliation", "MSTS, Guenette 2013"),
            ("more than 1 cm is the safe distance", "TAD, thermal ablation"),
            ("radiofrequency ablation not advised near neural structures", "NICE scope"),
        ),
        "one is benefit, the other harm",
        "safety wins: nearness never counts in favour",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        46,
        (XU, TAD, CHEN),
        "one needle or two",
        (
            ("one side preferred", "XU, discussion"),
            ("both pedicles for complete coverage", "TAD, planning"),
            ("two needles for lesions of two thirds of the body", "CHEN, procedure"),
        ),
        "sclerotic bone is hard to enter; ablation has to cover the lesion: the aims differ",
        "kept apart with their aims",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        47,
        (XU, CHEN, HAO),
        "settings of the procedure",
        (
            ("stop when cement reaches the posterior margin", "XU, methods"),
            ("smaller portions within 0.5 cm, stop at a leak", "CHEN, methods"),
            ("20-40 W", "CHEN, methods"),
            ("30-50 W", "HAO, methods"),
        ),
        "other devices, other patients",
        "never merged into a setting, and never on a card",
        ConflictStatus.BOTH_KEPT,
    ),
    conflict(
        48,
        (CHEN, XU),
        "how common spinal metastases are",
        (
            ("up to 30% of terminal cancer", "CHEN, introduction"),
            ("60-70% of systemic cancer", "XU, introduction"),
        ),
        "populations and methods of detection differ",
        "descriptive only",
        ConflictStatus.DESCRIPTIVE,
    ),
    conflict(
        49,
        (XU,),
        "leaks explained by a high volume that was low",
        (("a relatively high volume, up to 4.5 mL", "discussion"), ("mean 1.6 ± 0.8 mL", "results")),
        "1.6 mL is the smallest mean volume of the series here",
        "the explanation is not repeated as a finding",
        ConflictStatus.DESCRIPTIVE,
    ),
    conflict(
        50,
        (HAO,),
        "approval after the study, and medians after means",
        (
            ("prospectively reviewed; approval number of 2022", "methods and footnotes"),
            ("patients of January 2017 to January 2020", "methods"),
            ("all data are means ± SD", "methods 3.6"),
            ("medians", "results"),
        ),
        "2022 is after 2020",
        "shown as printed; nothing is derived from either",
        ConflictStatus.DESCRIPTIVE,
    ),
    conflict(
        51,
        (CHEN,),
        "every ablation succeeded, some were hard to make adequate",
        (
            ("technical success in 140 of 140 vertebrae", "results"),
            ("adequate ablation occasionally difficult centrally behind", "discussion"),
        ),
        "success meant placing antenna and cement and reaching the planned power and time, not coverage",
        "success is quoted with its definition",
        ConflictStatus.BOTH_KEPT,
    ),
)
INCONSISTENCIES: tuple[Inconsistency, ...] = (
    GENERAL,
    *(*IN_HAO, *IN_CHEN, *IN_MSTS, *IN_XU, *ACROSS),
    *(*IN_TAD_SCORES, *_IN_TAD, *_BETWEEN),
)
_BY_ID: Mapping[str, Inconsistency] = MappingProxyType({found.id: found for found in INCONSISTENCIES})
if len(_BY_ID) != len(INCONSISTENCIES) or GENERAL.sources != ALL_FIVE:
    raise DefinitionError("two conflicts have one id, or the general rule is not about all sources")


def disputed(*numbers: int) -> tuple[Inconsistency, ...]:
    """The conflicts of these numbers.

    Raises:
        DefinitionError: there is none of that number.
    """
    unknown = [number for number in numbers if f"INC-{number}" not in _BY_ID]
    if unknown:
        raise DefinitionError(f"there is no conflict {unknown}")
    return tuple(_BY_ID[f"INC-{number}"] for number in numbers)
