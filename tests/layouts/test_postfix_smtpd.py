"""Postfix's notices of a session as a server (notify_classes)."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import postfix_smtpd


def _read(session: str, subject: str = "Postfix SMTP server: errors from unknown[192.0.2.9]") -> list[RecipientStatus]:
    head = f"From: MAILER-DAEMON@mx.example.org (Mail Delivery System)\nSubject: {subject}\n\n"
    return postfix_smtpd.read(read_notice(open_message(f"{head}Transcript of session follows.\n\n{session}".encode())))


def test_a_reply_after_354_answers_the_end_of_the_data() -> None:
    [status] = _read(
        " Out: 220 mx.example.org ESMTP\n In:  EHLO sender.example\n Out: 250-mx.example.org\n Out: 250 DSN\n"
        " In:  MAIL\n     FROM:<news@sender.example> SIZE=1\n Out: 250 2.1.0 Ok\n"
        " In:  RCPT TO:<ana@example.org> ORCPT=rfc822;ana@example.org\n Out: 250 2.1.5 Ok\n"
        " In:  DATA\n Out: 354 End data with <CR><LF>.<CR><LF>\n Out: 451 4.3.0 Error: queue file write error\n In:  QUIT\n"
    )
    assert (status.recipient, status.command, status.reply) == (
        "ana@example.org",
        "EOD",
        "451 4.3.0 Error: queue file write error",
    )


def test_a_refused_recipient_is_the_only_one() -> None:
    [status] = _read(
        " Out: 220 mx.example.org ESMTP\n In:  RCPT TO:<ana@example.org>\n Out: 250 2.1.5 Ok\n"
        " In:  RCPT TO:<bob@example.org>\n Out: 550 5.1.1 unknown\n"
    )
    assert (status.recipient, status.command) == ("bob@example.org", "RCPT")
    assert status.cautions  # whoever the client was, the mail need not be ours


def test_another_subject_is_no_session() -> None:
    assert _read(" In:  RCPT TO:<bob@example.org>\n Out: 550 5.1.1 unknown\n", subject="Undelivered Mail") == []
