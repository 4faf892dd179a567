"""What an answer shows of how it was reached."""

from bounce_verdict.model import MessageInput, ReplyInput
from bounce_verdict.pipeline import Pipeline


def test_the_tables_evidence_points_at_the_code_it_read(pipeline: Pipeline) -> None:
    answer = pipeline.reply(ReplyInput("550 5.1.1 Requested action not taken", "RCPT"))
    line = next(line for line in answer.evidence if line.field == "reply.enhanced_status")
    assert answer.reply is not None
    assert answer.reply.enhanced_status is not None
    assert answer.reply.enhanced_status[slice(line.start, line.end)] == "5.1.1"


def test_a_code_that_only_the_report_gives_is_told_as_its_status(pipeline: Pipeline) -> None:
    report = (
        b"From: MAILER-DAEMON@mx.example.net\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
        b"Final-Recipient: rfc822; ana@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    answer = pipeline.message(MessageInput(report)).recipients[0]
    assert (answer.verdict, answer.decided_by) == ("permanent", "enhanced-status")
    assert next(line.field for line in answer.evidence if line.step == "tables") == "status"


def test_the_code_of_a_quoted_reply_is_told_at_its_place_in_the_text(pipeline: Pipeline) -> None:
    answer = pipeline.reply(ReplyInput("550 host mx.b.example[192.0.2.1] said: 552 5.2.2 wombats (in reply to RCPT TO command)"))
    line = next(line for line in answer.evidence if line.found.startswith("5.2.2"))
    assert answer.reply is not None
    assert (answer.verdict, answer.reply.enhanced_status, line.field) == ("storage", None, "reply.text")
    assert answer.reply.text[slice(line.start, line.end)] == "5.2.2"


def test_the_code_of_a_quoted_reply_is_not_told_as_that_of_the_reply_around_it(pipeline: Pipeline) -> None:
    answer = pipeline.reply(ReplyInput("550 5.1.1 host mx.b.example[192.0.2.1] said: 552 5.2.2 wombats"))
    line = next(line for line in answer.evidence if line.found.startswith("5.2.2"))
    assert answer.reply is not None
    assert answer.reply.enhanced_status == "5.1.1"
    assert answer.reply.text[slice(line.start, line.end)] == "5.2.2"


def test_a_code_without_any_words_is_told_as_the_status(pipeline: Pipeline) -> None:
    answer = pipeline.reply(ReplyInput("5.1.1"))
    assert (answer.verdict, answer.reply, answer.status) == ("permanent", None, "5.1.1")
    assert {line.field for line in answer.evidence if line.step == "tables"} == {"status"}
