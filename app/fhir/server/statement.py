"""What a server says of itself: whether it takes a batch. Asked once in a while, believed for an hour."""

import asyncio

import msgspec

from app.fhir import wire
from app.fhir.server.asking import Asker, Budget
from app.fhir.server.failure import FetchError

BELIEVED_SECONDS = 3_600.0
# After a failure it is asked again sooner.
UNKNOWN_SECONDS = 300.0
# Of the time until the target: a statement that takes longer is not worth the wait.
_SHARE = 0.5


class _Interaction(msgspec.Struct):
    code: str | None = None


class _Rest(msgspec.Struct):
    mode: str | None = None
    interaction: list[_Interaction] | None = None


class Statement(msgspec.Struct, tag_field="resourceType", tag="CapabilityStatement"):
    """The part of a CapabilityStatement that is read."""

    rest: list[_Rest] | None = None


_decode = msgspec.json.Decoder(Statement).decode


async def takes_batch(asker: Asker, budget: Budget) -> bool:
    """Whether the server's CapabilityStatement says that it takes a batch; False where it cannot be had."""
    server = asker.server
    now = asyncio.get_running_loop().time()
    if server.batch_stated is not None and now < server.batch_stated[1]:
        return server.batch_stated[0]
    try:
        async with asyncio.timeout_at(now + _SHARE * max(0.0, budget.target - now)), server.stating:
            if server.batch_stated is None or now >= server.batch_stated[1]:
                body = await asker.raw(f"{server.base.text}/metadata")
                server.batch_stated = (_states_batch(_decode(body)), now + BELIEVED_SECONDS)
    except (FetchError, TimeoutError, *wire.DECODE_ERRORS):
        # GET is what every server takes.
        server.batch_stated = (False, now + UNKNOWN_SECONDS)
    return server.batch_stated[0]


def _states_batch(statement: Statement) -> bool:
    return any(
        interaction.code == "batch"
        for rest in statement.rest or ()
        if rest.mode in (None, "server")
        for interaction in rest.interaction or ()
    )
