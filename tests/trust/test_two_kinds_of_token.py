"""The JWT of CDS Hooks and the access token: one key can sign both, and neither passes for the other."""

from collections.abc import Callable

from app.trust.refusal import Reason
from tests.trust.issuing import ABSENT, ADDRESS, HOSPITAL, ISS, Json, Service, by_keys, signed
from tests.trust.issuing_access_tokens import Door, by_set, token_claims, token_header

Make = Callable[..., Service]
# Everything that either asks for, for both addresses: only the type tells them apart.
EVERYTHING = token_claims(iss=ISS, aud=[ADDRESS, "urn:rest"])


def sent(typ: object) -> str:
    head: Json = token_header(typ=typ)
    return f"Bearer {signed(head, EVERYTHING)}"


def rest() -> Door:
    return Door(by_set(iss=ISS, audiences=("urn:rest",)))


async def test_a_jwt_of_cds_hooks_opens_no_rest_route(service: Make) -> None:
    for typ in ("JWT", ABSENT):
        assert await service(by_keys()).takes(sent(typ)) == HOSPITAL
        assert await rest().refuses(sent(typ)) is Reason.TYPE


async def test_a16_an_access_token_fires_no_hook(service: Make) -> None:
    for typ in ("at+jwt", "application/at+jwt"):
        assert (await rest().takes(sent(typ))).issuer == ISS
        assert await service(by_keys()).refuses(sent(typ)) is Reason.TYPE
