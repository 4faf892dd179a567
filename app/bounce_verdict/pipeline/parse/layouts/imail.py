"""Ipswitch IMail Server, whose mailer calls itself SMTP32.

One line per recipient: `Unknown user: ana@example.org`, `undeliverable to ana@example.org`, `Delivery failed 20 attempts: …`;
where a server refused, a line that names what was answered (`RCPT TO generated following response:`), then the reply.
"""

import re

from bounce_verdict.model import Command, Notice, RecipientStatus
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import (
    TO,
    Block,
    Shape,
    best_words,
    cut,
    holds_any,
    merge_copies,
    said_by,
    section,
    share,
)

_SHAPE = Shape(
    "imail",
    ("Invalid final delivery userid:", "Unknown user:"),
    re.compile(
        r"^(?!(?:To|Cc|CC|From|Sender|Date|Subject|Reply-To):)"
        rf"(?:undeliverable to|(?P<reply>[A-Z][^:@]{{3,60}}+(?:: virus detected)?):) *+{TO}\s*$"
    ),
    end=re.compile(r"^Original message follows"),
    reply=re.compile(r"^(?P<reply>[245]\d\d[ -].*)$"),
    command=re.compile(
        r"^(?P<command>(?:Body of message|DATA command|(?:Additional )?RCPT TO|Unexpected|Server response).*):\s*$"
    ),
)
SIGNS = _SHAPE.marks
_COMMANDS: tuple[tuple[str, Command], ...] = (
    ("Body of message", "EOD"),
    ("DATA command", "DATA"),
    ("RCPT TO", "RCPT"),
    ("MAIL FROM", "MAIL"),
    ("EHLO/HELO", "EHLO"),
    ("connection response", "CONNECT"),
)


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per recipient's line; [] where the notice is not IMail's."""
    if not notice.header("x-mailer").startswith("<SMTP32") and not holds_any(notice.text, _SHAPE.marks):
        return []
    head, *blocks = cut(section(notice.lines, None, _SHAPE.end), _SHAPE)
    share(head, blocks)
    return merge_copies(_status(block) for block in blocks)


def _status(block: Block) -> RecipientStatus:
    words = best_words(block.said)
    answered = block.commands[0] if block.commands else ""
    return RecipientStatus(
        recipient=block.recipient,
        recipient_source="text",
        action="failed",
        reply=words.text if words else None,
        said_by=said_by(words.text) if words else None,
        command=next((command for name, command in _COMMANDS if name in answered), None),
        read_by="imail",
    )
