"""When a token is taken: each edge from both sides."""

import math
from collections.abc import Callable

import pytest

from cds_hooks.trust import Reason
from tests.trust.issuing import ABSENT, HOSPITAL, NOW, Clock, Service, bearer, by_jku

Make = Callable[..., Service]
SECOND = int(NOW.timestamp())


@pytest.mark.conforms("R147")
@pytest.mark.parametrize(
    ("times", "reason"),
    [
        pytest.param({"iat": -300, "exp": 1}, None, id="in its last second"),
        pytest.param({"iat": -300, "exp": -59}, None, id="A17 expired within the skew"),
        pytest.param({"iat": -300, "exp": -60}, Reason.EXPIRED, id="A17 expired"),
        pytest.param({"iat": -3_000, "exp": -2_700}, Reason.EXPIRED, id="A17 expired long ago"),
        pytest.param({"iat": 60, "exp": 300}, None, id="issued within the skew"),
        pytest.param({"iat": 61, "exp": 300}, Reason.AHEAD, id="issued later"),
        pytest.param({"iat": 600, "exp": 900}, Reason.AHEAD, id="A18 issued in ten minutes"),
        pytest.param({"iat": 0, "exp": 300, "nbf": 60}, None, id="begins within the skew"),
        pytest.param({"iat": 0, "exp": 300, "nbf": 61}, Reason.AHEAD, id="A18 begins later"),
        pytest.param({"iat": 0, "exp": 900, "nbf": -300}, None, id="begins earlier, as at Epic"),
        pytest.param({"iat": 0, "exp": 3_600}, None, id="an hour"),
        pytest.param({"iat": 0, "exp": 3_601}, Reason.LIFETIME, id="more than an hour"),
        pytest.param({"iat": -1, "exp": 3_600}, Reason.LIFETIME, id="more than an hour from before"),
        pytest.param({"iat": 0, "exp": 315_360_000}, Reason.LIFETIME, id="ten years"),
        pytest.param({"iat": 0, "exp": 10**400}, Reason.LIFETIME, id="longer than a number"),
        pytest.param({"iat": 10**400, "exp": 10**400 + 1}, Reason.AHEAD, id="later than a number"),
        pytest.param({"iat": -(10**400), "exp": -(10**400) + 1}, Reason.EXPIRED, id="before all"),
        pytest.param({"iat": 1, "exp": 1}, Reason.LIFETIME, id="no life"),
        pytest.param({"iat": 1, "exp": 0}, Reason.LIFETIME, id="a life backwards"),
    ],
)
async def test_a_token_is_taken_in_its_time_only(
    service: Make, times: dict[str, int], reason: Reason | None
) -> None:
    token = bearer({}, {name: SECOND + value for name, value in times.items()})
    if reason is None:
        assert await service().takes(token) == HOSPITAL
    else:
        assert await service().refuses(token) is reason


@pytest.mark.conforms("R147")
async def test_a_fraction_of_a_second_is_not_given_away(service: Make) -> None:
    clock = Clock()
    clock.on(seconds=359.999)
    assert await service(clock=clock).takes(bearer()) == HOSPITAL
    clock.on(seconds=0.001)
    assert await service(clock=clock).refuses(bearer()) is Reason.EXPIRED


@pytest.mark.conforms("R139")
@pytest.mark.parametrize("name", ["iat", "exp", "nbf"])
@pytest.mark.parametrize(
    "value", [str(SECOND), float(SECOND), SECOND + 0.5, True, None, [SECOND], "2026-11-21T12:00:00Z", math.pi]
)
async def test_a_time_is_a_whole_number(service: Make, name: str, value: object) -> None:
    assert await service().refuses(bearer({}, {name: value})) is Reason.TIMES


@pytest.mark.conforms("R139")
@pytest.mark.parametrize("name", ["iat", "exp"])
async def test_issue_and_expiry_are_required(service: Make, name: str) -> None:
    assert await service().refuses(bearer({}, {name: ABSENT})) is Reason.TIMES


async def test_an_issuer_can_be_given_a_shorter_life(service: Make) -> None:
    issuer = by_jku(max_lifetime_seconds=300)
    assert await service(issuer).takes(bearer({}, {"exp": SECOND + 300})) == HOSPITAL
    assert await service(issuer).refuses(bearer({}, {"exp": SECOND + 301})) is Reason.LIFETIME
