"""What a neural network costs on an accelerator: cycles, traffic and energy.

>>> import hwcost
>>> estimator = hwcost.Estimator()
>>> estimator.cost(0, space="nasbench201-cifar10", target="eyeriss-like").latency_ms  # doctest: +SKIP

Latencies are in milliseconds, energies in millijoules, traffic in bytes; the names say so.
"""

from __future__ import annotations

from ._library import HwcostError, version
from .estimator import BatchCosts, Estimator, Report
from .table import CostTable, Distribution

__all__ = [
    "BatchCosts", "CostTable", "Distribution", "Estimator", "HwcostError", "Report", "version",
]
__version__ = version()
