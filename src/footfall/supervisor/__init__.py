"""Running collector, counting and API together, restarted when they die."""

from footfall.supervisor.notify import notify
from footfall.supervisor.service import Ready, Service
from footfall.supervisor.supervise import supervise

__all__ = ["Ready", "Service", "notify", "supervise"]
