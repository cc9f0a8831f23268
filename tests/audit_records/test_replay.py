"""A record and its input, once more: what is the same agrees, and what differs is named."""

import copy
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer
from typer.testing import CliRunner, Result

from app.audit.record import AuditRecord, read_record
from app.audit.seal import Seal
from app.desk import Desk
from app.replay_command import replay as command
from app.replaying import Compared, NotComparableError, replay
from app.settings import Settings
from app.web.demo import DemoPatients
from tests.audit_records.serving import KEY, House
from tests.cds_hooks.hook_contexts import SERVICES, context_of, request_of
from tests.cds_hooks.hook_request import HOOK_INSTANCE, SERVICE, hook_request
from tests.cds_hooks.record import NOW, STABLE, Json, patient, spinal_lesion

PATIENTS = {one.id: one for one in DemoPatients()}
T11 = spinal_lesion("T11")
BUNDLE: Json = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"resource": one} for one in (patient(), *T11)],
}
ASSESSMENTS = "/api/v1/assessments"
DESK = Desk(Settings(database="sqlite://"))


async def kept(path: str, body: Any, house: House | None = None, **headers: str) -> AuditRecord:
    house = house or House()
    await house.post(path, body, **headers)
    return read_record(house.lines[-1])


def once_more(record: AuditRecord, body: Any, key: bytes = KEY) -> list[Compared]:
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return replay(record, content, DESK, Seal(key))


def differing(compared: list[Compared]) -> list[str]:
    return [one.said for one in compared if not one.same]


def fired(name: str, hook: str) -> Json:
    """What an EHR sends of an invented patient."""
    asked = PATIENTS[name].hook_request(NOW) | {"hook": hook, "hookInstance": HOOK_INSTANCE}
    context = context_of(hook) | asked["context"]
    text = msgspec.json.encode(context).replace(b"Patient/p-1", f"Patient/{context['patientId']}".encode())
    asked["context"] = msgspec.json.decode(text)
    return asked


# -- the same ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hook", SERVICES)
async def test_every_invented_patient_at_every_hook_agrees(hook: str) -> None:
    house = House()
    for name in PATIENTS:
        asked = fired(name, hook)
        record = await kept(SERVICES[hook], asked, house)
        assert record.status == 200, name
        compared = once_more(record, asked)
        assert differing(compared) == [], name
        assert {"Request", "Patient"} <= {one.said for one in compared}


async def test_every_invented_patient_agrees_as_a_bundle() -> None:
    house = House()
    for name, one in PATIENTS.items():
        bundle = one.bundle(NOW)
        for accept in ("application/json", "application/fhir+json"):
            record = await kept("/api/v1/assessments", bundle, house, accept=accept)
            assert record.status == 200, name
            compared = once_more(record, bundle)
            assert differing(compared) == [], name
            assert "Answer" in {said.said for said in compared}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/scores/sins", {"level": "T11", "pain": "mechanical"}),
        ("/api/v1/scores/tokuhashi", {}),
        ("/api/v1/pathways/noms", {"escc": "escc-1b"}),
        ("/api/v1/pathways/augmentation", {}),
        ("/api/v1/scores/odi", {}),
        ("/api/v1/scores/sins", {"level": "X1"}),
        ("/api/v1/pathways/noms", []),
        (SERVICE, hook_request(prefetch={})),
        (SERVICE, {"hook": "patient-view"}),
        ("/api/v1/assessments", patient()),
    ],
    ids=range(10),
)
async def test_what_is_calculated_or_refused_agrees(path: str, body: Any) -> None:
    assert differing(once_more(await kept(path, body), body)) == []


async def test_what_a_patients_own_app_asks_agrees() -> None:
    asked = hook_request(T11, context={"userId": "Patient/p-1", "patientId": "p-1"})
    record = await kept(SERVICE, asked)
    assert record.cards == []
    assert differing(once_more(record, asked)) == []


