"""The rules beside the matrix: who was studied, what defers or excludes, and what is always said."""

from fractions import Fraction

from app.engine.criteria import All, Always, AnyOf, Criterion, Effect, Is, Lies
from app.engine.reading import Interval
from app.knowledge.ablation.conditions import (
    MICROWAVE,
    NEAR_NERVE,
    NERVE_WITHIN_1_CM,
    RADIOFREQUENCY,
    SKIN_WITHIN_1_CM,
    above,
    at_least,
    at_most,
    below,
    no,
    yes,
)
from app.knowledge.ablation.matrix import PAST_REVIEW
from app.knowledge.ablation_sources import NICE_ABLATION_CONSULTATION, NICE_ABLATION_SCOPE
from app.knowledge.pathway_conditions import rule
from app.knowledge.policy import Policy
from app.knowledge.sources import (
    CHEN_2022,
    HAO_2023,
    SIR_2019,
    TADROS_2018,
    WODAJO_2022,
    XU_2021,
    at,
    local_policy,
)

_CHEN_INC = at(CHEN_2022, "CHEN-INC", "methods, inclusion criteria")
_CHEN_EXC = at(CHEN_2022, "CHEN-EXC", "methods, exclusion criteria")
_HAO_INC = at(HAO_2023, "HAO-INC", "methods, inclusion criteria")
_HAO_EXC = at(HAO_2023, "HAO-EXC", "methods, exclusion criteria")
_DISTANCE = at(TADROS_2018, "TAD-ABL-1", "thermal ablation slide, critical structures")
_INC_14 = local_policy("INC-14", "The distance rule is graded: contact excludes, nearness needs protection")
_STUDIED_INR = Fraction(3, 2)
_MYELOMA = Is("primary_group", frozenset({"myeloma"}))
_NOT_TREATED = Is("primary_group", frozenset({"breast", "lymphoma", "myeloma"}))
_LYTIC_OR_MIXED = Is("lesion_quality", frozenset({"lytic", "mixed"}))


def rules(policy: Policy) -> tuple[Criterion, ...]:
    """The rules under a site's limit for the INR."""
    limit = Fraction(policy.choice("AUG-EXC-4-inr-limit"))
    return (*_DISTANCES, *_exclusions(limit), *_beyond_study(limit), *_POPULATIONS, *_ADVICE, *_ALWAYS)


_DISTANCES = (
    rule(
        "ABL-1-contact",
        Effect.ABSOLUTE,
        "Tumour in contact with the cord or a nerve root: ablation is excluded by local policy.",
        yes("neural_contact"),
        local_policy("ABL-1-contact", "Tumour in contact with cord or nerve root excludes ablation"),
        _INC_14,
    ),
    rule(
        "ABL-1",
        Effect.RELATIVE,
        "A nerve or the cord lies within 1 cm: protection is needed, such as temperature probes, nerve "
        "monitoring or insulation. Only more than 1 cm counts as a safe distance in the source.",
        NERVE_WITHIN_1_CM,
        _DISTANCE,
        _INC_14,
    ),
    rule(
        "ABL-1-skin",
        Effect.RELATIVE,
        "The skin lies within 1 cm: protection is needed, such as temperature probes or insulation.",
        SKIN_WITHIN_1_CM,
        _DISTANCE,
    ),
    rule(
        "ABL-1-root",
        Effect.RELATIVE,
        "Margin close to a nerve root: protection is needed, and one series excluded it; its distance is to "
        "be stated.",
        yes("close_to_nerve_root"),
        _INC_14,
        _CHEN_EXC,
    ),
    rule(
        "ABL-7",
        Effect.AGAINST,
        "NICE's scope advises against radiofrequency ablation close to neural structures (the limit of 1 cm "
        "is from another source). In one trial nearness went with better pain relief; by local policy "
        "safety wins. " + PAST_REVIEW,
        NEAR_NERVE,
        NICE_ABLATION_SCOPE,
        _DISTANCE,
        at(WODAJO_2022, "MSTS-9", "bibliography, Guenette 2013"),
        local_policy("INC-45", "Relief near nerves against the risk of injury: safety wins"),
        technique=RADIOFREQUENCY,
    ),
)


