"""A service is believed only with a certificate that the machine trusts."""

import ipaddress
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from app.call.faults import UnreachableError
from app.call.fire import Call, fire
from tests.call.foreign_service import NOW, ForeignService, record
from tests.call.test_over_a_socket import COMMAND
from tests.call.test_signing import pem
from tests.cli.running_service import PATIENCE, environment


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of this machine that nobody vouches for, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM) + pem(key))
    return path


@pytest.fixture
def address(certificate: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ForeignService().on_a_socket(context) as url:
        yield url


def test_a_certificate_that_nobody_vouches_for_is_refused(address: str) -> None:
    with pytest.raises(UnreachableError, match="certificate verify failed"):
        fire(Call(url=address, record=record(), now=NOW))


def test_a_certificate_that_the_machine_was_told_of_is_taken(
    address: str, certificate: Path, tmp_path: Path
) -> None:
    patient = tmp_path / "patient.json"
    patient.write_text('{"resourceType": "Patient", "id": "p-1"}')
    done = subprocess.run(  # noqa: S603  our own command
        [*COMMAND, address, "--patient", str(patient)],
        env=environment({"SSL_CERT_FILE": str(certificate)}),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    assert "No cards: nothing to say." in done.stdout
