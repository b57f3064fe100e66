"""The checksum: Divolte's own vectors, and the recipe followed slowly."""

import mmh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.mapping.base36 import to_base36
from footfall.mapping.checksum import canonical, checksum, is_corrupt
from footfall.mapping.query import Query

IDS = "p=0:i1t84hgy:5AF359Zjq5kUy98u4wQjlIZzWGhN~GlG,;s=0:i1t84hgy:95CbiPCYln_1e0a6rFvuRkDkeNnc6KC8,;"
SHORT = "c=i1t8q2b6,;e=0:eventId,;f=f,;h=qd,;i=1ak,;j=sj,;k=2,;l=http://localhost:8290/,;n=f,;p=0:i1t84hgy:party,;"
VECTORS = [
    (
        "c=i1t8q2b6,;e=0:1fF6GFGjDOQiEx_OxnTm_tl4BH91eGLF0,;f=f,;h=qd,;i=1ak,;j=sj,;k=2,;l=http://localhost:8290/,;"
        f"n=f,;{IDS}t=pageView,;v=0:1fF6GFGjDOQiEx_OxnTm_tl4BH91eGLF,;w=uq,;",
        "si9804",
    ),
    (f"{SHORT}s=0:i1t84hgy:session,;t=ụñ⚕©ºḌℨ,;v=0:pageView,;w=uq,;", "-ql2p2c"),
    (f"{SHORT}s=0:i1t84hgy:session,;t=sentinelEvent,;v=0:pageView,;w=uq,;", "-y99lem"),
    (
        "c=i1t8q2b6,;e=0:pageView1,;f=f,;h=qd,;i=1ak,;j=sj,;k=2,;"
        "l=https://b24-khpv25.bitrix24.shop/catalog/item/dress-nightlife/,;n=f,;p=0:i1t84hgy:party,;"
        "s=0:i1t84hgy:session,;t=buy_button_click,;u=(sprice!4 590 руб.!samount!2!),;v=0:pageView,;w=uq,;",
        "-ux15gp",
    ),
]


def query_of(text: str, x: str) -> Query:
    pairs = [pair.split("=", 1) for pair in text.removesuffix(",;").split(",;")]
    return Query({"x": x, **dict(pairs)}, None)


@pytest.mark.parametrize(("text", "x"), VECTORS)
def test_agrees_with_divolte(text: str, x: str) -> None:
    query = query_of(text, x)

    assert canonical(query).decode() == text
    assert to_base36(checksum(query)) == x
    assert not is_corrupt(query)


@pytest.mark.parametrize("x", ["-000UX15GP", "-ux15gp"])
def test_compares_numbers_not_texts(x: str) -> None:
    assert not is_corrupt(query_of(VECTORS[3][0], x))


@pytest.mark.parametrize("x", ["", "ux15gp", to_base36(2**32 - int("ux15gp", 36)), "-ux15gp ", "nonsense!"])
def test_a_wrong_checksum_is_corrupt(x: str) -> None:
    assert is_corrupt(query_of(VECTORS[3][0], x))


def test_a_missing_checksum_is_corrupt() -> None:
    assert is_corrupt(Query({"a": "1"}, None))


@given(st.lists(st.tuples(st.text(max_size=3).filter(lambda name: name != "x"), st.text(max_size=5)), max_size=8))
def test_every_value_counts_in_the_order_of_utf_16(pairs: list[tuple[str, str]]) -> None:
    first = dict(reversed(pairs))
    query = Query(first, tuple(pairs) if len(first) < len(pairs) else None)
    names = sorted(first, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    text = "".join(name + "=" + "".join(value + "," for other, value in pairs if other == name) + ";" for name in names)

    assert canonical(query).decode() == text
    assert checksum(query) == mmh3.hash(text, 0, signed=True)


def test_names_made_up_by_strangers_do_not_grow_the_memory() -> None:
    from footfall.mapping.checksum import _PLANS_KEPT, _plans

    for number in range(2 * _PLANS_KEPT):
        checksum(Query({f"name{number}": "1"}, None))

    assert len(_plans) <= _PLANS_KEPT
