"""Reading price, amount and currency (counting.md, "Reading price and amount")."""

import re
import time
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests import reading

from footfall.model.currencies import SIGNS, WORDS
from footfall.model.money import Unreadable, read_cart, read_number, read_price
from footfall.model.rules import Rules
from footfall.model.steps import Reason
from footfall.model.values import Kind, read_figure

RULES = Rules()
COUNTING = (Path(__file__).parents[2] / "docs/explanation/counting.md").read_text(encoding="utf-8")
NBSP, THIN, NARROW, FIGURE = "\u00a0", "\u2009", "\u202f", "\u2007"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4 590 руб.", "4590"),
        ("3 499,50 ₽", "3499.50"),
        ("от 990 ₽", "990"),
        ("990,-", "990"),
        ("(990)", "990"),
        ("1 990 ₽ / шт", "1990"),
        ("Цена: 990", "990"),
        ("990", "990"),
        ("  990\n", "990"),
        ("'990'", "990"),
        ("№990", "990"),
        ("5%", "5"),
        ("0", "0"),
        ("007", "7"),
        # words
        ("990 ₽/м2", "990"),
        ("990 ₽/м²", "990"),
        ("990руб", "990"),
        ("2шт", "2"),
        ("990 Windows10", "990"),
        ("iPhone15Pro 990", "990"),
        ("_5", "5"),
        ("²5", "5"),
        ("Ⅷ5", "5"),
        ("٣ 5", "5"),
        ("ªb7 5", "5"),
        ("文9 5", "5"),
        # groups
        ("7'500", "7500"),
        ("7’500", "7500"),
        ("1’234'567", "1234567"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        (f"1{NBSP}990", "1990"),
        (f"1{THIN}990", "1990"),
        (f"1{NARROW}990", "1990"),
        (f"1 234{NBSP}567{NARROW}890", "1234567890"),
        ("0 990", "990"),
        ("0.123.456", "123456"),
        ("12 345 678 ₽", "12345678"),
        # decimals
        ("1,234.56", "1234.56"),
        ("1.234,56 €", "1234.56"),
        ("1,234,567.8", "1234567.8"),
        ("1 234.567", "1234.567"),
        ("1 234,567", "1234.567"),
        ("1'234.5", "1234.5"),
        ("1.990", "1990"),
        ("1,990", "1990"),
        ("999.990", "999990"),
        ("0.125", "0.125"),
        ("0,125", "0.125"),
        ("012.345", "12.345"),
        ("1234.567", "1234.567"),
        ("99.9", "99.9"),
        ("99,90", "99.90"),
        ("1.0000", "1"),
        ("$.50", "0.50"),
        ("$,50", "0.50"),
        (".500", "0.5"),
        ("руб.50", "50"),
        ("руб,50", "50"),
        ("руб..50", "0.50"),
        ("руб. .50", "0.50"),
        ("руб.1.990", "1990"),
        ("м2.5", "5"),
        ("м2 .5", "0.5"),
        ("990.", "990"),
        ("1.990.", "1990"),
        ("1.990.-", "1990"),
        ("1 990,", "1990"),
        # exponents
        ("1E+7", "10000000"),
        ("1.125E+7 ₽", "11250000"),
        ("1,125E+7", "11250000"),
        ("1.125e7", "11250000"),
        ("1 125E2", "112500"),
        ("1.234.567E-2", "12345.67"),
        ("1.234,5E1", "12345"),
        (".5E3", "500"),
        ("25E-2", "0.25"),
        ("5e2руб", "500"),
        ("5e", "5"),
        ("5e+", "5"),
        ("5 e3", "5"),
        ("5ex7", "5"),
        ("5Е3", "5"),  # a Cyrillic Е: a word
        ("0E999", "0"),
        # signs
        ("-5", "-5"),
        ("−5", "-5"),
        ("- 5", "-5"),
        (" -5", "-5"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("от -5", "-5"),
        ("руб.-50", "-50"),
        ("-.5", "-0.5"),
        ("--5", "-5"),
        ("–5", "5"),  # an en dash
        ("от - 5", "5"),
        ("5-", "5"),
        ("5 -", "5"),
        ("+5", "5"),
        ("+ 5", "5"),
        ("-0", "0"),
        ("-0,00", "0"),
    ],
)
def test_exactly_one_number_is_read(text: str, value: str) -> None:
    assert read_price(text).value == Decimal(value)
    assert reading.price(text)[0] == Fraction(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "бесплатно",
        "₽",
        "-",
        "м2",
        "²",
        "٣",
        "1 990 - 2 990 ₽",
        "2 шт по 500",
        "1 990 руб. 50 коп.",
        "1 990руб.50",
        "1/2",
        "990 ₽/2",
        "12 34",
        "1 990 50",
        "1 990 2 990",
        "1234 567",
        "1 2345",
        "1  990",
        "1\t990",
        f"1{FIGURE}990",
        "1.234.56",
        "1,23,45",
        "1,2,3",
        "12,34.5",
        "1234,567.8",
        "1.234,567,89",
        "1,234.56.78",
        "1'23",
        "1'234 567",
        "1.234 567",
        "1,990 500",
        "1 234.5,6",
        "1 234,567.8",
        "0,5 000",
        ".123.456",
        ".123,456",
        "990 .50",
        "990..50",
        "990. 50",
        "5e1234",
        "5e2.5",
        "5e2 000",
        "1E−7",
        "1990-2990",
    ],
)
def test_no_number_or_two_or_broken_groups_are_unreadable(text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_price(text)

    assert refused.value.reason is Reason.PRICE_UNREADABLE
    assert repr(text) in refused.value.detail
    with pytest.raises(reading.RefusedError):
        reading.text_price(text, "")


def test_every_example_of_the_page_reads_as_the_page_says() -> None:
    section = COUNTING[COUNTING.index("## Reading price and amount") : COUNTING.index("- **Sign**")]
    examples = re.findall(r"`([^`]+)` = ([0-9.]*[0-9])", section)

    assert len(examples) >= 20
    for text, value in examples:
        assert read_price(text).value == Decimal(value), text


@pytest.mark.parametrize(
    ("mark", "text", "value"),
    [
        (".", "1.990", "1.99"),
        (".", "1,990", "1990"),
        (".", "1,234.5", "1234.5"),
        (".", "1 234.5", "1234.5"),
        (".", "99.9", "99.9"),
        (".", "$.50", "0.50"),
        (".", "990", "990"),
        (".", "990,-", "990"),
        (".", "1.5E+7", "15000000"),
        (",", "1,990", "1.99"),
        (",", "1.990", "1990"),
        (",", "0.125", "125"),
        (",", "1.234,5", "1234.5"),
        (",", "1'234,5", "1234.5"),
        (",", "1.234.567", "1234567"),
        (",", "1.125E+7", "11250000"),  # machines write exponents, whatever mark people use
        (",", "$.50", "0.50"),
    ],
)
def test_the_setting_decides_which_mark_is_decimal(mark: str, text: str, value: str) -> None:
    assert read_price(text, mark).value == Decimal(value)
    assert reading.price(text, mark)[0] == Fraction(value)


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        (".", "1,5"),
        (".", "99,90"),
        (".", "1.234.567"),
        (".", "1 234,567"),
        (".", "1234,567"),
        (".", "1.234,567"),
        (",", "99.90"),
        (",", "1,234.5"),
        (",", "1 234.567"),
        (",", "1,234,567"),
    ],
)
def test_the_setting_makes_other_shapes_unreadable(mark: str, text: str) -> None:
    with pytest.raises(Unreadable):
        read_price(text, mark)
    with pytest.raises(reading.RefusedError):
        reading.text_price(text, mark)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("990", ""),
        ("990 ₽", "RUB"),
        ("990₽", "RUB"),
        ("990 руб.", "RUB"),
        ("990руб", "RUB"),
        ("990 РУБ", "RUB"),
        ("руб.990", "RUB"),
        ("990 р.", "RUB"),
        ("990 р", "RUB"),
        ("990 р. RUR", "RUB"),
        ("990 рублей (₽, RUB)", "RUB"),
        ("990 р1", ""),
        ("990 рубчик", ""),
        ("990 шт.", ""),
        ("US$990", "USD"),
        ("990 долл.", "USD"),
        ("990 Br", "BYN"),
        ("990 zł", "PLN"),
        ("990 ZŁ", "PLN"),
        ("990 TL", "TRY"),
        ("990 USD", "USD"),
        ("990 usd", "USD"),
        ("CHF 990", "CHF"),
        ("990 CHF.", "CHF"),
        ("1E+7CHF", "CHF"),
        ("990 CHF2", ""),
        ("990 XYZ", ""),
        ("990 € EUR", "EUR"),
        ("990 ₽/м2", "RUB"),
    ],
)
def test_the_text_names_its_currency(text: str, currency: str) -> None:
    assert read_price(text).currency == currency


