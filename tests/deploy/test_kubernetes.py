"""The Kubernetes manifests: valid, as strict as a restricted namespace wants, and fitting the service."""

import re
import tomllib
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]  # it has no types
import pytest
import yaml
from fastapi import FastAPI
from typer.main import get_command

from app.audit_command import audit
from app.cli import app as command_line
from app.serving import Limits
from app.settings import Settings
from app.settings.tenants import read_tenants

FOLDER = Path(__file__).parents[2] / "deploy/kubernetes"
# The oldest release that is still looked after by those who make it.
OLDEST = "1.34"
LIBPQ = {"PGSERVICEFILE"}
# RFC 5737: for examples, routed nowhere.
EXAMPLES = [ip_network("192.0.2.0/24"), ip_network("198.51.100.0/24"), ip_network("203.0.113.0/24")]


def _manifests() -> Iterator[Any]:
    for file in sorted(FOLDER.glob("*.yaml")):
        if file.name != "kustomization.yaml":
            for document in yaml.safe_load_all(file.read_text()):
                yield pytest.param(document, id=f"{document['kind']}-{document['metadata']['name']}")


ALL = list(_manifests())
DOCUMENTS: list[dict[str, Any]] = [parameter.values[0] for parameter in ALL]


def found(kind: str, name: str) -> dict[str, Any]:
    (document,) = [d for d in DOCUMENTS if d["kind"] == kind and d["metadata"]["name"] == name]
    return document


