"""Several replies in one text, and the sending program's own words behind a reply."""

import pytest

from bounce_verdict.model import ReplyInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.parse.reply.parse_reply import parse_reply


def texts(raw: str) -> list[str]:
    return [reply.text for reply in reversed(parse_reply(raw).inner)]


def test_each_of_two_replies_is_judged_by_itself_the_first_first() -> None:
    assert texts("550 5.1.1 User unknown in table 421 4.7.0 mx.example Error: too many errors") == [
        "User unknown in table",
        "mx.example Error: too many errors",
    ]


@pytest.mark.parametrize(
    "raw",
    [
        "550 5.1.1 <ana@example.org>: User unknown. 421 too many errors on this connection",
        "550 5.1.1 User unknown 421 4.7.0 mx.example Error: too many errors",
    ],
)
def test_the_first_that_names_a_cause_decides(pipeline: Pipeline, raw: str) -> None:
    answer = pipeline.reply(ReplyInput(raw))
    assert (answer.verdict, answer.reason) == ("permanent", "mailbox-unknown")


@pytest.mark.parametrize(
    "raw",
    [
        "550-5.1.1 The account does not exist. 550-5.1.1 Please try 550 5.1.1 again",
        "550-first line. 550 last line",
        "552 5.2.2 mailbox full. 500 MB is the limit",
        "554 5.7.1 Blocked. See https://example.org/550 for more",
        "450 4.2.0 Greylisted. Try again in 300 seconds",
    ],
)
def test_lines_of_one_reply_and_numbers_are_no_second_one(raw: str) -> None:
    assert texts(raw) == []


@pytest.mark.parametrize(
    "tail",
    [
        ": retry timeout exceeded",
        ": retry time not reached for any host after a long failure period",
        ": retry time not reached for any host for 'example.org'",
        ": all hosts for 'example.org' have been failing for a long time and were last tried after this message arrived",
        " I'm not going to try again; this message has been in the queue too long.",
        " Message could not be delivered for 5 days Message will be deleted from queue",
    ],
)
def test_the_programs_own_tail_is_not_the_servers_text(pipeline: Pipeline, tail: str) -> None:
    assert parse_reply(f"452 4.2.2 The mailbox is full{tail}").reply.text == "The mailbox is full"
    assert pipeline.reply(ReplyInput(f"452 4.2.2 The mailbox is full{tail}")).verdict == "storage"


def test_a_tail_without_a_reply_stays() -> None:
    assert parse_reply("retry timeout exceeded").reply.text == "retry timeout exceeded"
