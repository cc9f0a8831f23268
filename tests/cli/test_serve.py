"""spine-mets serve: what it prints, how it ends, and what it refuses to start with."""

import re
import shlex
import subprocess
from collections.abc import Iterator

import httpx
import pytest

from app import cli
from app.settings import Settings
from tests.cds_hooks.hook_request import hook_request
from tests.cds_hooks.record import spinal_lesion
from tests.cli.running_service import COMMAND, PATIENCE, RunningService, environment, serving
from tests.production import PRODUCTION


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    with serving(as_of="2026-11-20T12:00:00+00:00") as running:
        yield running


def test_it_says_what_to_open(service: RunningService) -> None:
    assert f"Open  {service.address}/\n" in service.stdout
    page = httpx.get(f"{service.address}/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")


def test_it_says_that_it_is_a_demonstration(service: RunningService) -> None:
    assert "not for clinical use" in service.stdout
    assert "Ctrl-C" in service.stdout


def test_its_one_line_to_try_works_as_printed(service: RunningService) -> None:
    (line,) = [line for line in service.stdout.splitlines() if "curl" in line]
    words = shlex.split(line[line.index("curl") :])
    name, _, value = words[words.index("-H") + 1].partition(": ")
    address = next(word for word in words if word.startswith("http"))
    body = words[words.index("-d") + 1]
    response = httpx.post(address, content=body, headers={name: value})
    assert response.status_code == 200
    assert response.json()["score"] == "sins"


def test_it_answers_under_load_from_one_connection(service: RunningService) -> None:
    with httpx.Client(base_url=service.address) as client:
        for path in ("/health/live", "/health/ready", "/cds-services", "/openapi.json"):
            assert client.get(path).status_code == 200, path
        hook = "/cds-services/spinal-metastasis-patient-view"
        for _ in range(20):
            response = client.post(hook, json=hook_request(spinal_lesion("T11")))
            assert response.json()["cards"][0]["summary"].startswith("T11: SINS 18")


def test_the_clock_can_be_fixed(service: RunningService) -> None:
    response = httpx.post(f"{service.address}/api/v1/assessments", json={"resourceType": "Bundle"})
    assert response.json()["as_of"] == "2026-11-20T12:00:00+00:00"


def test_no_answer_names_the_server(service: RunningService) -> None:
    assert "server" not in httpx.get(f"{service.address}/health/live").headers


def test_it_stops_when_it_is_told_to_and_writes_no_traceback() -> None:
    with serving() as running:
        running.stop()
        assert "Traceback" not in running.stderr
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{running.address}/health/live")


def test_the_service_profile_starts_behind_a_gateway_and_greets_nobody() -> None:
    with serving(**PRODUCTION, host="127.0.0.1", drain_seconds="0") as running:
        assert httpx.get(f"{running.address}/").status_code == 404
        assert httpx.get(f"{running.address}/cds-services").status_code == 200
        running.stop()
        assert running.stdout == ""


def refused(*arguments: str, **settings: str) -> str:
    """What it says while it refuses to start."""
    done = subprocess.run(  # noqa: S603  our own command
        [*COMMAND, "serve", *arguments],
        env=environment({f"SPINE_METS_{name.upper()}": value for name, value in settings.items()}),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode != 0
    return done.stdout + done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "ehr.example.org", ""])  # noqa: S104  that is what is refused
def test_the_demo_listens_on_loopback_only(host: str) -> None:
    said = refused(host=host)
    assert "SPINE_METS_HOST" in said
    assert "Traceback" not in said
    assert "Open" not in said
    assert "SPINE_METS_HOST" in refused("--host", host)


