"""The seed's four addresses."""

import json
from fractions import Fraction
from urllib.parse import quote

import pytest
from httpx import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.answers.facts import Log, example, fill, logs
from tests.answers.test_answers import by_hand, nearest
from tests.api.clients import NOW, client_of

from footfall.api.problems import WrongParameter
from footfall.api.v1_0 import AHEAD, read_timestamp
from footfall.store import MemoryStore

T = NOW - 4000
"""The second 0 of the worked example."""


@pytest.fixture
def client() -> Client:
    store = MemoryStore()
    fill(store, example(T * 1000))
    return client_of(store)


def test_users_since_a_timestamp_are_answered_as_in_the_seed(client: Client) -> None:
    answer = client.get(f"/api/v1.0/users/{T + 59}")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.text == (
        f'{{"timestamp":{T + 59},"contents":['
        '{"url":"b24-khpv25.bitrix24.shop","id_item":"dress","count":4,"deep":2.0},'
        '{"url":"b24-khpv25.bitrix24.shop","id_item":"hat","count":1,"deep":3.0}],"check":true}'
    )


def test_orders_since_a_timestamp_are_answered_as_in_the_seed(client: Client) -> None:
    assert client.get(f"/api/v1.0/orders/{T}").text == (
        f'{{"timestamp":{T},"contents":['
        '{"url":"b24-khpv25.bitrix24.shop","id_item":"dress","count":2,"sum":3980.0}],"check":true}'
    )


@pytest.mark.parametrize(("address", "items"), [("users", ["dress"]), ("orders", [])])
def test_without_a_timestamp_the_last_hour_is_answered(client: Client, address: str, items: list[str]) -> None:
    """The example began 4000 s ago: its view of second 1829 lies within the hour, its click does not."""
    body = client.get(f"/api/v1.0/{address}").json()

    assert body["timestamp"] == NOW - 3600
    assert [row["id_item"] for row in body["contents"]] == items


def test_an_empty_store_has_empty_contents() -> None:
    answer = client_of(MemoryStore()).get("/api/v1.0/users/0")

    assert answer.json() == {"timestamp": 0, "contents": [], "check": True}


@given(log=logs(T * 1000), since=st.integers(T - 100, NOW + AHEAD))
def test_the_api_equals_sums_by_hand(log: Log, since: int) -> None:
    store = MemoryStore()
    fill(store, log)
    client, sums = client_of(store), by_hand(log, since)

    users = json.loads(client.get(f"/api/v1.0/users/{since}").content)
    orders = json.loads(client.get(f"/api/v1.0/orders/{since}").content)

    assert users["timestamp"] == orders["timestamp"] == since
    expected = [(*place, sums[place][0]) for place in sorted(sums) if sums[place][0]]
    assert [(row["url"], row["id_item"], row["count"]) for row in users["contents"]] == expected
    expected = [(*place, sums[place][2]) for place in sorted(sums) if sums[place][2]]
    assert [(row["url"], row["id_item"], row["count"]) for row in orders["contents"]] == expected
    for row in users["contents"]:
        views, depth, *_ = sums[row["url"], row["id_item"]]
        assert isinstance(row["deep"], float)
        assert nearest(row["deep"], Fraction(depth, views))
    for row in orders["contents"]:
        assert isinstance(row["sum"], float)
        assert nearest(row["sum"], sums[row["url"], row["id_item"]][3])


GOOD = [("0", 0), ("59", 59), (str(T), T), (str(NOW + AHEAD), NOW + AHEAD), ("00000000000000000007", 7)]


@pytest.mark.parametrize(("text", "second"), GOOD)
def test_a_unix_second_up_to_a_day_ahead_is_taken(client: Client, text: str, second: int) -> None:
    assert client.get(f"/api/v1.0/users/{text}").json()["timestamp"] == second


BAD = ["-1", "-0", "abc", "1.5", "1e3", "+5", " 5", "5 ", "0x10", "1_000", "٣", "５", "NaN", "\0", "%31", "null"]


@pytest.mark.parametrize("address", ["users", "orders"])
@pytest.mark.parametrize("text", [*BAD, str(NOW + AHEAD + 1), "9" * 21, "9" * 5000, "0" * 21])
def test_any_other_timestamp_is_refused_with_what_was_expected(client: Client, address: str, text: str) -> None:
    answer = client.get(f"/api/v1.0/{address}/{quote(text, safe='')}")

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["title"] == "Unprocessable Content"
    assert body["parameter"] == "timestamp"
    assert body["value"] == (text if len(text) <= 60 else text[:60] + "…")
    assert f"0 to {NOW + AHEAD}" in body["expected"]
    assert body["detail"] == f"timestamp = {body['value']}: expected {body['expected']}"


def test_milliseconds_are_told(client: Client) -> None:
    body = client.get(f"/api/v1.0/users/{NOW * 1000}").json()

    assert body["expected"].endswith(f"this looks like milliseconds: try {NOW}")


@given(st.text(max_size=30) | st.integers().map(str) | st.text("0123456789", max_size=25))
def test_whatever_is_asked_is_answered_or_refused(text: str) -> None:
    is_second = text.isascii() and text.isdigit() and len(text) <= 20 and int(text) <= NOW + AHEAD
    try:
        assert read_timestamp(text, NOW) == int(text)
        assert is_second
    except WrongParameter:
        assert not is_second


@pytest.fixture(scope="module")
def empty() -> Client:
    return client_of(MemoryStore())


def test_no_address_breaks_the_app(empty: Client) -> None:
    @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
    def fuzz(text: str) -> None:
        answer = empty.get(f"/api/v1.0/users/{quote(text, safe='')}")

        body = answer.json()
        assert answer.status_code in (200, 404, 422)
        assert (answer.status_code == 200) == ("check" in body)
        assert answer.status_code == 200 or body["status"] == answer.status_code

    fuzz()
