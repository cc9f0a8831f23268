"""The wire of CDS Hooks 2.0.1: tolerant in, strict out. Imports nothing of the service's own.

Numbers in brackets are those of the conformance checklist that the tests name.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

Member = TypeVar("Member")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class HookRequestError(ValueError):
    """A request that is JSON but no CDS Hooks request.

    Args:
        member: the member at fault.
        message: what is wrong and how to mend it.
    """

    def __init__(self, member: str, message: str) -> None:
        super().__init__(message)
        self.member = member
        self.message = message


class Envelope(msgspec.Struct, gc=False):
    """A request as it comes: members of any type, so that each can be judged by itself."""

    hook: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    hookInstance: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    fhirServer: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    fhirAuthorization: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    context: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    prefetch: Any = msgspec.UNSET


class LooseEnvelope(Envelope, gc=False):
    """The same with every prefetch value left undecoded."""

    prefetch: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class Authorization(msgspec.Struct, gc=False):
    """``fhirAuthorization`` as it comes; what is ill-formed in it gives no access, and no error."""

    patient: str | None = None
    access_token: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    token_type: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    expires_in: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    scope: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class FhirAccess:
    """The right to read on the client's FHIR server, for one call [R64 to R68].

    Args:
        token: the bearer token; never shown.
        expires_in: the seconds for which it holds.
        scope: what it was granted for.
    """

    token: str = field(repr=False)
    expires_in: int
    scope: str | None


Prefetch = Mapping[str, msgspec.Raw] | msgspec.Struct


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A request whose members have been judged.

    Args:
        context: the context's members, undecoded.
        raw_context: the whole of it.
        prefetch: by key, the undecoded value; or what the service's own decoder made of it.
        patient_in_token: the patient that the access token is bound to, where it says so.
        access: the right to read on that server, where the client gave one that can be used.
    """

    hook: str
    hook_instance: str
    fhir_server: str | None
    context: Mapping[str, msgspec.Raw]
    raw_context: msgspec.Raw
    prefetch: Prefetch
    patient_in_token: str | None
    access: FhirAccess | None = None

    def text(self, name: str) -> str | None:
        """A member of the context that is a text; None where it is missing.

        Raises:
            HookRequestError: it is there and no text, or blank.
        """
        raw = self.context.get(name)
        if raw is None:
            return None
        return _text(raw, f"context.{name}")


_decode_loosely = msgspec.json.Decoder(LooseEnvelope).decode
_decode_text = msgspec.json.Decoder(str).decode
_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_authorization = msgspec.json.Decoder(Authorization).decode
DECODE_ERRORS = (msgspec.DecodeError, RecursionError)


def read_request(
    body: bytes, hook: str, decode: Callable[[bytes], Envelope] = _decode_loosely
) -> HookRequest:
    """The request in a body, for a service of one hook [R25 to R34].

    Args:
        body: the body.
        hook: the hook that the service answers.
        decode: reads the body into an envelope in one pass; where it cannot, the values of the prefetch
            are left undecoded.

    Raises:
        HookRequestError: a member is missing or of the wrong type, or the hook is another one.
        msgspec.DecodeError: the body is no JSON object.
    """
    try:
        envelope = decode(body)
    except DECODE_ERRORS:
        envelope = _decode_loosely(body)
    named = _required_text(envelope.hook, "hook")
    if named != hook:
        raise HookRequestError("hook", f"This service answers the hook {hook} only.")
    instance = _required_text(envelope.hookInstance, "hookInstance")
    if not _UUID.fullmatch(instance):
        raise HookRequestError("hookInstance", "hookInstance must be a UUID.")
    if not isinstance(envelope.context, msgspec.Raw):
        raise HookRequestError("context", "context is missing: send the context of the hook.")
    server = None
    if envelope.fhirServer is not msgspec.UNSET:
        server = _text(envelope.fhirServer, "fhirServer")
    patient, access = None, None
    if envelope.fhirAuthorization is not msgspec.UNSET:
        if server is None:
            raise HookRequestError("fhirServer", "fhirAuthorization needs fhirServer beside it.")
        authorization = _authorization(envelope.fhirAuthorization)
        patient, access = authorization.patient, _access(authorization)
    prefetch: Prefetch = {}
    if isinstance(envelope.prefetch, msgspec.Raw):
        prefetch = _members(envelope.prefetch, "prefetch")
    elif isinstance(envelope.prefetch, msgspec.Struct):
        prefetch = envelope.prefetch
    context = _members(envelope.context, "context")
    return HookRequest(named, instance.lower(), server, context, envelope.context, prefetch, patient, access)


def _required_text(raw: msgspec.Raw | msgspec.UnsetType, member: str) -> str:
    if raw is msgspec.UNSET:
        raise HookRequestError(member, f"{member} is missing: send it as a text.")
    return _text(raw, member)


def _text(raw: msgspec.Raw | msgspec.UnsetType, member: str) -> str:
    try:
        value = _decode_text(raw) if isinstance(raw, msgspec.Raw) else ""
    except DECODE_ERRORS:
        raise HookRequestError(member, f"{member} must be a text.") from None
    if not value.strip():
        raise HookRequestError(member, f"{member} must be a text that is not blank.")
    return value


def _members(raw: msgspec.Raw, member: str) -> Mapping[str, msgspec.Raw]:
    try:
        return _decode_members(raw)
    except DECODE_ERRORS:
        raise HookRequestError(member, f"{member} must be an object.") from None


def _authorization(raw: msgspec.Raw) -> Authorization:
    try:
        return _decode_authorization(raw)
    except DECODE_ERRORS:
        raise HookRequestError(
            "fhirAuthorization", "fhirAuthorization must be an object, and its patient a text."
        ) from None


# What a header can carry; longer ones are no token of any server known.
_TOKEN = re.compile(r"[!-~]{1,8192}")
_LONGEST_LIFE = 86_400


def _access(given: Authorization) -> FhirAccess | None:
    try:
        token, kind = _decode_member(given.access_token, str), _decode_member(given.token_type, str)
        expires_in = _decode_member(given.expires_in, int)
        scope = None if given.scope is msgspec.UNSET else _decode_member(given.scope, str)
    except DECODE_ERRORS:
        return None
    if kind.lower() != "bearer" or not _TOKEN.fullmatch(token) or not 0 <= expires_in <= _LONGEST_LIFE:
        return None
    return FhirAccess(token, expires_in, scope)


def _decode_member(raw: msgspec.Raw | msgspec.UnsetType, kind: type[Member]) -> Member:
    if raw is msgspec.UNSET:
        raise msgspec.DecodeError
    return msgspec.json.decode(raw, type=kind)


class Service(msgspec.Struct, omit_defaults=True):
    """One entry of discovery [R12 to R20].

    Args:
        version: the version of CDS Hooks, which the 3.0 ballot asks for.
        hookVersion: the version of the hook's definition, likewise.
    """

    hook: str
    id: str
    title: str
    description: str
    prefetch: dict[str, str] | None = None
    usageRequirements: str | None = None
    version: str | None = None
    hookVersion: str | None = None


class Services(msgspec.Struct):
    """The discovery document."""

    services: list[Service]


encode = msgspec.json.Encoder().encode
