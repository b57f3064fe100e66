"""Events of the tag become records; those that Divolte drops say what was wrong."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.mapping.requests import AGENT, ARRIVAL, PARAMETERS, event, raw_event

from footfall.errors import InputError
from footfall.mapping import builtin

DEFAULT = builtin("default")


def test_every_field_of_the_default_record_is_filled() -> None:
    record = DEFAULT.map(
        event({"u": "(sprice!1 990 ₽!damount!2!scurrency!RUB!sitem!dress!)", "r": "https://a.example/"})
    )

    assert record == {
        "detectedDuplicate": False,
        "detectedCorruption": False,
        "firstInSession": True,
        "timestamp": ARRIVAL,
        "clientTimestamp": 1414499908146,
        "remoteHost": "10.0.0.0",
        "referer": "https://a.example/",
        "location": "https://shop.example/item/dress/",
        "viewportPixelWidth": 1106,
        "viewportPixelHeight": 949,
        "screenPixelWidth": 1676,
        "screenPixelHeight": 1027,
        "partyId": "0:i1t84hgy:party",
        "sessionId": "0:i1t84hgy:session",
        "pageViewId": "0:pageView",
        "eventType": "buy_button_click",
        "userAgentString": AGENT[1].decode(),
        "userAgentName": "Firefox",
        "userAgentFamily": "Firefox",
        "userAgentVendor": "Mozilla Foundation",
        "userAgentType": "Browser",
        "userAgentVersion": "127.0",
        "userAgentDeviceCategory": "Personal computer",
        "userAgentOsFamily": "Linux",
        "userAgentOsVersion": "",
        "userAgentOsVendor": "",
        "eventId": "0:pageView0",
        "price": "1 990 ₽",
        "amount": 2,
        "currency": "RUB",
        "itemId": "dress",
    }


def test_what_was_not_sent_is_none() -> None:
    record = DEFAULT.map(event(dict.fromkeys("lrijkwht"), (b"accept", b"*/*")))

    assert record["eventType"] == "unknown"
    assert {field for field, value in record.items() if value is None} == {
        "referer", "location", "viewportPixelWidth", "viewportPixelHeight", "screenPixelWidth", "screenPixelHeight",
        "userAgentString", "userAgentName", "userAgentFamily", "userAgentVendor", "userAgentType", "userAgentVersion",
        "userAgentDeviceCategory", "userAgentOsFamily", "userAgentOsVersion", "userAgentOsVendor",
        "price", "amount", "currency", "itemId",
    }  # fmt: skip


@pytest.mark.parametrize("name", list("psvecnf"))
def test_an_event_without_what_divolte_needs_is_refused_by_name(name: str) -> None:
    with pytest.raises(InputError, match=f"^{name}: the parameter is missing"):
        DEFAULT.map(event({name: None}))


@pytest.mark.parametrize(
    ("name", "value"), [("p", "me"), ("p", ""), ("s", "1:16:a"), ("c", ""), ("c", "1.5"), ("c", "z" * 14)]
)
def test_a_bad_value_is_shown(name: str, value: str) -> None:
    with pytest.raises(InputError, match=f"^{name}: '{value}'; expected"):
        DEFAULT.map(event({name: value}))


def test_only_some_fields_are_computed_but_all_events_judged_alike() -> None:
    few = builtin("default", only=["location", "price", "noSuchField"])

    assert few.fields == ("location", "price")
    assert few.map(event()) == {"location": "https://shop.example/item/dress/", "price": None}
    with pytest.raises(InputError, match=r"^p: "):
        few.map(event({"p": "me"}))


@pytest.mark.parametrize(
    ("u", "expected"),
    [
        ("(sprice!3 499,50 ₽!samount!2!)", ("3 499,50 ₽", "2", None)),
        ("(jprice!1990.5!damount!2!)", (1990.5, 2, None)),
        ("(jprice!1e+7!)", (10000000.0, None, None)),
        ("(tprice!nitem!)", (True, None, None)),
        ("(sitem!dress!)", (None, None, "dress")),
        ("(sitemId!dress!)", (None, None, "dress")),
        ("(sitemId!!sitem!dress!)", (None, None, "dress")),
        ("(ditem!16!)", (None, None, None)),
        ("sprice!", (None, None, None)),
        ("aprice!.", (None, None, None)),
        ("(sprice!1990", (None, None, None)),
        ("undefined", (None, None, None)),
        ("", (None, None, None)),
    ],
)
def test_price_amount_and_item_keep_their_type(u: str, expected: tuple[object, object, object]) -> None:
    record = DEFAULT.map(event({"u": u}))

    assert (record["price"], record["amount"], record["itemId"]) == expected
    assert repr((record["price"], record["amount"])) == repr(expected[:2])


def test_damage_on_the_way_is_noticed() -> None:
    raw = event()

    assert DEFAULT.map(raw)["detectedCorruption"] is False
    assert DEFAULT.map(raw.replace(b"dress", b"dres"))["detectedCorruption"] is True


@pytest.mark.parametrize(
    ("header", "expected"),
    [(b"", ""), (b" Opera ", "Opera"), (b"\xd0\xb6\xff", "Ð¶ÿ"), (b"a" * 100_000, "a" * 100_000)],
)
def test_any_user_agent_is_text(header: bytes, expected: str) -> None:
    record = DEFAULT.map(event({}, (b"user-agent", header), (b"user-agent", b"second")))

    assert record["userAgentString"] == expected


@pytest.mark.parametrize("item", ["a/b", "%2F", "👗", "'; DROP TABLE facts; --", '"', "\x00\r\n", "ab" * 150_000])
def test_any_location_comes_through(item: str) -> None:
    location = f"https://shop.example/item/{item}/"

    record = DEFAULT.map(event({"l": location}))

    assert record["location"] == location
    assert record["detectedCorruption"] is False


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_through_as_a_browser_writes_it(text: str) -> None:
    record = DEFAULT.map(event({"t": text, "l": text, "u": f"(sprice!{text.replace('~', '~~').replace('!', '~!')}!)"}))

    assert (record["eventType"], record["location"], record["price"]) == (text, text, text)
    assert record["detectedCorruption"] is False


@given(st.text("psvecnf&=%+0:16zx~", max_size=80))
def test_any_query_is_mapped_or_refused_with_a_reason(query: str) -> None:
    target = f"/csc-event?{query}"

    try:
        record = DEFAULT.map(raw_event(target))
    except InputError:
        return
    assert set(record) == set(DEFAULT.fields)


@given(st.dictionaries(st.sampled_from(sorted(PARAMETERS)), st.none() | st.text("0:16zx", max_size=8)), st.booleans())
def test_counting_sees_what_everyone_sees(changes: dict[str, str | None], agent: bool) -> None:
    """`only` is a matter of speed, never of values."""
    few = builtin("default", only=["timestamp", "eventType", "location", "sessionId", "eventId", "detectedCorruption"])
    raw = event(changes, *([] if agent else [(b"referer", quote("x").encode())]))

    try:
        record = DEFAULT.map(raw)
    except InputError as error:
        with pytest.raises(InputError, match=str(error)[:20].split("'")[0]):
            few.map(raw)
    else:
        assert few.map(raw) == {field: record[field] for field in few.fields}
