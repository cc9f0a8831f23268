"""Where records wait for the database: files that outlive their process, or memory where there is no folder.

A line is in the hands of the operating system when it is taken: it survives the death of the process. A
file is closed for writing before it is delivered, brought to the disk, delivered as a whole and deleted.
The lock on a file tells that its process lives; one without is anybody's to deliver.
"""

import fcntl
import os
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol
from uuid import uuid4

from app.store.audit_line import entry_of

_ENDING = ".journal"
# What cannot be read is kept for people under this one, and touched no more.
_ASIDE = ".aside"
# A file is read as a whole, and deleted as a whole.
_LONGEST_FILE = 4_194_304
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
_TAKE_OVER = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC


class FullError(OSError):
    """As much waits as may."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Lines that are to be delivered together.

    Args:
        lines: each without its end; the last one may be a piece of one.
        size: what they take of the room.
        since: when the first one was taken, in seconds since 1970.
    """

    lines: Sequence[bytes]
    size: int
    since: float | None


class Journal(Protocol):
    """What holds lines until they are delivered."""

    def append(self, line: bytes, at: float) -> None:
        """Take a line.

        Raises:
            OSError: it cannot; ``FullError`` where there is no room.
        """
        ...

    def seal(self) -> Sealed | None:
        """The oldest lines that wait, the same ones until they are dropped; None where none do."""
        ...

    def drop(self, sealed: Sealed, *, aside: bool) -> None:
        """Forget what was delivered; with ``aside``, what could not be read stays for people."""
        ...

    def take_over(self) -> int:
        """How many lines were left behind by processes that ended; they are delivered from here on."""
        ...

    @property
    def oldest(self) -> float | None:
        """When the first line that waits was taken, in seconds since 1970; None where none waits."""
        ...

    def close(self) -> int:
        """Let go of everything that another process can deliver, and say how many lines that is."""
        ...


class Memory:
    """Holds lines of a process that keeps nothing beyond its end.

    Args:
        room: how many bytes may wait.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._lock = Lock()
        self._lines: list[bytes] = []
        self._since: float | None = None
        self._used = 0
        self._sealed: Sealed | None = None

    def append(self, line: bytes, at: float) -> None:
        """Take a line."""
        with self._lock:
            if self._used + len(line) > self._room:
                raise FullError
            self._since = at if self._since is None else self._since
            self._lines.append(line)
            self._used += len(line)

    def seal(self) -> Sealed | None:
        """All lines that wait."""
        with self._lock:
            if self._sealed is None and self._lines:
                self._sealed = Sealed(self._lines, sum(map(len, self._lines)), self._since)
                self._lines, self._since = [], None
            return self._sealed

    def drop(self, sealed: Sealed, *, aside: bool) -> None:  # noqa: ARG002  no line in memory is torn
        """Forget what was delivered."""
        with self._lock:
            self._used -= sealed.size
            self._sealed = None

    def take_over(self) -> int:
        """None: nobody leaves anything in memory."""
        return 0

    @property
    def oldest(self) -> float | None:
        """When the first line that waits was taken."""
        with self._lock:
            return self._sealed.since if self._sealed is not None else self._since

    def close(self) -> int:
        """None: what waits is this process's own."""
        return 0


@dataclass(slots=True)
class _File:
    name: str
    descriptor: int
    size: int = 0
    lines: int = 0
    since: float | None = None
    # Whether a piece of a line stands at its end, so that nothing may be written behind it.
    spoilt: bool = False


