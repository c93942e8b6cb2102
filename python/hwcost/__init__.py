"""What a neural network costs on an accelerator: cycles, traffic and energy.

>>> import hwcost
>>> estimator = hwcost.Estimator()
>>> estimator.cost(0, space="nasbench201-cifar10", target="eyeriss-like").latency_ms  # doctest: +SKIP

Latencies are in milliseconds, energies in millijoules, traffic in bytes; the names say so.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._library import HwcostError, version
    from .estimator import BatchCosts, Estimator, Report
    from .table import CostTable, Distribution

__all__ = [
    "BatchCosts", "CostTable", "Distribution", "Estimator", "HwcostError", "Report", "version",
]
_MODULES = {
    "BatchCosts": "estimator", "CostTable": "table", "Distribution": "table",
    "Estimator": "estimator", "HwcostError": "_library", "Report": "estimator",
    "version": "_library",
}


def __getattr__(name: str) -> Any:
    # The library is loaded when it is first wanted: modules that only read and write files go
    # without it.
    if name == "__version__":
        return importlib.import_module("._library", __name__).version()
    if name not in _MODULES:
        raise AttributeError(f"module 'hwcost' has no attribute '{name}'")
    value = getattr(importlib.import_module("." + _MODULES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
