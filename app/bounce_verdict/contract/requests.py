"""What a request's JSON looks like: decoded into these, which are also what the contract shows."""

from typing import Annotated

import msgspec
from msgspec import Meta

from bounce_verdict.model import Action

MAX_ADDRESS = 1_000  # bytes; RFC 5321 §4.5.3.1 allows 256
STATUS_PATTERN = r"^[245]\.[0-9]{1,3}\.[0-9]{1,3}$"  # RFC 3463 §2

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
Identity = (
    Annotated[str, Meta(max_length=MAX_ADDRESS, description="Your own id, echoed in the answer.", examples=["7f3a"])]
    | Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
)
Status = Annotated[
    str,
    Meta(
        pattern=STATUS_PATTERN,
        description="The enhanced status code, where it is given apart from the reply.",
        examples=["5.1.1"],
    ),
]
SourceCategory = Annotated[
    str,
    Meta(
        max_length=200,
        description="The source's own word for what happened; it decides where no text does. `source` goes with it.",
        examples=["soft_bounce"],
    ),
]
SourceName = Annotated[str, Meta(max_length=40, description="Whose word that is: a name of /v1/webhooks.", examples=["mandrill"])]
Moment = Annotated[
    str, Meta(max_length=64, description="When it happened, with its zone (RFC 3339).", examples=["2026-11-29T09:00:00Z"])
]
LogFormat = Annotated[
    str,
    Meta(
        max_length=40,
        description="The program that wrote `log`, by its name in docs/maillogs.md, where the line does not tell.",
        examples=["postfix"],
    ),
]
ReportAction = Annotated[Action, Meta(description="The action of the report that the reply comes from (RFC 3464 §2.3.3).")]


class ReplyRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A reply to judge."""

    reply: (
        Annotated[
            str,
            Meta(
                description="What the server answered: one line or several, with or without its codes.",
                examples=["550 5.1.1 <ana@example.org>: user unknown"],
            ),
        ]
        | None
    ) = None
    command: CommandName | None = None
    remote_mta: Host | None = None
    recipient: Address | None = None
    action: ReportAction | None = None
    id: Identity | None = None
    status: Status | None = None
    category: SourceCategory | None = None
    source: SourceName | None = None
    occurred_at: Moment | None = None
    sender: Sender | None = None
    sending_ip: SendingIP | None = None
    sending_host: SendingHost | None = None


class BatchItem(ReplyRequest, forbid_unknown_fields=True):
    """One item of a batch: one of `reply`, `message`, `message_base64` and `log`, or a `status` or a `category` alone, and what goes with it."""

    message: Annotated[str, Meta(description="A raw message that is valid Unicode text.")] | None = None
    message_base64: Annotated[str, Meta(description="A raw message in base64, whatever its bytes.")] | None = None
    envelope_to: Annotated[str, Meta(max_length=MAX_ADDRESS, description="The address that the message arrived at.")] | None = (
        None
    )
    envelope_from: Annotated[str, Meta(max_length=MAX_ADDRESS, description="The message's envelope sender.")] | None = None
    log: (
        Annotated[
            str,
            Meta(
                max_length=1_048_576,
                description="A line of a mail log, as it stands there; or several lines that belong together.",
                examples=["postfix/smtp[7]: 4X1: to=<ana@example.org>, relay=none, dsn=4.4.1, status=deferred (timed out)"],
            ),
        ]
        | None
    ) = None
    format: LogFormat | None = None
