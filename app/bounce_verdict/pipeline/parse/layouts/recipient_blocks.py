"""What the small layouts share: a notice is a list of recipients between two marks, and by each the words that say why.

A program's `Shape` is a row of data; `read_shape` is the one reader of all rows. A new program of this kind is a row,
not a function. Every pattern starts with an anchor or a literal and is possessive where it repeats: linear on any line.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

from bounce_verdict.model import Action, Command, Notice, RecipientStatus, SaidBy, value
from bounce_verdict.pipeline.parse.addresses import address_key, clean_address
from bounce_verdict.pipeline.parse.layouts.smtp_transcript import command_named
from bounce_verdict.pipeline.parse.reply.reply_lines import join_reply

ADDRESS = r"""[^\s<>()\[\],;:"|@]++@(?:\[[\w.:]++\]|[^\s<>()\[\],;:"'|@]++)"""
TO = f"(?P<to>{ADDRESS})"

_RULER = re.compile(r"\W*(?:-{3,}|={3,}|\*{3,}|_{3,})")
_MAX_PAIRS = 10_000  # recipients times replies that are searched for each other; beyond, only the order counts
_CODE = re.compile(r"[245]\d\d(?:[ :-]|$)")
# Yahoo says BODY, 1&1 TEXT, GMX "transfer of mail text" for what stands between DATA and its dot
_NAMES: dict[str, Command] = {"body": "EOD", "text": "EOD", "transfer of mail text": "EOD", "greeting": "CONNECT"}


@value
class Shape:
    """How one program lays out its notice. Patterns are tried on single lines, with `search`.

    marks: literals of which one must stand in the text, tried first: most notices are not this program's.
    recipient: a recipient's line; group `to`, and `reply`, `host`, `command` where the line tells them too.
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
    """A recipient and all that stands between it and the next one. The head of a list is a block without recipient."""

    recipient: str | None
    said: list[Words] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)


def holds_any(text: str, marks: Sequence[str]) -> bool:
    """Whether one of the marks stands in the text. A loop, since any() makes a generator that costs more than the first mark."""
    for mark in marks:  # noqa: SIM110
        if mark in text:
            return True
    return False


def read_shape(notice: Notice, shape: Shape) -> list[RecipientStatus]:
    """The recipients of a notice of this shape, each with its reply; [] for any other notice."""
    if shape.also not in notice.text or (shape.header is not None and notice.message.headers.get(shape.header) is None):
        return []
    if not holds_any(notice.text, shape.marks):
        return []
    head, *blocks = cut(section(notice.lines, shape.start, shape.end), shape)
    share(head, blocks)
    return merge_copies(_status(block, head, shape) for block in blocks)


def signs_of(shape: Shape) -> Sequence[str]:
    """Literals of which one stands in every notice of this shape: of `marks` and `also` those that say more."""
    return (shape.also,) if len(shape.also) > len(min(shape.marks, key=len)) else shape.marks


def section(lines: Sequence[str], start: re.Pattern[str] | None, end: re.Pattern[str] | None) -> Iterator[str]:
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


def cut(lines: Iterable[str], shape: Shape) -> list[Block]:
    """The lines as blocks: what stands ahead of the first recipient, then one block per recipient."""
    blocks = [Block(None)]
    open_words = False
    for number, line in enumerate(lines):
        hit = shape.recipient.search(line) if "@" in line else None
        address = clean_address(hit["to"]) if hit else None
        if hit and address:
            blocks.append(Block(address))
            open_words = False
            told = hit.groupdict()
            if told.get("reply"):
                blocks[-1].said.append(Words([told["reply"].strip()], told.get("host"), told.get("command")))
                open_words = True
            elif shape.reply:
                open_words = _take(line[hit.end() :], blocks[-1], shape, open_words=False)
        elif shape.reply or (number if shape.start else len(blocks) > 1):
            # without a mark where to start, what stands ahead of the recipients is an introduction, not a reason
            open_words = _take(line, blocks[-1], shape, open_words=open_words)
    return blocks


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
    if hit and not (open_words and hit["reply"][:3] == block.said[-1].lines[0][:3] and _CODE.match(hit["reply"])):
        told = hit.groupdict()
        block.said.append(Words([told["reply"].strip()], told.get("host"), told.get("command")))
        return True
    if open_words:  # the next line of one reply (RFC 5321 §4.2.1), or of one sentence
        block.said[-1].lines.append(hit["reply"].strip() if hit else line.strip())
    return open_words


def share(head: Block, blocks: Sequence[Block]) -> None:
    """Give recipients that are listed together the words that follow the list; those without any, the head's.

    Where several replies follow one list, each goes to the recipient it names, else by order where the counts agree.
    """
    group: list[Block] = []
    for block in blocks:
        group.append(block)
        if not block.said:
            continue
        if len(group) > 1:
            _deal(group, block.said[:])
        group = []
    for block in group:
        block.said[:] = head.said
    for block in blocks:
        if not block.commands:
            block.commands[:] = head.commands


def _deal(group: Sequence[Block], said: Sequence[Words]) -> None:
    named = len(group) * len(said) <= _MAX_PAIRS
    for number, block in enumerate(group):
        own = [words for words in said if named and (block.recipient or "") in words.text]
        if not own:
            own = list(said) if len(said) == 1 else [said[number]] if len(said) == len(group) else []
        block.said[:] = own


def _status(block: Block, head: Block, shape: Shape) -> RecipientStatus:
    words = best_words(block.said)
    commands = [words.command] if words and words.command else block.commands or head.commands
    return RecipientStatus(
        recipient=block.recipient,
        recipient_source="text",
        action=shape.action,
        remote_mta=words.host if words else None,
        reply=words.text if words else None,
        said_by=said_by(words.text) if words else None,
        command=answered(commands[0]) if commands else None,
        read_by=shape.name,
    )


def best_words(said: Sequence[Words]) -> Words | None:
    """The words that begin with a reply code where there are any, else the first."""
    for words in said:
        if _CODE.match(words.lines[0]):
            return words
    return said[0] if said else None


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
    return "remote" if _CODE.match(reply) else "local"


def answered(words: str) -> Command | None:
    """The command that a program names in its own way ("RCPT_TO", "MAIL FROM:<a@b>", "TEXT"); None where it is none."""
    return _NAMES.get(words.strip().lower()) or command_named(words.replace("_", " "))