def _exclusions(limit: Fraction) -> tuple[Criterion, ...]:
    """What the series excluded: not studied, and clotting alone deferred until corrected."""
    return (
        rule(
            "ABL-EXC-1",
            Effect.DEFER,
            f"Platelets below 50 x 10*9/L or INR above {float(limit):g}: defer until corrected.",
            AnyOf((below("platelets", 50), above("inr", limit))),
            at(CHEN_2022, "ABL-EXC-1", "methods, exclusion criteria"),
            at(XU_2021, "INC-19", "methods, relative contraindications"),
            SIR_2019,
        ),
        rule(
            "ABL-EXC-2",
            Effect.STUDY,
            "Uncontrolled infection at the site, or active systemic infection: not studied.",
            yes("infection"),
            _CHEN_EXC,
        ),
        rule(
            "ABL-EXC-3",
            Effect.STUDY,
            "Margin close to a nerve root: an exclusion of one series, so not studied there.",
            yes("close_to_nerve_root"),
            _CHEN_EXC,
            _INC_14,
        ),
        rule(
            "ABL-EXC-4",
            Effect.STUDY,
            "Symptomatic cord compression: not studied; the urgent pathway comes first.",
            yes("cord_compression"),
            _CHEN_EXC,
        ),
        rule(
            "ABL-EXC-5",
            Effect.STUDY,
            "Active bleeding or a marked tendency to bleed: not studied.",
            yes("active_bleeding"),
            _HAO_EXC,
        ),
        rule(
            "ABL-EXC-6",
            Effect.STUDY,
            "Hypertension uncontrolled despite treatment: not studied.",
            yes("uncontrolled_hypertension"),
            _HAO_EXC,
        ),
        rule(
            "ABL-EXC-7",
            Effect.STUDY,
            "Major surgery within the past 30 days: not studied.",
            yes("major_surgery_within_30_days"),
            _HAO_EXC,
        ),
    )


def _beyond_study(limit: Fraction) -> tuple[Criterion, ...]:
    """Where a site's limit is higher than that of the series, what the series did not study."""
    if limit <= _STUDIED_INR:
        return ()
    return (
        rule(
            "CHEN-EXC-1",
            Effect.STUDY,
            f"INR above 1.5, within this site's limit of {float(limit):g}: not studied in one microwave "
            "series.",
            Lies("inr", Interval(_STUDIED_INR, limit, low_closed=False)),
            at(CHEN_2022, "CHEN-EXC-1", "methods, exclusion criteria"),
            technique=MICROWAVE,
        ),
    )


