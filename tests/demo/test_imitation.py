"""The simulated browser sends what the real tag sends."""

import json
import subprocess
from pathlib import Path
from random import Random
from urllib.parse import parse_qsl

import pytest
from crawleruseragents import is_crawler  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from tests.tag.building import SOURCE, need

from footfall.demo.imitation import DEVICES, ROBOTS, Browser, Device, query_of
from footfall.demo.walks import BUY, CHECKOUT, VIEW, Act
from footfall.journal import FrameKind, Request, pack, pack_request
from footfall.mapping import builtin
from footfall.mapping.mincode import decode

SHOP = "http://127.0.0.1:8080"
NOW = 1_790_000_000_000
MINUTE = 60_000
MAPPING = builtin("default")
ANSWERER = Path(__file__).parents[1] / "tag" / "wire.mjs"

HOME, CUP = Act(0, VIEW, "/"), Act(20, VIEW, "/item/cup-morning/?utm_source=x")
BUYING = Act(20, BUY, CUP.path, "3\u00a0499,50\u00a0₽", 2)


def browser(seed: int = 1) -> Browser:
    return Browser(Random(seed), SHOP, DEVICES[0], "ru")


def record(query: str, browser: Browser) -> dict[str, object]:
    headers = tuple((name.encode(), value.encode()) for name, value in browser.headers)
    request = Request("198.51.100.0", f"/csc-event?{query}".encode(), headers)
    return MAPPING.map(pack(FrameKind.EVENT, NOW, pack_request(request)))


def test_the_real_tag_writes_the_same_query() -> None:
    """Every parameter, its order, its escapes, mincode and checksum."""
    visitor = browser()
    queries = [visitor.query(act, NOW) for act in (HOME, CUP, BUYING)]

    for query in queries:
        assert written_by_the_tag(query) == query
    assert query_of({"p": "0:1:a", "l": "ß/(*)'~!"}) != written_by_the_tag(queries[0])


def written_by_the_tag(query: str) -> str:
    """Return the query that the tag's own source writes for the event of this one."""
    values = dict(parse_qsl(query))
    event: dict[str, object] = {name: value for name, value in values.items() if name not in "xu"}
    event |= {name: int(values[name], 36) for name in "cijkwh"}
    if "u" in values:
        event["u"] = decode(values["u"])
    ordered = {name: event[name] for name in values if name != "x"}
    asked = json.dumps(["query", ordered]) + "\n"
    command = [need("node"), str(ANSWERER), str(SOURCE / "src")]
    done = subprocess.run(
        command, input=asked, capture_output=True, text=True, encoding="utf-8", timeout=30, check=True
    )
    return str(json.loads(done.stdout))


def test_a_visit_is_read_as_it_was_meant() -> None:
    visitor = browser()
    first, second, third = [record(visitor.query(act, NOW), visitor) for act in (HOME, CUP, BUYING)]

    assert not any(one["detectedCorruption"] for one in (first, second, third))
    assert [one["eventType"] for one in (first, second, third)] == ["pageView", "pageView", "buy_button_click"]
    assert (first["location"], first["referer"], first["firstInSession"]) == (f"{SHOP}/", None, True)
    assert (second["location"], second["referer"], second["firstInSession"]) == (SHOP + CUP.path, f"{SHOP}/", False)
    assert (third["price"], third["amount"], third["location"]) == ("3\u00a0499,50\u00a0₽", "2", SHOP + CUP.path)
    assert first["partyId"] == second["partyId"] == third["partyId"]
    assert first["sessionId"] == second["sessionId"] == third["sessionId"] != first["partyId"]
    assert first["pageViewId"] != second["pageViewId"] == third["pageViewId"]
    assert (second["eventId"], third["eventId"]) == (f"{second['pageViewId']}0", f"{second['pageViewId']}1")
    assert (first["screenPixelWidth"], first["viewportPixelHeight"]) == (1920, 941)


def test_a_page_loaded_after_half_an_hour_begins_a_session_and_keeps_the_visitor() -> None:
    visitor = browser()

    before = record(visitor.query(CUP, NOW), visitor)
    within = record(visitor.query(HOME, NOW + 30 * MINUTE - 1), visitor)
    after = record(visitor.query(HOME, NOW + 60 * MINUTE - 1), visitor)

    assert within["sessionId"] == before["sessionId"] != after["sessionId"]
    assert after["partyId"] == before["partyId"]
    assert (within["firstInSession"], after["firstInSession"]) == (False, True)


def test_a_page_left_open_keeps_its_session_as_with_the_tag() -> None:
    visitor = browser()

    before = record(visitor.query(CUP, NOW), visitor)
    after = record(visitor.query(BUYING, NOW + 60 * MINUTE), visitor)

    assert after["sessionId"] == before["sessionId"]


@given(st.integers(0, 2**32), st.lists(st.sampled_from([HOME, CUP, BUYING, Act(1, CHECKOUT, "/cart/")]), max_size=40))
def test_no_two_events_have_one_id_and_none_is_corrupt(seed: int, acts: list[Act]) -> None:
    visitor, ids = browser(seed), []
    for number, act in enumerate([HOME, *acts]):
        found = record(visitor.query(act, NOW + number), visitor)
        assert found["detectedCorruption"] is False
        assert found["eventId"] == visitor.event
        ids.append(found["eventId"])

    assert len(set(ids)) == len(acts) + 1


def test_a_query_that_was_cut_is_corrupt() -> None:
    visitor = browser()

    assert record(visitor.query(HOME, NOW)[:-1], visitor)["detectedCorruption"] is True


@pytest.mark.parametrize("device", DEVICES)
def test_visitors_have_ordinary_browsers(device: Device) -> None:
    assert not is_crawler(device.agent)


@pytest.mark.parametrize("device", ROBOTS)
def test_robots_are_known_as_robots(device: Device) -> None:
    assert is_crawler(device.agent)
