"""What can be observed: scope, answers or unit, how long it stays fresh, and the codes that carry it.

The codes of the service's own code systems are fixed; standard codes are those with status V1 or V2.
"""

from collections.abc import Mapping
from types import MappingProxyType

from app.engine.provenance import DefinitionError
from app.knowledge.anatomy import SNOMED
from app.knowledge.finding import (
    ALBUMIN,
    ATTENUATION,
    ECOG,
    INDETERMINATE,
    KARNOFSKY,
    LENGTH,
    LOINC,
    PAIN_LINE,
    PAIN_SCALE,
    PERCENT,
    PLATELETS,
    PRESENT_ABSENT,
    RATIO,
    WHITE_CELLS,
    Finding,
    Scale,
    Scope,
)


def _coded(
    code: str,
    label: str,
    scope: Scope,
    window: str,
    answers: tuple[tuple[str, str], ...] = PRESENT_ABSENT,
    *,
    windows: Mapping[str, str] | None = None,
    answer_codes: Mapping[tuple[str, str], str] | None = None,
    category: tuple[str, ...] = ("exam", "imaging"),
) -> Finding:
    return Finding(
        code,
        label,
        scope,
        window,
        answers=answers,
        windows=windows or {},
        answer_codes=answer_codes or {},
        category=category,
    )


def _quantity(
    code: str,
    label: str,
    scope: Scope,
    window: str,
    scale: Scale,
    codes: tuple[tuple[str, str], ...] = (),
) -> Finding:
    return Finding(code, label, scope, window, scale=scale, codes=codes, category=("imaging", "exam"))


# A lasting "present" needs no fresh look; an "absent" does.
_LASTING_IF_PRESENT = {"absent": "imaging"}

