"""Whether the settings can be put to work, asked once before any process of the service starts."""

import asyncio
from datetime import UTC, datetime

from app.failures import render
from app.fhir.codes import CodeMapError, code_book
from app.fhir.server.outside import Outside
from app.parties import clients_of, gate_of, servers_of
from app.settings import Settings
from app.settings.pseudonym_key import pseudonym_key
from app.settings.tenants import TenantsFileError, read_tenants, settings_of
from app.sharing import loaded
from app.starting import check_audit, check_knowledge, refuse_unsafe_start
from app.store.database import Database
from app.store.used_tokens import UsedTokens


def check_start(settings: Settings) -> None:
    """Return where they can; nothing stays open.

    Raises:
        ValueError: they cannot; the message names the setting, or the line of the tenants file, and the mend.
    """
    refuse_unsafe_start(settings)
    check_audit(settings)
    pseudonym_key(settings)
    try:
        code_book(settings.canonical_base, settings.code_map)
    except CodeMapError as error:
        raise ValueError(f"SPINE_METS_CODE_MAP: {error}") from None
    check_knowledge(settings, loaded(settings.policy, settings.windows).digest)
    _check_parties(settings)
    if settings.tenants is not None:
        try:
            _check_tenants(settings)
        except TenantsFileError as error:
            raise ValueError(f"SPINE_METS_TENANTS: {error}") from None


def _check_tenants(settings: Settings) -> None:
    if settings.tenants is None:  # whoever calls has looked
        return
    tenants = read_tenants(settings.tenants)
    for number, entry in enumerate(tenants.entries):
        its = settings_of(settings, entry)
        try:
            refuse_unsafe_start(its)
            check_knowledge(its, loaded(its.policy, its.windows).digest)
            _check_parties(its)
        except ValueError as error:
            raise tenants.fault(number, str(error)) from None


def _check_parties(settings: Settings) -> None:
    outside = Outside(lambda: datetime.now(UTC))
    servers_of(settings, outside)
    clients = clients_of(settings, outside, lambda: UsedTokens(Database("sqlite://")))
    access = gate_of([settings], outside, render)
    for opened in (clients, access):
        if opened is not None:
            asyncio.run(opened.close())
