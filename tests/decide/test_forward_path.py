"""The address that a text offers instead of a dead one."""

import pytest

from bounce_verdict.model import Command, ReplyInput
from bounce_verdict.pipeline import Pipeline


def path(pipeline: Pipeline, reply: str, command: Command | None = "RCPT") -> str | None:
    return pipeline.reply(ReplyInput(reply, command, None, "ana@example.org")).forward_path


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.6 <ana@example.org>: Recipient address rejected: User has moved to ben@example.net. Please use the new address",
        "550 5.1.6 Mailbox moved to <ben@example.net>",
        "550 5.1.1 user unknown; new address: ben@example.net",
        "550 ana@example.org no longer exists, new e-mail address is ben@example.net",
        "550 5.1.1 User unknown. Neue E-Mail-Adresse: ben@example.net",
        "550 5.1.1 User unknown - nouvelle adresse : ben@example.net",
        "550 5.1.1 User unknown. Please use ben@example.net instead",
    ],
)
def test_where_the_recipient_has_moved_to_is_read_from_the_text(pipeline: Pipeline, reply: str) -> None:
    assert path(pipeline, reply) == "ben@example.net"


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.6 User has moved, new address unknown, ask postmaster@example.org",
        "550 5.1.1 user unknown, please use postmaster@example.org",
        "550 5.1.6 <ana@example.org> has moved to ana@example.org",
        "550 5.1.1 user unknown; your message said 'we have moved to shop@example.net'",
        "450 4.2.0 mailbox busy, moved to ben@example.net",
    ],
)
def test_no_address_is_made_up(pipeline: Pipeline, reply: str) -> None:
    assert path(pipeline, reply) is None


def test_words_at_the_end_of_the_data_may_be_our_message_s(pipeline: Pipeline) -> None:
    assert path(pipeline, "550 5.1.6 user has moved to ben@example.net", "EOD") is None
