"""Replies that name us."""

from bounce_verdict.model import MessageInput, ReplyInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.decide.our_names import our_names, place_of_name


def test_a_reply_that_names_our_envelope_sender_is_about_us(pipeline: Pipeline) -> None:
    reply = "550 5.1.1 <news@ours.example>: user unknown"
    answer = pipeline.reply(ReplyInput(reply, recipient="ana@example.org", sender="news@ours.example"))
    assert (answer.verdict, answer.reason, answer.suppress) == ("policy", "sender-rejected", "never")


def test_a_reply_that_names_the_recipient_too_is_about_the_recipient(pipeline: Pipeline) -> None:
    reply = "550 5.1.1 <ana@example.org>: user unknown; from=<news@ours.example>"
    answer = pipeline.reply(ReplyInput(reply, recipient="ana@example.org", sender="news@ours.example"))
    assert (answer.verdict, answer.suppress) == ("permanent", "now")


def test_the_recipients_own_address_is_not_ours() -> None:
    given = ReplyInput("", recipient="ana@ours.example", sender="ana@ours.example")
    assert our_names(given, ["ours.example"]) == ()


def test_a_name_inside_a_longer_one_is_another() -> None:
    assert place_of_name("ours.example", "550 yours.example rejected") == -1
    assert place_of_name("192.0.2.1", "550 192.0.2.10 rejected") == -1
    assert place_of_name("ours.example", "550 mail.ours.example rejected") == 9


def test_a_report_s_reply_that_names_us_is_about_us(pipeline: Pipeline) -> None:
    mail = b"""Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: news@ours.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; ana@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 out.ours.example: user unknown

--b--
"""
    [told] = pipeline.message(MessageInput(mail, sending_host="out.ours.example")).recipients
    assert (told.verdict, told.reason, told.suppress) == ("policy", "sender-rejected", "never")
    [untold] = pipeline.message(MessageInput(mail)).recipients
    assert untold.verdict == "permanent"
