"""A second reading of items and money, slow and independent, straight from counting.md.

Nothing here comes from `footfall.model.items`, `.money`, `.values` or `.currencies`, and it is written another way:
character by character, with exact fractions. The fold uses it, and the tests of the model compare with it.
"""

import re
import unicodedata
from fractions import Fraction

DIGITS = "0123456789"
SPACES = " \u00a0\u2009\u202f"
TABLE = {
    "RUB": ("₽", "руб", "рубль", "рубля", "рублей", "р", "rur"),
    "EUR": ("€", "евро"),
    "USD": ("$", "долл"),
    "GBP": ("£",),
    "KZT": ("₸", "тг", "тенге"),
    "BYN": ("br",),
    "UAH": ("₴", "грн"),
    "PLN": ("zł",),
    "TRY": ("₺", "tl"),
    "JPY": ("¥",),
    "GEL": ("₾",),
    "AMD": ("֏",),
    "AZN": ("₼",),
    "UZS": ("сум",),
    "KGS": ("сом",),
}
SOME_CODES = ("RUB", "EUR", "USD", "GBP", "KZT", "BYN", "UAH", "PLN", "TRY", "JPY", "GEL", "AMD", "AZN", "UZS", "KGS")
"""Enough of ISO 4217 for the texts that tests make up."""


class RefusedError(Exception):
    """Why a price or an amount cannot be counted; the text is one of `footfall.model.steps.Reason`."""


# ---- values ---------------------------------------------------------------------------------------------------------


def timestamp(value: object) -> int | None:
    if type(value) is int:
        return value
    if type(value) is float:
        if value != value or value in (float("inf"), float("-inf")):
            return None
        return Fraction(value).__floor__()
    if type(value) is str and value and all(character in DIGITS for character in value):
        return whole(value)
    return None


def identifier(value: object) -> str | None:
    if type(value) is int:
        return f"{value}"
    if type(value) is str and value != "":
        return value
    return None


def flag(value: object) -> bool:
    return value is True or (type(value) is int and value == 1) or value == "true" or value == "1"


def whole(digits: str) -> int:
    """Return the value of digits, by halves: one after the other would take seconds for 300,000 of them."""
    if len(digits) <= 18:
        total = 0
        for digit in digits:
            total = total * 10 + DIGITS.index(digit)
        return total
    half = len(digits) // 2
    return whole(digits[:-half]) * int(10**half) + whole(digits[-half:])


# ---- items ----------------------------------------------------------------------------------------------------------


def place(
    location: str | None, named: object = None, patterns: tuple[str, ...] = ("/item/([^/]+)",)
) -> tuple[str, str | None]:
    """Return the shop and the item."""
    shop, path, fragment = address(location) if isinstance(location, str) else ("", "", None)
    item = identifier(named)
    if item is not None:
        item = "".join(f"%{ord(letter):02X}" if is_control(letter) else letter for letter in item)
    else:
        item = matched(path, patterns)
        if item is None and fragment is not None and (fragment[:1] == "/" or fragment[:2] == "!/"):
            item = matched(fragment, patterns)
    if item is not None and (len(utf8(item)) > 1000 or len(utf8(shop)) > 253):
        item = None
    return shop, item


def matched(text: str, patterns: tuple[str, ...]) -> str | None:
    for pattern in patterns:
        for found in re.finditer(pattern, text):
            return decoded(found.group(1))
    return None


def address(location: str) -> tuple[str, str, str | None]:
    """Return the shop, the path and the fragment of an address, by cutting it at its marks one after the other."""
    location = location.strip()
    location = "".join(letter for letter in location if letter not in "\t\r\n")
    if any(is_control(letter) for letter in location):
        return "", "", None
    rest, hash_mark, fragment = location.partition("#")
    rest = rest.split("?")[0]
    scheme, colon, behind = rest.partition(":")
    if colon and is_scheme(scheme):
        rest = behind
    if not rest.startswith("//"):
        return "", rest, fragment if hash_mark else None
    authority, slash, path = rest[2:].partition("/")
    host = authority.split("@")[-1]
    if host.startswith("["):
        end = host.find("]")
        inside, after = host[1:end], host[end + 1 :]
        if end < 0 or "[" in inside or (after and not after.startswith(":")):
            return "", "", None
        host = host[: end + 1]
    else:
        host = host.split(":")[0]
        if "[" in host or "]" in host:
            return "", "", None
    return host.lower(), slash + path, fragment if hash_mark else None


