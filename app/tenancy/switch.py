"""The switch in front: hands a call to the application of the organisation that it names."""

from starlette.types import ASGIApp, Receive, Scope, Send

from app.tenancy.running import Tenancy


class TenantSwitch:
    """Hands calls on; what names no organisation is left to the application behind, which knows no caller.

    Args:
        app: answers what belongs to no organisation, and refuses callers that nobody knows.
        tenancy: the organisations.
    """

    def __init__(self, app: ASGIApp, tenancy: Tenancy) -> None:
        self.app = app
        self._tenancy = tenancy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a call on."""
        # A browser's question whether it may call carries no credentials: the application behind answers it.
        running = None
        if scope["type"] == "http" and scope["method"] != "OPTIONS":
            running = self._tenancy.named_by(scope)
        if running is None:
            await self.app(scope, receive, send)
            return
        with running:
            await running.composed.app(scope, receive, send)
