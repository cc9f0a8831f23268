"""Generated calls of every operation, held against the document by every check there is."""

import re
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    unsupported_method,
)

from tests.contract.served import application, walked

EXAMPLES = 40
NUMBERS = count()
PATHS: Mapping[str, Mapping[str, Any]] = application().openapi()["paths"]
# One address that is documented under two paths: GET for any name, POST under the name itself.
_NAMED = ("/api/v1/scores/", "/api/v1/pathways/")
_TWICE = [
    path
    for path, operations in PATHS.items()
    if path.startswith(_NAMED) and not {"get", "post"} <= set(operations)
]
# JSON Schema cannot say that one number is not above another, or that a day exists.
_BETWEEN_NUMBERS = [
    path
    for path in PATHS
    if path.startswith("/api/v1/pathways/")
    or path.removeprefix("/api/v1/scores/")
    in (
        "pain-bands",
        "morphine-equivalents",
        "odi",
        "qlq-bm22",
        "quality-adjusted-life-years",
        "external-prognosis",
    )
]
# Every check that is left out, by the path it is left out for, with its reason.
LEFT_OUT: Mapping[str, Sequence[CheckFunction]] = {
    **dict.fromkeys(_TWICE, (unsupported_method, allow_header_conformance)),
    **{
        path: (
            positive_data_acceptance,
            *((unsupported_method, allow_header_conformance) if path in _TWICE else ()),
        )
        for path in _BETWEEN_NUMBERS
    },
    # No FHIR server is set up here: every patient is answered with 412, which says so.
    "/api/v1/patient-assessments": (positive_data_acceptance,),
    # CDS Hooks answers a good request whose data are not to be had with 412, and most made up ones are.
    # Of feedback no schema can say that accepted needs a suggestion, nor bound the moment of an outcome.
    # And an ill-formed fhirAuthorization gives no access, and is no error.
    **{
        path: (positive_data_acceptance, *(() if path.endswith("/feedback") else (negative_data_rejection,)))
        for path in PATHS
        if path.startswith("/cds-services/spinal")
    },
    # Nor which texts are days of the calendar.
    "/api/v1/feedback/summary": (positive_data_acceptance,),
    # Tolerant in: an entry that is no entry is set aside and said, and costs the rest nothing.
    "/api/v1/assessments": (negative_data_rejection,),
    # The same, and a Bundle that is none is told of its own item; nor can a schema say that ids are unique.
    "/api/v1/assessments/batch": (negative_data_rejection, positive_data_acceptance),
}
schema = schemathesis.openapi.from_asgi("/openapi.json", walked(application()))


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_keeps_its_promise(case: schemathesis.Case[Any]) -> None:
    # A key is for one request: what is drawn again for another one is refused, and no schema can say so.
    key = case.headers.get("Idempotency-Key")
    if key is not None and re.fullmatch(r"[!-~]{1,128}", key) and not set(key) & {'"', "\\"}:
        case.headers["Idempotency-Key"] = f"case-{next(NUMBERS)}"
    elif key is not None and re.fullmatch(r'"(?:[!#-\[\]-~]|\\["\\]){1,128}"', key):
        case.headers["Idempotency-Key"] = f'"case-{next(NUMBERS)}"'
    case.call_and_validate(excluded_checks=list(LEFT_OUT.get(case.operation.path, ())))


def test_what_is_left_out_is_left_out_for_a_path_that_exists() -> None:
    assert set(LEFT_OUT) <= set(PATHS)
    assert len(_TWICE) > 10