def is_scheme(text: str) -> bool:
    letters = "abcdefghijklmnopqrstuvwxyz"
    text = "".join(chr(ord(letter) + 32) if "A" <= letter <= "Z" else letter for letter in text)
    return text != "" and text[0] in letters and all(letter in letters + DIGITS + "+-." for letter in text)


def is_control(letter: str) -> bool:
    return ord(letter) < 32 or ord(letter) == 127


def utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def decoded(text: str) -> str:
    """Return the text percent-decoded once, or as it stands."""
    octets: list[int] = []
    position = 0
    while position < len(text):
        if text[position] != "%":
            octets += utf8(text[position])
            position += 1
            continue
        pair = text[position + 1 : position + 3]
        if len(pair) < 2 or any(letter not in "0123456789abcdefABCDEF" for letter in pair):
            return text
        octets.append(int(pair, 16))
        position += 3
    if any(octet < 32 or octet == 127 for octet in octets):
        return text
    try:
        return bytes(octets).decode("utf-8") if "%" in text else text
    except UnicodeDecodeError:
        return text


# ---- money ----------------------------------------------------------------------------------------------------------


def cart(
    fields: dict[str, object], decimal_mark: str, default: str, max_price: int, max_amount: int
) -> tuple[int, Fraction, str]:
    """Return amount, price x amount and currency of a cart event. Raises RefusedError."""
    pieces = amount(fields.get("amount"))
    if pieces <= 0:
        raise RefusedError("amount_not_positive")
    if pieces > max_amount:
        raise RefusedError("amount_over_limit")
    named = fields.get("currency")
    code = ""
    if (
        isinstance(named, str)
        and len(named) == 3
        and all("a" <= letter <= "z" or "A" <= letter <= "Z" for letter in named)
    ):
        code = "RUB" if named.upper() == "RUR" else named.upper()
    value, found = price(fields.get("price"), decimal_mark)
    if value < 0:
        raise RefusedError("price_negative")
    if value > max_price:
        raise RefusedError("price_over_limit")
    if (value * 10_000).denominator != 1:
        raise RefusedError("price_decimals")
    return pieces, value * pieces, code or found or default


def amount(value: object) -> int:
    if value is None or (isinstance(value, str) and not value.strip()):
        return 1
    if isinstance(value, str):
        digits = value.strip()
        digits = digits[1:] if digits[0] == "+" else digits
        if digits == "" or any(digit not in DIGITS for digit in digits):
            raise RefusedError("amount_unreadable")
        return whole(digits)
    if type(value) is int:
        return value
    if type(value) is float and value == value and abs(value) != float("inf") and value.is_integer():
        return int(value)
    raise RefusedError("amount_unreadable")


