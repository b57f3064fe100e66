"""What you type."""

from footfall.cli import files, look, services, start
from footfall.cli.app import app, main

__all__ = ["app", "files", "look", "main", "services", "start"]
