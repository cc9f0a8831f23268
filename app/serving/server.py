"""The server process: uvicorn with deadlines, a limit of connections, and an end without losses."""

import contextlib
import resource
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Never

from starlette.types import ASGIApp
from uvicorn import Server
from uvicorn.config import STARTUP_FAILURE

from app.serving.config import ServingConfig
from app.serving.limits import Limits
from app.serving.supervisor import Supervisor


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
    _leave_no_dump()
    config = ServingConfig(application, host, port, workers=workers, limits=limits)
    if config.workers > 1:
        supervisor = Supervisor(config, sockets=[config.bind_socket()])
        supervisor.run()
        if supervisor.failed:
            sys.exit(STARTUP_FAILURE)
        return
    # uvicorn hands the signal on when it has ended, and a stop that was asked for is no failure.
    signal.signal(signal.SIGTERM, _exit)
    # With nobody to replace it, a process whose terminal is closed stops as it does otherwise.
    signal.signal(signal.SIGHUP, _stop)
    server = Server(config)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _leave_no_dump() -> None:
    # The memory holds records and tokens. One byte, because no limit at all is heeded where dumps are handed
    # to a program, except this one.
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    if most != 0:
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


def _stop(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGTERM)


def _exit(_number: int, _frame: FrameType | None) -> Never:
    sys.exit(0)
