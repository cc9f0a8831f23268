"""What is counted of a call, from what was decided (hardening 4.3)."""

import pytest

from app.decision import Shown, Told
from app.errors import AnotherPatientError
from app.fhir.server.failure import Failure
from tests.metrics.counted import HOOK, SERVICE, decision, labels_of, metrics, told, value

OF_CALL = {"tenant": "default", "service": SERVICE, "hook": HOOK}
SINS = Shown("u-1", "sins", "SINS-B3", "critical", "00")


def test_a_call_is_counted_by_its_status_and_its_time() -> None:
    counted = metrics()
    counted.decided(decision(milliseconds=40.0))
    counted.decided(decision(status=412, milliseconds=12_000.0))
    text = told(counted)
    assert value(text, "cds_requests_total", status="200", **OF_CALL) == 1
    assert value(text, "cds_requests_total", status="412", **OF_CALL) == 1
    assert value(text, "cds_request_seconds_count", **OF_CALL) == 2
    assert value(text, "cds_request_seconds_bucket", le="0.05", **OF_CALL) == 1
    assert value(text, "cds_request_seconds_bucket", le="10.0", **OF_CALL) == 1


def test_rest_is_counted_by_operation() -> None:
    counted = metrics()
    counted.decided(decision(kind="assessment", service="assessBundle", hook=None))
    assert value(told(counted), "cds_requests_total", service="assessBundle", hook="none") == 1


def test_what_was_sent_and_what_came_of_the_token() -> None:
    counted = metrics()
    counted.decided(decision(sent={"patient": "hit", "medications": "missing"}, token="rejected"))  # noqa: S106  a word for what came of it, no secret
    text = told(counted)
    assert value(text, "cds_prefetch_total", key="patient", state="hit") == 1
    assert value(text, "cds_prefetch_total", key="medications", state="missing") == 1
    assert value(text, "cds_token_use_total", use="rejected") == 1


def test_gaps_are_told_by_code_and_never_by_words() -> None:
    counted = metrics()
    words = "Observation/mrn-4711 carries a modifier this service does not know."
    counted.decided(
        decision(gaps={"observations": (words, Failure.TIMEOUT.code), "procedures": ("not-sent",)})
    )
    text = told(counted)
    assert value(text, "cds_data_gap_total", need="observations", reason="other") == 1
    assert value(text, "cds_data_gap_total", need="observations", reason="timeout") == 1
    assert value(text, "cds_data_gap_total", need="procedures", reason="not-sent") == 1
    assert "4711" not in text


def test_a_server_that_is_not_asked_is_one_refused_address_for_the_whole_call() -> None:
    counted = metrics()
    reason = (Failure.NOT_ASKED.code,)
    counted.decided(decision(gaps={"observations": reason, "procedures": reason}))
    assert value(told(counted), "cds_url_refused_total", kind="fhir-server") == 1


def test_rules_are_counted_over_all_lesions() -> None:
    counted = metrics()
    results = {
        "lesion-1 sins": "unstable",
        "lesion-2 sins": "unstable",
        "lesion-3 sins": "potentially-unstable+unstable",
        "tokuhashi": "under-6-months",
    }
    counted.decided(decision(results=results))
    text = told(counted)
    assert value(text, "cds_rule_evaluated_total", rule="sins", result="unstable") == 2
    assert value(text, "cds_rule_evaluated_total", rule="sins", result="several") == 1
    assert value(text, "cds_rule_evaluated_total", rule="tokuhashi", result="under-6-months") == 1
    assert not any("lesion" in label for label in labels_of(text))


def test_cards_shown_and_held_back() -> None:
    counted = metrics()
    held = Shown("u-2", "mirels", "MIR-R1", "info", "00", shown=False)
    counted.decided(decision(cards=(SINS, held)))
    text = told(counted)
    assert value(text, "cds_cards_total", indicator="critical", topic="sins") == 1
    assert value(text, "cds_cards_total") == 1
    assert value(text, "cds_cards_held_total", topic="mirels") == 1
    assert value(text, "cds_cards_per_response_sum", service=SERVICE) == 1
    assert value(text, "cds_silent_response_total", service=SERVICE) == 0


