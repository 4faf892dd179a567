"""Delivery reports (RFC 3464) for tests of what is done with them. How they are read, the tests of the readers write out."""

from collections.abc import Mapping

_HEAD = (
    "From: MAILER-DAEMON@mx.example.net\nReturn-Path: <>\nTo: bounces@news.example.com\nSubject: Undelivered Mail Returned to Sender\n"
    "Message-ID: <b1@mx.example.net>\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    "--b\nContent-Type: text/plain\n\nYour mail could not be delivered.\n\n"
    "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
)


def report(replies: Mapping[str, str]) -> str:
    """A bounce about these recipients, each with the reply that refused it."""
    return _HEAD + "".join(f"{_block(recipient, reply)}\n" for recipient, reply in replies.items()) + "--b--\n"


def _block(recipient: str, reply: str) -> str:
    second = reply.split()[1]
    status = second if second.count(".") == 2 else f"{reply[0]}.0.0"  # an enhanced code has two dots
    return f"Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: {status}\nDiagnostic-Code: smtp; {reply}\n"
