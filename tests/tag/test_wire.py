"""What the tag sends is what the mapping reads: checksum, mincode, query, posted object, by two implementations."""

import json
from pathlib import Path
from typing import Any

import mmh3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.mapping.requests import AGENT, posted, raw_event
from tests.tag.conftest import Ask

from footfall.collector.events import check
from footfall.collector.targets import refusal
from footfall.mapping import builtin
from footfall.mapping.base36 import read_base36, to_base36
from footfall.mapping.checksum import is_corrupt
from footfall.mapping.mincode import decode
from footfall.mapping.query import read_query

FILE = Path(__file__).parent.parent / "data" / "divolte" / "requests.jsonl"
BROWSERS: list[dict[str, Any]] = [
    case
    for case in map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
    if case["case"].startswith("browser")
]

SAFE = 2**53 - 1
"""Beyond, JavaScript has no integers."""

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)

# Captured from the original script in node: a page view, and a custom event without the parts that are the same.
PARTY, SESSION = "0:mwtinlw0:PfcG1y9kVJPNLBD58lDFQJ0kk4_6WyOJ", "0:mwtinlw0:HMbTih4cjEBMwpTrO5BT~1eqGDWWkA8S"
PAGE = "0:_yWdjemOs97WhOoicqiSLqf~Ia6PyfJD"


def event(number: int, time: str, first: str, **rest: object) -> dict[str, object]:
    moment = read_base36(time)
    return {
        "p": PARTY, "s": SESSION, "v": PAGE, "e": f"{PAGE}{number}", "c": moment, "n": first, "f": first,
        "l": "https://shop.example/item/dress?a=1#x",
        "i": 1676, "j": 1027, "k": 1.5, "w": 1106, "h": 949, **rest,
    }  # fmt: skip


def test_a_page_view_is_written_as_divoltes_script_writes_it(ask: Ask) -> None:
    assert ask("query", event(0, "mwtinlw2", "t", t="pageView")) == (
        "p=0%3Amwtinlw0%3APfcG1y9kVJPNLBD58lDFQJ0kk4_6WyOJ&s=0%3Amwtinlw0%3AHMbTih4cjEBMwpTrO5BT~1eqGDWWkA8S"
        "&v=0%3A_yWdjemOs97WhOoicqiSLqf~Ia6PyfJD&e=0%3A_yWdjemOs97WhOoicqiSLqf~Ia6PyfJD0&c=mwtinlw2&n=t&f=t"
        "&l=https%3A%2F%2Fshop.example%2Fitem%2Fdress%3Fa%3D1%23x&i=1ak&j=sj&k=1.i&w=uq&h=qd&t=pageView&x=yy03ie"
    )


def test_custom_parameters_are_written_as_divoltes_script_writes_them(ask: Ask) -> None:
    parameters = {
        "price": "4 590 руб.", "amount": 2, "d": "2015-06-13T15:49:33.002Z",
        "n": 1e21, "m": 1000000, "z": -78.3e-10, "q": 0.1,
    }  # fmt: skip

    query = str(ask("query", event(1, "mwtinlwn", "f", t="buy_button_click", u=parameters)))

    assert query.endswith(
        "&t=buy_button_click&u=(sprice!4%20590%20%D1%80%D1%83%D0%B1.!damount!2!sd!2015-06-13T15%3A49%3A33.002Z!jn!1e%2B21"
        "!dm!lfls!jz!-7.83e-9!jq!0.1!)&x=-bq71er"
    )


def test_a_parameter_that_is_null_is_written_as_divoltes_script_writes_it(ask: Ask) -> None:
    assert str(ask("query", event(2, "mwtinlwo", "f", t="x", u=None))).endswith("&t=x&u=n&x=-whlylv")


@pytest.mark.parametrize("case", BROWSERS, ids=lambda case: str(case["case"]))
def test_a_real_browsers_request_is_written_again_to_the_byte(ask: Ask, case: dict[str, Any]) -> None:
    """Taken apart by the mapping, put together by the tag."""
    sent = case["target"].partition("?")[2]
    again: dict[str, object] = dict(read_query(sent.encode()).first)
    del again["x"]
    for name in "cijkwh":
        again[name] = read_base36(str(again[name]))
    if "u" in again:
        again["u"] = decode(str(again["u"]))

    assert ask("query", again) == sent