REFUSED = {
    "profile": ("hospital", "SPINE_METS_PROFILE"),
    "port": ("70000", "SPINE_METS_PORT"),
    "as_of": ("2026-11-20", "SPINE_METS_AS_OF"),
    "authentication": ("basic", "SPINE_METS_AUTHENTICATION"),
    "max_hook_bytes": ("0", "SPINE_METS_MAX_HOOK_BYTES"),
    "ballot": ("discovery-version, everything", "SPINE_METS_BALLOT: "),
    "public_base_url": ("http://cds.example.org", "SPINE_METS_PUBLIC_BASE_URL: must be an https address"),
    "database": ("mysql://database.example.org/x", "SPINE_METS_DATABASE: "),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_bad_value_stops_it_with_the_name_of_the_variable(name: str) -> None:
    value, variable = REFUSED[name]
    said = refused(**{name: value})
    assert variable in said
    assert "Traceback" not in said


def test_a_database_that_does_not_answer_stops_it_and_says_what_to_check() -> None:
    said = refused(database="postgresql://nobody@127.0.0.1:1/none")
    assert "SPINE_METS_DATABASE: the database does not answer" in said
    assert "check that it runs" in said
    assert "nobody" not in said
    assert "Traceback" not in said


def test_a_setting_that_is_misspelt_is_named() -> None:
    said = refused(audit_falure="open", profile="service")
    assert "SPINE_METS_AUDIT_FALURE is no setting" in said
    assert "SPINE_METS_PROFILE is no setting" not in said


MISSING = {
    "authentication": "SPINE_METS_AUTHENTICATION=gateway",
    "public_base_url": "SPINE_METS_PUBLIC_BASE_URL must be set",
    "pseudonym_key": "SPINE_METS_PSEUDONYM_KEY_FILE must be set",
}


@pytest.mark.parametrize("name", sorted(MISSING))
def test_what_a_service_for_patients_needs_is_asked_for(name: str) -> None:
    said = refused(**{one: value for one, value in PRODUCTION.items() if one != name})
    assert MISSING[name] in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [("as_of", "2026-11-20T12:00:00Z"), ("demo_cors_origins", "https://sandbox.example.org")],
)
def test_what_is_for_the_demo_only_is_refused_elsewhere(name: str, value: str) -> None:
    said = refused(**{**PRODUCTION, name: value})
    assert f"SPINE_METS_{name.upper()} is for the demo profile only" in said


UNUSABLE = {
    "a policy that is no choice": ("policy", '{"SINS-E1": "x"}', "SINS-E1"),
    "a policy that does not exist": ("policy", '{"SINS-X": "upper"}', "SINS-X"),
    "a window that is none": ("windows", '{"pain": "14/7"}', "window"),
    "a demo server elsewhere": (
        "demo_fhir_servers",
        "http://ehr.example.org/f",
        "this machine",
    ),
    "a server that is no address": ("fhir_servers", '[{"base": "ftp://ehr.example.org"}]', "http"),
    "a private server": (
        "fhir_servers",
        '[{"base": "https://10.0.0.1/fhir"}]',
        "private network",
    ),
    "a code map that is not there": ("code_map", "no-such-map.json", "no-such-map.json"),
}


@pytest.mark.parametrize("name", sorted(UNUSABLE))
def test_a_policy_or_a_code_map_that_cannot_be_used_stops_it(name: str) -> None:
    variable, value, named = UNUSABLE[name]
    assert named in refused(**{variable: value})


@pytest.mark.parametrize("name", sorted(UNUSABLE))
def test_and_does_so_with_the_name_of_the_variable(name: str) -> None:
    variable, value, _ = UNUSABLE[name]
    said = refused(**{variable: value})
    assert f"SPINE_METS_{variable.upper()}" in said
    assert "Traceback" not in said
    assert "Open" not in said


@pytest.mark.parametrize("variable", ["policy", "windows"])
def test_a_value_that_is_no_json_is_named(variable: str) -> None:
    said = refused(**{variable: "upper"})
    assert f"SPINE_METS_{variable.upper()}" in said
    assert "Traceback" not in said


def test_a_client_that_cannot_be_used_stops_it() -> None:
    said = refused(clients='[{"iss": "https://ehr.example.org"}]', public_base_url="https://cds.example.org")
    assert "SPINE_METS_CLIENTS: " in said
    assert "give keys or jku" in said
    assert "Traceback" not in said
    assert "Open" not in said


def test_an_address_of_version_6_is_printed_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    cli._greet(Settings(host="::1", port=8000))
    assert re.search(r"Open  http://\[::1\]:8000/", capsys.readouterr().out)
