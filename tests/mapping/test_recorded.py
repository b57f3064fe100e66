"""What a running Divolte Collector 0.9.0 recorded for a request, we record too (tests/data/divolte)."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.mapping.requests import raw_event

from footfall.errors import InputError
from footfall.mapping import builtin
from footfall.mapping.lab2 import plain_text
from footfall.mapping.mincode import decode
from footfall.mapping.query import read_query

FILE = Path(__file__).parent.parent / "data" / "divolte" / "requests.jsonl"
CASES: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text(encoding="utf-8").split("\n") if line]

TODAYS_AGENTS = {
    "UA-yabro": {
        "userAgentName": "Yandex Browser",
        "userAgentFamily": "Yandex Browser",
        "userAgentVendor": "Yandex",
        "userAgentVersion": "24.6.0",
        "userAgentOsVersion": "10",
    }
}
"""User agents are described by today's rules; Divolte's are of 2014."""


def raw_of(case: dict[str, Any]) -> bytes:
    headers = [(name.encode(), value.encode()) for name, value in case["headers"]] or [(b"accept", b"*/*")]
    return raw_event(case["target"], *headers, peer="127.0.0.1")


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_the_record_is_divoltes(case: dict[str, Any]) -> None:
    expected = case["record"]

    if expected is None:
        with pytest.raises(InputError):
            builtin("default").map(raw_of(case))
        return
    record = builtin("default", only=expected).map(raw_of(case))

    assert record == expected | TODAYS_AGENTS.get(case["case"], {})


@pytest.mark.parametrize("case", [case for case in CASES if "lab2" in case], ids=lambda case: str(case["case"]))
def test_the_six_field_record_is_divoltes(case: dict[str, Any]) -> None:
    record = builtin("lab2").map(raw_of(case))

    assert {field: value for field, value in record.items() if field != "timestamp"} == case["lab2"]


@pytest.mark.parametrize("case", [case for case in CASES if case.get("parameters")], ids=lambda case: str(case["case"]))
def test_the_parameters_are_divoltes(case: dict[str, Any]) -> None:
    """`params` are those that its schema could take as a map of texts."""
    expected = case["parameters"]
    text = read_query(case["target"].partition("?")[2].encode()).first.get("u")

    if not expected["hasParams"]:
        if text is not None:
            with pytest.raises(InputError):
                decode(text)
        return
    assert text is not None
    found = decode(text)

    if expected["pRootText"] is not None:
        assert plain_text(found) == expected["pRootText"]
    if expected["params"] is not None:
        assert isinstance(found, dict)
        assert {name: plain_text(value) for name, value in found.items()} == expected["params"]


def test_a_difference_would_be_seen() -> None:
    """Without re-rendering the ids, a recorded case differs."""
    case = next(case for case in CASES if case["case"] == "1.3-plus")

    assert read_query(case["target"].partition("?")[2].encode()).first["p"] != case["record"]["partyId"]
