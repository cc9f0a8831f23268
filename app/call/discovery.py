"""Where a service is and what it asks for: addresses, the discovery document, and the choice of a service."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from app.call.exact_json import Json, member, objects, parse, text
from app.call.faults import AnswerError, UsageError

_PATH = "cds-services"
DEFAULT_HOOK = "patient-view"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a call goes.

    Args:
        discovery: the address of the discovery document.
        service: the id of the service, where the address given was a service's own.
    """

    discovery: str
    service: str | None = None

    def of_service(self, service_id: str) -> str:
        """The address of a service."""
        return f"{self.discovery}/{quote(service_id, safe='')}"


@dataclass(frozen=True, slots=True)
class Service:
    """One entry of the discovery document.

    Args:
        prefetch: the queries by their keys.
    """

    id: str
    hook: str
    prefetch: Mapping[str, str] = field(default_factory=dict)


def read_address(url: str) -> Address:
    """The address behind what was typed: a base, a discovery address, or a service's own.

    Raises:
        UsageError: it is no plain http or https address.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
        parts = urlsplit("")
    if not usable or not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError("URL: give an address that begins with http:// or https://.")
    if parts.query or parts.fragment or parts.username is not None or parts.password is not None:
        raise UsageError("URL: give the address without a user, a query or a fragment.")
    path = parts.path.rstrip("/")
    origin = f"{parts.scheme}://{parts.netloc}"
    front, _, last = path.rpartition("/")
    if last == _PATH:
        return Address(origin + path)
    if front.endswith(f"/{_PATH}"):
        return Address(origin + front, unquote(last))
    return Address(f"{origin}{path}/{_PATH}")


def read_services(content: bytes) -> list[Service]:
    """The services of a discovery document; an entry without id or hook is passed over.

    Raises:
        AnswerError: it is no discovery document.
    """
    try:
        document = parse(content)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("services"), list):
        raise AnswerError("Discovery was answered, but not with a JSON object that holds services.")
    return list(_services(document))


def _services(document: Json) -> Iterator[Service]:
    for entry in objects(document, "services"):
        name, hook = text(entry, "id"), text(entry, "hook")
        if name is not None and hook is not None:
            asked = member(entry, "prefetch")
            yield Service(name, hook, {key: one for key, one in asked.items() if isinstance(one, str)})


def choose(services: Iterable[Service], service_id: str | None, hook: str | None) -> Service:
    """The service to call: by its id, else by the hook, else patient-view, else the only one.

    Raises:
        UsageError: none fits, or several do; the message lists them.
    """
    every = list(services)
    if not every:
        raise UsageError("Discovery lists no service.")
    fitting = [one for one in every if service_id in (None, one.id) and hook in (None, one.hook)]
    if hook is None and len(fitting) > 1:
        fitting = [one for one in fitting if one.hook == DEFAULT_HOOK] or fitting
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UsageError(f"Several services fit; choose one with --service or --hook:\n{_list(fitting)}")
    asked = " and ".join(
        part for part in (service_id and f"the id {service_id}", hook and f"the hook {hook}") if part
    )
    raise UsageError(f"Discovery lists no service with {asked}; it lists:\n{_list(every)}")


def _list(services: Iterable[Service]) -> str:
    return "\n".join(f"  {service.id} ({service.hook})" for service in services)
