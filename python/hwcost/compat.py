"""The class of the published HW-NAS-Bench API, over any mix of simulated and measured targets."""

from __future__ import annotations

import warnings
from typing import Any, Mapping, Sequence

import numpy as np

from . import restricted_pickle
from ._library import HwcostError
from ._published import COLUMNS, DEVICES, METRICS, OPS, SPACES
from .estimator import Estimator
from .table import CostTable

__all__ = ["DEVICES", "HWNASBenchAPI"]


class HWNASBenchAPI:
    """A drop-in for ``hw_nas_bench_api.HWNASBenchAPI``: same arguments, methods, names and units.

    Latencies are in milliseconds, energies in millijoules, arithmetic intensity in
    multiply-accumulates a byte of outside memory.

    ``file_path_or_dict`` may be the published pickle, its content, or nothing; devices that it has
    answer from it. The others are the targets of ``devices``: names as in ``hwcost targets``, by the
    published device's name. A device without a target, or whose numbers were not imported, gives
    NaN, and so does the product of all metrics then; a warning names it once.
    """

    def __init__(
        self, file_path_or_dict: Any = None, search_space: str = "nasbench201", *,
        devices: Mapping[str, str | None] | None = None, estimator: Estimator | None = None,
    ) -> None:
        if search_space not in SPACES:
            raise ValueError(f"search_space is '{search_space}', expected nasbench201 or fbnet")
        self.search_space = search_space
        if isinstance(file_path_or_dict, (str, bytes)) or hasattr(file_path_or_dict, "__fspath__"):
            file_path_or_dict = restricted_pickle.load(file_path_or_dict)
        self.HW_metrics: Any = file_path_or_dict or {}
        self._devices = {**DEVICES, **(devices or {})}
        self._chosen = set(devices or {})
        self._estimator = estimator or Estimator()
        self._metrics = METRICS[search_space]
        self._cache: dict[str, dict[str, np.ndarray]] = {}
        self._tables: dict[str, dict[str, Any]] = {}

    # The published methods.

    def query_by_index(self, arch_index: Any, dataname: str) -> dict[str, float]:
        """Every metric of a network: an index, or for FBNet the 22 choices in any sequence."""
        if self.search_space == "nasbench201":
            columns = self._everything(dataname)
            index = int(arch_index)
            if not 0 <= index < 15625:
                raise IndexError(f"index {index} is not between 0 and 15624")
            return {name: float(values[index]) for name, values in columns.items()}
        costs = self.query_batch(np.asarray([arch_index]), dataname)
        return {name: float(values[0]) for name, values in costs.items()}

    def get_net_config(self, arch_index: Any, dataname: str) -> dict[str, Any]:
        """What the network is, as the published class tells it."""
        space, classes = self._space(dataname)
        if self.search_space == "nasbench201":
            published = self.HW_metrics.get("nasbench201", {}).get(dataname, {}).get("config")
            if published is not None:
                return published[arch_index]
            choices = self._estimator.members(space)[arch_index]
            return {"name": "infer.tiny", "C": 16, "N": 5,
                    "arch_str": self._estimator._text(space, choices), "num_classes": classes}
        indices = [int(choice) for choice in arch_index]
        return {"dataset": dataname, "num_classes": classes, "op_idx_list": indices,
                "arch_str": [OPS[choice] for choice in indices]}

    def get_op_lookup_tables(self) -> dict[str, dict[str, float]] | None:
        """For FBNet, the cost of every block by its key, by metric; both datasets together."""
        if self.search_space != "fbnet":
            return None
        tables: dict[str, dict[str, float]] = {}
        for metric in self._metrics:
            published = self.HW_metrics.get("fbnet", {}).get(metric)
            if published is not None:
                tables[metric] = dict(published)
                continue
            device, figure = metric.split("_", 1)
            tables[metric] = {}
            for space, _ in SPACES["fbnet"].values():
                tables[metric].update(self._blocks(device, COLUMNS[figure], space))
        return tables

    # What the published class has not.

    def query_by_arch(self, arch_str: str, dataname: str) -> dict[str, float]:
        """Every metric of a network by its text."""
        space, _ = self._space(dataname)
        reply = self._estimator.request({"op": "members", "space": space, "arch": [arch_str]})
        costs = self.query_batch(np.array(reply["choices"], dtype=np.int32), dataname)
        return {name: float(values[0]) for name, values in costs.items()}

    def query_batch(self, archs: Any, dataname: str) -> dict[str, np.ndarray]:
        """Every metric of many networks, an array each.

        ``archs`` are choices ``[networks, variables]``, indices, or texts.
        """
        space, _ = self._space(dataname)
        if len(archs) and isinstance(archs[0], str):
            reply = self._estimator.request(
                {"op": "members", "space": space, "arch": list(archs)})
            choices = np.array(reply["choices"], dtype=np.int32)
        else:
            choices = np.asarray(archs)
            if choices.ndim == 1 and choices.size and self.search_space == "nasbench201":
                return {name: values[choices] for name, values in self._everything(dataname).items()}
        if self.search_space == "nasbench201":
            everything = self._everything(dataname)
            lookup = np.empty(5 ** 6, dtype=np.int64)
            members = self._estimator.members(space)
            weights = 5 ** np.arange(5, -1, -1)
            lookup[members @ weights] = np.arange(len(members))
            if choices.shape[1:] != (6,) or (choices < 0).any() or (choices > 4).any():
                raise HwcostError("choices are six numbers from 0 to 4")
            return {name: values[lookup[choices @ weights]] for name, values in everything.items()}
        return self._with_product(
            {m: self._sums(m, choices, dataname, space) for m in self._metrics})

    # How metrics are found.

    def _space(self, dataname: str) -> tuple[str, int]:
        spaces = SPACES[self.search_space]
        if dataname not in spaces:
            raise ValueError(f"the dataset is '{dataname}', expected one of {', '.join(spaces)}")
        return spaces[dataname]

    def _with_product(self, metrics: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        parts = [v for name, v in metrics.items() if name != "eyeriss_arithmetic_intensity"]
        return {**metrics, "average_hw_metric": np.prod(parts, axis=0)}

    def _everything(self, dataname: str) -> dict[str, np.ndarray]:
        """All networks of NAS-Bench-201, by index."""
        if dataname not in self._cache:
            space, _ = self._space(dataname)
            published = self.HW_metrics.get("nasbench201", {}).get(dataname, {})
            members = self._estimator.members(space)
            found = {}
            for metric in self._metrics:
                if metric in published:
                    found[metric] = np.asarray(published[metric], dtype=np.float64)
                else:
                    found[metric] = self._column(metric, members, space)
            self._cache[dataname] = self._with_product(found)
        return self._cache[dataname]

    def _column(self, metric: str, choices: np.ndarray, space: str) -> np.ndarray:
        """A metric of a target; NaN where it has none."""
        device, figure = metric.split("_", 1)
        table = self._table(device, space, choices[:1])
        if table is None:
            return np.full(len(choices), np.nan)
        if isinstance(table, str):
            found = self._estimator.batch(choices, space, table)
            table, costs = found, found.values
        else:
            costs = table.costs(choices)
        if figure == "arithmetic_intensity":
            wanted = ("macs", "dram_bytes")
            if not set(wanted) <= set(table.columns):
                return np.full(len(choices), np.nan)
            macs, traffic = (costs[:, table.columns.index(name)] for name in wanted)
            return macs / traffic
        if COLUMNS[figure] not in table.columns:
            return np.full(len(choices), np.nan)
        return costs[:, table.columns.index(COLUMNS[figure])]

    def _sums(self, metric: str, choices: np.ndarray, dataname: str, space: str) -> np.ndarray:
        published = self.HW_metrics.get("fbnet", {}).get(metric)
        if published is None:
            return self._column(metric, choices, space)
        reply = self._estimator.request({"op": "blocks", "space": space})
        terms = [term["blocks"] for term in reply["terms"]]
        if choices.ndim != 2 or choices.shape[1] != len(terms):
            raise HwcostError(f"choices are {len(terms)} numbers from 0 to 8")
        if (choices < 0).any() or (choices > 8).any():
            raise HwcostError("choices are numbers from 0 to 8")
        sums = np.full(len(choices), sum(published[key] for key in reply["fixed"]))
        for variable, keys in enumerate(terms):
            sums += np.array([published[key] for key in keys])[choices[:, variable]]
        return sums

    def _blocks(self, device: str, column: str, space: str) -> dict[str, float]:
        target = self._devices.get(device)
        table = self._table(device, space)
        if target is None or table is None:
            return {}
        if isinstance(table, str):
            self._estimator.table(space, table)  # Says why there is none.
        reply = self._estimator.request({"op": "blocks", "space": space, "target": target})
        if column not in reply["columns"]:
            return {}
        number = reply["columns"].index(column)
        return {key: values[number] for key, values in reply["costs"].items()}

    def _found(self, target: str, space: str, some: Any) -> CostTable | str:
        try:
            return self._estimator.table(space, target)
        except HwcostError:
            if not len(some):
                raise
            self._estimator.batch(some, space, target)
            return target

    def _table(self, device: str, space: str, some: Any = ()) -> CostTable | str | None:
        """The table of a device, or its target where that answers for ``some`` networks one by one."""
        known = self._tables.setdefault(device, {})
        if space not in known:
            target = self._devices.get(device)
            reason = "it has no target"
            known[space] = None
            if target is not None:
                try:
                    known[space] = self._found(target, space, some)
                except HwcostError as mistake:
                    # A target that the caller chose has to answer.
                    if device in self._chosen:
                        raise
                    reason = str(mistake).splitlines()[0]
            if known[space] is None:
                warnings.warn(f"metrics of '{device}' are NaN on {space}: {reason}", stacklevel=4)
        return known[space]
