"""Ipswitch IMail Server, whose mailer calls itself SMTP32.

One line per recipient: `Unknown user: ana@example.org`, `undeliverable to ana@example.org`, `Delivery failed 20 attempts: …`;
where a server refused, a line that names what was answered (`RCPT TO generated following response:`), then the reply.
"""

import re

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import TO, holds_any
from bounce_verdict.pipeline.parse.layouts.shape_reader import Shape, read_blocks

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
        r"^(?:(?=Body of message|DATA command|RCPT TO)|Additional (?=RCPT TO)|Unexpected(?: response to)?|Server response(?: to)?)"
        r" *+(?P<command>.*):\s*$"
    ),
)
SIGNS = _SHAPE.marks


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per recipient's line; [] where the notice is not IMail's."""
    if not notice.header("x-mailer").startswith("<SMTP32") and not holds_any(notice.text, _SHAPE.marks):
        return []
    return read_blocks(notice, _SHAPE)
