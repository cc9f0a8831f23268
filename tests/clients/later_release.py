"""The service as a release to come may answer: additive changes must not fail a client of today."""

import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def with_members_of_a_later_release(app: ASGIApp) -> ASGIApp:
    """The same service; every object of what it answers has one more member."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        parts: list[Message] = []

        async def keep(message: Message) -> None:
            parts.append(message)

        await app(scope, receive, keep)
        start, *bodies = parts
        answer = json.loads(b"".join(part["body"] for part in bodies), object_hook=_grown)
        body = json.dumps(answer).encode()
        kept = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        await send({**start, "headers": [*kept, (b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    return answering


def _grown(members: dict[str, object]) -> dict[str, object]:
    return {**members, "member_of_a_later_release": {"since": "2.0.0"}}
