"""What stops the start: what would be unsafe outside the demo, and what could only fail later."""

from collections.abc import Iterator
from pathlib import Path
from stat import S_IROTH, S_IWOTH
from tempfile import TemporaryFile

from app.settings import Profile, Settings


def refuse_unsafe_start(settings: Settings) -> None:
    """Return where nothing speaks against the start.

    Raises:
        ValueError: something does; the message names the setting and how to mend it.
    """
    if settings.profile is Profile.DEMO:
        return
    if settings.audit_failure == "closed" and settings.audit_spool is None:
        raise ValueError(
            "SPINE_METS_AUDIT_SPOOL must name a folder, in which records of decisions wait for the database: "
            "without one they end with the process; or set SPINE_METS_AUDIT_FAILURE=open"
        )
    for name, path in _open_to_write(settings):
        if _mode(path) & S_IWOTH:
            raise ValueError(f"{name}: every user of the machine can change this file: chmod o-w")
    for name, path in _secret_files(settings):
        if _mode(path) & S_IROTH:
            raise ValueError(f"{name}: every user of the machine can read this file: chmod 0400, or 0440")
    for name, texts in _names(settings):
        if any("*" in text for text in texts):
            raise ValueError(f"{name}: a wildcard would let anybody in: write each one out")


def check_knowledge(settings: Settings, digest: str) -> None:
    """Return where the knowledge is the one that the operator approved, if any was named.

    Args:
        settings: they may name its digest.
        digest: of the knowledge that was loaded, under the policy of the deployment.

    Raises:
        ValueError: it is another one.
    """
    if settings.knowledge_digest is not None and settings.knowledge_digest != digest:
        raise ValueError(
            "SPINE_METS_KNOWLEDGE_DIGEST: knowledge and local policy are not those that were signed off: "
            f"its digest is {digest}"
        )


def check_audit(settings: Settings) -> None:
    """Return where records can be kept and their heads signed; what is not there yet is made.

    Raises:
        ValueError: they cannot; the message names the setting.
    """
    if settings.audit_key is not None:
        from app.store.audit_heads import read_private_key  # noqa: PLC0415  where there is a key to read

        try:
            read_private_key(settings.audit_key)
        except ValueError as error:
            raise ValueError(f"SPINE_METS_AUDIT_KEY: {error}") from None
    if settings.audit_heads is not None:
        if settings.audit_key is None:
            raise ValueError(
                "SPINE_METS_AUDIT_HEADS needs SPINE_METS_AUDIT_KEY, the key that heads are signed with"
            )
        try:
            with settings.audit_heads.open("ab"):
                pass
        except OSError as error:
            raise ValueError(
                f"SPINE_METS_AUDIT_HEADS: the file cannot be written: {error.strerror}"
            ) from None
    if settings.audit_spool is not None:
        try:
            settings.audit_spool.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=settings.audit_spool):
                pass
        except OSError as error:
            raise ValueError(
                f"SPINE_METS_AUDIT_SPOOL: nothing can be written there: {error.strerror}"
            ) from None


def _secret_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    for server in settings.fhir_servers:
        for path in server.keys:
            yield "SPINE_METS_FHIR_SERVERS: keys", path
    if settings.audit_key is not None:
        yield "SPINE_METS_AUDIT_KEY", settings.audit_key
    if settings.pseudonym_key_file is not None:
        yield "SPINE_METS_PSEUDONYM_KEY_FILE", settings.pseudonym_key_file


def _open_to_write(settings: Settings) -> Iterator[tuple[str, Path]]:
    """The files that say who may call, and what codes mean."""
    if settings.tenants is not None:
        yield "SPINE_METS_TENANTS", settings.tenants
    if settings.code_map is not None:
        yield "SPINE_METS_CODE_MAP", settings.code_map
    for client in settings.clients:
        if client.keys is not None:
            yield "SPINE_METS_CLIENTS: keys", client.keys
    for issuer in settings.access_tokens:
        if issuer.keys is not None:
            yield "SPINE_METS_ACCESS_TOKENS: keys", issuer.keys


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        # Whoever needs the file says that it is not there.
        return 0


def _names(settings: Settings) -> Iterator[tuple[str, tuple[str, ...]]]:
    for client in settings.clients:
        yield "SPINE_METS_CLIENTS", (client.iss, *client.jku, *client.audiences)
    for issuer in settings.access_tokens:
        yield "SPINE_METS_ACCESS_TOKENS", (issuer.iss, *issuer.audiences, *issuer.client_ids)
    for server in settings.fhir_servers:
        yield "SPINE_METS_FHIR_SERVERS", (server.base, *server.aliases)
