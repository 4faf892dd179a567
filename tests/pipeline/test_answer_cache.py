"""Answers given and decisions made lately are used again, and nobody can tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.model import ReplyInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.answer_cache import MAX_ANSWERS, MAX_REPLY
from bounce_verdict.response import encode

FULL = "552 5.2.2 <ana@example.org>: mailbox full"


@pytest.fixture(scope="module")
def kept(pipeline: Pipeline) -> Pipeline:
    return Pipeline(pipeline.book, compiled=pipeline.matcher.dump())


REPLIES = st.sampled_from(
    [FULL, "550 5.1.1 User unknown", "550 5.7.1 denied", "421 4.7.0 try again in 300 seconds", "no such user"]
)
ADDRESSES = st.sampled_from(
    [None, "ana@example.org", "bob@example.org", "ana@gmail.com", "ana@GMAIL.com", "ana@yahoo.com", "ana", ""]
)


@given(
    st.lists(
        st.builds(
            ReplyInput,
            REPLIES,
            st.sampled_from([None, "RCPT", "EOD"]),
            st.sampled_from([None, "mx.example.org", "mx1.hotmail.com"]),
            ADDRESSES,
            st.sampled_from([None, "failed", "delayed", "delivered"]),
            st.sampled_from([None, "1", "2"]),
        ),
        max_size=8,
    )
)
def test_an_answer_given_again_is_the_answer_that_would_be_worked_out(
    kept: Pipeline, pipeline: Pipeline, several: list[ReplyInput]
) -> None:
    for one in several:
        pipeline.forget()
        assert encode(kept.reply(one)) == encode(pipeline.reply(one))


def test_a_decision_made_before_is_the_one_that_would_be_made(kept: Pipeline, pipeline: Pipeline) -> None:
    """Of every rule's hits, with and without what is known around them, twice: the second time all decisions are known."""
    for hit in [hit for _ in range(2) for rule in kept.book.rules for hit in rule.hits]:
        for asked in (ReplyInput(hit.reply, hit.command, hit.remote_mta, hit.recipient), ReplyInput(hit.reply, action="delayed")):
            kept.answers.clear()
            pipeline.forget()
            assert encode(kept.reply(asked)) == encode(pipeline.reply(asked))


def test_each_caller_finds_its_own_id_and_recipient(kept: Pipeline) -> None:
    first = kept.reply(ReplyInput(FULL, recipient="ana@example.org", id="1"))
    again = kept.reply(ReplyInput(FULL, recipient="bob@other.example", id="2"))
    assert (first.id, first.recipient, again.id, again.recipient) == ("1", "ana@example.org", "2", "bob@other.example")
    assert again.rule == first.rule


def test_what_is_remembered_is_bounded(kept: Pipeline) -> None:
    kept.forget()
    kept.reply(ReplyInput("550 5.1.1 " + "x" * MAX_REPLY))
    assert len(kept.answers) == 0
    for number in range(MAX_ANSWERS + 50):
        kept.reply(ReplyInput(f"550 5.1.1 user {number} unknown"))
    assert len(kept.answers) == MAX_ANSWERS
    kept.forget()
    assert len(kept.answers) == 0
