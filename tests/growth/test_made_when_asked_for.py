"""What takes long to make, and not every deployment is asked for, is made in a thread when somebody asks."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

from app.fhir.server.outside import Outside
from app.main import create_app
from app.settings import Profile, Settings
from cds_hooks.services import PATIENT_VIEW
from tests.cds_hooks.record import NOW
from tests.contract.served import talk_to

# Where each is asked for, and the function that makes it.
MADE = {
    f"/cds-services/{PATIENT_VIEW.id}/source-attributes": "cds_hooks.source_attributes.source_attributes",
    "/evidence": "app.web.evidence_page._html",
}


@contextmanager
def called() -> Iterator[dict[str, threading.Thread]]:
    """The functions that are called meanwhile, and in which thread each was last; this one or a new one."""
    found: dict[str, threading.Thread] = {}

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            name = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}"
            found[name] = threading.current_thread()

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


@pytest.mark.parametrize("path", MADE)
async def test_it_is_made_when_it_is_asked_for_and_once(path: str) -> None:
    with called() as starting:
        app = create_app(
            Settings(profile=Profile.DEMO, database="sqlite://"), lambda: NOW, Outside(lambda: NOW)
        )
    assert "app.main.create_app" in starting
    assert MADE[path] not in starting
    async with talk_to(app) as client:
        with called() as asking:
            first = await client.get(path)
        with called() as again:
            second = await client.get(path)
    app.state.shared.close()
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert asking[MADE[path]] is not threading.current_thread()
    assert MADE[path] not in again
