"""A FHIR server to test against: medplum's router and search in Node.js, on a free port of loopback."""

import json
import os
import select
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.missing_tools import skip_or_fail
from tools.node_packages import NodeUnavailableError, node_with_packages

Json = dict[str, Any]

START_SECONDS = 60
STOP_SECONDS = 10
FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Logged:
    """One request that reached the server.

    Args:
        method: GET, POST and so on.
        path: the path, from the root of the server.
        query: what followed the question mark, and the form of a search by POST.
        authorization: whether an Authorization header was there.
        entries: what a batch or transaction asked for, each as method and address.
        status: the HTTP status of the answer.
    """

    method: str
    path: str
    query: str
    authorization: bool
    entries: tuple[str, ...]
    status: int | None


@dataclass(frozen=True, slots=True)
class RealServer:
    """A FHIR server that runs.

    Args:
        root: its address, without a path.
        client: asks its control routes.
    """

    root: str
    client: httpx.Client

    @property
    def base(self) -> str:
        """The FHIR base, which is what a CDS client sends as ``fhirServer``."""
        return f"{self.root}/fhir"

    @property
    def token_endpoint(self) -> str:
        """Where an access token is asked for."""
        return f"{self.root}/auth/token"

    def load(self, bundle: Mapping[str, Any]) -> int:
        """The number of resources put in, their ids kept, references to a ``fullUrl`` made relative."""
        loaded: int = self._control("POST", "__load", bundle)["loaded"]
        return loaded

    def log(self) -> list[Logged]:
        """The requests so far, those to control the server left out."""
        return [
            Logged(**{"status": None, **said, "entries": tuple(said["entries"])})
            for said in self._control("GET", "__log")
        ]

    def reset(self) -> None:
        """Forgets every resource, token, assertion and logged request."""
        self._control("POST", "__reset")

    def _control(self, method: str, path: str, content: object = None) -> Any:
        answer = self.client.request(method, f"{self.root}/{path}", json=content)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()


@contextmanager
def real_fhir_server(
    *,
    page_size: int = 20,
    largest_page: int = 100,
    require_token: bool = False,
    fixed_token: str = "",
    client_id: str = "",
    jwks: Mapping[str, Any] | None = None,
    token_seconds: int = 300,
    batch: bool = True,
) -> Iterator[RealServer]:
    """A server of its own, stopped at the end; where there can be none, the test is skipped or fails.

    Args:
        page_size: how many matches a page has when ``_count`` is not asked for.
        largest_page: how many it has at most, whatever is asked for.
        require_token: whether the FHIR routes need an access token.
        fixed_token: an access token that always works.
        client_id: the registered client.
        jwks: its public keys.
        token_seconds: how long a token from the token endpoint works.
        batch: whether batches and transactions are supported.
    """
    options = {
        "PAGE_SIZE": str(page_size),
        "LARGEST_PAGE": str(largest_page),
        "REQUIRE_TOKEN": "1" if require_token else "0",
        "FIXED_TOKEN": fixed_token,
        "CLIENT_ID": client_id,
        "JWKS": json.dumps(jwks),
        "TOKEN_LIFETIME": str(token_seconds),
        "BATCH": "1" if batch else "0",
    }
    try:
        node = node_with_packages(FOLDER)
    except NodeUnavailableError as error:
        skip_or_fail("TESTS ON A REAL FHIR SERVER", "FHIR server to test against", str(error))
    with (
        tempfile.TemporaryFile() as faults,
        subprocess.Popen(  # noqa: S603  the program found on the path, fixed arguments
            [node, str(FOLDER / "server.mjs")],
            env={"PATH": os.environ.get("PATH", ""), **options},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=faults,
        ) as process,
        httpx.Client(trust_env=False, timeout=60) as client,
    ):
        try:
            assert process.stdout
            # The server writes its address once it listens, and ends its output if it fails before.
            ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
            root = process.stdout.readline().decode().strip() if ready else ""
            if not root:
                faults.seek(0)
                last = faults.read()[-1_000:].decode(errors="replace")
                raise AssertionError(f"the FHIR server did not start:\n{last}")
            yield RealServer(root, client)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
