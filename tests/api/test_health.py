"""Health says whether the API can answer, how fresh the numbers are, and what to do."""

from collections.abc import Mapping

import pytest
from tests.answers.facts import example, fill
from tests.api.clients import NOW, client_of

from footfall import __version__
from footfall.errors import UnavailableError
from footfall.model.steps import Position
from footfall.store import MemoryStore

BEGIN = (NOW - 3700) // 60 * 60_000
"""The worked example ends a minute or two before now."""


def filled(*, seconds_ago: int) -> MemoryStore:
    store = MemoryStore()
    fill(store, example(BEGIN), now=(NOW - seconds_ago) * 1000)
    return store


def test_a_healthy_service_says_so() -> None:
    answer = client_of(filled(seconds_ago=1), ends=lambda: {"live": 4}).get("/health")

    assert answer.status_code == 200
    assert answer.json() == {
        "live": True,
        "ready": True,
        "version": __version__,
        "newest_event": "2026-09-21T15:19:59.999Z",
        "newest_event_age": 40.001,
        "behind": {"live": 0},
        "advice": "",
    }


@pytest.mark.parametrize(
    ("seconds_ago", "end", "word"),
    [
        (1, 904, ""),
        (59, 904, ""),
        (61, 904, "900 events wait and none was counted for 61 s: see that counting runs (footfall up"),
        (61, 4, ""),
    ],
)
def test_counting_that_stands_still_is_told(seconds_ago: int, end: int, word: str) -> None:
    body = client_of(filled(seconds_ago=seconds_ago), ends=lambda: {"live": end}).get("/health").json()

    assert body["ready"] is True
    assert body["behind"] == {"live": end - 4}
    assert (word in body["advice"]) if word else body["advice"] == ""


def test_before_the_first_event_the_tag_is_recommended() -> None:
    body = client_of(MemoryStore(), ends=dict).get("/health").json()

    assert (body["newest_event"], body["newest_event_age"], body["behind"]) == (None, None, {})
    assert "footfall tag" in body["advice"]


def test_events_that_were_never_counted_are_told() -> None:
    body = client_of(MemoryStore(), ends=lambda: {"live": 3}).get("/health").json()

    assert body["advice"].startswith("3 events wait and nothing was counted yet")


def test_a_journal_that_cannot_be_read_is_told_and_answers_go_on() -> None:
    def broken() -> Mapping[str, int]:
        raise UnavailableError("journal/live.db: the journal cannot be read: disk I/O error")

    answer = client_of(filled(seconds_ago=1), ends=broken).get("/health")

    assert answer.status_code == 200
    assert answer.json()["behind"] is None
    assert answer.json()["advice"].endswith("disk I/O error. Run: footfall doctor")


def test_a_store_that_cannot_be_read_is_not_ready() -> None:
    class Gone(MemoryStore):
        def positions(self) -> list[Position]:
            raise UnavailableError("store.db: the store cannot be read: disk I/O error")

    answer = client_of(Gone(), ends=dict).get("/health")

    assert answer.status_code == 503
    body = answer.json()
    assert (body["live"], body["ready"]) == (True, False)
    assert "disk I/O error" in body["advice"]
    assert "footfall doctor" in body["advice"]
