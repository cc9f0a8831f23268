"""How much each REST caller may ask: counted in the memory of one process, for each caller on its own."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from app.errors import ServiceError
from app.trust.rest_caller import RestCaller


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left to a caller.

    Args:
        quota: how many requests a window takes.
        window: its seconds.
        remaining: how many more are taken now.
        seconds: after which there is more again.
    """

    quota: int
    window: int
    remaining: int
    seconds: int

    @property
    def fields(self) -> dict[str, str]:
        """The same as header fields (draft-ietf-httpapi-ratelimit-headers)."""
        return {
            "ratelimit-policy": f'"default";q={self.quota};w={self.window}',
            "ratelimit": f'"default";r={self.remaining};t={self.seconds}',
        }


class TooManyRequestsError(ServiceError):
    """The caller asked for more than it may.

    Args:
        standing: what is left to it.
    """

    status = 429
    code = "throttled"
    title = "Too many requests"

    def __init__(self, standing: Standing) -> None:
        super().__init__("The caller has sent too many requests: send this one again after Retry-After.")
        self.retry_after = standing.seconds
        self.headers = standing.fields


class CallerLimits:
    """Counts the requests of each caller.

    The window slides: the count of the one before weighs less as this one goes on. What was used up so comes
    back bit by bit, and not all at once at the turn of a window as with fixed ones. A caller costs two
    numbers, whatever its quota, where keeping the time of each request would cost as many as the quota.

    Args:
        texts: how much each caller of an organisation may ask, such as ``600/minute``, by the organisation;
            no limit for one that is left out.

    Raises:
        ValueError: a text is no limit.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._limits = {tenant: read_limit(text) for tenant, text in texts.items()}
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def take(self, caller: RestCaller) -> Standing | None:
        """What is left to a caller after one more request; None where it has no limit.

        Raises:
            TooManyRequestsError: nothing was left.
        """
        limit = self._limits.get(caller.tenant)
        if limit is None:
            return None
        # In one text that no other caller has, whatever the names are made of.
        name = repr((caller.tenant, caller.kind, caller.issuer, caller.client))
        taken = self._limiter.hit(limit, name)
        stats = self._limiter.get_window_stats(limit, name)
        # The clock is the library's own.
        seconds = max(1, ceil(stats.reset_time - time.time()))
        standing = Standing(limit.amount, limit.get_expiry(), stats.remaining if taken else 0, seconds)
        if not taken:
            raise TooManyRequestsError(standing)
        return standing


def read_limit(text: str) -> RateLimitItem:
    """The limit that a text describes.

    Raises:
        ValueError: it describes none, or several.
    """
    try:
        found = parse_many(text)
    except ValueError:
        found = []
    if len(found) != 1 or found[0].amount < 1 or found[0].get_expiry() < 1:
        raise ValueError("give a number of requests and a time, for instance 600/minute")
    return found[0]
