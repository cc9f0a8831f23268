import pytest
from fastapi import FastAPI

from tests.cds_hooks.ehr import Ehr


@pytest.fixture(scope="session")
def ehr(app: FastAPI) -> Ehr:
    return Ehr(app)
