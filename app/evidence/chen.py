"""Microwave ablation with vertebral augmentation in 91 patients (CHEN): the figures."""

from functools import partial

from app.evidence.codes import Outcome, Site, Statistic, Technique
from app.evidence.disputed_across import disputed
from app.evidence.item import Item, Point, Rate, Series
from app.evidence.sources import CHEN

BOTH = (Technique.MICROWAVE, Technique.VERTEBROPLASTY)
WHO = "91 patients with 140 painful metastatic vertebrae, December 2016 to April 2020"
_series = partial(Series, techniques=BOTH, sites=(Site.SPINE,), population=WHO, publication=CHEN, n=91)
_rate = partial(Rate, techniques=BOTH, sites=(Site.SPINE,), population=WHO, publication=CHEN)
_TIMES = (
    ("before", -1, 91),
    ("3 days", 3, 91),
    ("1 week", 7, 91),
    ("1 month", 30, 91),
    ("3 months", 90, 91),
    ("6 months", 180, 88),
)


def _ranged(*values: tuple[float, float, float]) -> tuple[Point, ...]:
    """Value, lowest and highest at each time."""
    return tuple(
        Point(label, value, days, low=low, high=high, n=n)
        for (label, days, n), (value, low, high) in zip(_TIMES, values, strict=True)
    )


def _spread(*values: tuple[float, float, float, float]) -> tuple[Point, ...]:
    """Mean, standard deviation, lowest and highest at each time."""
    return tuple(
        Point(label, value, days, low=low, high=high, spread=spread, n=n)
        for (label, days, n), (value, spread, low, high) in zip(_TIMES, values, strict=True)
    )


_EFFECT = "results, effectiveness; figure 2; abstract"
_COUNTED = ("n at each time: 91 to 3 months, 88 at 6 months, after 3 deaths",)
SERIES = (
    _series(
        code="chen-vas",
        facts=("CHEN-VAS",),
        title="Pain after microwave ablation with augmentation",
        outcome=Outcome.PAIN,
        place=_EFFECT,
        unit="points of 10",
        axis="VAS, 0-10",
        statistic=Statistic.MEDIAN_RANGE,
        bounds=(0, 10),
        points=_ranged((6, 4, 10), (5, 3, 8), (4, 2, 7), (3, 1, 6), (3, 1, 6), (3, 1, 8)),
        test="each against before p < 0.05 (Wilcoxon)",
        notes=_COUNTED,
        disputes=disputed(13),
    ),
    _series(
        code="chen-morphine",
        facts=("CHEN-MORPHINE",),
        title="Opioid dose after microwave ablation with augmentation",
        outcome=Outcome.OPIOID_DOSE,
        place=_EFFECT,
        unit="mg/d",
        axis="morphine equivalent, mg per day",
        statistic=Statistic.MEAN_SD,
        points=_spread(
            (77.8, 31.5, 15, 143),
            (34.5, 23.8, 0, 88),
            (28.7, 16.4, 0, 73),
            (24.6, 13.2, 0, 70),
            (21.7, 10.0, 0, 42),
            (21.0, 9.9, 0, 46),
        ),
        test="each against before p < 0.05",
        notes=_COUNTED,
    ),
    _series(
        code="chen-odi",
        facts=("CHEN-ODI",),
        title="Disability after microwave ablation with augmentation",
        outcome=Outcome.DISABILITY,
        place=_EFFECT,
        unit="%",
        axis="Oswestry Disability Index, 0-100",
        statistic=Statistic.MEDIAN_RANGE,
        bounds=(0, 100),
        points=_ranged(*((50, 18, 92), (35, 10, 85), (25, 9, 55)), *((25, 2, 64), (23, 3, 56), (22, 4, 80))),
        test="each against before p < 0.01",
        notes=_COUNTED,
    ),
    _series(
        code="chen-pain-reduced",
        facts=("CHEN-RESPONSE",),
        title="Patients with less pain after microwave ablation with augmentation",
        outcome=Outcome.PAIN,
        place="results, effectiveness",
        unit="patients",
        axis="patients with less pain than before, %",
        statistic=Statistic.COUNT,
        points=tuple(
            Point(label, count, days, n=n)
            for (label, days, n), count in zip(_TIMES[1:], (78, 80, 84, 84, 78), strict=True)
        ),
        notes=("how large a fall counted is not stated",),
    ),
)
_LEAKS = "results; table 2"


def _leak(where: str, count: int, reported: str | None = None) -> Rate:
    return _rate(
        code=f"chen-leak-{where.rsplit(maxsplit=1)[-1]}",
        facts=("CHEN-LEAK",),
        title=f"Cement leak: {where}",
        outcome=Outcome.CEMENT_LEAKAGE,
        place=_LEAKS,
        numerator=count,
        denominator=140,
        unit="vertebrae",
        reported=reported,
        grading="grade 1, CTCAE 5",
        notes=("the locations add up to 45: some vertebrae leaked at more than one",),
        disputes=disputed(11),
    )


