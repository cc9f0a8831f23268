"""The calls of CDS Hooks that are not answered, because nobody knows or can tell who sends them."""

from app.errors import UnavailableError
from app.trust.refusal import Reason, UnknownCallerError


class NotAuthenticatedError(UnknownCallerError):
    """The call does not prove which client sends it.

    Args:
        reason: why; it stands in no text of this error.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(
            "The call does not prove who sends it: send one Authorization header with a fresh JWT of a client"
            " that is registered here, made for the address that is called.",
            reason,
        )


class ReplayStoreDownError(UnavailableError):
    """Nobody can tell now whether a token was used before."""

    def __init__(self) -> None:
        super().__init__("The service cannot check the call now: send it again in a moment with a new JWT.")
