"""Why a FHIR server's data could not be had, in words that a card may show."""

from enum import Enum


class Failure(Enum):
    """What stood between a question and its answer.

    The words tell a clinician what was not seen. They never tell whether a record is one that is opened only
    for a stated reason, nor anything that the server wrote.
    """

    NO_ACCESS = "The call carried no access to a FHIR server for these data."
    NOT_ASKED = "This service is not set up to ask the FHIR server that the call names."
    ACCESS_ENDED = "The access that came with the call ended before these data were read."
    NOT_GRANTED = "The access that came with the call does not cover these data."
    GRANTED_IN_PART = "The access that came with the call covers only part of these data."
    TOKEN_REFUSED = "The FHIR server did not accept the access token."  # noqa: S105  words, not a secret
    NOT_RELEASED = "The FHIR server did not release these data."
    NOT_THERE = "The FHIR server does not have these data at the address asked."
    NOT_TAKEN = "The FHIR server did not take the request."
    TOO_MANY_REQUESTS = "The FHIR server takes no more requests now."
    SERVER_ERROR = "The FHIR server failed."
    UNREACHABLE = "The FHIR server could not be reached."
    TIMEOUT = "The FHIR server did not answer in time."
    CUT_SHORT = "The FHIR server's answer broke off."
    NOT_FHIR = "The FHIR server's answer was not the FHIR in JSON that was asked for."
    OTHER_VERSION = "The FHIR server answered in a version of FHIR that this service does not read."
    TOO_LARGE = "The FHIR server's answer was larger than this service takes."
    MORE_PAGES = "The FHIR server has more pages than this service takes."
    REPEATED_PAGE = "The FHIR server's pages lead back to one that was read."
    ELSEWHERE = "The FHIR server pointed to an address that this service does not ask."
    OTHER_QUESTION = "The FHIR server answered another search than the one asked."
    BUSY = "This service had too many requests open at the FHIR server."
    RESTING = "The FHIR server failed several times just now and is given a rest."

    @property
    def code(self) -> str:
        """Its name in metrics and traces."""
        return self.name.lower().replace("_", "-")

    @property
    def of_the_server(self) -> bool:
        """Whether it speaks against the server as a whole, and not against one request."""
        return self in _OF_THE_SERVER

    @property
    def worth_repeating(self) -> bool:
        """Whether the same request may fare better at once."""
        return self in _WORTH_REPEATING


_WORTH_REPEATING = frozenset(
    {Failure.TOO_MANY_REQUESTS, Failure.SERVER_ERROR, Failure.UNREACHABLE, Failure.CUT_SHORT}
)
_OF_THE_SERVER = _WORTH_REPEATING | {Failure.TIMEOUT}


class FetchError(Exception):
    """A request that brought nothing.

    Args:
        failure: why.
        retry_after: seconds that the server asks to wait, where it says so.
    """

    def __init__(self, failure: Failure, retry_after: float | None = None) -> None:
        super().__init__(failure.name)
        self.failure = failure
        self.retry_after = retry_after


def judge_status(status: int) -> Failure | None:
    """What a status says; None for an answer with content."""
    if status == 200:  # noqa: PLR2004  a status of HTTP reads best as its number, here and below
        return None
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:  # noqa: PLR2004  as above
        return Failure.SERVER_ERROR
    return Failure.NOT_TAKEN if status >= 400 else Failure.NOT_FHIR  # noqa: PLR2004  as above


_BY_STATUS = {
    401: Failure.TOKEN_REFUSED,
    403: Failure.NOT_RELEASED,
    404: Failure.NOT_THERE,
    410: Failure.NOT_THERE,
    429: Failure.TOO_MANY_REQUESTS,
}
