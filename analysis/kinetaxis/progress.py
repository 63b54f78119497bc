"""A bar for terminals and notebooks: tqdm's where it is installed, else a line of text."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any


class Progress:
    """Shows the share of work that is done. Without a terminal or a notebook it shows nothing.

    >>> with Progress("run", shown=False) as bar:
    ...     bar.reach(0.5)
    """

    def __init__(self, what: str, shown: bool = True):
        self.what, self.shown, self.start = what, shown and _is_watched(), time.monotonic()
        self.bar: Any = None

    def __enter__(self) -> Progress:
        if self.shown:
            try:
                from tqdm.auto import tqdm

                self.bar = tqdm(total=100, desc=self.what, unit="%", leave=False)
            except ImportError:
                pass
        return self

    def reach(self, share: float) -> None:
        """`share` of the work is done, from 0 to 1."""
        if self.bar is not None:
            self.bar.n = round(100 * share)
            self.bar.refresh()
        elif self.shown:
            seconds = time.monotonic() - self.start
            left = seconds * (1 / share - 1) if share > 0 else float("nan")
            filled = round(30 * share)
            bar = "#" * filled + "." * (30 - filled)
            print(f"\r{self.what} {bar} {100 * share:3.0f}%, {left:.0f} s left ", end="", file=sys.stderr)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.bar is not None:
            self.bar.close()
        elif self.shown:
            print("\r" + " " * 78 + "\r", end="", file=sys.stderr)


def _is_watched() -> bool:
    return sys.stderr.isatty() or "ipykernel" in sys.modules
