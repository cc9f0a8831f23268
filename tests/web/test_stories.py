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
from tests.cds_hooks.card_words import check_words

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
    ("cord-compression", "T8", "sins", [8], True, []),
    ("high-grade-no-deficit", "T4", "sins", [9], True, []),
    ("augmentation-deferred", "L2", "sins", [6], True, []),
    ("posterior-wall", "L2", "sins", [10], True, []),
    ("two-primaries", "T6", "sins", [5], True, []),
    ("infected", "L1", "sins", [10], True, []),
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
    "cord-compression": ["T8: new neurologic deficit, emergency pathway now"],
    "high-grade-no-deficit": ["T4: high-grade epidural compression"],
    "augmentation-deferred": ["L2: SINS 6"],
    "posterior-wall": ["L2: SINS 10"],
    "acetabulum": ["Left acetabulum: "],
    "two-primaries": ["T6: "],
    "infected": ["L1: "],
}
# Patient, and how urgent its card is.
INDICATORS = [
    ("cord-compression", "critical"),
    ("high-grade-no-deficit", "critical"),
    ("infected", "critical"),
    ("two-primaries", "warning"),
    ("posterior-wall", "warning"),
    ("augmentation-deferred", "info"),
]
# Patient, lesion, rows of NOMS, whether one treatment is left, and what would leave one.
NOMS = [
    ("cord-compression", "T8", ["NOMS-7", "NOMS-8", "NOMS-9", "NOMS-10"], False, ["systemic"]),
    ("high-grade-no-deficit", "T4", ["NOMS-7", "NOMS-9"], True, []),
    ("two-primaries", "T6", ["NOMS-1", "NOMS-3"], False, ["radiosensitivity"]),
]
# Patient, lesion, suitability for augmentation, a criterion that decides it, and its status.
AUGMENTATION = [
    ("cord-compression", "T8", "contraindicated", "AUG-EXC-1", "met"),
    ("augmentation-deferred", "L2", "defer", "AUG-EXC-4", "met"),
    ("augmentation-deferred", "L2", "defer", "AUG-EXC-2", "unmet"),
    ("posterior-wall", "L2", "undetermined", "AUG-EXC-2", "unknown"),
    ("posterior-wall", "L2", "undetermined", "AUG-PW-3", "met"),
    ("infected", "L1", "undetermined", "AUG-EXC-3", "unknown"),
]
# Patient, and what cannot wait: rule, urgency, and the lesion, where it is not the patient's.
ALERTS = [
    ("cord-compression", ("RED-1", "emergency", None)),
    ("cord-compression", ("RED-2", "emergency", None)),
    ("high-grade-no-deficit", ("RED-4", "same-day", "T4")),
    ("infected", ("RED-6", "same-day", None)),
    ("infected", ("RED-7", "urgent", "L1")),
    ("two-primaries", ("SURG-1", "urgent", "T6")),
]


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
    for card in cards:
        check_words(card)
    return cards


async def the_card(client: httpx.AsyncClient, patient: str) -> str:
    card, *_ = await open_chart(client, patient)
    return str(card["summary"] + "\n" + card["detail"])


async def pathway(client: httpx.AsyncClient, patient: str, lesion: str, name: str) -> dict[str, Any]:
    lesions = {found["id"]: found for found in (await assess(client, patient))["lesions"]}
    (result,) = [found for found in lesions[lesion]["pathways"] if found["pathway"] == name]
    return dict(result)


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


@pytest.mark.parametrize(("patient", "indicator"), INDICATORS)
async def test_a_card_is_as_urgent_as_its_story(
    client: httpx.AsyncClient, patient: str, indicator: str
) -> None:
    (card,) = await open_chart(client, patient)
    assert card["indicator"] == indicator


@pytest.mark.parametrize(("patient", "lesion", "rows", "settled", "would_settle"), NOMS)
async def test_noms_gives_the_rows_of_the_story(
    client: httpx.AsyncClient,
    patient: str,
    lesion: str,
    rows: list[str],
    settled: bool,
    would_settle: list[str],
) -> None:
    found = await pathway(client, patient, lesion, "noms")
    assert found["rows"] == rows
    assert found["settled"] is settled
    assert found["would_settle"] == would_settle


@pytest.mark.parametrize(("patient", "lesion", "suitability", "criterion", "status"), AUGMENTATION)
async def test_augmentation_is_judged_as_in_the_story(
    client: httpx.AsyncClient, patient: str, lesion: str, suitability: str, criterion: str, status: str
) -> None:
    found = await pathway(client, patient, lesion, "augmentation")
    assert found["suitability"] == suitability
    assert {one["id"]: one["status"] for one in found["criteria"]}[criterion] == status


@pytest.mark.parametrize(("patient", "alert"), ALERTS)
async def test_what_cannot_wait_is_told(
    client: httpx.AsyncClient, patient: str, alert: tuple[str, str, str | None]
) -> None:
    alerts = (await assess(client, patient))["alerts"]
    assert alert in [(one["id"], one["urgency"], one["lesion"]) for one in alerts]


async def test_the_emergency_comes_first_and_noms_after_it(client: httpx.AsyncClient) -> None:
    text = await the_card(client, "cord-compression")
    assert text.index("Emergency: new neurologic deficit") < text.index("SINS 8:") < text.index("NOMS")


async def test_a_deficit_is_no_story_of_a_patient_who_has_none(client: httpx.AsyncClient) -> None:
    alerts = (await assess(client, "high-grade-no-deficit"))["alerts"]
    assert not {"RED-1", "RED-2", "RED-3"} & {alert["id"] for alert in alerts}


async def test_two_noms_rows_with_one_treatment_are_settled(client: httpx.AsyncClient) -> None:
    found = await pathway(client, "high-grade-no-deficit", "T4", "noms")
    assert found["treatments"] == ["decompression-stabilisation-then-stereotactic-radiosurgery"]


async def test_cement_is_deferred_beside_a_stable_score(client: httpx.AsyncClient) -> None:
    text = await the_card(client, "augmentation-deferred")
    assert "AUG-EXC-4" in text
    found = await pathway(client, "augmentation-deferred", "L2", "augmentation")
    (deferring,) = [one for one in found["criteria"] if one["id"] == "AUG-EXC-4"]
    sources = {source["reference"] for source in deferring["sources"]}
    assert sources == {"Observation/obs-aug22", "Observation/obs-aug23"}


async def test_contact_with_a_root_is_what_would_settle_cement(client: httpx.AsyncClient) -> None:
    found = await pathway(client, "posterior-wall", "L2", "augmentation")
    assert found["would_settle"] == ["epidural_contact"]


async def test_two_primaries_keep_both_classes_possible(client: httpx.AsyncClient) -> None:
    found = await pathway(client, "two-primaries", "T6", "noms")
    assert found["treatments"] == ["conventional-radiotherapy", "stereotactic-radiosurgery"]


async def test_no_score_is_made_for_an_acetabulum(client: httpx.AsyncClient) -> None:
    (lesion,) = (await assess(client, "acetabulum"))["lesions"]
    assert (lesion["site"], lesion["laterality"]) == ("acetabulum", "left")
    assert [score["applicable"] for score in lesion["scores"]] == [False, False]
    recorded = {finding["finding"]: finding["possible"] for finding in lesion["findings"]}
    assert recorded["acetabular-dome"] == ["disrupted"]
    assert recorded["medial-wall"] == ["intact"]
    assert "posterior-column" not in recorded