async def test_a_call_in_shadow_and_one_with_a_card_held_back_agree() -> None:
    asked = hook_request([*T11, *spinal_lesion("L3", STABLE)])
    assert differing(once_more(await kept(SERVICE, asked, House(shadow=True)), asked)) == []
    house = House(quiet=7)
    await house.post(SERVICE, asked)
    assert house.recorder.flush(10)
    cards = [one["uuid"] for one in house.record["cards"]]
    told = {"outcome": "overridden", "outcomeTimestamp": "2026-11-20T11:59:00Z"}
    await house.post(f"{SERVICE}/feedback", {"feedback": [told | {"card": one} for one in cards]})
    record = await kept(SERVICE, asked, house)
    assert [one.held for one in record.cards] != [False] * len(record.cards)
    assert differing(once_more(record, asked)) == []


@pytest.mark.parametrize("hook", ["patient-view", "encounter-start"])
async def test_a_bundle_stands_in_for_what_was_fetched(hook: str) -> None:
    record = await kept(SERVICES[hook], request_of(hook, T11))
    assert differing(once_more(record, BUNDLE)) == []
    healthy = {**BUNDLE, "entry": BUNDLE["entry"][:1]}
    assert "Card" in " ".join(differing(once_more(record, healthy)))


ITEMS: Json = {
    "items": [
        {"id": "a", "bundle": BUNDLE},
        {"id": "b", "bundle": {**BUNDLE, "entry": [*BUNDLE["entry"], {"resource": patient("p-2")}]}},
        {"id": "c"},
        {"id": "d", "bundle": 5},
        {"id": "e", "bundle": {**BUNDLE, "entry": BUNDLE["entry"][:1]}},
    ]
}


async def test_a_patient_of_a_batch_agrees_given_the_batch_or_the_bundle() -> None:
    house = House()
    body = msgspec.json.encode(ITEMS)
    await house.post(f"{ASSESSMENTS}/batch", body)
    records = [read_record(line) for line in house.lines]
    assert [one.status for one in records] == [200, 422, 400, 400, 200]
    for record, item in zip(records, ITEMS["items"], strict=True):
        alone = msgspec.json.encode(item["bundle"]) if "bundle" in item else b""
        for given in (body, alone):
            compared = once_more(record, given)
            assert differing(compared) == []
            assert "Request" in {one.said for one in compared}


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"items": []}'])
async def test_a_batch_that_was_refused_agrees(body: bytes) -> None:
    assert differing(once_more(await kept(f"{ASSESSMENTS}/batch", body), body)) == []


async def test_a_patient_of_another_batch_or_under_another_key_is_not_found() -> None:
    house = House()
    await house.post(f"{ASSESSMENTS}/batch", ITEMS)
    record = read_record(house.lines[0])
    with pytest.raises(NotComparableError, match="No item of this batch"):
        once_more(record, {"items": ITEMS["items"][1:]})
    with pytest.raises(NotComparableError, match="SPINE_METS_PSEUDONYM_KEY"):
        once_more(record, ITEMS, b"another key altogether, of 32 letters")


async def test_too_many_patients_cannot_be_compared() -> None:
    body = {"items": [{"id": f"p{number}"} for number in range(101)]}
    record = await kept(f"{ASSESSMENTS}/batch", body)
    with pytest.raises(NotComparableError, match="413"):
        once_more(record, body)


# -- what differs --------------------------------------------------------------------------------------------


async def test_one_observation_that_changed_is_named_with_its_score_and_its_card() -> None:
    asked = hook_request(T11)
    record = await kept(SERVICE, asked)
    changed = copy.deepcopy(asked)
    observation = changed["prefetch"]["observations"]["entry"][0]["resource"]
    observation["valueCodeableConcept"]["coding"][0]["code"] = "pain-free"
    del changed["prefetch"]["observations"]["entry"][2:]
    said = differing(once_more(record, changed))
    assert f"Input: Observation/{observation['id']} is not as it was" in said
    assert "Request" in said
    assert "T11 sins: was unstable, is stable+potentially-unstable+unstable" in said
    assert "Card 1, sins, RED-5: text" in [one for one in said if one.startswith("Card")]
    assert "Input: a resource of type Observation that was read is not in the file" in said


async def test_another_patient_is_named() -> None:
    record = await kept(SERVICE, hook_request(T11))
    text = msgspec.json.encode(hook_request(T11)).replace(b"p-1", b"p-2")
    assert "Patient" in differing(once_more(record, text))


