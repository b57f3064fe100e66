"""What one types first: help, version, init, tag, doctor, and what is said when the typing is wrong."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from tests.cli.calling import call, environ

from footfall import __version__
from footfall.cli import app
from footfall.settings import Settings, load

README = Path(__file__).parents[2] / "README.md"


def _commands(command: object = None, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    root = command or typer.main.get_command(app)
    inner = getattr(root, "commands", {})
    return [path, *(found for name, one in inner.items() for found in _commands(one, (*path, name)))]


@pytest.mark.parametrize("path", _commands(), ids=" ".join)
def test_every_command_has_help_with_an_example(path: tuple[str, ...]) -> None:
    command = typer.main.get_command(app)
    for name in path:
        command = command.commands[name]  # type: ignore[attr-defined]
    if path and not getattr(command, "commands", None):
        assert re.search(rf"Example: (.*[ |])?{' '.join(('footfall', *path))}\b", command.help or "")


def test_every_command_is_in_the_readme() -> None:
    text = README.read_text()

    for path in _commands():
        if len(path) == 1:
            assert re.search(rf"`(footfall )?{path[0]}\b", text), path


def test_the_version_is_told(tmp_path: Path) -> None:
    assert call(tmp_path, "--version").stdout == f"footfall {__version__}\n"


def test_completion_offers_the_commands() -> None:
    words = {"_FOOTFALL_COMPLETE": "complete_bash", "COMP_WORDS": "footfall se", "COMP_CWORD": "1"}
    command = Path(sys.executable).with_name("footfall")

    done = subprocess.run([command], env=environ(**words), capture_output=True, text=True, timeout=60)

    assert sorted(done.stdout.split()) == ["serve", "set-aside"]


def test_init_writes_a_file_that_can_be_read_and_never_overwrites_it(tmp_path: Path) -> None:
    first, second = call(tmp_path, "init", "--yes"), call(tmp_path, "init", "--yes")

    assert (first.returncode, first.stdout) == (0, "Wrote footfall.toml. Next: footfall up\n")
    assert load(tmp_path / "footfall.toml", environ={}) == Settings()
    assert (second.returncode, "is there already" in second.stderr) == (1, True)


def test_init_asks_again_until_the_answers_can_be_used(tmp_path: Path) -> None:
    answers = "shop.example, *.shop.example\nMoscow\nEurope/Moscow\nrubles\neur\n"

    done = call(tmp_path, "init", given=answers)

    assert done.returncode == 0, done.stderr
    chosen = tomllib.loads((tmp_path / "footfall.toml").read_text())
    assert chosen["shops"] == ["shop.example", "*.shop.example"]
    assert chosen["timezone"] == "Europe/Moscow"
    assert chosen["counting"]["currency"] == "EUR"


def test_the_tag_is_told_with_the_addresses_of_the_settings(tmp_path: Path) -> None:
    plain = call(tmp_path, "tag", variables={"FOOTFALL_COLLECTOR__PORT": "9000"}).stdout
    bitrix = call(tmp_path, "tag", "--preset", "bitrix", "--address", "https://stats.example/").stdout

    assert '<script src="http://127.0.0.1:9000/divolte.js" async></script>' in plain
    assert '<script src="https://stats.example/divolte.js" data-footfall-preset="bitrix" async></script>' in bitrix
    for wrong in ("stats.example", "javascript:alert(1)", "https://", 'https://x"><script>'):
        assert f"--address {wrong}: expected http" in call(tmp_path, "tag", "--address", wrong).stderr
    assert "--preset magento: no such preset; expected bitrix" in call(tmp_path, "tag", "--preset", "magento").stderr


@pytest.mark.parametrize(
    ("variables", "file", "said"),
    [
        ({"FOOTFALL_COLLECTOR__PROT": "1"}, "", "unknown key collector.prot; did you mean collector.port?"),
        ({"FOOTFALL_COLLECTOR__PORT": "x"}, "", "variable FOOTFALL_COLLECTOR__PORT: collector.port = 'x'"),
        ({"FOOTFALL_API__PORT": "99999"}, "", "api.port = '99999'"),
        ({}, "shop = ['x']\n", "footfall.toml: unknown key shop; did you mean shops?"),
        ({}, "timezone = 'Mars'\n", "timezone = 'Mars': no such time zone"),
        (
            {"FOOTFALL_SHOPS": "https://shop.example/"},
            "",
            "holds ':'; expected its host: shop.example",
        ),
        ({}, "shops = ['shop.example:443']\n", "expected its host: shop.example"),
        ({}, "[api]\nport = true\n", "api.port = True: expected a number"),
        ({"FOOTFALL_COUNTING__SESSION_TIMEOUT": "9" * 400}, "", "not that large"),
        ({}, "[counting]\nevery = '99999d'\n", "counting.every"),
        ({}, "[items]\npatterns = ['/item/']\n", "has no group; expected one"),
        ({}, "[counting]\nsession_timeout = '2d'\n", "session_timeout is longer than session_memory"),
        ({}, "shops = [\n", "footfall.toml: no TOML"),
        (
            {},
            "[collector]\nhead_limit = '2MiB'\n",
            "collector.head_limit = 2097152: input should be less",
        ),
    ],
)
def test_wrong_settings_are_told_by_place_value_and_expectation(
    tmp_path: Path, variables: dict[str, str], file: str, said: str
) -> None:
    if file:
        (tmp_path / "footfall.toml").write_text(file)

    for command in (["up"], ["doctor"], ["count", "--once"]):
        done = call(tmp_path, *command, variables=variables)

        assert done.returncode == 2
        assert said in done.stderr
    assert not (tmp_path / "footfall-data").exists()


def test_a_flag_wins_over_a_variable_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "footfall.toml").write_text("data = 'of-file'\n")

    for arguments, variables, expected in (
        ([], {}, "of-file"),
        ([], {"FOOTFALL_DATA": "of-variable"}, "of-variable"),
        (["--data", "of-flag"], {"FOOTFALL_DATA": "of-variable"}, "of-flag"),
    ):
        assert call(tmp_path, *arguments, "ledger", variables=variables).stderr.startswith(f"footfall: {expected}: ")


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    done = call(tmp_path, "--data", "file/data", "count", "--once")

    assert (done.returncode, done.stderr) == (
        2,
        "footfall: data = file/data: the folder cannot be made: Not a directory\n",
    )


def test_doctor_finds_what_is_wrong_and_says_what_to_do(tmp_path: Path) -> None:
    done = call(tmp_path, "doctor", variables={"FOOTFALL_COLLECTOR__PORT": "0", "FOOTFALL_API__PORT": "0"})

    assert done.returncode == 0
    assert "warn footfall-data: no such folder yet" in done.stdout
    assert "-> footfall up makes it" in done.stdout
    assert "\x1b" not in done.stdout
