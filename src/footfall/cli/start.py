"""Commands to begin with: demo, init, tag, doctor."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import available_timezones

import typer
from rich.console import Console
from rich.markup import escape

from footfall import wiring
from footfall.cli.app import app
from footfall.cli.choices import choices_of
from footfall.doctor import Finding
from footfall.errors import InputError
from footfall.settings import describe, load

_MARKS = {"ok": "[green]ok  [/green]", "warn": "[yellow]warn[/yellow]", "fail": "[red]fail[/red]"}


@app.command()
def init(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; take the defaults.")] = False,
    file: Annotated[Path, typer.Option("--file", help="Where to write.")] = Path("footfall.toml"),
) -> None:
    """Write a commented footfall.toml, by three questions.

    It never overwrites a file.

    Example: footfall init --yes
    """
    if file.exists():
        raise InputError(f"{file}: is there already; expected a new file (remove it, or choose another with --file)")
    shops, zone, currency = "", "UTC", "RUB"
    if not yes:
        shops = typer.prompt(
            "Hosts of your shops, parted by commas (empty: every host)", default="", show_default=False
        )
        zone = typer.prompt("Time zone of the shop's days", default=_local_zone(), value_proc=_zone)
        currency = typer.prompt("Currency where a price names none (ISO 4217)", default="RUB", value_proc=_currency)
    hosts = [host.strip() for host in shops.split(",") if host.strip()]
    text = describe({"shops": hosts, "timezone": zone, "counting.currency": currency})
    partial = file.with_name(file.name + ".partial")
    try:
        partial.write_text(text, encoding="utf-8")
        load(partial, environ={})
        partial.rename(file)
    except OSError as error:
        raise InputError(f"{file}: cannot be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)
    print(f"Wrote {file}. Next: footfall up")


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise typer.BadParameter(f"{text}: no such time zone; expected a name such as Europe/Moscow")
    return text


def _currency(text: str) -> str:
    if not (len(text) == 3 and text.isascii() and text.isalpha()):
        raise typer.BadParameter(f"{text}: expected three letters, such as RUB")
    return text.upper()


def _local_zone() -> str:
    link = Path("/etc/localtime")
    name = str(link.resolve()).partition("zoneinfo/")[2] if link.is_symlink() else ""
    return name if name and not name.startswith("Etc/") else "UTC"


_ADDRESS: Final = re.compile(r"https?://[^\s/\"'<>?#]+(/[^\s\"'<>?#]*)?").fullmatch


@app.command()
def tag(
    context: typer.Context,
    preset: Annotated[str, typer.Option(help="Shop system whose buy buttons the tag watches: bitrix.")] = "",
    address: Annotated[str, typer.Option(help="Address under which browsers reach the collector.")] = "",
) -> None:
    """Print the lines to paste into the shop's pages.

    And how to check that they work.

    Example: footfall tag --preset bitrix --address https://stats.example.com
    """
    if preset not in ("", "bitrix"):
        raise InputError(f"--preset {preset}: no such preset; expected bitrix")
    if address and not _ADDRESS(address):
        raise InputError(f"--address {address}: expected http:// or https:// and a host, as browsers reach it")
    settings = choices_of(context).settings()
    print(wiring.tag_text(settings, address, preset or settings.tag.preset))


@app.command()
def doctor(context: typer.Context) -> None:
    """Look what is wrong, and say what to do.

    Checks settings, ports, disk, clock, database, and how far counting is behind.

    Example: footfall doctor
    """
    findings = wiring.examine(choices_of(context).settings())
    tell_findings(findings)


def tell_findings(findings: Sequence[Finding]) -> None:
    """Print what was found, and leave with 1 if something is wrong."""
    show_findings(findings)
    if any(finding.level == "fail" for finding in findings):
        sys.exit(1)


def show_findings(findings: Sequence[Finding]) -> None:
    """Print what was found, and what to do."""
    console = Console(highlight=False)
    for finding in findings:
        console.print(f"{_MARKS[finding.level]} {escape(finding.what)}", soft_wrap=True)
        if finding.advice:
            console.print(f"       -> {escape(finding.advice)}", soft_wrap=True)
