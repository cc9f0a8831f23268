from pathlib import Path

import pytest

from app.settings import Settings
from app.settings.tenants import LARGEST, TenantsFileError, read_tenants, settings_of

WHOLE = """\
tenants:
  - name: north
    client_profile: epic
    clients:
      - iss: https://ehr.north.example/fhir
        jku: [https://ehr.north.example/jwks]
        max_lifetime_seconds: 900
        replay: observe
    fhir_servers:
      - base: https://ehr.north.example/fhir
    cors_origins: [https://ehr.north.example]
    policy: {SINS-E1: upper}
    shadow: true
  - name: south
    access_tokens:
      - iss: https://login.south.example
        audiences: [https://cds.example]
        jwks_uri: https://login.south.example/jwks
        client_ids: [reporting]
    api_keys:
      - id: closed-net
        digest: "0000000000000000000000000000000000000000000000000000000000000000"
        expires: 2027-01-01T00:00:00Z
"""
ENTRY = "tenants:\n  - name: north\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tenants.yaml"


def fault(file: Path, content: str | bytes) -> TenantsFileError:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(TenantsFileError) as caught:
        read_tenants(file)
    return caught.value


def test_every_choice_of_every_organisation_is_read(file: Path) -> None:
    file.write_text(WHOLE)
    north, south = read_tenants(file).entries
    assert (north.name, north.client_profile, north.shadow, north.policy) == (
        "north",
        "epic",
        True,
        {"SINS-E1": "upper"},
    )
    assert north.clients[0].max_lifetime_seconds == 900
    assert north.clients[0].replay == "observe"
    assert north.cors_origins == ("https://ehr.north.example",)
    assert south.access_tokens[0].client_ids == ("reporting",)
    assert south.api_keys[0].id == "closed-net"


def test_what_an_entry_says_holds_for_it_and_the_rest_is_as_in_the_deployment(file: Path) -> None:
    file.write_text(WHOLE)
    deployment = Settings(quiet_days=14, shadow=False, authentication="service", tenants=file)
    north, south = (settings_of(deployment, entry) for entry in read_tenants(file).entries)
    assert (north.tenant, north.shadow, north.quiet_days, north.tenants) == ("north", True, 14, None)
    assert (south.tenant, south.shadow, south.quiet_days, south.policy) == ("south", False, 14, {})


FAULTS = {
    "unknown member": (ENTRY + "    clinets: []\n", 3, "tenants.1.clinets"),
    "wrong type": (ENTRY + "    shadow: false\n    quiet_days: many\n", 4, "tenants.1.quiet_days"),
    "inside a list": (
        ENTRY
        + "    clients:\n      - iss: https://a.example\n      - iss: https://b\n        replay: no-word\n",
        6,
        "tenants.1.clients.2.replay",
    ),
    "missing member": ("tenants:\n  - shadow: true\n", 2, "tenants.1.name: Field required"),
    "name twice": (ENTRY + "    shadow: true\n    shadow: false\n", 4, "twice"),
    "no name": (ENTRY + "    7: true\n", 3, "quotes"),
    "two of one name": (ENTRY + "  - name: north\n", 3, "a name of its own"),
    "no YAML": (ENTRY + "    shadow: [true\n", 4, "no YAML"),
    "tab": (ENTRY + "\tshadow: true\n", 3, "no YAML"),
    "reference": ("tenants: &all\n  - name: north\n    policy: *all\n", 3, "write it out"),
    "empty": ("", 1, "empty"),
    "no list": ("tenants: north\n", 1, "tenants"),
    "none": ("tenants: []\n", 1, "at least 1"),
    "two documents": (ENTRY + "---\n" + ENTRY, 3, "no YAML"),
    "date out of range": (ENTRY + "    windows: {pain: 2026-99-99}\n", 1, "no YAML"),
    "object of Python": (ENTRY + "    policy: !!python/object:os.system {}\n", 3, "no YAML"),
    "relative path": (
        ENTRY + "    clients:\n      - {iss: https://a.example, keys: keys.json}\n",
        3,
        "from the root on",
    ),
    "wildcard origin": (ENTRY + "    cors_origins: ['*']\n", 3, "wildcard"),
    "rate": (ENTRY + "    rate_limit: fast\n", 3, "600/minute"),
    "capitals in a name": ("tenants:\n  - name: North Hospital\n", 2, "tenants.1.name"),
}


