"""The notices of 1&1 (IONOS, kundenserver.de), GMX and web.de, and of MX Logic: Exim's sentences around lines of their own.

Where Exim indents the address, these write it at the line's start: `ana@example.org:`, `"ana@example.org":` (GMX) or
`<ana@example.org>: 550 …` (MX Logic). Below it: `SMTP error from remote server for RCPT TO command, host: mx.example
(192.0.2.1) reason: 550 …` in one line or several, or words.
1&1's warnings put the address into brackets, and `host mx.example[192.0.2.1]:` below it.
"""

import re

from bounce_verdict.model import Action, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import TO, holds_any, merge_copies, said_by
from bounce_verdict.pipeline.parse.layouts.shape_reader import Block, Shape, recipient_blocks
from bounce_verdict.pipeline.parse.reply.reply_lines import join_reply
from bounce_verdict.pipeline.parse.smtp_commands import command_of_phrase

_SHAPE = Shape(
    "gmx",
    ("created automatically by mail delivery software",),
    re.compile(rf"""^(?=\S|\s{{1,4}}<)\s*+["<]?{TO}[">]?(?::?\s*+$|: *+(?P<reply>\S.*)$)"""),
    start=re.compile(r"\bfailed:\s*$|not yet been delivered to the following addresses:\s*$"),
    end=re.compile(r"^(?:-{2}|Included is a copy of the message header|No action is required)"),
    skip=re.compile(r"^(?:Reason|For the following reason):\s*$"),
)
SIGNS = _SHAPE.marks
_EXIM_S = re.compile(r"^ {2,3}[^\s<>:@]++@[^\s<>:@]++:?$", re.MULTILINE)  # Exim 2 ends the address with a colon too
_DELAYED = "has not yet been delivered"
_SMTP_ERROR = re.compile(r"SMTP error from remote (?:mail )?(?:server|mailer) (?:after|for|in) (?P<command>[A-Za-z ]++)")
_HOST = re.compile(
    r"\bhost:? (?P<host>[\w.-]++)(?:\s[\[(][^\])]*+[\])])?[:,]?\s++(?:reason: *+)?(?P<reply>\S.*)$",
    re.DOTALL,
)


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per recipient; [] where the addresses stand as Exim itself writes them."""
    if not holds_any(notice.text, SIGNS) or _EXIM_S.search(notice.text):
        return []
    action: Action = "delayed" if _DELAYED in notice.text else "failed"
    return merge_copies(_status(block, action) for block in recipient_blocks(notice, _SHAPE))


def _status(block: Block, action: Action) -> RecipientStatus:
    text = "\n".join(line for words in block.said for line in words.lines)
    error = _SMTP_ERROR.search(text)
    refused = _HOST.search(text, error.end()) if error else None
    reply = join_reply((refused["reply"] if refused else text).split("\n")) or None
    return RecipientStatus(
        recipient=block.recipient,
        recipient_source="text",
        action=action,
        remote_mta=refused["host"] if refused else None,
        reply=reply,
        said_by="remote" if refused else said_by(reply) if reply else None,
        command=command_of_phrase(error["command"].removesuffix(" command")) if error else None,
        read_by="gmx",
    )
