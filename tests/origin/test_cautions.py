"""Who may not be stopped at once by a report, though it names them."""

from bounce_verdict.model import MessageInput, Report
from bounce_verdict.pipeline import Pipeline


def report_of(pipeline: Pipeline, original: str, final: str) -> Report:
    return pipeline.message(
        MessageInput(
            f"""Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: news@shop.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Original-Recipient: rfc822; {original}
Final-Recipient: rfc822; {final}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <{final}>: Recipient address rejected: User unknown

--b--
""".encode()
        )
    )


def test_an_address_whose_mail_went_on_to_another_mailbox_is_counted(pipeline: Pipeline) -> None:
    [answer] = report_of(pipeline, "team@club.example", "old.member@inner.example").recipients
    assert (answer.recipient, answer.verdict, answer.suppress) == ("team@club.example", "permanent", "if-repeated")


def test_a_mailbox_of_the_same_name_is_the_recipient_s_own(pipeline: Pipeline) -> None:
    [answer] = report_of(pipeline, "Ana+news@example.org", "ana@mail.example.org").recipients
    assert answer.suppress == "now"


def test_an_alias_that_a_text_names_is_counted(pipeline: Pipeline) -> None:
    mail = b"""Return-Path: <>
From: Mail Delivery System <Mailer-Daemon@mail.example.net>
To: news@shop.example
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  gone@inner.example
    (generated from crew@club.example)
    host mx.inner.example [198.51.100.7]
    SMTP error from remote mail server after RCPT TO:<gone@inner.example>:
    550 5.1.1 User unknown
"""
    [answer] = pipeline.message(MessageInput(mail)).recipients
    assert (answer.recipient, answer.suppress) == ("crew@club.example", "if-repeated")
    assert any("forwarded or expanded" in line.found for line in answer.evidence)
