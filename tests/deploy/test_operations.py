"""The page for operators: every name on it is one of the product, and every number is the one that holds."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from app.audit_command import audit
from app.serving import Limits
from app.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operations.md").read_text()
# Read by the compose file, not by the service.
OF_COMPOSE = {"CONFIGURATION"}


def test_every_setting_exists() -> None:
    named = set(re.findall(r"SPINE_METS_([A-Z_]+)", PAGE))
    assert named - OF_COMPOSE <= {name.upper() for name in Settings.model_fields}
    assert "SPINE_METS_CONFIGURATION" in (ROOT / "deploy/compose.yaml").read_text()


def test_every_link_leads_to_a_file() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", PAGE) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []


def test_every_command_exists() -> None:
    commands: Any = get_command(audit)
    named = set(re.findall(r"spine-mets audit (\w+)", PAGE))
    assert named == {"key", "prune", "records", "verify"}
    assert named <= set(commands.commands)


def test_every_target_exists() -> None:
    targets = re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text())
    assert set(re.findall(r"`make ([a-z]+)`", PAGE)) == {"bench", "sbom", "vulnerabilities"}
    assert set(re.findall(r"`make ([a-z]+)`", PAGE)) <= set(targets)


def test_every_metric_exists() -> None:
    code = "".join(path.read_text() for path in (ROOT / "app/metrics").glob("*.py"))
    named = {name.removesuffix("_total") for name in re.findall(r"cds_[a-z_]+", PAGE)}
    assert len(named) > 10
    assert {name for name in named if f'"{name}"' not in code} == set()


RULES: list[dict[str, str]] = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/prometheus/rules.yaml").read_text())["groups"]
    for rule in group["rules"]
]
RECORDED = {rule["record"]: rule["expr"] for rule in RULES if "record" in rule}


def counted_in(expression: str) -> set[str]:
    """The metrics that an expression comes of, through what is recorded."""
    found: set[str] = set()
    for name in re.findall(r"\bcds[_:][a-zA-Z0-9_:]+", expression):
        found |= counted_in(RECORDED[name]) if name in RECORDED else {name.removesuffix("_bucket")}
    return found


@pytest.mark.parametrize("rule", [rule for rule in RULES if "alert" in rule], ids=lambda rule: rule["alert"])
def test_every_alert_is_explained(rule: dict[str, str]) -> None:
    table = PAGE.partition("## Metrics and alerts")[2].partition("\n## ")[0]
    counts = counted_in(rule["expr"])
    assert counts
    assert any(f"`{name}" in table for name in counts), counts


def test_what_is_refused_before_it_is_evaluated_is_in_the_alert_for_outages() -> None:
    (fast,) = [rule for rule in RULES if rule.get("alert") == "SpineMetsErrorBudgetBurnsFast"]
    assert counted_in(fast["expr"]) == {"cds_http_requests_total"}
    assert '| `cds_http_requests_total{status=~"5.."}`' in PAGE


def test_the_namespace_comes_before_the_secret_and_both_before_the_rest() -> None:
    steps = ("docker push", "apply -f deploy/kubernetes/namespace.yaml", "create secret", "apply -k")
    places = [PAGE.index(step) for step in steps]
    assert places == sorted(places)


def test_the_jobs_run_when_the_page_says() -> None:
    jobs = yaml.safe_load_all((ROOT / "deploy/kubernetes/audit-jobs.yaml").read_text())
    times = {job["metadata"]["name"]: job["spec"]["schedule"].split()[:2] for job in jobs}
    (minute, hour), (later, last) = times["audit-verify"], times["audit-prune"]
    said = f"verify at {int(hour):02}:{minute} UTC and prune at {int(last):02}:{later}."
    assert said in " ".join(PAGE.split())


@pytest.mark.parametrize("page", ["operations", "ehr-clients", "tenants"])
def test_every_page_says_the_same_of_a_changed_key_set(page: str) -> None:
    text = " ".join((ROOT / f"docs/{page}.md").read_text().split())
    said = [one for one in re.split(r"(?<=[.|]) ", text) if "SIGHUP" in one and "`keys`" in one]
    assert said
    assert all("restart" in one or "rolling update" in one for one in said)
    assert re.search(r"`keys`.{0,160}when the entry[\w ]* that names (?:it|them) changes", text)


@pytest.mark.parametrize(
    "said",
    [
        f"what is under way is answered | at most {Limits().stop} |",
        f"answers what it has for {Limits().retire:g} seconds",
        f"closed, as it is after {Limits().idle} idle seconds",
        f"(`SPINE_METS_RETENTION_DAYS` ({Settings().retention_days:,})"[1:],
    ],
)
def test_every_number_is_the_one_of_the_code(said: str) -> None:
    assert said in PAGE