def price(value: object, decimal_mark: str = "") -> tuple[Fraction, str]:
    """Return the value of a price and the currency its text names, else the empty text. Raises RefusedError."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return Fraction(0), ""
    if isinstance(value, str):
        return text_price(value.strip(), decimal_mark)
    if type(value) is int:
        return Fraction(value), ""
    if type(value) is float and value == value and abs(value) != float("inf"):
        return Fraction(repr(value)), ""
    raise RefusedError("price_unreadable")


def text_price(text: str, decimal_mark: str) -> tuple[Fraction, str]:
    words, in_word, exponents = split_words(text)
    loose = [i for i, letter in enumerate(text) if letter in DIGITS and not in_word[i] and i not in exponents]
    if not loose or len({start for start, _ in exponents.values()}) > 1:
        raise RefusedError("price_unreadable")
    first, last = loose[0], loose[-1]
    if first > 0 and text[first - 1] in ".," and (first == 1 or not in_word[first - 2]):
        first -= 1
    exponent = ""
    if exponents:
        start, end = next(iter(exponents.values()))
        if start != last + 1:
            raise RefusedError("price_unreadable")
        exponent = text[start + 1 : end]
    value = number(text[first : last + 1], exponent, decimal_mark)
    negative = text[0] in "-−" or (first > 0 and text[first - 1] in "-−")
    return (-value if negative else value), currency(text, words)


def split_words(text: str) -> tuple[list[str], list[bool], dict[int, tuple[int, int]]]:
    """Return the words, which characters are in one, and for each character of an exponent where it starts and ends."""
    words: list[str] = []
    in_word = [False] * len(text)
    exponents: dict[int, tuple[int, int]] = {}
    position = 0
    while position < len(text):
        if not is_letter(text[position]):
            position += 1
            continue
        behind_digit = position > 0 and text[position - 1] in DIGITS and position - 1 not in exponents
        end = exponent_end(text, position) if behind_digit else 0
        if end:
            exponents.update(dict.fromkeys(range(position, end), (position, end)))
            position = end
            continue
        end = position
        while end < len(text) and (is_letter(text[end]) or text[end] in DIGITS):
            in_word[end] = True
            end += 1
        words.append(text[position:end])
        position = end
    return words, in_word, exponents


def exponent_end(text: str, position: int) -> int:
    """Return where an exponent ends that starts here, else 0."""
    if text[position] not in "Ee":
        return 0
    end = position + 1
    if end < len(text) and text[end] in "+-":
        end += 1
    start = end
    while end < len(text) and text[end] in DIGITS:
        end += 1
    return end if end > start else 0


def is_letter(letter: str) -> bool:
    return unicodedata.category(letter).startswith("L")


def number(body: str, exponent: str, decimal_mark: str) -> Fraction:
    """Return the value of digits with marks, by finding the decimal mark first and checking the groups before it."""
    body = "".join(" " if letter in SPACES else "'" if letter == "’" else letter for letter in body)
    if any(letter not in DIGITS + " '.," for letter in body) or len(exponent.lstrip("+-")) > 3:
        raise RefusedError("price_unreadable")
    mark = find_decimal_mark(body, bool(exponent), decimal_mark)
    if mark and body.count(mark) != 1:
        raise RefusedError("price_unreadable")
    before, _, after = body.partition(mark) if mark else (body, "", "")
    if any(letter not in DIGITS for letter in after) or (mark and not after):
        raise RefusedError("price_unreadable")
    parting = {letter for letter in before if letter not in DIGITS}
    if len(parting) > 1:
        raise RefusedError("price_unreadable")
    if parting:
        head, *groups = before.split(parting.pop())
        if not 1 <= len(head) <= 3 or any(len(group) != 3 for group in groups):
            raise RefusedError("price_unreadable")
        before = head + "".join(groups)
    value = Fraction(whole(before + after), 10 ** len(after))
    return value * Fraction(10) ** int(exponent) if exponent else value


def find_decimal_mark(body: str, has_exponent: bool, decimal_mark: str) -> str:
    marks = [letter for letter in body if letter in ".,"]
    if not marks:
        return ""
    if has_exponent and len(marks) == 1:
        return marks[0]
    if body[0] in ".,":
        return body[0]
    if decimal_mark:
        return decimal_mark if decimal_mark in marks else ""
    if len(set(marks)) == 2:
        return marks[-1]
    if " " in body or "'" in body:
        return marks[0]
    if len(marks) > 1:
        return ""
    before, after = body.split(marks[0])
    thousands = 1 <= len(before) <= 3 and before[0] != "0" and len(after) == 3
    return "" if thousands else marks[0]


def currency(text: str, words: list[str]) -> str:
    found = set()
    for code, names in TABLE.items():
        for name in names:
            if (is_letter(name[0]) and name in [word.lower() for word in words]) or (
                not is_letter(name[0]) and name in text
            ):
                found.add(code)
    found |= {word.upper() for word in words if word.upper() in SOME_CODES}
    if len(found) > 1:
        raise RefusedError("price_unreadable")
    return found.pop() if found else ""
