"""What a REST caller proves itself with: one access token or one API key, and never both."""

import re
from collections.abc import Sequence

from app.logs import logger
from app.trust.access_tokens import AccessTokens
from app.trust.api_keys import ApiKeys
from app.trust.reading import LONGEST_HEADER
from app.trust.refusal import Reason, Refused, UnknownCallerError
from app.trust.rest_caller import RestCaller

_BY_API_KEY = re.compile(r"(?i:apikey) +(\S+)")


class Credentials:
    """Tells who calls.

    Args:
        tokens: judges access tokens; None where no authorization server is registered.
        keys: judges API keys; None where there are none.
    """

    def __init__(self, tokens: AccessTokens | None, keys: ApiKeys | None) -> None:
        self._tokens = tokens
        self._keys = keys
        # Where there is neither, nobody is let in, and an answer has to name some way.
        self._schemes = ("Bearer",) if tokens is not None or keys is None else ()
        if keys is not None:
            self._schemes = (*self._schemes, "ApiKey")

    async def caller(self, authorization: Sequence[str], api_keys: Sequence[str]) -> RestCaller:
        """Who sent a request.

        Args:
            authorization: every Authorization header of it.
            api_keys: every X-API-Key header.

        Raises:
            UnknownCallerError: nobody knows.
        """
        try:
            return await self._caller(authorization, api_keys)
        except Refused as refusal:
            reason = refusal.reason
        except Exception as error:  # noqa: BLE001  what was not foreseen lets nobody in
            logger().error("token_check_failed", error=type(error).__name__)
            reason = Reason.FAILED
        # Raised here, so that it carries no other error along, which could hold a part of the credential.
        raise UnknownCallerError(
            "The request does not prove who sends it: send one Authorization header with an access token "
            "that a registered issuer made for this service (RFC 9068), or one API key where there are any.",
            reason,
            self._schemes,
        )

    async def _caller(self, authorization: Sequence[str], api_keys: Sequence[str]) -> RestCaller:
        sent = [*authorization, *api_keys]
        if not sent:
            raise Refused(Reason.MISSING)
        if len(sent) > 1:
            raise Refused(Reason.SEVERAL)
        if len(sent[0]) > LONGEST_HEADER:
            raise Refused(Reason.TOO_LONG)
        key = _api_key(authorization, api_keys)
        if key is not None and self._keys is not None:
            return self._keys.verify(key)
        if key is None and self._tokens is not None:
            return await self._tokens.verify(authorization)
        raise Refused(Reason.NOT_IN_USE)


def _api_key(authorization: Sequence[str], api_keys: Sequence[str]) -> str | None:
    """The API key that was sent; None where it is something else."""
    if api_keys:
        return api_keys[0]
    found = _BY_API_KEY.fullmatch(authorization[0])
    return found[1] if found is not None else None
