"""The published module's name, over hwcost."""

from hwcost.compat import HWNASBenchAPI

__all__ = ["HWNASBenchAPI"]
