import pytest
from fastapi import FastAPI
from hypothesis import settings

from tests.api.caller import Caller
from tests.contract.served import application

settings.register_profile("deterministic", derandomize=True, deadline=None)
settings.load_profile("deterministic")


@pytest.fixture(scope="session")
def app() -> FastAPI:
    return application()


@pytest.fixture(scope="session")
def caller(app: FastAPI) -> Caller:
    return Caller(app)
