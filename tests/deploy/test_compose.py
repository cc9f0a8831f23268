"""The compose file: what has to hold for it to be safe, and that it fits the image and the settings."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.serving import Limits
from app.settings import Profile, Settings

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"\$\{(\w+)(?::[-?]([^}]*))?\}")
LIBPQ = {"PGSERVICEFILE"}
HANDED_ON = ("SHADOW", "AUDIT_FAILURE", "RETENTION_DAYS", "LEGAL_HOLD", "KNOWLEDGE_DIGEST")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
    return found


@pytest.fixture(scope="module")
def service(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["services"]["service"]
    return found


def filled(container: dict[str, Any]) -> dict[str, str]:
    """The environment of a container as compose makes it where nothing is set."""
    return {
        name: VARIABLE.sub(r"\2", value)
        for name, value in container["environment"].items()
        if value is not None
    }


@pytest.mark.parametrize("name", ["service", "database"])
def test_every_container_has_as_few_rights_as_it_needs(document: dict[str, Any], name: str) -> None:
    container = document["services"][name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert "cap_add" not in container
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert int(container["user"].partition(":")[0]) > 0
    assert container["mem_limit"]
    assert not {"privileged", "network_mode", "pid", "ipc", "devices"} & set(container)


def test_every_image_is_one_version(document: dict[str, Any]) -> None:
    images = {name: one["image"] for name, one in document["services"].items()}
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert images["service"] == f"spine-mets-cds:{version}"
    assert re.fullmatch(r"postgres:\d+\.\d+-[a-z]+(@sha256:[0-9a-f]{64})?", images["database"])


def test_the_service_runs_as_the_user_of_the_image(service: dict[str, Any]) -> None:
    assert f"USER {service['user']}\n" in (ROOT / "Dockerfile").read_text()


def test_the_service_is_reached_on_this_machine_alone_and_the_database_by_nobody(
    document: dict[str, Any], service: dict[str, Any]
) -> None:
    assert service["ports"] == ["127.0.0.1:8000:8000"]
    database = document["services"]["database"]
    assert "ports" not in database
    assert [document["networks"][name].get("internal") for name in database["networks"]] == [True]


def test_secrets_are_files_of_the_machine_and_none_is_written_down(document: dict[str, Any]) -> None:
    used = {name for one in document["services"].values() for name in one["secrets"]}
    assert used == set(document["secrets"])
    assert all(set(secret) == {"file"} for secret in document["secrets"].values())
    # Filled in as compose does, every one is a file outside this repository.
    files = [VARIABLE.sub(r"\2", secret["file"]) for secret in document["secrets"].values()]
    assert all(file.startswith("/etc/spine-mets/secrets/") for file in files)
    for one in document["services"].values():
        for name, value in filled(one).items():
            assert "password" not in value.lower() or name.endswith("_FILE")


def test_every_secret_that_is_named_is_there(document: dict[str, Any]) -> None:
    for one in document["services"].values():
        named = {
            value.removeprefix("/run/secrets/")
            for value in filled(one).values()
            if value.startswith("/run/secrets/")
        }
        assert named == set(one["secrets"])


def test_every_volume_that_is_used_is_declared(document: dict[str, Any]) -> None:
    # A folder of the machine begins with its variable.
    mounts = [mount for one in document["services"].values() for mount in one["volumes"]]
    named = {mount.partition(":")[0] for mount in mounts if not mount.startswith(("/", "$"))}
    assert named == set(document["volumes"])


def test_the_service_writes_into_volumes_only(service: dict[str, Any]) -> None:
    targets = [mount.split(":")[-1] for mount in service["volumes"] if not mount.endswith(":ro")]
    environment = service["environment"]
    for name in ("SPINE_METS_AUDIT_SPOOL", "SPINE_METS_AUDIT_HEADS"):
        assert any(Path(environment[name]).is_relative_to(target) for target in targets), name


def test_the_settings_are_accepted(service: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    image = dict(re.findall(r"(SPINE_METS_\w+)=(\S+)", (ROOT / "Dockerfile").read_text()))
    environment = image | filled(service)
    environment["SPINE_METS_PUBLIC_BASE_URL"] = "https://cds.example.org"
    known = {f"SPINE_METS_{name.upper()}" for name in Settings.model_fields}
    assert set(environment) - known == LIBPQ
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert (settings.profile.value, settings.authentication) == ("service", "service")
    # What compose hands on says, left alone, what the service says itself.
    for name in HANDED_ON:
        assert getattr(settings, name.lower()) == Settings.model_fields[name.lower()].default


def test_what_an_operator_changes_needs_no_other_compose_file(service: dict[str, Any]) -> None:
    for name in HANDED_ON:
        value = service["environment"][f"SPINE_METS_{name}"]
        assert value is None or value.startswith(f"${{SPINE_METS_{name}:-")


def test_the_folders_of_the_machine_cannot_be_written_to(service: dict[str, Any]) -> None:
    folders = {mount.split("}/")[1] for mount in service["volumes"] if mount.startswith("${")}
    assert folders == {f"{name}:/etc/spine-mets/{name}:ro" for name in ("tenants", "certificates", "keys")}


def test_the_address_of_clients_has_no_default(service: dict[str, Any]) -> None:
    assert service["environment"]["SPINE_METS_PUBLIC_BASE_URL"].startswith("${SPINE_METS_PUBLIC_BASE_URL:?")


def test_the_service_waits_for_its_database(document: dict[str, Any], service: dict[str, Any]) -> None:
    assert service["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert document["services"]["database"]["healthcheck"]["test"][1] == "pg_isready"
    # Its own health check is the image's.
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()
    assert "healthcheck" not in service


def test_a_stop_has_time_enough(service: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPINE_METS_DRAIN_SECONDS", raising=False)
    drain = Settings(**PRODUCTION).drain
    grace = int(service["stop_grace_period"].removesuffix("s"))
    assert grace >= drain + Limits().stop + 10


PRODUCTION: dict[str, Any] = {
    "profile": Profile.SERVICE,
    "authentication": "gateway",
    "public_base_url": "https://cds.example.org",
    "pseudonym_key": "an invented key of more than thirty-two characters",
}
