"""User agents, in Divolte's words where its words are known."""

import subprocess
import sys

import pytest

from footfall.mapping.agents import AGENT_FIELDS, read_agent

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_10_1) AppleWebKit/537.36 (KHTML, like Gecko)"
CASES = [
    (
        f"{MAC} Chrome/38.0.2125.122 Safari/537.36",
        [
            *("Chrome", "Chrome", "Google Inc.", "Browser", "38.0.2125.122", "Personal computer"),
            *("OS X", "10.10.1", "Apple Computer, Inc."),
        ],
    ),
    (
        "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
        "Mobile/15E148 Safari/604.1",
        [
            "Mobile Safari",
            "Mobile Safari",
            "Apple Inc.",
            "Mobile Browser",
            "17.5",
            "Tablet",
            "iOS",
            "17.5",
            "Apple Inc.",
        ],
    ),
    (
        "Mozilla/5.0 (Linux; Android 13; SM-X2) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
        ["Chrome", "Chrome", "Google Inc.", "Mobile Browser", "126.0.0.0", "Tablet", "Android", "13", "Google, Inc."],
    ),
    (
        "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.38/6.0 TV Safari/537.36",
        ["Safari", "Safari", "Apple Inc.", "Browser", "", "Smart TV", "Tizen", "6.0", ""],
    ),
    (
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        ["Googlebot", "Googlebot", "", "Robot", "2.1", "Other", "", "", ""],
    ),
    ("curl/8.1", ["curl", "curl", "", "", "8.1", "", "", "", ""]),
    ("\x00👗", ["unknown", "unknown", "", "", "", "", "", "", ""]),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text[:40] for text, _ in CASES])
def test_describes(text: str, expected: list[str]) -> None:
    assert list(read_agent(text).values()) == expected
    assert tuple(read_agent(text)) == AGENT_FIELDS


def test_the_rules_are_loaded_only_by_who_wants_them() -> None:
    """Their 30 MB would be a tenth of what all processes may take together."""
    code = "import sys, footfall.mapping as m; m.builtin('default'); assert 'ua_parser' not in sys.modules"

    subprocess.run([sys.executable, "-c", code], check=True)
