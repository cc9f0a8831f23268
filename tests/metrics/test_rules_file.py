"""The rules and alerts for Prometheus name what is counted, and nothing else."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.metrics.counted import metrics, told

FILE = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules.yaml"
NAME = re.compile(r"\bcds[_:][a-zA-Z0-9_:]+")
LABELS = re.compile(r"^# TYPE (\S+) (\S+)$", re.MULTILINE)
SUFFIXES = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(FILE.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def counted() -> set[str]:
    return {name + suffix for name, kind in LABELS.findall(told(metrics())) for suffix in SUFFIXES[kind]}


def test_every_name_is_counted_or_recorded_before() -> None:
    known = counted()
    for rule in rules():
        assert set(NAME.findall(rule["expr"])) <= known, rule
        if "record" in rule:
            known.add(rule["record"])


@pytest.mark.parametrize(
    "rule", [rule for rule in rules() if "alert" in rule], ids=lambda rule: rule["alert"]
)
def test_every_alert_says_what_happened_and_how_urgent_it_is(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"].endswith(".")


def test_each_is_written_once_and_its_brackets_close() -> None:
    names = [rule.get("record", rule.get("alert")) for rule in rules()]
    assert len(names) == len(set(names))
    for rule in rules():
        assert rule["expr"].count("(") == rule["expr"].count(")")
        assert rule["expr"].count("{") == rule["expr"].count("}")


def test_every_name_that_dashboards_rely_on_is_there() -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    named = {
        "cds_requests_total", "cds_request_seconds_bucket", "cds_deadline_exceeded_total",
        "cds_prefetch_total",
        "cds_fhir_requests_total", "cds_fhir_seconds_bucket", "cds_fhir_calls_per_hook_bucket",
        "cds_token_use_total", "cds_data_gap_total", "cds_rule_evaluated_total", "cds_cards_total",
        "cds_cards_per_response_bucket", "cds_silent_response_total", "cds_feedback_total",
        "cds_override_reason_total", "cds_time_to_feedback_seconds_bucket", "cds_wrong_patient_total",
        "cds_url_refused_total", "cds_auth_failure_total", "cds_replay_total", "cds_breaker_state",
        "cds_audit_lag_seconds", "cds_audit_waiting", "cds_audit_lost_total", "cds_build_info",
    }  # fmt: skip
    assert named <= counted()
    assert {"cds_acceptance_ratio", "cds_silent_response_ratio", "cds_firing_rate_change"} <= recorded
