"""The organisations as they run: built from the file, and built anew when it changes, without a restart."""

import asyncio
import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from starlette.types import Scope

from app.composing import Composed
from app.logs import logger
from app.settings.tenants import TenantEntry, Tenants, TenantsFileError, read_tenants
from app.tenancy.choosing import Signs

if TYPE_CHECKING:
    # Loaded where there are any: app/parties.py.
    from app.fhir.server.backend.keys import KeyRing

# A file that a container platform swaps is seen soon enough, at the cost of one look.
LOOK_EVERY_SECONDS = 5.0


class TellFailing(Protocol):
    """Is told whether something fails."""

    def __call__(self, *, failing: bool) -> None:
        """Told each time it is looked at."""


Compose = Callable[[TenantEntry, Callable[[str], bool]], Composed]


class Running:
    """One organisation at work; as a context, it is one call that it answers.

    Args:
        entry: what the file says of it.
    """

    def __init__(self, entry: TenantEntry, composed: Composed) -> None:
        self.entry = entry
        self.composed = composed
        self._calls = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def __enter__(self) -> None:
        self._calls += 1
        self._idle.clear()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._calls -= 1
        if not self._calls:
            self._idle.set()

    async def retire(self) -> None:
        """Give back its connections as soon as its last call is answered."""
        await self._idle.wait()
        await self.composed.close()


class Tenancy:
    """Every organisation of the file.

    Args:
        path: the file.
        compose: builds what answers for one; it is also given what tells whether an address is that of
            another one's FHIR server.
        tell_failing: is told whether the file cannot be used as it is.

    Raises:
        TenantsFileError: the file cannot be used.
    """

    def __init__(self, path: Path, compose: Compose, tell_failing: TellFailing) -> None:
        self._path = path
        self._tell_failing = tell_failing
        self._compose = compose
        self._running: Mapping[str, Running] = {}
        self._signs = Signs.of(())
        self._mark: object = None
        self._retiring: set[asyncio.Task[None]] = set()
        self._fresh: list[Running] = []
        self._take(self._built())

    def __iter__(self) -> Iterator[Running]:
        return iter(self._running.values())

    def named(self, name: str) -> Running | None:
        """The organisation of that name."""
        return self._running.get(name)

    @property
    def rings(self) -> "tuple[KeyRing, ...]":
        """The keys that this service signs with for any of them."""
        return tuple(ring for running in self for ring in running.composed.rings)

    def is_origin(self, origin: str) -> bool:
        """Whether any of them answers this browser origin."""
        return any(origin in running.composed.settings.cors_origins for running in self)

    def named_by(self, scope: Scope) -> Running | None:
        """The organisation that a call says it is from; None where it names none."""
        name = self._signs.named_by(scope)
        return None if name is None else self.named(name)

    async def keep_current(self) -> None:
        """Look at the file for as long as the service runs; what cannot be used changes nothing."""
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            await self.look()

    async def look(self) -> bool:
        """Whether the file changed and was taken; one that cannot be used is told in the log, once."""
        if self._mark == self._stamp():
            return False
        try:
            # Building takes a moment, which calls must not wait for.
            built = await asyncio.to_thread(self._built)
        except TenantsFileError as error:
            logger().error("tenants_not_reloaded", line=error.line, mend=error.mend)
            return await self._not_taken()
        except Exception as error:  # noqa: BLE001  whatever fails here, the next file must be looked at
            logger().error("tenants_not_reloaded", error=type(error).__name__)
            return await self._not_taken()
        self._tell_failing(failing=False)
        for gone in self._take(built):
            task = asyncio.create_task(gone.retire())
            self._retiring.add(task)
            task.add_done_callback(self._retired)
        logger().info("tenants_reloaded", tenants=len(self._running))
        return True

    @property
    def retiring(self) -> int:
        """How many that were replaced still answer a call."""
        return len(self._retiring)

    async def retired(self) -> bool:
        """Return, with whether all went well, when none of these is left."""
        ended = await asyncio.gather(*self._retiring, return_exceptions=True)
        return not any(isinstance(one, BaseException) for one in ended)

    async def close(self) -> None:
        """Give back every connection."""
        for task in tuple(self._retiring):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        for running in self:
            await running.composed.close()

    async def _not_taken(self) -> bool:
        """That the file was not taken; what was built for it is given back."""
        self._tell_failing(failing=True)
        fresh, self._fresh = self._fresh, []
        for running in fresh:
            await running.composed.close()
        return False

    def _retired(self, task: asyncio.Task[None]) -> None:
        self._retiring.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger().error("tenant_not_closed", error=type(error).__name__)
        # What start-up built was taken out of the collector's sight: see the lifespan.
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def _stamp(self) -> object:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return (found.st_ino, found.st_mtime_ns, found.st_size)

    def _built(self) -> tuple[tuple[TenantEntry, ...], dict[str, Running]]:
        """The organisations that the file describes now; of those that did not change, the running ones."""
        # Before it is read: a change in between is seen at the next look.
        self._mark = self._stamp()
        tenants = read_tenants(self._path)
        running: dict[str, Running] = {}
        for number, entry in enumerate(tenants.entries):
            before = self._running.get(entry.name)
            if before is not None and before.entry == entry:
                running[entry.name] = before
            else:
                running[entry.name] = self._build(tenants, number)
        return tenants.entries, running

    def _build(self, tenants: Tenants, number: int) -> Running:
        entry = tenants.entries[number]

        def elsewhere(address: str) -> bool:
            return any(
                running.composed.servers.find(address) is not None
                for name, running in self._running.items()
                if name != entry.name
            )

        try:
            built = Running(entry, self._compose(entry, elsewhere))
        except ValueError as error:
            raise tenants.fault(number, str(error)) from None
        self._fresh.append(built)
        return built

    def _take(self, built: tuple[tuple[TenantEntry, ...], dict[str, Running]]) -> list[Running]:
        """Let the next call find these; those that are left behind."""
        entries, running = built
        self._fresh = []
        kept = set(map(id, running.values()))
        gone = [one for one in self if id(one) not in kept]
        self._running, self._signs = running, Signs.of(entries)
        return gone