async def test_a_score_that_changed_is_named() -> None:
    record = await kept("/api/v1/scores/sins", {"level": "T11", "pain": "mechanical"})
    said = differing(once_more(record, {"level": "T5", "pain": "none", "lesion": "blastic"}))
    assert said[0] == "Request"
    assert said[1].startswith("sins: was ")
    assert said[-1] == "Answer"


# -- what cannot be compared ---------------------------------------------------------------------------------


async def test_other_knowledge_is_asked_for_by_its_digest() -> None:
    record = await kept("/api/v1/scores/sins", {})
    digest = "ab" * 32
    other = msgspec.structs.replace(
        record, knowledge=msgspec.structs.replace(record.knowledge, version="9.9", digest=digest)
    )
    with pytest.raises(NotComparableError, match=rf"version 9\.9 with the digest {digest}"):
        once_more(other, {})


async def test_under_another_key_results_are_compared_and_no_digest() -> None:
    asked = hook_request(T11)
    compared = once_more(await kept(SERVICE, asked), asked, b"another key altogether, of 32 letters")
    assert [one.said for one in compared if one.same is False] == []
    assert any("another key" in one.said for one in compared if one.same is None)


@pytest.mark.parametrize("status", [499, 500, 503])
async def test_a_call_that_broke_off_is_not_compared(status: int) -> None:
    record = msgspec.structs.replace(await kept("/api/v1/scores/sins", {}), status=status)
    with pytest.raises(NotComparableError, match=f"status {status}"):
        once_more(record, {})


async def test_a_request_without_what_was_fetched_is_not_compared() -> None:
    asked = hook_request(T11)
    record = await kept(SERVICE, asked)
    inputs = [one._replace(origin="fetched") for one in record.inputs]
    fetched = msgspec.structs.replace(record, inputs=inputs)
    with pytest.raises(NotComparableError, match="give a Bundle"):
        once_more(fetched, asked)


async def test_a_bundle_without_the_orders_is_not_compared() -> None:
    record = await kept(SERVICES["order-sign"], request_of("order-sign", T11))
    with pytest.raises(NotComparableError, match="give the request"):
        once_more(record, BUNDLE)


async def test_feedback_is_not_compared() -> None:
    record = await kept(f"{SERVICE}/feedback", {"feedback": []})
    with pytest.raises(NotComparableError, match="kind feedback"):
        once_more(record, {})


# -- the command ---------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SPINE_METS_PSEUDONYM_KEY", KEY.decode())
    commands = typer.Typer()
    commands.command()(command)

    def called(record: bytes, body: Any, *, by_pipe: bool = False) -> Result:
        (tmp_path / "record.json").write_bytes(record)
        (tmp_path / "body.json").write_bytes(msgspec.json.encode(body))
        named = "-" if by_pipe else str(tmp_path / "record.json")
        return CliRunner().invoke(commands, [named, str(tmp_path / "body.json")], input=record)

    return called


async def test_the_command_ends_with_0_where_all_agrees(run: Any) -> None:
    house = House()
    await house.post(SERVICE, hook_request(T11))
    for by_pipe in (False, True):
        result = run(house.lines[0] + b"\n", hook_request(T11), by_pipe=by_pipe)
        assert result.exit_code == 0, result.output
        assert "same     Card 1, sins, RED-5: text" in result.output
        assert result.output.endswith("The decision agrees with its record.\n")


async def test_the_command_ends_with_1_where_something_differs(run: Any) -> None:
    house = House()
    await house.post(SERVICE, hook_request(T11))
    result = run(house.lines[0], hook_request(spinal_lesion("T11", STABLE)))
    assert result.exit_code == 1
    assert "differs  T11 sins: was unstable, is stable" in result.output


async def test_the_command_ends_with_2_where_nothing_can_be_compared(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House()
    await house.post("/api/v1/scores/sins", {})
    line = house.lines[0]
    other = line.replace(DESK.stands_on.digest.encode(), b"cd" * 32)
    for record in (other, b"", b"{}", line + b"\n" + line):
        result = run(record, {})
        assert result.exit_code == 2, result.output
        assert "Traceback" not in result.output
    monkeypatch.setenv("SPINE_METS_PSEUDONYM_KEY", "another key altogether, of 32 letters")
    result = run(line, {})
    assert result.exit_code == 2
    assert "SPINE_METS_PSEUDONYM_KEY" in result.output