@pytest.mark.parametrize(
    ("text", "hashed"),
    [
        (
            "c=i1t8q2b6,;e=0:1fF6GFGjDOQiEx_OxnTm_tl4BH91eGLF0,;f=f,;h=qd,;i=1ak,;j=sj,;k=2,;l=http://localhost:8290/,;n=f,;"
            "p=0:i1t84hgy:5AF359Zjq5kUy98u4wQjlIZzWGhN~GlG,;s=0:i1t84hgy:95CbiPCYln_1e0a6rFvuRkDkeNnc6KC8,;t=pageView,;"
            "v=0:1fF6GFGjDOQiEx_OxnTm_tl4BH91eGLF,;w=uq,;",
            "si9804",
        ),
        (
            "c=i1t8q2b6,;e=0:eventId,;f=f,;h=qd,;i=1ak,;j=sj,;k=2,;l=http://localhost:8290/,;n=f,;p=0:i1t84hgy:party,;"
            "s=0:i1t84hgy:session,;t=ụñ⚕©ºḌℨ,;v=0:pageView,;w=uq,;",
            "-ql2p2c",
        ),
        (
            "c=i1t8q2b6,;e=0:pageView1,;f=f,;h=qd,;i=1ak,;j=sj,;k=2,;"
            "l=https://b24-khpv25.bitrix24.shop/catalog/item/dress-nightlife/,;n=f,;p=0:i1t84hgy:party,;"
            "s=0:i1t84hgy:session,;t=buy_button_click,;u=(sprice!4 590 руб.!samount!2!),;v=0:pageView,;w=uq,;",
            "-ux15gp",
        ),
    ],
)
def test_the_checksum_is_divoltes(ask: Ask, text: str, hashed: str) -> None:
    assert to_base36(int(str(ask("murmur", text)))) == hashed


@given(st.text())
def test_the_checksum_is_murmur3_of_any_text(ask: Ask, text: str) -> None:
    assert ask("murmur", text) == mmh3.hash(text.encode(), 0, signed=True)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a string", "sa string!"),
        ("Hello~World!", "sHello~~World~!!"),
        (True, "t"),
        (False, "f"),
        (None, "n"),
        (42, "d16!"),
        (-37, "d-11!"),
        (10.3, "j10.3!"),
        ({}, "()"),
        ([], "a."),
        ({"foo": "bar", "baz": "daz"}, "(sfoo!bar!sbaz!daz!)"),
        (["foo", "bar"], "asfoo!sbar!."),
        (
            {"name": "John Doe", "age": 42, "children": ["Mary", "Bill"]},
            "(sname!John Doe!dage!16!achildren!sMary!sBill!.)",
        ),
        ({"a!": {"b~": [None]}}, "((a~!!ab~~!n.))"),
        (1e7, "j1e+7!"),
        (1e6, "dlfls!"),
        (1234567.5, "j1234567.5!"),
        (SAFE, "d2gosa7pa2gv!"),
    ],
)
def test_mincode_is_divoltes(ask: Ask, value: object, text: str) -> None:
    assert ask("mincode", value) == text


@given(JSON_VALUES)
def test_what_mincode_writes_the_mapping_reads(ask: Ask, value: object) -> None:
    """Arrays hold their elements without names, objects theirs with."""
    assert doubles(decode(str(ask("mincode", value)))) == doubles(value)


