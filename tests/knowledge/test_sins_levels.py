from collections.abc import Callable

import pytest

from app.engine.provenance import DefinitionError
from app.knowledge.anatomy import LEVELS, place_of_level, place_of_levels
from app.knowledge.instrument import Instrument
from app.knowledge.lesion import Lesion

LEVEL_MAP = [
    ("C0", "junctional", 3),
    ("C1", "junctional", 3),
    ("C2", "junctional", 3),
    ("C3", "mobile", 2),
    ("C4", "mobile", 2),
    ("C5", "mobile", 2),
    ("C6", "mobile", 2),
    ("C7", "junctional", 3),
    ("T1", "junctional", 3),
    ("T2", "junctional", 3),
    ("T3", "semirigid", 1),
    ("T4", "semirigid", 1),
    ("T5", "semirigid", 1),
    ("T6", "semirigid", 1),
    ("T7", "semirigid", 1),
    ("T8", "semirigid", 1),
    ("T9", "semirigid", 1),
    ("T10", "semirigid", 1),
    ("T11", "junctional", 3),
    ("T12", "junctional", 3),
    ("L1", "junctional", 3),
    ("L2", "mobile", 2),
    ("L3", "mobile", 2),
    ("L4", "mobile", 2),
    ("L5", "junctional", 3),
    ("S1", "junctional", 3),
    ("S2", "rigid", 0),
    ("S3", "rigid", 0),
    ("S4", "rigid", 0),
    ("S5", "rigid", 0),
]
REGIONS = [
    ("spine", {"junctional", "mobile", "semirigid", "rigid"}),
    ("occiput", {"junctional"}),
    ("cervical-spine", {"junctional", "mobile"}),
    ("thoracic-spine", {"junctional", "semirigid"}),
    ("lumbar-spine", {"junctional", "mobile"}),
    ("sacrum", {"junctional", "rigid"}),
    ("cervicothoracic-spine", {"junctional", "mobile", "semirigid"}),
    ("thoracolumbar-spine", {"junctional", "mobile", "semirigid"}),
    ("lumbosacral-spine", {"junctional", "mobile", "rigid"}),
    ("coccyx", {"junctional", "mobile", "semirigid", "rigid"}),
    ("sacrococcygeal-region", {"junctional", "mobile", "semirigid", "rigid"}),
]
SPANS = [
    (["T10", "T11"], {"junctional", "semirigid"}),
    (["T2", "T3"], {"junctional", "semirigid"}),
    (["C2", "C3"], {"junctional", "mobile"}),
    (["C6", "C7"], {"junctional", "mobile"}),
    (["L1", "L2"], {"junctional", "mobile"}),
    (["L4", "L5"], {"junctional", "mobile"}),
    (["S1", "S2"], {"junctional", "rigid"}),
    (["L5", "S1"], {"junctional"}),
    (["T12", "L1"], {"junctional"}),
    (["L2", "L3"], {"mobile"}),
]


def test_sins_l_the_map_is_complete() -> None:
    assert [level for level, _, _ in LEVEL_MAP] == list(LEVELS)


@pytest.mark.parametrize(("level", "region", "points"), LEVEL_MAP)
def test_sins_l_a_level_has_its_region(
    level: str, region: str, points: int, sins: Instrument, lesion: Callable[..., Lesion]
) -> None:
    answers = sins.answers(lesion(level, {}, conditions=("Condition/1",)))
    location = answers["location"]
    assert location.possible == (region,)
    assert location.recorded
    assert [source.reference for source in location.sources] == ["Condition/1"]
    assert sins.score.evaluate(answers).points("location") == (points,)


@pytest.mark.parametrize(("site", "regions"), REGIONS, ids=[region[0] for region in REGIONS])
def test_sins_l_a_site_without_a_level_leaves_the_regions_it_allows(
    site: str, regions: set[str], sins: Instrument, lesion: Callable[..., Lesion]
) -> None:
    assert set(sins.answers(lesion(site, {}))["location"].possible) == regions


@pytest.mark.parametrize(("levels", "regions"), SPANS, ids=["-".join(s[0]) for s in SPANS])
def test_sins_e12_levels_that_straddle_regions_leave_both(
    levels: list[str], regions: set[str], sins: Instrument, lesion: Callable[..., Lesion]
) -> None:
    place = place_of_levels(levels)
    assert set(sins.answers(lesion(place, {}))["location"].possible) == regions


@pytest.mark.parametrize("level", ["L6", "T13", "S6", "C8", "coccyx", ""])
def test_sins_l_a_level_outside_the_map_is_refused_and_never_0(level: str) -> None:
    with pytest.raises(DefinitionError, match="no spinal level"):
        place_of_level(level)


def test_a_lesion_without_a_site_leaves_the_location_unknown(
    sins: Instrument, lesion: Callable[..., Lesion]
) -> None:
    result = sins.score.evaluate(sins.answers(lesion(None, {})))
    assert "location" in result.missing
    assert result.points("location") == (0, 1, 2, 3)
