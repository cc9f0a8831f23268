"""The secret of the pseudonyms, wherever the operator keeps it."""

from pathlib import Path

from app.settings.environment import SHORTEST_KEY, Settings


def pseudonym_key(settings: Settings) -> bytes | None:
    """The secret that pseudonyms are made with; None where none is set.

    Raises:
        ValueError: the file that is named holds none.
    """
    if settings.pseudonym_key is not None:
        return settings.pseudonym_key.get_secret_value().encode()
    return None if settings.pseudonym_key_file is None else _key_in(settings.pseudonym_key_file)


def _key_in(path: Path) -> bytes:
    """The secret of a file, without the line end that an editor leaves."""
    try:
        key = path.read_bytes().strip()
    except OSError:
        raise ValueError("SPINE_METS_PSEUDONYM_KEY_FILE: this names no file that can be read") from None
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"SPINE_METS_PSEUDONYM_KEY_FILE: it must hold {SHORTEST_KEY} characters or more")
    return key
