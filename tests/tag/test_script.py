"""The rendered tag: the settings in their places, and nothing that breaks out of the script."""

import json
import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.settings import TagSettings
from footfall.tag import render

BUILT = files("footfall.tag").joinpath("footfall.js").read_bytes()
BEFORE, AFTER = BUILT.split(b"FOOTFALL_SETTINGS")


def written(script: bytes) -> list[object]:
    """Return the values that stand where the settings go."""
    assert script.startswith(BEFORE)
    assert script.endswith(AFTER)
    values = json.loads(script[len(BEFORE) : len(script) - len(AFTER)])
    assert isinstance(values, list)
    return values


def test_the_defaults_are_divoltes_in_seconds_and_ours() -> None:
    values = written(render(TagSettings()))

    assert values == ["_dvp", 63_072_000, "_dvs", 1800, "", True, 750, True, False, "", False]


def test_every_setting_is_written_and_only_there() -> None:
    """Each change of a setting changes the script: none is forgotten."""
    changes: dict[str, object] = {
        "party_cookie": "visitor",
        "party_timeout": 1000,
        "session_cookie": "visit",
        "session_timeout": 1000,
        "cookie_domain": "shop.example",
        "auto_page_view": False,
        "event_timeout": 10,
        "privacy_signals": False,
        "consent": "wait",
        "preset": "bitrix",
        "logging": True,
    }
    assert changes.keys() == TagSettings.model_fields.keys()

    defaults = written(render(TagSettings()))
    for place, (name, value) in enumerate(changes.items()):
        values = written(render(TagSettings.model_validate({name: value})))
        assert [at for at, pair in enumerate(zip(values, defaults, strict=True)) if pair[0] != pair[1]] == [place]


def test_the_order_is_that_of_the_source(tag_source: str) -> None:
    """settings.js names the values; the names are those of the settings, in its own way of writing them."""
    names = re.findall(r"^  (\w+),", tag_source, re.MULTILINE)

    own = {
        "party_timeout": "partySeconds",
        "session_timeout": "sessionSeconds",
        "consent": "consentWaits",
    }
    camel = [own.get(name) or re.sub(r"_(\w)", lambda m: m[1].upper(), name) for name in TagSettings.model_fields]
    assert names == camel


def test_a_lifetime_that_browsers_cannot_count_is_cut() -> None:
    assert written(render(TagSettings.model_validate({"party_timeout": "100000d"})))[1] == 2**31 - 1


@given(st.text())
def test_no_value_ends_the_script(domain: str) -> None:
    """Even one that the settings would refuse."""
    script = render(TagSettings.model_construct(**(TagSettings().model_dump() | {"cookie_domain": domain})))

    assert written(script)[4] == domain
    inserted = script[len(BEFORE) : len(script) - len(AFTER)]
    assert inserted.isascii()
    assert b"<" not in inserted


@pytest.fixture
def tag_source(request: pytest.FixtureRequest) -> str:
    return (request.config.rootpath / "tag" / "src" / "settings.js").read_text(encoding="utf-8")
