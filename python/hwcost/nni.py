"""Costs for NNI's model spaces: a profiler over a cost table."""

from __future__ import annotations

from typing import Any, Hashable, Mapping, Sequence

from .table import CostTable

try:  # NNI is optional; with it, the class is one of its profilers.
    from nni.nas.profiler import Profiler as _Profiler
except ImportError:
    _Profiler = object

__all__ = ["TableProfiler"]


class TableProfiler(_Profiler):
    """Costs a sample ``{label: choice}`` by a cost table.

    ``labels`` name the table's variables in their order, and ``candidates`` the choices of each, in
    the order of the table's; all variables have the same where one list is given.
    """

    def __init__(
        self, table: CostTable, labels: Sequence[str], candidates: Sequence[Any],
        column: str | int = 0,
    ) -> None:
        if len(labels) != len(table.choice_counts):
            raise ValueError(f"{len(labels)} labels are given, the space has "
                             f"{len(table.choice_counts)} variables")
        if not candidates or isinstance(candidates[0], str) or not isinstance(candidates[0], Sequence):
            candidates = [candidates] * len(labels)
        self._table = table
        self._labels = list(labels)
        self._places: list[dict[Hashable, int]] = [
            {choice: place for place, choice in enumerate(own)} for own in candidates]
        for label, own, count in zip(labels, self._places, table.choice_counts):
            if len(own) != count:
                raise ValueError(f"'{label}' has {len(own)} candidates, the table {count}")
        self._column = table._column(column)

    def profile(self, sample: Mapping[str, Any]) -> float:
        """The cost of a sample, in the unit of the column."""
        row = []
        for label, places in zip(self._labels, self._places):
            if label not in sample:
                raise KeyError(f"the sample has no '{label}'")
            if sample[label] not in places:
                raise ValueError(f"'{label}' is {sample[label]!r}, expected one of {list(places)}")
            row.append(places[sample[label]])
        return float(self._table.costs([row])[0, self._column])