@pytest.mark.parametrize("text", ["990 $ €", "990 ₽ USD", "990 руб. тг", "990 USD EUR", "990 ¥ £", "$990 CAD"])
def test_two_currencies_in_one_text_are_unreadable(text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_price(text)
    with pytest.raises(Unreadable):
        cart(text, currency="RUB")

    assert refused.value.reason is Reason.PRICE_UNREADABLE
    assert "one currency" in refused.value.detail


def test_every_sign_and_word_of_the_page_is_known() -> None:
    line = next(line for line in COUNTING.splitlines() if line.startswith("`₽ руб"))
    entries = re.findall(r"`([^`]+)` ([A-Z]{3})", line)

    assert len(entries) == 15
    for names, code in entries:
        for name in names.split():
            assert read_price(f"990 {name}").currency == code
            assert read_price(f"{name} 990").currency == code
            assert read_price(f"990{name.upper()}.").currency == code


def test_the_table_says_no_more_than_the_page_and_iso_4217() -> None:
    words = {word: code for word, code in WORDS.items() if word.upper() != code}
    names = {**words, **SIGNS}

    assert names == {name: code for code, entry in reading.TABLE.items() for name in entry}
    assert all(re.fullmatch("[A-Z]{3}", code) for code in WORDS.values())
    assert len(set(WORDS.values())) > 170


def cart(
    price: object = None, amount: object = None, currency: str | None = None, rules: Rules = RULES
) -> tuple[int, int, str]:
    return read_cart(*read_figure(price), *read_figure(amount), currency, rules)


@pytest.mark.parametrize(
    ("price", "amount", "currency", "expected"),
    [
        ("1 990 ₽", "2", None, (2, 39_800_000, "RUB")),
        ("1 990", None, None, (1, 19_900_000, "RUB")),
        ("1.99 €", 3, None, (3, 59_700, "EUR")),
        ("1.99 €", 3, "usd", (3, 59_700, "USD")),
        ("990", 1, "rur", (1, 9_900_000, "RUB")),
        ("990", 1, "RUR", (1, 9_900_000, "RUB")),
        ("990 ₸", 1, "", (1, 9_900_000, "KZT")),
        ("990 ₸", 1, "US", (1, 9_900_000, "KZT")),
        ("990 ₸", 1, "USDT", (1, 9_900_000, "KZT")),
        ("990 ₸", 1, "руб", (1, 9_900_000, "KZT")),  # three letters, but of no code
        ("990", 1, "XYZ", (1, 9_900_000, "XYZ")),
        (None, None, None, (1, 0, "RUB")),
        ("", "", None, (1, 0, "RUB")),
        (" \u00a0\n", " \t", "EUR", (1, 0, "EUR")),
        (None, 5, None, (5, 0, "RUB")),
        # numbers
        (1990, 2, None, (2, 39_800_000, "RUB")),
        (1.99, 1, None, (1, 19_900, "RUB")),
        (0.1, 3, None, (3, 3_000, "RUB")),
        (1e7, 1, None, (1, 100_000_000_000, "RUB")),
        (-0.0, 1, None, (1, 0, "RUB")),
        (0, 1, None, (1, 0, "RUB")),
        (10, 2.0, None, (2, 200_000, "RUB")),
        (10, 1e3, None, (1000, 100_000_000, "RUB")),
        # amounts as text
        (10, "+2", None, (2, 200_000, "RUB")),
        (10, " 2\n", None, (2, 200_000, "RUB")),
        (10, "007", None, (7, 700_000, "RUB")),
        # the limits themselves pass
        (1_000_000_000, 100_000, None, (100_000, 10**18, "RUB")),
        ("1 000 000 000,0000", "100000", None, (100_000, 10**18, "RUB")),
        ("999 999 999,9999", 1, None, (1, 9_999_999_999_999, "RUB")),
        # four decimals of the value
        ("1.00000", 1, None, (1, 10_000, "RUB")),
        ("0,12340000000000000000000000000000000000000000000", 1, None, (1, 1_234, "RUB")),
        ("0.0001", 1, None, (1, 1, "RUB")),
        ("1E-4", 1, None, (1, 1, "RUB")),
        ("0E-999", 1, None, (1, 0, "RUB")),
        ("10000E-8", 1, None, (1, 1, "RUB")),
        (0.0001, 1, None, (1, 1, "RUB")),
    ],
)
def test_a_cart_event_is_read(
    price: object, amount: object, currency: str | None, expected: tuple[int, int, str]
) -> None:
    assert cart(price, amount, currency) == expected


@pytest.mark.parametrize(
    ("price", "amount", "reason"),
    [
        (10, "1e3", Reason.AMOUNT_UNREADABLE),
        (10, "2.0", Reason.AMOUNT_UNREADABLE),
        (10, "2 шт", Reason.AMOUNT_UNREADABLE),
        (10, "1 000", Reason.AMOUNT_UNREADABLE),
        (10, "-2", Reason.AMOUNT_UNREADABLE),
        (10, "+", Reason.AMOUNT_UNREADABLE),
        (10, "++2", Reason.AMOUNT_UNREADABLE),
        (10, "+ 2", Reason.AMOUNT_UNREADABLE),
        (10, "٣", Reason.AMOUNT_UNREADABLE),
        (10, "²", Reason.AMOUNT_UNREADABLE),
        (10, 2.5, Reason.AMOUNT_UNREADABLE),
        (10, -2.5, Reason.AMOUNT_UNREADABLE),
        (10, 1e-7, Reason.AMOUNT_UNREADABLE),
        (10, 100_000.5, Reason.AMOUNT_UNREADABLE),
        (10, 1_234_567.5, Reason.AMOUNT_UNREADABLE),
        (10, True, Reason.AMOUNT_UNREADABLE),
        (10, [2], Reason.AMOUNT_UNREADABLE),
        (10, {}, Reason.AMOUNT_UNREADABLE),
        (10, float("nan"), Reason.AMOUNT_UNREADABLE),
        (10, float("inf"), Reason.AMOUNT_UNREADABLE),
        (10, 0, Reason.AMOUNT_NOT_POSITIVE),
        (10, -0.0, Reason.AMOUNT_NOT_POSITIVE),
        (10, "0", Reason.AMOUNT_NOT_POSITIVE),
        (10, "+0", Reason.AMOUNT_NOT_POSITIVE),
        (10, -2, Reason.AMOUNT_NOT_POSITIVE),
        (10, -(10**30), Reason.AMOUNT_NOT_POSITIVE),
        (10, 100_001, Reason.AMOUNT_OVER_LIMIT),
        (10, "100001", Reason.AMOUNT_OVER_LIMIT),
        (10, 1e300, Reason.AMOUNT_OVER_LIMIT),
        pytest.param(10, "9" * 300_000, Reason.AMOUNT_OVER_LIMIT, id="300,000 digits of amount"),
        pytest.param(10, 10**5000, Reason.AMOUNT_OVER_LIMIT, id="5,001 digits of amount"),
        ("договорная", 1, Reason.PRICE_UNREADABLE),
        (True, 1, Reason.PRICE_UNREADABLE),
        (False, 1, Reason.PRICE_UNREADABLE),
        ([990], 1, Reason.PRICE_UNREADABLE),
        ({"price": 990}, 1, Reason.PRICE_UNREADABLE),
        (float("nan"), 1, Reason.PRICE_UNREADABLE),
        (float("inf"), 1, Reason.PRICE_UNREADABLE),
        ("-5", 1, Reason.PRICE_NEGATIVE),
        (-0.01, 1, Reason.PRICE_NEGATIVE),
        ("-1E999", 1, Reason.PRICE_NEGATIVE),
        ("1.00001", 1, Reason.PRICE_DECIMALS),
        (0.12345, 1, Reason.PRICE_DECIMALS),
        (0.1 + 0.2, 1, Reason.PRICE_DECIMALS),
        (5e-324, 1, Reason.PRICE_DECIMALS),
        ("1E-5", 1, Reason.PRICE_DECIMALS),
        ("1E-999", 1, Reason.PRICE_DECIMALS),
        ("0," + "0" * 500 + "1", 1, Reason.PRICE_DECIMALS),
        ("1 000 000 000,0001", 1, Reason.PRICE_OVER_LIMIT),
        (1_000_000_001, 1, Reason.PRICE_OVER_LIMIT),
        (1e300, 1, Reason.PRICE_OVER_LIMIT),
        ("1E999", 1, Reason.PRICE_OVER_LIMIT),
        pytest.param("9" * 300_000, 1, Reason.PRICE_OVER_LIMIT, id="300,000 digits"),
        pytest.param("9" * 300_000 + "E-299999", 1, Reason.PRICE_UNREADABLE, id="six digits of exponent"),
        pytest.param("1 " * 150_000, 1, Reason.PRICE_UNREADABLE, id="150,000 numbers"),
        pytest.param("1.111" + ",111" * 70_000, 1, Reason.PRICE_UNREADABLE, id="70,000 groups"),
        pytest.param("1" + ".111" * 70_000, 1, Reason.PRICE_OVER_LIMIT, id="70,000 good groups"),
        pytest.param(10**5000, 1, Reason.PRICE_OVER_LIMIT, id="5,001 digits of price"),
        ("договорная", "2 шт", Reason.AMOUNT_UNREADABLE),  # the amount is looked at first
    ],
)
def test_what_cannot_be_counted_says_why(price: object, amount: object, reason: Reason) -> None:
    with pytest.raises(Unreadable) as refused:
        cart(price, amount)

    assert refused.value.reason is reason
    assert 0 < len(refused.value.detail) < 200
    with pytest.raises(reading.RefusedError, match=f"^{reason}$"):
        reading.cart({"price": price, "amount": amount}, "", "RUB", 1_000_000_000, 100_000)


def test_the_limits_and_the_currency_are_settings() -> None:
    rules = Rules(max_price=100, max_amount=2, currency="EUR", decimal_mark=".")

    assert cart("100.000", "2", None, rules) == (2, 2_000_000, "EUR")
    with pytest.raises(Unreadable, match="at most 100"):
        cart("100.01", "2", None, rules)
    with pytest.raises(Unreadable, match="at most 2"):
        cart("100", "3", None, rules)


@pytest.mark.parametrize("text", ["", "abc", "1e", "0x10", "1_000", " 1", "nan", "inf", "1e9999", "٣"])
def test_only_the_digits_of_a_double_are_a_number(text: str) -> None:
    with pytest.raises(Unreadable):
        read_number(text)
    with pytest.raises(Unreadable):
        read_cart(None, Kind.MISSING, text, Kind.NUMBER, None, RULES)


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.NUMBER, Kind.OTHER, 7])
def test_a_kind_without_its_text_is_never_an_accident(kind: int) -> None:
    if kind == Kind.TEXT:
        assert read_cart(None, kind, None, kind, None, RULES) == (1, 0, "RUB")
    else:
        with pytest.raises(Unreadable):
            read_cart(None, kind, None, Kind.MISSING, None, RULES)
        with pytest.raises(Unreadable):
            read_cart(None, Kind.MISSING, None, kind, None, RULES)


