"""What several tests of this folder start from."""

from tests.fhir_server.fixtures import empty_fhir_server, fhir_server

__all__ = ["empty_fhir_server", "fhir_server"]
