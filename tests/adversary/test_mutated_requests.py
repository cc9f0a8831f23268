"""2,000 requests that once were good, at every address: no failure, no hang, no leak, nothing reassuring."""

import json

import pytest

from tests.adversary.asking import ask, faults, promised
from tests.adversary.conftest import House
from tests.adversary.mutations import case, seeds

BATCHES, SIZE = 10, 200


@pytest.mark.parametrize("batch", range(BATCHES))
async def test_a_mutated_request(house: House, batch: int) -> None:
    given, allowed = seeds(house.app), promised(house.app)
    found = {}
    for number in range(batch * SIZE, (batch + 1) * SIZE):
        one = case(number, given)
        house.log.seek(0)
        house.log.truncate()
        reply = await ask(house.app, one.path, one.body)
        if wrong := faults(one, reply, allowed[one.path], house.log.getvalue().decode()):
            found[number] = (one.kind, one.path, *wrong)
    assert found == {}
    assert await house.next_good() == []


def test_a_case_is_the_same_for_the_same_number(house: House) -> None:
    given = seeds(house.app)
    assert [case(number, given) for number in range(50)] == [case(number, given) for number in range(50)]


async def test_the_seeds_are_good(house: House) -> None:
    for one in seeds(house.app):
        status = (await ask(house.app, one.path, json.dumps(one.document).encode())).status
        assert status in (200, 412), one.path
