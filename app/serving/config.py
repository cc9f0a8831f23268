"""What uvicorn is told, for one process and for several."""

import sys
from collections.abc import Callable

from starlette.types import ASGIApp
from uvicorn import Config
from uvicorn.config import STARTUP_FAILURE

from app.logs import logger
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
        self.limits = limits or Limits()
        self._build = application
        self._draining: Draining | None = None
        super().__init__(
            application,
            factory=True,
            host=host,
            port=port,
            workers=workers,
            # The parser of the C library: docs/decisions/0010-serving.md.
            http=Protocols(self.limits),  # type: ignore[arg-type]  # uvicorn only ever calls it
            ws="none",
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_keep_alive=self.limits.idle,
            timeout_graceful_shutdown=self.limits.stop,
        )

    def load_app(self) -> Callable[[], ASGIApp]:
        """What makes the application, with an end that loses no request."""
        build = super().load_app() if isinstance(self._build, str) else self._build

        def draining() -> ASGIApp:
            try:
                application = build()
            except ValueError as error:
                # What a setting says wrongly is told once, in a line, and not by a traceback.
                logger().error("not_started", mend=str(error))
                sys.exit(STARTUP_FAILURE)
            self._draining = Draining(application, self.limits.drain)
            return self._draining

        return draining

    def retire(self) -> None:
        """Let the application of this process end each connection with its next answer."""
        if self._draining is not None:
            self._draining.retire()
