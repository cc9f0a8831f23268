"""The service itself, called from a file as an integrator would call it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from app.call.context import Circumstances
from app.call.fire import Call, fire
from app.call.record import read_record
from tests.call.test_record import bundle
from tests.cds_hooks.hook_request import KEYS
from tests.cds_hooks.record import NOW, STABLE, UNSTABLE, Json, patient, spinal_lesion
from tests.cli.running_service import PATIENCE, RunningService, environment, serving

EXAM: Json = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "exam"}]
}


def lesion(level: str, answers: Mapping[str, str] = UNSTABLE) -> list[Json]:
    """One vertebra with its findings, in the category that the service asks for."""
    return [
        one | {"category": [EXAM]} if one["resourceType"] == "Observation" else one
        for one in spinal_lesion(level, answers)
    ]


UNSTABLE_T11 = bundle(patient(), *lesion("T11"))
COMMAND = (sys.executable, "-m", "app.call_command")


@pytest.fixture(scope="module")
def running() -> Iterator[RunningService]:
    with serving(as_of=NOW.isoformat()) as service:
        yield service


def test_patient_view_answers_the_record_of_a_file(running: RunningService) -> None:
    answer = fire(Call(url=running.address, record=read_record(UNSTABLE_T11), now=NOW))
    assert answer.good, answer.faults
    assert answer.service == "spinal-metastasis-patient-view"
    assert answer.notes == ()
    assert set(answer.request["prefetch"]) == set(KEYS)
    (card,) = answer.cards
    assert card.summary.startswith("T11: SINS 18")
    assert card.uuid is not None


def test_another_record_gets_another_card(running: RunningService) -> None:
    record = read_record(bundle(patient(), *lesion("L3", STABLE)))
    (card,) = fire(Call(url=running.address, record=record, now=NOW)).cards
    assert card.indicator == "info"
    assert card.summary.startswith("L3: SINS")


def test_references_by_urn_reach_the_service_as_a_server_would_send_them(running: RunningService) -> None:
    urn = "urn:uuid:6f1e4ad8-9b46-4a4e-8a4c-2f3d8f9f2a11"
    resources = json.loads(json.dumps(lesion("T11")).replace("Patient/p-1", urn))
    record = read_record(bundle(patient(), *resources, kind="transaction", **{"p-1": urn}))
    (card,) = fire(Call(url=running.address, record=record, now=NOW)).cards
    assert card.summary.startswith("T11: SINS 18")


def test_findings_that_the_service_does_not_ask_for_are_noted(running: RunningService) -> None:
    record = read_record(bundle(patient(), *spinal_lesion("T11")))
    answer = fire(Call(url=running.address, record=record, now=NOW))
    assert answer.notes == (
        "prefetch observations: the search finds none of the file's 5 Observation resources",
    )
    assert answer.cards[0].summary.startswith("T11: SINS 3 to 18")


def test_a_record_without_a_metastasis_gets_no_card(running: RunningService) -> None:
    answer = fire(Call(url=running.address, record=read_record(bundle(patient())), now=NOW))
    assert answer.good
    assert answer.cards == ()


def test_what_the_service_requires_and_does_not_get_is_an_error(running: RunningService) -> None:
    answer = fire(Call(url=running.address, record=read_record(UNSTABLE_T11), now=NOW, with_prefetch=False))
    assert answer.status == 412
    assert not answer.good
    assert answer.faults[0].startswith("error")


def command(running: RunningService, tmp_path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    record = tmp_path / "record.json"
    record.write_bytes(UNSTABLE_T11)
    return subprocess.run(  # noqa: S603  our own command
        [*COMMAND, running.address, "--patient", str(record), *options],
        env=environment({"HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_the_command_prints_the_card_whatever_proxy_is_set(running: RunningService, tmp_path: Path) -> None:
    done = command(running, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "T11: SINS 18" in done.stdout
    assert "1 card, status 200" in done.stdout
    assert done.stderr == ""


def test_the_command_prints_the_answer_as_json(running: RunningService, tmp_path: Path) -> None:
    done = command(running, tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["cards"][0]["summary"].startswith("T11: SINS 18")


def test_the_command_ends_with_one_for_an_error(running: RunningService, tmp_path: Path) -> None:
    done = command(running, tmp_path, "--no-prefetch")
    assert done.returncode == 1
    assert "The service answered 412." in done.stdout
    assert "Traceback" not in done.stderr


PAGE = (Path(__file__).parents[2] / "docs" / "trying-it-out.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)


def test_the_record_of_the_page_gets_the_card_of_the_page(running: RunningService) -> None:
    record, _drafts = EXAMPLES
    answer = fire(Call(url=running.address, record=read_record(record.encode()), now=NOW))
    assert answer.notes == ()
    (card,) = answer.cards
    assert re.match(r"T11: SINS \d+ to \d+ of 18\. May be unstable", card.summary)


def test_the_drafts_of_the_page_get_the_card_of_the_page(running: RunningService) -> None:
    record, drafts = EXAMPLES
    around = Circumstances(draft_orders=json.loads(drafts))
    call = Call(
        url=running.address, record=read_record(record.encode()), now=NOW, hook="order-sign", around=around
    )
    (card,) = fire(call).cards
    assert f"`{card.summary}`" in " ".join(PAGE.split())


def test_the_page_names_every_option_and_no_other() -> None:
    done = subprocess.run(  # noqa: S603  our own command
        [*COMMAND, "--help"],
        env=environment({"COLUMNS": "300", "NO_COLOR": "1"}),
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    offered = set(re.findall(r"--[a-z][a-z-]+", done.stdout))
    assert set(re.findall(r"--[a-z][a-z-]+", PAGE)) == {one for one in offered if "completion" not in one} - {
        "--help"
    }
