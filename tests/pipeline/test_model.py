"""Records: what is asked and answered, to others a dataclass as any value."""

from dataclasses import fields, replace

from bounce_verdict.model import Evidence, Reply, ReplyInput


def test_a_record_is_a_dataclass_to_others() -> None:
    line = Evidence("rules", "a.rule", field="reply.text", start=1, end=2)
    assert [field.name for field in fields(line)] == ["step", "found", "verdict", "source", "field", "start", "end"]
    assert replace(line, start=0) == Evidence("rules", "a.rule", None, None, "reply.text", 0, 2)
    assert line.start == 1


def test_records_are_compared_by_content() -> None:
    assert Reply(550, None, "RCPT", "no") == Reply(550, None, "RCPT", "no")
    assert Reply(550, None, "RCPT", "no") != Reply(550, None, "RCPT", "yes")


def test_what_a_record_is_not_given_is_its_default() -> None:
    assert ReplyInput("550 no") == ReplyInput(reply="550 no", command=None, remote_mta=None, recipient=None, action=None, id=None)
