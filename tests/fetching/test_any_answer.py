"""Whatever a server answers, the call is answered: with a record, or with a refusal that says why."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.assess.record import Completeness
from app.errors import ServiceError
from app.fhir.server.known import Way
from tests.cds_hooks.record import Json
from tests.faults.behaviours import instead, next_to
from tests.faults.server import PATH, Behaviour, FaultServer, Seen
from tests.fetching.calls import call, stored
from tests.fetching.records import record_of

TYPES = ("Bundle", "Observation", "Condition", "OperationOutcome", "Patient", "Basic", "")
NAMES = ("resourceType", "entry", "resource", "link", "url", "relation", "total", "search", "mode", "issue")
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([*TYPES, "next", "self", "match", "outcome", "error", "Patient/p-1"])
    | st.text(max_size=8)
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


def honest_answer(kind: str) -> Json:
    server = FaultServer(stored())
    return server.answer(Seen("GET", f"{PATH}/{kind}?patient=p-1", {}, b"")).resource


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The place of every value within a value."""
    found = [path]
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, inner in members:
        found += places(inner, (*path, name))
    return found


@st.composite
def spoiled(draw: st.DrawFn, kind: str) -> Any:
    """The answer to a search with one value of it replaced by any other."""
    answer = honest_answer(kind)
    path = draw(st.sampled_from(places(answer)))
    other = draw(ANYTHING)
    if not path:
        return other
    holder: Any = answer
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = other
    return answer


async def answered(kind: str, behaviour: Behaviour) -> Completeness | None:
    """How far the Observations could be looked at; None where the call is refused with a reason."""
    async with FaultServer(stored()) as server:
        server.on(kind, behaviour)
        with suppress(ServiceError):
            return (await record_of(server, call(server.base), Way.GET)).looked_at["observations"]
    return None


@settings(max_examples=100)
@given(st.sampled_from(["Observation", "Condition"]), st.data())
def test_no_json_makes_a_call_fail(kind: str, data: st.DataObject) -> None:
    body = json.dumps(data.draw(spoiled(kind)))
    assert asyncio.run(answered(kind, instead(body))) in (None, *Completeness)


@settings(max_examples=40)
@given(st.binary(max_size=40))
def test_no_bytes_are_an_absence(body: bytes) -> None:
    # Bytes at random spell no Bundle.
    assert asyncio.run(answered("Observation", instead(body))) is Completeness.UNAVAILABLE


@settings(max_examples=60)
@given(st.text(max_size=30) | st.from_regex(r"(https?:)?//[^ ]{0,12}@?127\.0\.0\.1[:/?#][^ ]{0,8}"))
def test_no_link_makes_a_call_fail_or_an_end(link: str) -> None:
    assert asyncio.run(answered("Observation", next_to(link))) is Completeness.PARTIAL
