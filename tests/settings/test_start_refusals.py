"""What would be unsafe for patients stops the start, with the name of the setting and how to mend it."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.checking import check_start
from app.knowledge import load
from app.knowledge.policy import Policy
from app.settings import Settings
from app.starting import check_audit, check_knowledge, refuse_unsafe_start
from app.store.audit_heads import new_key
from tests.contract.served import application
from tests.production import PRODUCTION

DIGEST = load(Policy()).digest
SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105  what the test keeps in a file
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nobody authenticates": ({"authentication": "none"}, "SPINE_METS_AUTHENTICATION"),
    "no address": ({"public_base_url": None}, "SPINE_METS_PUBLIC_BASE_URL must be set"),
    "an address without TLS": ({"public_base_url": "http://cds.example.org"}, "must be an https address"),
    "no pseudonym key": ({"pseudonym_key": None}, "SPINE_METS_PSEUDONYM_KEY"),
    "a short pseudonym key": ({"pseudonym_key": "x" * 31}, "32 characters"),
    "two pseudonym keys": ({"pseudonym_key_file": Path("/x")}, "set one of them"),
    "any origin": ({"cors_origins": "*"}, "wildcard"),
    "an origin without TLS": ({"cors_origins": "http://ehr.example.org"}, "must be origins"),
    "the clock of the demo": ({"as_of": "2026-11-20T12:00:00Z"}, "demo profile only"),
    "the origins of the demo": ({"demo_cors_origins": "https://x.example"}, "demo profile only"),
    "the servers of the demo": ({"demo_fhir_servers": "http://127.0.0.1:1/fhir"}, "demo profile only"),
    "keys that nobody reads": (
        {"api_keys": ({"id": "reporting", "digest": "0" * 64},)},
        "SPINE_METS_API_KEYS is read only where this service authenticates",
    ),
    "tenants behind a gateway": ({"tenants": Path("/x")}, "SPINE_METS_AUTHENTICATION=service"),
    "tenants beside a client": (
        {"tenants": Path("/x"), "authentication": "service", "clients": ({"iss": "https://a.example"},)},
        "move it into the file",
    ),
    "a signing key without a place": ({"audit_key": Path("/x")}, "SPINE_METS_AUDIT_HEADS"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_settings_that_are_unsafe_are_refused(name: str) -> None:
    changes, said = REFUSED[name]
    with pytest.raises(ValidationError, match=said):
        Settings(**{**PRODUCTION, **changes})


def test_what_is_needed_is_enough() -> None:
    assert Settings(**PRODUCTION).limit == "600/minute"
    assert Settings().limit is None
    assert Settings(rate_limit="5/second").limit == "5/second"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o400)
    return path


def in_production(**changes: Any) -> Settings:
    return Settings(**{**PRODUCTION, "database": "sqlite://", **changes})


def with_file(secret: Path, setting: str) -> Settings:
    if setting == "pseudonym_key_file":
        return in_production(pseudonym_key=None, pseudonym_key_file=secret)
    if setting == "audit_key":
        return in_production(audit_key=secret, audit_heads=secret.with_name("heads"))
    server = {
        "base": "https://ehr.example.org/fhir",
        "client_id": "x",
        "token_url": "https://login.example.org/token",
        "keys": (str(secret),),
    }
    return in_production(fhir_servers=(server,))


@pytest.mark.parametrize("setting", ["pseudonym_key_file", "audit_key", "fhir_servers"])
def test_a_key_that_everybody_can_read_is_refused(secret: Path, setting: str) -> None:
    settings = with_file(secret, setting)
    for mode, refused in ((0o400, False), (0o440, False), (0o444, True), (0o604, True)):
        secret.chmod(mode)
        if refused:
            with pytest.raises(ValueError, match=rf"SPINE_METS_{setting.upper()}.*chmod"):
                refuse_unsafe_start(settings)
        else:
            refuse_unsafe_start(settings)


@pytest.mark.parametrize("name", ["tenants", "code_map", "clients", "access_tokens"])
def test_a_file_that_everybody_can_change_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "file"
    path.write_text("{}")
    said: dict[str, Any] = {
        "tenants": path,
        "code_map": path,
        "clients": ({"iss": "https://a.example", "keys": path},),
        "access_tokens": ({"iss": "https://a.example", "audiences": ["x"], "keys": path},),
    }
    settings = in_production(authentication="service", **{name: said[name]})
    path.chmod(0o644)
    refuse_unsafe_start(settings)
    path.chmod(0o646)
    with pytest.raises(ValueError, match=rf"SPINE_METS_{name.upper()}.*chmod o-w"):
        refuse_unsafe_start(settings)


def test_records_that_must_not_be_lost_have_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="SPINE_METS_AUDIT_SPOOL must name a folder"):
        refuse_unsafe_start(in_production(audit_failure="closed"))
    refuse_unsafe_start(in_production(audit_failure="closed", audit_spool=tmp_path))
    refuse_unsafe_start(in_production(audit_failure="open"))


UNUSABLE: dict[str, tuple[dict[str, str], str]] = {
    "no key": (
        {"audit_key": "absent.pem", "audit_heads": "heads"},
        "SPINE_METS_AUDIT_KEY: the key cannot be read",
    ),
    "no Ed25519 key": (
        {"audit_key": "text", "audit_heads": "heads"},
        "SPINE_METS_AUDIT_KEY: the file holds no",
    ),
    "heads without a key": ({"audit_heads": "heads"}, "SPINE_METS_AUDIT_HEADS needs SPINE_METS_AUDIT_KEY"),
    "heads in no folder": (
        {"audit_key": "key", "audit_heads": "no/heads"},
        "SPINE_METS_AUDIT_HEADS: the file",
    ),
    "a spool that is a file": ({"audit_spool": "text"}, "SPINE_METS_AUDIT_SPOOL: nothing can be written"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_audit_that_cannot_work_stops_the_start(tmp_path: Path, name: str) -> None:
    (tmp_path / "text").write_text("no key")
    new_key(tmp_path / "key")
    named, said = UNUSABLE[name]
    paths: dict[str, Any] = {one: tmp_path / path for one, path in named.items()}
    settings = Settings(database="sqlite://", **paths)
    for start in (check_start, check_audit):
        with pytest.raises(ValueError, match=said):
            start(settings)


def test_what_the_audit_needs_is_made(tmp_path: Path) -> None:
    new_key(tmp_path / "key")
    settings = Settings(
        audit_key=tmp_path / "key", audit_heads=tmp_path / "heads", audit_spool=tmp_path / "a" / "spool"
    )
    check_audit(settings)
    assert (tmp_path / "heads").read_bytes() == b""
    assert (tmp_path / "a" / "spool").is_dir()


def test_no_secret_stands_in_an_error_or_a_text_of_the_settings() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(**{**PRODUCTION, "authentication": "none"})
    assert PRODUCTION["pseudonym_key"][-8:] not in str(caught.value)
    assert "hidden-word" not in repr(Settings(database="postgresql://user:hidden-word@127.0.0.1/x"))


def test_in_the_demo_nothing_is_a_secret(secret: Path) -> None:
    secret.chmod(0o444)
    refuse_unsafe_start(Settings(pseudonym_key_file=secret))


WILD: dict[str, dict[str, Any]] = {
    "CLIENTS": {"clients": ({"iss": "*", "jku": ["https://a.example"]},)},
    "ACCESS_TOKENS": {
        "authentication": "service",
        "access_tokens": ({"iss": "https://a.example", "audiences": ["*"]},),
    },
    "FHIR_SERVERS": {"fhir_servers": ({"base": "https://*.example.org/fhir"},)},
}


@pytest.mark.parametrize("name", WILD)
def test_no_wildcard_lets_anybody_in(name: str) -> None:
    with pytest.raises(ValueError, match=f"SPINE_METS_{name}: a wildcard"):
        application(**PRODUCTION | WILD[name])


def test_t23_knowledge_that_was_not_signed_off_stops_the_start() -> None:
    application(knowledge_digest=DIGEST)
    other = DIGEST[:-1] + ("0" if DIGEST[-1] != "0" else "1")
    for settings in (
        {"knowledge_digest": other},
        {"knowledge_digest": DIGEST, "policy": {"SINS-E1": "upper"}},
    ):
        with pytest.raises(ValueError, match="SPINE_METS_KNOWLEDGE_DIGEST"):
            application(**settings)
    with pytest.raises(ValueError, match=DIGEST):
        check_knowledge(Settings(knowledge_digest=other), DIGEST)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no file that can be read"), ("short", "32 characters")],
    ids=["none", "short"],
)
def test_a_pseudonym_key_in_a_file_must_be_one(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_text(content)
    for start in (check_start, lambda settings: application(**settings.model_dump(exclude_unset=True))):
        with pytest.raises(ValueError, match=said):
            start(Settings(pseudonym_key_file=path, database="sqlite://"))


def test_the_line_end_of_an_editor_is_no_part_of_the_key(secret: Path) -> None:
    app = application(pseudonym_key_file=secret)
    assert app.state.shared.key == SECRET.encode()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"policy": {"SINS-E1": "x"}}, "SPINE_METS_POLICY: "),
        ({"windows": {"pain": "14/7"}}, "SPINE_METS_WINDOWS: "),
        ({"code_map": Path("/no/such/map.json")}, "SPINE_METS_CODE_MAP: "),
        ({"fhir_servers": ({"base": "ftp://x"},)}, "SPINE_METS_FHIR_SERVERS: "),
        ({"tenants": Path("/no/such/file"), "authentication": "service"}, "SPINE_METS_TENANTS: line 1: "),
    ],
    ids=["policy", "windows", "code map", "servers", "tenants"],
)
def test_what_could_only_fail_later_stops_the_start_too(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_start(Settings(database="sqlite://", **settings))
