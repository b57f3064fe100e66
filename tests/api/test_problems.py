"""Errors say what was wrong and what was expected, always as a problem document."""

from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs
from tests.api.clients import client_of

from footfall.errors import UnavailableError
from footfall.store import MemoryStore, Total

PROBLEM = "application/problem+json"


class Broken(MemoryStore):
    """A store whose disk fails, or whose code does."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def totals(self, since: int, until: int | None = None) -> Sequence[Total]:
        raise self.error


@pytest.mark.parametrize("path", ["/nope", "/api/v1.0/users/", "/api/v1.0/users/1/2", "/api/v2/users", "/docs/../x"])
def test_an_unknown_address_is_404(path: str) -> None:
    answer = client_of(MemoryStore()).get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json()["type"] == "about:blank"
    assert answer.json()["detail"].endswith("the addresses are listed at /docs")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
@pytest.mark.parametrize("path", ["/api/v1.0/users", "/api/v1.0/orders/5", "/health", "/metrics", "/docs"])
def test_another_method_is_405_and_names_those_allowed(method: str, path: str) -> None:
    answer = client_of(MemoryStore()).request(method, path)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json()["detail"] == f"{method} is not possible at {path}; expected GET or HEAD"


def test_a_store_that_cannot_be_read_is_503_with_retry_after() -> None:
    answer = client_of(Broken(UnavailableError("store.db: cannot be read: disk I/O error"))).get("/api/v1.0/users")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["detail"] == "store.db: cannot be read: disk I/O error"


def test_a_mistake_of_ours_is_500_and_tells_nothing_of_its_inside() -> None:
    with capture_logs() as lines:
        answer = client_of(Broken(RuntimeError("secret"))).get("/api/v1.0/users")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "secret" not in answer.text
    assert [(line["event"], line["path"]) for line in lines] == [("a request failed", "/api/v1.0/users")]


def test_a_long_address_is_not_echoed_whole() -> None:
    assert len(client_of(MemoryStore()).get("/" + "x" * 9000).content) < 400
