"""Reading price, amount and currency of a cart event (counting.md, "Reading price and amount")."""

import re
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Final

from footfall.errors import InputError
from footfall.model.currencies import SIGNS, WORDS
from footfall.model.rules import Rules
from footfall.model.steps import Reason
from footfall.model.values import Kind

UNITS: Final = 10_000
"""Money is whole 1/10,000 of a currency."""

_UNIT: Final = Decimal(1) / UNITS
_WIDE: Final = Context(prec=40)
"""Holds any price within the limits to its last unit: 10 digits before the mark and 4 behind it."""

_SPACES: Final = " \u00a0\u2009\u202f"
"""Ordinary, no-break, thin, narrow no-break."""
_LETTER: Final = r"[^\W\d_]"

_TOKEN: Final = re.compile(
    rf"""
      (?P<word>{_LETTER}(?:{_LETTER}|[0-9])*+)[.,]?+                      # the mark behind a word is none
    | (?P<number>[.,]?[0-9]++(?:[.,'’{_SPACES}][0-9]++)*+)(?:[eE](?P<exponent>[+-]?[0-9]++))?
    | (?P<sign>[{"".join(SIGNS)}])
    """,
    re.VERBOSE,
)
_NUMERALS: Final = re.compile(rf"(?![A-Za-zА-яЁё]){_LETTER}")
"""Letters that are not the usual ones, or numerals such as ² and Ⅷ, which `re` cannot tell from letters."""

_PLAIN: Final = re.compile(r"([0-9]*)(?:([.,])([0-9]+))?")
_GROUPED: Final = re.compile(
    rf"([0-9]{{1,3}}(?:(?:[{_SPACES}][0-9]{{3}})+|(?:['’][0-9]{{3}})+|(?:\.[0-9]{{3}})+|(?:,[0-9]{{3}})+))"
    r"(?:([.,])([0-9]+))?"
)
_NO_DIGIT: Final = re.compile(r"[^0-9]")
_PARTING: Final = re.compile(r"[0-9]+(.)")

_DOUBLE: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_AMOUNT: Final = re.compile(r"\+?[0-9]+")
_CODE: Final = re.compile(r"[A-Za-z]{3}")


class Unreadable(InputError):  # noqa: N818 - a finding, not a failure
    """A price or an amount cannot be counted."""

    def __init__(self, reason: Reason, value: str | None, expected: str) -> None:
        """Keep the reason, and for a person the value and what was expected."""
        self.reason = reason
        shown = "nothing" if value is None else repr(value if len(value) <= 80 else value[:79] + "…")
        self.detail = f"{shown}: {expected}"
        super().__init__(self.detail)


@dataclass(frozen=True, slots=True)
class Price:
    """What the text of a price says."""

    value: Decimal
    """Exact, whatever its size and sign."""
    currency: str
    """The currency that the text names; the empty text if it names none."""


def read_cart(
    price: str | None, price_kind: int, amount: str | None, amount_kind: int, currency: str | None, rules: Rules
) -> tuple[int, int, str]:
    """Return amount, price x amount in 1/10,000, and the currency.

    The kinds are of `Kind`. Raises Unreadable with the first reason: the amount is unreadable, not positive, over the
    limit; the price is unreadable, negative, over the limit, has more than four decimals.
    """
    pieces = _pieces(amount, amount_kind, rules.max_amount)
    if price_kind == Kind.MISSING or (price_kind == Kind.TEXT and not (price or "").strip()):
        return pieces, 0, _code(currency) or rules.currency
    if price_kind == Kind.TEXT and price is not None:
        read = read_price(price, rules.decimal_mark)
    elif price_kind == Kind.NUMBER and price is not None:
        read = Price(read_number(price), "")
    else:
        raise Unreadable(Reason.PRICE_UNREADABLE, price, "expected a text or a number")
    units = _units(read.value, price, rules.max_price)
    return pieces, pieces * units, _code(currency) or read.currency or rules.currency


def read_price(text: str, decimal_mark: str = "") -> Price:
    """Return the one number in a text as people see it, and the currency it names. Raises Unreadable."""
    text = text.strip()
    number: re.Match[str] | None = None
    currency = ""
    for token in _TOKEN.finditer(_NUMERALS.sub(_letter, text)):
        if token["number"] is not None:
            if number is not None:
                raise Unreadable(Reason.PRICE_UNREADABLE, text, "expected one number, found two")
            number = token
        elif named := SIGNS[token["sign"]] if token["word"] is None else WORDS.get(token["word"].lower(), ""):
            if currency not in ("", named):
                raise Unreadable(Reason.PRICE_UNREADABLE, text, f"expected one currency, found {currency} and {named}")
            currency = named
    if number is None:
        raise Unreadable(Reason.PRICE_UNREADABLE, text, "expected a number, found none")
    value = _value(number, text, decimal_mark)
    start = number.start()
    negative = text[0] in "-−" or text[start - 1 : start] in ("-", "−")
    return Price(-value if negative and value else value, currency)


