"""Yahoo's notices, which AOL's and the domains that Yahoo serves (sbcglobal.net, rogers.com …) send since.

Two generations write `<address>:` and a paragraph below it. The paragraph is Yahoo's own sentence, or the remote reply:
`Remote host said: 550 5.1.1 … [RCPT_TO]` (to about 2016, the command in brackets) or `550: 5.1.1 …` (after).
A third writes HTML and names the recipient in a copied To field.
"""

import re

from bounce_verdict.model import Notice, RecipientStatus
from bounce_verdict.pipeline.parse.addresses import clean_address
from bounce_verdict.pipeline.parse.layouts.recipient_blocks import TO, holds_any, merge_copies, said_by
from bounce_verdict.pipeline.parse.layouts.shape_reader import Block, Shape, recipient_blocks
from bounce_verdict.pipeline.parse.reply.reply_lines import join_reply
from bounce_verdict.pipeline.parse.smtp_commands import command_of_phrase

_SHAPE = Shape(
    "yahoo",
    ("to the following address",),
    re.compile(rf"^\s*+<{TO}>:\s*$"),
    start=re.compile(r"nable to deliver (?:your )?message to the following address"),
    end=re.compile(r"^-{2,}"),
)
_SAID = re.compile(r"^Remote host said:\s*")
_COMMAND = re.compile(r"\s*\[(?P<command>[A-Z]++(?:_[A-Z]++)?)\]$")
_COLON = re.compile(r"^(?P<code>[245]\d\d): ")
_COPIED = "wasn't able to deliver the following message"
SIGNS = (
    "nable to deliver message to the following address",
    "nable to deliver your message to the following address",
    _COPIED,
)
_COPIED_TO = re.compile(rf"\bTo: *+<?{TO}")


def read(notice: Notice) -> list[RecipientStatus]:
    """One status per `<address>:`; [] where the notice is not Yahoo's."""
    if _COPIED in notice.text:
        return _read_copied_field(notice)
    if not holds_any(notice.text, _SHAPE.marks):
        return []
    return merge_copies(_status(block) for block in recipient_blocks(notice, _SHAPE))


def _status(block: Block) -> RecipientStatus:
    reply = join_reply([line for words in block.said for line in words.lines])
    bracket = _COMMAND.search(reply)
    command = command_of_phrase(bracket["command"]) if bracket else None
    if bracket and command:
        reply = reply[: bracket.start()]
    remote = _SAID.match(reply) is not None
    reply = _COLON.sub(r"\g<code> ", _SAID.sub("", reply))
    return RecipientStatus(
        recipient=block.recipient,
        recipient_source="text",
        action="failed",
        reply=reply or None,
        said_by="remote" if remote else said_by(reply),
        command=command,
        read_by="yahoo",
    )


def _read_copied_field(notice: Notice) -> list[RecipientStatus]:
    """The notice of 2020 and later gives no reason, only `Subject: … To: address` of the message, by line ends or without."""
    hit = _COPIED_TO.search(notice.text, notice.text.index(_COPIED))
    address = clean_address(hit["to"] if hit else notice.returned.get("to") or "")
    if address is None:
        return []
    return [RecipientStatus(recipient=address, recipient_source="text", action="failed", read_by="yahoo")]
