"""Which targets are refused, and which path one means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.collector.targets import path_of, refusal


@pytest.mark.parametrize(
    "target",
    [
        b"/csc-event?a=1",
        b"/csc-event?l=%D1%88%00%0A%FF",
        b"/csc-event?u=(sprice!4%20590!)~_.-*'$&/:@+,;=[]",
        b"*",
        b"http://shop.example/csc-event",
        b"/csc-event?" + b"&".join([b"a=1"] * 1000),
    ],
)
def test_what_an_address_may_hold_is_taken(target: bytes) -> None:
    assert refusal(target) is None


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (b'/x?a="', "holds '\"'; expected it percent-encoded"),
        *[(b"/x?" + bytes([sign]), "expected it percent-encoded") for sign in b'"#<>\\^`{|}\x00\x7f\x80\xff \t'],
        ("/x?l=шапка".encode(), "holds '\\xd1'; expected it percent-encoded"),
        (b"/x?a=%", "holds '%'; expected % and two hex digits"),
        (b"/x?a=%1", "holds '%1'"),
        (b"/x?a=%zz1", "holds '%zz'"),
        (b"/x?a=%u0041", "holds '%u0'"),
        (b"/x?" + b"&".join([b"a=1"] * 1001), "over 1000 parameters"),
    ],
)
def test_what_it_may_not_hold_is_told(target: bytes, why: str) -> None:
    assert why in str(refusal(target))


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/csc-event?a=/x", "/csc-event"),
        (b"//csc-event", "/csc-event"),
        (b"/csc-event/", "/csc-event"),
        (b"/./csc-event", "/csc-event"),
        (b"/a/../csc-event", "/csc-event"),
        (b"/a/b/../../csc-event", "/csc-event"),
        (b"/../../csc-event", "/csc-event"),
        (b"/csc%2Devent", "/csc-event"),
        (b"/csc-event;jsessionid=1?x", "/csc-event"),
        (b"/a;x=1/csc-event", "/a/csc-event"),
        (b"HTTP://shop.example:80/csc-event", "/csc-event"),
        (b"https://shop.example", "/"),
        (b"https://shop.example?x=/csc-event", "/"),
        (b"/CSC-event", "/CSC-event"),
        (b"/csc-event/x", "/csc-event/x"),
        (b"*", "/*"),
        (b"", "/"),
    ],
)
def test_the_path_is_the_one_that_is_meant(target: bytes, path: str) -> None:
    assert path_of(target) == path


@given(st.binary(max_size=60))
def test_any_bytes_have_a_path_without_detours(target: bytes) -> None:
    path = path_of(target)

    assert path.startswith("/")
    assert "//" not in path
    assert not {".", ".."} & set(path.split("/"))
    refusal(target)


@given(st.text(alphabet="abc/;.", max_size=30))
def test_a_path_means_itself(text: str) -> None:
    path = path_of(b"/" + text.encode())

    assert path_of(path.encode()) == path
