"""Fixtures for tests on a real FHIR server: import them into the conftest.py of a test folder."""

from collections.abc import Iterator

import pytest

from tests.fhir_server.running import RealServer, real_fhir_server


@pytest.fixture(scope="session")
def fhir_server() -> Iterator[RealServer]:
    """An open server that all tests share: no token needed, pages of 20."""
    with real_fhir_server() as server:
        yield server


@pytest.fixture
def empty_fhir_server(fhir_server: RealServer) -> RealServer:
    """The shared server without any resource or logged request."""
    fhir_server.reset()
    return fhir_server
