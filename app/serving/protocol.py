"""uvicorn's HTTP/1.1 over httptools, with deadlines, a limit of the head, and no doubtful framing.

The lines that differ from uvicorn's own behaviour name the section of RFC 9112 that asks for them.
"""

import asyncio
from enum import Enum, auto
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from app.serving import refusals
from app.serving.head import fault, framing
from app.serving.limits import Limits
from app.serving.refusals import Refusal
from app.serving.watch import Watch


class _Phase(Enum):
    """What is waited for."""

    HEAD = auto()
    BODY = auto()
    ANSWER = auto()
    """The answer, and after it the next request."""
    END = auto()
    """The client, which is to read a refusal."""


class _RefusedError(Exception):
    """The head of a request has a fault."""


class DeadlineProtocol(HttpToolsProtocol):
    """One connection. Everything of a conversation has a deadline, whoever is slow.

    Args:
        config: uvicorn's.
        server_state: uvicorn's.
        app_state: uvicorn's.
        _loop: the event loop; the running one where left out.
        limits: what the connection is allowed.
        watch: looks at it from time to time.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: Limits,
        watch: Watch,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._watch = watch
        self._phase = _Phase.HEAD
        self._since = self.loop.time()
        self._stalled = 0.0
        self._closing = False
        self._deaf = False
        # Bytes of a head or of trailers that the parser has taken and not given out yet.
        self._held = 0
        self._refusal: Refusal | None = None
        # How the body is framed that follows an offer to change the protocol.
        self._framing = b""
        self._resuming = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Start the time of the first request."""
        super().connection_made(transport)
        self._watch.add(self, self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._watch.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, unless the conversation is over."""
        self._unset_keepalive_if_required()
        if self._deaf or self.transport.is_closing():
            return
        if self._phase is _Phase.ANSWER:
            self._begin_head()
        self._held += len(data)
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self._end(self._refusal or refusals.MALFORMED)
            return
        if self._held > self._limits.head_bytes and self._phase is not _Phase.ANSWER:
            self._end(refusals.HEAD_TOO_LARGE)

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                # Java's client offers HTTP/2 with every request. The parser then takes the request for
                # complete, where by RFC 9110, section 7.8, the body follows all the same.
                data = data[offer.args[0] :]
                if self._framing:
                    self._resume_body()
            else:
                return

    def _resume_body(self) -> None:
        """Let a new parser read the body: to this one the request is over."""
        framing, self._framing = self._framing, b""
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._resuming = True
        self.parser.feed_data(b"POST / HTTP/1.1\r\n" + framing + b"\r\n\r\n")
        self._resuming = False

    def _begin_head(self) -> None:
        self._phase = _Phase.HEAD
        self._since = self.loop.time()
        self._held = 0

    def on_message_begin(self) -> None:
        """Start the time of a request that came together with the one before it."""
        if self._resuming:
            return
        if self._phase is not _Phase.HEAD:
            self._begin_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Judge the head before anything is made of it.

        Raises:
            _RefusedError: the request is not to be answered by the application.
        """
        if self._resuming:
            return
        parser = self.parser
        self._refusal = fault(
            parser.get_method(), self.url, parser.get_http_version(), self.headers, self._limits.head_bytes
        )
        if self._refusal is not None:
            # The parser stops at it, and what it raises then comes to ``data_received``.
            raise _RefusedError
        self._framing = framing(self.headers) if parser.should_upgrade() else b""
        self._phase = _Phase.BODY
        self._since = self.loop.time()
        self._held = 0
        super().on_headers_complete()
        # Trailers must not become headers of the request (RFC 9110, section 6.5.1).
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """Hand on a part of the body."""
        self._held = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop the time of the request."""
        if self._framing:
            return
        self._phase = _Phase.ANSWER
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Start to wait for the next request."""
        if self._phase is _Phase.ANSWER:
            self._since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Start the time in which the client has to take something of what is sent."""
        self._stalled = self.loop.time()
        super().pause_writing()

    def shutdown(self) -> None:
        """End the connection as soon as everything that was asked is answered."""
        if self._phase is _Phase.END:
            self.transport.close()
        else:
            super().shutdown()

    def look(self, now: float) -> None:
        """End what has taken too long."""
        if self.flow.write_paused and now - self._stalled >= self._limits.stalled:
            self.transport.abort()
        elif self.transport.is_closing():
            self._look_at_close(now)
        elif self._phase in _DEADLINES and self.flow.read_paused:
            # The client may well have sent the rest: it is this side that does not read.
            self._since = now
        elif self._phase is _Phase.HEAD and now - self._since >= self._limits.head:
            self._end(None)
        elif self._phase is _Phase.BODY and now - self._since >= self._limits.body:
            self._end(refusals.BODY_TOO_SLOW)
        elif self._phase is _Phase.END and now - self._since >= self._limits.linger:
            self.transport.close()

    def _look_at_close(self, now: float) -> None:
        if not self._closing:
            self._closing = True
            self._since = now
        elif now - self._since >= self._limits.stalled:
            self.transport.abort()

    def waiting(self) -> tuple[bool, float] | None:
        """Whether it is in the middle of a body and since when it is waited for; nothing while answering."""
        if self._phase is _Phase.BODY:
            return True, self._since
        if self._phase is not _Phase.END and self._is_answering():
            return None
        return False, self._since

    def let_go(self) -> None:
        """Close the connection."""
        self.transport.close()

    def _is_answering(self) -> bool:
        # There is none before the first request.
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _end(self, refusal: Refusal | None) -> None:
        """End the conversation; what was asked before is answered first.

        Args:
            refusal: what is said about the request that cannot be answered, where it is its turn.
        """
        self._deaf = True
        if self._phase is not _Phase.BODY and self._is_answering():
            # A refusal now would be read as the answer to the request before.
            self.cycle.keep_alive = False
            self._phase = _Phase.ANSWER
            return
        in_turn = not self.pipeline
        spoken = self._phase is _Phase.BODY and self.cycle.response_started
        if self._is_answering():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if refusal is None or spoken or not in_turn:
            self.transport.close()
            return
        self.transport.write(refusal.message(self.server_state.default_headers))
        # Closing with unread bytes resets the connection, and the client may lose the refusal
        # (RFC 9112, section 9.6).
        self.transport.write_eof()
        self._phase = _Phase.END
        self._since = self.loop.time()


_DEADLINES = frozenset({_Phase.HEAD, _Phase.BODY})


class Protocols:
    """Makes the protocol of every connection of a process.

    Args:
        limits: what each connection is allowed.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        # Made with the first connection: worker processes are started from a copy of this.
        self._watch: Watch | None = None

    def __call__(self, **given: Any) -> DeadlineProtocol:  # noqa: ANN401  uvicorn's own arguments, handed on
        """The protocol of one more connection."""
        if self._watch is None:
            self._watch = Watch(self._limits)
        return DeadlineProtocol(**given, limits=self._limits, watch=self._watch)
