"""What is told or made for people: the tag's lines, findings, files for the machine."""

import sys
from functools import partial
from pathlib import Path

from footfall import tag
from footfall.doctor import Finding
from footfall.install import Machine, cron_files, nginx_files, systemd_files
from footfall.settings import Settings
from footfall.wiring.places import journals, store_place, url
from footfall.wiring.topics import check_topics

__all__ = ["cron_files", "examine", "machine", "nginx_files", "systemd_files", "tag_text"]


def tag_text(settings: Settings, address: str, preset: str) -> str:
    """Return the lines to paste into the shop's pages; `address`: of the collector, empty for that of the settings."""
    api, collector = settings.api, settings.collector
    return tag.snippet(address or url(collector.host, collector.port), url(api.host, api.port), preset)


def examine(settings: Settings) -> list[Finding]:
    """Return what is found on looking at settings, ports, disk, clock, database and counting."""
    from footfall import doctor

    return doctor.examine(settings, journals(settings), store_place(settings), partial(check_topics, settings))


def machine(
    settings: Settings, config: Path | None, program: Path | None, user: str, host: str = "stats.example.com"
) -> Machine:
    """Return where things lie on this machine, for the files of `install`."""
    usual = Machine()
    return Machine(
        program=program or Path(sys.executable).with_name("footfall"),
        config=config.resolve() if config else usual.config,
        data=settings.data if settings.data.is_absolute() else usual.data,
        user=user,
        host=host,
    )