# ---- whatever comes -------------------------------------------------------------------------------------------------

PIECES = st.one_of(
    st.text("0123456789", min_size=1, max_size=4),
    st.sampled_from(["000", "990", "1", "12", "0"]),
    st.sampled_from([".", ",", "'", "’", " ", NBSP, THIN, NARROW, FIGURE, "\t", ".", ","]),
    st.sampled_from(["-", "−", "+", "E", "e", "E+", "e-", "/", "(", ")", "_", "%"]),
    st.sampled_from(["₽", "$", "€", "руб", "р", "шт", "USD", "eur", "м2", "zł", "TL", "²", "٣", "Ⅷ", "文"]),
    st.text(max_size=2),
)
TEXTS = st.lists(PIECES, max_size=9).map("".join)
MARKS = st.sampled_from(["", "", ".", ","])


@given(TEXTS, MARKS)
def test_any_text_is_read_as_the_slow_reading_does(text: str, mark: str) -> None:
    try:
        expected = reading.text_price(text.strip(), mark)
    except (reading.RefusedError, IndexError):
        expected = None
    try:
        price = read_price(text, mark)
    except Unreadable:
        assert expected is None
        return

    if price.currency in {"", *reading.SOME_CODES}:
        assert (Fraction(price.value), price.currency) == expected


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    TEXTS,
    st.integers(min_value=-3, max_value=200_000),
    st.integers(),
    st.integers(min_value=-(10**8), max_value=10**10).map(lambda number: number / 1000),
    st.floats(),
    st.text("0123456789+ ", max_size=7),
    st.lists(st.integers(), max_size=1),
)


