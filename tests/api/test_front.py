"""What every answer carries."""

import pytest
from tests.api.clients import client_of

from footfall.store import MemoryStore

PATHS = [
    "/api/v1.0/users",
    "/api/v1.0/users/x",
    "/health",
    "/metrics",
    "/docs",
    "/docs/docs.js",
    "/openapi.json",
    "/no",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_security_headers(path: str) -> None:
    headers = client_of(MemoryStore()).get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers


def test_numbers_are_not_cached() -> None:
    assert client_of(MemoryStore()).get("/api/v1.0/users").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", PATHS)
def test_head_is_answered_as_get(path: str) -> None:
    client = client_of(MemoryStore())

    got, head = client.get(path), client.head(path)

    assert head.status_code == got.status_code
    assert head.headers["content-type"] == got.headers["content-type"]


def test_the_root_leads_to_the_documentation() -> None:
    answer = client_of(MemoryStore()).get("/")

    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


def test_pages_of_chosen_origins_may_read_the_api() -> None:
    client = client_of(MemoryStore(), cors_origins=["https://shop.example"])

    ours = client.get("/api/v1.0/users", headers={"Origin": "https://shop.example"})
    other = client.get("/api/v1.0/users", headers={"Origin": "https://evil.example"})
    asked = client.options(
        "/api/v1.0/users", headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
    )

    assert ours.headers["access-control-allow-origin"] == "https://shop.example"
    assert "origin" in ours.headers["vary"].lower()
    assert "access-control-allow-origin" not in other.headers
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-methods"] == "GET, HEAD"


def test_without_the_setting_no_other_origin_may_read() -> None:
    answer = client_of(MemoryStore()).get("/api/v1.0/users", headers={"Origin": "https://shop.example"})

    assert "access-control-allow-origin" not in answer.headers


def test_a_star_lets_every_origin_read() -> None:
    answer = client_of(MemoryStore(), cors_origins=["*"]).get("/health", headers={"Origin": "https://a.example"})

    assert answer.headers["access-control-allow-origin"] == "*"
