"""What requests are, and what is kept of an event: over real sockets, read back from the journal."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collector.running import ROOT, Running, collecting, count, frames, requests
from tests.collector.talking import QUERY, Client, an_event, ask, event, get, post, send_json, target

from footfall.collector.wire import SENTINEL
from footfall.errors import InputError
from footfall.journal import Request, pack
from footfall.mapping import builtin
from footfall.mapping.agents import AGENT_FIELDS

AGENT = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0"


def test_an_event_is_kept_raw(collector: Running) -> None:
    headers = (
        f"User-Agent: {AGENT}",
        "REFERER:  https://shop.example/x",
        "Accept-Language: ru",
        "Cookie: a=b",
        "X-A: b",
    )
    assert ask(collector.port, event("raw", *headers)).is_gif

    (kept,) = collector.events("e=raw")
    assert kept.target == target("raw").encode()
    assert kept.peer == "127.0.0.0"
    assert kept.headers == (
        (b"user-agent", AGENT.encode()),
        (b"referer", b"https://shop.example/x"),
        (b"accept-language", b"ru"),
    )
    assert kept.body == b""


RECORDED: list[dict[str, Any]] = [
    json.loads(line) for line in (ROOT / "tests/data/divolte/requests.jsonl").read_text("utf-8").splitlines()
]


def test_what_a_running_divolte_recorded_is_recorded_here(tmp_path: Path) -> None:
    """From the socket to the record, field by field; user agents are told by today's rules."""
    with collecting(tmp_path, {"privacy.addresses": "full"}) as running:
        for case in RECORDED:
            lines = [f"{name}: {value}" for name, value in case["headers"]]
            assert ask(running.port, get(case["target"], *lines)).is_gif
    mapping = builtin("default")
    for case, frame in zip(RECORDED, frames(tmp_path), strict=True):
        if case["record"] is None:  # set aside when it is counted, with its reason
            with pytest.raises(InputError):
                mapping.map(pack(*frame))
        else:
            record = mapping.map(pack(*frame))
            expected = {name: value for name, value in case["record"].items() if name not in AGENT_FIELDS}
            assert {name: record[name] for name in expected} == expected, case["case"]


def test_privacy_is_decided_before_anything_is_written(tmp_path: Path) -> None:
    """The bytes of the journal's files hold nothing that is not to be kept."""
    flags = {"privacy.addresses": "none", "privacy.user_agent": False, "privacy.cookies": ["_dvp"]}
    secrets = ("User-Agent: secret-agent", "Cookie: _dvp=kept; sid=secret-cookie", "Authorization: secret-word")
    with collecting(tmp_path, flags) as running:
        ask(running.port, event("private", *secrets, "X-Forwarded-For: 203.0.113.9"))
        ask(running.port, post(b'{"eventType":"x","eventId":"1","sessionId":"1","location":"x"}', *secrets))
        (kept,), (posted,) = running.events(), running.posted()

    assert kept.peer == posted.peer == ""
    assert kept.headers == posted.headers == ((b"cookie", b"_dvp=kept"),)
    for file in (tmp_path / "journal").iterdir():
        content = file.read_bytes()
        assert b"secret" not in content
        assert b"203.0.113" not in content
        assert b"127.0.0" not in content


def test_robots_and_pages_of_others_are_recorded_like_everybody_and_told_when_they_are_counted(tmp_path: Path) -> None:
    agents = ["curl/8.0", "Mozilla/5.0 (compatible; Googlebot/2.1)", "Mozilla/5.0 HeadlessChrome/140.0", AGENT]
    flags = {"shops": ["shop.example"]}
    with collecting(tmp_path, flags) as running:
        for number, agent in enumerate(agents):
            assert ask(running.port, event(str(number), f"User-Agent: {agent}")).is_gif
        posted = [an_event(location="https://evil.example/item/dress/"), an_event(eventId="ours")]
        assert send_json(running.port, posted, "Content-Type: application/json", f"User-Agent: {AGENT}").status == 200

    (tally,) = count(tmp_path, flags)
    assert (tally.read, tally.bot, tally.ignored, tally.counted) == (6, 3, 1, 2)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (SENTINEL.decode(), 304),
        ("W/" + SENTINEL.decode(), 304),
        ('"x", ' + SENTINEL.decode(), 304),
        ("*", 200),
        ('"6b3edc43"', 200),
        ("", 200),
    ],
)
def test_a_browser_that_only_checks_is_not_counted_twice(collector: Running, value: str, status: int) -> None:
    before = len(collector.events())

    assert ask(collector.port, event("checked", f"If-None-Match: {value}")).status == status
    assert len(collector.events()) - before == (status == 200)


