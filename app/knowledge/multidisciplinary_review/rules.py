"""When the multidisciplinary meeting decides, and why."""

from app.engine.criteria import Always, Criterion, Effect, Input
from app.knowledge.pathway import yes_no
from app.knowledge.pathway_conditions import yes
from app.knowledge.sources import TADROS_2018, at, local_policy

_MEETING = local_policy("MDT-1", "What is no emergency ends with the multidisciplinary meeting")
_DECIDES = local_policy("MDT-2", "Open bands, conflict, earlier radiotherapy or two treatments: the meeting")

BANDS = yes_no(
    "bands_undetermined",
    "Score category open",
    "Does a score of this lesion leave more than one category possible?",
    _DECIDES,
)
CONFLICT = yes_no(
    "sources_conflict", "Sources disagree", "Do sources on this lesion exclude one another?", _DECIDES
)
EARLIER = yes_no(
    "prior_radiation", "Earlier radiotherapy", "Has this lesion been irradiated before?", _DECIDES
)
MODALITIES = yes_no(
    "two_modalities_eligible",
    "Two treatments eligible",
    "Are two or more kinds of treatment eligible for this lesion?",
    _DECIDES,
)
INPUTS: tuple[Input, ...] = (BANDS, CONFLICT, EARLIER, MODALITIES)


def _decides(key: str, code: str, reason: str) -> Criterion:
    text = f"{reason}: the multidisciplinary meeting discusses this lesion before a treatment is chosen."
    return Criterion(f"MDT-2-{key}", Effect.INDICATION, text, yes(code), (_DECIDES,))


RULES: tuple[Criterion, ...] = (
    _decides("bands", "bands_undetermined", "A score leaves its category open"),
    _decides("conflict", "sources_conflict", "Sources disagree"),
    _decides("radiation", "prior_radiation", "Radiotherapy was given here before"),
    _decides("modalities", "two_modalities_eligible", "Two or more kinds of treatment are eligible"),
    Criterion(
        "MDT-1",
        Effect.CONTEXT,
        "Unless it is an emergency, the options are for the multidisciplinary meeting to discuss.",
        Always(),
        (_MEETING,),
    ),
    Criterion(
        "PAIN-LOC",
        Effect.CONTEXT,
        "Lesions of the pelvis and the femur can hurt in the back and the legs: pain alone does not tell "
        "which lesion hurts.",
        Always(),
        (at(TADROS_2018, "PAIN-LOC", "slide on pelvic and femoral pain"),),
    ),
)
