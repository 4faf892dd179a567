"""Replies in their plain form are read as the full reader reads them, unless a signal says that there is more to find."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bounce_verdict.model import Limits, ParsedReply
from bounce_verdict.pipeline.match.matcher import Matcher
from bounce_verdict.pipeline.parse.reply.fast_path import SIGNALS, complete, read_common_form
from bounce_verdict.pipeline.parse.reply.parse_reply import parse_reply
from bounce_verdict.rulebook.files import rules_folder
from bounce_verdict.rulebook.load import load_rulebook

MATCHER = Matcher(load_rulebook(rules_folder()), SIGNALS)

# What replies are made of, and what makes a reader look twice.
PIECES = st.sampled_from([
    "550", "450", "251", "551", "421", "354", " ", "-", "5.1.1", "4.7.1", "5.4.7", "2.0.0", "<ana@example.org>", "User unknown",
    "mailbox full", "said:", "host mx.example[192.0.2.1] said: ", "host mx.example[192.0.2.1] refused to talk to me: ", "smtp; ",
    " (in reply to RCPT TO command)", " (in reply to end of DATA command)", "try again in 5 minutes", "wait an hour", "later", "(",
    ")", "[", "]", "<", ">", "#5.1.1", "(#5.7.1)", "message expired", "retry timeout exceeded", "00:05:00", "closing connection. (EHLO)",
    "Giving up on 192.0.2.1.", "no valid recipients", "verify", "\n", "\\", "\t", "é", "邮箱", "e\u0301", "\u200b", ":", ";", ".", "1",
    "5", "7", "300 s", "connect to ", "mx.example[192.0.2.1]:25: ", "while sending RCPT TO", "[550]", "error code 550", "DATA", "<<< ", "by ", "blocked", "defer 30 sec", "host retry-after-5-min.example[192.0.2.1] said: ", "MX", "said: 550 5.1.1 no",
    "550-", "550-5.1.1 ", " 550 5.1.1 ", " 550 ", " 550-", "User unknown 550-", "#550 [x]",
])  # fmt: skip
TEXTS = st.lists(PIECES, max_size=8).map("".join) | st.lists(PIECES, max_size=6).map(" ".join)


def read(text: str) -> ParsedReply | None:
    """`text` as the classifier reads it; None where it asks parse_reply."""
    plain = read_common_form(text)
    return None if plain is None else complete(plain, text, MATCHER.scan(plain.reply.text).signals)


@given(
    TEXTS
    | TEXTS.map("550 5.1.1 {}".format)
    | TEXTS.map("550-5.1.1 {} 550 5.1.1 end".format)
    | TEXTS.map("550-No such {} 550 user".format)
    | TEXTS.map("host mx.example[192.0.2.1] said: 452 {} (in reply to RCPT TO command)".format)
)
@example("550-5.1.1 The account does not exist. Please try 550-5.1.1 again in 550-5.1.1 5 minutes. 550 5.1.1 gsmtp")
@example("550-No such 550-user: 550 here")
@example("550-No such 550-user 550 here")
@example("421-4.7.0 Try again 421-4.7.0 after 421 4.7.0 5 minutes")
@example("554 sorry, no mailbox here by that name. (#5.1.1)")
@example("550 blocked - https://example.org/docs#550 [x1.uk12]")
@example("550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown")
@example("551 5.1.6 moved to <ana@new.example>")
@example("host wait-5-min.example[192.0.2.1] said: 450 busy (in reply to RCPT TO command)")
@example("550 邮箱不存在")
@example("450 again in ٣ seconds")
def test_a_plain_reply_without_signals_is_what_the_full_reader_reads(text: str) -> None:
    plain = read(text)
    if plain is None:
        return
    full = parse_reply(text)
    assert plain.reply == full.reply
    assert (list(plain.inner), plain.command, plain.remote_mta) == (list(full.inner), full.command, full.remote_mta)
    assert (plain.retry_after, plain.forward_path, plain.expired) == (full.retry_after, full.forward_path, full.expired)
    assert list(plain.surprises) == list(full.surprises)


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 User unknown",
        "550 User unknown",
        "450 4.7.1 <mx.example.org[192.0.2.1]>: Client host rejected",
        "521 192.0.2.1 blocked by sbc",
        "550 5.7.508 Access denied",
        "550 邮箱不存在",
        "host mx.example.org[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command)",
        "host mx.example.org[192.0.2.1] refused to talk to me: 421 4.7.0 too many connections",
        "Unrouteable address",
        "No such domain.",
        "mail for example.org loops back to myself",
        "550-5.1.1 The account does not exist. 550-5.1.1 Check it 550 5.1.1 please. gsmtp",
        "550-No such 550-user 550 here",
        "554 sorry, no mailbox here by that name. (#5.1.1)",
        "452 4.5.3 You may send 500 messages per hour",
        "450 4.7.1 Greylisted, please try again in 300 seconds",
        "550 5.4.1 message expired",
        "connect to mx.example.org[192.0.2.1]:25: Connection refused",
        "lost connection with mx.example.org[192.0.2.1] while sending end of data -- message may be sent more than once",
    ],
)
def test_the_forms_that_come_daily_are_plain(text: str) -> None:
    assert read(text) is not None


@pytest.mark.parametrize(
    "words",
    [
        "host 192.0.2.1 said: 450 4.2.2 mailbox full",
        "sorry, no mailbox here by that name. (#5.1.1)",
        "Greylisted, try again in 300 seconds",
        "come back in 00:05:00",
        "Try again later, closing connection. (EHLO)",
        "retry timeout exceeded",
        "User unknown (in reply to RCPT TO command) x",
        "connect to mx.example.org[192.0.2.1]:25: Connection refused",
        "Remote host said: 550 no",
        "SMTP error from remote mail server after RCPT TO:<ana@example.org>: no",
        "192.0.2.1 does not like recipient.",
        "User unknown [550]",
        "smtp error code: 550",
        "data closing",
    ],
)
def test_each_kind_of_more_gives_a_signal(words: str) -> None:
    assert MATCHER.scan(words).signals


@pytest.mark.parametrize(
    "text",
    ["551 5.1.6 moved to <ana@new.example>", "550 4.1.1 two classes", "250 2.0.0 accepted", "550 5.4.7 expired", "smtp; x"],
)
def test_what_has_to_be_read_with_care_is_not_plain(text: str) -> None:
    assert read_common_form(text) is None


def test_a_reply_beyond_the_limit_is_not_plain() -> None:
    assert read_common_form("550 5.1.1 " + "x" * 100, Limits(max_reply_text=50)) is None


def test_the_signals_are_one_of_each_reader() -> None:
    """They are written beside the patterns that they stand for; python's engine takes them too."""
    every = [signal for group in SIGNALS for signal in group]
    assert all(re.compile(signal) for signal in every)
    assert len(set(every)) == len(every)
