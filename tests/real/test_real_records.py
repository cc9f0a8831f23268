"""Records from elsewhere: read without a failure, and nothing found that is not there."""

from pathlib import Path

import pytest

from app.assess import assess
from app.assess.result import Assessment
from app.errors import ContradictionError
from app.fhir.codes import code_book
from app.fhir.reader import Reader
from app.knowledge import load
from app.knowledge.policy import Policy
from tests.api.caller import ASSESSMENTS
from tests.cds_hooks.ehr import JSON_HEADERS, Ehr
from tests.cds_hooks.record import BASE, NOW
from tests.real.files import (
    DATA,
    NEEDS_DATA,
    as_request,
    content,
    document,
    files,
    of_bone,
    resources_in,
    subjects,
)

pytestmark = NEEDS_DATA
FOLDERS = ("mcode-4.0.0/example", "mcode-trial-matching", "synthea-r4", "us-core")
KNOWLEDGE = load(Policy())
READER = Reader(code_book(BASE), KNOWLEDGE)
SITELESS = "app-TrialMatching_Patient02"


def read(path: Path) -> Assessment:
    body = content(path)
    whole = document(path)["resourceType"] == "Bundle"
    record = READER.bundle(body) if whole else READER.resources([body])
    return assess(record, NOW, KNOWLEDGE)


def test_all_of_it_is_there() -> None:
    counts = {folder: len(files(folder)) for folder in FOLDERS}
    assert counts == {
        "mcode-4.0.0/example": 179,
        "mcode-trial-matching": 7,
        "synthea-r4": 10,
        "us-core": 230,
    }


@pytest.mark.parametrize("path", files(*FOLDERS))
def test_is_read_and_nothing_is_made_up(path: Path) -> None:
    listed = list(resources_in(document(path)))
    try:
        found = read(path)
    except ContradictionError:
        assert len(subjects(listed)) > 1
        return
    if not of_bone(path):
        assert found.lesions == ()
        assert found.alerts == ()
    assert found.patient in (None, *subjects(listed))


@pytest.mark.parametrize("path", files(*FOLDERS))
async def test_is_answered_by_the_hook(ehr: Ehr, path: Path) -> None:
    found = document(path)
    request = as_request(found)
    if request is None:
        assert len(subjects(resources_in(found))) != 1
        return
    response = await ehr.send(request)
    assert response.status_code == 200, response.text[:300]
    if not of_bone(path):
        assert all("SINS" not in card["summary"] for card in response.json()["cards"])


@pytest.mark.parametrize("path", files("synthea-r4"))
async def test_a_whole_synthetic_patient_has_nothing_to_say(ehr: Ehr, path: Path) -> None:
    request = as_request(document(path))
    assert request is not None
    assert await ehr.cards_of(request) == []


@pytest.mark.parametrize("path", files("mcode-4.0.0/example", "us-core", "mcode-trial-matching"))
async def test_is_answered_by_the_assessment(ehr: Ehr, path: Path) -> None:
    found = document(path)
    response = await ehr.client.post(ASSESSMENTS, content=content(path), headers=JSON_HEADERS)
    whole = found["resourceType"] == "Bundle"
    several = len(subjects(resources_in(found))) > 1
    assert response.status_code == ((422 if several else 200) if whole else 400)


@pytest.mark.parametrize("path", [p for p in files("mcode-trial-matching") if "service-" in str(p.id)])
async def test_a_dirty_record_is_refused_for_its_two_subjects_and_for_nothing_else(
    ehr: Ehr, path: Path
) -> None:
    response = await ehr.client.post(
        ASSESSMENTS, content=content(path), headers={"content-type": "application/fhir+json"}
    )
    several = len(subjects(resources_in(document(path)))) > 1
    assert response.status_code == (422 if several else 200)


async def test_a_bone_metastasis_without_a_site_is_one_lesion_and_a_gap(ehr: Ehr) -> None:
    body = content(DATA / "mcode-trial-matching" / f"{SITELESS}.json")
    response = await ehr.client.post(ASSESSMENTS, content=body, headers=JSON_HEADERS)
    assert response.status_code == 200
    found = response.json()
    (lesion,) = found["lesions"]
    assert (lesion["site"], lesion["level"], lesion["laterality"]) == (None, None, None)
    assert not any(score["settled"] for score in lesion["scores"])
    assert "site" in [gap["need"] for gap in found["gaps"]]


@pytest.mark.parametrize("name", [SITELESS, "app-query"])
async def test_and_one_card_that_asks_for_the_bone(ehr: Ehr, name: str) -> None:
    found = document(DATA / "mcode-trial-matching" / f"{name}.json")
    (card,) = await ehr.cards_of(as_request(found) or {})
    assert card["summary"].startswith("Bone, site not recorded: ")
    assert "until the bone is recorded" in card["summary"]
