"""Records of the journal, put together and taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.errors import InputError
from footfall.journal import (
    Frame,
    FrameKind,
    Request,
    pack,
    pack_line,
    pack_request,
    unpack,
    unpack_line,
    unpack_request,
)

WITHOUT_LINE_END = st.binary().map(lambda text: text.replace(b"\n", b""))
NAMES = st.binary(min_size=1).map(lambda text: text.replace(b"\n", b"").replace(b":", b"") or b"x")


@given(st.sampled_from(FrameKind), st.integers(-(2**63), 2**63 - 1), st.binary())
def test_a_record_comes_out_as_it_went_in(kind: FrameKind, arrival: int, payload: bytes) -> None:
    assert unpack(pack(kind, arrival, payload)) == Frame(kind, arrival, payload)


@given(
    st.sampled_from(["", "127.0.0.0", "2001:db8::"]),
    WITHOUT_LINE_END.filter(bool),
    st.lists(st.tuples(NAMES, WITHOUT_LINE_END)),
    st.binary(),
)
def test_a_request_comes_out_as_it_went_in(
    peer: str, target: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    request = Request(peer, target, tuple(headers), body)

    assert unpack_request(pack_request(request)) == request


@given(st.text().filter(lambda t: "\0" not in t and t.isprintable()), st.binary())
def test_a_line_of_a_file_comes_out_as_it_went_in(origin: str, body: bytes) -> None:
    assert unpack_line(pack_line(origin, body)) == (origin, body, "")


def test_only_the_beginning_of_a_broken_line_is_kept() -> None:
    origin, body, problem = unpack_line(pack_line("a.jsonl:7", b"x" * 1_000_000, "no JSON"))

    assert (origin, len(body), problem) == ("a.jsonl:7", 64_000, "no JSON")


@pytest.mark.parametrize("raw", [b"", b"\x01", b"\x63" + bytes(8)])
def test_bytes_that_are_no_record_are_refused(raw: bytes) -> None:
    with pytest.raises(InputError, match="no record"):
        unpack(raw)


@pytest.mark.parametrize("payload", [b"", b"peer\ntarget", b"\n\n"])
def test_bytes_that_are_no_request_are_refused(payload: bytes) -> None:
    with pytest.raises(InputError, match="no request"):
        unpack_request(payload)
