"""The script that a shop's pages load, and the rendering of its settings."""

from footfall.tag.script import render
from footfall.tag.snippet import snippet

__all__ = ["render", "snippet"]
