"""This service as a client of authorization servers: how token endpoints are asked, and its public keys."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec

from app.fhir.server.address import read_address
from app.fhir.server.backend.keys import KeyRing
from app.fhir.server.backend.tokens import Answer, TokenSource, UnreachableError
from app.fhir.server.failure import Failure, FetchError
from app.fhir.server.replies import Sending

# More than a token response takes, so that one which is too large is judged as an answer.
_MOST_BYTES = 131_072
# It came, and it is no token response: which is what an empty one is, too.
_NO_TOKEN = Answer(200, b"")


class TokenEndpoint:
    """Asks one token endpoint.

    Args:
        http: a client of its host.
        seconds: after which a request is given up.
        version: the version of this service, by which servers know it.
    """

    def __init__(self, http: Sending, seconds: float, version: str) -> None:
        self._http = http
        self._seconds = seconds
        self._headers = {
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
            "accept-encoding": "gzip",
            "user-agent": f"spine-mets-cds/{version}",
        }
        self._timed_out = False

    @property
    def timed_out(self) -> bool:
        """Whether the last request got no answer in time."""
        return self._timed_out

    async def post(self, address: str, form: Mapping[str, str]) -> Answer:
        """What the endpoint answers to a form.

        Args:
            address: its address, which has been judged.
            form: what is sent.

        Raises:
            UnreachableError: it answers nothing.
        """
        url, content = read_address(address).text, urlencode(form).encode()
        failure = Failure.TIMEOUT
        try:
            async with asyncio.timeout(self._seconds):
                reply = await self._http.send("POST", url, self._headers, _MOST_BYTES, content)
        except TimeoutError:
            pass
        except FetchError as error:
            failure = error.failure
        else:
            self._timed_out = False
            return Answer(reply.status, reply.body)
        self._timed_out = failure is Failure.TIMEOUT
        if failure in (Failure.TOO_LARGE, Failure.NOT_FHIR):
            return _NO_TOKEN
        raise UnreachableError(failure.name.lower())

    async def close(self) -> None:
        """Close every connection."""
        await self._http.close()


@dataclass(frozen=True, slots=True)
class BackendClient:
    """This service as a client of one authorization server.

    Args:
        tokens: the access tokens that it is given there.
        endpoint: where they are asked for.
        keys: what it proves itself with.
    """

    tokens: TokenSource
    endpoint: TokenEndpoint
    keys: KeyRing


def public_keys(rings: Iterable[KeyRing]) -> bytes:
    """The JWK Set of several key rings together, each key once."""
    found: dict[str, Any] = {}
    for ring in rings:
        for key in msgspec.json.decode(ring.jwks())["keys"]:
            found.setdefault(key["kid"], key)
    return msgspec.json.encode({"keys": list(found.values())})
