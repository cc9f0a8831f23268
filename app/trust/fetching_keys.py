"""Asking a key address over HTTP, once and within limits."""

import asyncio
import re
from ipaddress import ip_address

from app.fhir.server.address import AddressError, check_ip, read_address
from app.fhir.server.replies import Sending
from app.trust.key_set import LARGEST_SET
from app.trust.keys import FetchedKeys

_MAX_AGE = re.compile(r"max-age=\"?([0-9]{1,9})\"?", re.IGNORECASE)
_NOT_KEPT = frozenset({"no-store", "no-cache"})


class KeyFetcher:
    """Asks key addresses.

    Args:
        http: a client; its carrier judges what host names stand for, and follows no redirect.
        version: the version of this service, by which servers know it.
        production: whether addresses must be https.
        allow_private: whether a host without a name may be on a private network; the carrier's own judgement
            must be the same.
        seconds: after which a request is given up.
    """

    def __init__(
        self, http: Sending, version: str, *, production: bool, allow_private: bool, seconds: float = 2.0
    ) -> None:
        self._http = http
        self._production = production
        self._allow_private = allow_private
        self._seconds = seconds
        self._headers = {
            "accept": "application/jwk-set+json, application/json",
            "accept-encoding": "gzip",
            "user-agent": f"spine-mets-cds/{version}",
        }

    async def fetch(self, jku: str) -> FetchedKeys:
        """What a registered key address answers.

        Raises:
            AddressError: it is not asked.
            FetchError: it gives no answer, or a larger one than a JWK Set has.
            TimeoutError: it does not answer in time.
        """
        address = read_address(jku)
        if self._production and address.scheme != "https":
            raise AddressError("scheme", "A key address must be an https address")
        if _is_number(address.host):  # it is never looked up, so it is judged here
            check_ip(address.host, allow_private=self._allow_private)
        async with asyncio.timeout(self._seconds):
            reply = await self._http.send("GET", address.text, self._headers, LARGEST_SET)
        return FetchedKeys(reply.status, reply.body, _max_age(reply.headers.get("cache-control", "")))

    async def close(self) -> None:
        """Close every connection."""
        await self._http.close()


def _max_age(header: str) -> int | None:
    directives = [one.strip() for one in header.split(",")]
    if _NOT_KEPT.intersection(one.lower() for one in directives):
        return 0
    ages = [int(found[1]) for one in directives if (found := _MAX_AGE.fullmatch(one))]
    return min(ages, default=None)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
