"""Which addresses may be contacted: those under a base URL that the operator allowed [T1, T2, T3, R70].

An address is read into its parts before it is compared. Whatever two readers could understand
differently is refused: a start of the text that agrees proves nothing (CVE-2026-34361).
"""

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import unquote

import idna

Kind: TypeAlias = Literal[
    "length",
    "characters",
    "scheme",
    "user",
    "host",
    "port",
    "path",
    "query",
    "fragment",
    "other-server",
    "private",
]

LONGEST_ADDRESS = 2_048  # up to the query [N14]
LONGEST_LINK = 8_192  # with the query: tokens of paging reach 4 kB

_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65_535
_LONGEST_HOST = 253
_LONGEST_LABEL = 63

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_PARTS = re.compile(r"//([^/?]*)(/[^?]*)?(?:\?(.*))?")
_AUTHORITY = re.compile(r"(?:\[([^\[\]]*)\]|([^:\[\]]*))(?::([^:]*))?")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
# An underscore is no part of a host name, yet names of containers have it.
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_\-]*[a-z0-9_])?")
# A resolver reads a name that ends so as an IPv4 address, in its own way [N05].
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SEGMENT = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# IDNA reads these as the dot between labels.
_OTHER_DOTS = frozenset("\u3002\uff0e\uff61")

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Special in the registries of IANA; the tables of older Pythons call parts of them global.
_SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "3fff::/20")))
# Loopback, RFC 1918, RFC 6598 and RFC 4193: where a hospital's own servers are [N04].
_PRIVATE = tuple(
    map(
        ipaddress.ip_network,
        ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1", "fc00::/7"),
    )
)
# What clouds tell a machine about itself, its credentials included, outside the link-local ranges
# [N03]: Alibaba, Azure, Amazon, Google.
_METADATA = frozenset(
    map(ipaddress.ip_address, ("100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254"))
)


class AddressError(ValueError):
    """An address that is not contacted.

    Args:
        kind: which part of the address is at fault.
        message: what is wrong and how to mend it; nothing of the address.
    """

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind: str = kind
        self.message = message


