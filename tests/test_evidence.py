"""What an answer shows of how it was reached."""

from app.model import MessageInput, ReplyInput
from app.pipeline import Classifier


def test_the_tables_evidence_points_at_the_code_it_read(classifier: Classifier) -> None:
    answer = classifier.reply(ReplyInput("550 5.1.1 Requested action not taken", "RCPT"))
    line = next(line for line in answer.evidence if line.field == "reply.enhanced_status")
    assert answer.reply is not None
    assert answer.reply.enhanced_status is not None
    assert answer.reply.enhanced_status[slice(line.start, line.end)] == "5.1.1"


def test_a_code_that_only_the_report_gives_is_told_as_its_status(classifier: Classifier) -> None:
    report = (
        b"From: MAILER-DAEMON@mx.example.net\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
        b"Final-Recipient: rfc822; ana@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    answer = classifier.message(MessageInput(report)).recipients[0]
    assert (answer.verdict, answer.decided_by) == ("permanent", "enhanced-status")
    assert next(line.field for line in answer.evidence if line.step == "tables") == "status"