_SPINE_FINDINGS = (
    _coded(
        "spinal-pain",
        "Spinal pain at the lesion",
        Scope.SPINE,
        "pain",
        (
            (
                "pain-mechanical",
                "mechanical: relieved by lying down, or worse on movement or loading",
            ),
            ("pain-occasional", "present, not mechanical"),
            ("pain-free", "no pain at the lesion"),
            ("pain-present", "present, kind not told"),
        ),
        category=("exam", "survey"),
    ),
    _coded(
        "spinal-alignment",
        "Spinal alignment on imaging",
        Scope.SPINE,
        "imaging",
        (
            ("alignment-subluxation", "subluxation or translation"),
            ("alignment-deformity", "new kyphosis or scoliosis"),
            ("alignment-normal", "normal"),
            ("alignment-deformity-not-de-novo", "deformity that is not new"),
            ("alignment-deformity-age-unknown", "deformity, not told whether new"),
        ),
    ),
    _coded(
        "vertebral-collapse",
        "Vertebral body collapse",
        Scope.SPINE,
        "imaging",
        (
            ("collapse-over-50", "collapse of more than 50 %"),
            ("collapse-under-50", "collapse of less than 50 %"),
            ("collapse-none-involved-over-50", "no collapse, more than 50 % of the body involved"),
            ("collapse-none", "none of these"),
            ("collapse-present", "collapse, extent not told"),
        ),
    ),
    _quantity("vertebral-height-loss", "Vertebral height loss", Scope.SPINE, "imaging", PERCENT),
    _quantity("vertebral-body-involvement", "Vertebral body involved", Scope.SPINE, "imaging", PERCENT),
    _coded(
        "posterolateral-involvement",
        "Facet, pedicle or costovertebral joint involved",
        Scope.SPINE,
        "imaging",
        (
            ("posterolateral-bilateral", "both sides"),
            ("posterolateral-unilateral", "one side"),
            ("posterolateral-none", "neither side"),
        ),
    ),
    _coded(
        "escc-grade",
        "Epidural spinal cord compression grade",
        Scope.SPINE,
        "imaging",
        (
            ("escc-0", "0: bone only"),
            ("escc-1a", "1a: epidural, sac not deformed"),
            ("escc-1b", "1b: sac deformed, cord not touched"),
            ("escc-1c", "1c: cord touched, not compressed"),
            ("escc-2", "2: cord compressed, fluid visible"),
            ("escc-3", "3: cord compressed, no fluid visible"),
        ),
    ),
    _coded(
        "posterior-wall",
        "Posterior vertebral wall",
        Scope.SPINE,
        "planning",
        (("wall-intact", "intact"), ("wall-disrupted", "disrupted")),
    ),
    _coded(
        "instrumented-segment",
        "Segment instrumented, fused or cemented",
        Scope.SPINE,
        "lasting",
        windows=_LASTING_IF_PRESENT,
    ),
    _coded("imaging-supine-only", "Alignment read on supine imaging only", Scope.SPINE, "imaging"),
    _coded(
        "complete-vertebral-destruction",
        "Complete vertebral destruction",
        Scope.SPINE,
        "planning",
    ),
    _coded("posterior-arch-involvement", "Posterior arch involved", Scope.SPINE, "planning"),
    _coded("epidural-disease", "Epidural disease", Scope.SPINE, "imaging"),
    _coded("root-contact", "Tumour in contact with a nerve root", Scope.SPINE, "imaging"),
)
_LIMB_FINDINGS = (
    _coded(
        "limb-pain",
        "Pain in the limb",
        Scope.LIMB,
        "pain",
        (
            ("limb-pain-mild", "mild"),
            ("limb-pain-moderate", "moderate"),
            ("limb-pain-functional", "functional: severe, or brought on by use of the limb"),
            ("limb-pain-none", "no pain"),
        ),
        category=("exam", "survey"),
    ),
    _quantity(
        "cortical-destruction",
        "Cortex destroyed, largest in any view",
        Scope.LIMB,
        "imaging",
        PERCENT,
    ),
    _quantity("axial-cortical-involvement", "Axial length of cortex involved", Scope.LIMB, "film", LENGTH),
    _quantity(
        "circumferential-cortical-involvement",
        "Circumference of cortex involved",
        Scope.LIMB,
        "film",
        PERCENT,
    ),
    _coded("cortical-breach", "Cortical breach", Scope.LIMB, "imaging"),
    _coded(
        "lesser-trochanter-fracture",
        "Earlier fracture of the lesser trochanter",
        Scope.LIMB,
        "lasting",
        windows=_LASTING_IF_PRESENT,
    ),
)
_LESION_FINDINGS = (
    _coded(
        "bone-lesion-quality",
        "Bone lesion quality",
        Scope.LESION,
        "imaging",
        (("lesion-lytic", "lytic"), ("lesion-mixed", "mixed"), ("lesion-blastic", "blastic")),
        answer_codes={(SNOMED, "441684001"): "lesion-lytic"},
    ),
    _coded("soft-tissue-component", "Soft-tissue component", Scope.LESION, "planning"),
    _quantity(
        "lesion-diameter",
        "Largest diameter",
        Scope.LESION,
        "planning",
        LENGTH,
        ((LOINC, "21889-1"),),
    ),
    _quantity(
        "distance-to-neural-structure",
        "Distance to the nearest neural structure",
        Scope.LESION,
        "planning",
        LENGTH,
    ),
    _coded("local-infection", "Infection at the lesion", Scope.LESION, "clinical-state"),
    _coded(
        "prior-radiation",
        "Earlier radiotherapy to the lesion",
        Scope.LESION,
        "lasting",
        windows=_LASTING_IF_PRESENT,
    ),
    _coded(
        "pathological-fracture",
        "Pathological fracture",
        Scope.LESION,
        "lasting",
        windows=_LASTING_IF_PRESENT,
    ),
    _coded(
        "earlier-ablation",
        "Earlier ablation of the lesion",
        Scope.LESION,
        "lasting",
        windows=_LASTING_IF_PRESENT,
    ),
    _coded(
        "earlier-cement", "Earlier cement at the lesion", Scope.LESION, "lasting", windows=_LASTING_IF_PRESENT
    ),
    _coded("post-treatment-change", "Change after treatment on imaging", Scope.LESION, "imaging"),
    _quantity(
        "lesion-attenuation",
        "Attenuation entered by a reader",
        Scope.LESION,
        "imaging",
        ATTENUATION,
    ),
)
_PELVIS_FINDINGS = tuple(
    _coded(code, label, Scope.PELVIS, "imaging", (("intact", "intact"), ("disrupted", "disrupted")))
    for code, label in (
        ("acetabular-dome", "Acetabular dome"),
        ("medial-wall", "Medial wall of the acetabulum"),
        ("posterior-column", "Posterior column of the acetabulum"),
    )
)
_ECOG_GRADES = {
    **{
        (LOINC, code): grade
        for grade, code in enumerate(("LA9622-7", "LA9623-5", "LA9624-3", "LA9625-0", "LA9626-8", "LA9627-6"))
    },
    **{
        (SNOMED, code): grade
        for grade, code in enumerate(
            ("425389002", "422512005", "422894000", "423053003", "423237006", "423409001")
        )
    },
}
_DEFICIT = {"present": "neurologic-deficit"}
_PATIENT_FINDINGS = (
    *(
        _coded(
            code,
            label,
            Scope.PATIENT,
            "neurologic-examination",
            windows=_DEFICIT,
            category=("exam",),
        )
        for code, label in (
            ("myelopathy", "Myelopathy"),
            ("new-neurologic-deficit", "New neurologic deficit"),
            ("sphincter-dysfunction", "Bladder or bowel dysfunction"),
            ("spinal-cord-compression", "Spinal cord or cauda equina compression, as a diagnosis"),
        )
    ),
    _coded(
        "ambulatory",
        "Able to walk",
        Scope.PATIENT,
        "neurologic-examination",
        category=("exam", "survey"),
    ),
    _coded(
        "surgical-tolerance",
        "Able to tolerate surgery, as entered by a clinician",
        Scope.PATIENT,
        "performance",
        (("surgery-able", "able"), ("surgery-unable", "not able")),
        category=("exam", "survey"),
    ),
    _coded(
        "life-expectancy-over-3-months",
        "Life expectancy over three months, as entered by a clinician",
        Scope.PATIENT,
        "performance",
        category=("exam", "survey"),
    ),
    _coded(
        "visceral-metastases",
        "Visceral metastases",
        Scope.PATIENT,
        "imaging",
        (
            ("visceral-none", "none"),
            ("visceral-removable", "removable"),
            ("visceral-unremovable", "not removable"),
        ),
    ),
    _coded(
        "frankel-grade",
        "Frankel grade",
        Scope.PATIENT,
        "neurologic-examination",
        tuple((f"frankel-{grade}", grade.upper()) for grade in "abcde"),
        category=("exam",),
    ),
    *(
        _coded(code, label, Scope.PATIENT, window, category=("exam", "laboratory"))
        for code, label, window in (
            ("active-bleeding", "Active bleeding", "clinical-state"),
            ("systemic-infection", "Systemic infection", "clinical-state"),
            ("uncontrolled-hypertension", "Uncontrolled hypertension", "clinical-state"),
            ("hypercalcaemia", "Hypercalcaemia, as a diagnosis", "clinical-state"),
            ("denosumab", "Treatment with denosumab", "lasting"),
            ("anticoagulant", "Treatment with an anticoagulant", "lasting"),
            ("cement-allergy", "Allergy to bone cement", "lasting"),
            ("pacemaker", "Pacemaker", "lasting"),
        )
    ),
    Finding(
        "pain-score",
        "Pain, 0 to 10, numeric scale",
        Scope.PATIENT,
        "pain",
        scale=PAIN_SCALE,
        latest=True,
        codes=(
            (LOINC, "72514-3"),
            (LOINC, "56840-2"),
            (LOINC, "38208-5"),
            (SNOMED, "1172399009"),
            (SNOMED, "225908003"),
        ),
        category=("survey", "vital-signs"),
    ),
    Finding(
        "pain-visual-analogue-scale",
        "Pain, 0 to 10, visual analogue scale",
        Scope.PATIENT,
        "pain",
        scale=PAIN_LINE,
        latest=True,
        codes=((LOINC, "38214-3"),),
        category=("survey", "vital-signs"),
    ),
    Finding(
        "karnofsky",
        "Karnofsky performance status",
        Scope.PATIENT,
        "performance",
        scale=KARNOFSKY,
        latest=True,
        codes=((LOINC, "89243-0"), (SNOMED, "273546003")),
        category=("survey",),
    ),
    Finding(
        "ecog",
        "ECOG performance status",
        Scope.PATIENT,
        "performance",
        scale=ECOG,
        latest=True,
        codes=(
            (LOINC, "89247-1"),
            (LOINC, "89262-0"),
            (LOINC, "42800-3"),
            (SNOMED, "423740007"),
            (SNOMED, "273437007"),
        ),
        category=("survey",),
        coded_numbers=_ECOG_GRADES,
    ),
    *(
        Finding(
            code,
            label,
            Scope.PATIENT,
            window,
            scale=scale,
            latest=True,
            codes=tuple((LOINC, loinc) for loinc in codes),
            category=("laboratory",),
        )
        for code, label, window, scale, codes in (
            ("platelets", "Platelets", "blood-before-puncture", PLATELETS, ("777-3", "26515-7")),
            ("inr", "INR", "blood-before-puncture", RATIO, ("6301-6", "34714-6", "46418-0")),
            ("white-cells", "White cells", "blood-before-puncture", WHITE_CELLS, ("6690-2", "26464-8")),
            ("albumin", "Albumin", "blood-in-prognosis", ALBUMIN, ("1751-7",)),
        )
    ),
)

