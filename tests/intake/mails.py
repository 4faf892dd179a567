"""A report and other mails of several parts, and what opening them gives."""

from bounce_verdict.model import DEFAULT_LIMITS, Limits, OpenedMessage
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake.splitter import open_message

REPORT = b"""\
From: Mail Delivery System <MAILER-DAEMON@mx.example.org>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="5472F3B0.1795307199/mx.example.org"

This is a MIME-encapsulated message.

--5472F3B0.1795307199/mx.example.org
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you.

--5472F3B0.1795307199/mx.example.org
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ana@example.net
Action: failed
Status: 5.1.1

--5472F3B0.1795307199/mx.example.org
Content-Type: text/rfc822-headers

From: news@example.org
To: ana@example.net
Message-ID: <1@example.org>

--5472F3B0.1795307199/mx.example.org--
ignored epilogue
"""
TYPES = ["text/plain", "message/delivery-status", "text/rfc822-headers"]
SMALL = Limits(max_parts=5, max_depth=3, max_headers=20, max_header_bytes=500, max_text=1_000, max_recipients=2)


def types(message: OpenedMessage) -> list[str]:
    return [part.content_type for part in message.parts]


def mixed(*parts: bytes, boundary: bytes = b"b") -> bytes:
    lines = b"".join(b"--" + boundary + b"\n" + part + b"\n" for part in parts)
    return b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\n\n' + lines + b"--" + boundary + b"--\n"


def opened(raw: bytes, limits: Limits = DEFAULT_LIMITS) -> tuple[OpenedMessage, list[str]]:
    """The message, and the warnings of opening it."""
    budget = Budget(limits.max_work)
    return open_message(raw, limits, budget), budget.warnings