_POPULATIONS = (
    rule(
        "ABL-IND-1",
        Effect.INDICATION,
        "Like the patients that one microwave series selected: a vertebra, pathology proven, pain above 4 "
        "of 10 after radiotherapy or from a radioresistant tumour, four lesions at most to treat, life "
        "expectancy over three months, ECOG below 3.",
        All(
            (
                yes("in_spine"),
                yes("pathology_proven"),
                above("pain_score", 4),
                AnyOf((yes("pain_after_radiotherapy"), yes("radioresistant"))),
                at_most("lesions_to_treat", 4),
                yes("life_expectancy_over_3_months"),
                below("ecog", 3),
            )
        ),
        at(CHEN_2022, "ABL-IND-1", "methods, inclusion criteria"),
        technique=MICROWAVE,
    ),
    rule(
        "TRIAL-CHEN",
        Effect.STUDY,
        "Outside the patients that the larger microwave series selected: not studied there, which is no "
        "prohibition.",
        AnyOf(
            (
                no("in_spine"),
                no("pathology_proven"),
                at_most("pain_score", 4),
                All((no("pain_after_radiotherapy"), no("radioresistant"))),
                above("lesions_to_treat", 4),
                no("life_expectancy_over_3_months"),
                at_least("ecog", 3),
            )
        ),
        _CHEN_INC,
        local_policy("TRIAL-CHEN", "A study's population is matched and shown, never a prohibition"),
        technique=MICROWAVE,
    ),
    rule(
        "TRIAL-HAO",
        Effect.STUDY,
        "Outside the patients that the smaller microwave series selected: not studied there, which is no "
        "prohibition.",
        AnyOf(
            (
                no("pathology_proven"),
                no("site_matches_tenderness"),
                no("other_metastases_stable"),
                yes("organ_contraindication"),
            )
        ),
        _HAO_INC,
        local_policy("TRIAL-HAO", "A study's population is matched and shown, never a prohibition"),
        technique=MICROWAVE,
    ),
    rule(
        "ABL-IND-2",
        Effect.INDICATION,
        "Radiotherapy failed, the site can take no more of it, or the bone is unstable: radiofrequency "
        "ablation is among the options to discuss, with stabilisation where unstable. " + PAST_REVIEW,
        AnyOf((yes("pain_after_radiotherapy"), yes("radiotherapy_exhausted"), yes("mechanical_instability"))),
        at(WODAJO_2022, "ABL-IND-2", "background"),
        at(WODAJO_2022, "MSTS-PRO", "summary, advantages"),
        technique=RADIOFREQUENCY,
    ),
)
_ADVICE = (
    rule(
        "ABL-9",
        Effect.AGAINST,
        "Mechanically unstable: microwave ablation adds no structural stability, and ablation alone never "
        "answers instability; stabilisation is the surgeon's question.",
        yes("mechanical_instability"),
        at(CHEN_2022, "ABL-9", "discussion, structural stability"),
    ),
    rule(
        "ABL-3a",
        Effect.AGAINST,
        "Myeloma: highly sensitive to radiotherapy; ablation is not usually necessary.",
        _MYELOMA,
        at(TADROS_2018, "ABL-3a", "myeloma slide"),
    ),
    rule(
        "ABL-3b",
        Effect.CONTEXT,
        "One series around the hip did not ablate breast cancer, lymphoma or myeloma; a microwave series of "
        "the spine ablated 13 patients with breast cancer and 1 with myeloma. " + PAST_REVIEW,
        _NOT_TREATED,
        at(WODAJO_2022, "ABL-3b", "bibliography, English 2021"),
        at(CHEN_2022, "ABL-3b", "table 1"),
    ),
    rule(
        "ABL-4",
        Effect.OPTION,
        "Lytic or partly lytic vertebra: cement together with ablation is an option to discuss, never as the "
        "only answer to an unstable spine. After cryoablation the ice has to melt partly first.",
        All((yes("in_spine"), _LYTIC_OR_MIXED)),
        at(TADROS_2018, "ABL-4", "spine ablation slide"),
        at(TADROS_2018, "TAD-ABL-6", "cryoablation slides"),
    ),
    rule(
        "MSTS-6",
        Effect.CONTEXT,
        "Cortex breached beside the hip joint: no contraindication in one series; others count a deficient "
        "medial wall against cement. " + PAST_REVIEW,
        yes("cortical_dehiscence"),
        at(WODAJO_2022, "MSTS-6", "bibliography, English 2021"),
        at(TADROS_2018, "TAD-ACE-2", "acetabulum slides"),
    ),
)
_ALWAYS = (
    rule(
        "ABL-2",
        Effect.CONTEXT,
        "Curative intent is described for up to five metastases, small and without significant damage to the "
        "cortex or the posterior elements; the source puts no number on small or significant.",
        Always(),
        at(TADROS_2018, "TAD-ABL-2", "spine ablation slide"),
    ),
    rule(
        "ABL-5",
        Effect.CONTEXT,
        "The source knows of no randomised trial of ablation against radiotherapy; one matched cohort "
        "favours radiotherapy with radiofrequency ablation over radiotherapy alone.",
        Always(),
        at(TADROS_2018, "ABL-5", "outcomes slide"),
    ),
    rule(
        "ABL-5",
        Effect.CONTEXT,
        "With radiotherapy added, local failure was 1 of 11 lesions; with radiofrequency ablation alone 8 "
        "of 17 evaluable (28 treated). Pain did not differ, but the primaries did. " + PAST_REVIEW,
        Always(),
        at(WODAJO_2022, "MSTS-1", "bibliography, Prezzano 2019"),
        at(WODAJO_2022, "MSTS-CON", "summary, drawbacks"),
        technique=RADIOFREQUENCY,
    ),
    rule(
        "ABL-6",
        Effect.CONTEXT,
        "A NICE committee saw limited benefit of radiofrequency ablation added to cement, in mainly lytic "
        "lesions; its final guidance was not seen.",
        Always(),
        NICE_ABLATION_CONSULTATION,
        technique=RADIOFREQUENCY,
    ),
    rule(
        "ABL-8",
        Effect.CONTEXT,
        "Burns of the skin and damage to cartilage near a growth plate are described. Grounding pads of "
        "monopolar radiofrequency can burn; the source places them on the thighs, far from the electrode.",
        Always(),
        at(TADROS_2018, "ABL-8", "complications slide"),
        at(TADROS_2018, "ABL-M", "radiofrequency slides, grounding pads"),
    ),
    rule(
        "PRE-ANES",
        Effect.CONTEXT,
        "Anaesthesia differs by source: general or deep sedation with antibiotic cover, or conscious "
        "sedation with local anaesthetic. " + PAST_REVIEW,
        Always(),
        at(TADROS_2018, "PRE-ANES", "thermal ablation slide, anaesthesia"),
        at(CHEN_2022, "PRE-ANES", "methods, procedure"),
        at(XU_2021, "PRE-ANES", "methods, procedure"),
        at(WODAJO_2022, "MSTS-CON", "summary, drawbacks"),
    ),
    rule(
        "FU-1",
        Effect.CONTEXT,
        "Follow-up in the microwave series: CT at once in one. In the other CT and MRI after 1, 3 and 6 "
        "months, and pain, opioid dose and ODI the day before, at 3 days, 1 week, and 1, 3 and 6 months.",
        Always(),
        at(HAO_2023, "FU-1", "methods, safety"),
        at(CHEN_2022, "FU-1", "methods, outcomes"),
        at(CHEN_2022, "FU-3", "methods, outcomes"),
    ),
    rule(
        "FU-2",
        Effect.CONTEXT,
        "Progression was any one of: more lysis or paravertebral growth; new or persistent enhancing tissue "
        "in the epidural space, a foramen or beside the spine; persistent uptake on FDG PET.",
        Always(),
        at(CHEN_2022, "FU-2", "methods, outcomes"),
    ),
)
