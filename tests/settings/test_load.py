"""Flag over variable over file over default, and errors that name the key."""

import contextlib
from pathlib import Path

import pytest

from footfall.errors import SettingsError
from footfall.settings import load
from footfall.settings.load import keys


def write(folder: Path, text: str) -> Path:
    path = folder / "footfall.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_works_without_any_settings() -> None:
    settings = load(environ={})

    assert settings.collector.port == 8290
    assert settings.counting.session_timeout == 30 * 60_000


def test_a_flag_wins_over_a_variable_over_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "shops = ['a.example']\n[collector]\nport = 1001\nhost = '::1'\nidle_timeout = '5s'\n")
    environ = {"FOOTFALL_COLLECTOR__PORT": "1002", "FOOTFALL_COLLECTOR__IDLE_TIMEOUT": "7s"}

    settings = load(file, environ, {"collector.port": 1003, "api.port": None})

    assert settings.collector.port == 1003
    assert settings.collector.idle_timeout == 7000
    assert settings.collector.host == "::1"
    assert settings.shops == ("a.example",)


def test_the_file_of_the_working_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "timezone = 'Europe/Moscow'")
    monkeypatch.chdir(tmp_path)

    assert load(environ={}).timezone == "Europe/Moscow"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[collector]\nprot = 1", "unknown key collector.prot; did you mean collector.port?"),
        ("[collecter]\nport = 1", "unknown key collecter; did you mean collector?"),
        ("[collector]\nport = 'x'", "collector.port = 'x': input should be a valid integer"),
        ("[collector]\nport = 70000", "less than or equal to 65535"),
        ("timezone = 'Mars/Olympus'", "timezone = 'Mars/Olympus': no such time zone"),
        ("[items]\npatterns = ['/x/']", "'/x/' has no group"),
        ("[items]\npatterns = ['(']", "'(' is no regular expression"),
        ("[counting]\nsession_timeout = '25h'", "session_timeout is longer than session_memory"),
        ("[counting]\nsession_timeout = '1 fortnight'", "expected a duration such as 30m"),
        ("[counting.fields]\nprise = ['x']", "counting.fields"),
        ("collector = 3", "collector = 3"),
        ("x = = 1", "no TOML"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, text: str, expected: str) -> None:
    file = write(tmp_path, text)

    with pytest.raises(SettingsError) as error:
        load(file, {})

    assert expected in str(error.value)
    assert str(file) in str(error.value)


def test_every_error_is_told_at_once() -> None:
    environ = {"FOOTFALL_COLLECTOR__PRT": "1", "FOOTFALL_API__PORT": "x", "FOOTFALL_SHOPZ": ""}

    with pytest.raises(SettingsError) as error:
        load(environ=environ)

    lines = str(error.value).splitlines()
    assert len(lines) == 3
    assert "variable FOOTFALL_COLLECTOR__PRT: unknown key collector.prt; did you mean collector.port?" in lines
    assert any(line.startswith("variable FOOTFALL_API__PORT: api.port = 'x'") for line in lines)


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        load(tmp_path / "none.toml", {})


@pytest.mark.parametrize(
    ("text", "expected"), [("a.example, *.b.example", ("a.example", "*.b.example")), ('["a"]', ("a",)), ("", ())]
)
def test_a_list_in_a_variable_is_json_or_parted_by_commas(text: str, expected: tuple[str, ...]) -> None:
    assert load(environ={"FOOTFALL_SHOPS": text}).shops == expected


def test_fields_of_a_column_are_replaced_and_the_others_stay(tmp_path: Path) -> None:
    file = write(tmp_path, "[counting.fields]\nprice = ['cost', 'price']")

    fields = load(file, {}).counting.fields

    assert fields["price"] == ("cost", "price")
    assert fields["amount"] == ("amount",)


@pytest.mark.parametrize("key", keys())
def test_every_key_can_be_a_variable(key: str) -> None:
    """A key that a variable cannot set would make two spellings of one choice."""
    said = ""
    with contextlib.suppress(SettingsError):
        try:
            load(environ={"FOOTFALL_" + key.upper().replace(".", "__"): "\0"})
        except SettingsError as error:
            said = str(error)
            raise

    assert "unknown key" not in said
