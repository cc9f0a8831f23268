"""The server process: how connections are read, how long they may take, and how they end."""

from app.serving.limits import Limits
from app.serving.server import serve

__all__ = ["Limits", "serve"]