class Address(NamedTuple):
    """The parts of an http or https URL, each in its one normal form.

    Args:
        scheme: http or https.
        host: a lower-case name in ASCII, or an IP address without brackets.
        port: the port, also where it is the scheme's own.
        segments: the parts of the path; the last is empty where the path ends in a slash.
        query: what follows the question mark, byte for byte.
    """

    scheme: str
    host: str
    port: int
    segments: tuple[str, ...]
    query: str

    @property
    def origin(self) -> str:
        """The text up to the path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def path(self) -> str:
        """The text of the path: nothing, or a slash before each segment."""
        return "".join(f"/{segment}" for segment in self.segments)

    @property
    def text(self) -> str:
        """The normal text, in which the address is requested."""
        return self.origin + self.path + (f"?{self.query}" if self.query else "")


@dataclass(frozen=True, slots=True)
class Base:
    """One base URL that may be contacted.

    Args:
        address: its parts; no query, and no empty segment at the end.
        text: its normal text, without a slash at the end.
    """

    address: Address
    text: str

    def holds(self, address: Address) -> bool:
        """Whether an address is this base or lies under it."""
        segments = self.address.segments
        return address[:3] == self.address[:3] and address.segments[: len(segments)] == segments


def read_address(text: str) -> Address:
    """The parts of an absolute URL.

    Raises:
        AddressError: if it is no http or https URL, or two readers could understand it differently.
    """
    _check_length(text)
    # Not printable: control characters, marks of direction, halves of surrogates, spaces but one.
    if not text.isprintable() or " " in text or "\\" in text.partition("?")[0]:
        raise AddressError(
            "characters",
            "The address holds a space, a backslash or a control character: encode or remove it",
        )
    if "#" in text:
        raise AddressError("fragment", "The address has a fragment: leave out the number sign and the rest")
    start = _SCHEME.match(text)
    scheme = start[1].lower() if start else ""
    if start is None or scheme not in _PORTS:
        raise AddressError("scheme", "The address must begin with https:// or http://")
    parts = _PARTS.fullmatch(text, start.end())
    if parts is None:
        raise AddressError("host", "The address names no host: write two slashes and the host")
    authority, path, query = parts.groups(default="")
    host, port = _authority(authority, _PORTS[scheme])
    address = Address(scheme, host, port, _segments(path), query)
    _check_length(address.text)  # a name grows where it is written in ASCII
    return address


def read_base(text: str) -> Base:
    """A base URL that may be contacted.

    Raises:
        AddressError: if it is no address, or has a query.
    """
    address = read_address(text)
    if "?" in text:
        raise AddressError("query", "A base URL has no query: leave out the question mark and the rest")
    if address.segments[-1:] == ("",):
        address = address._replace(segments=address.segments[:-1])
    return Base(address, address.text)


def same_base(base: Base, text: str) -> bool:
    """Whether a text is this base URL, however it is written; False for what is no address."""
    try:
        return read_base(text) == base
    except AddressError:
        return False


def within(base: Base, link: str, at: str) -> str:
    """The URL to request for a link or a redirect.

    Args:
        base: the base URL that must not be left.
        link: the link as the server wrote it, absolute or relative (RFC 3986, section 5.2).
        at: the URL of the answer in which it came.

    Raises:
        AddressError: if the link, or the answer it came in, is no address under the base.
    """
    came_from = read_address(at)
    found = read_address(_resolved(link, came_from))
    if not (base.holds(came_from) and base.holds(found)):
        raise AddressError(
            "other-server",
            "The link leaves the FHIR server that was asked: it must stay under the same base URL",
        )
    return found.text


def is_public(ip: str) -> bool:
    """Whether an IP address is one of the public internet; False for what is no IP address."""
    address = _unwrapped(ip)
    if address is None or any(address in network for network in _SPECIAL):
        return False
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast


def check_ip(ip: str, *, allow_private: bool) -> None:
    """Nothing, where a connection to an IP address may be made.

    Args:
        ip: the address that a connection would go to, after the name was resolved.
        allow_private: whether the operator allowed this server to be on a private network.

    Raises:
        AddressError: if it may not: private and not allowed, or of a kind that no FHIR server has.
    """
    address = _unwrapped(ip)
    if address is None:
        raise AddressError("host", "The host has no usable IP address: check its entry in the name service")
    if address in _METADATA:
        raise AddressError("private", "The host is a metadata service: name a FHIR server")
    if is_public(ip):
        return
    if not any(address in network for network in _PRIVATE):
        raise AddressError(
            "private", "The host is link-local, multicast or reserved: name a FHIR server at a usual address"
        )
    if not allow_private:
        raise AddressError(
            "private",
            "The host is on a private network: allow private addresses for this server, if it belongs there",
        )


def _check_length(text: str) -> None:
    if len(text) > LONGEST_LINK or len(text.partition("?")[0]) > LONGEST_ADDRESS:
        raise AddressError(
            "length",
            f"The address is too long: at most {LONGEST_ADDRESS} characters before the query, "
            f"{LONGEST_LINK} in all",
        )


def _authority(text: str, own_port: int) -> tuple[str, int]:
    """The host and the port."""
    if "@" in text:
        raise AddressError("user", "The address holds a user name or an at sign before the path: remove it")
    parts = _AUTHORITY.fullmatch(text)
    if parts is None:
        raise AddressError("host", "The host and port cannot be read: write host or host:port")
    version6, name, port = parts.groups()
    host = _name(name) if version6 is None else _version6(version6)
    if port is None:
        return host, own_port
    if not _PORT.fullmatch(port) or int(port) > _LAST_PORT:
        raise AddressError("port", f"The port must be a number from 1 to {_LAST_PORT}, or left out")
    return host, int(port)


def _version6(text: str) -> str:
    try:
        address = IPv6Address(text)
    except ValueError:
        raise AddressError("host", "The host in brackets is no IPv6 address") from None
    if address.scope_id is not None:
        raise AddressError("host", "The IPv6 address has a zone: leave out the percent sign and the zone")
    return str(address)


def _name(text: str) -> str:
    """A host name as it is looked up: lower case, labels of IDNA in ASCII; or an IPv4 address."""
    # Only ASCII is lowered: the sign of Kelvin, lowered, is the letter k [N10].
    name = re.sub(r"[A-Z]+", lambda letters: letters[0].lower(), text)
    absolute = name.endswith(".")
    name = _in_ascii(name.removesuffix("."))
    labels = name.split(".")
    if len(name) > _LONGEST_HOST or not all(
        _LABEL.fullmatch(label) and len(label) <= _LONGEST_LABEL for label in labels
    ):
        raise AddressError("host", "The host is no name: letters, digits and hyphens with dots between")
    if _NUMBER.fullmatch(labels[-1]) and (absolute or not _is_version4(name)):
        raise AddressError("host", "The host is a number: write an IPv4 address as four decimal numbers")
    return name


def _in_ascii(name: str) -> str:
    """The name with its labels of IDNA in ASCII; each label of such a name must be a valid one."""
    if name.isascii() and "xn--" not in name:
        return name
    try:
        if len(name) > _LONGEST_HOST or not _OTHER_DOTS.isdisjoint(name):
            raise idna.IDNAError
        return idna.encode(name).decode("ascii")
    except UnicodeError:
        raise AddressError("host", "The host is no valid international name: write it in ASCII") from None


def _is_version4(name: str) -> bool:
    try:
        return str(IPv4Address(name)) == name
    except ValueError:
        return False


def _segments(path: str) -> tuple[str, ...]:
    if not path:
        return ()
    segments = tuple(map(_segment, path[1:].split("/")))
    if "" in segments[:-1]:
        raise AddressError("path", "The path has two slashes in a row: write one")
    return segments


def _segment(text: str) -> str:
    """A part of a path with its percent-encoding made normal (RFC 3986, section 6.2.2)."""
    if not _SEGMENT.fullmatch(text):
        raise AddressError("path", "The path holds a character that must be percent-encoded")
    try:
        # As a server with the most forgiving reading understands it: full-width forms are ASCII.
        name = unicodedata.normalize("NFKC", unquote(text, errors="strict"))
    except UnicodeDecodeError:
        raise AddressError("path", "The path holds percent-encoding that is no UTF-8") from None
    # Servers drop what follows a semicolon, or dots and spaces at the end, and then see "..".
    nothing_else = text and not name.partition(";")[0].strip(". ")
    # A percent sign that is itself encoded begins a second encoding [N08].
    deceiving = "%2e" in text.lower() or not {"/", "\\", "%"}.isdisjoint(name)
    if nothing_else or deceiving or not name.isprintable():
        raise AddressError(
            "path", "The path leaves its place: write no dot segments and no encoded dots, slashes or percent"
        )
    return _ESCAPE.sub(_normal_escape, text)


def _normal_escape(escape: re.Match[str]) -> str:
    character = chr(int(escape[0][1:], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def _resolved(link: str, at: Address) -> str:
    """The absolute text of a link; nothing in it is judged or removed here."""
    if _SCHEME.match(link):
        return link
    if link.startswith("//"):
        return f"{at.scheme}:{link}"
    if link.startswith("/"):
        return at.origin + link
    if link.startswith("?"):
        return at.origin + at.path + link
    if not link:
        raise AddressError("path", "The link is empty: it must lead to another page")
    return f"{at.origin}/{'/'.join((*at.segments[:-1], link))}"


def _unwrapped(ip: str) -> IPv4Address | IPv6Address | None:
    """The IP address, or the IPv4 address that it carries inside; None for what is no IP address."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    if address.scope_id is not None:
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address
