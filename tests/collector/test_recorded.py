"""Every recorded request gets Divolte's answer (divolte.md, sections 0 and 1.7)."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from tests.collector.running import ROOT, Running, collecting
from tests.collector.talking import Client

from footfall.collector.wire import GIF
from footfall.mapping.hosts import host_string

CASES: Final[list[dict[str, Any]]] = [
    json.loads(line) for line in (ROOT / "tests/data/divolte/answers.jsonl").read_text("utf-8").splitlines()
]

OURS: Final = {
    "I-cookie201": "an event with 201 cookies was lost, its mapping failed; ours is recorded",
}
"""Cases in which we differ on purpose, beside what is said at the tests."""

HEADERS: Final = ("content-type", "etag", "cache-control", "pragma", "expires", "server", "allow", "content-length")


@pytest.fixture(scope="module")
def behind_a_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    flags = {"privacy.forwarded": True, "privacy.addresses": "full"}
    with collecting(tmp_path_factory.mktemp("forwarded"), flags) as running:
        yield running


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_the_answer_is_divoltes(case: dict[str, Any], collector: Running, behind_a_proxy: Running) -> None:
    where = behind_a_proxy if case["forwarded"] else collector
    before = len(where.events())
    request = case["request"].encode("latin-1")
    with Client(where.port) as client:
        answer = client.send(request).answer(head_only=request.startswith(b"HEAD"))
        if case["closed"]:
            assert client.ended
        else:
            if case["case"] == "I-body":
                client.send(b"abc")  # it announced a body and sent none: Divolte answers before it is there
            assert client.send(b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n").answer().body == b"pong"

    assert answer.status == case["status"]
    assert len(where.events()) - before == (case["recorded"] or case["case"] in OURS)
    if case["body"] == "GIF37":
        assert answer.body == GIF
    elif case["body"]:
        assert answer.body.decode() == case["body"]
    if answer.status in (200, 304, 405):
        recorded = {name.lower(): value for name, value in case["headers"]}
        assert {name: answer.header(name) for name in HEADERS} == {name: recorded.get(name) for name in HEADERS}
    if answer.status == 304 or answer.is_gif:
        assert answer.header("connection") == recorded.get("connection")


NO_LITERAL: Final = {"012.1", "", "1.2.3.4,", "localhost"}
"""Divolte looks names up, reads octal, and takes an empty text for `localhost`; here only literal addresses count."""


@pytest.mark.parametrize("case", [case for case in CASES if case["forwarded"]], ids=lambda case: case["case"])
def test_the_address_is_the_one_that_divolte_took(case: dict[str, Any], behind_a_proxy: Running) -> None:
    request = case["request"].encode("latin-1")
    with Client(behind_a_proxy.port) as client:
        client.send(request).answer()
    peer = behind_a_proxy.events()[-1].peer

    named = [line.partition(":")[2].strip() for line in case["request"].split("\r\n") if "Forwarded-For" in line]
    expected = "127.0.0.1" if named and named[-1] in NO_LITERAL else case["remoteHost"].partition("%")[0]
    assert host_string(peer) == expected


def test_the_cases_are_there() -> None:
    assert len(CASES) > 60
    assert {case["status"] for case in CASES} == {200, 304, 400, 404, 405}
