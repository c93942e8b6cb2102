"""Reads pickles and torch files without running anything that is in them.

A pickle can name any function of any module and have it called. Here only plain values, the
containers of ``collections`` and numpy arrays are made; every other name is an error.
"""

from __future__ import annotations

import collections
import io
import pickle
import zipfile
from typing import Any

import numpy as np

__all__ = ["ForbiddenName", "load"]

_BUILTINS = {
    "bool": bool, "bytearray": bytearray, "bytes": bytes, "complex": complex, "dict": dict,
    "float": float, "frozenset": frozenset, "int": int, "list": list, "range": range, "set": set,
    "slice": slice, "str": str, "tuple": tuple,
}
_COLLECTIONS = {"OrderedDict": collections.OrderedDict, "deque": collections.deque}
_DTYPES = {
    "FloatStorage": np.float32, "DoubleStorage": np.float64, "HalfStorage": np.float16,
    "LongStorage": np.int64, "IntStorage": np.int32, "ShortStorage": np.int16,
    "CharStorage": np.int8, "ByteStorage": np.uint8, "BoolStorage": np.bool_,
}
# The largest file that is read into memory.
_LIMIT_BYTES = 4 << 30


class ForbiddenName(pickle.UnpicklingError):
    """A pickle names something that is neither plain data nor a numpy array."""


def _numpy_names() -> dict[tuple[str, str], Any]:
    """What numpy's own pickles name, under the module names of its old and new versions."""
    core = np.core if not hasattr(np, "_core") else np._core
    names: dict[tuple[str, str], Any] = {("numpy", "ndarray"): np.ndarray, ("numpy", "dtype"): np.dtype}
    for module in ("numpy.core", "numpy._core"):
        names[(f"{module}.multiarray", "_reconstruct")] = core.multiarray._reconstruct
        names[(f"{module}.multiarray", "scalar")] = core.multiarray.scalar
        names[(f"{module}.numeric", "_frombuffer")] = core.numeric._frombuffer
    return names


def _rebuild_tensor(storage: np.ndarray, offset: int, size: tuple, stride: tuple, *_: Any) -> np.ndarray:
    """A torch tensor as an array that owns its numbers, checked against its storage."""
    if len(size) != len(stride) or offset < 0 or any(n < 0 for n in (*size, *stride)):
        raise pickle.UnpicklingError("a tensor of an impossible shape")
    last = offset + sum((n - 1) * s for n, s in zip(size, stride))
    if 0 not in size and last >= storage.size:
        raise pickle.UnpicklingError("a tensor that reaches beyond its storage")
    strides = tuple(s * storage.itemsize for s in stride)
    return np.lib.stride_tricks.as_strided(storage[offset:], size, strides).copy()


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BufferedIOBase, storages: zipfile.ZipFile | None = None, root: str = ""):
        super().__init__(file)
        self._storages = storages
        self._root = root
        self._names = _numpy_names()

    def find_class(self, module: str, name: str) -> Any:
        if module in ("builtins", "__builtin__") and name in _BUILTINS:
            return _BUILTINS[name]
        if module == "collections" and name in _COLLECTIONS:
            return _COLLECTIONS[name]
        if (module, name) in self._names:
            return self._names[(module, name)]
        if self._storages is not None:
            if module == "torch._utils" and name in ("_rebuild_tensor", "_rebuild_tensor_v2"):
                return _rebuild_tensor
            if module == "torch" and name in _DTYPES:
                return name
        raise ForbiddenName(f"the file names '{module}.{name}', which is no plain data")

    def persistent_load(self, identifier: Any) -> Any:
        if self._storages is None or not isinstance(identifier, tuple) or len(identifier) != 5:
            raise ForbiddenName("the file refers to something outside of it")
        kind, dtype, key, _, count = identifier
        if kind != "storage" or dtype not in _DTYPES:
            raise ForbiddenName(f"the file refers to a '{kind}'")
        data = self._storages.read(f"{self._root}/data/{key}")
        return np.frombuffer(data, dtype=_DTYPES[dtype], count=count)


def load(path: str) -> Any:
    """The content of a pickle or of a file of ``torch.save``: plain values and numpy arrays.

    Raises ``ForbiddenName`` for anything else in it, ``pickle.UnpicklingError`` for a broken file
    and ``OSError`` for one that cannot be read.
    """
    with open(path, "rb") as file:
        start = file.read(4)
        file.seek(0, io.SEEK_END)
        if file.tell() > _LIMIT_BYTES:
            raise pickle.UnpicklingError(f"'{path}' is larger than 4 GiB")
        file.seek(0)
        if start[:2] == b"PK":
            return _load_torch(path)
        return _Unpickler(file).load()


def _load_torch(path: str) -> Any:
    with zipfile.ZipFile(path) as archive:
        entries = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(entries) != 1:
            raise pickle.UnpicklingError(f"'{path}' is no file of torch.save")
        root = entries[0][: -len("/data.pkl")]
        return _Unpickler(io.BytesIO(archive.read(entries[0])), archive, root).load()
