"""The ordinary requests: ping, health, metrics, other methods and paths, CORS."""

import time
from pathlib import Path

import pytest
from tests.collector.running import Running, collecting, frames
from tests.collector.talking import Client, ask, event, get, metrics, send_json, target

from footfall.collector.serve import CollectorServer
from footfall.collector.stamp import Stamp
from footfall.errors import UnavailableError


def request(method: str, path: str, *headers: str) -> bytes:
    return get(path, *headers).replace(b"GET", method.encode(), 1)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
def test_any_method_pings(collector: Running, method: str) -> None:
    answer = ask(collector.port, request(method, "/ping"))

    assert (answer.status, answer.body) == (200, b"pong")
    assert answer.header("content-type") == "text/plain; charset=utf-8"
    assert answer.header("server") == "divolte"
    assert answer.header("date")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/csc-event", "GET"),
        ("/divolte.js", "GET"),
        ("/footfall.js", "GET"),
        ("/events", "POST, OPTIONS"),
        ("/events/schema.json", "GET"),
        ("/health", "GET"),
        ("/metrics", "GET"),
    ],
)
def test_other_methods_are_told_which_are_allowed(collector: Running, path: str, allowed: str) -> None:
    answer = ask(collector.port, request("DELETE", path))

    assert (answer.status, answer.body) == (405, b"HTTP method DELETE not allowed.")
    assert answer.header("allow") == allowed
    assert answer.header("content-type") == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["/", "/csc-event/x", "/CSC-event", "/divolte.jsx", "/api/v1.0/users", "/%00"])
def test_an_unknown_path_is_not_found(collector: Running, path: str) -> None:
    assert ask(collector.port, get(path)).status == 404


@pytest.mark.parametrize("path", ["//ping", "/./ping", "/x/../ping/", "/%70ing", "/ping;x=1", "http://a.example/ping"])
def test_detours_lead_to_the_same_place(collector: Running, path: str) -> None:
    assert ask(collector.port, get(path)).body == b"pong"


@pytest.mark.parametrize("path", ["http://a.example", "http://a.example?x", "http://[::1", "//", "http://@:/", "*"])
def test_an_odd_target_is_answered(collector: Running, path: str) -> None:
    assert ask(collector.port, get(path)).status in (400, 404)


def test_a_page_may_fetch_the_events_address(collector: Running) -> None:
    asked = request("OPTIONS", "/csc-event", "Origin: https://shop.example", "Access-Control-Request-Method: GET")
    answer = ask(collector.port, asked)

    assert answer.status == 204
    assert answer.header("access-control-allow-origin") == "*"
    assert answer.header("access-control-allow-methods") == "GET"
    assert ask(collector.port, event("cors")).header("access-control-allow-origin") == "*"


def test_health_says_that_events_are_taken(collector: Running) -> None:
    answer = ask(collector.port, get("/health"))

    assert answer.status == 200
    found = answer.json
    assert found["live"] is True
    assert found["ready"] is True
    assert found["problems"] == []
    assert found["waiting_bytes"] == 0
    assert set(found["journal"]) == {"end", "behind", "bytes"}  # type: ignore[call-overload]


def test_health_and_metrics_say_how_many_events_wait_to_be_counted_or_forwarded(tmp_path: Path) -> None:
    counted = 1
    with collecting(tmp_path, counted=lambda: counted) as running:
        for number in range(3):
            ask(running.port, event(str(number)))
        before = ask(running.port, get("/health")).json["journal"], metrics(running.port)
        counted = 3
        after = ask(running.port, get("/health")).json["journal"], metrics(running.port)

    for (health, found), waiting in ((before, 2), (after, 0)):
        assert health["behind"] == waiting  # type: ignore[index]
        assert found["footfall_collector_journal_behind"] == waiting


def test_events_are_taken_also_when_it_cannot_be_told_how_many_wait(tmp_path: Path) -> None:
    def untold() -> int:
        raise UnavailableError("the store cannot be read")

    with collecting(tmp_path, counted=untold) as running:
        answer = ask(running.port, get("/health"))
        assert metrics(running.port)["footfall_collector_journal_end"] == 0

    assert answer.status == 200
    assert answer.json["ready"] is True
    assert answer.json["journal"]["behind"] is None  # type: ignore[index]
    assert answer.json["problems"] == ["the store cannot be read"]


def test_health_says_that_the_clock_leapt_and_events_are_taken_all_the_same(tmp_path: Path) -> None:
    """Until a restart; the stamps go on by the steady clock."""
    ahead = 0

    def prepare(server: CollectorServer) -> None:
        server.edge.stamp = Stamp(0, wall=lambda: round(time.time() * 1000) + ahead)

    with collecting(tmp_path, prepare=prepare) as running:
        ask(running.port, event("before"))
        ahead = 450 * 365 * 86_400_000
        assert ask(running.port, event("after")).is_gif
        answer = ask(running.port, get("/health"))
        end = time.time() * 1000

    assert answer.status == 200
    assert "the clock leapt" in str(answer.json["problems"])
    assert [frame.arrival <= end for frame in frames(tmp_path)] == [True, True]


def test_metrics_count_what_comes_and_what_is_refused(tmp_path: Path) -> None:
    with collecting(tmp_path) as running:
        for number in range(3):
            ask(running.port, event(str(number)))
        ask(running.port, event("4", 'If-None-Match: "6b3edc43-20ec-4078-bc47-e965dd76b88a"'))
        ask(running.port, get(target("|")))
        send_json(running.port, [{}, {"eventType": "x", "eventId": "1", "sessionId": "1", "location": "x"}])
        with Client(running.port) as other:
            other.send(b"GET")
            found = metrics(running.port)

    assert found['footfall_collector_accepted_total{kind="get"}'] == 3
    assert found['footfall_collector_accepted_total{kind="post"}'] == 1
    assert found['footfall_collector_refused_total{reason="target"}'] == 1
    assert found['footfall_collector_refused_total{reason="event"}'] == 1
    assert found["footfall_collector_unchanged_total"] == 1
    assert found["footfall_collector_journal_end"] == 4
    assert found["footfall_collector_journal_bytes"] > 4096
    assert found["footfall_collector_commit_seconds_count"] == found["footfall_collector_group_events_count"]
    assert 0 < found["footfall_collector_group_events_sum"] == 4
    assert found["footfall_collector_commit_failures_total"] == 0
    assert found["footfall_collector_connections"] == 2
    assert found["footfall_collector_waiting_bytes"] == 3
