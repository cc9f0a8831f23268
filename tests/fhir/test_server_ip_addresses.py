"""No connection goes inside the hospital or the cloud unless the operator allowed it (N03, N04, N13)."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fhir.server.address import AddressError, check_ip, is_public

PRIVATE = [
    *("127.0.0.1", "127.255.255.255", "10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255"),
    *("192.168.0.0", "192.168.255.255", "100.64.0.0", "100.127.255.255"),
    *("::1", "fc00::", "fdff:ffff::1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3"),
]
NEVER = [
    *("169.254.169.254", "169.254.0.0", "169.254.255.255", "100.100.100.200", "168.63.129.16"),
    *("0.1.2.3", "0.255.255.255", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("192.0.0.192", "192.0.2.1", "198.18.0.1", "203.0.113.1"),
    *(
        "::",
        "::127.0.0.1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
    ),
    *("fd00:ec2::254", "fd20:ce::254", "3fff::1", "64:ff9b:1::1", "4000::1"),
    *("::ffff:169.254.169.254", "2002:a9fe:a9fe::1", "64:ff9b::169.254.169.254", "64:ff9b::100.100.100.200"),
    *("::ffff:0.0.0.0", "64:ff9b::224.0.0.1", "::ffff:168.63.129.16"),
]
PUBLIC = [
    *("8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255"),
    *("192.169.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255"),
    *(
        "169.255.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450::1",
        "::ffff:8.8.8.8",
        "2002:808:808::1",
    ),
    "64:ff9b::8.8.8.8",
]
NO_ADDRESS = [
    "",
    "localhost",
    "127.1",
    "0177.0.0.1",
    "[::1]",
    "8.8.8.8 ",
    "8.8.8.8/32",
    "fe80::1%1",
    "2606:4700::1%1",
]


def kind_of_ip(ip: str, *, allow_private: bool) -> str | None:
    try:
        check_ip(ip, allow_private=allow_private)
    except AddressError as refused:
        return refused.kind
    return None


@pytest.mark.parametrize("ip", PUBLIC)
def test_a_public_address_is_connected_to(ip: str) -> None:
    assert is_public(ip)
    assert kind_of_ip(ip, allow_private=False) is None
    assert kind_of_ip(ip, allow_private=True) is None


@pytest.mark.parametrize("ip", PRIVATE, ids="N04 N13 {}".format)
def test_a_private_address_is_connected_to_only_where_the_operator_allows_it(ip: str) -> None:
    assert not is_public(ip)
    assert kind_of_ip(ip, allow_private=False) == "private"
    assert kind_of_ip(ip, allow_private=True) is None


@pytest.mark.parametrize("ip", NEVER, ids="N03 N04 {}".format)
def test_an_address_that_no_fhir_server_has_is_never_connected_to(ip: str) -> None:
    assert kind_of_ip(ip, allow_private=False) == "private"
    assert kind_of_ip(ip, allow_private=True) == "private"


@pytest.mark.parametrize("ip", NO_ADDRESS)
def test_what_is_no_ip_address_is_never_connected_to(ip: str) -> None:
    assert not is_public(ip)
    assert kind_of_ip(ip, allow_private=False) == "host"
    assert kind_of_ip(ip, allow_private=True) == "host"


@given(st.ip_addresses(v=4))
def test_an_address_carried_inside_another_is_judged_as_itself(ip: ipaddress.IPv4Address) -> None:
    six_to_four = ipaddress.IPv6Address((0x2002 << 112) | (int(ip) << 80))
    for carrier in (f"::ffff:{ip}", f"64:ff9b::{ip}", str(six_to_four)):
        assert is_public(carrier) == is_public(str(ip))
        for allow in (False, True):
            assert kind_of_ip(carrier, allow_private=allow) == kind_of_ip(str(ip), allow_private=allow)


@given(st.ip_addresses())
def test_what_is_allowed_without_leave_is_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if kind_of_ip(str(ip), allow_private=False) is None:
        assert is_public(str(ip))


@pytest.mark.parametrize("ip", ["10.1.2.3", "169.254.169.254", "localhost"])
def test_a_refused_connection_does_not_say_where_it_would_have_gone(ip: str) -> None:
    with pytest.raises(AddressError) as refused:
        check_ip(ip, allow_private=False)
    assert ip not in str(refused.value)
