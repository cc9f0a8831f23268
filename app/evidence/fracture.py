"""Vertebral fracture after stereotactic radiotherapy: rates and risk factors of public cohorts."""

from functools import partial

from app.evidence.codes import Outcome, Site, Statistic, Technique
from app.evidence.disputed_across import disputed
from app.evidence.item import Item, Point, Rate, Series
from app.evidence.sources import FRACTURE_2023, FRACTURE_COHORTS, SAHGAL
from app.evidence.studies import Estimate, Estimates

_STEREOTACTIC = (Technique.STEREOTACTIC_RADIOTHERAPY,)
_SPINE = (Site.SPINE,)
_WHO = "252 patients with 410 segments (Sahgal 2013)"
_series = partial(Series, techniques=_STEREOTACTIC, sites=_SPINE, outcome=Outcome.FRACTURE)


def _estimate(number: int, factor: str, value: float, low: float, high: float) -> Estimate:
    return Estimate(fact=f"VCF-{number}", factor=factor, value=value, low=low, high=high)


ITEMS: tuple[Item, ...] = (
    Rate(
        code="sahgal-fractures",
        facts=("SAHGAL-RATE",),
        title="Vertebral fracture after stereotactic radiotherapy (Sahgal 2013)",
        techniques=_STEREOTACTIC,
        outcome=Outcome.FRACTURE,
        sites=_SPINE,
        population=_WHO,
        publication=SAHGAL,
        place="results",
        numerator=57,
        denominator=410,
        unit="segments",
        notes=("27 new, 30 of a fracture that grew; median 2.46 months, 65% within 4",),
        disputes=disputed(34),
    ),
    _series(
        code="sahgal-cumulative",
        facts=("SAHGAL-RATE",),
        title="Vertebral fracture after stereotactic radiotherapy, cumulative (Sahgal 2013)",
        population=_WHO,
        publication=SAHGAL,
        place="results",
        n=410,
        unit="%",
        axis="cumulative incidence, % of segments",
        bounds=(0, 100),
        statistic=Statistic.VALUE,
        points=(Point("1 year", 12.35, 365), Point("2 years", 13.49, 730)),
        disputes=disputed(34),
    ),
    Estimates(
        code="sahgal-hazard-ratios",
        facts=("VCF-1", "VCF-2", "VCF-3", "VCF-4", "VCF-5", "VCF-6", "VCF-7", "VCF-8"),
        title="Risk factors of fracture after stereotactic radiotherapy (Sahgal 2013)",
        techniques=_STEREOTACTIC,
        outcome=Outcome.FRACTURE,
        sites=_SPINE,
        population=_WHO,
        publication=SAHGAL,
        place="table 3",
        unit="hazard ratio (95% interval)",
        estimates=(
            _estimate(1, "collapse 50% or more", 6.92, 1.38, 34.77),
            _estimate(2, "collapse below 50%", 8.98, 4.48, 18.00),
            _estimate(3, "no collapse, over 50% of body", 4.46, 2.08, 9.57),
            _estimate(4, "24 Gy or more a fraction", 5.25, 2.29, 12.01),
            _estimate(5, "20 to 23 Gy a fraction", 4.91, 1.96, 12.28),
            _estimate(6, "abnormal alignment", 2.99, 1.57, 5.70),
            _estimate(7, "lytic lesion", 3.53, 1.58, 7.93),
        ),
        notes=(
            "against: no collapse, under half of the body; 19 Gy or less; normal alignment; mixed or blastic",
            "paraspinal or epidural extension was not significant in the multivariable model",
            "intervals overlap: collapse of 50% or more is not the safer one",
            "no baseline risk is published: no personal risk follows",
        ),
        disputes=disputed(31),
    ),
    _series(
        code="fracture-cohorts",
        facts=("SBRT-COHORTS",),
        title="Vertebral fracture after stereotactic radiotherapy in five cohorts",
        population="five cohorts of different size and definition; Rose 71, unit not named",
        publication=FRACTURE_COHORTS,
        place="table 1",
        n=None,
        unit="%",
        axis="vertebral fracture, %",
        bounds=(0, 100),
        statistic=Statistic.VALUE,
        timed=False,
        points=(
            Point("Rose", 39, n=71),
            Point("Boehling", 20),
            Point("Cunha", 11),
            Point("Sung", 36),
            Point("Jawad", 5.7),
        ),
        notes=(
            "Rose: lytic 6.8 times, T10 and below 4.6 times, over 40% of the body at risk",
            "percentages as printed; definitions differ",
        ),
        disputes=disputed(34),
    ),
    _series(
        code="fracture-2023",
        facts=("SBRT-COHORTS",),
        title="Vertebral fracture after stereotactic radiotherapy, 2013 to 2021",
        population="391 patients with 779 segments",
        publication=FRACTURE_2023,
        place="results",
        n=779,
        unit="%",
        axis="segments with fracture, %",
        bounds=(0, 100),
        statistic=Statistic.VALUE,
        timed=False,
        points=(Point("any fracture", 7.7), Point("painful fracture", 2.4)),
        disputes=disputed(34),
    ),
)