FINDINGS: Mapping[str, Finding] = MappingProxyType(
    {
        finding.code: finding
        for finding in (
            *_SPINE_FINDINGS,
            *_LIMB_FINDINGS,
            *_LESION_FINDINGS,
            *_PELVIS_FINDINGS,
            *_PATIENT_FINDINGS,
        )
    }
)
# Pain scales say that a lesion may hurt, where they can only mean that lesion.
PAIN_SCALES = ("pain-score", "pain-visual-analogue-scale")
# What no score judges and nobody may overlook beside one, in the order in which it matters.
BESIDE_SCORES = (
    "new-neurologic-deficit",
    "sphincter-dysfunction",
    "myelopathy",
    "escc-grade",
    "epidural-disease",
    "local-infection",
    "root-contact",
    "systemic-infection",
)
# Those that an alarm tells, where there is one.
ALARMED = frozenset(BESIDE_SCORES[:6])
HARMLESS_ANSWERS = frozenset({"absent", "escc-0"})
TOTALS: Mapping[str, str] = MappingProxyType({"sins-total": "sins", "mirels-total": "mirels"})
PANELS: tuple[str, ...] = ("sins", "mirels")


def _refuse_contradictions() -> None:
    seen: dict[tuple[str, str], str] = {}
    for finding in FINDINGS.values():
        for code in finding.codes:
            if code in seen:
                raise DefinitionError(f"code {code} stands for {seen[code]} and {finding.code}")
            seen[code] = finding.code
        answers = [code for code, _ in finding.answers]
        if len(set(answers)) != len(answers) or INDETERMINATE in answers:
            raise DefinitionError(f"finding {finding.code}: an answer stands twice")


_refuse_contradictions()
