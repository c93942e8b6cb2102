"""Networks in, costs out."""

from __future__ import annotations

import ctypes
import json
import os
from typing import Any, Iterator, Sequence

import numpy as np

from ._library import HwcostError, call, folders, library, text_and_free
from .table import CostTable

__all__ = ["BatchCosts", "Estimator", "Report"]


# The figures of a network, in the order of a table's columns.
_COLUMNS = ("latency_ms", "energy_mj", "dram_bytes", "macs", "params")


class Report:
    """What something costs, with the keys of the command line's JSON as attributes.

    Of a network ``latency_ms`` (milliseconds), ``energy_mj`` (millijoules), ``dram_bytes``, ``macs``,
    ``params``, ``layers`` and so on; of a layer ``energy_pj`` (picojoules) and ``cycles``. A figure that
    the target does not tell is ``None``; a name that is no key raises ``AttributeError``.
    """

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._values:
            raise AttributeError(f"the report has no '{name}'")
        return _wrapped(self._values[name])

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._values]

    def __reduce__(self) -> Any:
        return (Report, (self._values,))

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values."""
        return self._values

    def __repr__(self) -> str:
        names = ("target", "arch", "layer", "latency_ms", "energy_mj", "energy_pj")
        shown = ", ".join(f"{n}={self._values[n]!r}" for n in names if n in self._values)
        return f"Report({shown})"


def _wrapped(value: Any) -> Any:
    if isinstance(value, dict):
        return Report(value)
    if isinstance(value, list):
        return [_wrapped(element) for element in value]
    return value


class BatchCosts:
    """Costs of many networks, an array a column: ``costs.latency_ms`` or ``costs["latency_ms"]``.

    A column's name ends in its unit: milliseconds, millijoules, bytes. One that is not there raises
    ``KeyError``, or ``AttributeError`` behind a dot.
    """

    def __init__(self, columns: Sequence[str], values: np.ndarray) -> None:
        #: Names of the columns; ``target.latency_ms`` and the like where there are several targets.
        self.columns = tuple(columns)
        #: ``[networks, columns]``.
        self.values = values

    def __getitem__(self, column: str) -> np.ndarray:
        if column not in self.columns:
            raise KeyError(f"there is no column '{column}'; there are {', '.join(self.columns)}")
        return self.values[:, self.columns.index(column)]

    def __getattr__(self, column: str) -> np.ndarray:
        if column.startswith("_") or column not in self.columns:
            raise AttributeError(f"there is no column '{column}'")
        return self[column]

    def __reduce__(self) -> Any:
        return (BatchCosts, (self.columns, self.values))

    def __len__(self) -> int:
        return len(self.values)


class Estimator:
    """Targets, networks and what has been found out about them.

    ``config`` are folders where targets are looked up first, as with ``hwcost --config``.
    ``threads`` work on one call; all processors unless given. An estimator may be used from any
    thread, goes on in a process that was forked, and can be pickled. Its methods raise
    ``HwcostError``, a ``ValueError``, for names that are not there and whatever else cannot be
    answered; the text says what to ask instead.
    """

    def __init__(self, config: str | Sequence[str] = (), threads: int | None = None) -> None:
        self._config = [config] if isinstance(config, str) else [os.fspath(c) for c in config]
        self._threads = threads
        self._tables: dict[str, CostTable] = {}
        self._members: dict[str, np.ndarray] = {}
        self._process = os.getpid()
        self._pointer = self._open(threads or 0)

    def _open(self, threads: int) -> int:
        environment = [f for f in os.environ.get("HWCOST_CONFIG", "").split(":") if os.path.isdir(f)]
        paths = ":".join(self._config + environment + folders()).encode()
        handle = ctypes.c_void_p()
        call(library.hwcost_open, paths, threads, ctypes.byref(handle))
        return handle.value

    @property
    def _handle(self) -> int:
        # A child has none of its parent's threads: it goes on with a handle of its own that uses
        # no others, and leaves the parent's alone.
        if os.getpid() != self._process:
            self._process = os.getpid()
            self._pointer = self._open(1)
        return self._pointer

    def __del__(self) -> None:
        if getattr(self, "_pointer", None) is not None and os.getpid() == self._process:
            library.hwcost_close(self._pointer)
            self._pointer = None

    def __reduce__(self) -> Any:
        return (Estimator, (self._config, self._threads))

    def request(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answers a request in the form of ``hwcost serve``: the members of its reply."""
        reply = ctypes.c_void_p()
        text = json.dumps(request).encode()
        call(library.hwcost_request, self._handle, text, ctypes.byref(reply))
        return json.loads(text_and_free(reply))

    def targets(self) -> list[str]:
        """The names of all targets."""
        return [target["name"] for target in self.request({"op": "targets"})["targets"]]

    def spaces(self) -> list[str]:
        """The names of all search spaces."""
        return [space["name"] for space in self.request({"op": "spaces"})["spaces"]]

    def cost(
        self, arch: str | int | Sequence[int], space: str, target: str, *,
        per_layer: bool = False, **options: Any,
    ) -> Report:
        """What one network costs: ``arch`` is a text, an index, or a list of choices.

        ``options`` are those of the command line: ``objective``, ``factors``, ``counting``,
        ``batch`` (images), ``eliminate_dead_nodes``, and ``set``, a dictionary of key paths and texts
        with units. ``per_layer`` adds ``layers``.
        """
        if not isinstance(arch, (str, int, np.integer)):
            arch = self._text(space, arch)
        named = {"arch": arch} if isinstance(arch, str) else {"index": int(arch)}
        reply = self.request({
            "op": "cost", "target": target, "space": space, **named, "per_layer": per_layer,
            **options})
        return Report(reply["reports"][0])

    def network(self, name: str, target: str, *, per_layer: bool = False, **options: Any) -> Report:
        """What a network of ``networks/``, or of a file, costs; options as of ``cost``."""
        reply = self.request({
            "op": "cost", "target": target, "network": name, "per_layer": per_layer, **options})
        return Report(reply["reports"][0])

    def map(self, layer: str, target: str, **options: Any) -> Report:
        """The best way to run a layer, such as ``conv c=16 k=16 h=32 r=3 pad=1``: ``cycles``,
        ``latency_ms``, ``energy_pj``, ``levels`` and ``mapping``. Options as of ``cost``."""
        return Report(self.request({"op": "map", "target": target, "layer": layer, **options}))

    def table(self, space: str, target: str | Sequence[str], **options: Any) -> CostTable:
        """The costs of a whole search space; the same question gives the same table.

        ``columns`` chooses figures, ``["latency_ms"]`` for example; other options as of ``cost``.
        Raises ``HwcostError`` where costs do not add up over choices.
        """
        targets = [target] if isinstance(target, str) else list(target)
        request = {"target": targets, "space": space, **options}
        key = json.dumps(request, sort_keys=True)
        if key not in self._tables:
            self._tables[key] = CostTable(self, request)
        return self._tables[key]

    def batch(
        self, archs: Any, space: str, target: str | Sequence[str], **options: Any,
    ) -> BatchCosts:
        """Costs of many networks, from an array of choices ``[networks, variables]``, a list of
        texts, or a list of indices; options as of ``table``.

        Where the target has no table of the space, networks are costed one by one: an FPGA design's
        costs do not add up over choices, and a measured device may lack entries that none of these
        networks needs.

        Raises ``HwcostError`` for choices, texts and indices that the space has not, ``TypeError`` for
        numbers that are not whole, ``ValueError`` for an array of another shape.
        """
        try:
            table = self.table(space, target, **options)
        except HwcostError:
            if not len(archs):
                raise
            return self._one_by_one(archs, space, target, **options)
        if len(archs) and isinstance(archs[0], str):
            values = np.stack([table.cost(text) for text in archs])
        else:
            choices = np.asarray(archs)
            if choices.ndim == 1 and choices.size:
                choices = self._choices_of(choices, space)
            elif choices.size == 0:
                choices = np.empty((0, len(table.choice_counts)), dtype=np.int32)
            values = table.costs(choices)
        return BatchCosts(table.columns, values)

    def _one_by_one(
        self, archs: Any, space: str, target: str | Sequence[str],
        columns: Sequence[str] | None = None, **options: Any,
    ) -> BatchCosts:
        """What ``batch`` gives, network by network."""
        targets = [target] if isinstance(target, str) else list(target)
        named: dict[str, Any] = {"arch": list(archs)}
        if not isinstance(archs[0], str):
            rows = np.asarray(archs)
            if rows.dtype.kind not in "iu":
                raise TypeError(f"choices and indices are whole numbers, not {rows.dtype}")
            if rows.ndim == 1:
                named = {"index": rows.tolist()}
            else:
                named["arch"] = self.request(
                    {"op": "texts", "space": space, "choices": rows.tolist()})["texts"]
        reports = self.request(
            {"op": "cost", "target": targets, "space": space, **named, **options})["reports"]
        names, values = [], []
        for number, own in enumerate(targets):
            part = reports[number * len(archs):(number + 1) * len(archs)]
            for column in _COLUMNS if columns is None else columns:
                figures = [report.get(column) for report in part]
                if None not in figures:
                    names.append(column if len(targets) == 1 else f"{own}.{column}")
                    values.append(figures)
        return BatchCosts(names, np.array(values, dtype=np.float64).T)

    def members(self, space: str) -> np.ndarray:
        """The choices of every member of a space that has indices, ``[networks, variables]``; int32.

        Raises ``HwcostError`` for a space that is too large to list.
        """
        if space not in self._members:
            reply = self.request({"op": "members", "space": space})
            self._members[space] = np.array(reply["choices"], dtype=np.int32)
        return self._members[space]

    def _choices_of(self, indices: np.ndarray, space: str) -> np.ndarray:
        members = self.members(space)
        if indices.dtype.kind not in "iu":
            raise TypeError(f"indices are whole numbers, not {indices.dtype}")
        if (indices < 0).any() or (indices >= len(members)).any():
            raise HwcostError(f"an index is outside of {space}: write 0 to {len(members) - 1}")
        return members[indices]

    def _text(self, space: str, choices: Sequence[int]) -> str:
        reply = self.request({
            "op": "texts", "space": space, "choices": [[int(c) for c in choices]]})
        return reply["texts"][0]
