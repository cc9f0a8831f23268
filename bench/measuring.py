"""Everything that is measured with sockets: each operation and size, each server, in interleaved rounds."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

from bench.calls import ORDINARY, PATIENT_VIEW, calls, patient_view
from bench.healthchain_environment import NotInstalledError, healthchain_python
from bench.load import Call
from bench.proofs import Proofs
from bench.ratios import Figures, Pair, Spread, figures, multiple
from bench.rounds import Lane, interleaved
from bench.servers import Server, bare_fastapi, healthchain, product, serving, yardstick

OPEN, AUDITED, UNRECORDED = "open", "audit", "RS384"
RS384, ES384 = "RS384 and audit", "ES384 and audit"
FASTAPI, HEALTHCHAIN = "bare FastAPI", "HealthChain"
CONNECTIONS = (8, 1)
_BARE_ANSWER = b"3 cards"
_STARTS = 5
_FEWER_STARTS = 3


@dataclass(frozen=True, slots=True)
class Pace:
    """How long it is measured.

    Args:
        rounds: of the ordinary patient-view, which every server answers; at least three.
        seconds: of each of its samples.
        more_rounds: of every other operation and size.
        more_seconds: of each of theirs.
    """

    rounds: int = 7
    seconds: float = 0.6
    more_rounds: int = 3
    more_seconds: float = 0.25


@dataclass(frozen=True, slots=True)
class Row:
    """What one server made of one operation.

    Args:
        size: of what is sent.
        server: ours by how it is set up, or another one.
    """

    operation: str
    size: str
    sent_bytes: int
    server: str
    connections: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Start:
    """How long a server takes until it is ready, and what memory it holds then and later, in MiB.

    Args:
        memory: after start and, in order, after each load.
    """

    seconds: Spread
    memory: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Measured:
    """Everything that was measured.

    Args:
        multiples: of HealthChain's answers, by the number of connections: in a second, None where too few
            samples say so, and for a second of processor time.
        missing: why there is no HealthChain; None where there is.
    """

    rows: list[Row] = field(default_factory=list)
    starts: dict[str, Start] = field(default_factory=dict)
    multiples: dict[int, tuple[Spread | None, Spread]] = field(default_factory=dict)
    missing: str | None = None


Tell = Callable[[str], None]


def measure(pace: Pace, tell: Tell) -> Measured:
    """Everything, one server after the other on the same core.

    Args:
        pace: how long.
        tell: is told what is being done.

    Raises:
        RuntimeError: a server does not start, or answers what it should not.
    """
    found = Measured()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        servers = _Servers(Path(folder), stack, found, tell)
        for connections in CONNECTIONS:
            tell(f"{ORDINARY} patient-view, every server, connections: {connections}")
            _ordinary(servers, found, connections, pace)
        servers.remember("after 98 KB")
        for (operation, size), call in calls().items():
            if (operation, size) == ("patient-view", ORDINARY):
                continue
            tell(f"{operation}, {size}")
            for connections in CONNECTIONS:
                _other(servers, found, (operation, size, call, connections), pace)
        servers.remember("after 1.5 MB")
    return found


class _Servers:
    """Every server, started once more often than it is measured: the first time it writes its bytecode."""

    def __init__(self, folder: Path, stack: ExitStack, found: Measured, tell: Tell) -> None:
        self.proofs = Proofs(folder)
        self._found, self._stack, self._tell = found, stack, tell
        self._running: dict[str, Server] = {}
        self.yardstick = self._started("yardstick", yardstick, _FEWER_STARTS)
        self.open = self._started(OPEN, partial(product, {}), _STARTS)
        self.audited = self._started(AUDITED, partial(product, _audit(folder, "audited")), 0)
        proved = {**_audit(folder, "proved"), **self.proofs.settings()}
        self.proved = self._started(RS384, partial(product, proved), 0)
        self.unrecorded = self._started(UNRECORDED, partial(product, self.proofs.settings()), 0)
        self.fastapi = self._started(FASTAPI, bare_fastapi, _FEWER_STARTS)
        self.healthchain: Server | None = None
        try:
            python = healthchain_python()
        except NotInstalledError as error:
            found.missing = str(error)
        else:
            self.healthchain = self._started(HEALTHCHAIN, partial(healthchain, python), _FEWER_STARTS)

    def _started(self, name: str, start: Callable[[], Server], times: int) -> Server:
        self._tell(f"starting: {name}")
        seconds = []
        if times:
            start().stop()
        for _ in range(times - 1):
            with serving(start()) as server:
                seconds.append(server.start_seconds)
        server = self._stack.enter_context(serving(start()))
        if times:
            seconds.append(server.start_seconds)
            spread = Spread(median(seconds), min(seconds), max(seconds))
            self._found.starts[name] = Start(spread, {"after start": server.mebibytes()})
            self._running[name] = server
        return server

    def remember(self, moment: str) -> None:
        """Note what memory each holds now."""
        for name, server in self._running.items():
            self._found.starts[name].memory[moment] = server.mebibytes()

    def proof(self, call: Call, algorithm: str) -> Callable[[int], Iterator[bytes]]:
        """What makes the proofs of a call."""
        return partial(self.proofs.proofs, call.path, algorithm)


def _audit(folder: Path, name: str) -> dict[str, str]:
    """The settings with which records of decisions are kept, first in files and then in SQLite."""
    return {
        "SPINE_METS_DATABASE": f"sqlite:///{folder}/{name}.db",
        "SPINE_METS_AUDIT_SPOOL": str(folder / f"{name}-spool"),
    }


def _ordinary(servers: _Servers, found: Measured, connections: int, pace: Pace) -> None:
    call = patient_view(ORDINARY)
    lanes = {
        OPEN: Lane(servers.open, call),
        AUDITED: Lane(servers.audited, call),
        UNRECORDED: Lane(servers.unrecorded, call, servers.proof(call, "RS384")),
        RS384: Lane(servers.proved, call, servers.proof(call, "RS384")),
        ES384: Lane(servers.proved, call, servers.proof(call, "ES384")),
        FASTAPI: Lane(servers.fastapi, call.at(call.path, _BARE_ANSWER)),
    }
    if servers.healthchain is not None:
        theirs = call.at(f"/cds{PATIENT_VIEW}", call.expected)
        lanes[HEALTHCHAIN] = Lane(servers.healthchain, theirs)
    bare = Lane(servers.yardstick, call.at(call.path, _BARE_ANSWER))
    pairs = interleaved(bare, lanes, connections, pace.rounds, pace.seconds)
    if HEALTHCHAIN in pairs:
        found.multiples[connections] = multiple(pairs[OPEN], pairs[HEALTHCHAIN], connections)
    found.rows += _rows(("patient-view", ORDINARY, call, connections), pairs)


def _other(servers: _Servers, found: Measured, asked: tuple[str, str, Call, int], pace: Pace) -> None:
    *_, call, connections = asked
    lanes = {
        OPEN: Lane(servers.open, call),
        RS384: Lane(servers.proved, call, servers.proof(call, "RS384")),
    }
    bare = Lane(servers.yardstick, call.at(call.path, _BARE_ANSWER))
    found.rows += _rows(asked, interleaved(bare, lanes, connections, pace.more_rounds, pace.more_seconds))


def _rows(asked: tuple[str, str, Call, int], pairs: Mapping[str, Sequence[Pair]]) -> list[Row]:
    operation, size, call, connections = asked
    return [
        Row(operation, size, len(call.body), name, connections, figures(listed, connections))
        for name, listed in pairs.items()
    ]
