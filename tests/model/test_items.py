"""Which shop and item an event belongs to (counting.md, "Items")."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests import reading

from footfall.errors import SettingsError
from footfall.model.items import Items, Place
from footfall.model.rules import Rules

DEFAULTS = tuple(Rules().patterns)
ITEMS = Items(DEFAULTS)

HATS = "/item/%D1%88%D0%B0%D0%BF%D0%BA%D0%B0/"


@pytest.mark.parametrize(
    ("location", "shop", "item"),
    [
        (
            "https://b24-khpv25.bitrix24.shop/catalog/item/dress-nightlife/?utm_source=x",
            "b24-khpv25.bitrix24.shop",
            "dress-nightlife",
        ),
        ("https://shop.example/product/1", "shop.example", "1"),
        ("https://shop.example/products/a-b", "shop.example", "a-b"),
        ("/item/dress/", "", "dress"),
        ("/", "", None),
        ("", "", None),
        (None, "", None),
        # what the defaults match, and what they do not
        ("https://s.example/item/x", "s.example", "x"),
        ("https://s.example/item/x/", "s.example", "x"),
        ("https://s.example/item/x/reviews/", "s.example", "x"),
        ("https://s.example/item/", "s.example", None),
        ("https://s.example/item//x", "s.example", None),
        ("https://s.example/items/x", "s.example", None),
        ("https://s.example/Item/x", "s.example", None),
        ("https://s.example/?x=/item/y", "s.example", None),
        ("https://s.example?x=/item/y", "s.example", None),
        ("https://s.example/#top/item/y", "s.example", None),
        ("https://s.example/#/item/y", "s.example", "y"),
        ("https://s.example/#!/item/y", "s.example", "y"),
        ("https://s.example/#!item/y", "s.example", None),
        ("https://s.example/?q#/item/y", "s.example", "y"),
        ("https://s.example/item/x#/item/y", "s.example", "x"),
        ("https://s.example/item/x?#/item/y", "s.example", "x"),
        ("https://s.example/#/a#/item/y", "s.example", "y"),
        ("https://s.example/#", "s.example", None),
        ("https://s.example/%69tem/x", "s.example", None),
        ("https://s.example/item%2Fx", "s.example", None),
        ("https://s.example/myitem/x", "s.example", None),
        ("https://s.example/my/item/x", "s.example", "x"),
        ("https://s.example/item/x/item/y", "s.example", "x"),
        ("https://s.example/products/p/item/x", "s.example", "x"),  # the first pattern, not the leftmost of any
        ("https://s.example\\item\\x", "s.example\\item\\x", None),
        # the id
        (f"https://s.example{HATS}", "s.example", "шапка"),
        ("https://s.example/item/шапка", "s.example", "шапка"),
        ("https://s.example/item/ша%D0%BF", "s.example", "шап"),
        ("https://s.example/item/a+b", "s.example", "a+b"),
        ("https://s.example/item/a%2Bb", "s.example", "a+b"),
        ("https://s.example/item/a%2Fb", "s.example", "a/b"),
        ("https://s.example/item/a%252Fb", "s.example", "a%2Fb"),
        ("https://s.example/item/%F0%9F%8E%A9", "s.example", "🎩"),
        ("https://s.example/item/a%22'%3B--DROP", "s.example", "a\"';--DROP"),
        ("https://s.example/item/x;v=1", "s.example", "x;v=1"),
        ("https://s.example/item/X%CC%81", "s.example", "X\u0301"),
        ("https://s.example/item/%20", "s.example", " "),
        ("https://s.example/item/100%", "s.example", "100%"),
        ("https://s.example/item/%4", "s.example", "%4"),
        ("https://s.example/item/%41%4", "s.example", "%41%4"),
        ("https://s.example/item/%zz%41", "s.example", "%zz%41"),
        ("https://s.example/item/%٣٣", "s.example", "%٣٣"),
        ("https://s.example/item/%D1", "s.example", "%D1"),
        ("https://s.example/item/%C0%80", "s.example", "%C0%80"),
        ("https://s.example/item/%ED%A0%80", "s.example", "%ED%A0%80"),
        ("https://s.example/item/%F4%90%80%80", "s.example", "%F4%90%80%80"),
        ("https://s.example/item/a%00", "s.example", "a%00"),
        ("https://s.example/item/a%0A%41", "s.example", "a%0A%41"),
        ("https://s.example/item/%1f%41", "s.example", "%1f%41"),
        ("https://s.example/item/%7F", "s.example", "%7F"),
        ("https://s.example/item/%C2%80", "s.example", "\x80"),
        # white space and control characters of the location
        ("  https://s.example/item/x \n", "s.example", "x"),
        ("\u00a0https://s.example/item/x\u2003", "s.example", "x"),
        ("ht\ttps://s.exa\nmple/it\rem/x", "s.example", "x"),
        ("https://s.example/item/a b", "s.example", "a b"),
        ("https://s.example/item/x\x00", "", None),
        ("https://s.example/item/x?\x1b", "", None),
        ("https://s.example/\x7f", "", None),
        ("https://s.example/item/x#\x0b.", "", None),
        ("https://s.example/item/\x80", "s.example", "\x80"),
        # the host
        ("HTTPS://Shop.EXAMPLE/item/x", "shop.example", "x"),
        ("https://user:pass@s.example:8443/item/x", "s.example", "x"),
        ("https://a@b@s.example/item/x", "s.example", "x"),
        ("https://s.example./item/x", "s.example.", "x"),
        ("https://www.s.example/item/x", "www.s.example", "x"),
        ("//s.example/item/x", "s.example", "x"),
        ("s.example/item/x", "", "x"),
        ("https:/item/x", "", "x"),
        ("file:///item/x", "", "x"),
        ("https://:80/item/x", "", "x"),
        ("https://@/item/x", "", "x"),
        ("1http://s.example/item/x", "", "x"),
        ("android-app://com.shop/item/x", "com.shop", "x"),
        ("https://xn--80ak6aa92e.example/item/x", "xn--80ak6aa92e.example", "x"),
        ("https://Шапка.РФ/item/x", "шапка.рф", "x"),
        ("https://s.example:port:80/item/x", "s.example", "x"),
        ("https://[::1]:8080/item/x", "[::1]", "x"),
        ("https://[2001:DB8::1]/item/x", "[2001:db8::1]", "x"),
        ("https://u@[::1]/item/x", "[::1]", "x"),
        ("https://[anything]:[x/item/x", "[anything]", "x"),
        ("https://[]/item/x", "[]", "x"),
        ("https://s.example:[80]/item/x", "s.example", "x"),
        ("https://[u]@s.example/item/x", "s.example", "x"),
        ("https://[::1/item/x", "", None),
        ("https://::1]/item/x", "", "x"),  # the host ends at the first colon: there is none
        ("https://1]/item/x", "", None),
        ("https://[::1]]/item/x", "", None),
        ("https://[[::1]/item/x", "", None),
        ("https://a[::1]/item/x", "", None),
        ("https://[::1]a/item/x", "", None),
        ("https://[::1]a:80/item/x", "", None),
        ("https://[1]/#/[/item/x", "[1]", "x"),
    ],
)
def test_the_location_gives_shop_and_item(location: str | None, shop: str, item: str | None) -> None:
    assert ITEMS.place(location) == Place(shop, item)
    assert reading.place(location, None, DEFAULTS) == (shop, item)


@pytest.mark.parametrize(
    ("named", "item"),
    [
        ("hat", "hat"),
        ("%D1%88 ", "%D1%88 "),
        ("a/b", "a/b"),
        (" ", " "),
        ("a\nb\x00\x7f", "a%0Ab%00%7F"),
        ("", "x"),
        (None, "x"),
        ("ш" * 500, "ш" * 500),
        ("ш" * 500 + "a", None),
        ("\n" * 334, None),
    ],
)
def test_an_item_that_the_event_names_wins_over_the_location(named: str | None, item: str | None) -> None:
    assert ITEMS.place("https://s.example/item/x", named) == Place("s.example", item)
    assert reading.place("https://s.example/item/x", named, DEFAULTS) == ("s.example", item)


def test_an_item_is_named_where_the_location_is_unusable() -> None:
    assert ITEMS.place("https://s.example/\x00", "hat") == Place("", "hat")
    assert ITEMS.place(None, "hat") == Place("", "hat")


def test_an_item_id_of_a_thousand_bytes_fits_and_one_more_does_not() -> None:
    assert ITEMS.place("/item/" + "x" * 1000).item == "x" * 1000
    assert ITEMS.place("/item/" + "x" * 1001).item is None
    assert ITEMS.place("/item/" + "%D1%88" * 500).item == "ш" * 500
    assert ITEMS.place("/item/" + "%D1%88" * 501).item is None
    assert ITEMS.place("/item/" + "🎩" * 250).item == "🎩" * 250
    assert ITEMS.place("/item/" + "🎩" * 250 + "x").item is None
    assert ITEMS.place("/item/" + "x" * 300_000).item is None


def test_a_long_item_does_not_fall_back_to_the_next_pattern() -> None:
    assert ITEMS.place("/product/y/item/" + "x" * 1001).item is None


def test_a_shop_of_253_bytes_fits_and_one_more_does_not() -> None:
    assert ITEMS.place(f"https://{'s' * 253}/item/x") == Place("s" * 253, "x")
    assert ITEMS.place(f"https://{'s' * 254}/item/x").item is None
    assert ITEMS.place(f"https://{'ш' * 126}s/item/x").item == "x"
    assert ITEMS.place(f"https://{'ш' * 127}/item/x").item is None
    assert ITEMS.place(f"https://{'s' * 254}/", "hat").item is None


def test_a_lone_surrogate_raises_nothing() -> None:
    assert ITEMS.place("https://s\ud800/item/\udfff%41" + "x" * 400).shop == "s\ud800"
    assert ITEMS.place("/", "\udfff" * 334).item is None


def test_patterns_are_tried_in_order_in_the_path_and_then_in_the_fragment() -> None:
    items = Items([r"/p-(\d+)", r"^/catalog/([^/]+)/$", r"/(?:x|)([a-z]*)\.html"])

    assert items.place("/catalog/hat/").item == "hat"
    assert items.place("/catalog/hat").item is None
    assert items.place("/catalog/p-7/").item == "7"
    assert items.place("/catalog/hat/#/p-7").item == "hat"
    assert items.place("/#/catalog/hat/").item == "hat"
    assert items.place("/.html").item is None
    assert items.place("/#/.html").item is None


def test_a_pattern_that_finds_nothing_lets_the_next_one_try() -> None:
    items = Items(["/item/([^/]*)", "/(item)/"])

    assert items.place("/item/").item == "item"


def test_a_group_that_takes_no_part_finds_nothing() -> None:
    items = Items(["/item/([0-9]+)?", "/item/([^/]+)"])

    assert items.place("/item/7").item == "7"
    assert items.place("/item/hat").item == "hat"


@pytest.mark.parametrize("pattern", ["/item/(", "/item/[^/]+", "(?P<a", "(a){99999999999}", ""])
def test_a_pattern_without_an_item_is_refused_by_name(pattern: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Items([pattern])

    assert repr(pattern) in str(refused.value)


def test_a_deep_path_is_searched_to_its_end_by_plain_patterns() -> None:
    assert ITEMS.place("https://s.example" + "/a" * 150_000 + "/item/x").item == "x"


def test_a_path_too_long_for_a_slow_pattern_is_not_searched_by_it() -> None:
    items = Items([r"(\d+)-hat", "/item/([^/]+)"])

    assert items.place("/item/x/" + "a" * 2033 + "/1-hat").item == "1"
    assert items.place("/item/x/" + "a" * 2035 + "/1-hat").item == "x"


def test_a_pattern_of_quadratic_cost_cannot_hold_up_counting() -> None:
    items = Items([r"([^/]+)\.html"])
    hostile = "/" + "a" * 300_000

    started = time.process_time()
    assert items.place(hostile).item is None

    assert time.process_time() - started < 0.5


def test_the_limit_is_what_keeps_a_quadratic_pattern_short() -> None:
    """Negative control: six times the limit takes about 36 times as long."""
    items = Items([r"([^/]+)\.html"])

    def seconds(path: str) -> float:
        started = time.process_time()
        items._patterns[0][0].search(path)
        return time.process_time() - started

    assert seconds("/" + "a" * 12_000) > 8 * min(seconds("/" + "a" * 2_000) for _ in range(3))


@pytest.mark.parametrize(
    ("shops", "shop", "served"),
    [
        ((), "anything.example", True),
        ((), "", True),
        (("shop.example",), "shop.example", True),
        (("Shop.EXAMPLE",), "shop.example", True),
        (("shop.example",), "www.shop.example", False),
        (("shop.example",), "shop.example.", False),
        (("shop.example",), "shop_example", False),
        (("shop.example",), "", False),
        (("*.shop.example",), "www.shop.example", True),
        (("*.shop.example",), "shop.example", False),
        (("*.shop.example", "shop.example"), "shop.example", True),
        (("shop?.example",), "shop1.example", True),
        (("shop[12].example",), "shop2.example", True),
        (("shop[!12].example",), "shop2.example", False),
        (("[::1]",), "[::1]", True),
        (("*",), "", True),
        (("*.РФ",), "шапка.рф", True),
    ],
)
def test_the_shops_are_globs_of_hosts(shops: tuple[str, ...], shop: str, served: bool) -> None:
    assert Items(DEFAULTS, shops).serves(shop) is served


def locations() -> st.SearchStrategy[str]:
    part = st.one_of(
        st.sampled_from(
            ["/item/", "/product/", "/products/", "//", "/", "#", "?", "#!/", "#/", ":", "@", "[", "]", "%"]
        ),
        st.sampled_from(
            ["https:", "HTTP:", "x-1+.:", "1:", "s.example", "S.Example.", "::1", "%41", "%D1%88", "%d1", "%0a"]
        ),
        st.sampled_from([" ", "\t", "\n", "\r", "\x00", "\x7f", "\x85", "\u00a0", "İ", "ш", "🎩", "+", ";", "\\", "!"]),
        st.text(max_size=3),
    )
    free = st.lists(part, max_size=12).map("".join)
    return st.one_of(free, st.builds("https://{}/item/{}".format, free, free), st.builds("/item/{}".format, free))


@given(locations(), st.one_of(st.none(), st.text(max_size=5)))
@example("https://s.example/item/x", None)
def test_any_location_is_read_as_the_slow_reading_does(location: str, named: str | None) -> None:
    assert ITEMS.place(location, named) == Place(*reading.place(location, named, DEFAULTS))


@given(st.binary(max_size=12))
def test_any_bytes_percent_encoded_come_back_or_stay_as_they_stand(octets: bytes) -> None:
    escaped = "".join(f"%{octet:02x}" for octet in octets)
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = escaped
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        text = escaped

    assert ITEMS.place(f"/item/{escaped}").item == (text or None)


def test_a_typical_location_takes_a_few_microseconds() -> None:
    location = "https://b24-khpv25.bitrix24.shop/catalog/item/dress-nightlife/?utm_source=x"

    def microseconds() -> float:
        started = time.process_time()
        for _ in range(5_000):
            ITEMS.place(location)
        return (time.process_time() - started) / 5_000 * 1e6

    assert min(microseconds() for _ in range(5)) < 15  # 3 on the machine it was written on
