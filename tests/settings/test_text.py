"""The written settings are the settings."""

import tomllib
from pathlib import Path

from footfall.settings import describe, load
from footfall.settings.load import keys


def test_what_is_written_says_nothing_by_itself() -> None:
    assert [table for table in tomllib.loads(describe()).values() if table] == []


def test_every_key_is_there_with_its_default(tmp_path: Path) -> None:
    """Taking every comment sign away must change nothing."""
    lines = [line.removeprefix("#") for line in describe().splitlines() if not line.startswith("# ")]
    file = tmp_path / "footfall.toml"
    file.write_text("\n".join(lines), encoding="utf-8")

    assert load(file, {}) == load(environ={})
    assert sum(" = " in line for line in lines) == len(keys())


def test_what_was_chosen_is_set(tmp_path: Path) -> None:
    file = tmp_path / "footfall.toml"
    file.write_text(describe({"shops": ["магазин.рф"], "timezone": "Europe/Moscow", "counting.currency": "EUR"}))

    settings = load(file, {})

    assert (settings.shops, settings.timezone, settings.counting.currency) == (("магазин.рф",), "Europe/Moscow", "EUR")
