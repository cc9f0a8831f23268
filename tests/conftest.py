import pytest
from fastapi import FastAPI
from hypothesis import settings

from tests.contract.served import application

settings.register_profile("deterministic", derandomize=True, deadline=None)
settings.load_profile("deterministic")


@pytest.fixture(scope="session")
def app() -> FastAPI:
    return application()
