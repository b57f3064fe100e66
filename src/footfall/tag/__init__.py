"""The script that a shop's pages load, and the rendering of its settings."""
