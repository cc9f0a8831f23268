"""Records that nobody on this project wrote (shared/data/README.md), where they are beside this checkout."""

from pathlib import Path

import pytest

from app.assess import assess
from app.assess.record import Record
from app.errors import AnotherPatientError, ContradictionError
from tests.fhir.records import AS_OF, KNOWLEDGE, READER, gaps

DATA = Path(__file__).parents[2].parent / "shared" / "data"
SYNTHEA = sorted((DATA / "synthea-r4").glob("*.json"))
TRIALS = DATA / "mcode-trial-matching"
EXAMPLES = sorted((DATA / "mcode-4.0.0" / "example").glob("*.json")) + sorted(
    (DATA / "us-core").glob("*.json")
)

pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason="shared/data is not beside this checkout: not tried"
)


def bundle_in(path: Path) -> Record:
    return READER.bundle(path.read_bytes())


@pytest.mark.parametrize("path", SYNTHEA, ids=[path.stem.split("_")[0] for path in SYNTHEA])
def test_a_whole_synthetic_patient_is_read_without_a_gap(path: Path) -> None:
    record = bundle_in(path)
    assert record.gaps == ()
    assert record.patient is not None
    found = assess(record, AS_OF, KNOWLEDGE)
    assert found.complete
    assert found.lesions == ()


def test_a_bone_metastasis_without_a_site_is_found_and_its_site_asked_for() -> None:
    found = assess(bundle_in(TRIALS / "app-TrialMatching_Patient02.json"), AS_OF, KNOWLEDGE)
    (held,) = found.lesions
    assert held.lesion.place.site is None
    assert "names no site" in gaps(found, "site")[0]
    assert not any(scored.settled for scored in held.scores)


@pytest.mark.parametrize(
    "name", ["service-patient_data", "service-patient_data_missing_birthdate_invalid_ecog_karnofsky"]
)
def test_a_record_with_observations_of_another_patient_is_refused(name: str) -> None:
    with pytest.raises(AnotherPatientError):
        bundle_in(TRIALS / f"{name}.json")


def test_every_published_example_is_read_without_a_gap() -> None:
    reasons: dict[str, list[str]] = {}
    for path in EXAMPLES:
        try:
            record = READER.resources([path.read_bytes()])
        except ContradictionError:  # a Bundle of several patients
            continue
        reasons[path.stem] = [gap.reason for gap in record.gaps if gap.need != "patient"]
    assert len(reasons) > 400
    assert {name: why for name, why in reasons.items() if why} == {}
