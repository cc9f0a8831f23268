"""Vertebroplasty of osteoblastic metastases in 39 patients (XU)."""

from functools import partial

from app.evidence.codes import Outcome, Site, Statistic, Technique
from app.evidence.disputed_across import disputed
from app.evidence.item import Item, Point, Rate, Series, Statement
from app.evidence.sources import XU
from app.evidence.studies import Row, Table

_PVP = (Technique.VERTEBROPLASTY,)
_SPINE = (Site.SPINE,)
_WHO = "39 patients with 82 osteoblastic vertebrae, August 2017 to February 2019"
_series = partial(
    Series, techniques=_PVP, sites=_SPINE, population=_WHO, publication=XU, n=39, statistic=Statistic.MEAN_SD
)
_rate = partial(Rate, techniques=_PVP, sites=_SPINE, population=_WHO, publication=XU)
_fact = partial(Statement, techniques=_PVP, sites=_SPINE, population=_WHO, publication=XU)
_OTHERS = "other publications, as this source reports them"
_cited = partial(Statement, techniques=_PVP, sites=_SPINE, population=_OTHERS, publication=XU)


def _points(*values: tuple[float, float]) -> tuple[Point, ...]:
    times = (("before", -2), ("1 week", 7), ("3 months", 90))
    timed = zip(times, values, strict=True)
    return tuple(Point(label, mean, days, spread=sd) for (label, days), (mean, sd) in timed)


_CASE_NOTE = ("single patients shown as figures, not a series of the whole group",)


def _case(number: int, who: str, pain: tuple[int, int], quality: tuple[int, int]) -> Statement:
    return _fact(
        code=f"xu-case-{number}",
        facts=(f"XU-CASE-{number}",),
        title=f"Case {number}",
        outcome=Outcome.PAIN,
        place=f"figure {number}",
        text=f"{who}: VAS {pain[0]} to {pain[1]}, QLQ-BM22 {quality[0]} to {quality[1]} at 3 months.",
        notes=_CASE_NOTE,
        disputes=disputed(26, 29) if number == 1 else disputed(29),
    )