@given(ANYTHING, ANYTHING, st.one_of(st.none(), st.sampled_from(["rub", "RUR", "EUR", "US", "руб"]), st.text()), MARKS)
def test_whatever_a_cart_event_holds_is_read_as_the_slow_reading_does(
    price: object, amount: object, currency: str | None, mark: str
) -> None:
    fields: dict[str, object] = {"price": price, "amount": amount, "currency": currency}
    try:
        pieces, value, code = reading.cart(fields, mark, "RUB", 1_000_000_000, 100_000)
        expected: tuple[int, int, str] | str = (pieces, int(value * 10_000), code)
    except reading.RefusedError as refused:
        expected = str(refused)

    assert read_or_reason(price, amount, currency, Rules(decimal_mark=mark)) == expected


def read_or_reason(price: object, amount: object, currency: str | None, rules: Rules) -> tuple[int, int, str] | str:
    try:
        pieces, value, code = cart(price, amount, currency, rules)
    except Unreadable as refused:
        return refused.reason
    assert 1 <= pieces <= rules.max_amount
    assert 0 <= value <= 10**18
    return pieces, value, code


WRAPPINGS = [
    ("", ""),
    ("", " ₽"),
    ("", "руб."),
    ("от ", " руб./шт"),
    ("Цена: ", ",-"),
    ("(", ")"),
    ("$", "."),
    ("руб.", ""),
    ("м2 ", " / м2"),
    ("№ ", "\n"),
    ("+", " €"),
    ("№", "?!"),
]


