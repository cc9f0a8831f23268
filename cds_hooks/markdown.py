"""Text from a record inside Markdown: shown as it is, never as markup, in any renderer."""

import re

_INVISIBLE = re.compile("[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f]")
_HARMLESS = re.compile(r"[A-Za-z0-9/#:._\[\]-]+")
_TICKS = re.compile(r"`+")


def code_span(text: str) -> str:
    """The text as a code span, with a fence longer than any run of ticks in it."""
    if _HARMLESS.fullmatch(text):
        return f"`{text}`"
    plain = _INVISIBLE.sub("", text).replace("|", "\u00a6")
    if not plain:
        return "`-`"
    longest = max((len(run) for run in _TICKS.findall(plain)), default=0)
    if longest == 0:
        return f"`{plain}`"
    fence = "`" * (longest + 1)
    return f"{fence} {plain} {fence}"


def plain(text: str) -> str:
    """Text of this service's own inside a table cell."""
    return text.replace("|", "\\|")
