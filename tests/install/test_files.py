"""The files are what the programs that read them take: systemd-analyze, nginx, logrotate's and cron's own forms."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from footfall.install import Machine, cron_files, nginx_files, systemd_files
from footfall.settings import Settings, load

EXPOSURE = 2.5


def settings_of(**flags: object) -> Settings:
    return load(environ={}, flags=flags)


def _needed(command: str) -> str:
    found = shutil.which(command, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        pytest.skip(f"{command} is not on this machine")
    return found


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (settings_of(), ["collect", "count", "serve"]),
        (settings_of(log="kafka://127.0.0.1:9092/online_store"), ["collect", "forward", "count", "serve"]),
    ],
    ids=["embedded", "kafka"],
)
def test_systemd_takes_the_units_and_finds_them_hardened(tmp_path: Path, settings: Settings, names: list[str]) -> None:
    analyze = _needed("systemd-analyze")
    units = systemd_files(settings, Machine(program=Path(sys.executable), user="root"))

    assert list(units) == [f"footfall-{name}.service" for name in names]
    for name, text in units.items():
        (tmp_path / name).write_text(text)
        checked = subprocess.run([analyze, "verify", tmp_path / name], capture_output=True, text=True)
        rated = subprocess.run([analyze, "security", "--offline=true", tmp_path / name], capture_output=True, text=True)
        found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", rated.stdout)

        assert (checked.returncode, checked.stderr) == (0, "")
        assert found is not None
        assert float(found[1]) <= EXPOSURE


def test_a_unit_that_is_not_hardened_is_found_out(tmp_path: Path) -> None:
    """Negative control of the rating above."""
    analyze = _needed("systemd-analyze")
    text = systemd_files(settings_of(), Machine())["footfall-serve.service"]
    (tmp_path / "bare.service").write_text("\n".join(text.splitlines()[:24]))

    rated = subprocess.run([analyze, "security", "--offline=true", tmp_path / "bare.service"], capture_output=True)
    found = re.search(rb"Overall exposure level for \S+: ([0-9.]+)", rated.stdout)

    assert found is not None
    assert float(found[1]) > EXPOSURE


def test_services_that_talk_to_this_machine_only_may_reach_no_other() -> None:
    embedded = systemd_files(settings_of(), Machine())
    production = systemd_files(settings_of(store="postgresql://footfall@db.example/online_shop"), Machine())

    assert "IPAddressDeny=any" in embedded["footfall-count.service"]
    assert "IPAddressDeny=any" not in embedded["footfall-collect.service"]
    assert "IPAddressDeny=any" not in production["footfall-count.service"]
    assert "postgresql.service" in production["footfall-count.service"]


def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    nginx = _needed("nginx")
    settings = settings_of(**{"collector.host": "::", "api.port": 5002})
    text = nginx_files(settings, Machine(host="stats.shop.example"))["footfall.conf"]
    (tmp_path / "footfall.conf").write_text(text)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}}\nhttp {{ access_log off; "
        f"include {tmp_path}/footfall.conf; }}\n"
    )

    done = subprocess.run([nginx, "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "server 127.0.0.1:8290;" in text
    assert "server 127.0.0.1:5002;" in text
    assert "server_name stats.shop.example;" in text


def test_cron_counts_under_a_lock_and_its_log_is_rotated() -> None:
    files = cron_files(Machine(user="shop"))

    (line,) = [line for line in files["cron.d/footfall"].splitlines() if line.startswith("*/30")]
    assert re.fullmatch(
        r"\*/30 \* \* \* \* shop flock --nonblock \S+/count\.lock \S+/footfall .* count --once >>.* 2>&1", line
    )
    assert "su shop shop" in files["logrotate.d/footfall"]