def read_number(text: str) -> Decimal:
    """Return the value of the shortest digits of a double, or of an integer. Raises Unreadable if it is none."""
    if not _DOUBLE.fullmatch(text):
        raise Unreadable(Reason.PRICE_UNREADABLE, text, "expected the digits of a number")
    return Decimal(text)


def read_amount(text: str) -> Decimal:
    """Return the whole number in a text: an optional `+`, digits, white space around. Raises Unreadable."""
    digits = text.strip()
    if not _AMOUNT.fullmatch(digits):
        raise Unreadable(Reason.AMOUNT_UNREADABLE, text, "expected digits")
    return Decimal(digits)


def _pieces(amount: str | None, kind: int, limit: int) -> int:
    if kind == Kind.MISSING or (kind == Kind.TEXT and not (amount or "").strip()):
        return 1
    if kind == Kind.TEXT and amount is not None:
        value = read_amount(amount)
    elif kind == Kind.NUMBER and amount is not None and _DOUBLE.fullmatch(amount):
        value = Decimal(amount)
    else:
        raise Unreadable(Reason.AMOUNT_UNREADABLE, amount, "expected digits or a number")
    if value != value.to_integral_value():
        raise Unreadable(Reason.AMOUNT_UNREADABLE, amount, "expected a whole number")
    if value <= 0:
        raise Unreadable(Reason.AMOUNT_NOT_POSITIVE, amount, "expected at least 1")
    if value > limit:
        raise Unreadable(Reason.AMOUNT_OVER_LIMIT, amount, f"expected at most {limit}")
    return int(value)


def _units(value: Decimal, text: str, limit: int) -> int:
    if value < 0:
        raise Unreadable(Reason.PRICE_NEGATIVE, text, "expected no negative price")
    if value > limit:
        raise Unreadable(Reason.PRICE_OVER_LIMIT, text, f"expected at most {limit}")
    rounded = value.quantize(_UNIT, context=_WIDE)
    if rounded != value:
        raise Unreadable(Reason.PRICE_DECIMALS, text, "expected at most four decimals")
    return int(rounded.scaleb(4, _WIDE))


def _value(number: re.Match[str], text: str, decimal_mark: str) -> Decimal:
    """Return the value of a number token: digits, marks between them, an exponent."""
    body, exponent = number["number"], number["exponent"]
    if exponent is None:
        if body.isdigit():
            return Decimal(body)
        exponent = "0"
        parts = _parts(body, decimal_mark)
    else:
        if len(exponent.lstrip("+-")) > 3:
            raise Unreadable(Reason.PRICE_UNREADABLE, text, "expected an exponent of at most three digits")
        marks = body.count(".") + body.count(",")
        # machines write exponents: 1.125E+7, whatever mark people use
        parts = _parts(body, "," if marks == 1 and "," in body else "." if marks == 1 else decimal_mark)
    if parts is None:
        raise Unreadable(Reason.PRICE_UNREADABLE, text, "expected digits in groups of three or decimals")
    return Decimal(f"{_NO_DIGIT.sub('', parts[0]) or '0'}.{parts[1] or '0'}E{exponent}")


def _parts(body: str, decimal_mark: str) -> tuple[str, str] | None:
    """Return whole (with its group marks) and decimals of digits and marks; None if groups are broken."""
    if plain := _PLAIN.fullmatch(body):
        whole, mark, rest = plain.groups(default="")
        grouped = len(rest) == 3 and 1 <= len(whole) <= 3
        if not mark or not whole or mark == decimal_mark:
            return whole, rest
        if decimal_mark:
            return (whole + rest, "") if grouped else None
        return (whole + rest, "") if grouped and whole[0] != "0" else (whole, rest)
    match = _GROUPED.fullmatch(body)
    if match is None:
        return None
    whole, mark, rest = match.groups(default="")
    parting = _PARTING.match(whole)
    assert parting is not None
    if parting[1] in (mark, decimal_mark) or (mark and decimal_mark and mark != decimal_mark):
        return None
    return whole, rest


def _code(currency: str | None) -> str | None:
    """Return the event's own currency if it is three letters."""
    if currency is None or not _CODE.fullmatch(currency):
        return None
    code = currency.upper()
    return "RUB" if code == "RUR" else code


def _letter(character: re.Match[str]) -> str:
    return character[0] if character[0].isalpha() else "\N{REPLACEMENT CHARACTER}"
