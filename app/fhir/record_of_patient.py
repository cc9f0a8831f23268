"""A patient's record, asked of the FHIR server that this service has an access of its own to."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from types import MappingProxyType

from app.aside import HERE, Run, Turn, inline
from app.assess.record import Gap, Record
from app.errors import (
    AuthorizationServerError,
    AuthorizationServerTimeoutError,
    FhirServerError,
    FhirServerTimeoutError,
    Issue,
    NoSuchPatientError,
    UnreadableError,
)
from app.fhir.collection import Collected
from app.fhir.patient_gate import PatientGate
from app.fhir.queries import PATIENT
from app.fhir.reader import Reader
from app.fhir.server.access import OPEN, Access
from app.fhir.server.authorizing import BackendClient
from app.fhir.server.backend.tokens import AccessToken, Kind, TokenError
from app.fhir.server.breaker import REST_SECONDS
from app.fhir.server.failure import Failure
from app.fhir.server.fetched import fetched
from app.fhir.server.known import KnownServer
from app.fhir.server.pulling import Limits, Puller
from app.fhir.server.searching import Pulled, Wanted

REQUIRED = ("patient", "conditions")
_LEAST_SECONDS = 0.02
# The words of a failure speak of the access that a call of CDS Hooks brings: this is the service's own.
_OWN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        Failure.ACCESS_ENDED.value: "The access token of this service ended before these data were read.",
        Failure.NOT_GRANTED.value: "The access token of this service does not cover these data.",
        Failure.GRANTED_IN_PART.value: "The access token of this service covers only part of these data.",
    }
)
# FHIR's issue types, by which a program tells a late answer from a refusal and from a wrong one.
_CODES: Mapping[Failure, str] = MappingProxyType(
    {
        Failure.ACCESS_ENDED: "login",
        Failure.TOKEN_REFUSED: "login",
        Failure.NOT_GRANTED: "forbidden",
        Failure.NOT_RELEASED: "forbidden",
        Failure.NOT_THERE: "not-found",
        Failure.NOT_TAKEN: "processing",
        Failure.TOO_MANY_REQUESTS: "throttled",
        Failure.SERVER_ERROR: "transient",
        Failure.UNREACHABLE: "transient",
        Failure.CUT_SHORT: "transient",
        Failure.RESTING: "transient",
        Failure.TIMEOUT: "timeout",
        Failure.TOO_LARGE: "too-long",
        Failure.OTHER_VERSION: "not-supported",
    }
)
_ANOTHER_ANSWER = "structure"
_TOKEN_CODES: Mapping[Kind, str] = MappingProxyType(
    {"refused": "login", "unavailable": "transient", "invalid": "structure"}
)
_NO_TOKEN_IN_TIME = "The authorization server did not answer in time: try again later."  # noqa: S105  a message, no password
_NO_SUCH_PATIENT = (
    "The FHIR server has no such patient: check the id, and that the patient is on the server that this "
    "service is set up to ask."
)


class PatientRecords:
    """The records of the patients on one FHIR server.

    Args:
        server: who is asked.
        templates: the query behind each data need.
        reader: reads what comes.
        limits: what one call may spend, the time for a token included.
        version: the version of this service, by which servers know it.
        clock: the time that tokens are dated by.
        apart: reads answers that are large.
    """

    def __init__(
        self,
        *,
        server: KnownServer,
        templates: Mapping[str, str],
        reader: Reader,
        limits: Limits,
        version: str,
        clock: Callable[[], datetime],
        apart: Run = inline,
    ) -> None:
        self._server = server
        self._templates = templates
        self._reader = reader
        self._limits = limits
        self._version = version
        self._clock = clock
        self._apart = apart

    async def record(self, patient: str, reader: Reader | None = None, turn: Turn = HERE) -> Record:
        """The record of a patient, with a gap for everything that could not be had and can be done without.

        Args:
            patient: the id of the patient on the server.
            reader: reads the resources; the one that all calls share where left out.
            turn: does the work of reading.

        Raises:
            NoSuchPatientError: the server does not have the patient.
            FhirServerError: it did not give what is required.
            AuthorizationServerError: there is no token to ask it with.
            ContradictionError: a resource is another patient's, or the patient was merged into another.
        """
        wishes = [
            Wanted(need, template.replace(PATIENT, patient)) for need, template in self._templates.items()
        ]
        every = await self._pulled(wishes)
        await turn.grows(resources=sum(pulled.resources for pulled in every))
        collected = await turn(partial(_collected, every))
        await turn.grows(sites=collected.sites)
        gate = PatientGate(patient, self._server.names)
        try:
            return await turn(partial((reader or self._reader).collected, collected, gate))
        except UnreadableError:
            raise _not_had(dict.fromkeys(REQUIRED, Failure.NOT_FHIR)) from None

    async def _pulled(self, wishes: Sequence[Wanted]) -> Sequence[Pulled]:
        """What came of each wish; with a second token where the server refused the first."""
        started = asyncio.get_running_loop().time()
        client = self._server.client
        if client is None:
            return await self._pull(wishes, OPEN, started)
        token = await self._token(client, started)
        if asyncio.get_running_loop().time() - started > self._limits.deadline_seconds - _LEAST_SECONDS:
            # What is left is too little to ask anybody: the FHIR server is not to blame.
            raise AuthorizationServerTimeoutError(_NO_TOKEN_IN_TIME)
        every = await self._pull(wishes, self._access(token), started)
        refused = [pulled for pulled in every if pulled.failure is Failure.TOKEN_REFUSED]
        if not refused or any(pulled.pages for pulled in every):
            # A token that opens some of it is a good one: what it does not open it is not for.
            return every
        client.tokens.drop(token)
        try:
            token = await self._token(client, started)
        except AuthorizationServerError:
            if any(pulled.nothing and pulled.wanted.need in REQUIRED for pulled in refused):
                raise
            return every
        again = await self._pull([pulled.wanted for pulled in refused], self._access(token), started)
        by_need = {pulled.wanted.need: pulled for pulled in again}
        return [_fuller(pulled, by_need.get(pulled.wanted.need)) for pulled in every]

    async def _pull(self, wishes: Sequence[Wanted], access: Access, started: float) -> Sequence[Pulled]:
        """What came of each wish in the time that is left of the call's."""
        spent = asyncio.get_running_loop().time() - started
        left = Limits(
            max(0.0, self._limits.deadline_seconds - spent),
            max(0.0, self._limits.target_seconds - spent),
            self._limits.bytes,
        )
        return await Puller(left, self._version, self._apart).pull(self._server, wishes, access)

    async def _token(self, client: BackendClient, started: float) -> AccessToken:
        try:
            async with asyncio.timeout_at(started + self._limits.deadline_seconds):
                return await client.tokens.token()
        except TimeoutError:
            raise AuthorizationServerTimeoutError(_NO_TOKEN_IN_TIME) from None
        except TokenError as error:
            if error.kind == "unavailable" and client.endpoint.timed_out:
                raise AuthorizationServerTimeoutError(_NO_TOKEN_IN_TIME) from None
            message = str(error)
            raise AuthorizationServerError(message, [Issue("", _TOKEN_CODES[error.kind], message)]) from None

    def _access(self, token: AccessToken) -> Access:
        # The source keeps a margin before the end of its tokens: none is added here.
        left = (token.expires - self._clock()).total_seconds()
        return Access(token.value.reveal(), asyncio.get_running_loop().time() + left, token.scope)


