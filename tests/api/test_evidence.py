"""The evidence over REST: usable values by code, the conflicts, the figures."""

import hashlib

import pytest

from app.evidence import ITEMS, drawn, load
from app.evidence.codes import Outcome, Site, Technique
from app.evidence.disputed_across import INCONSISTENCIES
from tests.api.caller import Caller, pointers
from tests.cds_hooks.record import Json

EVIDENCE = "/api/v1/evidence"
GROUPS = ["series", "rates", "tables", "estimates", "statements"]
CANARY = "zebra-7731"


async def listed(caller: Caller, query: str = "") -> Json:
    response = await caller.get(EVIDENCE + query)
    assert response.status_code == 200
    found: Json = response.json()
    assert list(found) == [*GROUPS, "knowledge"]
    return found


def items(answer: Json) -> list[Json]:
    return [item for group in GROUPS for item in answer[group]]


def codes(answer: Json) -> set[str]:
    return {item["code"] for item in items(answer)}


async def refused(caller: Caller, query: str) -> Json:
    response = await caller.get(EVIDENCE + query)
    assert response.status_code == 422
    assert CANARY not in response.text
    found: Json = response.json()
    return found


async def test_all_usable_evidence_is_listed_at_once(caller: Caller) -> None:
    answer = await listed(caller)
    assert codes(answer) == set(ITEMS)
    assert len(items(answer)) == len(ITEMS)


async def test_every_item_says_where_it_is_from_and_what_limits_it(caller: Caller) -> None:
    for item in items(await listed(caller)):
        (reference,) = item["references"]
        assert reference["tag"] in {"S", "V", "V2"}
        assert reference["title"].strip()
        if reference["title"].startswith("Wodajo"):
            assert "source past its own review date (1 June 2023)" in item["cautions"]


async def test_a_series_comes_with_its_values_and_its_figure(caller: Caller) -> None:
    answer = await listed(caller, "?outcome=pain&technique=microwave-ablation")
    vas = next(series for series in answer["series"] if series["code"] == "chen-vas")
    assert [(p["days"], p["value"], p["low"], p["high"], p["n"]) for p in vas["points"]] == [
        (-1, 6.0, 4.0, 10.0, 91),
        (3, 5.0, 3.0, 8.0, 91),
        (7, 4.0, 2.0, 7.0, 91),
        (30, 3.0, 1.0, 6.0, 91),
        (90, 3.0, 1.0, 6.0, 91),
        (180, 3.0, 1.0, 8.0, 88),
    ]
    assert vas["statistic"] == "median-range"
    assert vas["disputes"] == ["INC-13"]
    assert vas["figure"].startswith(f"{EVIDENCE}/figures/chen-vas.svg")
    reduced = next(series for series in answer["series"] if series["code"] == "chen-pain-reduced")
    assert [point["percent"] for point in reduced["points"]] == [85.7, 87.9, 92.3, 92.3, 88.6]


async def test_a_rate_comes_with_both_percentages(caller: Caller) -> None:
    answer = await listed(caller, "?outcome=cement-leakage")
    disc = next(rate for rate in answer["rates"] if rate["code"] == "chen-leak-disc")
    assert (disc["numerator"], disc["denominator"], disc["unit"]) == (12, 140, "vertebrae")
    assert (disc["percent"], disc["reported"]) == (8.6, "21.7")


async def test_a_table_comes_with_its_studies(caller: Caller) -> None:
    answer = await listed(caller, "?technique=cryoablation&outcome=local-control")
    table = next(table for table in answer["tables"] if table["code"] == "tad-local-control")
    aubry = next(study for study in table["studies"] if study["study"] == "Aubry")
    assert aubry["local_control"] == {
        "count": 4,
        "denominator": None,
        "unit": None,
        "percent": None,
        "reported": "36",
        "years": None,
    }
    assert aubry["disputes"] == ["INC-35"]


@pytest.mark.parametrize("technique", Technique)
async def test_a_technique_selects_its_own_evidence(caller: Caller, technique: Technique) -> None:
    wanted = {item.code for item in ITEMS.values() if technique in item.techniques}
    assert codes(await listed(caller, f"?technique={technique}")) == wanted


@pytest.mark.parametrize("outcome", Outcome)
async def test_an_outcome_selects_its_own_evidence(caller: Caller, outcome: Outcome) -> None:
    wanted = {item.code for item in ITEMS.values() if item.outcome is outcome}
    assert wanted
    assert codes(await listed(caller, f"?outcome={outcome}")) == wanted


