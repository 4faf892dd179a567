"""The places for large bodies: how many of them this process holds at once. A place is held by `async with`."""

import asyncio
from typing import Self


class Places:
    """So many places."""

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)

    def one(self) -> "Place":
        """A place that is not taken yet; `async with` gives it back if it is."""
        return Place(self._free)


class Place:
    """One of the places, taken only when a body turns out to be large."""

    __slots__ = ("_free", "_taken")

    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free = free
        self._taken = False

    async def __aenter__(self) -> Self:
        """Nothing is taken yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Give the place back."""
        self.leave()

    async def take(self, patience: float = 0) -> bool:
        """Take the place, unless it is taken; False where none comes free within `patience` seconds."""
        if not self._taken:
            try:
                async with asyncio.timeout(patience):
                    await self._free.acquire()  # does not wait where one is free
            except TimeoutError:
                return False
            self._taken = True
        return True

    def leave(self) -> None:
        """Give the place back, if it is taken."""
        if self._taken:
            self._taken = False
            self._free.release()
