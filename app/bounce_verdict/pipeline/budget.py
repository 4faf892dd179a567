"""What one message may cost, and what was left unread of it: the one place where work is counted and cuts are noted.

Work is counted in characters, not in time: the same message meets the same bound on every machine. A step asks before it begins,
at its price: how many times as long as a plain look at a character it takes, from measurement (a unit is about 10 ns).
"""

from collections.abc import Sequence

# Prices of a character or byte.
TEXT = 6  # a part decoded and cut into lines
REPORT = 4  # a report part decoded, its fields read; fields in a part of another type, besides
UNICODE_REPORT = 6  # a report part with other than ASCII: names are compared letter by letter
ODD_TEXT = 16  # a part that is no UTF-8: line by line, maybe a guess at its charset
HEAD = 4  # a header block of a part cut into fields
HTML = 16  # a tree built and walked
WHOLE = 8  # a message read by the second reader
JUDGED = 6  # a reply read and matched
CAREFUL = 48  # the same of one that is not plain, besides: what it quotes is read and matched as well
# Prices of other things.
RECIPIENT = 700  # judging a recipient, whatever its text
SEARCH = 64  # bytes that are searched for a boundary at the price of one unit

_JUDGING = 2  # one part of so many is kept for judging: what costs much to read must not cost the recipients their answer


class Budget:
    """The work that one message may still cost, and `cuts`: what was left unread for any bound, one sentence each, each once.

    exhausted: whether anything was left unread because the work was spent.
    """

    __slots__ = ("_kept", "_left", "_most", "cuts", "exhausted")

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept = most // _JUDGING
        self._left = most - self._kept
        self.cuts: list[str] = []
        self.exhausted = False

    def spend(self, cost: int) -> bool:
        """Take `cost`; False where that is more than what is left, and then nothing is left and the message says so."""
        self._left -= cost
        if self._left >= 0:
            return True
        self._left = 0
        self.exhausted = True
        self.cut(f"the work that one message may cost ({self._most} units) was spent: what would have cost more was left unread")
        return False

    def afford(self, length: int, price: int) -> int:
        """How many of `length` characters may be read at `price`; they are paid."""
        left = self._left // price
        return length if self.spend(length * price) else left

    def begin_judging(self) -> None:
        """Make available what was kept for judging."""
        self._left += self._kept
        self._kept = 0

    def note_lines(self, lines: Sequence[str], most: int, longest: int) -> None:
        """Note what is cut of these lines where `most` are read, each up to `longest` characters."""
        if len(lines) > most:
            self.cut(f"only the first {most} lines of a text were read")
            lines = lines[:most]
        if len(max(lines, key=len, default="")) > longest:
            self.cut(f"lines longer than {longest} characters were read only so far")

    def cut(self, sentence: str) -> None:
        """Note what was left unread."""
        if sentence not in self.cuts:
            self.cuts.append(sentence)
