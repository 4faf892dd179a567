"""Feedback reports (RFC 5965), and complaints without a feedback part."""

from bounce_verdict.model import DEFAULT_LIMITS
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.arf import FeedbackReport, read_feedback

RETURNED = "From: News <news@sender.example>\nTo: ana@example.org\nMessage-ID: <1@sender.example>\nSubject: Hello\n\nHello\n"


def _feedback(
    fields: str, returned: str = RETURNED, head: str = "From: fbl@provider.example\nSubject: FW: Hello\n"
) -> FeedbackReport:
    part = f"--b\nContent-Type: message/feedback-report\n\n{fields}\n" if fields else ""
    mail = (
        f"{head}MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        f"--b\nContent-Type: text/plain\n\nThis is an abuse report.\n\n{part}--b\nContent-Type: message/rfc822\n\n{returned}\n--b--\n"
    )
    return read_feedback(read_notice(open_message(mail.encode())), DEFAULT_LIMITS)


def test_every_recipient_and_the_facts_are_read() -> None:
    report = _feedback(
        "Feedback-Type: abuse\nUser-Agent: X/1\nVersion: 1\nOriginal-Rcpt-To: <ana@example.org>\nOriginal-Rcpt-To: bob@example.org\n"
        "Source-IP: 192.0.2.1\nReporting-MTA: dns; mx.provider.example\nArrival-Date: Sun, 22 Nov 2026 10:00:00 +0000\n"
    )
    assert [status.recipient for status in report.statuses] == ["ana@example.org", "bob@example.org"]
    assert (report.feedback_type, report.source_ip, report.reporting_mta, report.arrival_date) == (
        "abuse",
        "192.0.2.1",
        "mx.provider.example",
        "2026-11-22T10:00:00Z",
    )
    assert report.original_from == "news@sender.example"


def test_a_removal_recipient_counts_and_is_told_once() -> None:
    report = _feedback("Feedback-Type: opt-out\nOriginal-Rcpt-To: ana@example.org\nRemoval-Recipient: ANA@example.org\n")
    assert [status.recipient for status in report.statuses] == ["ana@example.org"]


def test_a_report_that_hides_the_recipient_falls_back_to_the_returned_message() -> None:
    [status] = _feedback("Feedback-Type: abuse\n").statuses
    assert (status.recipient, status.recipient_source) == ("ana@example.org", "returned-message")


def test_microsoft_sends_the_message_alone_with_the_recipient_in_a_field_of_its_own() -> None:
    mail = (
        "From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.1\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
        "X-HmXmrOriginalRecipient: ana@outlook.example\nFrom: news@sender.example\nTo: undisclosed\nSubject: Hello\n\nHello\n--b--\n"
    )
    report = read_feedback(read_notice(open_message(mail.encode())), DEFAULT_LIMITS)
    assert ([status.recipient for status in report.statuses], report.source_ip) == (["ana@outlook.example"], "192.0.2.1")


def test_an_ordinary_message_is_no_feedback_report() -> None:
    assert not read_feedback(
        read_notice(open_message(b"From: a@example.org\nSubject: abuse report\n\nHello\n")), DEFAULT_LIMITS
    ).found
