"""Several workers: replaced one by one without a loss, replaced when they die, and stopped together."""

import json
import os
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.running_service import environment, free_port
from tests.serving.load import Asked, under_load
from tests.serving.process import ROOT, STARTING, Serving, command, serving
from tests.serving.talking import GOOD, PATIENCE, Talk, post, several, wait_for

TELLING = "tests.serving.applications:build"
BREAKABLE = "tests.serving.applications:build_unless_broken"
READY = b"GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n"
SINS = json.dumps({"level": "T11", "pain": "mechanical", "lesion": "lytic"}).encode()
SCORE = "/api/v1/scores/sins"


def answers(server: Serving) -> bool:
    with Talk(server.port) as talk:
        return talk.say(GOOD).answer().status == 200


def process_that_answers(server: Serving) -> int:
    with Talk(server.port) as talk:
        process: int = json.loads(talk.say(GOOD).answer().body)["process"]
        return process


def all_answer(server: Serving) -> bool:
    """Whether every worker of two has answered."""
    processes = {process_that_answers(server) for _ in range(20)}
    return len(processes) == 2 and processes == server.workers()


def test_two_restarts_under_load_lose_no_request() -> None:
    with serving("app.main:create_app", "retire=1.0", workers=2) as server:
        wait_for(lambda: answers_ready(server), STARTING)
        seen = set(server.workers())
        assert len(seen) == 2

        def replaced(times: int) -> bool:
            assert "did not become ready" not in server.said(), server.said()
            seen.update(server.workers())
            return len(seen) >= 2 + times

        with under_load(
            server.port,
            Asked("POST", SCORE, SINS),
            Asked("POST", SCORE, SINS, anew=True),
            Asked("GET", "/health/ready"),
            Asked("GET", "/health/ready", anew=True),
        ) as load:
            wait_for(lambda: load.answered > 100)
            server.tell_to_restart()
            wait_for(lambda: replaced(1), STARTING)
            # The second one comes while the first is under way.
            server.tell_to_restart()
            wait_for(lambda: replaced(4), 2 * STARTING)
            last = sorted(seen)[-2:]
            wait_for(lambda: server.workers() == set(last), STARTING)
            before = load.answered
            wait_for(lambda: load.answered > before + 100)
        assert load.failed == []
        assert "Traceback" not in server.said()


def answers_ready(server: Serving) -> bool:
    with Talk(server.port) as talk:
        return talk.say(READY).answer().status == 200


def test_what_a_replaced_worker_has_taken_is_answered_by_it() -> None:
    with serving(TELLING, "retire=60", workers=2) as server:
        wait_for(lambda: all_answer(server))
        first = server.workers()
        with several(server.port, 40, b"") as silent, ExitStack() as stack:
            kept: list[Talk] = []
            held: set[int] = set()
            while held != first:
                talk = stack.enter_context(Talk(server.port)).say(GOOD)
                answer = talk.answer()
                assert answer.headers.get("connection") != "close"
                held.add(json.loads(answer.body)["process"])
                kept.append(talk)
                assert len(kept) < 500
            server.tell_to_restart()
            wait_for(lambda: len(server.workers() | first) == 3)
            wait_for(lambda: any(ends_with_its_answer(talk) for talk in kept))
            (old,) = first - {process_that_answers(server) for _ in range(40)}
            assert old in server.workers()
            # Whoever had said nothing yet is not turned away, and the service never was not ready.
            for talk in silent:
                assert talk.say(READY).answer().status == 200


def ends_with_its_answer(talk: Talk) -> bool:
    if not talk.is_open():
        return False
    answer = talk.say(GOOD).answer()
    assert answer.status == 200
    return answer.headers.get("connection") == "close"


def test_a_stop_during_a_restart_is_not_delayed() -> None:
    with serving(TELLING, "retire=600", workers=2) as server:
        wait_for(lambda: all_answer(server))
        server.tell_to_restart()
        wait_for(lambda: len(server.workers()) == 3)
        server.tell_to_stop()
        assert server.exit_code() == 0
        assert "Traceback" not in server.said()


def test_a_stop_under_load_answers_everything() -> None:
    with serving(TELLING, "drain=5", workers=2) as server:
        wait_for(lambda: all_answer(server))
        with under_load(
            server.port,
            Asked("POST", "/good", b"{}"),
            Asked("POST", "/good", b"{}", anew=True),
            Asked("GET", "/good"),
            Asked("GET", "/good", anew=True),
        ) as load:
            wait_for(lambda: load.answered > 100)
            server.tell_to_stop()
            # A load balancer sends nothing more once it has seen this.
            wait_for(lambda: not answers_ready(server))
        assert load.failed == []
        assert server.exit_code() == 0
        assert "Traceback" not in server.said()


