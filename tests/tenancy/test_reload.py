"""The file is read again when it changes, without a restart; what cannot be used changes nothing."""

import asyncio
from pathlib import Path

import pytest
from fastapi import FastAPI

from app.tenancy import Tenancy
from tests.tenancy.organisations import NORTH, SOUTH, Organisations


@pytest.fixture
def both(tmp_path: Path) -> Organisations:
    return Organisations(tmp_path)


def tenancy_of(app: FastAPI) -> Tenancy:
    found = app.state.tenancy
    assert isinstance(found, Tenancy)
    return found


async def test_a_new_organisation_is_answered_and_one_that_left_is_not(both: Organisations) -> None:
    both.write(both.entry("north", NORTH))
    app = both.app()
    assert (await both.call(app, SOUTH)).status_code == 401
    both.write(both.entry("south", SOUTH))
    assert await tenancy_of(app).look()
    assert (await both.call(app, SOUTH)).status_code == 200
    assert (await both.call(app, NORTH)).status_code == 401


async def test_what_did_not_change_goes_on_as_it_is(both: Organisations) -> None:
    app = both.app()
    north, south = tenancy_of(app)
    both.write(both.entry("north", NORTH), both.entry("south", SOUTH, shadow=True))
    assert await tenancy_of(app).look()
    again, changed = tenancy_of(app)
    assert again is north
    assert changed is not south
    assert (await both.call(app, SOUTH)).json() == {"cards": []}


async def test_a_file_that_was_not_touched_is_not_read(both: Organisations) -> None:
    app = both.app()
    before = list(tenancy_of(app))
    assert not await tenancy_of(app).look()
    assert list(tenancy_of(app)) == before


async def test_a_bad_file_changes_nothing_and_is_told_once_with_its_line(both: Organisations) -> None:
    app = both.app()
    both.write(both.entry("north", NORTH, quiet_days="many"))
    told: list[bool] = [await tenancy_of(app).look() for _ in range(2)]
    assert told == [False, False]
    assert (await both.call(app, SOUTH)).status_code == 200
    both.write(both.entry("south", SOUTH))
    assert await tenancy_of(app).look()
    assert (await both.call(app, NORTH)).status_code == 401


async def test_a_fault_that_shows_only_at_work_is_no_reason_to_stop_either(both: Organisations) -> None:
    app = both.app()
    both.write(both.entry("north", NORTH, policy={"SINS-E1": "no-choice"}))
    assert not await tenancy_of(app).look()
    assert (await both.call(app, NORTH)).status_code == 200


async def test_whatever_fails_the_next_file_is_looked_at(
    both: Organisations, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = both.app()
    tenancy = tenancy_of(app)
    with monkeypatch.context() as patch:
        # What no reader was seen to do; the front door has no way to make it.
        patch.setattr(tenancy, "_compose", lambda *_: 1 / 0)
        both.write(both.entry("north", NORTH, shadow=True))
        assert not await tenancy.look()
    both.write(both.entry("north", NORTH, shadow=True))
    assert await tenancy.look()
    assert (await both.call(app, NORTH)).json() == {"cards": []}


async def test_what_was_replaced_is_closed_after_its_last_call(both: Organisations) -> None:
    app = both.app()
    tenancy = tenancy_of(app)
    (north, _south) = tenancy
    closed: list[bool] = []
    with north:
        both.write(both.entry("south", SOUTH))
        assert await tenancy.look()
        for _ in range(20):
            await asyncio.sleep(0)
        assert tenancy.retiring == 1
    closed.append(await tenancy.retired())
    assert closed == [True]
    assert tenancy.retiring == 0


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({"clients": [{"iss": NORTH}]}, "give keys or jku"),
        ({"policy": {"SINS-E1": "no-choice"}}, "SINS-E1"),
        ({"fhir_servers": [{"base": "ftp://x"}]}, "fhir_servers"),
        ({"clients": [{"iss": "*", "jku": ["https://a.example"]}]}, "wildcard"),
    ],
    ids=["client", "policy", "server", "wildcard"],
)
def test_a_bad_file_stops_the_start_with_line_and_mend(
    both: Organisations, choices: dict[str, object], says: str
) -> None:
    both.write(both.entry("north", NORTH) | choices)
    with pytest.raises(ValueError, match=r"SPINE_METS_TENANTS: line \d+: north: ") as caught:
        both.app()
    assert says in str(caught.value)
    lines = both.file.read_text().splitlines()
    number = int(str(caught.value).partition("line ")[2].partition(":")[0])
    assert lines[number - 1].strip("- ").startswith(next(iter(choices)))


async def test_whether_the_file_can_be_used_is_told_to_those_who_watch(both: Organisations) -> None:
    app = both.app()
    for entry, said in (
        (both.entry("north", NORTH, quiet_days="many"), "1.0"),
        (both.entry("north", NORTH), "0.0"),
    ):
        both.write(entry)
        await tenancy_of(app).look()
        metrics, _ = app.state.shared.metrics.told(open_metrics=False)
        assert f"cds_tenants_failing {said}" in metrics.decode()
