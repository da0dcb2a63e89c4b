"""Coroutines in tests: a browser leaves its loop in the process's main thread, and no other starts beside it there."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def elsewhere(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the function gives, called in a thread of its own: `elsewhere(asyncio.run, coroutine)`."""
    with ThreadPoolExecutor(1, "elsewhere") as thread:
        return thread.submit(function, *args, **kwargs).result()