def test_once_everybody_stops_nobody_is_kept_waiting_for_an_answer() -> None:
    with serving(TELLING, "drain=0.5", workers=2) as server:
        wait_for(lambda: all_answer(server))
        with Talk(server.port) as under_way:
            under_way.say(post(b"Content-Length: 2", b"Expect: 100-continue"))
            assert under_way.peek(21) == b"HTTP/1.1 100 Continue"
            server.tell_to_stop()
            # Refused, while the process still answers what it has.
            wait_for(lambda: not server.takes_connections())
            assert under_way.say(b"{}").answer().status == 200
        assert server.exit_code() == 0


def test_a_worker_that_hangs_keeps_nobody_from_stopping() -> None:
    with serving(TELLING, "stop=1", workers=2) as server:
        wait_for(lambda: all_answer(server))
        os.kill(min(server.workers()), signal.SIGSTOP)
        server.tell_to_stop()
        assert server.exit_code() == 0


def test_a_worker_that_hangs_is_replaced() -> None:
    with serving(TELLING, "retire=0.1, stop=1", workers=2) as server:
        wait_for(lambda: all_answer(server))
        first = server.workers()
        os.kill(max(first), signal.SIGSTOP)
        server.tell_to_restart()
        wait_for(lambda: len(server.workers()) == 2 and not server.workers() & first, 2 * PATIENCE)
        assert all(answers(server) for _ in range(20))


def test_a_worker_that_dies_is_replaced() -> None:
    with serving(TELLING, workers=2) as server:
        wait_for(lambda: all_answer(server))
        first = server.workers()
        # The number of workers is a setting, and no signal changes it.
        server.send(signal.SIGTTIN)
        dead = min(first)
        os.kill(dead, signal.SIGKILL)
        wait_for(lambda: len(server.workers() - {dead}) == 2)
        assert len(server.workers() & first) == 1
        assert all(answers(server) for _ in range(20))


def test_a_restart_that_cannot_start_leaves_the_old_workers(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    with serving(BREAKABLE, "retire=0.1", workers=2, broken=str(broken)) as server:
        wait_for(lambda: all_answer(server))
        first = server.workers()
        broken.touch()
        server.tell_to_restart()
        wait_for(lambda: "did not become ready" in server.said())
        assert all(answers(server) for _ in range(20))
        assert server.workers() >= first
        broken.unlink()
        server.tell_to_restart()
        wait_for(lambda: len(server.workers()) == 2 and not server.workers() & first)
        assert answers(server)


def test_a_worker_that_cannot_be_replaced_now_is_replaced_later(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    with serving(BREAKABLE, workers=2, broken=str(broken)) as server:
        wait_for(lambda: all_answer(server))
        first = server.workers()
        broken.touch()
        os.kill(min(first), signal.SIGKILL)
        wait_for(lambda: "the settings are broken" in server.said())
        assert all(answers(server) for _ in range(20))
        broken.unlink()
        wait_for(lambda: len(server.workers() - first) == 1)
        assert max(first) in server.workers()


def test_workers_that_never_start_end_the_process_as_a_failure(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    done = subprocess.run(  # noqa: S603  our own program
        command(BREAKABLE, free_port(), workers=2),
        cwd=ROOT,
        env=environment({"SPINE_METS_BROKEN": str(broken)}),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("workers", [1, 2], ids=["one-process", "two-workers"])
def test_a_signal_to_stop_while_nothing_is_under_way(workers: int) -> None:
    with serving(TELLING, workers=workers) as server:
        wait_for(lambda: answers(server))
        server.tell_to_stop()
        assert server.exit_code() == 0


def test_one_process_alone_takes_the_end_of_its_terminal_for_a_stop() -> None:
    with serving(TELLING, "drain=0.5") as server:
        wait_for(lambda: answers(server))
        server.tell_to_restart()
        assert server.exit_code() == 0


def test_no_process_leaves_its_memory_behind() -> None:
    with serving(TELLING, workers=2) as server:
        wait_for(lambda: all_answer(server))
        for process in server.processes():
            limits = Path(f"/proc/{process}/limits").read_text().splitlines()
            (core,) = [line.split() for line in limits if line.startswith("Max core file size")]
            assert core[4:6] == ["1", "1"]
