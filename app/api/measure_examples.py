"""One body for each measure that shows how it is asked."""

from collections.abc import Mapping
from typing import Any

MEASURE_EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "eq-5d-3l-japan": {
        "mobility": 2,
        "self_care": 1,
        "usual_activities": 2,
        "pain_discomfort": [2, 3],
        "anxiety_depression": 1,
    },
    "external-prognosis": {
        "model": "sorg-ml",
        "horizon_months": 3,
        "probability": 0.72,
        "date": "2026-11-20",
    },
    "morphine-equivalents": {
        "opioids": [
            {"opioid": "oxycodone", "route": "oral", "daily_dose_milligrams": 40},
            {"opioid": "fentanyl", "route": "transdermal", "micrograms_per_hour": 25},
        ]
    },
    "odi": {"sum": 22, "answered": 9},
    "pain-bands": {"pain_score": 7, "band_set": "mcdonald-2016", "pain_score_after": {"low": 2, "high": 3}},
    "performance-status": {"ecog": [1, 2]},
    "qlq-bm22": {"painful_sites": 33.3, "pain_characteristics": 44.4, "scaling": "transformed-0-100"},
    "quality-adjusted-life-years": {
        "utilities": [{"time_months": 0, "utility": 0.6}, {"time_months": 6, "utility": 0.7}],
        "claimed_quality_adjusted_life_years": 0.3,
        "claimed_at_months": 6,
    },
}
