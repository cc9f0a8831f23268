"""Key servers that answer with one key set."""

from dataclasses import dataclass, field

import httpx2

from tests.trust.issuing import jwks


@dataclass
class KeyNetwork:
    """The key servers, whatever they are asked, and by which way each was asked."""

    asked: list[tuple[bool, str]] = field(default_factory=list)
    closed: list[bool] = field(default_factory=list)

    def __call__(self, *, allow_private: bool, connections: int) -> httpx2.AsyncBaseTransport:
        assert connections > 0
        network = self

        class Way(httpx2.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
                network.asked.append((allow_private, str(request.url)))
                return httpx2.Response(200, stream=httpx2.ByteStream(jwks()))

            async def aclose(self) -> None:
                network.closed.append(allow_private)

        return Way()
