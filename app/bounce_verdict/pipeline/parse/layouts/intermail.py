"""Openwave InterMail and its ancestor Netscape Messaging Server; Comcast, Cox and KDDI's au (EZweb) have run it.

`This Message was undeliverable due to the following reason:`, a paragraph, then `<address>` alone or `Recipient: <address>`
with `Reason: …` or the transcript lines `>>> RCPT TO:…`, `<<< 550 …`. The sender's address stands in brackets as well,
below "The return address was" and "Please reply to": those are no recipients. au leaves the introduction out.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from msgspec import structs

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import TO
from bounce_verdict.pipeline.parse.layouts.shape_reader import Shape, read_shape
from bounce_verdict.pipeline.parse.reply.reply_lines import join_reply

_SHAPE = Shape(
    "intermail",
    (
        "undeliverable due to the following reason",
        "recipients did not receive this message",
        "ach of the following recipients was rejected",
        "The user(s) account is ",
        "Your message was not delivered within ",
    ),
    re.compile(rf"^\s*+(?:Recipient: *+|SMTP )?<{TO}>:? *+(?P<reply>\S.*)?$"),
    end=re.compile(r"^\s*(?:-{20}|Please reply to|The return address was)"),
    reply=re.compile(r"^\s*+(?:<<<|Reason:) *+(?P<reply>\S.*)$"),
    command=re.compile(r"^\s*+>>> (?P<command>[A-Z]++(?: FROM| TO)?)"),
)
SIGNS = _SHAPE.marks
_INTRODUCTION = "undeliverable due to the following reason"
_SENTENCE = re.compile(r"^\s*+(?:Each of the following recipients|The user\(s\) account|Your message|The following )")


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per recipient; [] where the notice is not InterMail's."""
    filtered = notice.header("x-spasign").strip() == "NG"
    statuses = read_shape(notice, replace(_SHAPE, marks=("<",)) if filtered else _SHAPE)
    if not statuses:
        return []
    sentence = _sentence(notice.lines)
    if filtered:  # au's spam filter says so in this field alone; its sentence is that of every refusal, where it has one
        sentence = f"{sentence} (X-SPASIGN: NG)".strip()
    return [status if status.reply else structs.replace(status, reply=sentence or None, said_by="local") for status in statuses]


def _sentence(lines: Sequence[str]) -> str:
    """The paragraph that says why: the one below the introduction, else the first that begins as InterMail's do."""
    start = next((number + 1 for number, line in enumerate(lines) if _INTRODUCTION in line), 0)
    for number in range(start, len(lines)):
        if lines[number].strip() if start else _SENTENCE.match(lines[number]):
            paragraph = lines[number : number + 10]
            return join_reply(
                paragraph[: next((at for at, line in enumerate(paragraph) if not line.strip() or "---" in line), 10)]
            )
    return ""
