"""The tables of findings, answers and orders that callers rely on, written down here once more."""

from collections.abc import Mapping

_PRESENT = {"present", "absent"}
_YES_OR_NO = (
    "soft-tissue-component local-infection prior-radiation instrumented-segment cortical-breach "
    "lesser-trochanter-fracture pathological-fracture post-treatment-change imaging-supine-only "
    "complete-vertebral-destruction posterior-arch-involvement epidural-disease root-contact myelopathy "
    "new-neurologic-deficit sphincter-dysfunction ambulatory life-expectancy-over-3-months active-bleeding "
    "systemic-infection uncontrolled-hypertension cement-allergy pacemaker"
)
ANSWERS: Mapping[str, set[str]] = {
    "spinal-pain": {"pain-mechanical", "pain-occasional", "pain-free", "pain-present"},
    "bone-lesion-quality": {"lesion-lytic", "lesion-mixed", "lesion-blastic"},
    "spinal-alignment": {
        "alignment-subluxation",
        "alignment-deformity",
        "alignment-normal",
        "alignment-deformity-not-de-novo",
    },
    "vertebral-collapse": {
        "collapse-over-50",
        "collapse-under-50",
        "collapse-none-involved-over-50",
        "collapse-none",
        "collapse-present",
    },
    "posterolateral-involvement": {
        "posterolateral-bilateral",
        "posterolateral-unilateral",
        "posterolateral-none",
    },
    "escc-grade": {"escc-0", "escc-1a", "escc-1b", "escc-1c", "escc-2", "escc-3"},
    "posterior-wall": {"wall-intact", "wall-disrupted"},
    "limb-pain": {"limb-pain-mild", "limb-pain-moderate", "limb-pain-functional", "limb-pain-none"},
    **{name: {"intact", "disrupted"} for name in ("acetabular-dome", "medial-wall", "posterior-column")},
    "surgical-tolerance": {"surgery-able", "surgery-unable"},
    "visceral-metastases": {"visceral-none", "visceral-removable", "visceral-unremovable"},
    "frankel-grade": {f"frankel-{grade}" for grade in "abcde"},
    **dict.fromkeys(_YES_OR_NO.split(), _PRESENT),
}
QUANTITIES: Mapping[str, str] = {
    "vertebral-height-loss": "%",
    "vertebral-body-involvement": "%",
    "lesion-diameter": "mm",
    "distance-to-neural-structure": "mm",
    "cortical-destruction": "%",
    "axial-cortical-involvement": "mm",
    "circumferential-cortical-involvement": "%",
    "lesion-attenuation": "[hnsf'U]",
}
_ORDERS = (
    "vertebroplasty kyphoplasty cementoplasty radiofrequency-ablation microwave-ablation cryoablation "
    "laser-ablation focused-ultrasound alcohol-ablation embolisation conventional-radiotherapy "
    "stereotactic-radiotherapy spinal-decompression spinal-stabilisation prophylactic-fixation"
)
ORDERS = set(_ORDERS.split())
PATIENT_SCORES = {"tokuhashi", "modified-bauer", "nesms", "van-der-linden", "rades-two-month"}