def doubles(value: object) -> object:
    """Return the value with its numbers as JavaScript has them: by their shortest digits, all are doubles."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, list):
        return [doubles(element) for element in value]
    if isinstance(value, dict):
        return {name: doubles(member) for name, member in value.items()}
    return value


def test_a_number_is_exact_also_where_a_browsers_base_36_is_not(ask: Ask) -> None:
    assert ask("mincode", 37633609471672550) == "j37633609471672550!"


TEXT = st.text(min_size=1)
IDENTIFIERS = st.builds(lambda time, rest: f"0:{to_base36(time)}:{rest}", st.integers(0, 2**50), st.text("aZ9~_"))
PARAMETERS = st.dictionaries(
    TEXT | st.sampled_from(["price", "amount", "currency", "itemId", "item"]),
    st.text() | st.integers(-SAFE, SAFE) | st.floats(0.01, 1e9),
)
EVENTS = st.fixed_dictionaries(
    {
        "p": IDENTIFIERS, "s": IDENTIFIERS, "v": TEXT, "e": st.text("aZ9~_:", min_size=1),
        "c": st.integers(0, 2**50), "n": st.sampled_from("tf"), "f": st.sampled_from("tf"), "l": TEXT,
        "i": st.integers(0, 20_000), "j": st.integers(0, 20_000), "k": st.sampled_from([1, 1.5, 2, 3.3]),
        "w": st.integers(0, 20_000), "h": st.integers(0, 20_000), "t": TEXT,
    },
    optional={"r": TEXT, "u": PARAMETERS, "g": st.integers(1, 100)},
)  # fmt: skip


@given(EVENTS)
def test_any_event_arrives_whole_and_undamaged(ask: Ask, sent: dict[str, Any]) -> None:
    target = "/csc-event?" + str(ask("query", sent))

    assert refusal(target.encode("ascii")) is None
    query = read_query(target.partition("?")[2].encode())
    assert not is_corrupt(query)
    assert query.pairs is None
    for name, value in sent.items():
        found = query.first[name]
        if name == "u":
            assert decode(found) == value
        elif name != "k":
            assert (read_base36(found) if isinstance(value, int) else found) == value


@given(EVENTS)
def test_an_event_is_the_same_whether_it_is_asked_for_or_posted(ask: Ask, sent: dict[str, Any]) -> None:
    """A page that goes away posts what it would have asked for: nothing that counts may differ."""
    parameters = sent.get("u", {})
    for name in parameters.keys() & {"currency"}:
        parameters[name] = str(parameters[name])
    own = json.dumps(ask("posted", sent)).encode()

    check(own, now=0)
    by_post = builtin("default").map(posted(own))
    by_get = builtin("default").map(raw_event("/csc-event?" + str(ask("query", sent)), AGENT))
    assert by_post == by_get


def test_a_parameter_cannot_pose_as_a_part_of_the_event(ask: Ask) -> None:
    sent = event(
        3, "mwtinlwo", "f", t="x", u={"eventId": "other", "timestamp": 1, "shop": "a/b", "userAgentString": ""}
    )

    record = builtin("default").map(posted(ask("posted", sent)))

    assert record == builtin("default").map(raw_event("/csc-event?" + str(ask("query", sent)), AGENT))


@pytest.mark.parametrize(
    ("item", "expected"), [({"item": "a"}, "a"), ({"itemId": "", "item": "a"}, "a"), ({"itemId": 5}, None)]
)
def test_the_item_is_the_same_both_ways(ask: Ask, item: object, expected: str | None) -> None:
    sent = event(3, "mwtinlwo", "f", t="x", u=item)
    own = json.dumps(ask("posted", sent)).encode()

    check(own, now=0)
    assert builtin("default").map(posted(own))["itemId"] == expected
    assert builtin("default").map(raw_event("/csc-event?" + str(ask("query", sent)), AGENT))["itemId"] == expected


@pytest.mark.parametrize("part", ["t", "l", "u"])
def test_half_a_character_is_sent_as_the_sign_for_it(ask: Ask, part: str) -> None:
    """A lone surrogate has no UTF-8: `encodeURIComponent` would throw, and the event be lost."""
    sent = event(4, "mwtinlwo", "f", t="x") | {part: {"a": "x\ud800y"} if part == "u" else "x\ud800y"}

    query = read_query(str(ask("query", sent)).encode())

    assert not is_corrupt(query)
    assert "x\ufffdy" in query.first[part]


def test_a_damaged_request_would_be_seen(ask: Ask) -> None:
    """Negative control of the checksum."""
    query = str(ask("query", event(0, "mwtinlw2", "t", t="pageView")))

    assert not is_corrupt(read_query(query.encode()))
    assert is_corrupt(read_query(query.replace("dress", "dres").encode()))
