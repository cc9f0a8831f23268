"""The FHIR servers of the settings, ready to be asked."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from ipaddress import ip_address

from app.fhir.server.address import Address, AddressError, Base, check_ip, read_address, read_base
from app.fhir.server.authorizing import BackendClient, TokenEndpoint
from app.fhir.server.backend.keys import KeyRing
from app.fhir.server.backend.tokens import TokenSource
from app.fhir.server.carrier import carrier
from app.fhir.server.http import Http, trust
from app.fhir.server.known import KnownServer, KnownServers, Way
from app.fhir.server.outside import Carrying, Outside
from app.fhir.server.watching import UNWATCHED, Watch
from app.knowledge import VERSION
from app.settings import FhirServer, Profile, Settings, is_loopback

CONNECTIONS = 64
# A token serves many calls, and those who want one together share the request.
_TOKEN_CONNECTIONS = 4
_SERVERS = "SPINE_METS_FHIR_SERVERS"


def known_servers(settings: Settings, outside: Outside, watch: Watch = UNWATCHED) -> KnownServers:
    """Every server that may be asked, where there is one: app/parties.py asks for them.

    Raises:
        ValueError: an address or a key cannot be used; the message says why.
    """
    servers = _servers(settings, outside, outside.carrying or partial(carrier, trust()))
    return KnownServers(
        replace(server, name=f"server-{place}", watch=watch) for place, server in enumerate(servers, 1)
    )


def _servers(settings: Settings, outside: Outside, carrying: Carrying) -> Iterator[KnownServer]:
    demo = settings.profile is Profile.DEMO
    for setting in settings.fhir_servers:
        base = _base(_SERVERS, setting.base, allow_private=setting.allow_private)
        if not demo and base.address.scheme != "https":
            raise ValueError(f"{_SERVERS}: base must be an https address")
        client = _client(setting, settings, outside, carrying)
        yield _server(setting, base, carrying, client)
    for address in settings.demo_fhir_servers:
        base = _base("SPINE_METS_DEMO_FHIR_SERVERS", address, allow_private=True)
        if not is_loopback(base.address.host):
            raise ValueError("SPINE_METS_DEMO_FHIR_SERVERS takes servers on this machine only")
        http = Http(carrying(allow_private=True, connections=CONNECTIONS))
        yield KnownServer(base, http, needs_token=False)


def _server(setting: FhirServer, base: Base, carrying: Carrying, client: BackendClient | None) -> KnownServer:
    http = Http(carrying(allow_private=setting.allow_private, connections=CONNECTIONS))
    aliases = tuple(_base(f"{_SERVERS}: aliases", one, allow_private=True) for one in setting.aliases)
    return KnownServer(base, http, aliases, frozenset(setting.without), Way(setting.search), client=client)


def _client(
    setting: FhirServer, settings: Settings, outside: Outside, carrying: Carrying
) -> BackendClient | None:
    """This service as the client that a setting names; None where it names none."""
    if setting.client_id is None or setting.token_url is None:
        return None
    try:
        address = read_address(setting.token_url)
        _check_host(address, allow_private=setting.allow_private)
    except AddressError as error:
        raise ValueError(f"{_SERVERS}: token_url: {error}") from None
    if settings.profile is not Profile.DEMO and address.scheme != "https":
        raise ValueError(f"{_SERVERS}: token_url must be an https address")
    try:
        keys = KeyRing(setting.keys, outside.clock)
    except ValueError as error:
        raise ValueError(f"{_SERVERS}: keys: {error}") from None
    http = Http(carrying(allow_private=setting.allow_private, connections=_TOKEN_CONNECTIONS))
    endpoint = TokenEndpoint(http, settings.fetch_deadline, VERSION)
    tokens = TokenSource(
        post=endpoint.post,
        keys=keys,
        client_id=setting.client_id,
        # As it is written in the settings: the authorization server compares the audience with its own text.
        token_url=setting.token_url,
        scope=setting.scope,
        clock=outside.clock,
        random=outside.random,
    )
    return BackendClient(tokens, endpoint, keys)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _check_host(address: Address, *, allow_private: bool) -> None:
    # A host without a name is never looked up, so it is judged here.
    if _is_number(address.host):
        check_ip(address.host, allow_private=allow_private)


def _base(name: str, text: str, *, allow_private: bool) -> Base:
    try:
        base = read_base(text)
        _check_host(base.address, allow_private=allow_private)
    except AddressError as error:
        raise ValueError(f"{name}: {error}") from None
    return base
