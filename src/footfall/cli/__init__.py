"""What you type."""

from footfall.cli import demo, files, look, services, set_aside, start, topics
from footfall.cli.app import app, main

__all__ = ["app", "demo", "files", "look", "main", "services", "set_aside", "start", "topics"]