ITEMS: tuple[Item, ...] = (
    _series(
        code="xu-vas",
        facts=("XU-RES",),
        title="Pain after vertebroplasty of osteoblastic metastases",
        outcome=Outcome.PAIN,
        place="results; abstract; figure 4",
        unit="points of 10",
        axis="VAS, 0-10",
        bounds=(0, 10),
        points=_points((4.3, 2.4), (3.0, 1.7), (2.4, 2.0)),
        test="against before p = 0.009 and 0.002 (Wilcoxon)",
        notes=("the discussion has 5.0 ± 2.8 before",),
        disputes=disputed(24, 27),
    ),
    _series(
        code="xu-bm22",
        facts=("XU-RES",),
        title="Quality of life after vertebroplasty of osteoblastic metastases",
        outcome=Outcome.QUALITY_OF_LIFE,
        place="results; abstract; figure 5",
        unit="points, scale unknown",
        axis="QLQ-BM22 as a single total (lower is better)",
        points=_points((49.1, 12.3), (42.4, 9.5), (39.6, 10.4)),
        test="against before p = 0.001 and < 0.001 (Wilcoxon)",
        disputes=disputed(24, 29),
    ),
    Series(
        code="xu-tian-vas",
        facts=("XU-LIT",),
        title="Pain after vertebroplasty of osteoblastic metastases (Tian 2016)",
        techniques=_PVP,
        outcome=Outcome.PAIN,
        sites=_SPINE,
        population="39 patients with 51 lesions (Tian 2016), as XU reports it",
        publication=XU,
        place="discussion, its reference 10",
        n=39,
        unit="points of 10",
        axis="VAS, 0-10",
        bounds=(0, 10),
        statistic=Statistic.MEAN_SD,
        points=(
            Point("before", 7.4, spread=1.1),
            Point("3 days", 2.5, 3, spread=0.9),
            Point("1 month", 2.1, 30, spread=1.1),
            Point("3 months", 2.0, 90, spread=1.1),
        ),
        notes=("whether means or medians is not stated; table I lists the Karnofsky status only",),
    ),
    Series(
        code="xu-chen-2011-vas",
        facts=("XU-LIT",),
        title="Pain after vertebroplasty of osteoblastic metastases (Chen 2011)",
        techniques=_PVP,
        outcome=Outcome.PAIN,
        sites=_SPINE,
        population="4 patients (Chen 2011), as XU reports it",
        publication=XU,
        place="discussion, its reference 39",
        n=4,
        unit="points of 10",
        axis="VAS, 0-10",
        bounds=(0, 10),
        statistic=Statistic.MEAN_SD,
        points=(Point("before", 8.5, spread=0.6), Point("1 month", 1.5, 30, spread=0.6)),
        notes=("whether means or medians is not stated",),
    ),
    _rate(
        code="xu-leaks-per-vertebra",
        facts=("XU-LEAK",),
        title="Cement leak, by vertebra",
        outcome=Outcome.CEMENT_LEAKAGE,
        place="results; discussion",
        numerator=21,
        denominator=82,
        unit="vertebrae",
        reported="25.7",
        disputes=disputed(26, 49),
    ),
    _rate(
        code="xu-leaks-per-patient",
        facts=("XU-LEAK",),
        title="Cement leak, by patient",
        outcome=Outcome.CEMENT_LEAKAGE,
        place="results; discussion",
        numerator=13,
        denominator=39,
        unit="patients",
    ),
    _rate(
        code="xu-canal-leaks-low",
        facts=("XU-LEAK",),
        title="Cement in the spinal canal, the lower count: without symptoms",
        outcome=Outcome.CEMENT_LEAKAGE,
        place="abstract; results",
        numerator=1,
        denominator=39,
        unit="patients",
        disputes=disputed(25),
    ),
    _rate(
        code="xu-canal-leaks-high",
        facts=("XU-LEAK",),
        title="Cement in the spinal canal, the higher count: both with radicular pain",
        outcome=Outcome.CEMENT_LEAKAGE,
        place="discussion",
        numerator=2,
        denominator=39,
        unit="patients",
        notes=("radicular pain gone within 3 days in one, within two weeks on tablets in the other",),
        disputes=disputed(25),
    ),
    _rate(
        code="xu-fractured",
        facts=("XU-FX",),
        title="Vertebrae with a compression fracture before",
        outcome=Outcome.POPULATION,
        place="results",
        numerator=19,
        denominator=82,
        unit="vertebrae",
    ),
    _rate(
        code="xu-bilateral",
        facts=("XU-PROC",),
        title="Vertebrae injected from both sides",
        outcome=Outcome.PROCEDURE,
        place="results",
        numerator=35,
        denominator=82,
        unit="vertebrae",
        notes=("the other 47 from one side",),
        disputes=disputed(46),
    ),
    Table(
        code="xu-osteoblastic-reports",
        facts=("XU-LIT",),
        title="Reports on osteoblastic spinal metastases",
        techniques=(Technique.VERTEBROPLASTY, Technique.KYPHOPLASTY),
        outcome=Outcome.PAIN,
        sites=_SPINE,
        population=_OTHERS,
        publication=XU,
        place="table I; discussion",
        rows=(
            Row(
                study="Murphy 2007",
                techniques=_PVP,
                sites=_SPINE,
                histology="breast 1",
                patients=1,
                follow_up_months=36,
                notes=("T10; reached the side that was not sclerotic from the other pedicle",),
            ),
            Row(
                study="Chen 2011",
                techniques=_PVP,
                sites=_SPINE,
                histology="lung 2, prostate 1, pancreas 1",
                patients=4,
                pain_scale=10,
                pain_before=8.5,
                pain_after=1.5,
                notes=("2.2-3.5 mL; followed for 14-24 weeks",),
            ),
            Row(
                study="Chen 2013",
                techniques=(Technique.KYPHOPLASTY,),
                sites=_SPINE,
                histology="lung 2, breast 2, liver 1, prostate 1",
                patients=6,
                notes=("3.3 ± 1.0 mL; followed for 16-96 weeks; VAS and ODI; no complication",),
            ),
            Row(
                study="Yang 2013",
                techniques=_PVP,
                sites=_SPINE,
                histology="lung 20, breast 19, prostate 10, colon 1",
                patients=50,
                notes=(
                    "cement with iodine-125 seeds, 50 controls beside the 50; 2.8 mL thoracic, 3.1 mL lumbar",
                    "followed from 6 months to 5 years; less pain, better quality of life, fewer paralysed",
                ),
            ),
            Row(
                study="Chih 2016",
                techniques=_PVP,
                sites=_SPINE,
                histology="pancreas 1",
                patients=1,
                notes=("L2, 5 mL; VAS 9-10 to 3-4 within a year",),
            ),
            Row(
                study="Tian 2016",
                techniques=_PVP,
                sites=_SPINE,
                histology="breast 9, colon 1, liver 3, lung 15, prostate 11",
                patients=39,
                tumours=51,
                pain_scale=10,
                pain_before=7.4,
                pain_after=2.0,
                notes=("2-5 mL; followed for 3-30 months; pain at 3 months; 15 leaks without symptoms",),
            ),
        ),
    ),
    _fact(
        code="xu-selection",
        facts=(
            *("XU-INC-1", "XU-INC-2", "XU-INC-3", "XU-INC-4", "XU-INC-5", "XU-INC-6", "XU-INC-7"),
            *("XU-EXC-1", "XU-EXC-2", "XU-EXC-3", "XU-EXC-4", "XU-EXC-5"),
            *("XU-REL-1", "XU-REL-2", "XU-REL-3"),
        ),
        title="Who was taken and who was not",
        outcome=Outcome.SELECTION,
        place="methods, inclusion and exclusion",
        text="Taken: cancer; 18-80 years; vertebral metastasis on imaging, at any level; osteoblastic, with "
        "severe pain at that level despite drugs, or opioids not tolerated or no longer enough; radiotherapy "
        "given or awaited; more than 3 months to live; a fracture only with the posterior wall whole, or "
        "broken without epidural disease. Not taken: signs of cord or cauda equina compression; fracture "
        "with epidural disease touching cord or roots; complete destruction; posterior arch; infection at "
        "the site or in the blood. Waiting for recovery: white cells below 2.5 x 10³/µL, platelets below "
        "100 x 10³/µL, INR above 1.5.",
        disputes=disputed(19, 27, 37),
    ),
    _fact(
        code="xu-patients",
        facts=("XU-DEM",),
        title="Who was treated",
        outcome=Outcome.POPULATION,
        place="results; discussion",
        text="19 men, 20 women, age 58.5 ± 9.0 (40-77). Primary: lung 14, breast 10, kidney 4, colon 4, "
        "unknown 2, oesophagus, stomach, ovary, prostate and salivary gland 1 each. Up to 6 vertebrae a "
        "patient. Followed for 5.6 ± 3.4 months (3-15.5).",
        disputes=disputed(26),
    ),
    _fact(
        code="xu-procedure",
        facts=("XU-PROC", "PRE-ANES"),
        title="How it was done",
        outcome=Outcome.PROCEDURE,
        place="methods; results",
        text="Conscious sedation and local anaesthesia, general where lying prone was impossible. Biopsy "
        "first; 11-13-gauge needle through the pedicle to the anterior third, lateral fluoroscopy; stop at "
        "resistance or at the posterior margin. 1.6 ± 0.8 mL (0.5-4.5) a vertebra.",
        disputes=disputed(46, 47, 49),
    ),
    _fact(
        code="xu-technique",
        facts=(
            *("XU-TECH-1", "XU-TECH-2", "XU-TECH-3", "XU-TECH-4"),
            *("AUG-TECH-OB-1", "AUG-TECH-OB-2", "AUG-TECH-OB-3", "AUG-TECH-OB-4"),
        ),
        title="What the authors advise in osteoblastic bone",
        outcome=Outcome.PROCEDURE,
        place="discussion",
        text="Cement of high viscosity; the needle on the side that is not sclerotic; one side rather than "
        "two; a thin trephine and a hammer to enter.",
        disputes=disputed(46),
    ),
    _fact(
        code="xu-leak-risks",
        facts=("XU-LEAK",),
        title="What makes a leak likelier",
        outcome=Outcome.CEMENT_LEAKAGE,
        place="discussion",
        text="Thin cement, much cement, destroyed cortex. No death and no cement embolism here; in "
        "osteoporotic fractures leaks in up to 75% are reported, mostly silent.",
        disputes=disputed(49),
    ),
    _fact(
        code="xu-pain-bands",
        facts=("XU-PAIN-1",),
        title="Bands of pain",
        outcome=Outcome.PAIN,
        place="discussion, its reference 43",
        text="VAS 1-4 mild, 5-8 moderate, 9-10 severe.",
        disputes=disputed(28),
    ),
    _cited(
        code="xu-time-to-treatment",
        facts=("XU-TIME-1",),
        title="How soon to start",
        outcome=Outcome.PROCEDURE,
        place="introduction, its reference 3",
        text="Where pain is the only symptom, treatment starts within 14 days of its report (Dutch "
        "guideline).",
    ),
    _cited(
        code="xu-denosumab",
        facts=("XU-DENO-1",),
        title="Denosumab before vertebroplasty",
        outcome=Outcome.TECHNICAL_SUCCESS,
        place="discussion, its reference 42",
        text="One vertebroplasty failed: the vertebra had hardened fast under denosumab, without enough "
        "relief. In which order to give the two is open.",
    ),
    _cited(
        code="xu-biology",
        facts=("XU-BIO",),
        title="Which tumours make bone",
        techniques=(),
        outcome=Outcome.POPULATION,
        place="introduction; discussion",
        text="Prostate mostly; breast in 15-20%, otherwise lytic; myeloma never. Spinal metastases are put "
        "at 60-70% of systemic cancer, painful in 90-95%.",
        disputes=disputed(48),
    ),
    _cited(
        code="xu-relief-elsewhere",
        facts=("XU-LIT",),
        title="Relief after vertebroplasty elsewhere",
        outcome=Outcome.PAIN,
        place="introduction; discussion, its references 34 and 40",
        text="Relief in 74-100% of patients with spinal metastases; in osteoblastic ones 86%, rising to 92% "
        "at 6 months (reference 40). A meta-analysis of 26 studies with 1,351 patients found less pain and "
        "better quality of life.",
    ),
    _case(1, "Man of 78, prostate cancer, L3", (5, 2), (55, 34)),
    _case(2, "Woman of 57, lung cancer, T12, L1 and L3", (6, 1), (73, 51)),
    _case(3, "Man of 54, lung cancer, T11, L1 and L3", (6, 2), (57, 36)),
)
