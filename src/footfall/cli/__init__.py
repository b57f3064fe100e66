"""What you type."""

from footfall.cli import demo, files, look, services, start, topics
from footfall.cli.app import app, main

__all__ = ["app", "demo", "files", "look", "main", "services", "start", "topics"]
