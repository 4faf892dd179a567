"""What layouts share: the lines of a notice cut into blocks, one per recipient, and questions that all of them ask."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from bounce_verdict.model import RecipientStatus, SaidBy
from bounce_verdict.pipeline.parse.addresses import address_key
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply

# Possessive, so linear on any line.
ADDRESS = r"""[^\s<>()\[\],;:"|@]++@(?:\[[\w.:]++\]|[^\s<>()\[\],;:"'|@]++)"""
TO = f"(?P<to>{ADDRESS})"

Head = TypeVar("Head")


def split_blocks(
    lines: Iterable[str],
    sign: str,
    begin: Callable[[str, Head | None], Head | None],
    end: Callable[[str, bool], bool] | None = None,
) -> Iterator[tuple[Head | None, list[str]]]:
    """The lines as (head, lines below it) of each block, and as (None, lines) of what stands before, between and behind blocks.

    begin: the head that a line holds, None where it begins no block; asked of lines with `sign` in them, and with the head of
    the block that they stand in.
    end: whether a line, which belongs to no block then, ends the block, asked with whether words stand in that; without it the next head
    does.
    """
    head: Head | None = None
    block: list[str] = []
    has_words = False
    for line in lines:
        begun = begin(line, head) if sign in line else None
        if begun is not None or (head is not None and end is not None and end(line, has_words)):
            if head is not None or block:
                yield head, block
            head, block, has_words = begun, [], False
        else:
            block.append(line)
            has_words = has_words or not is_blank(line)
    if head is not None or block:
        yield head, block


def is_blank(line: str, _: bool = True) -> bool:  # noqa: FBT001, FBT002  # as the end of a block
    """Whether nothing stands in a line: what ends a paragraph."""
    return not line or line.isspace()


def is_blank_below_words(line: str, has_words: bool) -> bool:  # noqa: FBT001
    """Whether a line ends a block whose words a blank line may precede."""
    return has_words and is_blank(line)


def holds_any(text: str, marks: Sequence[str]) -> bool:
    """Whether one of the marks stands in the text. A loop, since any() makes a generator that costs more than the first mark."""
    for mark in marks:  # noqa: SIM110
        if mark in text:
            return True
    return False


def merge_copies(statuses: Iterable[RecipientStatus]) -> list[RecipientStatus]:
    """One status per address: a notice often says all twice, as plain text and as HTML, or in two languages."""
    kept: dict[str, RecipientStatus] = {}
    for status in statuses:
        key = address_key(status.recipient or "")
        if key not in kept or (status.reply and not kept[key].reply):
            kept[key] = status
    return list(kept.values())


def said_by(reply: str) -> SaidBy:
    """Who speaks, by the look of it: a text that begins with a reply code is a server's, any other the program's own."""
    return "remote" if is_reply(reply) else "local"
