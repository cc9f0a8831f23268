"""The journal: files of a folder, one for each process that writes."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.store.audit_journal import Folder, FullError
from tests.audit.kept import decision
from tests.audit.trails import LINE, Taking, keep, trail_of


def half_of(word: bytes) -> Callable[[int, bytes], int]:
    """A disk that has room for two bytes when a certain word comes."""
    return lambda descriptor, line: os.write(descriptor, line[:2] if line.startswith(word) else line)


def refuse(_descriptor: int, _size: int) -> None:
    raise OSError


def test_a_piece_of_a_line_is_taken_away_again(tmp_path: Path) -> None:
    folder = Folder(tmp_path, 100_000, write=half_of(b"two"))
    folder.append(b"one\n", 0)
    with pytest.raises(FullError):
        folder.append(b"two\n", 0)
    folder.append(b"three\n", 0)
    sealed = folder.seal()
    assert sealed is not None
    assert sealed.lines == [b"one", b"three"]
    folder.close()


def test_nothing_is_written_behind_a_piece_that_stays(tmp_path: Path) -> None:
    folder = Folder(tmp_path, 100_000, write=half_of(b"two"), cut=refuse)
    folder.append(b"one\n", 0)
    with pytest.raises(FullError):
        folder.append(b"two\n", 0)
    folder.append(b"three\n", 0)
    found = []
    while (sealed := folder.seal()) is not None:
        found.append(sealed.lines)
        folder.drop(sealed, aside=False)
    assert found == [[b"one", b"tw"], [b"three"]]
    folder.close()


def test_a_file_that_another_let_go_of_is_followed_by_one_that_stays(tmp_path: Path) -> None:
    found: list[Path] = []

    def overtaken(_descriptor: int, _how: int) -> None:
        found.extend(tmp_path.iterdir())
        if len(found) == 1:
            found[0].unlink()

    folder = Folder(tmp_path, 100_000, lock=overtaken)
    folder.append(b"one\n", 0)
    first, second = found
    assert first != second
    assert second.read_bytes() == b"one\n"
    folder.close()


def test_a_lock_that_is_refused_after_that_is_told_as_it_is(tmp_path: Path) -> None:
    locks = 0

    def refused(_descriptor: int, _how: int) -> None:
        nonlocal locks
        locks += 1
        if locks == 2:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
        for path in tmp_path.iterdir():
            path.unlink()

    folder = Folder(tmp_path, 100_000, lock=refused)
    # A descriptor that were closed twice would be told instead, or would be somebody else's by then.
    with pytest.raises(OSError, match=os.strerror(errno.ENOLCK)):
        folder.append(b"one\n", 0)
    folder.close()


def test_a_file_that_is_long_enough_is_followed_by_another(tmp_path: Path) -> None:
    taking = Taking()
    trail = trail_of(Folder(tmp_path, 1_000_000, longest=3 * LINE), taking)
    taking.down = True
    keep(trail, *range(10, 20))
    assert len(list(tmp_path.iterdir())) >= 4
    taking.down = False
    assert trail.flush(10)
    assert sorted(set(taking.taken)) == sorted(decision(n) for n in range(10, 20))
    trail.close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_a_process_that_lives_is_left_to_it(tmp_path: Path) -> None:
    living = Folder(tmp_path, 100_000)
    living.append(b"one\n", 0)
    other = Folder(tmp_path, 100_000)
    assert other.take_over() == 0
    living.close()
    assert other.take_over() == 1
    assert other.take_over() == 0
    other.close()
