"""The reader of notices that a row of data describes: a list of recipients between two marks, and by each the words that say why.

A program's `Shape` is such a row. shapes.py holds those of programs that need no more; a layout that does something besides has its own.
Every pattern starts with an anchor or a literal and is possessive where it repeats: linear on any line.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from functools import partial

from bounce_verdict.model import Action, Notice, RecipientStatus, value
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import holds_any, merge_copies, said_by, split_blocks
from bounce_verdict.pipeline.parse.reply.reply_lines import is_reply, join_reply
from bounce_verdict.pipeline.parse.smtp_commands import command_of_phrase

_RULER = re.compile(r"\W*(?:-{3,}|={3,}|\*{3,}|_{3,})")
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}[ :]")
_MAX_PAIRS = 10_000  # recipients times replies that are searched for each other; beyond, only the order counts


@value
class Shape:
    """How one program lays out its notice. Patterns are tried on single lines, with `search`.

    marks: literals of which one must stand in the text, tried first: most notices are not this program's.
    recipient: a recipient's line; group `to`, and `reply`, `host`, `command` where the line names them too.
    start, end: lines before the first and from the second on are not read. `start` may itself be a recipient's line.
    reply: the line where the words begin (groups as above); None: any line that is no ruler. They run to a blank line.
    command: a line that names the command, group `command`.
    skip: lines that are never part of the words.
    also: a literal that must stand in the text as well, where the marks are words that people use.
    header: a header field (lower case) that must be there as well.
    """

    name: str
    marks: Sequence[str]
    recipient: re.Pattern[str]
    start: re.Pattern[str] | None = None
    end: re.Pattern[str] | None = None
    reply: re.Pattern[str] | None = None
    command: re.Pattern[str] | None = None
    skip: re.Pattern[str] | None = None
    also: str = ""
    header: str | None = None
    action: Action = "failed"


@value
class Words:
    """One explanation: its lines, and the host and command that stood beside it."""

    lines: list[str]
    host: str | None = None
    command: str | None = None

    @property
    def text(self) -> str:
        """The lines as one reply: folds undone, a server's own line ends kept."""
        return join_reply(self.lines)


@value
class Block:
    """A recipient and all that stands between it and the next one. What stands ahead of the first is a block without recipient.

    other: lines of it that are words, yet not those of the shape's `reply`. on_line: the words stand on the recipient's own line.
    """

    recipient: str | None
    said: list[Words] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    on_line: bool = False


def read_shape(notice: Notice, shape: Shape) -> list[RecipientStatus]:
    """The recipients of a notice of this shape, each with its reply; [] for any other notice."""
    if shape.also not in notice.text or (shape.header is not None and notice.message.headers.get(shape.header) is None):
        return []
    return read_blocks(notice, shape) if holds_any(notice.text, shape.marks) else []


def read_blocks(notice: Notice, shape: Shape) -> list[RecipientStatus]:
    """The same of a notice that is known to be of this shape."""
    return merge_copies(_status(block, shape) for block in recipient_blocks(notice, shape))


def signs_of(shape: Shape) -> Sequence[str]:
    """Literals of which one stands in every notice of this shape: of `marks` and `also` those that say more."""
    return (shape.also,) if len(shape.also) > len(min(shape.marks, key=len)) else shape.marks


def _section(lines: Sequence[str], start: re.Pattern[str] | None, end: re.Pattern[str] | None) -> Iterator[str]:
    """The lines from `start` (with it) to `end` (without it)."""
    begun = start is None
    for line in lines:
        if not begun:
            begun = start is not None and start.search(line) is not None
            if not begun:
                continue
        elif end is not None and end.search(line):
            return
        yield line


def recipient_blocks(notice: Notice, shape: Shape) -> list[Block]:
    """One block per recipient, with the words that are about it."""
    lines = _section(notice.lines, shape.start, shape.end)
    ahead = Block(None)
    blocks = []
    for hit, below in split_blocks(lines, "@", partial(_recipient, shape)):
        if hit is not None:
            blocks.append(_block(hit, below, shape))
        elif shape.reply:
            _fill(ahead, below, shape)
        elif shape.start:
            # without a mark where to start, what stands ahead of the recipients is an introduction, not a reason
            _fill(ahead, below[1:], shape)
    _share(ahead, blocks)
    return blocks


