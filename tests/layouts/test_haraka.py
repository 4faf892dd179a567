"""Haraka's notice (outbound/hmail.js)."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import haraka


def _read(intended: str, reason: str) -> list[RecipientStatus]:
    head = "From: MAILER-DAEMON@mx.example.org\nSubject: failure notice\n\n"
    text = (
        "Hi. This is the Haraka Mailer program at mx.example.org.\nI'm afraid I wasn't able to deliver your message\n"
        f'    "Hello"\nto the following addresses.\n\nIntended Recipients: {intended}\nFailure Reason: {reason}\n'
    )
    return haraka.read(read_notice(open_message((head + text).encode())))


def test_one_reason_holds_for_all() -> None:
    statuses = _read("<a@example.org>, <b@example.org>", "Error: 554 5.7.1 spam")
    assert [(status.recipient, status.reply, status.said_by) for status in statuses] == [
        ("a@example.org", "554 5.7.1 spam", "remote"),
        ("b@example.org", "554 5.7.1 spam", "remote"),
    ]


def test_each_recipient_has_its_own_line() -> None:
    statuses = _read(
        "<a@example.org>, <b@example.org>",
        "Error: Some recipients failed: <a@example.org>, <b@example.org>\n\n<a@example.org>: 550 5.1.1 unknown\n<b@example.org>: 552 5.2.2 full",
    )
    assert [status.reply for status in statuses] == ["550 5.1.1 unknown", "552 5.2.2 full"]


def test_too_many_failures_pass_on_the_last_reply() -> None:
    [status] = _read("<a@example.org>", "Error: Too many failures (Upstream error: 450 4.2.1 rate limited)")
    assert (status.reply, status.said_by) == ("450 4.2.1 rate limited", "remote")


def test_all_servers_tried_is_no_reply() -> None:
    [status] = _read("<a@example.org>", "Error: Too many failures (Tried all MXs)")
    assert (status.reply, status.said_by) == ("Tried all MXs", "local")


def test_recipients_without_a_reason_still_failed() -> None:
    [status] = _read("<a@example.org>", "Error: Some recipients failed: <a@example.org>")
    assert (status.action, status.reply) == ("failed", None)
