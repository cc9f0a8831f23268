"""What each score, pathway and measure took, and how often, from the front doors to the page of metrics."""

from threading import Thread
from typing import Any

import pytest
from fastapi import FastAPI

from app.metrics import Spent, stopwatch
from app.metrics.rules import RuleCosts
from app.metrics.values import Values
from tests.api.bundle import bundle
from tests.cds_hooks.hook_request import SERVICE, hook_request
from tests.cds_hooks.record import spinal_lesion
from tests.contract.served import application, talk_to
from tests.metrics.counted import labels_of, value

TIMES, SECONDS = "cds_instrument_evaluations_total", "cds_instrument_seconds_total"
TWO_LESIONS = [*spinal_lesion("T11"), *spinal_lesion("L3", name="c-l3")]


async def page_after(app: FastAPI, *calls: tuple[str, Any]) -> str:
    async with talk_to(app) as client:
        for path, content in calls:
            answer = await client.post(path, json=content)
            assert answer.status_code == 200, answer.text
        return (await client.get("/metrics")).text


async def codes(app: FastAPI, path: str, member: str, name: str) -> set[str]:
    async with talk_to(app) as client:
        return {one[name] for one in (await client.get(path)).json()[member]}


async def of_lesions(app: FastAPI) -> set[str]:
    """Every score of a lesion and every pathway, by its code."""
    return {"sins", "mirels"} | await codes(app, "/api/v1/pathways", "pathways", "pathway")


async def test_a_hook_names_every_score_of_a_lesion_and_every_pathway() -> None:
    app = application()
    text = await page_after(app, (SERVICE, hook_request(TWO_LESIONS)))
    every = await of_lesions(app)
    assert len(every) == 14
    assert {code: value(text, TIMES, instrument=code) for code in every} == dict.fromkeys(every, 2)
    assert all(value(text, SECONDS, instrument=code) > 0 for code in every)


async def test_an_assessment_names_the_scores_of_the_patient_too() -> None:
    app = application()
    text = await page_after(app, ("/api/v1/assessments", bundle(TWO_LESIONS)))
    assert value(text, TIMES, instrument="sins") == 2
    scores = await codes(app, "/api/v1/scores", "scores", "score")
    of_patient = {code for code in scores if value(text, TIMES, instrument=code) == 1}
    assert {"tokuhashi", "nesms"} <= of_patient
    assert all(value(text, SECONDS, instrument=code) > 0 for code in of_patient)


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/api/v1/scores/sins", {"pain": "none"}, "sins"),
        ("/api/v1/scores/tokuhashi", {}, "tokuhashi"),
        ("/api/v1/pathways/noms", {}, "noms"),
        ("/api/v1/scores/odi", {"sum": 22, "answered": 9}, "odi"),
    ],
)
async def test_a_calculation_is_counted_once_and_nothing_else_is(path: str, body: Any, code: str) -> None:
    text = await page_after(application(), (path, body))
    assert value(text, TIMES, instrument=code) == value(text, TIMES) == 1
    assert value(text, SECONDS, instrument=code) == value(text, SECONDS) > 0


async def test_everything_is_named_from_the_start_and_nothing_else_ever() -> None:
    app = application()
    before = await page_after(app)
    after = await page_after(app, (SERVICE, hook_request(TWO_LESIONS)))
    assert value(before, TIMES) == 0
    assert {"sins", "tokuhashi", "noms", "odi"} <= labels_of(before)
    assert not labels_of(after) & {"grouping", "alarms", "other"}


async def test_what_was_told_once_is_not_told_again() -> None:
    app = application()
    first = await page_after(app, (SERVICE, hook_request(TWO_LESIONS)))
    assert value(await page_after(app), SECONDS) == pytest.approx(value(first, SECONDS))


def test_a_stopwatch_gives_what_passed_to_the_part_that_ended() -> None:
    ticks = iter([0.0, 1.0, 3.0, 7.0])
    spent: dict[str, Spent] = {}
    lap = stopwatch(spent, lambda: next(ticks))
    for part in ("sins", "noms", "sins"):
        lap(part)
    assert {part: (one.seconds, one.times) for part, one in spent.items()} == {
        "sins": (5.0, 2),
        "noms": (2.0, 1),
    }


def test_what_threads_counted_is_told_together() -> None:
    values = Values()
    costs = RuleCosts(values)
    costs.counts(["sins"])

    def judge() -> None:
        costs.begin()("sins")

    judge()
    other = Thread(target=judge)
    other.start()
    other.join()
    costs.refresh()
    assert value(values.told(open_metrics=False).decode(), TIMES, instrument="sins") == 2
