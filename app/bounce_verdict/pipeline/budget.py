"""What one message may cost, and the warnings of reading it: the one place where work is counted and warnings are kept.

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
FLANKER = 8  # a message read by flanker
SENTENCES = 8  # a text searched for a sentence of failure
ADDRESSES = 36  # the same of a line with an at sign, and for addresses
UNICODE_NAME = 4  # a domain that is not plain ASCII, folded once for all comparisons
JUDGED = 2  # a reply read, and matched in the first stage
# The same matched in so many further stages: in the two that nearly all replies need at the least price.
SCANNED = (0, 5, 10, 50, 90)
CLAIMED = 4  # a reply that calls somebody dead looked through for doubts, our names, quotations, where he has moved to
CLAIMED_LONG = 50  # the same behind its first `LONG` characters: nearly no such reply has so many
MASKED = 30  # a reply's identifiers looked for, so that their words do not count
CAREFUL = 48  # a reply that is not plain, besides: what it quotes is read and matched as well
# Prices of other things.
# Judging a recipient, whatever is said of him: a report on ten thousand is judged whole where rules know the words, some 400 of them on
# the event loop.
RECIPIENT = 400
CAREFUL_REPLY = 5_500  # a reply that is not plain, besides, however short
REPEATED = 600  # a word that comes again in a reply in which a third do: each goes a long way into many patterns
DOUBT = 450  # a doubt that a reply seems to raise
CONTACT = 2_600  # an address in a reply that may be there to be asked
ENCODED_LABEL = 3_000  # a label of a domain ("xn--…", RFC 5890) decoded wherever addresses are compared
SEARCH = 64  # bytes that are searched for a boundary at the price of one unit

LONG = 200  # characters of a reply
_BEGINNING = 4  # letters by which words are told apart

_RESERVE = 2  # one part of so many is kept for whom the message is about: what costs much to read must not cost them their answer


def cost_of_scans(text: str, stages: int) -> int:
    """What scanning a text for so many stages behind the first costs."""
    if not stages:
        return 0
    words = text.split()
    return SCANNED[stages] * len(text) + REPEATED * max(0, len(words) - 3 * len({word[:_BEGINNING] for word in words}) // 2)


def cost_of_claim(text: str, doubts: int) -> int:
    """What looking through the text of a reply that calls somebody dead costs, where it seems to raise so many doubts."""
    return CLAIMED * len(text) + CLAIMED_LONG * max(0, len(text) - LONG) + DOUBT * doubts


class Budget:
    """The work that one message may still cost.

    warnings: what was left unread or cannot be trusted, one sentence each, each once.
    exhausted: whether anything was left unread because the work was spent.
    """

    __slots__ = ("_kept", "_left", "_total", "exhausted", "warnings")

    def __init__(self, total: int) -> None:
        self._total = total
        self._kept = total // _RESERVE
        self._left = total - self._kept
        self.warnings: list[str] = []
        self.exhausted = False

    def spend(self, cost: int) -> bool:
        """Take `cost`; False where that is more than what is left, and then nothing is left and the message says so."""
        self._left -= cost
        if self._left >= 0:
            return True
        self._left = 0
        self.exhausted = True
        self.warn(
            f"the work that one message may cost ({self._total} units) was spent: what would have cost more was left unread"
        )
        return False

    def afford(self, length: int, price: int) -> int:
        """How many of `length` characters may be read at `price`; they are paid."""
        left = self._left // price
        return length if self.spend(length * price) else left

    def release_reserve(self) -> None:
        """Make available what was kept for finding and judging the recipients: the message is read."""
        self._left += self._kept
        self._kept = 0

    def warn_of_cut_lines(self, lines: Sequence[str], max_lines: int, max_line: int) -> None:
        """Warn of what is left unread of these lines where `max_lines` are read, each up to `max_line` characters."""
        if len(lines) > max_lines:
            self.warn(f"only the first {max_lines} lines of a text were read")
            lines = lines[:max_lines]
        if len(max(lines, key=len, default="")) > max_line:
            self.warn(f"lines longer than {max_line} characters were read only so far")

    def warn(self, sentence: str) -> None:
        """Keep a warning for the answer."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def warn_first(self, sentence: str) -> None:
        """Keep a warning that stands above all others."""
        self.warnings.insert(0, sentence)
