"""The criteria of vertebral augmentation: indications, contraindications, and who was studied."""

from fractions import Fraction

from app.engine.criteria import All, Always, AnyOf, Condition, Criteria, Criterion, Effect, Is, Lies
from app.engine.reading import Interval
from app.knowledge.augmentation.inputs import INPUTS
from app.knowledge.pathway import NO, YES
from app.knowledge.pathway_conditions import rule
from app.knowledge.policy import Policy
from app.knowledge.sources import (
    CHEN_2022,
    HAO_2023,
    IMWG_2019,
    NICE_AUGMENTATION,
    SIR_2019,
    TADROS_2018,
    XU_2021,
    at,
    local_policy,
)

_UNSTABLE_FROM = Fraction(13)
_CHEN_EXC = at(CHEN_2022, "CHEN-EXC", "methods, exclusion criteria")
_XU_EXC = at(XU_2021, "XU-EXC", "methods, exclusion criteria")
_HAO_EXC = at(HAO_2023, "HAO-EXC", "methods, exclusion criteria")
_XU_REL = at(XU_2021, "XU-REL", "methods, relative contraindications")
_NOTE = local_policy(
    "AUG-NOTE",
    "Trial exclusions are taken as contraindications: a decision of this service, not of the trials",
)
_EXC_8 = local_policy("AUG-EXC-8", "SINS of 13 or more reachable: never cement alone, surgical opinion first")
_INC_40 = at(NICE_AUGMENTATION, "INC-40", "cement only where the spine is not unstable")


def _yes(*inputs: str) -> Condition:
    conditions = tuple(Is(code, frozenset({YES})) for code in inputs)
    return conditions[0] if len(conditions) == 1 else All(conditions)


def _no(code: str) -> Condition:
    return Is(code, frozenset({NO}))


def _below(code: str, bound: Fraction) -> Lies:
    return Lies(code, Interval(None, bound, high_closed=False))


def _above(code: str, bound: Fraction) -> Lies:
    return Lies(code, Interval(bound, None, low_closed=False))


def criteria(policy: Policy) -> Criteria:
    """The rules under a site's limit for the INR."""
    limit = Fraction(policy.choice("AUG-EXC-4-inr-limit"))
    return Criteria(
        "augmentation", INPUTS, (*_exclusions(limit), *_relative(limit), *_indications(), *_context())
    )


def _indications() -> tuple[Criterion, ...]:
    texts = {
        1: (
            (
                "Mechanical pain at this level that analgesia does not control, or collapse, without cord "
                "compression or an unstable spine."
            ),
            at(NICE_AUGMENTATION, "AUG-IND-1", "recommendations, vertebroplasty and kyphoplasty"),
        ),
        2: (
            "Lytic or partly lytic, with decompression or fixation not needed or not tolerated.",
            at(TADROS_2018, "AUG-IND-2", "vertebral augmentation slides"),
        ),
        3: (
            "Osteoblastic, with severe pain at this level despite drugs, or opioid toxicity.",
            at(XU_2021, "AUG-IND-3", "methods, inclusion criteria"),
        ),
        4: (
            (
                "Myeloma with a fracture at T10 to L2 at risk of kyphosis, progressive height loss, "
                "or a defect of wall or pedicle: a relative indication in its source."
            ),
            at(IMWG_2019, "AUG-IND-4", "table 1, relative indications"),
        ),
        5: (
            "Before radiotherapy of a high-risk lytic lesion, to prevent a fracture: no level-1 evidence.",
            at(TADROS_2018, "AUG-IND-5", "radiotherapy and fracture slides"),
        ),
    }
    # AUG-EXC-8: where an unstable spine is reachable, no indication holds.
    return tuple(
        Criterion(
            f"AUG-IND-{n}",
            Effect.INDICATION,
            text,
            All((_yes(f"indication_{n}"), _below("sins_maximum", _UNSTABLE_FROM))),
            (cite,),
        )
        for n, (text, cite) in texts.items()
    )