@pytest.mark.parametrize("site", Site)
async def test_a_site_selects_its_own_evidence(caller: Caller, site: Site) -> None:
    wanted = {item.code for item in ITEMS.values() if site in item.sites}
    assert wanted
    assert codes(await listed(caller, f"?site={site}")) == wanted


async def test_codes_of_one_kind_add_up_and_kinds_narrow_down(caller: Caller) -> None:
    one = codes(await listed(caller, "?technique=cryoablation"))
    other = codes(await listed(caller, "?technique=laser-ablation"))
    both = codes(await listed(caller, "?technique=cryoablation&technique=laser-ablation"))
    assert both == one | other
    assert codes(await listed(caller, "?technique=cryoablation&technique=cryoablation")) == one
    pain = codes(await listed(caller, "?outcome=pain"))
    assert codes(await listed(caller, "?technique=cryoablation&outcome=pain")) == one & pain
    nothing = await listed(caller, "?technique=laser-ablation&outcome=survival")
    assert items(nothing) == []


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        (f"?technique={CANARY}", {"/technique"}),
        (f"?outcome={CANARY}", {"/outcome"}),
        (f"?site={CANARY}", {"/site"}),
        ("?site=", {"/site"}),
        ("?site=Spine", {"/site"}),
        (f"?technique=cryoablation&technique={CANARY}", {"/technique"}),
        (f"?technique={CANARY}&outcome=pain&site={CANARY}", {"/technique", "/site"}),
    ],
)
async def test_an_unknown_code_is_refused_with_those_there_are(
    caller: Caller, query: str, faults: set[str]
) -> None:
    problem = await refused(caller, query)
    assert pointers(problem) == faults
    kinds = {"/technique": Technique, "/outcome": Outcome, "/site": Site}
    for error in problem["errors"]:
        assert all(code.value in error["message"] for code in kinds[error["pointer"]])


async def test_the_conflicts_are_listed_with_what_is_done(caller: Caller) -> None:
    response = await caller.get(f"{EVIDENCE}/inconsistencies")
    assert response.status_code == 200
    found = response.json()["inconsistencies"]
    assert [conflict["id"] for conflict in found] == [conflict.id for conflict in INCONSISTENCIES]
    impossible = found[4]
    assert impossible["status"] == "rejected"
    assert "0.455" in impossible["values"][0]["value"]
    assert impossible["evidence"] == []
    leak = found[11]
    assert leak["status"] == "recomputed"
    assert "chen-leak-disc" in leak["evidence"]
    assert leak["references"][0]["title"].startswith("Chen L")


async def test_an_impossible_value_is_in_no_usable_evidence(caller: Caller) -> None:
    response = await caller.get(EVIDENCE)
    for value in ("0.455", "0.039", "QALY", "3.43"):
        assert value not in response.text


async def test_every_figure_is_served_from_its_address(caller: Caller) -> None:
    answer = await listed(caller)
    addresses = {
        item["code"]: item["figure"]
        for group in ("series", "tables", "estimates")
        for item in answer[group]
        if item["figure"]
    }
    assert set(addresses) == {item.code for item in drawn()}
    for code, address in addresses.items():
        response = await caller.client.get(address)
        assert response.status_code == 200
        assert response.headers["content-type"] == "image/svg+xml"
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
        assert response.content == load().figures[code]


async def test_only_the_address_of_this_very_drawing_may_be_kept_for_good(caller: Caller) -> None:
    plain = f"{EVIDENCE}/figures/chen-vas.svg"
    fingerprint = hashlib.sha256(load().figures["chen-vas"]).hexdigest()[:16]
    for query, caching in (
        (f"?v={fingerprint}", "public, max-age=31536000, immutable"),
        ("", "no-cache"),
        ("?v=", "no-cache"),
        (f"?v={fingerprint[:-1]}", "no-cache"),
    ):
        response = await caller.client.get(plain + query)
        assert response.content == load().figures["chen-vas"]
        assert response.headers["cache-control"] == caching


@pytest.mark.parametrize(
    "name", [CANARY, "chen-vas.png", "chen-leaks", "hao-qaly", "..%2Fhao-bm22", "CHEN-VAS"]
)
async def test_an_unknown_figure_is_refused(caller: Caller, name: str) -> None:
    response = await caller.get(f"{EVIDENCE}/figures/{name}.svg")
    assert response.status_code == 404
    assert CANARY not in response.text


@pytest.mark.parametrize("path", ["", "/inconsistencies", "/figures/chen-vas.svg"])
async def test_evidence_is_read_only(caller: Caller, path: str) -> None:
    response = await caller.client.post(EVIDENCE + path, json={})
    assert response.status_code == 405
    assert response.headers["allow"] == "GET"
