"""spine-mets call, as an integrator types it, against a service on a real socket."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
import typer
from typer.testing import CliRunner, Result

from app.call_command import call
from tests.call.foreign_service import (
    CARD,
    CARD_UUID,
    OUTCOME,
    REASON,
    SUGGESTION_UUID,
    ForeignService,
    resource,
    service,
)
from tests.call.test_signing import ELLIPTIC, pem
from tests.cds_hooks.record import patient
from tests.cli.running_service import free_port

Run = Callable[..., Result]
NOBODY = "https://cds.example.invalid"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, Any], Path]:
    def file(name: str, content: Any) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return file


@pytest.fixture
def run(write: Callable[[str, Any], Path]) -> Run:
    """Run the command with a record of one patient and these options."""
    app = typer.Typer()
    app.command()(call)
    record = write("patient.json", patient())

    def invoke(url: str, *options: object) -> Result:
        return CliRunner().invoke(app, [url, "--patient", str(record), *map(str, options)])

    return invoke


def test_cards_are_printed_and_all_is_well(run: Run) -> None:
    with ForeignService(
        answer={"cards": [CARD, {"summary": "now", "indicator": "critical"}]}
    ).on_a_socket() as url:
        done = run(url)
    assert done.exit_code == 0, done.output
    assert done.stdout.index("CRITICAL now") < done.stdout.index("WARNING A finding to act on")
    assert "2 cards, status 200" in done.stdout
    assert done.stderr == ""


def test_no_cards_is_no_failure(run: Run) -> None:
    with ForeignService().on_a_socket() as url:
        done = run(url)
    assert done.exit_code == 0
    assert "No cards: nothing to say." in done.stdout


def test_json_is_the_answer_and_nothing_else(run: Run) -> None:
    said = b'{"cards": [{"summary": "caf\xc3\xa9 \xc2\x9b", "n": 1.50}], "extension": {"x": 1}}'
    asking = service(prefetch={"later": "Observation?date={{today()}}"})
    with ForeignService([asking], said).on_a_socket() as url:
        done = run(url, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == json.loads(said)
    assert '\n  "cards"' in done.stdout
    assert "1.50" in done.stdout
    assert "\x9b" not in done.stdout
    assert done.stderr.startswith("Note: prefetch later is left out")


@pytest.mark.parametrize("status", [200, 412])
def test_the_decision_is_named_with_and_without_json(run: Run, status: int) -> None:
    said = {"cards": [CARD]} if status == 200 else OUTCOME
    foreign = ForeignService(answer=said, status=status, headers={"X-Decision-Id": "d-7"})
    with foreign.on_a_socket() as url:
        done, as_json = run(url), run(url, "--json")
    assert done.stdout.splitlines()[-1] == "Decision d-7"
    assert done.stderr == ""
    assert json.loads(as_json.stdout) == said
    assert as_json.stderr == "Decision d-7\n"


def test_an_error_ends_with_one(run: Run) -> None:
    with ForeignService(answer=OUTCOME, status=412).on_a_socket() as url:
        done, as_json = run(url), run(url, "--json")
    assert done.exit_code == as_json.exit_code == 1
    assert "The service answered 412." in done.stdout
    assert "error (incomplete): conditions are missing [prefetch.conditions]" in done.stdout
    assert json.loads(as_json.stdout) == OUTCOME


def test_an_answer_that_is_no_json_leaves_the_output_empty(run: Run) -> None:
    with ForeignService(answer=b"<html>", status=502).on_a_socket() as url:
        done = run(url, "--json")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "502" in done.stderr


def test_a_failed_discovery_ends_with_one(run: Run) -> None:
    with ForeignService(discovery=(500, b"")).on_a_socket() as url:
        done = run(url)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "Discovery was answered with 500." in done.stderr


def test_where_nothing_answers_it_ends_with_three(run: Run) -> None:
    done = run(f"http://127.0.0.1:{free_port()}")
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr.startswith("No connection to the service")


def test_several_services_are_listed(run: Run) -> None:
    with ForeignService([service("one"), service("two")]).on_a_socket() as url:
        done = run(url)
        chosen = run(url, "--service", "two")
    assert done.exit_code == 2
    assert "  one (patient-view)\n  two (patient-view)" in done.stderr
    assert chosen.exit_code == 0


def test_every_option_reaches_the_service(run: Run, write: Callable[[str, Any], Path]) -> None:
    order = resource("ServiceRequest", "s-1")
    foreign = ForeignService(
        [service("select", "order-select", prefetch={"patient": "Patient/{{context.patientId}}"})]
    )
    instance = "D1577C69-dfbe-44ad-ba6d-3e05e953b2ea"
    with foreign.on_a_socket() as url:
        done = run(
            *(url, "--hook", "order-select", "--user", "PractitionerRole/r-1", "--encounter", "e-1"),
            *(
                "--draft-orders",
                write("orders.ndjson", b"\n".join(json.dumps(order).encode() for _ in range(2))),
            ),
            *("--select", "ServiceRequest/s-1", "--select", "ServiceRequest/s-2"),
            *(
                "--context",
                write("context.json", {"ward": "3"}),
                "--hook-instance",
                instance,
                "--no-prefetch",
            ),
            *("--fhir-server", "https://ehr.example.org/r4", "--token", write("token", b"s3cret\n")),
            *(
                "--key",
                write("key.pem", pem(ELLIPTIC)),
                "--issuer",
                "https://ehr.example.org",
                "--key-id",
                "k-1",
            ),
            *("--algorithm", "ES384", "--jku", "https://ehr.example.org/jwks", "--tenant", "t-1"),
            *("--audience", "https://cds.example.org", "--timeout", 5),
        )
    assert done.exit_code == 0, done.output
    asked = foreign.asked
    assert "s3cret" in asked.pop("fhirAuthorization").values()
    assert asked == {
        "hook": "order-select",
        "hookInstance": instance.lower(),
        "fhirServer": "https://ehr.example.org/r4",
        "context": {
            "userId": "PractitionerRole/r-1",
            "patientId": "p-1",
            "encounterId": "e-1",
            "draftOrders": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": order}, {"resource": order}],
            },
            "selections": ["ServiceRequest/s-1", "ServiceRequest/s-2"],
            "ward": "3",
        },
    }
    headers = {name.lower(): value for name, value in foreign.received[1].headers.items()}
    token = headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(
        token,
        ELLIPTIC.public_key(),
        ["ES384"],
        audience="https://cds.example.org",
        options={"verify_iat": False},
    )
    assert (claims["iss"], claims["tenant"]) == ("https://ehr.example.org", "t-1")
    assert jwt.get_unverified_header(token)["jku"] == "https://ehr.example.org/jwks"
    assert "s3cret" not in done.output
    assert token not in done.output
    assert "ServiceRequest/s-2 is selected and not among the draft orders" in done.stderr
    assert "with the key k-1 (ES384)" in done.stderr


def test_problems_are_the_context_of_their_hook(run: Run, write: Callable[[str, Any], Path]) -> None:
    foreign = ForeignService([service("problem", "problem-list-item-create")])
    with foreign.on_a_socket() as url:
        assert run(url, "--conditions", write("c.json", resource("Condition", "c-1"))).exit_code == 0
    assert foreign.asked["context"]["conditions"]["entry"] == [{"resource": resource("Condition", "c-1")}]


def test_feedback_follows_the_cards(run: Run) -> None:
    foreign = ForeignService(answer={"cards": [CARD]})
    with foreign.on_a_socket() as url:
        done = run(
            url,
            "--feedback",
            "overridden",
            "--reason",
            f"{REASON['system']}|{REASON['code']}",
            "--card",
            CARD_UUID,
        )
    assert done.exit_code == 0
    assert "WARNING A finding" in done.stdout
    assert done.stderr == "Feedback: the service answered 200.\n"
    assert foreign.told["feedback"][0]["overrideReason"] == {"reason": REASON}


def test_feedback_that_fails_ends_with_one_after_the_cards(run: Run) -> None:
    with ForeignService(answer={"cards": [CARD]}, feedback_status=404).on_a_socket() as url:
        done = run(url, "--feedback", "accepted", "--card", SUGGESTION_UUID, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout) == {"cards": [CARD]}
    assert "Feedback: the service answered 404." in done.stderr
    assert "conditions are missing" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--user", "dr-1"), "--user needs Type/id"),
        (("--encounter", "Encounter/1"), "--encounter needs an id"),
        (("--select", "1"), "--select needs Type/id"),
        (("--hook-instance", "1"), "--hook-instance needs a UUID"),
        (("--token", "x"), "--token goes with --fhir-server"),
        (("--fhir-server", "ehr.example.org"), "--fhir-server needs an address"),
        (("--fhir-server", "http://[x"), "--fhir-server needs an address"),
        (
            ("--fhir-server", "https://x.org", "--token", "/nowhere/token"),
            "--token: the file cannot be opened",
        ),
        (("--key", "/nowhere/key"), "--key goes with --issuer"),
        (("--key", "/nowhere/key", "--issuer", "x"), "--key: the file cannot be opened"),
        (("--issuer", "x"), "--issuer goes with --key"),
        (("--key-id", "x"), "--key-id goes with --key"),
        (("--algorithm", "ES384"), "--algorithm goes with --key"),
        (("--audience", "x"), "--audience goes with --key"),
        (("--jku", "x"), "--jku goes with --key"),
        (("--tenant", "x"), "--tenant goes with --key"),
        (("--card", "x"), "--card and --reason go with --feedback"),
        (("--reason", "x|y"), "--card and --reason go with --feedback"),
        (("--feedback", "accepted", "--reason", "x|y"), "--reason goes with --feedback overridden"),
        (("--feedback", "overridden", "--reason", "x"), "needs SYSTEM|CODE"),
        (("--draft-orders", "/nowhere/orders"), "--draft-orders: the file cannot be opened"),
        (("--context", "/nowhere/context"), "--context: the file cannot be opened"),
        (("--feedback", "ignored"), "ignored"),
        (("--algorithm", "HS256"), "HS256"),
        (("--timeout", "0"), "--timeout"),
    ],
)
def test_wrong_options_end_with_two_before_anything_is_sent(
    run: Run, options: tuple[str, ...], said: str
) -> None:
    done = run(NOBODY, *options)
    assert done.exit_code == 2, done.output
    assert said in re.sub(r"[\s│]+", " ", done.stderr)
    assert done.stdout == ""


def test_an_address_that_is_none_ends_with_two(run: Run) -> None:
    done = run("cds.example.org")
    assert done.exit_code == 2
    assert done.stderr.startswith("URL: ")


def test_a_record_is_required_and_must_be_one(run: Run, write: Callable[[str, Any], Path]) -> None:
    done = run(NOBODY, "--patient", write("two.json", b"{"))
    assert done.exit_code == 2
    assert done.stderr.startswith("--patient: ")
    missing = run(NOBODY, "--patient", "/nowhere/record.json")
    assert (missing.exit_code, missing.stderr) == (
        2,
        "--patient: the file cannot be opened: No such file or directory.\n",
    )