def _fuller(first: Pulled, again: Pulled | None) -> Pulled:
    """The one of two tries that brought more."""
    if again is None or (again.failure is not None and len(again.pages) < len(first.pages)):
        return first
    return again


def _collected(every: Sequence[Pulled]) -> Collected:
    """What came, with a gap for all that did not.

    Raises:
        NoSuchPatientError: the server does not have the patient.
        FhirServerError: it did not give what is required.
    """
    collected = Collected()
    nothing: dict[str, Failure] = {}
    for pulled in every:
        need, found = pulled.wanted.need, fetched(pulled)
        found.part.gaps[:] = [Gap(gap.need, _words(gap.reason)) for gap in found.part.gaps]
        collected.include(found.part)
        if found.failure is not None:
            collected.lacks(need, _words(found.failure.value), wholly=found.nothing)
            if found.nothing:
                nothing[need] = found.failure
    _refuse_without({need: nothing[need] for need in REQUIRED if need in nothing})
    return collected


def _refuse_without(missing: Mapping[str, Failure]) -> None:
    if missing.get("patient") is Failure.NOT_THERE:
        raise NoSuchPatientError(_NO_SUCH_PATIENT, [Issue("/patient", "not-found", _NO_SUCH_PATIENT)])
    if missing:
        raise _not_had(missing)


def _not_had(missing: Mapping[str, Failure]) -> FhirServerError | AuthorizationServerError:
    """The error for required data that were not had, by the server that is to be looked at."""
    failures = set(missing.values())
    words = " ".join(dict.fromkeys(_words(failure.value) for failure in missing.values()))
    start = f"Nothing was evaluated, for want of {' and '.join(missing)}. {words}"
    issues = [
        Issue(f"/{need}", _CODES.get(failure, _ANOTHER_ANSWER), _words(failure.value))
        for need, failure in missing.items()
    ]
    if failures == {Failure.NOT_GRANTED}:
        return AuthorizationServerError(f"{start} Have them added to the scope.", issues)
    if failures == {Failure.TIMEOUT}:
        return FhirServerTimeoutError(f"{start} Try again later.", issues)
    rests = Failure.RESTING in failures
    later = all(_CODES.get(failure) in ("transient", "throttled", "timeout") for failure in failures)
    mend = "Try again later." if later else "Check what the server lets this service read."
    return FhirServerError(f"{start} {mend}", issues, round(REST_SECONDS) if rests else None)


def _words(text: str) -> str:
    return _OWN_WORDS.get(text, text)