def _treated(vertebrae: int, count: int, reported: str) -> Rate:
    return _rate(
        code=f"chen-patients-with-{vertebrae}",
        facts=("CHEN-LVL",),
        title=f"Patients with {vertebrae} treated {'vertebra' if vertebrae == 1 else 'vertebrae'}",
        outcome=Outcome.POPULATION,
        place=_LEAKS,
        numerator=count,
        denominator=91,
        unit="patients",
        reported=reported,
        disputes=disputed(10),
    )


def _vertebrae(code: str, fact: str, title: str, count: int, **more: str) -> Rate:
    return _rate(
        code=code,
        facts=(fact,),
        title=title,
        outcome=Outcome.POPULATION,
        place=_LEAKS,
        numerator=count,
        denominator=140,
        unit="vertebrae",
        reported=more.get("reported"),
        disputes=disputed(12) if more else (),
    )


RATES = (
    _rate(
        code="chen-leaks",
        facts=("CHEN-LEAK",),
        title="Cement leak, all without symptoms",
        outcome=Outcome.CEMENT_LEAKAGE,
        place=_LEAKS,
        numerator=42,
        denominator=140,
        unit="vertebrae",
        grading="grade 1, CTCAE 5",
        notes=("one sentence of the source calls the vertebrae patients",),
        disputes=disputed(11),
    ),
    _leak("into a disc", 12, "21.7"),
    _leak("epidural", 6),
    _leak("paravertebral", 20),
    _leak("into a foramen", 3),
    _leak("along the track", 4),
    _rate(
        code="chen-neural-injury-per-patient",
        facts=("CHEN-NEURO",),
        title="Neural injury, by patient",
        outcome=Outcome.NEURAL_INJURY,
        place="abstract",
        numerator=1,
        denominator=91,
        unit="patients",
        grading="grade 3, CTCAE 5",
        disputes=disputed(17),
    ),
    _rate(
        code="chen-neural-injury-per-subset",
        facts=("CHEN-NEURO",),
        title="Neural injury, by the subset that the source divides by",
        outcome=Outcome.NEURAL_INJURY,
        place="results, safety",
        numerator=1,
        denominator=49,
        unit="not named by the source; 49 vertebrae had posterior wall involvement",
        grading="grade 3, CTCAE 5",
        disputes=disputed(17),
    ),
    _rate(
        code="chen-local-control",
        facts=("CHEN-LC-1",),
        title="Local control at 6 months",
        outcome=Outcome.LOCAL_CONTROL,
        place="results",
        numerator=128,
        denominator=135,
        unit="vertebrae",
        notes=("in the 88 survivors with images; none progressed at 1 and 3 months",),
    ),
    _rate(
        code="chen-technical-success",
        facts=("CHEN-SUCCESS",),
        title="Technical success: antenna and cement placed, planned power and time reached",
        outcome=Outcome.TECHNICAL_SUCCESS,
        place="results",
        numerator=140,
        denominator=140,
        unit="vertebrae",
        disputes=disputed(51),
    ),
    _rate(
        code="chen-deaths",
        facts=("CHEN-FU",),
        title="Deaths within 6 months, all after the third",
        outcome=Outcome.SURVIVAL,
        place="results",
        numerator=3,
        denominator=91,
        unit="patients",
        notes=("heart attack 1, liver metastases 1, progression at an untreated thoracic level 1",),
    ),
    _rate(
        code="chen-prior-radiotherapy",
        facts=("CHEN-PRIOR-RT",),
        title="Radiotherapy before",
        outcome=Outcome.POPULATION,
        place="methods",
        numerator=12,
        denominator=91,
        unit="patients",
        disputes=disputed(16),
    ),
    _treated(1, 53, "59.6"),
    _treated(2, 30, "33.7"),
    _treated(3, 5, "5.6"),
    _treated(4, 3, "3.4"),
    _vertebrae("chen-thoracic", "CHEN-LVL", "Thoracic vertebrae", 71),
    _vertebrae("chen-lumbar", "CHEN-LVL", "Lumbar vertebrae", 69),
    _vertebrae("chen-lytic", "CHEN-DESTR", "Lytic vertebrae", 114),
    _vertebrae("chen-mixed", "CHEN-DESTR", "Mixed vertebrae", 26),
    _vertebrae("chen-posterior-wall", "CHEN-DESTR", "Posterior wall involved", 49),
    _vertebrae("chen-compressed", "CHEN-DESTR", "Vertebral body compressed", 52, reported="36.6"),
    _vertebrae("chen-fill-50-75", "CHEN-FILL", "Lesion filled 50-75%", 35),
    _vertebrae("chen-fill-75-90", "CHEN-FILL", "Lesion filled 75-90%", 53),
    _vertebrae("chen-fill-100", "CHEN-FILL", "Lesion filled almost completely", 52),
)
ITEMS: tuple[Item, ...] = (*SERIES, *RATES)
