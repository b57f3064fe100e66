"""Figures for Prometheus."""

from httpx import Client
from prometheus_client.parser import text_string_to_metric_families
from tests.answers.facts import example, fill
from tests.api.clients import NOW, client_of

from footfall.errors import UnavailableError
from footfall.model.steps import Tally
from footfall.store import MemoryStore


def samples(client: Client) -> dict[str, float]:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        sample.name + "".join(f" {name}={value}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_counting_and_requests_are_measured() -> None:
    store = MemoryStore()
    fill(store, example((NOW - 3700) // 60 * 60_000))
    client = client_of(store, ends=lambda: {"live": 9})
    client.get("/api/v1.0/users/5")
    client.get("/api/v1.0/users/6")
    client.get("/api/v1.0/users/x")
    client.get("/nope")
    client.get("/health", headers={"Host": "evil.example"})

    found = samples(client)

    assert found["footfall_ready"] == 1
    assert found["footfall_events_total verdict=counted"] == 4
    assert found["footfall_events_total verdict=set_aside"] == 0
    assert found["footfall_set_aside"] == 0
    assert found["footfall_events_behind partition=live"] == 5
    assert found["footfall_newest_event_age_seconds"] > 0
    assert found["footfall_api_requests_total route=/api/v1.0/users/{timestamp} status=200"] == 2
    assert found["footfall_api_requests_total route=/api/v1.0/users/{timestamp} status=422"] == 1
    assert found["footfall_api_requests_total route=other status=404"] == 1
    assert found["footfall_api_requests_total route=other status=421"] == 1
    assert found["footfall_api_request_seconds_count route=/api/v1.0/users/{timestamp}"] == 3
    assert found["process_resident_memory_bytes"] > 10_000_000


def test_paths_that_anybody_can_make_up_do_not_grow_the_metrics() -> None:
    client = client_of(MemoryStore())
    for number in range(20):
        client.get(f"/made-up/{number}")
        client.head(f"/api/v1.0/orders/{number}")

    assert len([name for name in samples(client) if name.startswith("footfall_api_requests_total")]) == 2


def test_two_apps_do_not_share_a_registry() -> None:
    client_of(MemoryStore()).get("/api/v1.0/users")

    assert "footfall_api_requests_total route=/api/v1.0/users status=200" not in samples(client_of(MemoryStore()))


def test_a_store_that_cannot_be_read_is_a_figure_too() -> None:
    class Gone(MemoryStore):
        def tally(self, partition: str | None = None) -> Tally:
            raise UnavailableError("store.db: the store cannot be read")

    found = samples(client_of(Gone()))

    assert found["footfall_ready"] == 0
    assert "footfall_set_aside" not in found
