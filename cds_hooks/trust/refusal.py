"""A call that is not answered because nobody knows who sends it: one answer, whatever the reason."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from app.errors import ServiceError, UnavailableError


class Reason(StrEnum):
    """Why a call was refused, for logs and metrics only: an answer that told would help to guess."""

    MISSING = "missing"
    SEVERAL = "several"
    NO_BEARER = "no_bearer"
    TOO_LONG = "too_long"
    MALFORMED = "malformed"
    CRITICAL = "critical"
    TYPE = "type"
    ALGORITHM = "algorithm"
    KEY_ID = "key_id"
    KEY_ADDRESS = "key_address"
    ISSUER = "issuer"
    TENANT = "tenant"
    NO_KEYS = "no_keys"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "signature"
    TIMES = "times"
    EXPIRED = "expired"
    AHEAD = "ahead"
    LIFETIME = "lifetime"
    AUDIENCE = "audience"
    TOKEN_ID = "token_id"  # noqa: S105  a word for the log, no secret
    SUBJECT = "subject"
    REPLAYED = "replayed"
    FAILED = "failed"


class NotAuthenticatedError(ServiceError):
    """The call does not prove who sends it.

    Args:
        reason: why; it stands in no text of this error.
    """

    status = 401
    code = "login"
    title = "The call is not authenticated"
    headers: Mapping[str, str] = MappingProxyType({"www-authenticate": "Bearer"})

    def __init__(self, reason: Reason) -> None:
        super().__init__(
            "The call does not prove who sends it: send one Authorization header with a fresh JWT of a client"
            " that is registered here, made for the address that is called."
        )
        self.reason = reason


class ReplayStoreDownError(UnavailableError):
    """Nobody can tell now whether a token was used before."""

    def __init__(self) -> None:
        super().__init__("The service cannot check the call now: send it again in a moment with a new JWT.")


class Refused(Exception):  # noqa: N818  it ends a check, and no caller of the package sees it
    """A check that was not passed.

    Args:
        reason: which one.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason
