import pytest
from fastapi import FastAPI

from tests.api.caller import Caller


@pytest.fixture(scope="session")
def caller(app: FastAPI) -> Caller:
    return Caller(app)
