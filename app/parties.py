"""Who is on the other side: clients and callers that prove who they are, and servers that are asked.

What speaks to them and checks what they sign (aiohttp, cryptography and more) takes 20 MiB and a quarter of a
second to load: it is, at the start, where the settings name any, and nowhere else.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from app.fhir.server.known import KnownServers
from app.fhir.server.outside import Outside
from app.fhir.server.watching import UNWATCHED, Watch
from app.settings import Settings
from app.store.used_tokens import UsedTokens

if TYPE_CHECKING:
    from app.api.caller_gate import RestAccess
    from app.api.callers import Render
    from cds_hooks.trusting import Clients


def servers_of(settings: Settings, outside: Outside, watch: Watch = UNWATCHED) -> KnownServers:
    """Every server that may be asked.

    Args:
        settings: what the operator says.
        outside: what lies outside of this process.
        watch: is told of what is asked of them.

    Raises:
        ValueError: an address or a key cannot be used; the message says why.
    """
    if not (settings.fhir_servers or settings.demo_fhir_servers):
        return KnownServers()
    from app.fhir.server.building import known_servers  # noqa: PLC0415  as said above

    return known_servers(settings, outside, watch)


def clients_of(
    settings: Settings, outside: Outside, used_tokens: Callable[[], UsedTokens]
) -> "Clients | None":
    """The clients that the settings name; None where nobody asks who calls.

    Args:
        settings: what the operator says.
        outside: how key addresses are reached, and the clock that tokens are held against.
        used_tokens: gives what remembers the tokens, where that is needed.

    Raises:
        ValueError: a client cannot be used; the message names it by its place.
        StoreError: the database does not answer.
    """
    # Where this service authenticates and knows nobody, nobody is let in.
    if not settings.clients and settings.authentication != "service":
        return None
    from cds_hooks.trusting import registered_clients  # noqa: PLC0415  as said above

    return registered_clients(settings, outside, used_tokens)


def gate_of(organisations: Sequence[Settings], outside: Outside, render: "Render") -> "RestAccess | None":
    """The gate before the REST routes; None where another authenticates the callers, or nobody does.

    Args:
        organisations: the settings of each organisation, all of one deployment.
        outside: how key addresses are reached, and the clock that tokens are held against.
        render: writes an error as every route does.

    Raises:
        GateError: a setting cannot be used.
    """
    if not organisations or organisations[0].authentication != "service":
        return None
    from app.api.caller_gate import rest_gate  # noqa: PLC0415  as said above

    return rest_gate(organisations, outside, render)