def _exclusions(limit: Fraction) -> tuple[Criterion, ...]:
    return (
        rule(
            "AUG-EXC-1",
            Effect.ABSOLUTE,
            "Clinical cord or cauda equina compression: a contraindication; urgent pathway first.",
            _yes("cord_compression"),
            _XU_EXC,
            _CHEN_EXC,
            _NOTE,
        ),
        rule(
            "AUG-EXC-2",
            Effect.ABSOLUTE,
            "Fracture with epidural tumour in contact with cord or roots: a contraindication.",
            _yes("epidural_contact"),
            _XU_EXC,
            _NOTE,
        ),
        rule(
            "AUG-EXC-3",
            Effect.ABSOLUTE,
            "Infection at the site, or sepsis: a contraindication.",
            _yes("infection"),
            _XU_EXC,
            _CHEN_EXC,
            _NOTE,
        ),
        rule(
            "AUG-EXC-4",
            Effect.DEFER,
            f"Platelets below 50 x 10*9/L or INR above {float(limit):g}: defer until corrected.",
            AnyOf((_below("platelets", Fraction(50)), _above("inr", limit))),
            _CHEN_EXC,
            _XU_REL,
            SIR_2019,
        ),
        rule(
            "AUG-EXC-5",
            Effect.ABSOLUTE,
            "Active bleeding or a marked tendency to bleed: a contraindication.",
            _yes("active_bleeding"),
            _HAO_EXC,
            _NOTE,
        ),
        rule(
            "AUG-EXC-6",
            Effect.ABSOLUTE,
            "Allergy to bone cement: a contraindication by local policy, awaiting clinician sign-off.",
            _yes("cement_allergy"),
            local_policy("AUG-EXC-6", "Allergy to bone cement, awaiting clinician sign-off"),
        ),
        rule(
            "AUG-EXC-7",
            Effect.STUDY,
            "Complete destruction of the vertebra: not studied in the osteoblastic series.",
            _yes("complete_destruction"),
            _XU_EXC,
        ),
        rule(
            "AUG-EXC-8",
            Effect.CONTEXT,
            "SINS of 13 or more is reachable: never cement alone; a spine surgeon's opinion first.",
            Lies("sins_maximum", Interval(_UNSTABLE_FROM, None)),
            _EXC_8,
            _INC_40,
        ),
        rule(
            "INC-40",
            Effect.CONTEXT,
            "SINS reaches 7 to 12: cement only after surgical assessment.",
            Lies("sins_maximum", Interval(Fraction(7), Fraction(12))),
            _INC_40,
            _EXC_8,
        ),
    )


def _relative(limit: Fraction) -> tuple[Criterion, ...]:
    rules = [
        rule(
            "AUG-REL-1",
            Effect.RELATIVE,
            "Platelets from 50 to below 100 x 10*9/L, or white cells below 2.5 x 10*9/L: one series waited "
            "for recovery, another admitted platelets of 50 or more; the sources disagree.",
            AnyOf(
                (
                    Lies("platelets", Interval(Fraction(50), Fraction(100), high_closed=False)),
                    _below("wbc", Fraction(5, 2)),
                )
            ),
            _XU_REL,
            _CHEN_EXC,
        ),
        rule(
            "AUG-REL-3",
            Effect.RELATIVE,
            "Posterior arch involved: excluded in the osteoblastic series, treated from beside the pedicle "
            "elsewhere.",
            _yes("posterior_arch"),
            _XU_EXC,
            at(TADROS_2018, "AUG-REL-3", "vertebral augmentation slides"),
        ),
        rule(
            "AUG-REL-4",
            Effect.RELATIVE,
            "Uncontrolled hypertension, or major surgery within 30 days.",
            AnyOf((_yes("uncontrolled_hypertension"), _yes("major_surgery_within_30_days"))),
            _HAO_EXC,
        ),
        rule(
            "AUG-REL-5",
            Effect.RELATIVE,
            "More than four lesions to treat, or more than three levels in one session.",
            AnyOf((_above("lesions_to_treat", Fraction(4)), _above("levels_in_session", Fraction(3)))),
            at(CHEN_2022, "CHEN-INC-4", "methods, inclusion criteria"),
            at(IMWG_2019, "AUG-REL-5", "recommendations, levels in one session"),
        ),
        rule(
            "AUG-PW-2",
            Effect.RELATIVE,
            "Posterior wall disrupted without epidural disease: with caution; containment by an implant is "
            "described for myeloma, for other tumours in single cases.",
            All((_yes("posterior_wall_disrupted"), _no("epidural_disease"))),
            at(XU_2021, "AUG-PW-2", "methods, inclusion criteria"),
            at(TADROS_2018, "AUG-PW-2", "vertebral augmentation slides"),
        ),
        rule(
            "AUG-PW-3",
            Effect.RELATIVE,
            "Posterior wall disrupted with epidural disease: for the multidisciplinary meeting; cement can "
            "push epidural tumour back. State whether a root is in contact.",
            All((_yes("posterior_wall_disrupted"), _yes("epidural_disease"))),
            at(CHEN_2022, "AUG-PW-3", "results, neural injury"),
        ),
    ]
    if limit > Fraction(3, 2):
        rules.insert(
            1,
            rule(
                "AUG-REL-2",
                Effect.RELATIVE,
                f"INR above 1.5 and up to this site's limit of {float(limit):g}.",
                Lies("inr", Interval(Fraction(3, 2), limit, low_closed=False)),
                SIR_2019,
                local_policy("AUG-REL-2", "A site's higher INR limit, up to 1.8"),
            ),
        )
    return tuple(rules)


