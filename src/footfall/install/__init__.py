"""Files for the machine that runs Footfall: systemd units, nginx, cron."""

from footfall.install.files import Machine, cron_files, nginx_files, systemd_files

__all__ = ["Machine", "cron_files", "nginx_files", "systemd_files"]
