"""SINS as a form: which finding each answer records."""

from app.knowledge.form import coded_item
from app.knowledge.sins.table import ALIGNMENT, COLLAPSE, LESION, PAIN, POSTEROLATERAL

FORM = (
    coded_item(
        PAIN,
        "spinal-pain",
        ("mechanical", "pain-mechanical"),
        ("occasional", "pain-occasional"),
        ("none", "pain-free"),
    ),
    coded_item(
        LESION,
        "bone-lesion-quality",
        ("lytic", "lesion-lytic"),
        ("mixed", "lesion-mixed"),
        ("blastic", "lesion-blastic"),
    ),
    coded_item(
        ALIGNMENT,
        "spinal-alignment",
        ("subluxation", "alignment-subluxation"),
        ("deformity", "alignment-deformity"),
        ("normal", "alignment-normal"),
    ),
    coded_item(
        COLLAPSE,
        "vertebral-collapse",
        ("over-50", "collapse-over-50"),
        ("under-50", "collapse-under-50"),
        ("involved-over-50", "collapse-none-involved-over-50"),
        ("none", "collapse-none"),
    ),
    coded_item(
        POSTEROLATERAL,
        "posterolateral-involvement",
        ("bilateral", "posterolateral-bilateral"),
        ("unilateral", "posterolateral-unilateral"),
        ("none", "posterolateral-none"),
    ),
)
