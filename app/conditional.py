"""Answers that a caller may keep: marked by what they hold, and not sent again to whoever has them."""

import hashlib
import re
from collections.abc import Mapping

from fastapi import Request, Response

# Kept by the caller alone, and asked about each time: an upgrade changes what an address stands for.
EACH_TIME = "no-cache"
# What a caller is answered can differ from what another is: no cache that they share may keep it.
BY_CALLER: Mapping[str, str] = {
    "Cache-Control": "private, max-age=60, must-revalidate",
    "Vary": "Authorization, X-API-Key",
}
_TAG = re.compile(r'(?:W/)?("[^"]*")')
_NOT_MODIFIED = 304


class Kept:
    """One answer, encoded, with the mark by which a caller knows it again.

    Args:
        content: its body.
        media_type: of the body.
        headers: what it says beside; how long it may be kept is among them.
        weak: whether the mark is of the meaning, and not of every byte.
    """

    __slots__ = ("_headers", "_mark", "content", "media_type")

    def __init__(
        self,
        content: bytes,
        media_type: str = "application/json",
        headers: Mapping[str, str] = BY_CALLER,
        *,
        weak: bool = False,
    ) -> None:
        self.content = content
        self.media_type = media_type
        self._mark = f'"{hashlib.sha256(content).hexdigest()}"'
        self._headers = {"ETag": f"W/{self._mark}" if weak else self._mark, **headers}

    def answer(self, request: Request) -> Response:
        """The answer; without a body where the caller has it already (RFC 9110, section 13.1.2).

        Args:
            request: the call.
        """
        if self._is_known(",".join(request.headers.getlist("if-none-match"))):
            return Response(status_code=_NOT_MODIFIED, headers=self._headers)
        return Response(self.content, media_type=self.media_type, headers=self._headers)

    def _is_known(self, header: str) -> bool:
        # The comparison is the weak one: what matters is the mark, whoever calls it weak.
        return header.strip() == "*" or self._mark in _TAG.findall(header)