@pytest.mark.parametrize(("status", "silent"), [(200, 1), (412, 0)])
def test_only_an_answer_can_be_silent(status: int, silent: int) -> None:
    counted = metrics()
    counted.decided(decision(status=status))
    assert value(told(counted), "cds_silent_response_total", service=SERVICE) == silent
    assert value(told(counted), "cds_cards_per_response_count") == silent


def test_requests_made_for_a_call() -> None:
    counted = metrics()
    counted.decided(decision(upstream=7))
    assert value(told(counted), "cds_fhir_calls_per_hook_sum", tenant="default") == 7


def test_another_patient_is_counted_and_other_contradictions_are_not() -> None:
    counted = metrics()
    counted.decided(decision(status=422, fault=AnotherPatientError.code))
    counted.decided(decision(status=422, fault="business-rule"))
    counted.decided(decision(status=401, fault="security"))
    assert value(told(counted), "cds_wrong_patient_total", tenant="default", service=SERVICE) == 1


def test_feedback_by_outcome_reason_and_time() -> None:
    counted = metrics()
    reports = (
        Told("overridden", "patient-refuses", "SINS-B3", 90.0),
        Told("overridden", "reason-a-caller-made-up"),
        Told("accepted", seconds=-5.0),
    )
    counted.decided(decision(kind="feedback", told=reports, results={"overridden": "2", "accepted": "1"}))
    text = told(counted)
    assert value(text, "cds_rule_evaluated_total") == 0
    assert value(text, "cds_feedback_total", rule="SINS-B3", outcome="overridden") == 1
    assert value(text, "cds_feedback_total", rule="unknown", outcome="overridden") == 1
    assert value(text, "cds_feedback_total", rule="unknown", outcome="accepted") == 1
    assert value(text, "cds_override_reason_total", code="patient-refuses") == 1
    assert value(text, "cds_override_reason_total", code="other") == 1
    assert value(text, "cds_time_to_feedback_seconds_count") == 2
    assert value(text, "cds_time_to_feedback_seconds_bucket", le="300.0") == 2
    assert "made-up" not in text


def test_no_label_says_what_a_caller_can_choose() -> None:
    counted = metrics()
    chosen = "Zwykowska 4711"
    card = Shown(chosen, chosen, chosen, chosen, chosen)
    counted.decided(
        decision(
            service="chosen-by-a-caller",
            hook=chosen,
            instance=chosen,
            patient=chosen,
            cards=(card,),
            gaps={chosen: (chosen,)},
            results={f"{chosen} {chosen}": chosen},
            fault=chosen,
            told=(Told(chosen, chosen, chosen),),
        )
    )
    found = labels_of(told(counted))
    assert "Zwykowska" not in "".join(found)
    assert "chosen-by-a-caller" not in found
    assert "other" in found


def test_refusals_and_replays() -> None:
    counted = metrics()
    counted.refused("expired")
    counted.refused("a text that is no code")
    counted.replayed()
    text = told(counted)
    assert value(text, "cds_auth_failure_total", reason="expired") == 1
    assert value(text, "cds_auth_failure_total", reason="other") == 1
    assert value(text, "cds_replay_total") == 1


def test_what_runs() -> None:
    counted = metrics()
    counted.runs("0.1.0", "39da78cc1e3e" + "0" * 52)
    assert value(told(counted), "cds_build_info", version="0.1.0", digest="39da78cc1e3e") == 1


class Trail:
    waiting = 3
    oldest_waiting_seconds = 2.5
    lost = 0
    heads_failing = False


def test_how_far_the_records_of_decisions_have_come() -> None:
    counted, trail = metrics(), Trail()
    assert value(told(counted), "cds_audit_waiting") == 0
    counted.audited_by(trail)
    text = told(counted)
    assert value(text, "cds_audit_waiting") == 3
    assert value(text, "cds_audit_lag_seconds") == 2.5
    assert value(text, "cds_audit_heads_failing") == 0
    trail.lost, trail.heads_failing = 2, True
    # A scrape counts what was lost once.
    assert [value(told(counted), "cds_audit_lost_total") for _ in range(2)] == [2, 2]
    assert value(told(counted), "cds_audit_heads_failing") == 1


def test_two_applications_count_apart() -> None:
    one, other = metrics(), metrics()
    one.decided(decision())
    assert value(told(one), "cds_requests_total") == 1
    assert value(told(other), "cds_requests_total") == 0
