"""Each file is a template of this room with the settings filled in; nothing is written here."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

from footfall.settings import Settings

_WHAT: Final[Mapping[str, str]] = {
    "collect": "the collector",
    "forward": "journal to Kafka",
    "count": "counting",
    "serve": "the API",
}

_LOCAL: Final = "IPAddressDeny=any\nIPAddressAllow=localhost"
"""For services that talk to this machine only."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where things lie on the machine."""

    program: Path = Path("/opt/footfall/bin/footfall")
    config: Path = Path("/etc/footfall/footfall.toml")
    data: Path = Path("/var/lib/footfall")
    user: str = "footfall"
    host: str = "stats.example.com"
    """Name under which browsers reach the collector."""

    def command(self, *words: str) -> str:
        """Return the command line of a service."""
        return " ".join([str(self.program), "--config", str(self.config), "--data", str(self.data), *words])


def systemd_files(settings: Settings, machine: Machine) -> dict[str, str]:
    """Return a unit for each service, by file name."""
    far = "postgresql://" in settings.store or bool(settings.log)
    names = ["collect", *(["forward"] if settings.log else []), "count", "serve"]
    return {f"footfall-{name}.service": _unit(name, machine, far=far) for name in names}


def _unit(name: str, machine: Machine, *, far: bool) -> str:
    unit = f"footfall-{name}"
    return _filled(
        "service",
        file=f"{unit}.service",
        unit=unit,
        what=_WHAT[name],
        after=" postgresql.service" if far and name != "collect" else "",
        command=machine.command(name),
        user=machine.user,
        extra="" if far or name == "collect" else f"{_LOCAL}\n",
    )


def nginx_files(settings: Settings, machine: Machine) -> dict[str, str]:
    """Return nginx's configuration: events and API under one name."""
    collector, api = settings.collector, settings.api
    return {
        "footfall.conf": _filled(
            "nginx.conf",
            host=machine.host,
            collector=_place(collector.host, collector.port),
            api=_place(api.host, api.port),
        )
    }


def cron_files(machine: Machine) -> dict[str, str]:
    """Return the crontab, and how its log is rotated."""
    command = machine.command("count", "--once")
    return {
        "cron.d/footfall": _filled("crontab", user=machine.user, data=str(machine.data), command=command),
        "logrotate.d/footfall": _filled("logrotate", user=machine.user),
    }


def _place(host: str, port: int) -> str:
    host = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - a proxy on the same machine
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _filled(name: str, **values: str) -> str:
    text = files(__package__).joinpath("templates", name).read_text("utf-8")
    return Template(text).substitute(values)
