"""Where the words that decided stand in what was pasted.

Evidence tells a place in a field of the answer, whose text has no line ends, codes and quoting any more. So the words are looked for in
the paste without its white space, escapes and repeated codes. In linear time: pieces are joined and searched by str.find.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

SEARCHED = 65_536  # characters of a paste; four times as many would keep everybody else waiting for 0.3 s
_KEPT_AROUND = 600  # characters of an unmarked piece that are shown at each end

_BETWEEN = re.compile(r"\s+|=\r?\n|\\[rnt]")
_BETWEEN_AND_CODES = re.compile(r"(?m)^[ \t>]*[245]\d\d[- ](?:[245]\.\d{1,3}\.\d{1,3}(?= ))?|\s+|=\r?\n|\\[rnt]")


class Places:
    """A paste in which words are looked for; whatever was found once is not found again."""

    def __init__(self, text: str) -> None:
        self.text = text[:SEARCHED]
        self.taken: list[tuple[int, int, int]] = []  # start, end, number of the evidence
        self._squeezed = [_Squeezed(self.text, _BETWEEN), _Squeezed(self.text, _BETWEEN_AND_CODES)]

    def find(self, words: str, number: int, before: int | None = None) -> int | None:
        """Where the words begin, once they are marked with that number; None where they do not stand in the paste.

        before: a code stands last ahead of the words that it came with.
        """
        for squeezed in self._squeezed:
            for start, end in squeezed.each(words, before):
                cut = words[0].isdigit() and (self.text[start - 1 : start].isdigit() or self.text[end : end + 1].isdigit())
                if not cut and all(end <= a or start >= b for a, b, _ in self.taken):
                    self.taken.append((start, end, number))
                    return start
        return None

    def pieces(self, whole: str) -> list[dict[str, Any]]:
        """The paste in pieces, marked (`number`) and not; of a long unmarked one its ends."""
        found, at = list[dict[str, Any]](), 0
        for start, end, number in sorted(self.taken):
            found += _unmarked(whole[at:start], first=at == 0)
            found.append({"text": whole[start:end], "number": number})
            at = end
        return [*found, *_unmarked(whole[at:], first=at == 0, last=True)]


class _Squeezed:
    def __init__(self, text: str, between: re.Pattern[str]) -> None:
        self._between, pieces, at = between, list[str](), 0
        self._origins: list[int] = []
        for gap in (*between.finditer(text), None):
            end = len(text) if gap is None else gap.start()
            if end > at:
                pieces.append(text[at:end])
                self._origins.append(at)
            at = end if gap is None else gap.end()
        self._text = "".join(pieces)
        self._starts = [0, *accumulate(map(len, pieces))][:-1]

    def each(self, words: str, before: int | None) -> Iterator[tuple[int, int]]:
        needle = _BETWEEN.sub("", words)
        if not needle:
            return
        limit = len(self._text) if before is None else bisect_right(range(len(self._text)), before, key=self._origin)
        at = self._text.find(needle) if before is None else self._text.rfind(needle, 0, limit)
        for _ in range(50):
            if at < 0:
                return
            start, end = self._origin(at), self._origin(at + len(needle) - 1) + 1
            yield start, end
            at = self._text.find(needle, at + len(needle)) if before is None else self._text.rfind(needle, 0, at)

    def _origin(self, place: int) -> int:
        piece = bisect_right(self._starts, place) - 1
        return self._origins[piece] + place - self._starts[piece]


def _unmarked(text: str, *, first: bool = False, last: bool = False) -> Sequence[dict[str, Any]]:
    head, tail = (0 if first and not last else _KEPT_AROUND), (0 if last and not first else _KEPT_AROUND)
    if not text or len(text) <= 2 * _KEPT_AROUND + 200:
        return [{"text": text}] if text else []
    left = len(text) - head - tail
    return [{"text": part} for part in (text[:head], f"\n … {left:,} characters …\n", text[len(text) - tail :]) if part]
