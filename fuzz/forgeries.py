"""Forged mails made of a fuzzer's bytes, each with who may be stopped at once by it."""

from collections.abc import Collection, Iterator

from bounce_verdict.model import value
from fuzz.seeds import SEPARATOR

ANA, BOB = "ana@far.example", "bob@far.example"  # whom the report names; whoever else is named lives
_CARRYING_BOB = "bounces+7-bob=far.example@news.example"
_FIELDS = b"Reporting-MTA: dns; mx.relay.example\n\n"
_HEAD = (
    b"Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.relay.example>\nTo: bounces@news.example\n"
    b"Subject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"
)


@value
class Forged:
    """A mail, where it arrived, and who may be stopped at once by it: one of `may_stop`, or whom the forger's own fields, `named`, name."""

    mail: bytes
    envelope_to: str | None
    may_stop: Collection[str]
    named: str = ""


def forged_mails(data: bytes) -> Iterator[Forged]:
    """The report alone, at BOB's return path, inside another mail; and the returned copy behind a plain notice.

    data: the reply, what stands beside it in the report, the text of the returned copy, between separators. Line ends of the reply are a
    forged server's only as far as it can write them: one reply is one line of a report.
    """
    reply, beside, copy = (*data.split(SEPARATOR, 2), b"", b"")[:3]
    said = b" ".join(reply.split(b"\n"))
    named = (said + b"\n" + beside).decode("utf-8", "replace").lower()
    blocks = [_block(address, said) for address in (ANA, BOB)]
    report = _report(_FIELDS + blocks[0] + b"\n" + blocks[1] + beside.replace(b"\n\n", b"\n") + b"\n", copy)
    yield Forged(report, None, {ANA, BOB}, named)
    yield Forged(report, _CARRYING_BOB, {BOB})
    yield Forged(b"From: bob@far.example\nSubject: Fwd\nContent-Type: message/rfc822\n\n" + report, None, ())
    notice = (
        b"Hi. This is the qmail-send program at mx.relay.example.\n\n<ana@far.example>:\nSorry, no mailbox here. (#5.1.1)\n\n"
    )
    yield Forged(
        _HEAD + b"\n" + notice + b"--- Below this line is a copy of the message.\n\nReturn-Path: <news@news.example>\n\n" + copy,
        None,
        {ANA},
    )


def _block(address: str, reply: bytes) -> bytes:
    return f"Final-Recipient: rfc822; {address}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; ".encode() + reply + b"\n"


def _report(fields: bytes, copy: bytes) -> bytes:
    mark = b"=_a1"
    return (
        _HEAD + b"Content-Type: multipart/report; report-type=delivery-status; boundary=" + mark + b"\n\n--" + mark
        + b"\n\nIt could not be delivered.\n\n--" + mark + b"\nContent-Type: message/delivery-status\n\n" + fields
        + b"\n--" + mark + b"\nContent-Type: message/rfc822\n\nFrom: news@news.example\nTo: carol@living.example\n\n" + copy
        + b"\n--" + mark + b"--\n"
    )  # fmt: skip
