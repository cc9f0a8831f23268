"""The EHR's FHIR server as a call offers it to a service."""

import re
from dataclasses import dataclass, field

from app.call.exact_json import Json, parse, text
from app.call.faults import UsageError

_TOKEN = re.compile(r"[!-~]{1,16384}")
_SECONDS = 300
_SCOPE = "patient/*.read"
_SUBJECT = "example"


@dataclass(frozen=True, slots=True)
class Grant:
    """A token of the FHIR server's authorization server, for the service.

    Args:
        seconds: how long the service may use it.
        scope: what it may be used for.
        subject: the service's client id at the EHR.
    """

    token: str = field(repr=False)
    seconds: int = _SECONDS
    scope: str = _SCOPE
    subject: str = _SUBJECT


@dataclass(frozen=True, slots=True)
class FhirAccess:
    """A FHIR server, and the token to ask it with where it wants one."""

    server: str
    grant: Grant | None = None

    def members(self, patient_id: object) -> Json:
        """The members of the request that say so [R28 to R31]."""
        if self.grant is None:
            return {"fhirServer": self.server}
        authorization: Json = {
            "access_token": self.grant.token,
            "token_type": "Bearer",
            "expires_in": self.grant.seconds,
            "scope": self.grant.scope,
            "subject": self.grant.subject,
        }
        if isinstance(patient_id, str) and any(s.startswith("patient/") for s in self.grant.scope.split()):
            authorization["patient"] = patient_id
        return {"fhirServer": self.server, "fhirAuthorization": authorization}


def read_grant(content: bytes) -> Grant:
    """The token of a file.

    Args:
        content: the token alone, or the JSON answer of a token endpoint with ``access_token``, and
            ``expires_in``, ``scope`` and ``subject`` where they matter.

    Raises:
        UsageError: it holds no token; the message holds nothing of the file.
    """
    try:
        document = parse(content)
    except ValueError:
        document = None
    if isinstance(document, dict):
        seconds = document.get("expires_in", _SECONDS)
        return Grant(
            _token(text(document, "access_token") or ""),
            seconds if isinstance(seconds, int) and not isinstance(seconds, bool) else _SECONDS,
            text(document, "scope") or _SCOPE,
            text(document, "subject") or _SUBJECT,
        )
    return Grant(_token(content.decode("ascii", "replace").strip()))


def _token(written: str) -> str:
    if _TOKEN.fullmatch(written) is None:
        raise UsageError("--token: the file holds neither a token on one line nor JSON with an access_token.")
    return written
