"""What a token lets be read, and until when (R68, R69)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fhir.server.access import OPEN, Access, Coverage, until


@pytest.mark.conforms("R68", "R69")
@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        ("user/Observation.read", Coverage.ALL),
        ("patient/Observation.read", Coverage.ALL),
        ("system/Observation.read", Coverage.ALL),
        ("user/Observation.*", Coverage.ALL),
        ("user/*.read", Coverage.ALL),
        ("patient/*.*", Coverage.ALL),
        ("user/Observation.rs", Coverage.ALL),
        ("user/Observation.cruds", Coverage.ALL),
        ("user/Observation.s", Coverage.ALL),
        ("patient/*.rs", Coverage.ALL),
        ("launch openid user/Observation.rs", Coverage.ALL),
        ("user/Observation.r", Coverage.NONE),
        ("user/Observation.write", Coverage.NONE),
        ("user/Observation.cud", Coverage.NONE),
        ("user/Condition.read", Coverage.NONE),
        ("user/Condition.rs patient/Patient.read", Coverage.NONE),
        ("patient/Observation.rs?category=laboratory", Coverage.PART),
        ("patient/Observation.rs?category=laboratory patient/Observation.rs", Coverage.ALL),
        ("patient/Observation.rs?category=a patient/Condition.rs", Coverage.PART),
    ],
)
def test_a_scope_in_smarts_way_rules_what_may_be_searched(scope: str, covered: Coverage) -> None:
    assert Access("t", scope=scope).covers("Observation", search=True) is covered


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        ("patient/Patient.r", Coverage.ALL),
        ("patient/Patient.read", Coverage.ALL),
        ("patient/Patient.s", Coverage.NONE),
        ("patient/*.rs", Coverage.ALL),
    ],
)
def test_a_read_needs_the_right_to_read(scope: str, covered: Coverage) -> None:
    assert Access("t", scope=scope).covers("Patient", search=False) is covered


@pytest.mark.parametrize(
    "scope", [None, "", "   ", "launch openid", "PATIENT.READ OBSERVATION.SEARCH", "user/x.y"]
)
def test_a_scope_that_names_nothing_in_smarts_way_rules_nothing_out(scope: str | None) -> None:
    assert Access("t", scope=scope).covers("Observation", search=True) is Coverage.ALL


@given(st.text(max_size=60), st.sampled_from(["Patient", "Observation", "Condition"]), st.booleans())
def test_any_text_is_a_scope(scope: str, kind: str, search: bool) -> None:
    assert Access("t", scope=scope).covers(kind, search=search) in Coverage


@pytest.mark.conforms("R68")
@pytest.mark.parametrize(
    ("expires_in", "later", "holds"),
    [
        (300, 0, True),
        (300, 294.9, True),
        (300, 295, False),
        (6, 0.9, True),
        (6, 1, False),
        (5, 0, False),
        (0, 0, False),
    ],
)
def test_a_token_is_not_used_in_its_last_five_seconds(expires_in: int, later: float, holds: bool) -> None:
    access = Access("t", until(1000.0, expires_in))
    assert access.holds_at(1000.0 + later) is holds


def test_an_open_server_needs_no_token_and_its_access_does_not_end() -> None:
    assert OPEN.token is None
    assert OPEN.holds_at(1e12)


def test_a_token_is_never_shown() -> None:
    assert "canary" not in repr(Access("canary-token", 5.0, "user/*.rs"))
