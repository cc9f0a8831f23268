"""What ablation says beside its rules: how far its sources reach, and what the record leaves open."""

from collections.abc import Iterator, Mapping

from app.engine.criteria import Condition, Given
from app.knowledge.ablation.conditions import NEAR_NERVE
from app.knowledge.instrument import Remark
from app.knowledge.sources import CHEN_2022, TADROS_2018, WODAJO_2022, at, local_policy

_EXPIRED = at(WODAJO_2022, "MSTS-EXP-1", "first page, review after one year")
_DISTANCE = at(TADROS_2018, "ABL-1", "thermal ablation slide, critical structures")
_EXCLUDED = at(CHEN_2022, "CHEN-EXC", "methods, exclusion criteria")
_PROTECTED = at(CHEN_2022, "INC-14", "methods, lesions close to neural structures")
_GRADED = local_policy("INC-14", "The distance rule is graded: contact excludes, nearness needs protection")
_STOP = at(CHEN_2022, "INC-18", "methods, thermocouple")
_INJURY = at(TADROS_2018, "INC-18", "thermal ablation slide, nerves")


def remark(given: Mapping[str, Given]) -> tuple[Remark, ...]:
    """What to say beside the rules, by the inputs alone."""
    return tuple(_remarks(given))


def _remarks(given: Mapping[str, Given]) -> Iterator[Remark]:
    if NEAR_NERVE.truth(given).may_be and not given["distance_to_neural_structure"].recorded:
        yield Remark(
            "ABL-1",
            "The distance to the nearest neural structure is not recorded; it decides whether protection is "
            "needed. That a tumour does not touch a root does not settle it.",
            (_DISTANCE, _EXCLUDED),
        )
    if any(part.truth(given).may_be and _recorded(part, given) for part in NEAR_NERVE.parts):
        yield Remark(
            "INC-14",
            "The series that excluded margins near roots still treated 53 lesions close to neural "
            "structures, with protection: contact excludes, nearness calls for protection.",
            (_GRADED, _PROTECTED),
        )
        yield Remark(
            "INC-18",
            "The temperature at which one series stopped and the temperatures that injure nerves are "
            "different things: both stand with the evidence, and neither is a setting.",
            (_STOP, _INJURY),
        )
    yield Remark(
        "MSTS-EXP-1",
        "The MSTS assessment of radiofrequency ablation (2022) was to be rewritten or removed after one "
        "year: it is past its own review date of 1 June 2023.",
        (_EXPIRED,),
    )


def _recorded(part: Condition, given: Mapping[str, Given]) -> bool:
    return all(given[code].recorded for code in part.inputs())
