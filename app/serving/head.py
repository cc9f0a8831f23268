"""Whether a request line and its headers leave no doubt about what is asked of whom, and where it ends."""

import re
from collections.abc import Sequence

from app.serving import refusals
from app.serving.refusals import Refusal

# What a host and port may be written with (RFC 3986, section 3.2.2).
_HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[A-Fa-f0-9:.]+\])(?::[0-9]*)?")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]|%(?:[01][0-9A-Fa-f]|7[Ff])")
_VERSIONS = ("1.0", "1.1")
_LENGTH = b"content-length"
_CODING = b"transfer-encoding"

Headers = Sequence[tuple[bytes, bytes]]


def fault(method: bytes, url: bytes, version: str, headers: Headers, most: int) -> Refusal | None:
    """What is wrong with a head that the parser has let pass, if anything.

    Args:
        method: the method.
        url: the target of the request.
        version: the version of HTTP.
        headers: their names in lower case, and their values.
        most: bytes that all of it may have.
    """
    size = len(url)
    hosts = []
    codings = []
    for name, value in headers:
        size += len(name) + len(value) + 4
        if name == b"host":
            hosts.append(value)
        elif name == _CODING:
            codings.append(value.strip().lower())
    if size > most:
        return refusals.HEAD_TOO_LARGE
    # Nothing is at such an address, and whoever decodes it may take its end for the end of the line.
    if _CONTROL.search(url.partition(b"?")[0]):
        return refusals.TARGET
    if version not in _VERSIONS:
        return refusals.VERSION
    return _fault_of_fields(method, hosts, codings, version)


def _fault_of_fields(method: bytes, hosts: list[bytes], codings: list[bytes], version: str) -> Refusal | None:
    # RFC 9112, section 3.2: more than one, none with HTTP/1.1, or one that is not valid.
    if len(hosts) != 1 and (hosts or version == "1.1"):
        return refusals.HOST
    if hosts and not _HOST.fullmatch(hosts[0]):
        return refusals.HOST
    # Any other coding would be taken for part of the body; HTTP/1.0 has none (RFC 9112, section 6.1).
    if codings and (version == "1.0" or codings != [b"chunked"]):
        return refusals.FRAMING
    return refusals.TUNNEL if method == b"CONNECT" else None


def framing(headers: Headers) -> bytes:
    """The header line that says where the body ends; nothing where there is no body.

    Args:
        headers: of a head that has no fault.
    """
    for name, value in headers:
        if name == _CODING or (name == _LENGTH and value.strip(b"0")):
            return name + b": " + value
    return b""
