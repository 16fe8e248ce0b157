"""A plan against newer data: which promises hold, what was crossed, whether it is still best."""

from gangso.monitor.monitor import Monitoring, Record, monitor

__all__ = ["Monitoring", "Record", "monitor"]
