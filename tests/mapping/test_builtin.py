"""Every kind of record is mapped, or refused with a reason; nothing else is raised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.mapping.requests import ARRIVAL, event, imported, posted

from footfall.errors import InputError
from footfall.mapping import builtin
from footfall.model.frames import FrameKind, pack, pack_line

DEFAULT = builtin("default")


def test_an_imported_record_is_as_the_file_had_it() -> None:
    members = {"timestamp": "1464807256123", "anything": [1, {"a": None}]}

    assert DEFAULT.map(imported(members)) == members


def test_a_broken_line_says_what_was_wrong_with_it() -> None:
    raw = pack(FrameKind.BROKEN, ARRIVAL, pack_line("history.jsonl:7", b"{nonsense", "no JSON object"))

    with pytest.raises(InputError, match=r"^no JSON object$"):
        DEFAULT.map(raw)


@pytest.mark.parametrize(
    "raw", [b"", b"\x01", b"\x00" * 20, b"\x63" * 20, event()[:12], posted({})[:12], imported({})[:9]]
)
def test_what_is_no_record_is_refused(raw: bytes) -> None:
    with pytest.raises(InputError):
        DEFAULT.map(raw)


@given(st.sampled_from([event(), posted({"shop": "a"}), imported({"a": 1})]), st.data())
def test_a_damaged_record_is_mapped_or_refused(raw: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(raw) - 1))
    damaged = raw[:at] + data.draw(st.binary(max_size=3)) + raw[at + data.draw(st.integers(0, 3)) :]

    try:
        record = DEFAULT.map(damaged)
    except InputError:
        return
    for value in record.values():
        str(value).encode()
