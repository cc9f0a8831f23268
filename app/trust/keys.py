"""The keys that issuers publish: fetched when needed, kept for a while, and kept longer in an outage."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.fhir.server.address import read_address
from app.logs import logger
from app.trust.key_set import PublicKey, read_key_set
from app.trust.refusal import Reason, Refused

_OK = 200
_SHORTEST, _LONGEST = timedelta(minutes=5), timedelta(hours=24)
_STALE = timedelta(hours=1)
# Whoever invents key names must not make this service ask and ask.
_BETWEEN_FETCHES = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class FetchedKeys:
    """What a key address answered.

    Args:
        body: the content.
        max_age: the seconds for which it says that the content holds; None where it does not say.
    """

    status: int
    body: bytes
    max_age: int | None = None


Fetch = Callable[[str], Awaitable[FetchedKeys]]


@dataclass(slots=True)
class _Kept:
    keys: tuple[PublicKey, ...] | None = None
    asked: datetime | None = None
    fetched: datetime | None = None
    fresh_until: datetime | None = None
    failing: bool = False
    pending: asyncio.Task[None] | None = None

    def is_fresh(self, now: datetime) -> bool:
        # A clock that was set back proves nothing fresh.
        return (
            self.fetched is not None
            and self.fresh_until is not None
            and self.fetched <= now < self.fresh_until
        )

    def named(self, kid: str, now: datetime) -> tuple[PublicKey, ...] | None:
        """The keys of a name; None where none are known at all, or those known are too old."""
        if self.keys is None or self.fresh_until is None or now >= self.fresh_until + _STALE:
            return None
        return tuple(key for key in self.keys if key.kid == kid)


class KeySets:
    """The JWK Sets at registered addresses.

    Args:
        fetch: asks one address, follows no redirect, and gives up in time.
        clock: tells the moment, with its time zone.
        production: whether keys are left out whose private half everybody can have.
    """

    def __init__(self, fetch: Fetch, clock: Callable[[], datetime], *, production: bool) -> None:
        self._fetch = fetch
        self._clock = clock
        self._production = production
        self._kept: dict[str, _Kept] = {}

    async def named(self, jku: str, kid: str) -> tuple[PublicKey, ...]:
        """The keys of a name, of which there are none where the set does not have it.

        The address is asked where what it said has expired or does not have the name, and at most once a
        minute, whatever came of it.

        Args:
            jku: a registered address: any that is given is asked, and remembered.
            kid: the name.

        Raises:
            Refused: the keys cannot be had, and were not within the last hour for which they held.
        """
        kept = self._kept.setdefault(jku, _Kept())
        if not kept.is_fresh(self._clock()) or not kept.named(kid, self._clock()):
            await self._refresh(jku, kept)
        found = kept.named(kid, self._clock())
        if found is None:
            raise Refused(Reason.NO_KEYS)
        return found

    async def _refresh(self, jku: str, kept: _Kept) -> None:
        if kept.pending is None or kept.pending.done():
            now = self._clock()
            if kept.asked is not None and timedelta(0) <= now - kept.asked < _BETWEEN_FETCHES:
                return
            kept.asked = now
            kept.pending = asyncio.create_task(self._load(jku, kept, now))
        # Waiting for a task, unlike awaiting it, leaves it running when the one who waits is cancelled.
        await asyncio.wait({kept.pending})

    async def _load(self, jku: str, kept: _Kept, now: datetime) -> None:
        try:
            answer = await self._fetch(jku)
            kept.keys = self._read(answer)
        except Exception as error:  # noqa: BLE001  whatever fails, the keys that are kept stay
            if not kept.failing:
                # Once for each outage.
                kept.failing = True
                logger().warning(
                    "issuer_keys_unavailable", error=type(error).__name__, host=read_address(jku).host
                )
            return
        kept.failing = False
        kept.fetched = now
        said = timedelta(seconds=min(max(answer.max_age or 0, 0), int(_LONGEST.total_seconds())))
        kept.fresh_until = now + max(said, _SHORTEST)

    def _read(self, answer: FetchedKeys) -> tuple[PublicKey, ...]:
        if answer.status != _OK:
            raise ValueError("The key address answers without keys: check that it is the right one.")
        return read_key_set(answer.body, production=self._production)
