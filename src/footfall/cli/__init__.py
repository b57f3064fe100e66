"""What you type."""

from footfall.cli import db, demo, files, install, look, services, set_aside, start, topics
from footfall.cli.app import app, main

__all__ = ["app", "db", "demo", "files", "install", "look", "main", "services", "set_aside", "start", "topics"]
