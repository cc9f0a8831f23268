"""Pages that are followed make the cards of the whole search; what a server lacks is what prefetch lacks."""

import pytest

from tests.both_ways.charts import Chart, demo_charts, invented_charts, poorer_charts
from tests.both_ways.hospital import MOST_PAGES, WAYS, Hospital, Setting
from tests.both_ways.mixtures import EVERY_KEY, NO_KEY, TOKEN, prefetch_of, request_of
from tests.cds_hooks.record import Json

DEMO = demo_charts()
TOO_LONG = tuple(chart for chart in DEMO if len(chart.of_key("observations")) > MOST_PAGES)
MORE_PAGES = "The FHIR server has more pages than this service takes."


def demo(name: str) -> Chart:
    return next(chart for chart in DEMO if chart.name == name)


def has_more(found: Json) -> bool:
    """Whether it is the first page of several."""
    return any(link["relation"] == "next" for link in found.get("link", []))


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ("get", "three-lesions"),
        ("post", "three-lesions"),
        ("batch", "three-lesions"),
        ("get", "questionnaire"),
    ],
)
@pytest.mark.conforms("R58")
def test_pages_of_one_make_the_cards_of_the_whole_search(
    hospital: Hospital, setting: Setting, name: str
) -> None:
    assert hospital.mixed(demo(name), 1, setting, NO_KEY) == hospital.whole(demo(name), setting)


def test_as_many_pages_as_are_followed_occur() -> None:
    assert len(demo("three-lesions").of_key("observations")) == MOST_PAGES
    assert TOO_LONG


@pytest.mark.parametrize("chart", TOO_LONG, ids=lambda chart: chart.name)
@pytest.mark.conforms("R58")
def test_what_lies_beyond_the_last_page_that_is_followed_is_told(hospital: Hospital, chart: Chart) -> None:
    answer = hospital.mixed(chart, 1, "get", EVERY_KEY - {"observations"})
    assert answer != hospital.whole(chart)
    assert MORE_PAGES in answer.decode()
    assert MORE_PAGES not in hospital.whole(chart).decode()


@pytest.mark.parametrize("setting", ["get", "batch"])
@pytest.mark.parametrize("chart", [*DEMO[::7], *invented_charts()[::5]], ids=lambda chart: chart.name)
@pytest.mark.conforms("R52", "R58")
def test_first_pages_of_the_client_are_followed_to_their_end(
    hospital: Hospital, chart: Chart, setting: Setting
) -> None:
    server = hospital.hold(chart, 3)
    prefetch = hospital.searched(chart, 3, setting)
    paged = {key for key, found in prefetch.items() if has_more(found)}
    before = len(server.log())
    answer = hospital.cards(chart, request_of(chart, prefetch, server.base, TOKEN), setting)
    assert answer == hospital.whole(chart, setting)
    fetched = [one for one in server.log()[before:] if one.path != "/fhir/metadata"]
    assert bool(fetched) == bool(paged)
    assert all(one.method == "GET" and "_offset=" in one.query for one in fetched)


@pytest.mark.parametrize("setting", ["get", "post", "batch"])
@pytest.mark.parametrize("name", ["unstable-t11", "femur-and-humerus"])
@pytest.mark.conforms("R58")
def test_a_first_page_beside_keys_that_are_missing(hospital: Hospital, name: str, setting: Setting) -> None:
    chart = demo(name)
    server = hospital.hold(chart, 3)
    first = {"observations": hospital.searched(chart, 3, setting)["observations"]}
    assert has_more(first["observations"])
    answer = hospital.cards(chart, request_of(chart, first, server.base, TOKEN), setting)
    assert answer == hospital.whole(chart, setting)


@pytest.mark.parametrize("chart", DEMO, ids=lambda chart: chart.name)
@pytest.mark.conforms("R52")
def test_the_searches_of_discovery_find_what_the_demo_sends(hospital: Hospital, chart: Chart) -> None:
    prefetch = hospital.searched(chart, 200)
    assert not any(map(has_more, prefetch.values()))
    assert hospital.cards(chart, request_of(chart, prefetch)) == hospital.whole(chart)


@pytest.mark.parametrize("chart", poorer_charts(), ids=lambda chart: chart.name)
@pytest.mark.conforms("R54", "R55")
def test_what_a_server_lacks_is_what_the_prefetch_lacks(hospital: Hospital, chart: Chart) -> None:
    assert hospital.mixed(chart, 200, "batch", NO_KEY) == hospital.whole(chart, "batch")


@pytest.mark.parametrize("key", ["conditions", "observations", "questionnaireResponses", "procedures"])
def test_what_is_lacking_changes_the_cards_of_somebody(hospital: Hospital, key: str) -> None:
    changed = [
        chart.name
        for chart in DEMO
        if chart.of_key(key) and hospital.whole(chart.lacking(key)) != hospital.whole(chart)
    ]
    assert changed


@pytest.mark.parametrize("setting", WAYS)
@pytest.mark.conforms("R53", "R59")
def test_a_server_without_the_patient_is_refused_as_a_prefetch_without_the_patient(
    hospital: Hospital, setting: Setting
) -> None:
    chart = demo("stable-t10").lacking("patient")
    server = hospital.hold(chart, 200)
    rest = prefetch_of(chart, server.base, EVERY_KEY - {"patient"})
    answers = [
        hospital.send(chart, request_of(chart, rest), setting),
        hospital.send(chart, request_of(chart, rest, server.base, TOKEN), setting),
        hospital.send(chart, request_of(chart, None, server.base, TOKEN), setting),
    ]
    assert [answer.status_code for answer in answers] == [412] * 3
    assert [answer.json()["issue"][0]["expression"] for answer in answers] == [["prefetch.patient"]] * 3