def pod_of(document: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = document["spec"]
    if document["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    pod: dict[str, Any] = spec["template"]["spec"]
    return pod


PODS = [parameter for parameter in ALL if parameter.values[0]["kind"] in ("Deployment", "CronJob")]
SERVICE = pod_of(found("Deployment", "spine-mets"))
CONTAINER: dict[str, Any] = SERVICE["containers"][0]
ENVIRONMENT: dict[str, str] = found("ConfigMap", "spine-mets-settings")["data"]


@pytest.mark.parametrize("version", [OLDEST, kubernetes_validate.latest_version()])
@pytest.mark.parametrize("document", ALL)
def test_a_manifest_is_valid(document: dict[str, Any], version: str) -> None:
    # It returns the version that it checked against, and raises where something does not fit.
    assert kubernetes_validate.validate(document, version, strict=True)


def test_every_file_is_listed() -> None:
    kustomization = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
    files = {file.name for file in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert sorted(kustomization["resources"]) == sorted(files)
    version = tomllib.loads((FOLDER.parents[1] / "pyproject.toml").read_text())["project"]["version"]
    (image,) = kustomization["images"]
    assert (image["name"], image["newTag"]) == ("spine-mets-cds", version)


@pytest.mark.parametrize("document", PODS)
def test_a_pod_has_no_rights_that_it_does_not_need(document: dict[str, Any]) -> None:
    pod = pod_of(document)
    assert pod["automountServiceAccountToken"] is False
    security = pod["securityContext"]
    assert security["runAsNonRoot"] is True
    assert f"USER {security['runAsUser']}:{security['runAsGroup']}\n" in dockerfile()
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert set(container["resources"]["limits"]) == {"cpu", "memory"}


@pytest.mark.parametrize("document", PODS)
def test_secrets_are_files_that_only_their_owner_reads(document: dict[str, Any]) -> None:
    pod = pod_of(document)
    secrets = [volume["secret"] for volume in pod["volumes"] if "secret" in volume]
    assert [secret["defaultMode"] for secret in secrets] == [0o400]
    for container in pod["containers"]:
        assert "env" not in container
        assert container["envFrom"] == [{"configMapRef": {"name": "spine-mets-settings"}}]


def keys_of(job: str) -> set[str]:
    (secret,) = [v["secret"] for v in pod_of(found("CronJob", job))["volumes"] if "secret" in v]
    return {item["key"] for item in secret["items"]}


def test_only_the_job_that_signs_holds_the_key_to_sign_with() -> None:
    assert keys_of("audit-verify") == {"pg_service.conf", "audit-public-key.pem"}
    assert keys_of("audit-prune") == {"pg_service.conf", "audit-key.pem"}


def test_chains_are_verified_before_anything_is_deleted() -> None:
    minute, hour = {}, {}
    for job in ("audit-verify", "audit-prune"):
        spec = found("CronJob", job)["spec"]
        assert spec["timeZone"] == "Etc/UTC"
        minute[job], hour[job], *days = spec["schedule"].split()
        assert days == ["*", "*", "*"]
    assert (int(hour["audit-verify"]), int(minute["audit-verify"])) < (
        int(hour["audit-prune"]),
        int(minute["audit-prune"]),
    )


@pytest.mark.parametrize("document", PODS)
def test_whoever_opens_the_database_can_judge_its_certificate(document: dict[str, Any]) -> None:
    (container,) = pod_of(document)["containers"]
    (mount,) = [m for m in container["volumeMounts"] if m["name"] == "certificates"]
    assert mount == {
        "name": "certificates",
        "mountPath": "/etc/spine-mets/certificates",
        "readOnly": True,
    }
    (volume,) = [v for v in pod_of(document)["volumes"] if v["name"] == "certificates"]
    # Where the system's certificates will do, there is nothing to make.
    assert volume["configMap"] == {"name": "spine-mets-certificates", "optional": True}


def test_only_the_job_that_signs_writes_to_the_heads() -> None:
    mounts = {
        job: [
            m.get("readOnly", False)
            for m in pod_of(found("CronJob", job))["containers"][0]["volumeMounts"]
            if m["name"] == "heads"
        ]
        for job in ("audit-prune", "audit-verify")
    }
    assert mounts == {"audit-prune": [False], "audit-verify": [True]}


@pytest.mark.parametrize("document", PODS)
def test_every_mount_has_its_volume_and_every_volume_its_claim(document: dict[str, Any]) -> None:
    pod = pod_of(document)
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounted = {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]}
    assert mounted == set(volumes)
    for volume in volumes.values():
        if "persistentVolumeClaim" in volume:
            assert found("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"])
        if "configMap" in volume and not volume["configMap"].get("optional"):
            assert found("ConfigMap", volume["configMap"]["name"])


def test_the_probes_ask_what_the_service_answers(app: FastAPI) -> None:
    asked = {kind: CONTAINER[kind]["httpGet"] for kind in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert {kind: probe["path"] for kind, probe in asked.items()} == {
        "startupProbe": "/health/startup",
        "livenessProbe": "/health/live",
        "readinessProbe": "/health/ready",
    }
    assert {probe["path"] for probe in asked.values()} <= set(app.openapi()["paths"])
    assert {probe["port"] for probe in asked.values()} == {"http"}


def test_the_ports_agree() -> None:
    assert CONTAINER["ports"] == [{"name": "http", "containerPort": int(ENVIRONMENT["SPINE_METS_PORT"])}]
    (port,) = found("Service", "spine-mets")["spec"]["ports"]
    assert port["targetPort"] == "http"
    incoming = found("NetworkPolicy", "from-gateway-and-monitoring")["spec"]["ingress"]
    assert {entry["port"] for rule in incoming for entry in rule["ports"]} == {"http"}


def test_whoever_selects_the_service_selects_its_pods() -> None:
    deployment = found("Deployment", "spine-mets")["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"] == labels
    assert found("Service", "spine-mets")["spec"]["selector"] == labels
    assert found("PodDisruptionBudget", "spine-mets")["spec"]["selector"]["matchLabels"] == labels
    for name in ("from-gateway-and-monitoring", "to-fhir-servers-and-key-sets"):
        assert found("NetworkPolicy", name)["spec"]["podSelector"]["matchLabels"] == labels


def test_an_update_takes_no_replica_away_before_another_is_ready() -> None:
    spec = found("Deployment", "spine-mets")["spec"]
    assert spec["replicas"] >= 2
    assert spec["strategy"]["type"] == "RollingUpdate"
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert found("PodDisruptionBudget", "spine-mets")["spec"]["minAvailable"] >= 1


def test_the_settings_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {f"SPINE_METS_{name.upper()}" for name in Settings.model_fields}
    assert set(ENVIRONMENT) - known == LIBPQ
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert (settings.profile.value, settings.authentication) == ("service", "service")
    assert SERVICE["terminationGracePeriodSeconds"] >= settings.drain + Limits().stop + 10
    assert SERVICE["terminationGracePeriodSeconds"] > settings.drain + settings.body_deadline
    # A pod that is stopping is not ready for longer than it takes to see that.
    assert (
        CONTAINER["readinessProbe"]["periodSeconds"] + CONTAINER["readinessProbe"]["timeoutSeconds"]
        < settings.drain
    )
    # What it writes to is a volume, and what it reads is mounted.
    mounts = {Path(mount["mountPath"]) for mount in CONTAINER["volumeMounts"]}
    paths = [Path(value) for value in ENVIRONMENT.values() if value.startswith("/")]
    assert len(paths) == 7
    assert all(any(path.is_relative_to(mount) for mount in mounts) for path in paths)


def test_the_example_of_the_tenants_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "tenants.yaml"
    file.write_text(found("ConfigMap", "spine-mets-tenants")["data"]["tenants.yaml"])
    assert [entry.name for entry in read_tenants(file).entries] == ["example-hospital"]


def test_the_jobs_call_commands_that_exist() -> None:
    commands: Any = get_command(command_line)
    jobs: Any = get_command(audit)
    assert CONTAINER["args"][0] in commands.commands
    for name in ("audit-prune", "audit-verify"):
        (container,) = pod_of(found("CronJob", name))["containers"]
        group, job = container["args"]
        assert group == "audit"
        assert job in jobs.commands


def test_nothing_goes_in_or_out_that_is_not_named() -> None:
    closed = found("NetworkPolicy", "default-deny")["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    policies = [document["spec"] for document in DOCUMENTS if document["kind"] == "NetworkPolicy"]
    rules = [rule for spec in policies for rule in (*spec.get("ingress", []), *spec.get("egress", []))]
    # A rule without peers or without ports would let everybody through, or everywhere.
    assert rules
    assert all(rule["ports"] and (rule.get("from") or rule.get("to")) for rule in rules)
    blocks = [peer["ipBlock"]["cidr"] for rule in rules for peer in rule.get("to", []) if "ipBlock" in peer]
    assert len(blocks) == 2
    for block in map(ip_network, blocks):
        assert any(block.version == one.version and block.subnet_of(one) for one in EXAMPLES)  # type: ignore[arg-type]  # the versions agree


def test_every_example_says_that_it_is_to_be_replaced() -> None:
    for file in FOLDER.glob("*.yaml"):
        lines = file.read_text().splitlines()
        for number, line in enumerate(lines):
            if re.search(r"example\.org|cidr:|metadata\.name: (gateway|monitoring)", line):
                before = "\n".join(lines[max(0, number - 12) : number])
                assert "Replace:" in before or "Where your registry" in before, f"{file.name}: {line.strip()}"


def dockerfile() -> str:
    return (FOLDER.parents[1] / "Dockerfile").read_text()