@given(
    whole=st.integers(min_value=0, max_value=10**9 - 1),
    decimals=st.text("0123456789", max_size=4),
    group=st.sampled_from(["", " ", NBSP, THIN, NARROW, "'", "’", ".", ","]),
    mark=st.sampled_from([".", ","]),
    wrapping=st.sampled_from(WRAPPINGS),
)
def test_a_price_written_in_any_shape_is_read_back(
    whole: int, decimals: str, group: str, mark: str, wrapping: tuple[str, str]
) -> None:
    assume(group != mark)
    assume(not (len(decimals) == 3 and 0 < whole < 1000))  # 1.990 is a thousand
    digits = f"{whole:,}".replace(",", group)
    number = digits + (mark + decimals if decimals else "")
    before, after = wrapping

    assert read_price(before + number + after).value == Decimal(f"{whole}.{decimals or 0}")


@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=9_999))
def test_the_setting_reads_back_what_is_written_with_it(whole: int, tenthousandths: int) -> None:
    english = f"{whole:,}.{tenthousandths:04}"
    german = english.translate({ord(","): ".", ord("."): ","})
    expected = Decimal(f"{whole}.{tenthousandths:04}")

    assert read_price(english, ".").value == expected
    assert read_price(german, ",").value == expected


@given(st.floats(min_value=0, max_value=1e9, allow_subnormal=False))
def test_a_double_counts_by_its_shortest_digits_or_has_too_many(value: float) -> None:
    exact = Decimal(repr(value))
    result = read_or_reason(value, 1, None, RULES)

    assert result == ((1, int(exact * 10_000), "RUB") if exact == round(exact, 4) else Reason.PRICE_DECIMALS)


def test_a_typical_price_takes_a_few_microseconds() -> None:
    def microseconds() -> float:
        started = time.process_time()
        for _ in range(5_000):
            read_price("3 499,50 ₽")
        return (time.process_time() - started) / 5_000 * 1e6

    assert min(microseconds() for _ in range(5)) < 20  # 4 on the machine it was written on


@pytest.mark.parametrize(
    "text", ["1" + "'111" * 75_000 + "x", "a" * 300_000, "1e" * 150_000, "." * 300_000, "-" * 300_000]
)
def test_a_hostile_price_takes_linear_time(text: str) -> None:
    started = time.process_time()
    read_or_reason(text, 1, None, RULES)

    assert time.process_time() - started < 2
