"""Microwave ablation with cementoplasty in 20 patients (HAO)."""

from functools import partial

from app.evidence.codes import Outcome, Site, Statistic, Technique
from app.evidence.disputed_across import disputed
from app.evidence.item import Item, Point, Rate, Series, Statement
from app.evidence.sources import HAO

_BOTH = (Technique.MICROWAVE, Technique.CEMENTOPLASTY)
_SITES = (Site.SPINE, Site.PELVIS, Site.BONE)
_WHO = "20 patients with painful bone metastases, treated January 2017 to January 2020"
_series = partial(Series, techniques=_BOTH, sites=_SITES, population=_WHO, publication=HAO, n=20)
_rate = partial(Rate, techniques=_BOTH, sites=_SITES, population=_WHO, publication=HAO)
_fact = partial(Statement, techniques=_BOTH, sites=_SITES, population=_WHO, publication=HAO)
_TIMES = (("before", None), ("1 week", 7), ("1 month", 30), ("3 months", 90), ("6 months", 180))


def _points(*values: float) -> tuple[Point, ...]:
    timed = zip(_TIMES, values, strict=True)
    return tuple(Point(label, value, days) for (label, days), value in timed)


SERIES = (
    _series(
        code="hao-bm22",
        facts=("HAO-BM22",),
        title="Quality of life after microwave ablation with cementoplasty",
        outcome=Outcome.QUALITY_OF_LIFE,
        place="results 4.2, figure 1",
        unit="points, scale unknown",
        axis="QLQ-BM22 as a single total (lower is better)",
        statistic=Statistic.MEDIAN,
        points=_points(52.36, 42.12, 42.68, 37.81, 37.50),
        test="before against 6 months p < 0.05 (Friedman)",
        notes=("how many were measured at each time is not stated",),
        disputes=disputed(6, 29, 50),
    ),
    _series(
        code="hao-eq5d",
        facts=("HAO-EQ5D",),
        title="Utility after microwave ablation with cementoplasty: no significant change",
        outcome=Outcome.UTILITY,
        place="results 4.3, figure 2",
        unit="utility",
        axis="EQ-5D, Japanese value set (higher is better)",
        statistic=Statistic.MEDIAN,
        points=_points(0.38, 0.56, 0.53, 0.50, 0.44),
        bounds=(-0.111, 1),
        test="before against 6 months p > 0.05: not significant",
        notes=(
            "three or five levels is not stated; the value set suggests three",
            "how many were measured at each time is not stated",
        ),
        disputes=disputed(6, 9, 50),
    ),
)
_LEAK = "results 4.1"
RATES = (
    _rate(
        code="hao-technical-success",
        facts=("HAO-SITE",),
        title="Technical success",
        outcome=Outcome.TECHNICAL_SUCCESS,
        place=_LEAK,
        numerator=30,
        denominator=30,
        unit="sites",
        notes=("the abstract counts 37 successful operations",),
        disputes=disputed(1),
    ),
    _rate(
        code="hao-minor-complications-per-patient",
        facts=("HAO-CX",),
        title="Cement leaks, all graded minor complications, by patient",
        outcome=Outcome.CEMENT_LEAKAGE,
        place=_LEAK,
        numerator=7,
        denominator=20,
        unit="patients",
        grading="minor, by the 2005 criteria of the working group on ablation",
        notes=("whether the 7 cases are 7 patients is not stated; no major complication is reported",),
        disputes=disputed(2),
    ),
    _rate(
        code="hao-minor-complications-per-site",
        facts=("HAO-CX",),
        title="Cement leaks, all graded minor complications, by site",
        outcome=Outcome.CEMENT_LEAKAGE,
        place=_LEAK,
        numerator=7,
        denominator=30,
        unit="sites",
        disputes=disputed(1, 2),
    ),
    _rate(
        code="hao-minor-complications-per-procedure",
        facts=("HAO-CX",),
        title="Cement leaks, all graded minor complications, by procedure",
        outcome=Outcome.CEMENT_LEAKAGE,
        place=_LEAK,
        numerator=7,
        denominator=37,
        unit="procedures",
        disputes=disputed(1, 2),
    ),
    _rate(
        code="hao-leak-into-canal",
        facts=("HAO-CX",),
        title="Cement in the spinal canal",
        outcome=Outcome.CEMENT_LEAKAGE,
        place=_LEAK,
        numerator=1,
        denominator=20,
        unit="patients",
        notes=("of the 7 leaks: peripheral 3, trailing cement 1, vessels 2, canal 1",),
        disputes=disputed(2),
    ),
    _rate(
        code="hao-deaths-6-months",
        facts=("HAO-SURV",),
        title="Deaths within 6 months",
        outcome=Outcome.SURVIVAL,
        place="results 4.4 and table 1",
        numerator=4,
        denominator=20,
        unit="patients",
        notes=("a count only: the survival times of this source contradict each other (INC-7)",),
    ),
    _rate(
        code="hao-deaths-10-months",
        facts=("HAO-SURV",),
        title="Deaths within 10 months",
        outcome=Outcome.SURVIVAL,
        place="results 4.4 and table 1",
        numerator=7,
        denominator=20,
        unit="patients",
        notes=(
            "primary disease 5, lung infection 1, septic shock 1",
            "a count only: the survival times of this source contradict each other (INC-7)",
        ),
    ),
)
STATEMENTS = (
    _fact(
        code="hao-study",
        facts=("HAO-ID-1",),
        title="Design",
        outcome=Outcome.POPULATION,
        place="methods; footnotes",
        text="One centre, 20 patients, nobody lost to follow-up, no control group. The approval number is "
        "of 2022.",
        disputes=disputed(50),
    ),
    _fact(
        code="hao-selection",
        facts=(
            *("HAO-INC-1", "HAO-INC-2", "HAO-INC-3", "HAO-INC-4"),
            *("HAO-EXC-1", "HAO-EXC-2", "HAO-EXC-3", "HAO-EXC-4"),
        ),
        title="Who was taken and who was not",
        outcome=Outcome.SELECTION,
        place="methods 3.1",
        text="Taken: pathology known and pain where imaging shows the metastasis; other distant metastases "
        "if stable and silent; liver, kidney and clotting tests without contraindication; treated by this "
        "combination. Not taken: refusal; a clear tendency to bleed, or bleeding; blood pressure "
        "uncontrolled on treatment; major surgery in the 30 days before.",
    ),
    _fact(
        code="hao-procedure",
        facts=("HAO-PRE-1", "HAO-PROC-1"),
        title="How it was done",
        outcome=Outcome.PROCEDURE,
        place="methods 3.2; table 1; discussion",
        text="Nothing by mouth for 4 h. Local anaesthesia; the discussion adds intravenous analgesia and "
        "sedation. 30-50 W; 1.5-15 min planned, 1.3-16 min observed; cement 1.5-9 mL planned, 1.8-9 mL "
        "observed, injected at low pressure once it draws threads. CT straight afterwards.",
        disputes=disputed(3, 47),
    ),
    _fact(
        code="hao-procedure-means",
        facts=("HAO-PROC-2",),
        title="Power, time and cement",
        outcome=Outcome.PROCEDURE,
        place="table 1",
        text="Mean ± SD: power 35.46 ± 4.89 W, time 3.68 ± 2.64 min, cement 4.39 ± 2.01 mL.",
        disputes=disputed(3, 47),
    ),
    _fact(
        code="hao-patients",
        facts=("HAO-DEM",),
        title="Who was treated",
        outcome=Outcome.POPULATION,
        place="table 1",
        text="14 men, 6 women; age 61.3 ± 11, under 60: 3. Fewer than three bone metastases 12, three or "
        "more 8; liver metastases 8, lung 12, other 7, overlapping. Largest diameter 3.25 ± 1.31 cm, up to "
        "3 cm in 7. Primary respiratory 7, digestive 7, urinary 3, other 3.",
        notes=("the rows on pathology are not used (INC-8)",),
    ),
    _fact(
        code="hao-sites",
        facts=("HAO-SITE", "HAO-OPS"),
        title="Sites and procedures",
        outcome=Outcome.POPULATION,
        place="table 1; abstract",
        text="30 sites: thoracic spine 12, lumbar spine 10, pelvis 5, other 3. 37 procedures: one in 3 "
        "patients, two in 17.",
        disputes=disputed(1),
    ),
    _fact(
        code="hao-dimensions",
        facts=("HAO-EQ5D",),
        title="Which parts of EQ-5D improved",
        outcome=Outcome.UTILITY,
        place="results 4.3",
        text="Pain and mood gained most, then mobility; self-care and activities also gained. The change "
        "of the whole was not significant.",
        disputes=disputed(6),
    ),
    _fact(
        code="hao-post-ablation-syndrome",
        facts=("HAO-SYNDROME",),
        title="No post-ablation syndrome",
        outcome=Outcome.COMPLICATION,
        place="discussion, its reference 22",
        text="None seen, under analgesia and sedation; an earlier series of ablation with cement, cited "
        "there as plain cement, had it in about one third.",
        notes=("the cited title is of microwave ablation with osteoplasty, not of cement alone",),
    ),
    _fact(
        code="hao-grading",
        facts=("CX-GRADE",),
        title="How complications were graded",
        outcome=Outcome.COMPLICATION,
        place="methods 3.3",
        text="Major: marked damage or loss of function, admission, or a longer stay. Minor: passes by "
        "itself, leaves nothing behind, little or no treatment. Follow-up CT is immediate.",
    ),
    _fact(
        code="hao-lung-survival",
        facts=("HAO-LIT",),
        title="Survival of lung cancer with bone metastases in two earlier publications",
        outcome=Outcome.SURVIVAL,
        place="discussion, its references 25 and 26",
        text="Median 90 days as reported in 2009, 148 days in 2018. Other patients, other treatments: "
        "nothing follows for this technique.",
    ),
    _fact(
        code="hao-follow-up",
        facts=("FU-1",),
        title="Imaging and questionnaires afterwards",
        outcome=Outcome.PROCEDURE,
        place="methods 3.3 to 3.5",
        text="CT at once, for the cement; questionnaires at 1 week and 1, 3 and 6 months.",
    ),
)
ITEMS: tuple[Item, ...] = (*SERIES, *RATES, *STATEMENTS)
