"""What the pages show can be used: commands, JSON, settings, the recipe, the unit, nginx's file."""

import configparser
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.docs.pages import DOCS, ROOT, Page, commands, page_of, pages

from footfall.cli import app
from footfall.errors import HeldError, SettingsError, VersionError
from footfall.settings import load

_ENDS = frozenset({"|", "||", "&&", ";", ">", ">>", "&", ")", "<<", "<"})


def calls(command: str) -> Iterator[list[str]]:
    """Yield the arguments of each call of `footfall` in a shell command."""
    words = shlex.shlex(command, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    words.commenters = "#"
    simple: list[str] = []
    for word in [*words, ";"]:
        if word not in _ENDS:
            simple.append(word)
            continue
        yield from _arguments(simple)
        simple = []


def _arguments(words: list[str]) -> Iterator[list[str]]:
    while words and (words[0] == "sudo" or re.fullmatch(r"[A-Z_]+=.*", words[0])):
        words = words[3:] if words[1:2] == ["-u"] else words[1:]
    if words and Path(words[0]).name == "footfall":
        yield words[1:]


def parse(arguments: list[str]) -> None:
    """Parse a call as the command does, up to doing it. Raises click's UsageError."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("footfall", list(arguments))
    while hasattr(command, "commands"):
        rest = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)


def problem(line: str) -> str:
    """Say what is wrong with the first call in a line that is not taken; the empty text if all are."""
    for arguments in calls(line):
        try:
            parse(arguments)
        except Exception as error:
            return f"{type(error).__name__}: footfall {shlex.join(arguments)}: {error}"
    return ""


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_call_of_the_command_is_one_that_it_takes(page: Page) -> None:
    """Between backticks a command may be named without its arguments."""
    found = [problem(line) for block in page.fenced("sh") for line in commands(block)]
    named = [problem(code) for code in page.codes if code.startswith("footfall ")]

    assert [one for one in found if one] == []
    assert [one for one in named if one and not one.startswith(("MissingParameter", "NoArgsIsHelp"))] == []


@pytest.mark.parametrize(
    "call", ["upp", "up --port 1", "export nothing", "import", "set-aside shw live:1", "count --every 3"]
)
def test_a_call_that_it_does_not_take_is_found(call: str) -> None:
    """Negative control."""
    assert problem(f"A=1 footfall {call} | head")


def test_calls_are_found_wherever_they_stand() -> None:
    line = "sudo -u footfall /opt/footfall --data x up; zcat a | footfall import - || X=1 footfall ledger >f  # no"

    assert list(calls(line)) == [["--data", "x", "up"], ["import", "-"], ["ledger"]]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_json_block_is_json_and_every_toml_block_is_settings(page: Page, tmp_path: Path) -> None:
    for block in page.fenced("json"):
        json.loads(block.text)
    for block in page.fenced("toml"):
        file = tmp_path / "footfall.toml"
        file.write_text(block.text, encoding="utf-8")
        load(file, environ={})


def test_both_readmes_have_the_same_commands() -> None:
    english, russian = (
        [re.sub(r"\s+#.*", "", line) for block in page_of(ROOT / name).fenced("sh") for line in commands(block)]
        for name in ("README.md", "README.ru.md")
    )

    assert english == russian
    assert len(english) > 5


def test_the_recipe_of_depth_gives_the_numbers_of_the_page() -> None:
    page = page_of(DOCS / "explanation" / "sessions-and-depth.md")
    (recipe,) = page.fenced("python")
    events = [
        (0, "A", "pageView", None),
        (10, "A", "pageView", "dress"),
        (15, "B", "pageView", "dress"),
        (20, "A", "buy_button_click", "dress"),
        (30, "A", "pageView", "hat"),
        (1829, "A", "pageView", "dress"),
        (3629, "A", "pageView", "dress"),
    ]
    names: dict[str, Any] = {"events": events}

    exec(compile(recipe.text, page.name, "exec"), names)

    assert names["deep"] == {"dress": 2.0, "hat": 3.0}
    assert names["depth_sum"] == {"dress": 8, "hat": 3}


def test_the_unit_starts_what_there_is_and_does_not_restart_what_has_no_hope() -> None:
    (block,) = page_of(DOCS / "how-to" / "run-it-always.md").fenced("ini")
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(block.text)
    service = unit["Service"]

    for arguments in calls(service["ExecStart"]):
        parse(arguments)
    hopeless = {kind.exit_code for kind in (SettingsError, HeldError, VersionError)}
    assert {int(code) for code in service["RestartPreventExitStatus"].split()} == hopeless