@pytest.mark.parametrize("method", ["get", "Get", "gEt"])
def test_the_method_may_be_in_any_case(collector: Running, method: str) -> None:
    assert ask(collector.port, event("case").replace(b"GET", method.encode(), 1)).is_gif


@pytest.mark.parametrize("path", ["//csc-event", "/a/../csc-event", "/csc%2Devent", "/csc-event;j=1", "/csc-event/"])
def test_detours_lead_to_the_event_too(collector: Running, path: str) -> None:
    before = len(collector.events())

    assert ask(collector.port, get(f"{path}?{QUERY}&e=1")).is_gif
    assert len(collector.events()) == before + 1


@pytest.mark.parametrize("body", [b"", b"abc", b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n", b"x" * 100_000])
def test_the_body_of_an_event_is_read_and_forgotten(collector: Running, body: bytes) -> None:
    """It is never taken for the next request."""
    before = len(collector.events())
    with Client(collector.port) as client:
        assert client.send(event("body", f"Content-Length: {len(body)}") + body).answer().is_gif
        assert client.send(event("after")).answer().is_gif

    assert len(collector.events()) == before + 2


UPGRADE = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")


def test_a_wish_for_another_protocol_is_passed_over(collector: Running) -> None:
    with Client(collector.port) as client:
        client.send(
            event("up-1", *UPGRADE) + event("up-2") + get("/ping", *UPGRADE) + get("/ping", "Upgrade: websocket")
        )
        assert [client.answer().is_gif, client.answer().is_gif] == [True, True]
        assert [client.answer().body, client.answer().body] == [b"pong", b"pong"]

    assert len(collector.events("e=up-")) == 2


def test_a_post_with_such_a_wish_keeps_its_body(collector: Running) -> None:
    """As Java's client sends its first request."""
    body = b'{"eventType":"x","eventId":"upgraded","sessionId":"1","location":"x"}'
    with Client(collector.port) as client:
        assert client.send(post(body, *UPGRADE)).answer().status == 200
        assert client.send(get()).answer().body == b"pong"

    assert len(collector.posted("upgraded")) == 1


def test_an_event_with_a_wish_and_a_body_is_the_last(collector: Running) -> None:
    """Where its body ends is not known: it may not be taken for a request."""
    smuggled = event("smuggled")
    with Client(collector.port) as client:
        client.send(event("wish", *UPGRADE, f"Content-Length: {len(smuggled)}") + smuggled)
        answer = client.answer()
        assert answer.is_gif
        assert answer.header("connection") == "close"
        assert client.ended

    assert len(collector.events("e=wish")) == 1
    assert collector.events("e=smuggled") == []


@pytest.mark.parametrize("headers_", [199, 200])
def test_200_headers_are_taken(collector: Running, headers_: int) -> None:
    headers = [f"X-{number}: a" for number in range(headers_ - 1)]

    assert ask(collector.port, event("headers", *headers)).is_gif


@pytest.mark.parametrize("path", ["/csc-event?e=too-many-headers", "/ping"])
def test_201_are_refused(collector: Running, path: str) -> None:
    headers = [f"X-{number}: a" for number in range(200)]
    answer = ask(collector.port, get(path, *headers))

    assert (answer.status, answer.header("connection")) == (400, "close")
    assert b"over 200 headers" in answer.body
    assert collector.events("too-many-headers") == []


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_both_versions_are_spoken(collector: Running, version: str) -> None:
    with Client(collector.port) as client:
        answer = client.send(get(target("v"), version=version)).answer()
        assert answer.is_gif
        if version == "1.0":
            assert client.ended


def test_an_old_client_may_keep_its_connection(collector: Running) -> None:
    with Client(collector.port) as client:
        for _ in range(2):
            answer = client.send(get(target("old"), "Connection: keep-alive", version="1.0")).answer()
            assert answer.is_gif
            assert answer.header("connection") == "keep-alive"


@pytest.mark.parametrize("version", ["0.9", "2.0", "3.0", "1.2", "11", "x"])
def test_other_versions_are_refused(collector: Running, version: str) -> None:
    with Client(collector.port) as client:
        assert client.send(get(target("odd-version"), version=version)).answer().status == 400
        assert client.ended
    assert collector.events("odd-version") == []


@given(st.text(max_size=50))
def test_any_text_that_is_encoded_is_kept_to_the_byte(collector: Running, text: str) -> None:
    try:
        value = quote(text, safe="")
    except UnicodeEncodeError:  # a lone surrogate
        return
    assert ask(collector.port, get(f"/csc-event?text={value}&")).is_gif
    kept = collector.events()[-1]
    assert kept.target == f"/csc-event?text={value}&".encode()


HEADS: Final[tuple[tuple[tuple[str, ...], bytes], ...]] = (
    ((), b""),
    ((f"User-Agent: {AGENT}", "Referer: https://shop.example/"), b""),
    ((f"User-Agent: {AGENT}", "Referer: https://shop.example/x"), b""),
    ((f"user-agent: {AGENT}", "referer: https://shop.example/x"), b""),
    (("Cookie: _dvp=1; other=2",), b""),
    (("X-Forwarded-For: 203.0.113.9",), b""),
    (("X-Forwarded-For: 203.0.113.10",), b""),
    ((f"If-None-Match: {SENTINEL.decode()}",), b""),
    (("If-None-Match: *",), b""),
    (("Content-Length: 3",), b"abc"),
    (("Transfer-Encoding: chunked",), b"3\r\nabc\r\n0\r\n\r\n"),
    (("X: " + "y" * 3000,), b""),
)
"""Heads of events that a client may send one after the other, and their bodies."""


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    flags = {"privacy.forwarded": True, "privacy.addresses": "full", "privacy.cookies": ["_dvp"]}
    with collecting(tmp_path_factory.mktemp("proxied"), flags) as running:
        yield running


def outcome(running: Running, client: Client, request: bytes) -> tuple[int, list[Request]]:
    """Return the answer's status, and what was recorded."""
    before = running.server.edge.journal.end
    status = client.send(request).answer().status
    return status, requests(running.data, start=before)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(range(len(HEADS))),
            st.sampled_from(
                ["/csc-event?a=1", "/csc-event?a=2&b=%D1%88", "/csc-event?", "//csc-event?a", "/csc-event?a%0A"]
            ),
            st.sampled_from(["GET", "get"]),
            st.integers(0, 3),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_events_one_after_the_other_are_taken_as_if_each_came_alone(
    proxied: Running, sent: list[tuple[int, str, str, int]]
) -> None:
    """What is remembered of the last head saves work, and changes nothing."""
    with Client(proxied.port) as one:
        for head, path, method, pieces in sent:
            headers, body = HEADS[head]
            request = get(path, *headers).replace(b"GET", method.encode(), 1) + body
            with Client(proxied.port) as alone:
                expected = outcome(proxied, alone, request)
            for piece in range(pieces):
                one.send(request[piece : piece + 1])
            assert outcome(proxied, one, request[pieces:]) == expected
            assert all(kept.target == path.encode() for kept in expected[1])


@pytest.mark.parametrize("path", ["/csc-event?a=|", "/csc-event?a=%z", "/csc-event?" + "&" * 1000, "/csc-event?\x00"])
def test_a_bad_target_is_refused_behind_a_good_one_too(collector: Running, path: str) -> None:
    with Client(collector.port) as client:
        for _ in range(3):
            assert client.send(get("/csc-event?good=1")).answer().is_gif
        assert client.send(get(path)).answer().status == 400
        assert client.ended
