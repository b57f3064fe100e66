"""The HTTP API: v1.0 as in the seed, health and metrics. No number that answers does not give."""

from footfall.api.app import create_app
from footfall.api.serve import serve

__all__ = ["create_app", "serve"]
