"""Signed heads: what a chain was at a moment, written where the database cannot reach.

Who can write to the database can write a whole chain anew. A head that was signed before, in a file on
another volume, tells that it was; without one, a chain whose end was cut off looks like a shorter one.
The same file says up to which record a chain was shortened: who can only write to the database cannot sign.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from app.store.audit_chain import Head

# A signature under this key is one of a head or of a deletion: neither passes for the other.
_HEAD = b"spine-mets audit head\n"
_DELETION = b"spine-mets audit deletion\n"


class _SignedHead(msgspec.Struct, forbid_unknown_fields=True):
    """A line of the file that says where a chain ended."""

    time: str
    tenant: str
    sequence: int
    hash: str
    key: str
    signature: bytes


class _SignedDeletion(msgspec.Struct, forbid_unknown_fields=True):
    """A line of the file that says up to which record a chain was shortened."""

    time: str
    tenant: str
    deleted_up_to: int
    hash: str
    before: str
    key: str
    signature: bytes


_heads = msgspec.json.Decoder(_SignedHead)
_deletions = msgspec.json.Decoder(_SignedDeletion)


@dataclass(frozen=True, slots=True)
class ReadHead:
    """One line of the file of heads as it was read.

    Args:
        line: its number, from 1.
        tenant: whose chain; empty where the line cannot be read.
        sequence: of the record that was the last one, or the last one that was deleted.
        hash: of that record.
        fault: what is wrong with the line; None where its signature holds.
        deletion: whether it is of a deletion.
    """

    line: int
    tenant: str
    sequence: int
    hash: str
    fault: str | None = None
    deletion: bool = False


class HeadSigner:
    """Adds signed heads and deletions to a file.

    Args:
        key: signs them.
        path: the file, which only grows.
    """

    def __init__(self, key: Ed25519PrivateKey, path: Path) -> None:
        self._key = key
        self._key_id = key_id(key.public_key())
        self._path = path
        self._signed: dict[str, int] = {}

    def sign(self, heads: Sequence[Head], at: datetime) -> None:
        """Add the heads that have moved since they were signed last.

        Raises:
            OSError: the file cannot be written.
        """
        moved = [head for head in heads if head.sequence > self._signed.get(head.tenant, 0)]
        if not moved:
            return
        moment = at.astimezone(UTC).isoformat()
        self._add(b"".join(self._line(head, moment) for head in moved))
        self._signed.update({head.tenant: head.sequence for head in moved})

    def sign_deletion(self, head: Head, before: datetime, at: datetime) -> None:
        """Add that a chain was shortened to where its head says that it begins.

        Args:
            head: of the chain.
            before: what was older was deleted.
            at: now.

        Raises:
            OSError: the file cannot be written.
        """
        moment, until = at.astimezone(UTC).isoformat(), before.astimezone(UTC).isoformat()
        place = (head.tenant, head.base_sequence, head.base_hash)
        signature = self._key.sign(_signed(_DELETION, moment, *place, until, self._key_id))
        self._add(
            msgspec.json.encode(_SignedDeletion(moment, *place, until, self._key_id, signature)) + b"\n"
        )

    def read(self) -> Iterator[ReadHead]:
        """Every line of the file.

        Raises:
            OSError: the file cannot be read.
        """
        return read_heads(self._path, self._key.public_key())

    def _add(self, lines: bytes) -> None:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                # A line that a crash cut short must not take the next one with it.
                lines = b"\n" + lines
            if os.write(descriptor, lines) != len(lines):
                raise OSError
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _line(self, head: Head, moment: str) -> bytes:
        signature = self._key.sign(
            _signed(_HEAD, moment, head.tenant, head.sequence, head.hash, self._key_id)
        )
        line = _SignedHead(moment, head.tenant, head.sequence, head.hash, self._key_id, signature)
        return msgspec.json.encode(line) + b"\n"


def read_heads(path: Path, key: Ed25519PublicKey) -> Iterator[ReadHead]:
    """Every line of a file of heads, with what is wrong with it.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            yield _read(number, line, key)


def _read(number: int, line: bytes, key: Ed25519PublicKey) -> ReadHead:
    found: _SignedHead | _SignedDeletion
    try:
        found = _heads.decode(line)
        sequence, deletion = found.sequence, False
        signed = _signed(_HEAD, found.time, found.tenant, sequence, found.hash, found.key)
    except msgspec.MsgspecError:
        try:
            found = _deletions.decode(line)
        except msgspec.MsgspecError:
            return ReadHead(number, "", 0, "", "the line cannot be read")
        sequence, deletion = found.deleted_up_to, True
        signed = _signed(_DELETION, found.time, found.tenant, sequence, found.hash, found.before, found.key)
    fault = None
    try:
        key.verify(found.signature, signed)
    except InvalidSignature:
        known = found.key == key_id(key)
        fault = "the signature is wrong" if known else "the signature is of another key"
    return ReadHead(number, found.tenant, sequence, found.hash, fault, deletion)


def _signed(purpose: bytes, *parts: str | int) -> bytes:
    return purpose + json.dumps(parts).encode()


def key_id(key: Ed25519PublicKey) -> str:
    """A name of a key: the first 16 hexadecimal digits of the digest of its public part."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def new_key(path: Path) -> bytes:
    """Make a private key in a new file that only its owner reads, and give its public one in PEM.

    Raises:
        OSError: the file is there already, or cannot be made.
    """
    key = Ed25519PrivateKey.generate()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """The private key of a file.

    Raises:
        ValueError: there is none; the message does not repeat what is there.
    """
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise ValueError(f"the key cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(  # noqa: TRY004  a file is wrong, not an argument
            "the file holds no private Ed25519 key in PEM: make one with spine-mets audit key"
        )
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """The public key of a file.

    Raises:
        ValueError: there is none; the message does not repeat what is there.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise ValueError(f"the key cannot be read: {error.strerror}") from None
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(  # noqa: TRY004  a file is wrong, not an argument
            "the file holds no public Ed25519 key in PEM: spine-mets audit key prints one"
        )
    return key
