"""Rules about measures and about osteoporotic fracture tools that are not put to work, and why."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One rule that is not implemented.

    Args:
        rule: its identifier.
        measure: the measure that it would belong to; None for one that does not exist here.
        what: what the rule is about.
        reason: why nothing is computed from it.
    """

    rule: str
    measure: str | None
    what: str
    reason: str


LEFT_OUT: tuple[LeftOut, ...] = (
    LeftOut(
        "INS-5",
        "pain-bands",
        "Response classes of the international consensus of 2012, which count analgesics too.",
        "The source was not read; a fall in pain is shown without these classes.",
    ),
    LeftOut(
        "BM-2",
        "qlq-bm22",
        "Which item belongs to which scale, the transform to 0-100 and the rule for missing items.",
        "The source was not read; scale scores are taken as transformed elsewhere.",
    ),
    LeftOut(
        "BM-3",
        "qlq-bm22",
        "In which direction each scale is worse.",
        "The source was not read; no scale is called better or worse, and no total is given.",
    ),
    LeftOut(
        "OST-1",
        None,
        "FRAX, ten-year probability of an osteoporotic fracture.",
        "Its coefficients are not published; it is not computed.",
    ),
    LeftOut(
        "OST-2",
        None,
        "Garvan fracture risk calculator.",
        "Published as nomograms with limited calibration.",
    ),
    LeftOut(
        "OST-3",
        None,
        "QFracture.",
        "A model of incidence in the United Kingdom whose licence was not verified; not for pathological "
        "fracture.",
    ),
    LeftOut(
        "OST-4",
        None,
        "CT attenuation of L1 as a sign of osteoporosis.",
        "The source of its cut-offs was not read.",
    ),
    LeftOut(
        "OST-R1",
        None,
        "No osteoporotic tool estimates the fracture risk of a metastasis; none is added to SINS or Mirels.",
        "None of these tools is computed here, so there is nothing to add.",
    ),
)
