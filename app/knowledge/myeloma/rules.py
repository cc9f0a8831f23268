"""What myeloma asks and says, and how a record answers: when cement is indicated, what is not needed."""

from collections.abc import Mapping

from app.engine.criteria import All, Always, Criterion, Effect, Given, Input
from app.knowledge.instrument import APPLIES, Applicability
from app.knowledge.pathway import NO, YES, coded_answer, number, yes_no
from app.knowledge.pathway_conditions import above, rule, yes
from app.knowledge.pathway_record import in_spine, made_for, placed
from app.knowledge.patient import Case
from app.knowledge.sources import IMWG_2019, TADROS_2018, at, local_policy

AUGMENTATION, ABLATION, IMPLANT = "vertebral-augmentation", "ablation", "vertebral-implant"
_GROUP = at(IMWG_2019, "MYE-1", "table 1, absolute indications")
_TIMING = at(IMWG_2019, "MYE-1", "recommendations, timing")
_LEVELS = at(IMWG_2019, "MYE-1", "recommendations, levels in one session")
_SLIDE = at(TADROS_2018, "TAD-MM-1", "myeloma slide")
_GEN_5 = local_policy("GEN-5", "Nothing is settled while another answer is possible")
# Primaries that this service cannot tell apart may be myeloma.
_MAY_BE = ("myeloma", "unknown-primary", "other")

IN_SPINE = yes_no("in_spine", "In the spine", "Is the lesion in the spine?", _GROUP)
PAIN = yes_no(
    "persistent_significant_pain",
    "Persistent significant pain",
    "Is there significant pain from this fracture that persists?",
    _GROUP,
)
PROVEN = yes_no(
    "fracture_proven_by_stir", "Fracture proven on MRI", "Is the fracture proven by STIR on MRI?", _GROUP
)
UNRESOLVED = yes_no(
    "unresolved_after_four_weeks",
    "Unresolved after four weeks",
    "Have the symptoms not resolved after four weeks?",
    _GROUP,
)
LIMITING = yes_no("limits_activity", "Limits activity", "Do the symptoms limit activity?", _GROUP)
LEVELS = number(
    "levels_in_session",
    "Levels in one session",
    "How many levels are planned for one session?",
    _LEVELS,
    "",
    0,
    30,
    whole=True,
)
POSTERIOR_CORTEX = yes_no(
    "posterior_cortex_destroyed",
    "Posterior cortex destroyed",
    "Is the posterior cortex of the vertebra destroyed?",
    _SLIDE,
)
INPUTS: tuple[Input, ...] = (IN_SPINE, PAIN, PROVEN, UNRESOLVED, LIMITING, LEVELS, POSTERIOR_CORTEX)


RULES: tuple[Criterion, ...] = (
    rule(
        "MYE-1-levels",
        Effect.RELATIVE,
        "More than three levels in one session: the myeloma group advises three at most.",
        All((yes("in_spine"), above("levels_in_session", 3))),
        _LEVELS,
        technique=AUGMENTATION,
    ),
    rule(
        "MYE-1",
        Effect.INDICATION,
        "Significant pain persists from a fracture proven by STIR on MRI, unresolved after four weeks, and "
        "limits activity: an absolute indication for augmentation by the myeloma group; the team decides.",
        All(
            (
                yes("in_spine"),
                yes("persistent_significant_pain"),
                yes("fracture_proven_by_stir"),
                yes("unresolved_after_four_weeks"),
                yes("limits_activity"),
            )
        ),
        _GROUP,
        technique=AUGMENTATION,
    ),
    rule(
        "MYE-1-timing",
        Effect.CONTEXT,
        "Where augmentation is considered, the myeloma group names four to eight weeks.",
        All((yes("in_spine"), yes("fracture_proven_by_stir"))),
        _TIMING,
        technique=AUGMENTATION,
    ),
    rule(
        "TAD-MM-1",
        Effect.OPTION,
        "Posterior cortex destroyed: an implant such as a coil or a metal stent is described for myeloma, as "
        "an option to discuss.",
        All((yes("in_spine"), yes("posterior_cortex_destroyed"))),
        _SLIDE,
        technique=IMPLANT,
    ),
    rule(
        "TAD-MM-1",
        Effect.CONTEXT,
        "Vertebroplasty is described as effective in myeloma, for stability and for some local control.",
        Always(),
        _SLIDE,
        technique=AUGMENTATION,
    ),
    # Always true of myeloma; on a card it is the ablation pathway that says so.
    rule(
        "ABL-3a",
        Effect.AGAINST,
        "Myeloma is highly radiosensitive; ablation is not usually necessary.",
        Always(),
        at(TADROS_2018, "ABL-3a", "myeloma slide"),
        _SLIDE,
        technique=ABLATION,
    ),
    rule(
        "AUG-FXAGE",
        Effect.CONTEXT,
        "The age of a fracture is no exclusion by itself: benefit is described after more than a year, and "
        "the myeloma group names four to eight weeks.",
        Always(),
        at(TADROS_2018, "AUG-FXAGE", "vertebral augmentation slides"),
        at(IMWG_2019, "AUG-FXAGE", "recommendations, timing"),
    ),
)


def applies(case: Case) -> Applicability:
    """Whether the primary is myeloma; open while it may be."""
    primary = case.patient.primary
    if primary.recorded and not primary.may_be(*_MAY_BE):
        return Applicability(applies=False, reason="This is for myeloma.", cites=(_SLIDE,))
    settled = made_for(
        case, "a lesion of myeloma", _SLIDE, lies=True if case.lesion.place.site is not None else None
    )
    if settled is not APPLIES or primary.certainly("myeloma"):
        return settled
    return Applicability(
        None, "The primary is not settled: this applies only if it is myeloma.", (_GEN_5, _SLIDE)
    )


def read(case: Case) -> Mapping[str, Given]:
    """What the record answers; what persists, limits and is planned is for a clinician to say."""
    walls = {"wall-disrupted": {YES}, "wall-intact": {NO}}
    return {
        "in_spine": placed(IN_SPINE, case, lies=in_spine(case.lesion.place)),
        "persistent_significant_pain": coded_answer(
            PAIN, case.lesion.facts.get("spinal-pain", ()), {"pain-free": {NO}}
        ),
        "fracture_proven_by_stir": coded_answer(
            PROVEN, case.facts("pathological-fracture"), {"absent": {NO}}
        ),
        "posterior_cortex_destroyed": coded_answer(POSTERIOR_CORTEX, case.facts("posterior-wall"), walls),
    }
