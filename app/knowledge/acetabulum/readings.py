"""How a record answers the acetabulum, and what it says while a wall or a column is not recorded."""

from collections.abc import Mapping

from app.engine.criteria import Given
from app.engine.question import Answer
from app.knowledge.acetabulum.rules import (
    ACETABULUM,
    DEHISCENCE,
    DISRUPTED,
    FRACTURE,
    INPUTS,
    INTACT,
    LARGE_MASS,
    PARTS,
    PRIMARY,
    RADIORESISTANT,
)
from app.knowledge.histology import RESISTANT, SENSITIVE
from app.knowledge.instrument import Applicability, Remark
from app.knowledge.pathway import NO, YES, any_yes, coded_answer
from app.knowledge.pathway_record import large_mass, made_for, primary, within
from app.knowledge.patient import Case
from app.knowledge.sources import TADROS_2018, at, local_policy

_ITEMS = {one.code: one for one in INPUTS}
_ACER_4 = at(TADROS_2018, "ACER-4", "acetabular metastases slide")
_GEN_5 = local_policy("GEN-5", "Nothing reassuring while a worse answer is possible")


def applies(case: Case) -> Applicability:
    """Whether the lesion lies in the acetabulum; open for a pelvis not told more exactly."""
    return made_for(case, "the acetabulum", ACETABULUM, lies=within(case.lesion.place, "acetabulum"))


def read(case: Case) -> Mapping[str, Given]:
    """What the record answers; whether something is large or disabling is for a clinician to say."""
    facts = {part: case.facts(part.replace("_", "-")) for part in PARTS}
    either = {INTACT: {INTACT}, DISRUPTED: {DISRUPTED}}
    answers: dict[str, Given] = {
        "fracture": coded_answer(
            FRACTURE,
            case.facts("pathological-fracture"),
            # A bone that is not broken may still be about to break.
            {"present": {"complete"}, "absent": {"none", "impending"}},
        ),
        "radioresistant": radioresistant(case),
        "cortical_dehiscence": any_yes(
            DEHISCENCE, [coded_answer(DEHISCENCE, listed, {DISRUPTED: {YES}}) for listed in facts.values()]
        ),
        "primary": primary(PRIMARY, case),
        "large_soft_tissue_mass": large_mass(LARGE_MASS, case),
    }
    for part, listed in facts.items():
        item = _ITEMS[part]
        answers[part] = coded_answer(item, listed, either)
    return answers


def radioresistant(case: Case) -> Answer:
    """What the recorded primaries say of radiosensitivity."""
    recorded = case.patient.primary
    if not recorded.recorded:
        return Answer(RADIORESISTANT.codes)
    classes = {RESISTANT: YES, SENSITIVE: NO}
    possible = {classes[one] for one in recorded.radiosensitivity}
    return Answer(RADIORESISTANT.ordered(possible), recorded=True, sources=recorded.sources)


def remark(given: Mapping[str, Given]) -> tuple[Remark, ...]:
    """Which walls and columns leave non-operative treatment undetermined (ACER-4)."""
    open_parts = [_ITEMS[part].label.lower() for part in PARTS if _is_open(given[part])]
    if not open_parts:
        return ()
    named = ", ".join(open_parts)
    text = f"Not settled: {named}. Whether non-operative treatment suits stays undetermined."
    return (Remark("ACER-4", text, (_ACER_4, _GEN_5)),)


def _is_open(answer: Given) -> bool:
    return not isinstance(answer, Answer) or len(answer.possible) > 1
