"""Every invented patient tells the story its index promises, in the service's own words."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.main import create_app
from app.settings import Profile, Settings
from app.web.demo import DemoPatients

AS_OF = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)

# Patient, lesion, score, reachable totals, whether settled, items not recorded.
STORIES = [
    ("unstable-t11", "T11", "sins", [14], True, []),
    ("stable-t10", "T10", "sins", [6], True, []),
    ("settled-with-gaps", "L1", "sins", [7, 8, 9, 10, 11, 12], True, ["pain", "lesion"]),
    ("not-settled", "L2", "sins", [6, 7, 8, 9, 11], False, ["posterolateral"]),
    ("two-readers", "T7", "sins", [5, 7], False, []),
    ("three-lesions", "T5", "sins", [3], True, []),
    ("three-lesions", "L1", "sins", [15], True, []),
    ("three-lesions", "L4", "sins", [8], True, []),
    ("femur-and-humerus", "left-peritrochanteric-femur", "mirels", [12], True, []),
    ("femur-and-humerus", "right-humeral-shaft", "mirels", [8], True, []),
    ("sclerotic-l3", "L3", "sins", [5], True, []),
    ("region-only", "thoracic-spine", "sins", [6, 8], False, []),
    ("instrumented", "T8", "sins", [4], True, []),
    ("questionnaire", "L4", "sins", [9], True, []),
]
# Patient, and the beginning of the summary of every card, in order.
CARDS = {
    "unstable-t11": ["T11: SINS 14"],
    "stable-t10": ["T10: SINS 6"],
    "settled-with-gaps": ["L1: SINS 7 to 12"],
    "not-settled": ["L2: SINS 6 to 11"],
    "two-readers": ["T7: SINS 5 or 7"],
    "three-lesions": ["L1: SINS 15", "L4: SINS 8", "T5: SINS 3"],
    "femur-and-humerus": ["Left peritrochanteric femur: Mirels 12", "Right shaft of the humerus: "],
    "sclerotic-l3": ["L3: SINS 5"],
    "stale-imaging": ["T12: SINS 6 to 18"],
    "region-only": ["Thoracic spine, level not recorded: SINS 6 or 8"],
    "no-bone-disease": [],
    "site-not-recorded": ["Bone, site not recorded"],
    "instrumented": ["T8: SINS 4"],
    "questionnaire": ["L4: SINS 9"],
    "faulty-record": ["L5: SINS 5 to 18", "L2: "],
}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(profile=Profile.DEMO), clock=lambda: AS_OF)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://demo") as found:
        yield found


async def assess(client: httpx.AsyncClient, patient: str) -> dict[str, Any]:
    bundle = (await client.get(f"/demo/patients/{patient}")).json()
    answer = await client.post("/api/v1/assessments", json=bundle)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def open_chart(client: httpx.AsyncClient, patient: str) -> list[dict[str, Any]]:
    request = (await client.get(f"/demo/patients/{patient}/hook-request")).json()
    request["hookInstance"] = str(uuid4())
    answer = await client.post("/cds-services/spinal-metastasis-patient-view", json=request)
    assert answer.status_code == 200, answer.text
    cards: list[dict[str, Any]] = answer.json()["cards"]
    return cards


async def the_card(client: httpx.AsyncClient, patient: str) -> str:
    card, *_ = await open_chart(client, patient)
    return str(card["summary"] + "\n" + card["detail"])


@pytest.mark.parametrize(("patient", "lesion", "score", "totals", "settled", "missing"), STORIES)
async def test_the_record_gives_the_score_of_its_story(
    client: httpx.AsyncClient,
    patient: str,
    lesion: str,
    score: str,
    totals: list[int],
    settled: bool,
    missing: list[str],
) -> None:
    lesions = {found["id"]: found for found in (await assess(client, patient))["lesions"]}
    (result,) = [found for found in lesions[lesion]["scores"] if found["score"] == score]
    assert result["totals"] == totals
    assert result["settled"] is settled
    assert result["missing"] == missing


def test_every_patient_has_its_cards_written_down() -> None:
    assert set(CARDS) == {patient.id for patient in DemoPatients()}


@pytest.mark.parametrize("patient", CARDS)
async def test_opening_the_chart_gives_the_cards_of_its_story(
    client: httpx.AsyncClient, patient: str
) -> None:
    summaries = [card["summary"] for card in await open_chart(client, patient)]
    assert len(summaries) == len(CARDS[patient])
    for summary, beginning in zip(summaries, CARDS[patient], strict=True):
        assert summary.startswith(beginning)


async def test_two_readers_are_both_kept(client: httpx.AsyncClient) -> None:
    (lesion,) = (await assess(client, "two-readers"))["lesions"]
    (quality,) = [f for f in lesion["findings"] if f["finding"] == "bone-lesion-quality"]
    assert quality["conflicting"] is True
    assert {source["reference"] for source in quality["sources"]} == {
        "Observation/read-1",
        "Observation/read-2",
    }


async def test_a_nerve_root_is_named_beside_a_stable_score(client: httpx.AsyncClient) -> None:
    assert "nerve root" in await the_card(client, "stable-t10")


async def test_an_old_alarm_stays_while_old_findings_no_longer_count(
    client: httpx.AsyncClient,
) -> None:
    text = await the_card(client, "stale-imaging")
    assert "re-examine now" in text
    assert "SINS 14 (unstable) is recorded" in text
    assert "too old" in text


async def test_an_instrumented_segment_is_never_called_stable(client: httpx.AsyncClient) -> None:
    text = await the_card(client, "instrumented")
    assert "outside validated use" in text
    assert "Stable by SINS" not in text


async def test_axial_involvement_is_high_risk_whatever_the_score(
    client: httpx.AsyncClient,
) -> None:
    assert "30 mm or more of cortex" in await the_card(client, "femur-and-humerus")


async def test_a_metastasis_without_a_site_asks_for_it(client: httpx.AsyncClient) -> None:
    assessment = await assess(client, "site-not-recorded")
    assert [gap["need"] for gap in assessment["gaps"]] == ["site"]


async def test_a_faulty_record_names_what_it_sets_aside(client: httpx.AsyncClient) -> None:
    reasons = " ".join(gap["reason"] for gap in (await assess(client, "faulty-record"))["gaps"])
    assert "needs the UCUM unit %" in reasons
    assert "has no code this service knows" in reasons


async def test_a_form_is_the_source_of_its_findings(client: httpx.AsyncClient) -> None:
    (lesion,) = (await assess(client, "questionnaire"))["lesions"]
    sources = {s["reference"] for finding in lesion["findings"] for s in finding["sources"]}
    assert "QuestionnaireResponse/qr-1#lesion" in sources
