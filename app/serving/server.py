"""The server process: uvicorn with deadlines, a limit of connections, and an end without losses."""

import contextlib
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Never

from starlette.types import ASGIApp
from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from app.serving.draining import Draining
from app.serving.limits import Limits
from app.serving.protocol import Protocols


class ServingConfig(Config):
    """What uvicorn needs to know; it can be handed to worker processes.

    Args:
        application: makes the application; or where that function is, as ``package.module:function``.
        host: the address to listen on.
        port: the port to listen on.
        workers: processes; more than one need the place of that function.
        limits: what connections are allowed.
    """

    def __init__(
        self,
        application: Callable[[], ASGIApp] | str,
        host: str,
        port: int,
        *,
        workers: int = 1,
        limits: Limits | None = None,
    ) -> None:
        self._allowed = limits or Limits()
        self._build = application
        super().__init__(
            application,
            factory=True,
            host=host,
            port=port,
            workers=workers,
            # The parser of the C library: docs/decisions/0010-serving.md.
            http=Protocols(self._allowed),  # type: ignore[arg-type]  # uvicorn only ever calls it
            ws="none",
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_keep_alive=self._allowed.idle,
            timeout_graceful_shutdown=self._allowed.stop,
        )

    def load_app(self) -> Callable[[], ASGIApp]:
        """What makes the application, with an end that loses no request."""
        build = super().load_app() if isinstance(self._build, str) else self._build
        return lambda: Draining(build(), self._allowed.drain)


def serve(
    application: Callable[[], ASGIApp] | str,
    host: str,
    port: int,
    *,
    workers: int = 1,
    limits: Limits | None = None,
) -> None:
    """Serve until a signal to stop comes and everything that was asked is answered.

    Args:
        application: makes the application; or where that function is, as ``package.module:function``.
        host: the address to listen on.
        port: the port to listen on.
        workers: processes; more than one need the place of that function.
        limits: what connections are allowed.

    Raises:
        SystemExit: the application does not start, or the address is taken.
    """
    config = ServingConfig(application, host, port, workers=workers, limits=limits)
    if config.workers > 1:
        Multiprocess(config, sockets=[config.bind_socket()]).run()
        return
    # uvicorn hands the signal on when it has ended, and a stop that was asked for is no failure.
    signal.signal(signal.SIGTERM, _exit)
    server = Server(config)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _exit(_number: int, _frame: FrameType | None) -> Never:
    sys.exit(0)
