"""The ``hwcost`` command of the wheel."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Becomes the program that the wheel carries."""
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "hwcost")
    os.environ.setdefault("HWCOST_PYTHON", sys.executable)
    os.execv(program, [program, *sys.argv[1:]])
