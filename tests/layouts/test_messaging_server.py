"""Oracle Communications Messaging Server and its ancestors."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import messaging_server


def _read(text: str, *headers: str) -> list[RecipientStatus]:
    head = "\n".join(("From: postmaster@mail.example", *headers, "Content-Type: text/plain; charset=utf-8"))
    return messaging_server.read(read_notice(open_message(f"{head}\n\n{text}".encode())))


REPORT = """This report relates to a message you sent with the following header fields:

  Message-id: <1@example.com>
  To: ana@example.org

Your message cannot be delivered to the following recipients:

"""


def test_labelled_lines_give_recipient_reply_and_host() -> None:
    [status] = _read(
        REPORT
        + """  Recipient address: ana@example.org
  Reason: Remote SMTP server has rejected address
  Diagnostic code: smtp;550 5.1.1 <ana@example.org>... Nobody
  Remote system: dns;mx.example.org (TCP|192.0.2.1|47323|192.0.2.7|25)
    (mx.example.org ESMTP)
""",
        "Subject: Delivery Notification: Delivery has failed",
    )
    assert (status.recipient, status.action, status.remote_mta, status.reply, status.said_by) == (
        "ana@example.org",
        "failed",
        "mx.example.org",
        "550 5.1.1 <ana@example.org>... Nobody",
        "remote",
    )


def test_the_original_address_is_the_one_the_sender_used() -> None:
    [status] = _read(
        REPORT
        + """  Recipient address: @mx.example.org:ana@internal
  Original address: ana@example.org
  Reason: Over quota
"""
    )
    assert (status.recipient, status.final_recipient, status.reply) == ("ana@example.org", "ana@internal", "Over quota")


def test_a_host_without_a_name_is_given_by_its_address() -> None:
    [status] = _read(
        REPORT
        + """  Recipient address: ana@example.org
  Diagnostic code: smtp;421 4.3.2 Later
  Remote system: dns;localhost (TCP|192.0.2.1|47323|192.0.2.7|25)
"""
    )
    assert status.remote_mta == "192.0.2.7"


def test_recipients_follow_each_other_without_a_blank_line() -> None:
    first, second = _read(
        REPORT
        + """  Recipient address: ana@example.org
  Reason: Illegal user
  Recipient address: bea@example.org
  Diagnostic code: smtp;552 5.2.2 Full
"""
    )
    assert (first.recipient, first.reply) == ("ana@example.org", "Illegal user")
    assert (second.recipient, second.reply) == ("bea@example.org", "552 5.2.2 Full")


def test_a_delivery_that_succeeded_is_delivered() -> None:
    [status] = _read(
        REPORT + "  Recipient address: ana@example.org\n", "Subject: Delivery Notification: Delivery has been successful"
    )
    assert status.action == "delivered"
