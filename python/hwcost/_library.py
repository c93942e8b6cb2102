"""The shared library behind the package, through ctypes."""

from __future__ import annotations

import ctypes
import os
from typing import Any

__all__ = ["HwcostError", "abi_version", "call", "folders", "library", "text_and_free", "version"]

_ABI_VERSION = 1
_HERE = os.path.dirname(os.path.abspath(__file__))

_Pointer = ctypes.c_void_p
_Error = ctypes.POINTER(ctypes.c_void_p)
_Double = ctypes.c_void_p
# What each function takes and returns, as include/hwcost.h declares it. Arrays are addresses: numpy
# gives those without making a ctypes object of each.
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "hwcost_abi_version": (ctypes.c_int32, []),
    "hwcost_version": (ctypes.c_char_p, []),
    "hwcost_open": (ctypes.c_int32, [ctypes.c_char_p, ctypes.c_int32, _Error, _Error]),
    "hwcost_close": (None, [_Pointer]),
    "hwcost_request": (ctypes.c_int32, [_Pointer, ctypes.c_char_p, _Error, _Error]),
    "hwcost_table_open": (ctypes.c_int32, [_Pointer, ctypes.c_char_p, _Error, _Error]),
    "hwcost_table_close": (None, [_Pointer]),
    "hwcost_table_variables": (ctypes.c_int32, [_Pointer]),
    "hwcost_table_columns": (ctypes.c_int32, [_Pointer]),
    "hwcost_table_choices": (ctypes.c_int32, [_Pointer, ctypes.c_int32]),
    "hwcost_table_column_names": (ctypes.c_char_p, [_Pointer]),
    "hwcost_table_costs": (
        ctypes.c_int32,
        [_Pointer, _Double, ctypes.c_int64, ctypes.c_int32, _Double, ctypes.c_int32, _Error]),
    "hwcost_table_cost_of_text": (
        ctypes.c_int32, [_Pointer, ctypes.c_char_p, _Double, ctypes.c_int32, _Error]),
    "hwcost_table_distribution": (
        ctypes.c_int32, [_Pointer, _Double, ctypes.c_int64, _Double, _Double, _Double, _Error]),
    "hwcost_free": (None, [_Pointer]),
}


class HwcostError(ValueError):
    """A request that cannot be answered; the text says why and what to ask instead."""


def _load() -> ctypes.CDLL:
    named = os.environ.get("HWCOST_LIBRARY")
    path = named or os.path.join(_HERE, "lib", "libhwcostc.so")
    try:
        found = ctypes.CDLL(path)
    except OSError as mistake:
        raise ImportError(
            f"cannot load the library of hwcost: {mistake}; install the package from its wheel, "
            "or name a libhwcostc.so in $HWCOST_LIBRARY") from None
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(found, name)
        function.restype, function.argtypes = result, arguments
    if found.hwcost_abi_version() != _ABI_VERSION:
        raise ImportError(f"'{path}' is of another version of hwcost")
    return found


library = _load()


def abi_version() -> int:
    """The version of the library's interface."""
    return library.hwcost_abi_version()


def version() -> str:
    """The version of the library."""
    return library.hwcost_version().decode()


def folders() -> list[str]:
    """Where the package's own targets and networks are."""
    shipped = os.path.join(_HERE, "share", "hwcost")
    if os.path.isdir(shipped):
        return [shipped]
    source = os.path.dirname(os.path.dirname(_HERE))
    return [source] if os.path.isdir(os.path.join(source, "hwconfigs")) else []


def text_and_free(pointer: ctypes.c_void_p) -> str:
    """The text that the library handed over."""
    try:
        return ctypes.cast(pointer, ctypes.c_char_p).value.decode()
    finally:
        library.hwcost_free(pointer)


def call(function: Any, *arguments: Any) -> None:
    """Calls a function whose last argument is where its error goes.

    Raises ``HwcostError`` with the library's text.
    """
    error = ctypes.c_void_p()
    if function(*arguments, ctypes.byref(error)) != 0:
        text = text_and_free(error) if error.value else "unknown error"
        raise HwcostError(text.removeprefix("error: "))
