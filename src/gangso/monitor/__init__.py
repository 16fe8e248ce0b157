"""A plan against newer data: which promises hold, what was crossed, whether it is still best."""

from gangso.monitor.carry import Carried, carry_over
from gangso.monitor.monitor import Monitoring, monitor
from gangso.monitor.record import Record

__all__ = ["Carried", "Monitoring", "Record", "carry_over", "monitor"]
