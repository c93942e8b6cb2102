"""Reads pickles and torch files without running anything that is in them.

A pickle can name any function of any module and have it called. Here only plain values, the
containers of ``collections`` and numpy arrays are made; every other name is an error.
"""

from __future__ import annotations

import collections
import io
import pickle
import struct
import zipfile
from typing import Any, Callable

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
# What starts a file of torch.save before torch 1.6: two numbers, each a pickle of its own.
_OLD_TORCH = (0x1950A86A20F9469CFC6C, 1001)
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


def _encoded(text: str, encoding: str) -> bytes:
    """Bytes as Python 3 writes them in the pickles of Python 2."""
    if encoding != "latin1":
        raise ForbiddenName(f"the file encodes text as '{encoding}'")
    return text.encode("latin1")


def _rebuild_tensor(storage: np.ndarray, offset: int, size: tuple, stride: tuple, *_: Any) -> np.ndarray:
    """A torch tensor as a view of its storage, checked against it."""
    if len(size) != len(stride) or offset < 0 or any(n < 0 for n in (*size, *stride)):
        raise pickle.UnpicklingError("a tensor of an impossible shape")
    last = offset + sum((n - 1) * s for n, s in zip(size, stride))
    if 0 not in size and last >= storage.size:
        raise pickle.UnpicklingError("a tensor that reaches beyond its storage")
    strides = tuple(s * storage.itemsize for s in stride)
    return np.lib.stride_tricks.as_strided(storage[offset:], size, strides)


class _Unpickler(pickle.Unpickler):
    """``storage`` gives the numbers of torch's tensors, by their key, type and count."""

    def __init__(
        self, file: io.BufferedIOBase,
        storage: Callable[[Any, Any, int], np.ndarray] | None = None,
    ) -> None:
        super().__init__(file)
        self._storage = storage
        self._names = _numpy_names()

    def find_class(self, module: str, name: str) -> Any:
        if module in ("builtins", "__builtin__") and name in _BUILTINS:
            return _BUILTINS[name]
        if module == "collections" and name in _COLLECTIONS:
            return _COLLECTIONS[name]
        if (module, name) in self._names:
            return self._names[(module, name)]
        if (module, name) == ("_codecs", "encode"):
            return _encoded
        if self._storage is not None:
            if module == "torch._utils" and name in ("_rebuild_tensor", "_rebuild_tensor_v2"):
                return _rebuild_tensor
            if module == "torch" and name in _DTYPES:
                return name
        raise ForbiddenName(f"the file names '{module}.{name}', which is no plain data")

    def persistent_load(self, identifier: Any) -> Any:
        if self._storage is None or not isinstance(identifier, tuple) or len(identifier) < 5:
            raise ForbiddenName("the file refers to something outside of it")
        kind, dtype, key, _, count, *view = identifier
        if kind != "storage" or dtype not in _DTYPES:
            raise ForbiddenName(f"the file refers to a '{kind}'")
        if not isinstance(count, int) or count < 0 or view not in ([], [None]):
            raise pickle.UnpicklingError("a storage of an impossible size")
        return self._storage(key, _DTYPES[dtype], count)


def load(path: str) -> Any:
    """The content of a pickle or of a file of ``torch.save``: plain values and numpy arrays.

    Raises ``ForbiddenName`` for anything else in it, ``pickle.UnpicklingError`` for a broken file
    and ``OSError`` for one that cannot be read.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(2)
            if file.seek(0, io.SEEK_END) > _LIMIT_BYTES:
                raise pickle.UnpicklingError(f"'{path}' is larger than 4 GiB")
            file.seek(0)
            if start == b"PK":
                return _load_torch(path)
            content = _Unpickler(file).load()
            if type(content) is int and content == _OLD_TORCH[0]:
                return _load_old_torch(file)
            return content
    except (OSError, pickle.UnpicklingError):
        raise
    except Exception as mistake:  # What is broken can raise anything.
        raise pickle.UnpicklingError(str(mistake) or type(mistake).__name__) from mistake


def _load_torch(path: str) -> Any:
    with zipfile.ZipFile(path) as archive:
        entries = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(entries) != 1:
            raise pickle.UnpicklingError(f"'{path}' is no file of torch.save")
        root = entries[0][: -len("/data.pkl")]
        known: dict[Any, bytearray] = {}

        def storage(key: Any, dtype: Any, count: int) -> np.ndarray:
            if key not in known:
                known[key] = bytearray(archive.read(f"{root}/data/{key}"))
            return np.frombuffer(known[key], dtype=dtype, count=count)

        return _Unpickler(io.BytesIO(archive.read(entries[0])), storage).load()


def _load_old_torch(file: io.BufferedIOBase) -> Any:
    """What follows the first number: the object, its storages' keys, and the numbers of each."""
    if _Unpickler(file).load() != _OLD_TORCH[1]:
        raise pickle.UnpicklingError("a file of torch.save of an unknown version")
    if not _Unpickler(file).load().get("little_endian"):
        raise pickle.UnpicklingError("a file of torch.save with the high byte of numbers first")
    start = file.tell()
    size = file.seek(0, io.SEEK_END)
    file.seek(start)
    storages: dict[Any, np.ndarray] = {}

    def storage(key: Any, dtype: Any, count: int) -> np.ndarray:
        if count * np.dtype(dtype).itemsize > size:
            raise pickle.UnpicklingError("a storage that is larger than the file")
        # Its numbers come later, and tensors are views of it until then.
        return storages.setdefault(key, np.zeros(count, dtype=dtype))

    content = _Unpickler(file, storage).load()
    for key in _Unpickler(file).load():
        own = storages.get(key)
        if own is None or struct.unpack("<q", file.read(8))[0] != own.size:
            raise pickle.UnpicklingError("a storage of another size than the file says")
        data = file.read(own.nbytes)
        own[:] = np.frombuffer(data, dtype=own.dtype, count=own.size)
    return content
