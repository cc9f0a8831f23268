"""Where the time of the ordinary call goes: each step by itself, in one process, without sockets.

    python -m bench.stages          prints a table
    python -m bench.stages --json   prints what it is made from

Every step is done over and over by turns with the yardstick's work. Its least processor time counts, of the
thread that answers: what is above that is the machine's doing, and threads that write are not in it. What
whole calls take beyond their steps is the framework, the counts, the log line, and where records are kept the
record of the decision.
"""

import asyncio
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import orjson
from fastapi import FastAPI
from pydantic import SecretStr

from app.assess import assess
from app.desk import Desk
from app.fhir.server.outside import Outside
from app.fhir.strict import check_body
from app.main import create_app
from app.settings import Profile, Settings
from bench.instruction_path import call
from bench.record import dated, hook_request
from bench.tables import as_text, stages
from bench.yardstick import walk
from cds_hooks.card import Cards
from cds_hooks.gather import decode_whole
from cds_hooks.protocol import encode
from cds_hooks.services import PATIENT_VIEW

ROUNDS = 300
_NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
Result = TypeVar("Result")
Json = dict[str, Any]


class Least:
    """The least time of each step, in microseconds."""

    def __init__(self) -> None:
        self.found: dict[str, float] = {}

    def of(self, step: str, work: Callable[[], Result]) -> Result:
        """What the work gives; its time counts for the step."""
        started = time.thread_time_ns()
        result = work()
        self.take(step, started)
        return result

    def take(self, step: str, started: int) -> None:
        """Count what has passed since a moment."""
        passed = (time.thread_time_ns() - started) / 1_000
        self.found[step] = min(self.found.get(step, passed), passed)


def measure() -> Json:
    """The least time of each step and of whole calls, in microseconds."""
    body, least = dated(hook_request(), _NOW), Least()
    desk = Desk(Settings(profile=Profile.DEMO, database="sqlite://"))
    for _ in range(ROUNDS):
        _steps(desk, body, least)
    gc.freeze()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_whole_calls(body, folder, least))
    return least.found


def _steps(desk: Desk, body: bytes, least: Least) -> None:
    judging = desk.judging
    least.of("yardstick", lambda: walk(orjson.loads(body)))
    least.of("check", lambda: check_body(body))
    least.of("decode", lambda: decode_whole(body))
    request = judging.request(PATIENT_VIEW, body)
    taken = least.of("read", lambda: judging.taken(PATIENT_VIEW, request, body))
    gathered = least.of("record", taken.gathered)
    found = least.of("judge", lambda: assess(gathered.record, _NOW, judging.knowledge))
    of_call = judging.call(PATIENT_VIEW, request)
    made = least.of("cards", lambda: judging.maker.cards(found, gathered, of_call))
    least.of("encode", lambda: encode(Cards([one.card for one in made])))


async def _whole_calls(body: bytes, folder: str, least: Least) -> None:
    key = SecretStr("x" * 32)
    applications: dict[str, FastAPI] = {
        "open": create_app(Settings(profile=Profile.DEMO, database="sqlite://"), lambda: _NOW),
        "audit": create_app(
            Settings(profile=Profile.DEMO, database=f"sqlite:///{folder}/kept.db", pseudonym_key=key),
            lambda: _NOW,
            Outside(lambda: _NOW),
        ),
    }
    for _ in range(ROUNDS):
        for name, application in applications.items():
            started = time.thread_time_ns()
            await call(application, body)
            least.take(name, started)
    for application in applications.values():
        application.state.shared.close()


def main() -> None:
    """Measure and print; the log lines of the calls go nowhere."""
    with Path(os.devnull).open("w") as nowhere:
        told = os.dup(sys.stderr.fileno())
        os.dup2(nowhere.fileno(), sys.stderr.fileno())
        try:
            found = measure()
        finally:
            os.dup2(told, sys.stderr.fileno())
    print(json.dumps(found) if "--json" in sys.argv[1:] else as_text(stages({"stages": found})))


if __name__ == "__main__":
    main()
