"""A progress bar on stderr, for people only, and only when there is something to wait for."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_BLINK_S = 0.3


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Gives a function to call with (done, total). Nothing is drawn off a terminal, nor for a short moment."""
    started = time.monotonic()
    bar: Any = None
    task: Any = None
    drawn = sys.stderr.isatty()

    def advance(done: int, total: int) -> None:
        nonlocal bar, task
        if bar is None and drawn and time.monotonic() - started > _BLINK_S:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            bar = Progress(*columns, console=Console(stderr=True), transient=True)
            task = bar.add_task(what, total=total)
            bar.start()
        if bar is not None:
            bar.update(task, completed=done)

    try:
        yield advance
    finally:
        if bar is not None:
            bar.stop()
