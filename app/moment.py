"""The moment at which a command judges a file."""

from datetime import UTC, datetime

from app.settings import Settings


def moment(text: str | None, settings: Settings) -> datetime:
    """The moment that an option names; without one that of the settings, else now.

    Raises:
        ValueError: the text is no date and time with offset.
    """
    if text is None:
        return settings.as_of or datetime.now(UTC)
    try:
        named = datetime.fromisoformat(text)
    except ValueError:
        named = None
    if named is None or named.tzinfo is None:
        raise ValueError("--as-of needs a date and time with offset, as 2026-11-20T12:00:00+00:00")
    return named
