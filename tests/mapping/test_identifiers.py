"""Identifiers: loosely read, strictly rendered (Divolte's cases 1.3-*)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.mapping.base36 import read_base36, to_base36
from footfall.mapping.identifiers import read_identifier


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0:16:5mRCeUO4p2_6R7u1m9ZoxXG2AfBeJeHD", "0:16:5mRCeUO4p2_6R7u1m9ZoxXG2AfBeJeHD"),
        ("0:0I0RJ:Q", "0:i0rj:Q"),
        ("0:+16:a", "0:16:a"),
        ("0:-16:a", "0:-16:a"),
        ("0:-0:a", "0:0:a"),
        ("0:1y2p0ij32e8e7:a", "0:1y2p0ij32e8e7:a"),
        ("0:16:", "0:16:"),
        ("0:16:жё\n", "0:16:жё\n"),
        ("0:1y2p0ij32e8e8:a", None),
        ("0:16:a:b", None),
        ("0:16", None),
        ("1:16:a", None),
        ("00:16:a", None),
        ("0::a", None),
        ("0:1.6:a", None),
        ("", None),
    ],
)
def test_reads_as_divolte_reads(text: str, expected: str | None) -> None:
    assert read_identifier(text) == expected


@given(st.integers(-(2**63), 2**63 - 1), st.text().filter(lambda name: ":" not in name))
def test_what_is_rendered_stays_as_it_is(time: int, name: str) -> None:
    identifier = f"0:{to_base36(time)}:{name}"

    assert read_identifier(identifier) == identifier
    assert read_identifier(f"0:00{to_base36(abs(time)).upper()}:{name}") == (
        None if read_base36(to_base36(abs(time))) is None else f"0:{to_base36(abs(time))}:{name}"
    )
