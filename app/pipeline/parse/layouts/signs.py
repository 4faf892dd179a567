"""Which layouts can know a notice at all: by literals of theirs, found in one pass over its words instead of one search each.

A literal that holds whole words ("Transcript of session follows" holds "of" and "session") stands in no text without these
words, so that the set of the text's words rules out nearly all of them at once. One that holds none is searched for where its
rarest letter stands in the text.
"""

from collections.abc import Iterable, Sequence

from app.model import Notice

# Words of every other bounce: they rule out little, and are looked at last.
_COMMON = frozenset({
    "address", "addresses", "be", "by", "could", "deliver", "delivered", "delivery", "following", "for", "had", "mail",
    "message", "not", "of", "recipient", "recipients", "the", "to", "was", "your",
})  # fmt: skip
_RARE = '#_["ZXQJKVWGYUBFHLNIDORPMCAETS>'  # letters of literals, the rarest of bounces first

_Entry = tuple[str, frozenset[str], int]


class Signs:
    """An index over groups of literals; each group is known by its place."""

    def __init__(self, groups: Iterable[Sequence[str]]) -> None:
        self._by_letter: dict[str, list[_Entry]] = {}
        self._by_word: dict[str, list[_Entry]] = {}
        for number, literals in enumerate(groups):
            for literal in literals:
                words = frozenset(literal.split(" ")[1:-1]) - {""}
                if words:
                    telling = max(sorted(words), key=lambda word: (word not in _COMMON, len(word)))
                    self._by_word.setdefault(telling, []).append((literal, words, number))
                else:
                    rarest = next((letter for letter in _RARE if letter in literal), literal[:1])
                    self._by_letter.setdefault(rarest, []).append((literal, words, number))
        self._words = frozenset(self._by_word)

    def found(self, notice: Notice) -> set[int]:
        """The groups of which a literal stands in the notice's text."""
        text, words = notice.text, notice.words
        entries = [entry for letter, entries in self._by_letter.items() if letter in text for entry in entries]
        for word in self._words & words:
            entries += self._by_word[word]
        return {number for literal, needed, number in entries if needed <= words and literal in text}
