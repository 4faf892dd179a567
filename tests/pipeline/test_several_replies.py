"""Replies judged together get the answers that each would get by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.model import ReplyInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.several_replies import classify_replies
from bounce_verdict.response import encode

TEXTS = st.sampled_from(
    [
        "552 5.2.2 <ana@example.org>: mailbox full",
        "550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown in virtual alias table",
        "550 5.7.1 Message rejected as spam by content filtering",
        "421 4.7.0 try again in 300 seconds",
        "no such user",
        "250 2.0.0 ok",
        "",
    ]
)


@pytest.fixture(scope="module")
def together(pipeline: Pipeline) -> Pipeline:
    return Pipeline(pipeline.book, compiled=pipeline.matcher.dump())


@given(
    st.lists(
        st.builds(
            ReplyInput,
            TEXTS | st.text(max_size=40),
            st.sampled_from([None, "RCPT", "EOD"]),
            st.sampled_from([None, "mx.example.org", "mx1.hotmail.com"]),
            st.sampled_from([None, "ana@example.org", "bob@example.org", "ana@gmail.com"]),
            st.sampled_from([None, "failed", "delayed", "delivered"]),
            st.sampled_from([None, "1", 2]),
        ),
        max_size=12,
    )
)
def test_whatever_is_judged_together_gets_the_answer_that_it_would_get_alone(
    together: Pipeline, pipeline: Pipeline, several: list[ReplyInput]
) -> None:
    pipeline.forget()
    alone = [encode(pipeline.reply(one)) for one in several]
    together.forget()
    for _ in range(2):  # the second time all answers are kept
        assert [encode(answer) for answer in classify_replies(together, several)] == alone


def test_every_hit_of_the_rules_gets_the_same_answer_among_others(together: Pipeline, pipeline: Pipeline) -> None:
    hits = [
        ReplyInput(hit.reply, hit.command, hit.remote_mta, hit.recipient) for rule in together.book.rules for hit in rule.hits
    ]
    together.forget()
    for start in range(0, len(hits), 32):
        some = hits[start : start + 32]
        for one, answer in zip(some, classify_replies(together, some), strict=True):
            pipeline.answers.clear()
            assert encode(answer) == encode(pipeline.reply(one))


def test_of_replies_that_are_alike_one_is_judged_and_each_keeps_its_own_id_and_recipient(together: Pipeline) -> None:
    together.forget()
    wave = [ReplyInput("550 5.7.1 denied", recipient=f"ana{number}@example.org", id=number) for number in range(5)]
    answers = classify_replies(together, wave)
    assert [(answer.id, answer.recipient) for answer in answers] == [(one.id, one.recipient) for one in wave]
    assert len(together.answers) == 1
    assert classify_replies(together, wave) == answers


def test_nothing_is_answered_for_nothing(together: Pipeline) -> None:
    assert classify_replies(together, []) == []
