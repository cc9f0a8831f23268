"""Answers at rest: compressed and encrypted, so that the database alone tells nothing of them.

What opens an answer is derived from the secret of the deployment and from the caller's own Idempotency-Key,
which is not kept. Whoever has the database and even the secret still lacks the key.
"""

import hmac
import json
import os
import zlib

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.store.kept_answer import Answer, UnopenedError

_PURPOSE = "spine-mets answers under an Idempotency-Key"
_BYTES, _NONCE = 32, 12
# The fastest: JSON shrinks to a tenth even so.
_LEVEL = 1


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Answer).decode


class Sealing:
    """Names, digests and encryption for one Idempotency-Key of one caller.

    Args:
        secret: of the deployment.
        whose: everything that says whose key it is, such as tenant and client.
        key: the Idempotency-Key.
    """

    def __init__(self, secret: bytes, whose: tuple[str | None, ...], key: str) -> None:
        info = json.dumps([_PURPOSE, *whose, key]).encode()
        material = HKDF(algorithm=SHA256(), length=3 * _BYTES, salt=None, info=info).derive(secret)
        self.name = material[:_BYTES].hex()
        self._requests = material[_BYTES : 2 * _BYTES]
        self._answers = AESGCM(material[2 * _BYTES :])

    def digest(self, request: bytes) -> str:
        """What stands for a request: 64 hexadecimal digits.

        Args:
            request: its own digest, or anything else that is the same for the same request alone.
        """
        return hmac.digest(self._requests, request, "sha256").hex()

    def seal(self, answer: Answer, request: str) -> bytes:
        """An answer as it is kept.

        Args:
            answer: the answer.
            request: the digest of the request that it belongs to.
        """
        nonce = os.urandom(_NONCE)
        packed = zlib.compress(_encode(answer), _LEVEL)
        return nonce + self._answers.encrypt(nonce, packed, request.encode())

    def open(self, sealed: bytes, request: str) -> Answer:
        """The answer that was sealed.

        Args:
            sealed: as it was kept.
            request: the digest of the request that it belongs to.

        Raises:
            UnopenedError: it is not as it was sealed.
        """
        try:
            packed = self._answers.decrypt(sealed[:_NONCE], sealed[_NONCE:], request.encode())
        except (InvalidTag, ValueError):
            raise UnopenedError from None
        return _decode(zlib.decompress(packed))
