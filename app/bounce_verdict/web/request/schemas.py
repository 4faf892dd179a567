"""What a request's JSON looks like: decoded into these, which are also what the contract shows."""

from typing import Annotated

import msgspec
from msgspec import Meta

from bounce_verdict.model import Action
from bounce_verdict.web.request.headers import MAX_ADDRESS

CommandName = Annotated[
    str,
    Meta(
        max_length=100,
        description="The SMTP command that was answered, by its name or one of those in use elsewhere: EOD, end of DATA, banner …",
        examples=["RCPT"],
    ),
]
Host = Annotated[str, Meta(max_length=MAX_ADDRESS, description="The server that answered.", examples=["mx.example.org"])]
Address = Annotated[str, Meta(max_length=MAX_ADDRESS, description="The recipient's address.", examples=["ana@example.org"])]
Sender = Annotated[
    str,
    Meta(
        max_length=MAX_ADDRESS,
        description="Your envelope sender: a reply that names it refuses you.",
        examples=["news@example.com"],
    ),
]
SendingIP = Annotated[
    str, Meta(max_length=100, description="The address of the host that sent your message.", examples=["192.0.2.1"])
]
SendingHost = Annotated[
    str, Meta(max_length=MAX_ADDRESS, description="The name of the host that sent your message.", examples=["mail.example.com"])
]
Identity = Annotated[str, Meta(max_length=MAX_ADDRESS, description="Your own id, echoed in the answer.", examples=["7f3a"])]
ReportAction = Annotated[Action, Meta(description="The action of the report that the reply comes from (RFC 3464 §2.3.3).")]


class ReplyRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A reply to judge."""

    reply: Annotated[
        str,
        Meta(
            description="What the server answered: one line or several, with or without its codes.",
            examples=["550 5.1.1 <ana@example.org>: user unknown"],
        ),
    ]
    command: CommandName | None = None
    remote_mta: Host | None = None
    recipient: Address | None = None
    action: ReportAction | None = None
    id: Identity | None = None
    sender: Sender | None = None
    sending_ip: SendingIP | None = None
    sending_host: SendingHost | None = None


class BatchItem(msgspec.Struct, forbid_unknown_fields=True):
    """One item of a batch: exactly one of `reply`, `message` and `message_base64`, and what goes with it."""

    reply: Annotated[str, Meta(description="A reply, as in /v1/classify/reply.")] | None = None
    message: Annotated[str, Meta(description="A raw message that is valid Unicode text.")] | None = None
    message_base64: Annotated[str, Meta(description="A raw message in base64, whatever its bytes.")] | None = None
    id: Identity | None = None
    command: CommandName | None = None
    remote_mta: Host | None = None
    recipient: Address | None = None
    action: ReportAction | None = None
    sender: Sender | None = None
    sending_ip: SendingIP | None = None
    sending_host: SendingHost | None = None
    envelope_to: Annotated[str, Meta(max_length=MAX_ADDRESS, description="The address that the message arrived at.")] | None = (
        None
    )
    envelope_from: Annotated[str, Meta(max_length=MAX_ADDRESS, description="The message's envelope sender.")] | None = None
