"""Certificates of a FHIR server on 127.0.0.1: one to be believed, and three that must not be."""

import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
ELSEWHERE = x509.DNSName("other.example.org")
DAY = timedelta(days=1)
_MAY_SIGN = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True)
class Certified:
    """A server's TLS context, and the file of the authority that its client is told to believe."""

    context: ssl.SSLContext
    authority: Path


@dataclass(frozen=True)
class _Signed:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def certified(folder: Path) -> Mapping[str, Certified]:
    """Contexts by what is wrong: good, expired, wrong host and self-signed (not in the authority's file).

    Args:
        folder: an empty folder for the files.
    """
    today = datetime.now(UTC)
    authority = _signed("Test authority", None, None, today - 30 * DAY, today + DAY)
    trusted = folder / "authority.pem"
    trusted.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    servers = {
        "good": _signed("server", HERE, authority, today - DAY, today + DAY),
        "expired": _signed("server", HERE, authority, today - 2 * DAY, today - DAY),
        "wrong host": _signed("server", ELSEWHERE, authority, today - DAY, today + DAY),
        "self-signed": _signed("server", HERE, None, today - DAY, today + DAY),
    }
    return {
        name: Certified(_context(server, folder / f"{name.replace(' ', '-')}.pem"), trusted)
        for name, server in servers.items()
    }


def _signed(
    name: str, place: x509.GeneralName | None, by: _Signed | None, start: datetime, end: datetime
) -> _Signed:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    issuer = by.certificate.subject if by else subject
    signing = by.key if by else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=place is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
    )
    if place is None:
        builder = builder.add_extension(_MAY_SIGN, critical=True)
    else:
        builder = builder.add_extension(x509.SubjectAlternativeName([place]), critical=False)
    return _Signed(builder.sign(signing, SHA256()), key)


def _context(server: _Signed, file: Path) -> ssl.SSLContext:
    key = server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(server.certificate.public_bytes(Encoding.PEM) + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
