"""A small shop to try everything with: pages, a month of history, visitors, and a folder of its own."""

from footfall.demo.folder import claim
from footfall.demo.history import write_history
from footfall.demo.ports import find_ports
from footfall.demo.serve import serve_shop
from footfall.demo.visitors import send_visitors, visit

__all__ = ["claim", "find_ports", "send_visitors", "serve_shop", "visit", "write_history"]
