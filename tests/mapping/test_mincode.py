"""Mincode: Divolte's vectors, round trips through the encoder of its grammar, and no way to make it fail otherwise."""

import json
import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.errors import InputError
from footfall.mapping.base36 import to_base36
from footfall.mapping.mincode import Value, decode

BIG = "((a!)sb!c!(d!aa!.sb!g!)ae!s1!s2!.df!16!jg!53.2!dh!-11!ji!-78.3e-10!tj!fk!nl!(m!)an!()(sa!b!)(sc!d!).(o!))"
BIG_JSON = (
    '{"a":{},"b":"c","d":{"a":[],"b":"g"},"e":["1","2"],"f":42,"g":53.2,"h":-37,"i":-78.3e-10,'
    '"j":true,"k":false,"l":null,"m":{},"n":[{},{"a":"b"},{"c":"d"}],"o":{}}'
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sa string!", '"a string"'),
        ("sHello~~World~!!", '"Hello~World!"'),
        ("sany~thing!", '"anything"'),
        ("s!", '""'),
        ("t", "true"),
        ("f", "false"),
        ("n", "null"),
        ("d16!", "42"),
        ("d-11!", "-37"),
        ("j10.3!", "10.3"),
        ("j1990!", "1990"),
        ("j1e+7!", "10000000.0"),
        ("()", "{}"),
        ("a.", "[]"),
        ("(sfoo!bar!sbaz!daz!)", '{"foo":"bar","baz":"daz"}'),
        ("asfoo!sbar!.", '["foo","bar"]'),
        (
            "(sname!John Doe!dage!16!achildren!sMary!sBill!.)",
            '{"name":"John Doe","age":42,"children":["Mary","Bill"]}',
        ),
        (BIG, BIG_JSON),
        ("(sa!1!sa!2!)", '{"a":"2"}'),
        ("(s~!~~!x!)", '{"!~":"x"}'),
        ("(sa!b!)and more", '{"a":"b"}'),
        ("(sa!line\nend!)", '{"a":"line\\nend"}'),
    ],
)
def test_decodes(text: str, expected: str) -> None:
    assert decode(text) == json.loads(expected)


@pytest.mark.parametrize(
    "text",
    [
        "", "o", "(oa!sfoo!x!)", "undefined", ")", ".", "(.)", "a)", "sunterminated", "s~", "s~!", "d16", "d!", "d1.6!",
        "d1_0!", "d 1!", "j!", "j1,5!", "jNaN!", "jInfinity!", "j0x1!", "j1_0!", "j٣!", "(", "a", "(sfoo!",
        "(sfoo!bar!", "(t", "(ta!", "a" * 5000,
        "a" * 101 + "." * 101, "(a!" * 101, "d" + "z" * 1001 + "!", "j" + "9" * 1001 + "!",
    ],
)  # fmt: skip
def test_refuses_what_is_not_of_its_grammar(text: str) -> None:
    with pytest.raises(InputError):
        decode(text)


def test_a_hundred_levels_are_read() -> None:
    found = decode("a" * 100 + "." * 100)

    for _ in range(99):
        assert isinstance(found, list)
        found = found[0]
    assert found == []


def test_integers_of_any_size_stay_exact() -> None:
    assert decode("(dfoo!zzzzzzzzzzzzzzzzzzzz!)") == {"foo": 13367494538843734067838845976575}
    assert decode("j" + "9" * 1000 + "!") == 10**1000 - 1


def test_a_number_beyond_a_double_is_infinite_and_so_no_price() -> None:
    assert decode("j-1e999!") == -math.inf


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def encode(value: object, name: str | None = None) -> str:
    """Encode by the grammar, a rule a line."""
    escaped = "" if name is None else name.replace("~", "~~").replace("!", "~!") + "!"
    match value:
        case None | True | False:
            return {None: "n", True: "t", False: "f"}[value] + escaped
        case str():
            return "s" + escaped + value.replace("~", "~~").replace("!", "~!") + "!"
        case int():
            return "d" + escaped + to_base36(value) + "!"
        case float():
            return "j" + escaped + repr(value) + "!"
        case list():
            return "a" + escaped + "".join(encode(element) for element in value) + "."
        case dict():
            return "(" + escaped + "".join(encode(member, key) for key, member in value.items()) + ")"
    raise AssertionError(value)


@given(VALUES)
def test_decodes_what_was_encoded(value: Value) -> None:
    assert decode(encode(value)) == value


@given(st.text("sdjtfn(a).!~1az ", max_size=30))
def test_refuses_or_reads_but_never_fails_otherwise(text: str) -> None:
    with suppress(InputError):
        decode(text)


@given(VALUES, st.data())
def test_a_text_cut_short_is_refused(value: Value, data: st.DataObject) -> None:
    text = encode([value])
    cut = data.draw(st.integers(0, len(text) - 1))

    with pytest.raises(InputError):
        decode(text[:cut])
