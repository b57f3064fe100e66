"""No page of another site reaches the API through its visitor's browser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.clients import client_of

from footfall.api.hosts import LOOPBACK, name_of, refusal, served_names
from footfall.store import MemoryStore


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "localhost"),
        ("LocalHost:5001", "localhost"),
        ("localhost.:5001", "localhost"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]:5001", "[::1]"),
        ("[::1]", "[::1]"),
        ("stats.example:", "stats.example"),
        ("", None),
        (":5001", None),
        (".", None),
        ("::1", None),
        ("localhost@evil.example", None),
        ("localhost:5001@evil.example", None),
        ("localhost/evil.example", None),
        ("localhost evil.example", None),
        ("localhost:x", None),
        ("localhost,evil.example", "localhost,evil.example"),
    ],
)
def test_the_name_of_a_host_header(host: str, name: str | None) -> None:
    assert name_of(host) == name


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:5001", "127.0.0.1:1", "[::1]:5001", "LOCALHOST", "stats.example"]
)
def test_loopback_names_and_those_of_the_setting_are_served(host: str) -> None:
    client = client_of(MemoryStore(), hosts=["Stats.Example", "fd00::7"])

    assert client.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:5001", "localhost.evil.example", "127.0.0.1.nip.io", "[::2]", "x@localhost"]
)
@pytest.mark.parametrize("path", ["/api/v1.0/users", "/health", "/metrics", "/docs", "/openapi.json", "/nope"])
def test_any_other_name_is_refused_and_told_the_setting(host: str, path: str) -> None:
    answer = client_of(MemoryStore()).get(path, headers={"Host": host})

    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"
    assert "setting api.hosts" in answer.json()["detail"]
    assert "access-control-allow-origin" not in answer.headers


def test_who_listens_elsewhere_serves_any_name() -> None:
    """Negative control: with the check off, the same request is answered."""
    client = client_of(MemoryStore(), host="0.0.0.0")

    assert client.get("/health", headers={"Host": "evil.example"}).status_code == 200


@pytest.mark.parametrize("headers", [[], [(b"host", b"localhost"), (b"host", b"evil.example")]])
def test_none_or_two_hosts_are_a_bad_request(headers: list[tuple[bytes, bytes]]) -> None:
    refused = refusal(headers, frozenset(LOOPBACK))

    assert refused is not None
    assert refused[0] == 400


@pytest.mark.parametrize(
    ("listening", "hosts", "served"),
    [
        ("127.0.0.1", (), {*LOOPBACK}),
        ("127.0.0.2", (), {*LOOPBACK, "127.0.0.2"}),
        ("::1", ("A.example:80", "fd00::7", ""), {*LOOPBACK, "a.example", "[fd00::7]"}),
    ],
)
def test_the_names_that_are_served(listening: str, hosts: tuple[str, ...], served: set[str]) -> None:
    assert served_names(listening, hosts) == frozenset(served)


@given(st.binary(max_size=60))
def test_no_host_header_breaks_the_check(host: bytes) -> None:
    refused = refusal([(b"host", host)], frozenset(LOOPBACK))

    assert refused is None or refused[0] == 421
