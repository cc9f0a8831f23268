"""Generated calls of every operation, good and bad, held against the document by every check there is.

The same calls are made at every run, a bounded number of them. ``make fuzz`` makes many more, others each
time: GENERATED_EXAMPLES says how many for an operation, GENERATED_SEED which.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple

import jsonschema_rs
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import CheckFunction
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.generation.hypothesis.builder import (
    HypothesisTestConfig,
    HypothesisTestMode,
    create_test,
)
from schemathesis.generation.stateful.state_machine import StepInput, StepOutput
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    unsupported_method,
)

from tests.conformance.promises import KEPT
from tests.contract.sending import Sender
from tests.contract.served import walked

EXAMPLES = int(os.environ.get("GENERATED_EXAMPLES", "25"))
SEED = int(os.environ.get("GENERATED_SEED", "0"))
# An operation of the same parameters and body as another one needs few calls of its own.
EXAMPLES_OF_A_TWIN = max(5, EXAMPLES // 5)
# Chains of calls that follow the links, and the calls of each.
CHAINS, STEPS = max(40, EXAMPLES), 6
FEWEST_CASES, FEWEST_FOLLOWED = 3_000, 8

# The one that is kept; that it is the service's own is tested beside.
DOCUMENT: dict[str, Any] = json.loads(KEPT.read_bytes())
PATHS: Mapping[str, Mapping[str, Any]] = DOCUMENT["paths"]
OPERATIONS: Mapping[str, Mapping[str, Any]] = {
    f"{method.upper()} {path}": operation
    for path, operations in PATHS.items()
    for method, operation in operations.items()
}
KEY = re.compile(r'"(?:[!#-\[\]-~]|\\["\\]){1,128}"|[!#-\[\]-~]{1,128}')
NUMBERS = count()
REGISTRY = jsonschema_rs.Registry([("urn:document", DOCUMENT)])
BUNDLE, DRAFTS = {"resourceType": "Bundle"}, ("draftOrders", "conditions")
made = {"cases": 0, "followed": 0}


class LeftOut(NamedTuple):
    """A check that an answer need not pass.

    Args:
        check: the check.
        where: whether it is left out of this case, by its answer.
    """

    check: CheckFunction
    where: Callable[[schemathesis.Case[Any], Response], bool]


def refused(status: int, *reasons: str) -> LeftOut:
    """Good data may be refused with this status, for these reasons and no other."""
    known = re.compile("|".join(reasons))

    def where(_case: schemathesis.Case[Any], answer: Response) -> bool:
        return answer.status_code == status and all(map(known.search, told(answer)))

    return LeftOut(positive_data_acceptance, where)


def told(answer: Response) -> Iterator[str]:
    """Every reason that an error gives, with its code, in either form."""
    body = json.loads(answer.content)
    for issue in body.get("issue") or body.get("errors") or [{"code": "", "message": body["detail"]}]:
        yield f"{issue['code']}: {issue.get('diagnostics') or issue['message']}"


def tolerated(case: schemathesis.Case[Any], answer: Response) -> bool:
    """Whether nothing is wrong with a body but in what is read tolerantly, and told in the answer."""
    if answer.status_code not in (200, 412) or not isinstance(case.body, dict):
        return False
    content = case.operation.definition.raw["requestBody"]["content"]["application/json"]
    schema = {"$ref": f"urn:document{content['schema']['$ref']}"}
    validator = jsonschema_rs.Draft202012Validator(schema, registry=REGISTRY, validate_formats=True)
    return validator.is_valid(without_tolerated(case.body))


def without_tolerated(body: Mapping[str, Any]) -> dict[str, Any]:
    """A body with its Bundles made whole, and without the members whose faults are no error."""
    kept = {name: value for name, value in body.items() if name not in ("prefetch", "fhirAuthorization")}
    if isinstance(context := kept.get("context"), dict):
        whole = {
            name: BUNDLE
            for name in DRAFTS
            if isinstance(drafts := context.get(name), dict)
            and not isinstance(drafts.get("resourceType"), str)
        }
        kept["context"] = {**context, **whole}
    if isinstance(items := kept.get("items"), list):
        kept["items"] = [{**one, "bundle": BUNDLE} if isinstance(one, dict) else one for one in items]
    return kept


def at_one_address(case: schemathesis.Case[Any], _answer: Response) -> bool:
    return case.method in _others(case.operation.path) or case.method == "OPTIONS"


def _others(path: str) -> set[str]:
    """What is documented of the same addresses under other paths."""
    shape = re.compile("[^/]+".join(map(re.escape, re.split(r"\{[^}]*\}", path))))
    return {
        method.upper()
        for other, operations in PATHS.items()
        if other != path and (shape.fullmatch(other) or _fits(path, other))
        for method in operations
    } - {method.upper() for method in PATHS[path]}


def _fits(path: str, pattern: str) -> bool:
    shape = "[^/]+".join(map(re.escape, re.split(r"\{[^}]*\}", pattern)))
    return "{" in pattern and re.fullmatch(shape, path) is not None


def paths(*beginnings: str, end: str = "") -> Iterable[str]:
    return [path for path in PATHS if path.startswith(beginnings) and path.endswith(end)]


# Every check that is left out, by the path, with the reason.
LEFT_OUT: Mapping[str, Iterable[LeftOut]] = {
    # One address that is documented under two paths: GET for any name, POST under the name itself. That Allow
    # names the methods of both is what every answer of every test is held to.
    **{
        path: [LeftOut(unsupported_method, at_one_address), LeftOut(allow_header_conformance, at_one_address)]
        for path in PATHS
        if _others(path)
    },
    # An item that cannot be read is refused on its own, and the batch is answered. Hooks are tolerant in: a
    # value of the prefetch that is no resource counts as left out, which is 412 for what has to be there; an
    # ill-formed fhirAuthorization gives no access; drafts may name no type.
    **{
        path: [LeftOut(negative_data_rejection, tolerated)]
        for path in PATHS
        if path == "/api/v1/assessments/batch"
        or (path.startswith("/cds-services/spinal") and not path.endswith("/feedback"))
    },
}
_RANGE = "or an object with low and high"
_HOOKS = paths("/cds-services/spinal")
REFUSED: Mapping[str, Iterable[LeftOut]] = {
    # JSON Schema cannot compare two inputs, and knows neither the calendar nor what time it is. A range of a
    # pathway has bounds that belong to its input, and one form for all of them.
    **dict.fromkeys(paths("/api/v1/scores/"), (refused(422, "^business-rule: "),)),
    **dict.fromkeys(paths("/api/v1/pathways/"), (refused(422, "^business-rule: ", _RANGE),)),
    "/api/v1/feedback/summary": (refused(422, "in the future", "no day"),),
    # No FHIR server is set up here: every patient is answered with 412, which says so.
    "/api/v1/patient-assessments": (refused(412, "No FHIR server is set up"),),
    # CDS Hooks answers a good request whose data are not to be had with 412, and most made up ones are.
    # No schema can compare the patient of a token with that of the context; under a key a resource of another
    # type contradicts the key.
    **dict.fromkeys(
        _HOOKS,
        (
            refused(412, "Prefetch key"),
            refused(400, "needs fhirServer beside it", "blank"),
            refused(422, "fhirAuthorization.patient is not", "Prefetch key .* holds neither"),
        ),
    ),
    # Nor say that ids are unique.
    "/api/v1/assessments/batch": (refused(422, "^duplicate: "),),
    **dict.fromkeys(
        paths("/cds-services/spinal", end="/feedback"),
        (refused(400, "outcomeTimestamp cannot be used", "acceptedSuggestions is missing or empty"),),
    ),
}


def left_out(case: schemathesis.Case[Any], answer: Response) -> list[CheckFunction]:
    path = case.operation.path
    every = (*LEFT_OUT.get(path, ()), *REFUSED.get(path, ()))
    return [one.check for one in every if one.where(case, answer)]


def twins() -> Iterator[str]:
    """Operations whose calls are those of another one before them."""
    seen: set[str] = set()
    for label, operation in OPERATIONS.items():
        called = json.dumps([operation.get("parameters"), operation.get("requestBody")], sort_keys=True)
        if "requestBody" in operation and called in seen and "{" not in label:
            yield label
        seen.add(called)


TWINS = frozenset(twins())
BOUNDED = settings(
    deadline=None,
    database=None,
    derandomize=False,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def configured() -> SchemathesisConfig:
    """What is expected; a fault of the service is no way to reject bad data."""
    rejected = ["400", "404", "405", "406", "413", "415", "422"]
    return SchemathesisConfig.from_dict(
        {
            "checks": {
                "negative_data_rejection": {"expected-statuses": rejected},
                "positive_data_acceptance": {"expected-statuses": ["2xx", "304", "404"]},
            }
        }
    )


def every_call(operation: APIOperation[Any, Any, Any, Any], sender: Sender) -> Callable[[], None]:
    """Makes the calls of an operation: its examples, every edge of its schemas, and what chance brings."""
    twin = operation.label in TWINS

    @seed(SEED)
    @settings(BOUNDED, max_examples=EXAMPLES_OF_A_TWIN if twin else EXAMPLES)
    def call(case: schemathesis.Case[Any]) -> None:
        with_own_key(case)
        hold(case, sender.send(case))

    edges = [] if twin else [HypothesisTestMode.COVERAGE]
    modes = [HypothesisTestMode.EXAMPLES, *edges, HypothesisTestMode.FUZZING]
    config = HypothesisTestConfig(project=operation.schema.config, modes=modes)
    return create_test(operation=operation, test_func=call, config=config)


@pytest.fixture(scope="module")
def api_schema() -> BaseSchema:
    return schemathesis.openapi.from_dict(DOCUMENT, config=configured())


@pytest.fixture(scope="module")
def sender(app: FastAPI) -> Iterator[Sender]:
    sending = Sender(walked(app))
    yield sending
    sending.close()


# The calls are made up when the test runs, not when it is collected: every process of the runner collects.
@pytest.mark.parametrize("label", OPERATIONS)
def test_every_operation_keeps_its_promise(api_schema: BaseSchema, sender: Sender, label: str) -> None:
    method, path = label.split()
    every_call(api_schema[path][method], sender)()


def with_own_key(case: schemathesis.Case[Any]) -> None:
    """A key is for one request: one drawn again for another is refused, and no schema can say so."""
    key = case.headers.get("Idempotency-Key")
    if key is None or not KEY.fullmatch(key):
        return
    own = f"case-{next(NUMBERS)}"
    case.headers["Idempotency-Key"] = f'"{own}"' if key.startswith('"') else own


def hold(case: schemathesis.Case[Any], answer: Response) -> None:
    made["cases"] += 1
    case.validate_response(answer, excluded_checks=left_out(case, answer))


def test_every_operation_that_links_lead_to_keeps_its_promise(api_schema: BaseSchema, sender: Sender) -> None:
    class Following(api_schema.as_state_machine()):  # type: ignore[misc]  # made of the document
        def step(self, input: StepInput) -> StepOutput:  # noqa: A002  named so in the class above
            made["followed"] += input.transition is not None and input.is_applied
            output: StepOutput = super().step(input)
            return output

        def call(self, case: schemathesis.Case[Any], **_: Any) -> Response:
            with_own_key(case)
            return sender.send(case)

        def validate_response(self, response: Response, case: schemathesis.Case[Any], **_: Any) -> None:
            hold(case, response)

    chains = settings(BOUNDED, max_examples=CHAINS, stateful_step_count=STEPS)
    run_state_machine_as_test(seed(SEED)(Following), settings=chains)
    assert made["followed"] >= FEWEST_FOLLOWED


def test_enough_is_generated_to_tell(record_property: Callable[[str, object], None]) -> None:
    record_property("generated", f"{made['cases']:,} cases, {made['followed']:,} of them along a link")
    assert made["cases"] >= FEWEST_CASES


def test_what_is_left_out_is_left_out_for_a_path_that_exists() -> None:
    assert set(LEFT_OUT) | set(REFUSED) <= set(PATHS)
    assert "/api/v1/scores/sins" in LEFT_OUT
    assert "/api/v1/policies" not in LEFT_OUT
