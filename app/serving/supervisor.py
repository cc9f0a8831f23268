"""Several processes on one socket: started, replaced one by one, and stopped together."""

import logging
import signal
import socket
import time

from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from app.serving.config import ServingConfig
from app.serving.worker import Worker

# Under the name of uvicorn's own log: what goes wrong here stands beside what goes wrong there.
_log = logging.getLogger("uvicorn.error")
_STOP = frozenset({signal.SIGTERM, signal.SIGINT})
# Seconds between two looks at the signals.
_LOOK = 0.2
# Seconds between two tries to start a worker that does not start.
_PAUSE = 5.0


class Supervisor(Multiprocess):
    """uvicorn's supervisor, with a rolling restart that loses no request and never delays a stop.

    On SIGHUP each worker is replaced: the new one is ready before the old one accepts nothing more, and a
    new one that does not become ready leaves the old ones where they are.

    Args:
        config: what the workers serve and how.
        sockets: what they listen on.
    """

    def __init__(self, config: ServingConfig, sockets: list[socket.socket]) -> None:
        super().__init__(config, sockets)
        self._serving = config
        self._workers: list[Worker] = []
        self._leaving: list[Worker] = []
        self._not_before = 0.0
        self.failed = False
        """Whether it ended because the application does not start."""

    def init_processes(self) -> None:
        """Start as many workers as are wanted."""
        self._workers = [self._started() for _ in range(self.processes_num)]

    def restart_all(self) -> None:
        """Replace one worker after the other, each by one that is ready."""
        for place in range(len(self._workers)):
            new = self._started()
            if not self._becomes_ready(new):
                self._give_up(new)
                return
            old, self._workers[place] = self._workers[place], new
            old.retire()
            self._see_off(old)

    def keep_subprocess_alive(self) -> None:
        """Replace every worker that has ended or does not answer its supervisor."""
        for place, worker in enumerate(self._workers):
            if self._told_to_stop():
                return
            if worker.is_alive(timeout=self.config.timeout_worker_healthcheck):
                continue
            worker.kill()
            worker.join()
            if worker.exitcode == STARTUP_FAILURE and not self._may_start_again():
                continue
            self._workers[place] = self._started()

    def handle_ttin(self) -> None:
        """Change nothing: the number of workers is a setting."""

    def handle_ttou(self) -> None:
        """Change nothing: the number of workers is a setting."""

    def terminate_all(self) -> None:
        """Tell every worker to stop, and listen no more: the workers still do, for as long as they drain."""
        for worker in (*self._workers, *self._leaving):
            worker.terminate()
        for listening in self.sockets:
            listening.close()

    def join_all(self) -> None:
        """Wait until every worker has ended, or has had the time to."""
        limits = self._serving.limits
        until = time.monotonic() + limits.drain + limits.stop + _PAUSE
        for worker in (*self._workers, *self._leaving):
            if not worker.has_left(max(0.0, until - time.monotonic())):
                worker.kill()
                worker.join()

    def _started(self) -> Worker:
        worker = Worker(self._serving, self.sockets)
        worker.start()
        return worker

    def _told_to_stop(self) -> bool:
        # Signals wait in the queue while workers are replaced.
        return self.should_exit.is_set() or not _STOP.isdisjoint(self.signal_queue)

    def _becomes_ready(self, worker: Worker) -> bool:
        until = time.monotonic() + self._serving.limits.start
        while time.monotonic() < until and not self._told_to_stop():
            if worker.is_ready(timeout=1):
                return True
            if worker.has_left(_LOOK):
                return False
        return False

    def _give_up(self, worker: Worker) -> None:
        # Told, not killed: it may have become ready just now, and have taken a connection.
        worker.terminate()
        self._leaving.append(worker)
        if not self._told_to_stop():
            _log.error(
                "A new worker did not become ready, and the old ones go on as they are: see what it said, "
                "mend that, and send SIGHUP again."
            )

    def _see_off(self, worker: Worker) -> None:
        """Wait until a worker that was replaced has ended, and look after the others meanwhile."""
        limits = self._serving.limits
        until = time.monotonic() + limits.retire + limits.stop + _PAUSE
        self._leaving.append(worker)
        while not self._told_to_stop():
            if worker.has_left(_LOOK):
                self._leaving.remove(worker)
                return
            if time.monotonic() >= until:
                worker.kill()
            self.keep_subprocess_alive()

    def _may_start_again(self) -> bool:
        """Whether it is time to try again what did not start; the end where nobody is left who answers."""
        if not any(worker.is_ready(timeout=1) for worker in self._workers):
            self.failed = True
            self.should_exit.set()
            return False
        now = time.monotonic()
        if now < self._not_before:
            return False
        self._not_before = now + _PAUSE
        return True
