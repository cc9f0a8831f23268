"""What the server says itself about requests that never reach the application."""

from dataclasses import dataclass
from http import HTTPStatus

import msgspec

MEDIA_TYPE = b"application/problem+json"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that ends the connection.

    Args:
        status: its HTTP status.
        detail: what is wrong and how to mend it.
    """

    status: HTTPStatus
    detail: str

    def message(self, headers: list[tuple[bytes, bytes]]) -> bytes:
        """The whole answer, ready to be sent.

        Args:
            headers: those of every answer of the server.
        """
        body = msgspec.json.encode(
            {"type": "about:blank", "title": self.status.phrase, "status": self.status, "detail": self.detail}
        )
        lines = [f"HTTP/1.1 {self.status.value} {self.status.phrase}".encode()]
        lines += [name + b": " + value for name, value in headers]
        lines += [b"content-type: " + MEDIA_TYPE, b"content-length: %d" % len(body), b"connection: close"]
        return b"\r\n".join([*lines, b"", body])


MALFORMED = Refusal(HTTPStatus.BAD_REQUEST, "The request is not valid HTTP/1.1: send it as RFC 9112 has it.")
VERSION = Refusal(
    HTTPStatus.BAD_REQUEST, "This version of HTTP is not spoken here: send HTTP/1.1, or HTTP/1.0."
)
HOST = Refusal(HTTPStatus.BAD_REQUEST, "The request needs one valid Host header: send exactly one.")
FRAMING = Refusal(
    HTTPStatus.BAD_REQUEST,
    "The length of the body is not clear: send Content-Length, or Transfer-Encoding: chunked over HTTP/1.1.",
)
TARGET = Refusal(HTTPStatus.BAD_REQUEST, "The address holds a control character: send one without.")
TUNNEL = Refusal(HTTPStatus.NOT_IMPLEMENTED, "This is no proxy: send the request to the server itself.")
HEAD_TOO_LARGE = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "The request line and headers, or the trailers, are too large: send fewer or shorter ones.",
)
BODY_TOO_SLOW = Refusal(
    HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time: send the request again, without pauses."
)
