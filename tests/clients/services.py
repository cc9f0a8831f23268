"""The running services that the generated clients call, and what is asked of them."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.serving.limits import Limits
from tests.api_callers.gated import API_KEY, KEY
from tests.cds_hooks.record import PATIENT_ID, UNSTABLE, patient, searchset, spinal_lesion
from tests.clients.later_release import with_members_of_a_later_release
from tests.contract.served import application
from tests.serving.talking import listening
from tests.trust.issuing import jwks
from tests.trust.issuing_access_tokens import HERE, LOGIN, access_token

_CONDITION, *_FINDINGS = spinal_lesion("T11", UNSTABLE)
BUNDLE: Mapping[str, Any] = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"resource": resource} for resource in (patient(), _CONDITION, *_FINDINGS)],
}
PATIENT_VIEW: Mapping[str, Any] = {
    "hook": "patient-view",
    "hookInstance": "3f6c1e2a-7d5b-4c1e-9a54-0d6f8b2f1a77",
    "context": {"userId": "Practitioner/example", "patientId": PATIENT_ID},
    "prefetch": {
        "patient": patient(),
        "conditions": searchset([_CONDITION]),
        "observations": searchset(_FINDINGS),
    },
}


@contextmanager
def running_services(folder: Path) -> Iterator[Mapping[str, str]]:
    """What a calling program finds in its environment: services that run, and what opens the guarded one.

    Args:
        folder: for the keys of the authorization server.
    """
    keys = folder / "keys.json"
    keys.write_bytes(jwks())
    guarded = application(
        authentication="service",
        api_keys=({**API_KEY, "scopes": ["cds/evaluate"]},),
        access_tokens=({"iss": LOGIN, "audiences": [HERE], "keys": str(keys)},),
    )
    here = application()
    with (
        listening(lambda: here, Limits()) as open_to_all,
        listening(lambda: guarded, Limits()) as gated,
        listening(lambda: with_members_of_a_later_release(here), Limits()) as later,
    ):
        now = int(datetime.now(UTC).timestamp())
        yield {
            "PATH": os.environ.get("PATH", ""),
            "HOME": os.environ.get("HOME", str(folder)),
            "SERVICE": f"http://127.0.0.1:{open_to_all.port}",
            "GUARDED": f"http://127.0.0.1:{gated.port}",
            "LATER": f"http://127.0.0.1:{later.port}",
            "API_KEY": KEY,
            "ACCESS_TOKEN": access_token({}, {"iat": now, "exp": now + 3_000}).removeprefix("Bearer "),
            "BUNDLE": json.dumps(BUNDLE),
            "PATIENT_VIEW": json.dumps(PATIENT_VIEW),
        }
