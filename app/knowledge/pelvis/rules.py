"""What the pelvis asks and says, and how a record answers: features of high risk, none that reassures."""

from collections.abc import Mapping

from app.engine.criteria import Always, AnyOf, Condition, Criterion, Effect, Given
from app.engine.provenance import Citation
from app.engine.question import Answer, Item
from app.knowledge.anatomy import Place
from app.knowledge.instrument import Applicability
from app.knowledge.pathway import NO, YES, coded_answer, yes_no
from app.knowledge.pathway_conditions import yes
from app.knowledge.pathway_record import agreed, made_for, place_sources, placed, within
from app.knowledge.patient import Case
from app.knowledge.sources import TADROS_2018, at, local_policy

CEMENT = "cementoplasty"
_PELVIS = at(TADROS_2018, "TAD-PEL-1", "pelvis metastases slide")
_ZONES = at(TADROS_2018, "TAD-ENN-1", "Enneking slide")
_PEL_1 = at(TADROS_2018, "PEL-1", "pelvis metastases slide")
_INC_41 = local_policy("INC-41", "No zone reassures: a sacroiliac lesion is high risk wherever coded")

ACETABULAR = yes_no("acetabular", "Acetabulum", "Does the lesion reach the acetabulum?", _PELVIS)
SACROILIAC = yes_no(
    "sacroiliac", "Sacroiliac region", "Does the lesion reach the sacroiliac region?", _PELVIS
)
LYTIC = yes_no("lytic", "Lytic", "Is the lesion lytic, focal or permeating?", _PELVIS)
LARGE = yes_no("large", "Large", "Is the lesion large (the source gives no size)?", _PELVIS)
STRESS_PAIN = yes_no("pain_with_stress", "Pain with stress", "Does it hurt under load?", _PELVIS)
MINIMALLY_DISPLACED = yes_no(
    "minimally_displaced_fracture",
    "Minimally displaced fracture",
    "Is there a fracture that is minimally displaced?",
    _PELVIS,
)
INPUTS: tuple[Item, ...] = (ACETABULAR, SACROILIAC, LYTIC, LARGE, STRESS_PAIN, MINIMALLY_DISPLACED)


def _risk(key: str, text: str, when: Condition, *cites: Citation) -> Criterion:
    return Criterion(key, Effect.RISK_FACTOR, text, when, cites)


RULES: tuple[Criterion, ...] = (
    _risk(
        "PEL-1",
        "Acetabulum or sacroiliac region: a site at high risk of fracture. Consider a surgical opinion on "
        "stability.",
        AnyOf((yes("acetabular"), yes("sacroiliac"))),
        _PEL_1,
        _PELVIS,
        _INC_41,
    ),
    _risk(
        "PEL-2",
        "Acetabular zone: said to be at the greatest risk of mechanical failure in the pelvis.",
        yes("acetabular"),
        at(TADROS_2018, "PEL-2", "Enneking slide"),
        _ZONES,
    ),
    _risk(
        "PEL-1-lytic", "Lytic, focal or permeating: a feature of high fracture risk.", yes("lytic"), _PEL_1
    ),
    _risk("PEL-1-large", "Large lesion: a feature of high fracture risk.", yes("large"), _PEL_1),
    _risk(
        "PEL-1-stress", "Pain with stress: a feature of high fracture risk.", yes("pain_with_stress"), _PEL_1
    ),
    Criterion(
        "TAD-PEL-1",
        Effect.OPTION,
        "Minimally displaced fracture: cement with or without ablation and screws is an option to discuss.",
        yes("minimally_displaced_fracture"),
        (_PELVIS,),
        CEMENT,
    ),
    Criterion(
        "INC-41",
        Effect.CONTEXT,
        "The slide calls two zones of the pelvis no threat to its stability. That never reassures here: the "
        "sacroiliac region counts as high risk in whichever zone it is coded.",
        Always(),
        (_INC_41, _ZONES),
    ),
)
_PAIN = (
    # Relieved by lying down, or worse on loading.
    (
        "spinal-pain",
        {"pain-mechanical": {YES}, "pain-occasional": {NO}, "pain-free": {NO}},
    ),
    ("limb-pain", {"limb-pain-none": {NO}}),
)
_AWAY_FROM_SACROILIAC = ("pubis", "ischium")


def applies(case: Case) -> Applicability:
    """Whether the lesion lies in the pelvis or the sacrum; open for a spine not told more exactly."""
    return made_for(case, "the pelvis or the sacrum", _PELVIS, lies=_in_pelvis(case.lesion.place))


def read(case: Case) -> Mapping[str, Given]:
    """What the record answers; size and displacement are for a clinician to say."""
    place = case.lesion.place
    quality = {"lesion-lytic": {YES}, "lesion-blastic": {NO}}
    return {
        "acetabular": placed(ACETABULAR, case, lies=True) if place.site == "acetabulum" else _reach(case),
        "sacroiliac": _sacroiliac(case),
        "lytic": coded_answer(LYTIC, case.facts("bone-lesion-quality"), quality),
        "pain_with_stress": agreed(
            STRESS_PAIN,
            [
                coded_answer(STRESS_PAIN, case.lesion.facts.get(finding, ()), options)
                for finding, options in _PAIN
            ],
        ),
        "minimally_displaced_fracture": coded_answer(
            MINIMALLY_DISPLACED, case.facts("pathological-fracture"), {"absent": {NO}}
        ),
    }


def _in_pelvis(place: Place) -> bool | None:
    # The sacrum is one of the two bones that this site may mean.
    if place.site == "sacrococcygeal-region":
        return None
    parts = (within(place, "bony-pelvis"), within(place, "sacrum"))
    if True in parts:
        return True
    return None if None in parts else False


def _reach(case: Case) -> Answer:
    """A lesion of a neighbouring bone may reach the acetabulum; one of the sacrum does not."""
    if within(case.lesion.place, "sacrum"):
        return placed(ACETABULAR, case, lies=False)
    return Answer(ACETABULAR.codes)


def _sacroiliac(case: Case) -> Answer:
    """Ilium and sacrum may or may not reach it; pubis and ischium do not."""
    if case.lesion.place.site in _AWAY_FROM_SACROILIAC:
        return Answer((NO,), recorded=True, sources=place_sources(case))
    return Answer(SACROILIAC.codes)