def _context() -> tuple[Criterion, ...]:
    return (
        rule(
            "AUG-PW-1",
            Effect.CONTEXT,
            "Posterior wall intact: the standard situation.",
            _no("posterior_wall_disrupted"),
            local_policy("AUG-PW-1", "An intact posterior wall is the standard situation"),
            quiet=True,
        ),
        rule(
            "AUG-PW-4",
            Effect.CONTEXT,
            "Compression of grade 2 or 3 is contact by definition: NOMS first.",
            _yes("cord_compressed_on_imaging"),
            at(XU_2021, "AUG-PW-4", "methods, exclusion criteria"),
        ),
        rule(
            "AUG-REL-6",
            Effect.CONTEXT,
            "Life expectancy of three months or less, ECOG 3 or more, or age below 18 or above 80: not "
            "studied in these series, which is no prohibition.",
            AnyOf(
                (
                    _no("life_expectancy_over_3_months"),
                    Lies("ecog", Interval(Fraction(3), None)),
                    Lies(
                        "age",
                        Interval(None, Fraction(18), high_closed=False),
                        (Interval(Fraction(80), None, low_closed=False),),
                    ),
                )
            ),
            at(CHEN_2022, "AUG-REL-6", "methods, inclusion criteria"),
            at(XU_2021, "AUG-REL-6", "methods, inclusion criteria"),
        ),
        rule(
            "CHEN-INC-3",
            Effect.STUDY,
            "Pain above 4 of 10, as the microwave series required.",
            _above("pain_score", Fraction(4)),
            at(CHEN_2022, "CHEN-INC-3", "methods, inclusion criteria"),
            quiet=True,
        ),
        rule(
            "TRIAL-XU",
            Effect.STUDY,
            "Like the patients of the osteoblastic series: osteoblastic, aged 18 to 80, irradiated or "
            "awaiting it, expected to live longer than three months.",
            All(
                (
                    _yes("osteoblastic"),
                    _yes("radiotherapy_given_or_awaited"),
                    _yes("life_expectancy_over_3_months"),
                    Lies("age", Interval(Fraction(18), Fraction(80))),
                )
            ),
            at(XU_2021, "TRIAL-XU", "methods, inclusion criteria"),
            local_policy("TRIAL-XU", "A study's population is matched and shown, never a prohibition"),
        ),
        rule(
            "AUG-DENO",
            Effect.CONTEXT,
            "On denosumab: the best timing against cement is unresolved; one attempt failed in bone made "
            "sclerotic.",
            _yes("denosumab"),
            at(XU_2021, "AUG-DENO", "discussion, sclerosis under denosumab"),
        ),
        rule(
            "AUG-FXAGE",
            Effect.CONTEXT,
            "An old fracture is no exclusion by itself: benefit is described after more than a year; the "
            "myeloma group names four to eight weeks.",
            Always(),
            at(TADROS_2018, "AUG-FXAGE", "vertebral augmentation slides"),
            at(IMWG_2019, "AUG-FXAGE", "recommendations, timing"),
        ),
        rule(
            "AUG-PRO-2",
            Effect.CONTEXT,
            "Cement is also described at screw levels against pull-out, and at the level above a construct.",
            Always(),
            at(TADROS_2018, "AUG-PRO-2", "vertebral augmentation slides"),
        ),
        rule(
            "AUG-MDT",
            Effect.CONTEXT,
            "Agreed by oncologist, interventional radiologist and spine surgeon, with access to spine "
            "surgery.",
            Always(),
            at(NICE_AUGMENTATION, "AUG-MDT", "note on vertebroplasty"),
        ),
    )