class Folder:
    """Holds lines in files of a folder, which several processes may share.

    Args:
        folder: made where it is missing, for this user alone.
        room: how many bytes may wait in the files of this process.
        longest: how many bytes one file takes.
        write: writes to a file.
        cut: shortens one.
        lock: takes the lock of one.

    Raises:
        OSError: the folder cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        room: int,
        *,
        longest: int = _LONGEST_FILE,
        write: Callable[[int, bytes], int] = os.write,
        cut: Callable[[int, int], None] = os.ftruncate,
        lock: Callable[[int, int], None] = fcntl.flock,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._room = room
        self._longest = longest
        self._write = write
        self._shorten = cut
        self._take = lock
        self._lock = Lock()
        self._open: _File | None = None
        self._closed: deque[_File] = deque()
        self._used = 0

    def append(self, line: bytes, at: float) -> None:
        """Take a line; when this returns, it survives the death of this process."""
        with self._lock:
            if self._used + len(line) > self._room:
                raise FullError
            file = self._open
            if file is None or file.spoilt or (file.size and file.size + len(line) > self._longest):
                file = self._turn()
            written = 0
            try:
                written = self._write(file.descriptor, line)
                if written != len(line):
                    raise FullError
            except OSError:
                self._cut(file, written)
                raise
            file.size += written
            file.lines += 1
            file.since = at if file.since is None else file.since
            self._used += written

    def seal(self) -> Sealed | None:
        """The lines of the oldest file, which is on the disk by then."""
        with self._lock:
            if not self._closed:
                if self._open is None or not self._open.size:
                    return None
                self._closed.append(self._open)
                self._open = None
            file = self._closed[0]
        os.fsync(file.descriptor)
        lines = _content(file.descriptor).split(b"\n")
        return Sealed(lines if lines[-1] else lines[:-1], file.size, file.since)

    def drop(self, sealed: Sealed, *, aside: bool) -> None:
        """Delete the file, or give it another name under which nobody delivers it again."""
        with self._lock:
            file = self._closed[0]
        path = self._folder / file.name
        if aside:
            with suppress(FileNotFoundError):
                path.rename(path.with_suffix(_ASIDE))
        else:
            path.unlink(missing_ok=True)
        # Its lock goes last: until then nobody takes it for one that was left behind.
        os.close(file.descriptor)
        with self._lock:
            self._closed.popleft()
            self._used -= sealed.size

    def take_over(self) -> int:
        """How many lines were left behind by processes that ended; they are delivered from here on."""
        lines = 0
        paths: list[Path] = []
        with suppress(OSError):
            paths = sorted(self._folder.glob(f"*{_ENDING}"))
        for path in paths:
            with suppress(OSError):
                file = _left_behind(path)
                if file is not None and file.size:
                    lines += file.lines
                    with self._lock:
                        self._closed.append(file)
                        self._used += file.size
                elif file is not None:
                    path.unlink(missing_ok=True)
                    os.close(file.descriptor)
        return lines

    @property
    def oldest(self) -> float | None:
        """When the first line that waits was taken."""
        with self._lock:
            files = [*self._closed, *([self._open] if self._open else [])]
            return min((file.since for file in files if file.since is not None), default=None)

    def close(self) -> int:
        """Let go of every file, for the next process to take over."""
        with self._lock:
            files = [*self._closed, *([self._open] if self._open else [])]
            self._closed.clear()
            self._open = None
            self._used = 0
        for file in files:
            if not file.size:
                (self._folder / file.name).unlink(missing_ok=True)
            os.close(file.descriptor)
        return sum(file.lines for file in files)

    def _turn(self) -> _File:
        """A new file to write to; the one before it waits to be delivered."""
        while True:
            name = f"{uuid4().hex}{_ENDING}"
            descriptor = os.open(self._folder / name, _CREATE, 0o600)
            try:
                # Held by nobody, or by one who looks for what was left behind and lets go of an empty file.
                self._take(descriptor, fcntl.LOCK_EX)
                there = os.fstat(descriptor).st_nlink > 0
            except OSError:
                os.close(descriptor)
                raise
            if there:
                break
            os.close(descriptor)
        if self._open is not None:
            self._closed.append(self._open)
        self._open = _File(name, descriptor)
        return self._open

    def _cut(self, file: _File, written: int) -> None:
        """Take a piece of a line away again."""
        try:
            self._shorten(file.descriptor, file.size)
        except OSError:
            file.spoilt = written > 0


def _left_behind(path: Path) -> _File | None:
    """A file whose process has ended; None where it has not, or where another was faster."""
    descriptor = os.open(path, _TAKE_OVER)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.fstat(descriptor).st_nlink:
            raise FileNotFoundError
        content = _content(descriptor)
    except OSError:
        os.close(descriptor)
        return None
    lines = content.count(b"\n") + (not content.endswith(b"\n"))
    return _File(path.name, descriptor, len(content), lines, _since(content))


def _content(descriptor: int) -> bytes:
    pieces: list[bytes] = []
    offset = 0
    while piece := os.pread(descriptor, 1_048_576, offset):
        pieces.append(piece)
        offset += len(piece)
    return b"".join(pieces)


def _since(content: bytes) -> float | None:
    with suppress(ValueError):
        return entry_of(content.partition(b"\n")[0]).at.timestamp()
    return None
