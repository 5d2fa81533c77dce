"""Waiting for a condition instead of for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PAUSE_S = 0.05  # between two looks: short against everything waited for here, long against the look


class NeverHappened(AssertionError):
    """A condition stayed false for the whole timeout."""


def wait_until(look: Callable[[], T], what: str, *, timeout_s: float = 60) -> T:
    """Look until the result is true and return it. The timeout only bounds a failure, never a success.

    What `look` raises is passed on: it decides itself which errors mean "not yet".
    """
    deadline = time.monotonic() + timeout_s
    while not (result := look()):
        if time.monotonic() > deadline:
            raise NeverHappened(f"waited {timeout_s:g} s for {what}")
        time.sleep(PAUSE_S)
    return result