@pytest.mark.parametrize(("content", "line", "says"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_line(file: Path, content: str, line: int, says: str) -> None:
    found = fault(file, content)
    assert (found.line, says in found.mend) == (line, True), str(found)


SHARED = {
    "client": "    clients: [{iss: https://a.example, jku: [https://a.example/k]}]\n",
    "access token": "    access_tokens: [{iss: https://a.example, audiences: [x], jwks_uri: https://a.example/k}]\n",
    "API key": "    api_keys: [{id: one-key-0, digest: " + "'" + "0" * 64 + "'}]\n",
}


@pytest.mark.parametrize("choice", SHARED.values(), ids=SHARED)
def test_what_tells_whose_a_call_is_belongs_to_one_organisation(file: Path, choice: str) -> None:
    found = fault(file, ENTRY + choice + "  - name: south\n" + choice)
    assert found.line == 4
    assert "south" in found.mend
    assert "north" in found.mend


TAKERS = {
    "client": (
        "    clients: [{iss: https://v.example, jku: [https://v.example/k]%s}]\n",
        ", tenant_claim: other",
    ),
    "access token": (
        "    access_tokens: [{iss: https://v.example, audiences: [x], jwks_uri: https://v.example/k%s}]\n",
        ", client_ids: [other]",
    ),
}


@pytest.mark.parametrize("first", [0, 1], ids=["taker first", "taker second"])
@pytest.mark.parametrize("kind", TAKERS)
def test_t8_none_takes_every_caller_of_an_issuer_that_another_names(
    file: Path, kind: str, first: int
) -> None:
    choice, exact = TAKERS[kind]
    both = ["", exact] if first == 0 else [exact, ""]
    found = fault(file, ENTRY + choice % both[0] + "  - name: south\n" + choice % both[1])
    assert found.line == 4
    assert "takes every caller" in found.mend


@pytest.mark.parametrize("scalar", ["!!bool maybe", "!!int ''", "!!float ''", "!!timestamp foo"])
def test_a_value_that_does_not_fit_its_tag_is_no_yaml(file: Path, scalar: str) -> None:
    assert "no YAML" in fault(file, ENTRY + f"    shadow: {scalar}\n").mend


def test_customers_of_one_vendor_share_an_issuer_by_their_claim(file: Path) -> None:
    client = (
        "    clients: [{iss: https://vendor.example, tenant_claim: %s, jku: [https://vendor.example/k]}]\n"
    )
    file.write_text(ENTRY + client % "n" + "  - name: south\n" + client % "s")
    assert [entry.name for entry in read_tenants(file).entries] == ["north", "south"]


def test_what_stands_in_the_file_is_not_repeated(file: Path) -> None:
    secret = "canary-5f1c"  # noqa: S105  no secret, but it must not be told
    for content in (
        ENTRY + f"    shadow: {secret}\n",
        ENTRY + f"    {secret}: [\n",
        ENTRY + f"    cors_origins: ['{secret}']\n",
    ):
        assert secret not in str(fault(file, content))


def test_a_file_that_is_not_there_is_named_so(tmp_path: Path) -> None:
    with pytest.raises(TenantsFileError, match="cannot be read"):
        read_tenants(tmp_path / "none.yaml")


def test_bytes_that_are_no_text_are_told_with_their_line(file: Path) -> None:
    assert fault(file, ENTRY.encode() + b"    shadow: \xff\n").line == 3


def test_a_file_that_is_too_large_is_not_read(file: Path) -> None:
    assert "larger" in fault(file, "#" * (LARGEST + 1)).mend


@pytest.mark.parametrize(
    ("message", "line", "says"),
    [
        ("SPINE_METS_CLIENTS: Issuer 1 of 1: give keys or jku.", 4, "north: clients: Issuer 1"),
        ("SPINE_METS_FHIR_SERVERS: base must be an https address", 9, "north: fhir_servers: base"),
        ("something else", 2, "north: something else"),
    ],
)
def test_a_fault_that_shows_at_work_is_told_with_its_line(
    file: Path, message: str, line: int, says: str
) -> None:
    file.write_text(WHOLE)
    found = read_tenants(file).fault(0, message)
    assert (found.line, found.mend.startswith(says)) == (line, True), str(found)
