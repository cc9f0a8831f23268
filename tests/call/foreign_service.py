"""A CDS Hooks service of somebody else, as a function behind a transport or a real socket."""

import json
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from app.call.answer import Answer
from app.call.fire import Call, fire
from app.call.record import Record, read_record
from tests.cds_hooks.record import patient, subject

Json = dict[str, Any]

BASE = "https://cds.example.org/base"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
CARD_UUID = "9368d37b-283f-44a0-93ea-547cebab93ed"
SUGGESTION_UUID = "4b5a5a59-1d2e-4a3b-8f6a-0a1b2c3d4e5f"
REASON = {"system": "https://example.org/reasons", "code": "not-now", "display": "Not now"}
CARD: Json = {
    "uuid": CARD_UUID,
    "summary": "A finding to act on",
    "indicator": "warning",
    "detail": "Its **detail**.",
    "source": {"label": "A guideline", "url": "https://example.org/guideline"},
    "suggestions": [
        {
            "label": "Order it",
            "uuid": SUGGESTION_UUID,
            "isRecommended": True,
            "actions": [
                {
                    "type": "create",
                    "description": "A draft order",
                    "resource": {"resourceType": "ServiceRequest", "id": "new"},
                },
                {"type": "delete", "description": "The old one", "resourceId": "ServiceRequest/old"},
            ],
        }
    ],
    "selectionBehavior": "at-most-one",
    "overrideReasons": [REASON],
    "links": [{"label": "The guideline", "url": "https://example.org/read", "type": "absolute"}],
}
OUTCOME: Json = {
    "resourceType": "OperationOutcome",
    "issue": [
        {
            "severity": "error",
            "code": "incomplete",
            "diagnostics": "conditions are missing",
            "expression": ["prefetch.conditions"],
        }
    ],
}


def service(name: str = "view", hook: str = "patient-view", **members: Any) -> Json:
    return {"id": name, "hook": hook, "description": "Looks", **members}


@dataclass
class Received:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        found: Json = json.loads(self.body)
        return found


@dataclass
class ForeignService:
    """What it offers and answers; every request it gets is kept."""

    services: Sequence[Json] = field(default_factory=lambda: [service()])
    answer: Any = field(default_factory=lambda: {"cards": []})
    status: int = 200
    feedback_status: int = 200
    discovery: tuple[int, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)

    def respond(self, request: Received) -> tuple[int, bytes]:
        self.received.append(request)
        if request.url.endswith("/cds-services"):
            status, said = self.discovery or (200, {"services": list(self.services)})
        elif request.url.endswith("/feedback"):
            status, said = self.feedback_status, OUTCOME if self.feedback_status >= 300 else {}
        else:
            status, said = self.status, self.answer
        return status, said if isinstance(said, bytes) else json.dumps(said).encode()

    @property
    def transport(self) -> httpx.MockTransport:
        def handle(request: httpx.Request) -> httpx.Response:
            received = Received(request.method, str(request.url), request.headers, request.content)
            status, body = self.respond(received)
            return httpx.Response(status, content=body, headers=dict(self.headers))

        return httpx.MockTransport(handle)

    @contextmanager
    def on_a_socket(self, certificate: ssl.SSLContext | None = None) -> Iterator[str]:
        """The base address it answers at while this lasts; by https where it has a certificate."""
        respond, headers = self.respond, self.headers

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                received = Received(self.command, self.path, dict(self.headers), body)
                status, answer = respond(received)
                self.send_response(status)
                for name, value in {"content-length": str(len(answer)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_GET  # noqa: N815  as above

            def log_message(self, *_: object) -> None:  # a test's output stays its own
                return

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:  # a client that hangs up is what some tests want
                return

        with Quiet(("127.0.0.1", 0), Handler) as server:
            if certificate is not None:
                server.socket = certificate.wrap_socket(server.socket, server_side=True)
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
            finally:
                server.shutdown()
                thread.join()

    def fire(self, **members: Any) -> Answer:
        """The answer to a call of this service; members named are put in place of the usual ones."""
        usual: Json = {"url": BASE, "record": record(), "now": NOW, "hook_instance": INSTANCE}
        return fire(Call(**(usual | members)), self.transport)

    @property
    def asked(self) -> Json:
        """The body of the only call of the hook."""
        (call,) = (one for one in self.received if one.method == "POST" and "/feedback" not in one.url)
        return call.json

    @property
    def told(self) -> Json:
        """The body of the only feedback."""
        (call,) = (one for one in self.received if one.url.endswith("/feedback"))
        return call.json


def record(*resources: Json) -> Record:
    return read_record("\n".join(json.dumps(one) for one in (patient(), *resources)).encode())


def resource(resource_type: str, name: str, **members: Any) -> Json:
    """A resource of the usual patient."""
    return {"resourceType": resource_type, "id": name, "subject": subject(), **members}


def coding(code: str, system: str | None = "http://loinc.org") -> Json:
    return {"coding": [{"code": code} | ({"system": system} if system else {})]}