def _recipient(shape: Shape, line: str, _inside: object) -> tuple[str, re.Match[str]] | None:
    hit = shape.recipient.search(line)
    address = clean_address(hit["to"]) if hit else None
    return (address, hit) if hit and address else None


def _block(head: tuple[str, re.Match[str]], below: Iterable[str], shape: Shape) -> Block:
    address, hit = head
    found = hit.groupdict()
    block = Block(address, on_line=bool(found.get("reply")))
    if block.on_line:
        block.said.append(Words([found["reply"].strip()], found.get("host"), found.get("command")))
        _fill(block, below, shape, open_words=True)
    else:
        _fill(block, [hit.string[hit.end() :], *below] if shape.reply else below, shape)
    return block


def _fill(block: Block, lines: Iterable[str], shape: Shape, *, open_words: bool = False) -> None:
    for line in lines:
        open_words = _take(line, block, shape, open_words=open_words)


def _take(line: str, block: Block, shape: Shape, *, open_words: bool) -> bool:
    """Put a line where it belongs in its block. True while the words may go on in the next line."""
    if shape.command and (hit := shape.command.search(line)):
        block.commands.append(hit["command"])
        return False
    if not line.strip() or _RULER.match(line) or (shape.skip and shape.skip.search(line)):
        return False
    if shape.reply is None:
        if open_words:
            block.said[-1].lines.append(line.strip())
        elif not block.said:
            block.said.append(Words([line.strip()]))
        else:
            return False
        return True
    hit = shape.reply.search(line)
    if hit and not (open_words and hit["reply"][:3] == block.said[-1].lines[0][:3] and is_reply(hit["reply"])):
        found = hit.groupdict()
        block.said.append(Words([found["reply"].strip()], found.get("host"), found.get("command")))
        return True
    if open_words:  # the next line of one reply (RFC 5321 §4.2.1), or of one sentence
        block.said[-1].lines.append(hit["reply"].strip() if hit else line.strip())
    else:
        block.other.append(line.strip())
    return open_words


def _share(ahead: Block, blocks: Sequence[Block]) -> None:
    """Give recipients that are listed together the words that follow the list; those without any, the words ahead of the list.

    Where several replies follow one list, each goes to the recipient it names, else by order where the counts agree. A recipient with
    words below it stands in no list with the next one, whose reply is not its own; nor is one that stands on the next one's line.
    """
    group: list[Block] = []
    for number, block in enumerate(blocks):
        if not block.said and block.other and number < len(blocks) - 1:
            block.said.append(Words(block.other))
        if block.on_line:
            _give(ahead, group)
            group = []
        group.append(block)
        if not block.said:
            continue
        if len(group) > 1:
            _deal(group, block.said[:])
        group = []
    _give(ahead, group)
    for block in blocks:
        if not block.commands:
            block.commands[:] = ahead.commands


def _give(ahead: Block, group: Sequence[Block]) -> None:
    for block in group:
        block.said[:] = ahead.said


def _deal(group: Sequence[Block], said: Sequence[Words]) -> None:
    named = len(group) * len(said) <= _MAX_PAIRS
    for number, block in enumerate(group):
        own = [words for words in said if named and (block.recipient or "") in words.text]
        if not own:
            own = list(said) if len(said) == 1 else [said[number]] if len(said) == len(group) else []
        block.said[:] = own


def _status(block: Block, shape: Shape) -> RecipientStatus:
    words = _best_words(block.said)
    commands = [words.command] if words and words.command else block.commands
    return RecipientStatus(
        recipient=block.recipient,
        recipient_source="text",
        action=shape.action,
        remote_mta=words.host if words else None,
        reply=words.text if words else None,
        said_by=said_by(words.text) if words else None,
        command=command_of_phrase(commands[0]) if commands else None,
        read_by=shape.name,
    )


def _best_words(said: Sequence[Words]) -> Words | None:
    """The words that begin with a reply code where there are any, or an enhanced code alone, else the first."""
    for begins in (is_reply, _ENHANCED.match):
        for words in said:
            if begins(words.lines[0]):
                return words
    return said[0] if said else None
