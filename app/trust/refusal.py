"""A call that is not answered because nobody knows who sends it: one answer, whatever the reason."""

from collections.abc import Iterable
from enum import StrEnum

from app.errors import ServiceError


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
    CLIENT = "client"
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
    SCOPE = "scope"
    REPLAYED = "replayed"
    API_KEY = "api_key"
    NOT_IN_USE = "not_in_use"
    FAILED = "failed"


class UnknownCallerError(ServiceError):
    """The call does not prove who sends it.

    Args:
        message: what proves it; the same for every reason.
        reason: why; it stands in no text of this error.
        schemes: the ways to prove it.
    """

    status = 401
    code = "login"
    title = "The call is not authenticated"

    def __init__(self, message: str, reason: Reason, schemes: Iterable[str] = ("Bearer",)) -> None:
        super().__init__(message)
        self.reason = reason
        self.headers = {"www-authenticate": ", ".join(schemes)}


class Refused(Exception):  # noqa: N818  it ends a check, and no caller of the package sees it
    """A check that was not passed.

    Args:
        reason: which one.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason
