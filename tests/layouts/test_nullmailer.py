"""nullmailer's report (src/dsn.cc, src/send.cc)."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import nullmailer


def _read(fields: str) -> list[RecipientStatus]:
    mail = (
        "From: Message Delivery Subsystem <MAILER-DAEMON@mx.example.org>\nSubject: Returned mail: Could not send message\n"
        'Content-Type: multipart/report; report-type=delivery-status;\n\tboundary="b"\n\n--b\nContent-Type: text/plain; charset=us-ascii\n\n'
        "This is the nullmailer delivery system.  The message attached below\ncould not be delivered to one or more of the intended recipients:\n\n"
        f"\t<ana@example.org>\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: x-local-hostname; mx.example.org\n\n{fields}\n\n--b--\n"
    )
    return nullmailer.read(read_notice(open_message(mail.encode())))


def test_the_slash_between_reply_lines_is_a_line_end() -> None:
    [status] = _read(
        "Final-Recipient: rfc822; ana@example.org\nAction: failed\nStatus: 5.7.2\nRemote-MTA: dns; smarthost.example\n"
        "Diagnostic-Code: SMTP; 550-5.7.26 see https://example.org/a/b/550-5.7.26 no SPF"
    )
    assert (status.reply, status.said_by) == ("550-5.7.26 see https://example.org/a/b\n550-5.7.26 no SPF", "remote")


def test_a_slash_that_is_part_of_a_word_stays() -> None:
    [status] = _read(
        "Final-Recipient: rfc822; ana@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: SMTP; 550 5.1.1 see example.org/550"
    )
    assert status.reply == "550 5.1.1 see example.org/550"


def test_delayed_without_an_end_is_the_end() -> None:
    """The message is dropped after it expired (2.2), and only this report says so."""
    [status] = _read(
        "Final-Recipient: rfc822; ana@example.org\nAction: delayed\nStatus: 4.2.0\nDiagnostic-Code: SMTP; 450 4.2.0 later"
    )
    assert (status.action, status.reply) == ("failed", "450 4.2.0 later")


def test_delayed_with_an_end_waits() -> None:
    [status] = _read(
        "Final-Recipient: rfc822; ana@example.org\nAction: delayed\nStatus: 4.2.0\nDiagnostic-Code: SMTP; 450 later\n"
        "Will-Retry-Until: Sun, 22 Nov 2026 10:00:00 +0000"
    )
    assert status.action == "delayed"
