"""`POST /events` over real sockets."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.collector.running import Running, collecting, frames
from tests.collector.talking import Answer, Client, an_event, ask, get, metrics, post, send_json, target

from footfall.journal import FrameKind, pack
from footfall.mapping import builtin

JSON = "Content-Type: application/json"


def lines(*found: object) -> bytes:
    return b"\n".join(json.dumps(one).encode() for one in found)


def test_one_object_is_kept_as_it_came(collector: Running) -> None:
    body = json.dumps(an_event(eventId="one", price="4 590 руб.", extra={"a": [1]}), ensure_ascii=False, indent=1)

    answer = ask(collector.port, post(body.encode(), JSON, "User-Agent: Mozilla/5.0", "Cookie: a=b"))

    assert (answer.status, answer.json) == (200, {"kept": 1, "refused": []})
    assert answer.header("content-type") == "application/json"
    (kept,) = collector.posted('"one"')
    assert kept.body == body.encode()
    assert kept.target == b"/events"
    assert kept.headers == ((b"user-agent", b"Mozilla/5.0"),)
    assert kept.peer == "127.0.0.0"


@pytest.mark.parametrize("type_", ["application/json", "text/plain;charset=UTF-8", "", "application/x-ndjson"])
def test_an_array_or_lines_are_kept_in_their_order(collector: Running, type_: str) -> None:
    """text/plain is what sendBeacon sends without asking first."""
    events = [an_event(eventId=f"type {type_} {number}") for number in range(3)]
    headers = [f"Content-Type: {type_}"] if type_ else []

    by_lines = ask(collector.port, post(lines(*events), *headers))
    assert (by_lines.status, by_lines.json) == (200, {"kept": 3, "refused": []})
    if type_ != "application/x-ndjson":
        assert ask(collector.port, post(json.dumps(events).encode(), *headers)).json["kept"] == 3

    kept = [json.loads(request.body)["eventId"] for request in collector.posted(f"type {type_} ")]
    assert kept[:3] == [event["eventId"] for event in events]


def test_an_empty_array_is_nothing_to_keep(collector: Running) -> None:
    assert send_json(collector.port, []).json == {"kept": 0, "refused": []}


def test_some_are_kept_and_each_refused_one_is_told_by_index_and_reason(collector: Running) -> None:
    answer = send_json(
        collector.port, [{}, an_event(eventId="good-a"), 5, an_event(eventId="good-b"), an_event(price=[])]
    )

    assert answer.status == 207
    assert answer.json["kept"] == 2
    assert [index for index, _ in answer.refused] == [0, 2, 4]
    assert [reason for _, reason in answer.refused] == [
        "eventType: the member is missing",
        "b'5' is no JSON object",
        "price: []; expected string or number or null",
    ]
    assert [json.loads(request.body)["eventId"] for request in collector.posted("good-")] == ["good-a", "good-b"]


def test_none_kept_is_422(collector: Running) -> None:
    before = len(collector.posted())
    answer = send_json(collector.port, [{}, {}])

    assert answer.status == 422
    assert answer.json["kept"] == 0
    assert len(answer.refused) == 2
    assert len(collector.posted()) == before


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (b"", 422, "the body is empty"),
        (b"[{", 422, "the body is no JSON array"),
        (b"nonsense", 422, None),
        (b"\xff\xfe{\x00}\x00", 422, None),
    ],
)
def test_a_body_that_is_none_is_told(collector: Running, body: bytes, status: int, why: str | None) -> None:
    answer = ask(collector.port, post(body, JSON))

    assert answer.status == status
    assert answer.json["kept"] == 0
    assert (why in str(answer.json["reason"])) if why else answer.refused


@pytest.mark.parametrize("type_", ["application/x-www-form-urlencoded", "multipart/form-data", "image/png"])
def test_another_type_is_told_which_are_taken(collector: Running, type_: str) -> None:
    answer = ask(collector.port, post(lines(an_event()), f"Content-Type: {type_}"))

    assert answer.status == 415
    assert "expected one of application/json" in str(answer.json["reason"])


def test_a_compressed_body_is_not_taken(collector: Running) -> None:
    """So that no bomb can be sent: 10 MB of zeros are 10 kB of gzip."""
    body = gzip.compress(b"[" + b" " * 10_000_000 + b"]")

    assert ask(collector.port, post(body, JSON, "Content-Encoding: gzip")).status == 415


def test_the_events_own_address_and_shop_will_do(collector: Running) -> None:
    event = an_event(eventId="of a shop", shop="shop.example", itemId="dress")
    del event["location"]

    assert send_json(collector.port, event).status == 200
    (frame,) = [frame for frame in frames(collector.data) if b"of a shop" in frame.payload]
    assert builtin("default").map(pack(*frame))["location"] == "https://shop.example/"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    flags = {"collector.body_limit": 5000, "collector.batch_limit": 5}
    with collecting(tmp_path_factory.mktemp("small"), flags) as running:
        yield running


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with collecting(tmp_path_factory.mktemp("shops"), {"shops": ["shop.example", "*.shop.example"]}) as running:
        yield running


class TestLimits:
    def sized(self, size: int) -> bytes:
        body = json.dumps(an_event(extra="")).encode()
        return body.replace(b'"extra": ""', b'"extra": "%s"' % (b"x" * (size - len(body))))

    def test_a_body_of_the_limit_is_taken(self, small: Running) -> None:
        assert ask(small.port, post(self.sized(5000), JSON)).status == 200

    def test_a_larger_one_is_not(self, small: Running) -> None:
        with Client(small.port) as client:
            answer = client.send(post(self.sized(5001), JSON)).answer()
            assert client.ended

        assert answer.status == 413
        assert "over 5000 bytes" in str(answer.json["reason"])

    @pytest.mark.parametrize("size", [5001, 200_000])
    def test_nor_one_in_chunks_whose_size_nobody_announced(self, small: Running, size: int) -> None:
        head = b"POST /events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunks = [b"3e8\r\n" + b" " * 1000 + b"\r\n"] * (size // 1000 + 1)
        with Client(small.port) as client:
            answer = client.send(head + b"".join(chunks) + b"0\r\n\r\n").answer()
            assert client.ended

        assert answer.status == 413

    def test_a_body_of_a_gigabyte_is_not_waited_for(self, small: Running) -> None:
        with Client(small.port) as client:
            head = b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"
            assert client.send(head).answer().status == 413

    def test_more_events_than_may_come_at_once_are_none(self, small: Running) -> None:
        before = len(small.posted())

        assert send_json(small.port, [an_event()] * 5).status == 200
        answer = send_json(small.port, [an_event()] * 6)

        assert answer.status == 413
        assert "over 5 events" in str(answer.json["reason"])
        assert len(small.posted()) == before + 5

    def test_the_room_is_given_back(self, small: Running) -> None:
        for body in (self.sized(5000), self.sized(6000), b"nonsense", b""):
            ask(small.port, post(body, JSON))

        assert metrics(small.port)["footfall_collector_waiting_bytes"] == 0


def test_a_body_in_chunks_is_taken(collector: Running) -> None:
    body = json.dumps(an_event(eventId="chunked")).encode()
    parts = b"".join(b"%x\r\n%b\r\n" % (len(body[at : at + 7]), body[at : at + 7]) for at in range(0, len(body), 7))
    head = b"POST /events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    with Client(collector.port) as client:
        assert client.send(head + parts + b"0\r\n\r\n").answer().status == 200
        assert client.send(get()).answer().body == b"pong"

    assert len(collector.posted('"chunked"')) == 1


def test_who_expects_it_is_told_to_go_on(collector: Running) -> None:
    body = json.dumps(an_event(eventId="expected")).encode()
    whole = post(body, "Expect: 100-continue")
    with Client(collector.port) as client:
        assert client.send(whole[: -len(body)]).answer().status == 100
        assert client.send(body).answer().status == 200


def test_a_thousand_events_take_their_turn_beside_others(collector: Running) -> None:
    events = [an_event(eventId=f"thousand-{number}", extra="x" * 500) for number in range(1000)]
    with Client(collector.port) as client:
        client.send(post(json.dumps(events).encode(), JSON))
        assert ask(collector.port, get()).body == b"pong"
        assert client.answer().json == {"kept": 1000, "refused": []}

    kept = [json.loads(request.body)["eventId"] for request in collector.posted("thousand-")]
    assert kept == [event["eventId"] for event in events]


def test_stamps_are_of_the_receipt_and_in_order(tmp_path: Path) -> None:
    with collecting(tmp_path) as running:
        for number in range(20):
            send_json(running.port, [an_event(eventId=f"{number}-{n}") for n in range(5)])
            ask(running.port, get(target(str(number))))

    found = frames(tmp_path)
    arrivals = [frame.arrival for frame in found]
    assert arrivals == sorted(arrivals)
    assert [frame.kind for frame in found[:6]] == [FrameKind.POSTED] * 5 + [FrameKind.EVENT]


class TestCors:
    def asked(self, running: Running, origin: str) -> Answer:
        return send_json(running.port, an_event(eventId=f"from {origin}"), JSON, f"Origin: {origin}")

    def preflight(self, running: Running, origin: str) -> Answer:
        headers = (
            f"Origin: {origin}",
            "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: content-type",
        )
        return ask(running.port, get("/events", *headers).replace(b"GET", b"OPTIONS", 1))

    @pytest.mark.parametrize("origin", ["https://shop.example", "http://www.shop.example:8080", "https://SHOP.example"])
    def test_pages_of_the_listed_shops_may_post_and_read_the_answer(self, shops: Running, origin: str) -> None:
        assert self.asked(shops, origin).header("access-control-allow-origin") == origin
        assert self.asked(shops, origin).header("vary") == "Origin"
        answer = self.preflight(shops, origin)
        assert answer.status == 204
        assert answer.header("access-control-allow-origin") == origin
        assert answer.header("access-control-allow-methods") == "POST"
        assert answer.header("access-control-allow-headers") == "Content-Type"

    @pytest.mark.parametrize(
        "origin",
        ["https://evil.example", "https://shop.example.evil.example", "null", "https://evilshop.example", "x", ""],
    )
    def test_others_may_not(self, shops: Running, origin: str) -> None:
        """What they post all the same is kept, and ends as ignored: a wrong setting loses nothing."""
        answer = self.asked(shops, origin)

        assert answer.status == 200
        assert answer.header("access-control-allow-origin") is None
        refused = self.preflight(shops, origin)
        assert refused.status == 403
        assert refused.header("access-control-allow-origin") is None

    def test_with_no_shops_listed_every_page_may(self, collector: Running) -> None:
        assert self.asked(collector, "https://any.example").header("access-control-allow-origin") == "*"
        assert self.preflight(collector, "https://any.example").header("access-control-allow-origin") == "*"


def test_a_client_that_leaves_in_the_middle_of_its_body_hurts_nobody(collector: Running) -> None:
    for cut in (1, 50, 100):
        with Client(collector.port) as client:
            client.send(post(json.dumps(an_event(eventId="left")).encode(), JSON)[:-cut])
    assert ask(collector.port, get()).body == b"pong"
    assert collector.posted('"left"') == []
    assert metrics(collector.port)["footfall_collector_waiting_bytes"] == 0
