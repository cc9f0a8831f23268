"""Everything a call still needs of one server, at once and inside one budget."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.aside import Run, inline
from app.fhir.collection import Decoded
from app.fhir.server import batching, searching, statement
from app.fhir.server.access import Access, Coverage
from app.fhir.server.asking import Asker, Budget
from app.fhir.server.failure import Failure, FetchError
from app.fhir.server.known import KnownServer, Way
from app.fhir.server.replies import Allowance
from app.fhir.server.searching import Pulled, Wanted
from app.logs import logger


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may spend.

    Args:
        deadline_seconds: when it ends.
        target_seconds: after this nothing is tried a second time, and a call that takes longer is logged.
        bytes: what all its answers may hold together, unpacked.
    """

    deadline_seconds: float = 3.0
    target_seconds: float = 0.45
    bytes: int = 20_000_000


class Puller:
    """Pulls records.

    Args:
        limits: what a call may spend.
        version: the version of this service, by which servers know it.
        apart: reads answers that are large.
    """

    def __init__(self, limits: Limits, version: str, apart: Run = inline) -> None:
        self._limits = limits
        self._apart = apart
        self._agent = f"spine-mets-cds/{version}"

    async def pull(self, server: KnownServer, wishes: Sequence[Wanted], access: Access) -> tuple[Pulled, ...]:
        """What the server gave of each wish; nothing that it does is an error here.

        Args:
            server: who is asked.
            wishes: what is wanted, each of another data need.
            access: what may be asked.
        """
        started = asyncio.get_running_loop().time()
        every = tuple(Pulled(wanted) for wanted in wishes)
        if server.needs_token and access.token is None:
            return _all(every, Failure.NO_ACCESS)
        if not server.breaker.lets_through(started):
            return _all(every, Failure.RESTING)
        server.watch.rests(server.name, server.breaker.state)
        budget = Budget(
            started + self._limits.deadline_seconds,
            started + self._limits.target_seconds,
            Allowance(self._limits.bytes),
        )
        asker = Asker(server, access, budget, self._agent, self._apart)
        errors: list[FetchError] = []
        try:
            await _pull(asker, every, access, errors, budget)
        except BaseException:
            server.breaker.abandoned(asyncio.get_running_loop().time())
            server.watch.rests(server.name, server.breaker.state)
            raise
        now = asyncio.get_running_loop().time()
        if asker.asked:
            _judge(server, every, errors)
        else:
            server.breaker.abandoned(now)
        server.watch.rests(server.name, server.breaker.state)
        late = now >= budget.deadline and any(pulled.failure is Failure.TIMEOUT for pulled in every)
        server.watch.pulled(server.name, late=late)
        if now > budget.target:
            logger().warning("slow_fhir_server", milliseconds=round(1000 * (now - started)))
        return every


def _all(every: tuple[Pulled, ...], failure: Failure) -> tuple[Pulled, ...]:
    for pulled in every:
        pulled.failure = failure
    return every


async def _pull(
    asker: Asker, every: Sequence[Pulled], access: Access, errors: list[FetchError], budget: Budget
) -> None:
    held = [pulled for pulled in every if pulled.wanted.need not in asker.server.without]
    asked = [pulled for pulled in held if _may_be_asked(pulled, access)]
    way = await _way(asker, budget)
    batch = [pulled for pulled in asked if way is Way.BATCH and pulled.wanted.from_page is None]
    alone = [pulled for pulled in asked if pulled not in batch]
    async with asyncio.TaskGroup() as tasks:
        if batch:
            tasks.create_task(_batch(asker, batch, errors, budget))
        for pulled in alone:
            tasks.create_task(_alone(asker, pulled, way, errors, budget))


def _may_be_asked(pulled: Pulled, access: Access) -> bool:
    covered = access.covers(pulled.wanted.resource_type, search=pulled.wanted.searches)
    if covered is Coverage.PART:
        pulled.remarks.append(Failure.GRANTED_IN_PART.value)
    if covered is Coverage.NONE:
        pulled.failure = Failure.NOT_GRANTED
    return covered is not Coverage.NONE


async def _way(asker: Asker, budget: Budget) -> Way:
    """How searches are put; where the server is to say so itself, it is asked once in a while."""
    if asker.server.way is not Way.AS_STATED:
        return asker.server.way
    return Way.BATCH if await statement.takes_batch(asker, budget) else Way.GET


async def _alone(asker: Asker, pulled: Pulled, way: Way, errors: list[FetchError], budget: Budget) -> None:
    async with _noting([pulled], errors, budget):
        if not pulled.wanted.searches:
            await searching.read(asker, pulled)
            return
        at = searching.first_address(asker, pulled.wanted)
        if way is Way.POST and pulled.wanted.from_page is None:
            found = await _post_search(asker, pulled.wanted)
        else:
            found = await asker.get(at)
        await searching.pages(asker, pulled, found, at)


async def _post_search(asker: Asker, wanted: Wanted) -> Decoded:
    kind, _, parameters = searching.sized(wanted.query).partition("?")
    address = f"{asker.server.base.text}/{kind}/_search"
    return await asker.post(address, parameters.encode(), "application/x-www-form-urlencoded")


async def _batch(asker: Asker, batch: Sequence[Pulled], errors: list[FetchError], budget: Budget) -> None:
    """Every wish in one request; then the pages after the first of each, at once."""
    answers: Sequence[Decoded | Failure] = ()
    async with _noting(batch, errors, budget):
        answers = await batching.answers(asker, [pulled.wanted for pulled in batch])
    async with asyncio.TaskGroup() as tasks:
        for pulled, answer in zip(batch, answers, strict=False):
            tasks.create_task(_rest(asker, pulled, answer, errors, budget))


async def _rest(
    asker: Asker, pulled: Pulled, answer: Decoded | Failure, errors: list[FetchError], budget: Budget
) -> None:
    async with _noting([pulled], errors, budget):
        if isinstance(answer, Failure):
            raise FetchError(answer)
        if pulled.wanted.searches:
            at = searching.first_address(asker, pulled.wanted)
            await searching.pages(asker, pulled, answer, at)
        else:
            searching.take(pulled, answer)


@asynccontextmanager
async def _noting(every: Sequence[Pulled], errors: list[FetchError], budget: Budget) -> AsyncIterator[None]:
    """Inside the budget, and with every failure noted instead of raised: the others go on."""
    try:
        async with asyncio.timeout_at(budget.deadline):
            yield
    except (FetchError, TimeoutError) as error:
        noted = error if isinstance(error, FetchError) else FetchError(Failure.TIMEOUT)
        errors.append(noted)
        for pulled in every:
            pulled.failure = noted.failure
    except Exception as error:  # noqa: BLE001  what nobody foresaw in an answer costs that answer alone
        logger().error("answer_not_understood", error=type(error).__name__)
        errors.append(FetchError(Failure.NOT_FHIR))
        for pulled in every:
            pulled.failure = Failure.NOT_FHIR


def _judge(server: KnownServer, every: Sequence[Pulled], errors: Sequence[FetchError]) -> None:
    """Note whether the server is well: it is where anything came, or where it answered with a refusal."""
    now = asyncio.get_running_loop().time()
    failed = [error for error in errors if error.failure.of_the_server]
    if failed and not any(pulled.pages for pulled in every):
        waits = [error.retry_after for error in failed if error.retry_after is not None]
        server.breaker.failed(now, max(waits, default=None))
    else:
        server.breaker.answered()
