"""What is asked about short texts again and again, and kept: a status, a mailer's name, a server's."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

T = TypeVar("T")


def cache_texts(max_length: int, max_entries: int = 256) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """A decorator: the last `max_entries` answers of a pure function are kept, for texts of up to `max_length` characters.

    Longer texts are rarely the same, and a hostile mail's would fill memory.
    """

    def decorate(function: Callable[[str], T]) -> Callable[[str], T]:
        kept = lru_cache(maxsize=max_entries)(function)

        @wraps(function)
        def ask(text: str) -> T:
            return kept(text) if len(text) <= max_length else function(text)

        return ask

    return decorate
