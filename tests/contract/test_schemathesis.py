"""Generated calls of every operation, held against the document by every check there is."""

from collections.abc import Mapping, Sequence
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

from tests.contract.served import application

EXAMPLES = 40
# Every check that is left out, by the path it is left out for, with its reason.
LEFT_OUT: Mapping[str, Sequence[CheckFunction]] = {
    # One address that is documented under two paths: GET here, POST under the name of the score.
    "/api/v1/scores/{score}": (unsupported_method, allow_header_conformance),
    "/api/v1/scores/sins": (unsupported_method, allow_header_conformance),
    "/api/v1/scores/mirels": (unsupported_method, allow_header_conformance),
    # CDS Hooks answers a good request whose data are not to be had with 412, and most made up ones are.
    "/cds-services/spinal-metastasis-patient-view": (positive_data_acceptance,),
    # Tolerant in: an entry that is no entry is set aside and said, and costs the rest nothing.
    "/api/v1/assessments": (negative_data_rejection,),
}
schema = schemathesis.openapi.from_asgi("/openapi.json", application())


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_keeps_its_promise(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(excluded_checks=list(LEFT_OUT.get(case.operation.path, ())))


def test_what_is_left_out_is_left_out_for_a_path_that_exists() -> None:
    assert set(LEFT_OUT) <= set(application().openapi()["paths"])
