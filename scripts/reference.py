"""Write the pages of docs/reference that are generated from code: settings and commands.

Run as `.venv/bin/python scripts/reference.py`; a test fails when the pages are not what this writes.
"""

import os
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel

from footfall.settings.text import is_duration, shown
from footfall.settings.tree import Settings

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"


_SETTINGS = """\
# Settings

A flag wins over a variable, a variable over the file, the file over the default. The file is `footfall.toml` of the
working folder, or what `--config` names; `footfall init` writes one. A variable is `FOOTFALL_`, then the key in
capitals with `__` for the point: `FOOTFALL_COLLECTOR__PORT=8290`; a list is parted by commas or JSON. An unknown key
is an error that names the nearest known one.

Durations: `500ms`, `10s`, `30m`, `24h`, `7d`. Sizes: `256kB`, `1MiB`, `2GB`.
"""


def settings_page() -> str:
    """Return the page of all settings."""
    return _SETTINGS + _section(Settings, "")


def _section(section: type[BaseModel], prefix: str) -> str:
    rows, inner = [], []
    for name, field in section.model_fields.items():
        key = prefix + (field.alias or name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            title = (field.annotation.__doc__ or "").splitlines()[0]
            inner.append(f"\n## `{key}`\n\n{title}\n{_section(field.annotation, key + '.')}")
        else:
            text = shown(field.default, duration=is_duration(field.metadata)).replace("|", "\\|")
            rows.append(f"| `{key}` | `{text}` | {(field.description or '').replace('|', chr(92) + '|')} |")
    return "\n| key | default | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n" + "".join(inner)


def commands_page() -> str:
    """Return the page of all commands, as `--help` prints them."""
    os.environ["COLUMNS"] = "100"
    from footfall.cli import app

    root = typer.main.get_command(app)
    return "# Commands\n\nWhat `--help` prints.\n" + "".join(_help(root, "footfall", None))


def _help(command: Any, path: str, parent: Any) -> list[str]:
    context = command.make_context(path.rsplit(" ", 1)[-1], [], parent=parent, resilient_parsing=True)
    text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines()).strip()
    pages = [f"\n## `{path}`\n\n```text\n{text}\n```\n"]
    inner = getattr(command, "commands", {})
    for name in command.list_commands(context) if inner else ():
        pages += _help(inner[name], f"{path} {name}", context)
    return pages


PAGES = {"settings.md": settings_page, "commands.md": commands_page}


if __name__ == "__main__":
    for page, write in PAGES.items():
        (FOLDER / page).write_text(write(), encoding="utf-8")
