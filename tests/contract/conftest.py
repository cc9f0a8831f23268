import pytest
from fastapi import FastAPI

from tests.contract.served import application


@pytest.fixture(scope="session")
def app() -> FastAPI:
    return application()
