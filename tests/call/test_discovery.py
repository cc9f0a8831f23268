"""From what was typed to one service [R9 to R21]."""

import json
from typing import Any

import pytest

from app.call.discovery import Address, Service, choose, read_address, read_services
from app.call.faults import AnswerError, UsageError

VIEW, SELECT, SIGN = (
    Service("view", "patient-view"),
    Service("select", "order-select"),
    Service("sign", "order-sign"),
)
OTHER_VIEW = Service("other", "patient-view")
BOTH_HOOKS = (Service("both", "patient-view"), Service("both", "order-sign"))


@pytest.mark.parametrize(
    ("url", "discovery", "service"),
    [
        ("https://cds.example.org", "https://cds.example.org/cds-services", None),
        ("https://cds.example.org/", "https://cds.example.org/cds-services", None),
        ("https://cds.example.org/a/b/", "https://cds.example.org/a/b/cds-services", None),
        ("https://cds.example.org/cds-services", "https://cds.example.org/cds-services", None),
        ("https://cds.example.org/a/cds-services/", "https://cds.example.org/a/cds-services", None),
        ("https://cds.example.org/cds-services/view", "https://cds.example.org/cds-services", "view"),
        ("https://cds.example.org/cds-services/a%20b", "https://cds.example.org/cds-services", "a b"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/cds-services", None),
        ("http://[::1]:8000/cds-services", "http://[::1]:8000/cds-services", None),
        ("http://cds-services/", "http://cds-services/cds-services", None),
        ("HTTPS://cds.example.org:443/x", "https://cds.example.org:443/x/cds-services", None),
        ("https://x.org/cds-services/a/cds-services", "https://x.org/cds-services/a/cds-services", None),
    ],
)
def test_an_address_is_a_base_a_discovery_address_or_a_services_own(
    url: str, discovery: str, service: str | None
) -> None:
    assert read_address(url) == Address(discovery, service)


@pytest.mark.parametrize(
    "url",
    [
        "cds.example.org",
        "ftp://cds.example.org",
        "https://",
        "https:///x",
        "https://me:secret@cds.example.org",
        "https://cds.example.org/?tenant=1",
        "https://cds.example.org/#x",
        "https://cds.example.org:99999",
        "https://cds.example.org:0",
        "https://[::1",
        "https://cds.example.org/a b",
        "https://cds.example.org/\x1b",
        "https://cds.example.örg",
        "",
    ],
)
def test_what_is_no_plain_web_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError, match=r"^URL: ") as refused:
        read_address(url)
    assert "secret" not in refused.value.message


def test_an_id_is_one_segment_of_the_address() -> None:
    assert Address("https://x.org/cds-services").of_service("a/b c") == "https://x.org/cds-services/a%2Fb%20c"


def test_the_document_is_read_as_far_as_it_can_be() -> None:
    document = {
        "services": [
            {"id": "view", "hook": "patient-view", "prefetch": {"patient": "Patient/1", "odd": 5}},
            {"id": "no-hook"},
            {"hook": "no-id"},
            {"id": 5, "hook": "patient-view"},
            {"id": "odd", "hook": "order-sign", "prefetch": []},
            "text",
        ]
    }
    assert read_services(json.dumps(document).encode()) == [
        Service("view", "patient-view", {"patient": "Patient/1"}),
        Service("odd", "order-sign", {}),
    ]


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"{}", b'{"services": {}}', b"[" * 100_000])
def test_what_is_no_discovery_document_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(AnswerError, match="services"):
        read_services(content)


@pytest.mark.parametrize(
    ("services", "service", "hook", "chosen"),
    [
        ([VIEW, SELECT, SIGN], None, None, VIEW),
        ([VIEW, SELECT, SIGN], None, "order-sign", SIGN),
        ([VIEW, SELECT, SIGN], "select", None, SELECT),
        ([VIEW, SELECT, SIGN], "select", "order-select", SELECT),
        ([SIGN], None, None, SIGN),
        ([VIEW, OTHER_VIEW], "other", None, OTHER_VIEW),
        (BOTH_HOOKS, "both", None, BOTH_HOOKS[0]),
        (BOTH_HOOKS, "both", "order-sign", BOTH_HOOKS[1]),
    ],
)
def test_a_service_is_chosen_by_its_id_its_hook_or_as_the_only_one(
    services: Any, service: str | None, hook: str | None, chosen: Service
) -> None:
    assert choose(services, service, hook) is chosen


@pytest.mark.parametrize(
    ("services", "service", "hook", "said"),
    [
        ([], None, None, "lists no service"),
        ([SELECT, SIGN], None, None, "Several.*\n  select .order-select.\n  sign .order-sign."),
        ([VIEW, OTHER_VIEW], None, None, "Several.*\n  view .patient-view.\n  other .patient-view."),
        ([VIEW, OTHER_VIEW, SIGN], None, "patient-view", "Several.*\n  view .*\n  other [^\n]*$"),
        ([VIEW, SIGN], "none", None, "the id none; it lists:\n  view .*\n  sign"),
        ([VIEW, SIGN], None, "order-select", "the hook order-select; it lists:\n  view .*\n  sign"),
        ([VIEW, SIGN], "view", "order-sign", "the id view and the hook order-sign"),
        ([VIEW], None, "order-sign", "the hook order-sign"),
    ],
)
def test_no_choice_lists_what_there_is(
    services: Any, service: str | None, hook: str | None, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        choose(services, service, hook)
