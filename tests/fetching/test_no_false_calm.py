"""Removing data never turns a gap into an absence, and never calms anybody."""

import asyncio
from collections.abc import Collection, Mapping

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.assess import assess
from app.assess.record import Completeness, Record
from app.assess.result import Assessment
from app.errors import MissingDataError
from app.fhir.server.known import Way
from tests.cds_hooks.hook_request import KEYS, REQUIRED, TYPES, prefetch_of
from tests.cds_hooks.record import NOW
from tests.faults.behaviours import BEHAVIOURS
from tests.faults.server import FaultServer, honest
from tests.fetching.calls import WHOLE_RECORD, call, stored
from tests.fetching.records import parts, record_of

# What hides all of a search, and what hides part of it.
HIDING = (
    "S01 401",
    "403 Epic 4130",
    "S05 S06 404",
    "S07 410",
    "S10 429 Retry-After in seconds",
    "S24 half the JSON, no Content-Length",
    "S25 login page",
    "S28 FHIR XML",
    "S29 OperationOutcome instead",
    "S30 another resource type",
    "S42 302 to http on the same port",
    "S45 half the gzip",
    "S45 unknown encoding",
    "S46 200 kB of headers",
    "204",
    "empty body",
    "JSON list",
    "JSON null",
    "chunk size no number",
    "R5",
    "STU3",
)
PARTLY = (
    "S02 401 on every later page",
    "S34 next is itself",
    "S40 next beside the base",
    "S52 total above the entries",
    "outcome 4119 more may exist",
    "outcome error among the entries",
)
SEEN = (Completeness.COMPLETE, Completeness.NONE_FOUND)


def assessed(record: Record) -> Assessment:
    knowledge, _, _ = parts()
    return assess(record, NOW, knowledge)


def settled(assessment: Assessment) -> dict[str, list[str]]:
    """What an assessment settles of each place, where that is no alarm."""
    found: dict[str, list[str]] = {}
    for lesion in assessment.lesions:
        for scored in lesion.scores:
            result = scored.result
            if result is not None and scored.settled and scored.instrument.alarm not in result.bands:
                found.setdefault(str(lesion.lesion.place), []).append(scored.instrument.code)
    return found


async def check(faults: Mapping[str, str], sent: Collection[str], way: Way) -> None:
    whole = prefetch_of(WHOLE_RECORD)
    prefetch = {key: whole[key] for key in sent}
    async with FaultServer(stored()) as server:
        full = assessed(await record_of(server, call(server.base), way))
        for key in KEYS:
            server.on(TYPES[key][0], BEHAVIOURS[faults[key]] if key in faults else honest)
        hidden = {key for key in faults if key not in sent}
        try:
            record = await record_of(server, call(server.base, prefetch), way)
        except MissingDataError:
            # Only what is required is refused for, and only where it was not to be had.
            assert any(faults[key] in HIDING for key in hidden & set(REQUIRED))
            return
        for key in KEYS:
            if key in hidden:
                assert record.looked_at[key] not in SEEN, key
            else:
                assert record.looked_at[key] in SEEN, key
        calm, before = settled(assessed(record)), settled(full)
        assert before
        for place, scores in calm.items():
            assert set(scores) <= set(before.get(place, ()))
        if hidden - {"medications"}:
            assert not calm


FAULTS = st.dictionaries(st.sampled_from(KEYS), st.sampled_from([*HIDING, *PARTLY]), min_size=1, max_size=4)
SENT = st.sets(st.sampled_from(KEYS), max_size=3)


@settings(max_examples=60)
@given(FAULTS, SENT, st.sampled_from([Way.GET, Way.POST]))
@example({"observations": "S05 S06 404"}, set(), Way.GET)
@example({"procedures": "S52 total above the entries"}, set(), Way.GET)
@example({"medications": "S07 410"}, {"patient"}, Way.POST)
def test_what_was_not_seen_is_never_an_absence(faults: dict[str, str], sent: set[str], way: Way) -> None:
    # A Patient is read, not searched: no page of it is left out.
    known = {key: row for key, row in faults.items() if key != "patient" or row in HIDING}
    asyncio.run(check(known, sent, way))
