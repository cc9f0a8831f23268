"""Small applications, to look at the server alone."""

import json
import os

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGE = 32 * 1024 * 1024


async def _read(receive: Receive) -> bytes | None:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part: bytes = message["body"]
        body += part
        if not message["more_body"]:
            return body


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message: Message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def telling(scope: Scope, receive: Receive, send: Send) -> None:
    """Tells what it was asked; /early does not read, /large sends much."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    body = b"" if scope["path"] == "/early" else await _read(receive)
    if body is None:
        return
    names = sorted(name.decode() for name, _ in scope["headers"])
    told = json.dumps(
        {"path": scope["path"], "body": body.decode(), "headers": names, "process": os.getpid()}
    ).encode()
    if scope["path"] == "/large":
        told = b"x" * LARGE
    status = 413 if scope["path"] == "/early" else 200
    headers = [(b"content-length", b"%d" % len(told)), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": told})


def build() -> ASGIApp:
    return telling


async def _failing(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan" and os.access(os.environ["SPINE_METS_BROKEN"], os.F_OK):
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "the settings are broken"})
        return
    await telling(scope, receive, send)


def build_unless_broken() -> ASGIApp:
    """Does not start while there is a file of the name that the environment tells."""
    return _failing
