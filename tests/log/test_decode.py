"""A raw record becomes a mapped one, whatever is in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.mapping.requests import ARRIVAL, event, imported

from footfall.log.decode import decode
from footfall.mapping import builtin
from footfall.model.frames import FrameKind, pack, pack_line

MAPPING = builtin("default")


def test_a_good_record_has_fields_and_no_problem() -> None:
    record = decode(MAPPING, 7, event())

    assert (record.position, record.arrival, record.problem, record.origin) == (7, ARRIVAL, None, "")
    assert record.fields is not None
    assert record.raw == event()


def test_an_imported_record_says_where_it_stood() -> None:
    assert decode(MAPPING, 0, imported({}, "журнал.csv:12")).origin == "журнал.csv:12"


@pytest.mark.parametrize("raw", [b"", b"\x03", b"\x03" + bytes(8), b"\x04" + bytes(8) + b"only\0two"])
def test_what_is_no_record_has_a_problem_and_no_origin(raw: bytes) -> None:
    record = decode(MAPPING, 0, raw)

    assert (record.fields, record.origin) == (None, "")
    assert record.problem


@given(st.sampled_from(FrameKind), st.integers(-(2**63), 2**63 - 1), st.binary())
def test_no_payload_makes_it_fail(kind: FrameKind, arrival: int, payload: bytes) -> None:
    record = decode(MAPPING, 0, pack(kind, arrival, payload))

    assert record.arrival == arrival
    assert (record.fields is None) == (record.problem is not None)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.binary())
def test_a_broken_line_keeps_its_place(origin: str, line: bytes) -> None:
    record = decode(MAPPING, 0, pack(FrameKind.BROKEN, 0, pack_line(origin, line, "no JSON object")))

    assert (record.origin, record.problem) == (origin, "no JSON object")
