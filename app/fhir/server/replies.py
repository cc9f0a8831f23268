"""What a client of another server gives, apart from how it speaks HTTP: app/fhir/server/http.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from app.fhir.server.failure import Failure, FetchError


@dataclass(slots=True)
class Allowance:
    """What several answers may hold together; those that come at once draw on it at once.

    Args:
        bytes_left: the bytes that are left, unpacked.
    """

    bytes_left: int

    def take(self, count: int) -> None:
        """Take so many bytes.

        Raises:
            FetchError: more than were left.
        """
        if count > self.bytes_left:
            raise FetchError(Failure.TOO_LARGE)
        self.bytes_left -= count


class Reply(NamedTuple):
    """An answer, whatever its status.

    Args:
        headers: by name in lower case.
        body: unpacked.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Sending(Protocol):
    """A client of one server."""

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        most: int | Allowance,
        content: bytes | None = None,
    ) -> Reply:
        """The answer to one request.

        Args:
            method: GET or POST.
            url: an address that has been judged.
            headers: all that are sent, beside those that HTTP needs.
            most: how many bytes its body may have, unpacked; or what is shared with other answers.
            content: the body to send.

        Raises:
            FetchError: there was none, it broke off, or it was too large.
        """
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...
