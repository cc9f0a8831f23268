"""An answer that is kept under an Idempotency-Key, before it is sealed: app/store/sealed_answers.py."""

import msgspec


class Answer(msgspec.Struct, array_like=True, frozen=True):
    """An answer as it left.

    Args:
        status: of HTTP.
        headers: names and values, as bytes.
        body: the whole of it.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class UnopenedError(Exception):
    """What is kept cannot be opened: it was changed, or is not what the name stands for."""
