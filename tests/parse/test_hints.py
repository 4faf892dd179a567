"""What a reply's words say beside the verdict: a time to wait, a sender that gave up, where the recipient went."""

import pytest

from bounce_verdict.pipeline.parse.reply.parse_reply import parse_reply


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        ("450 4.7.1 Greylisted, please try again in 5 minutes", 300),
        ("451 Try again after 300 seconds", 300),
        ("450 Greylisting in action, please come back in 00:04:59", 299),
        ("451 Greylisted for 5 minutes", 300),
        ("421 Retry after 2 hours", 7_200),
        ("450 Please wait 60 s", 60),
        ("450 Try again in an hour", 3_600),
        ("450 try again in 1 minute and 30 seconds", 90),
        ("450 try again in 9 days", None),
        ("450 try again later", None),
        ("450 too many messages, 100 per 300 seconds", None),
        ("Message could not be delivered for 5 days", None),
        ("450 will retry for 5 days", None),
    ],
)
def test_the_time_to_wait_is_read_where_it_is_stated(raw: str, seconds: int | None) -> None:
    assert parse_reply(raw).retry_after == seconds


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("551 5.1.6 User not local; please try <ana.new@forward.example>", "ana.new@forward.example"),
        ("251 User not local; will forward to <ana@forward.example>", "ana@forward.example"),
        ("551 ana@example.org has moved to ana@forward.example.", "ana@forward.example"),
        ("551 <ana@example.org> is a deactivated mailbox", None),
        ("550 please try <ana.new@forward.example>", None),
    ],
)
def test_the_forward_path_of_251_and_551_is_read(raw: str, path: str | None) -> None:
    assert parse_reply(raw).forward_path == path


@pytest.mark.parametrize(
    "raw",
    [
        "450 4.2.0 Mailbox busy: retry timeout exceeded",
        "I'm not going to try again; this message has been in the queue too long.",
        "Message could not be delivered for 5 days",
        "rcpt: Envelope expired",
        "smtp; 554 5.4.7 gave up",
        "4.4.7",
    ],
)
def test_a_sender_that_gave_up_says_so(raw: str) -> None:
    assert parse_reply(raw).expired


@pytest.mark.parametrize(
    "raw",
    [
        "421 4.7.0 Connection expired, try reconnecting",
        "550 5.7.1 Message could not be delivered for policy reasons",
        "550 Account expired",
    ],
)
def test_what_expired_beside_the_message_does_not_count(raw: str) -> None:
    assert not parse_reply(raw).expired


@pytest.mark.parametrize("text", ["The message was blocked as spam", "policy: wait and try again", "blocked as a spam source"])
def test_an_article_is_no_time_to_wait(text: str) -> None:
    assert parse_reply(f"450 4.7.1 {text}").retry_after is None
