"""A pattern that is searched only where one of a few literals stands: looking for a literal costs a fiftieth of a search.

Every alternative of the pattern has to hold one of its signs, else a match would be lost without a word: tests/parse/test_guards.py
makes texts from each pattern and looks for the signs in them.
"""

import re
from collections.abc import Sequence


class GuardedPattern:
    """A compiled pattern. signs: literals in lower case, of which every text that it matches holds one."""

    __slots__ = ("pattern", "signs")

    def __init__(self, pattern: str, *, signs: Sequence[str], flags: int = 0) -> None:
        self.pattern = re.compile(pattern, flags)
        self.signs = tuple(signs)

    def may_match(self, lower: str) -> bool:
        """Whether a text, given in lower case, holds a sign. A loop, since any() makes a generator that costs more than the rest."""
        for sign in self.signs:  # noqa: SIM110
            if sign in lower:
                return True
        return False

    def search(self, text: str, lower: str | None = None) -> re.Match[str] | None:
        """The first match in `text`. `lower`: the same in lower case, where it is at hand."""
        return self.pattern.search(text) if self.may_match(text.lower() if lower is None else lower) else None
