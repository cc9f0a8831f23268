"""What the client sends and what the service fetches make the same cards, in every mixture, byte for byte."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.both_ways.charts import Chart, demo_charts, invented_charts
from tests.both_ways.hospital import OPEN, PAGES, WAYS, Hospital, Setting, alias_of
from tests.both_ways.mixtures import EVERY_KEY, NO_KEY, TOKEN, prefetch_of, request_of
from tests.cds_hooks.hook_request import KEYS, TYPES

DEMO, INVENTED = demo_charts(), invented_charts()
ALL = (*DEMO, *INVENTED)
EVERY_DEMO = pytest.mark.parametrize("chart", DEMO, ids=lambda chart: chart.name)
EVERY_INVENTED = pytest.mark.parametrize("chart", INVENTED, ids=lambda chart: chart.name)
# Not every way with every size of a page: the property below mixes them.
ASKED: tuple[tuple[Setting, int], ...] = (("get", 20), ("post", 200), ("batch", 20))
EVERY_ASKED = pytest.mark.parametrize(("setting", "page"), ASKED)


def demo(name: str) -> Chart:
    return next(chart for chart in DEMO if chart.name == name)


def test_no_two_patients_of_the_demo_share_the_id_of_a_resource() -> None:
    names = [(one["resourceType"], one["id"]) for chart in DEMO for one in chart.resources]
    assert len(set(names)) == len(names)


@EVERY_ASKED
@EVERY_DEMO
@pytest.mark.conforms("R51", "R52", "R53")
def test_the_server_alone_makes_the_cards_of_the_whole_prefetch(
    hospital: Hospital, chart: Chart, setting: Setting, page: int
) -> None:
    assert hospital.mixed(chart, page, setting, NO_KEY) == hospital.whole(chart, setting)


@EVERY_ASKED
@EVERY_INVENTED
@pytest.mark.conforms("R51", "R52", "R53")
def test_the_server_alone_makes_the_cards_of_every_hook(
    hospital: Hospital, chart: Chart, setting: Setting, page: int
) -> None:
    assert hospital.mixed(chart, page, setting, NO_KEY) == hospital.whole(chart, setting)


@pytest.mark.parametrize("chart", [*DEMO[::4], *INVENTED[::4]], ids=lambda chart: chart.name)
@pytest.mark.conforms("R51", "R52")
def test_a_server_that_is_searched_by_the_codes_of_a_site_makes_the_same_cards(
    hospital: Hospital, chart: Chart
) -> None:
    assert "code=" in hospital.templates(chart, "own codes")["observations"]
    assert hospital.mixed(chart, 200, "own codes", NO_KEY) == hospital.whole(chart, "own codes")


@pytest.mark.parametrize("chart", DEMO[::2], ids=lambda chart: chart.name)
@pytest.mark.conforms("R52")
def test_an_open_server_of_the_demo_makes_the_cards_of_the_whole_prefetch(
    hospital: Hospital, chart: Chart
) -> None:
    assert hospital.mixed(chart, OPEN, "open", NO_KEY) == hospital.whole(chart, "open")


@pytest.mark.parametrize("key", KEYS)
@EVERY_DEMO
@pytest.mark.conforms("R51", "R53")
def test_one_key_that_is_missing_is_fetched_and_no_other(hospital: Hospital, chart: Chart, key: str) -> None:
    server = hospital.hold(chart, 200)
    before = len(server.log())
    assert hospital.mixed(chart, 200, "get", EVERY_KEY - {key}) == hospital.whole(chart)
    asked = {one.path.split("/")[2] for one in server.log()[before:]}
    assert asked == {TYPES[key][0]}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("chart", INVENTED[::5], ids=lambda chart: chart.name)
@pytest.mark.conforms("R51", "R53")
def test_one_key_alone_is_enough_beside_the_server(hospital: Hospital, chart: Chart, key: str) -> None:
    assert hospital.mixed(chart, 200, "batch", {key}) == hospital.whole(chart, "batch")


@pytest.mark.parametrize(
    ("named", "absolute"),
    [(False, False), (True, False), (True, True)],
    ids=["no server", "a server", "a server in every reference"],
)
@pytest.mark.parametrize("null", [False, True], ids=["empty", "null"])
@pytest.mark.conforms("R52", "R54", "R55")
def test_the_whole_prefetch_makes_the_same_cards_however_it_is_written(
    hospital: Hospital, null: bool, named: bool, absolute: bool
) -> None:
    for chart in ALL:
        base = hospital.servers[200].base
        prefetch = prefetch_of(chart, base, null=null, absolute=absolute)
        request = request_of(chart, prefetch, *([base, TOKEN] if named else []))
        assert hospital.cards(chart, request) == hospital.whole(chart), chart.name


def test_references_to_a_server_that_the_call_does_not_name_prove_nothing(hospital: Hospital) -> None:
    chart = demo("unstable-t11")
    base = hospital.servers[200].base
    prefetch = prefetch_of(chart, base, absolute=True)
    unproven = hospital.cards(chart, request_of(chart, prefetch))
    assert b"their subject is not provably this patient" in unproven
    assert b"SINS" not in unproven
    assert hospital.cards(chart, request_of(chart, prefetch, base)) == hospital.whole(chart)


@pytest.mark.parametrize("setting", ["get", "batch"])
@pytest.mark.parametrize("named_by_alias", [False, True], ids=["its base", "its alias"])
@pytest.mark.parametrize("written_by_alias", [False, True], ids=["base", "alias"])
def test_a_server_that_is_known_by_two_addresses_is_one_server(
    hospital: Hospital, setting: Setting, named_by_alias: bool, written_by_alias: bool
) -> None:
    base, alias = hospital.servers[200].base, alias_of(200)
    named, written = (alias if chosen else base for chosen in (named_by_alias, written_by_alias))
    for chart in (demo("three-lesions"), *INVENTED[::8]):
        hospital.hold(chart, 200)
        prefetch = prefetch_of(chart, written, {"patient", "conditions"}, absolute=True)
        mixed = hospital.cards(chart, request_of(chart, prefetch, named, TOKEN), setting)
        assert mixed == hospital.whole(chart, setting)


def test_what_was_sent_is_not_asked_for(hospital: Hospital) -> None:
    chart = demo("three-lesions")
    server = hospital.hold(chart, 3)
    before = len(server.log())
    for null in (False, True):
        assert hospital.mixed(chart, 3, "get", EVERY_KEY, null=null) == hospital.whole(chart)
    assert len(server.log()) == before


@pytest.mark.parametrize(
    ("setting", "page", "asked"),
    [
        ("get", 200, ["GET"] * 7),
        ("post", 200, ["GET", *["POST"] * 6]),
        ("batch", 200, ["POST"]),
        ("own codes", 200, ["POST"]),
        ("open", OPEN, ["GET"] * 7),
    ],
)
@pytest.mark.conforms("R64")
def test_each_way_asks_as_it_should_and_with_the_access_of_the_call_only(
    hospital: Hospital, setting: Setting, page: int, asked: list[str]
) -> None:
    chart = demo("two-primaries")
    server = hospital.hold(chart, page)
    before = len(server.log())
    assert hospital.mixed(chart, page, setting, NO_KEY) == hospital.whole(chart, setting)
    # What the server says of itself is asked for once an hour, and needs no access.
    log = [one for one in server.log()[before:] if one.path != "/fhir/metadata"]
    assert sorted(one.method for one in log) == asked
    assert {one.status for one in log} == {200}
    assert {one.authorization for one in log} == {setting != "open"}
    assert len(log) + len([entry for one in log for entry in one.entries[1:]]) == len(KEYS)


@pytest.mark.parametrize("setting", WAYS)
def test_the_guarded_server_tells_nothing_without_a_token(hospital: Hospital, setting: Setting) -> None:
    chart = DEMO[0]
    server = hospital.hold(chart, 200)
    before = len(server.log())
    answer = hospital.send(chart, request_of(chart, None, server.base), setting)
    assert answer.status_code == 412
    refused = hospital.send(chart, request_of(chart, None, server.base, "another-token"), setting)
    assert refused.status_code == 412
    assert {one.status for one in server.log()[before:]} == {401}


@settings(max_examples=40)
@given(
    chart=st.sampled_from(ALL),
    keys=st.sets(st.sampled_from(KEYS)),
    setting=st.sampled_from((*WAYS, "own codes")),
    page=st.sampled_from(PAGES[1:]),
    null=st.booleans(),
    absolute=st.booleans(),
)
def test_any_mixture_makes_the_same_cards(
    hospital: Hospital,
    chart: Chart,
    keys: set[str],
    setting: Setting,
    page: int,
    null: bool,
    absolute: bool,
) -> None:
    mixed = hospital.mixed(chart, page, setting, keys, null=null, absolute=absolute)
    assert mixed == hospital.whole(chart, setting)
