"""Costs of a search space as a table: batches, expectations and gradients."""

from __future__ import annotations

import ctypes
import json
from typing import TYPE_CHECKING, Any, NamedTuple, Sequence

import numpy as np

from ._library import call, library

if TYPE_CHECKING:
    from .estimator import Estimator

__all__ = ["CostTable", "Distribution"]


class Distribution(NamedTuple):
    """What networks drawn at random cost; every array has one number a column of the table."""

    #: The expected costs, ``[columns]``.
    expectation: np.ndarray
    #: Their variances, ``[columns]``.
    variance: np.ndarray
    #: Derivatives of the expectation, ``[probabilities, columns]``.
    gradient: np.ndarray


class CostTable:
    """The costs of all networks of a search space on some targets, where costs add up over choices.

    Columns are figures of targets: ``latency_ms``, ``energy_mj``, ``dram_bytes``, ``macs`` and
    ``params``; where there are several targets, ``eyeriss.latency_ms``. Numbers are in the unit that
    the column's name ends in: milliseconds, millijoules, bytes.
    """

    def __init__(self, estimator: "Estimator", request: dict[str, Any]) -> None:
        self._estimator = estimator
        self._request = request
        handle = ctypes.c_void_p()
        text = json.dumps({"op": "table", **request}).encode()
        call(library.hwcost_table_open, estimator._handle, text, ctypes.byref(handle))
        self._handle = handle.value
        self._variables = library.hwcost_table_variables(self._handle)
        self.columns: tuple[str, ...] = tuple(
            library.hwcost_table_column_names(self._handle).decode().split("\n"))
        self.choice_counts: tuple[int, ...] = tuple(
            library.hwcost_table_choices(self._handle, v) for v in range(self._variables))
        self._one = np.empty(len(self.columns))

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            library.hwcost_table_close(self._handle)
            self._handle = None

    def __reduce__(self) -> Any:
        return (CostTable, (self._estimator, self._request))

    @property
    def space(self) -> str:
        """The name of the search space."""
        return self._request["space"]

    def costs(self, choices: Any, out: np.ndarray | None = None) -> np.ndarray:
        """Costs of many networks, ``[networks, columns]``, from choices ``[networks, variables]``.

        Choices of type int32 and by rows are read where they are; others are copied first. Costs go
        to ``out`` if it is given, a contiguous float64 array.

        Raises ``HwcostError`` for choices out of range, with the row, ``TypeError`` for numbers that are
        not whole, and ``ValueError`` for other shapes.
        """
        rows = np.asarray(choices)
        if rows.dtype.kind not in "iu":
            if rows.size:
                raise TypeError(f"choices are whole numbers, not {rows.dtype}")
            rows = rows.astype(np.int32)
        if rows.ndim != 2:
            raise ValueError(f"choices have {rows.ndim} axes; expected networks and variables")
        if rows.dtype != np.int32:
            # Numbers that int32 cannot hold stay out of range instead of wrapping around.
            rows = np.clip(rows, -1, np.iinfo(np.int32).max).astype(np.int32)
        rows = np.ascontiguousarray(rows)
        shape = (rows.shape[0], len(self.columns))
        if out is None:
            out = np.empty(shape)
        elif out.shape != shape or out.dtype != np.float64 or not out.flags.c_contiguous:
            raise ValueError(f"'out' is no contiguous float64 array of shape {shape}")
        call(
            library.hwcost_table_costs, self._handle, rows.ctypes.data, rows.shape[0],
            rows.shape[1], out.ctypes.data, len(self.columns))
        return out

    def cost(self, architecture: str) -> np.ndarray:
        """Costs of one network by its text, ``[columns]``.

        Raises ``HwcostError`` for a text that is no network of the space, with the place of the mistake.
        """
        costs = np.empty(len(self.columns))
        call(
            library.hwcost_table_cost_of_text, self._handle, architecture.encode(),
            costs.ctypes.data, len(self.columns))
        return costs

    def distribution(self, probabilities: Any) -> Distribution:
        """What networks cost whose choices are drawn independently: exact, nothing is sampled.

        ``probabilities`` is one list a variable that sums to 1, or all of them in one array; where
        all variables have as many choices, it may have the shape ``[variables, choices]``. Variances
        are in the square of the column's unit.

        Raises ``HwcostError`` for probabilities that are too many or few, below 0, not finite, or whose
        sum over a variable is not 1.
        """
        flat = self._flat(probabilities)
        columns = len(self.columns)
        result = Distribution(np.empty(columns), np.empty(columns), np.empty((flat.size, columns)))
        call(
            library.hwcost_table_distribution, self._handle, flat.ctypes.data, flat.size,
            result.expectation.ctypes.data, result.variance.ctypes.data,
            result.gradient.ctypes.data)
        return result

    def gradient(self, probabilities: Any, column: str | int = 0) -> np.ndarray:
        """Derivatives of a column's expectation, in the shape of the probabilities if they are an
        array, else in one row; in the column's unit.

        Raises what ``distribution`` does, and ``KeyError`` or ``IndexError`` for a column that is not
        there.
        """
        gradient = self.distribution(probabilities).gradient[:, self._column(column)]
        if isinstance(probabilities, np.ndarray):
            return gradient.reshape(probabilities.shape)
        return gradient

    def description(self) -> dict[str, Any]:
        """The table itself: ``choices``, ``columns``, ``constant`` and ``terms``, each with its
        ``variables`` and ``values`` of shape ``[entries * columns]``."""
        return self._estimator.request({"op": "table", **self._request})

    def matrix(self, column: str | int = 0) -> np.ndarray:
        """One row a variable and one number a choice, for spaces of equally many choices.

        Raises ``ValueError`` where choices cost together what they do not cost one by one.
        """
        found = self.description()
        columns, number = len(self.columns), self._column(column)
        matrix = np.zeros((self._variables, max(self.choice_counts)))
        for term in found["terms"]:
            values = np.array(term["values"])[number::columns]
            if len(term["variables"]) == 1:
                matrix[term["variables"][0], : values.size] += values
            elif values.any():
                raise ValueError(
                    f"choices {term['variables']} cost together what they do not cost one by one")
        return matrix

    def _column(self, column: str | int) -> int:
        if isinstance(column, str):
            if column not in self.columns:
                raise KeyError(f"there is no column '{column}'; there are {', '.join(self.columns)}")
            return self.columns.index(column)
        return range(len(self.columns))[column]

    def _flat(self, probabilities: Any) -> np.ndarray:
        if not isinstance(probabilities, np.ndarray) and isinstance(probabilities, Sequence):
            parts = [np.asarray(p, dtype=np.float64).ravel() for p in probabilities]
            return np.concatenate(parts) if parts else np.empty(0)
        return np.ascontiguousarray(probabilities, dtype=np.float64).ravel()
