"""Replies that a client's words or another reply stand around, and what these say of command and server."""

import pytest

from bounce_verdict.model import Reply
from bounce_verdict.pipeline.parse.reply.parse_reply import parse_reply


def read(raw: str) -> tuple[int | None, str | None, str]:
    reply = parse_reply(raw).reply
    return reply.code, reply.enhanced_status, reply.text


def command_and_server(raw: str) -> tuple[str | None, str | None]:
    parsed = parse_reply(raw)
    return parsed.command, parsed.remote_mta


# --- replies passed on -----------------------------------------------------------------------------------------------


def only_inner(raw: str) -> tuple[int | None, Reply]:
    parsed = parse_reply(raw)
    assert len(parsed.inner) == 1
    return parsed.reply.code, parsed.inner[0]


def test_postfix_quotes_the_reply_to_its_probe_of_an_undeliverable_address() -> None:
    raw = "554 5.1.1 <a@example.org>: Recipient address rejected: undeliverable address: host mx.example.net[192.0.2.1] said: 550 No such user"
    assert only_inner(raw) == (554, Reply(550, None, None, "No such user"))


def test_the_command_behind_a_quoted_reply_is_that_ones() -> None:
    raw = "554 5.1.1 undeliverable address: host mx.example.net[192.0.2.1] said: 550 No such user (in reply to RCPT TO command)"
    assert only_inner(raw) == (554, Reply(550, None, "RCPT", "No such user"))
    assert parse_reply(raw).command is None


def test_the_outermost_client_says_its_command_last() -> None:
    raw = (
        "host a.example[192.0.2.1] said: 554 5.1.1 undeliverable address: host b.example[192.0.2.2] said: 550 No such user"
        " (in reply to RCPT TO command) (in reply to end of DATA command)"
    )
    parsed = parse_reply(raw)
    assert (parsed.command, parsed.remote_mta, parsed.inner[0].command) == ("EOD", "a.example", "RCPT")


def test_amavis_quotes_the_next_server() -> None:
    raw = "451 4.7.1 TempFailed, id=09631-10, from MTA(smtp:[127.0.0.1]:10025): 451 4.7.1 Service unavailable - try again later"
    assert only_inner(raw) == (451, Reply(451, "4.7.1", None, "Service unavailable - try again later"))


def test_a_last_transfer_failure_is_quoted() -> None:
    assert only_inner("450 4.0.0 failed (last transfail: 452 4.2.2 Mailbox full)") == (
        450,
        Reply(452, "4.2.2", None, "Mailbox full"),
    )


def test_a_failure_for_one_of_several_recipients_is_quoted() -> None:
    raw = "550 permanent failure for one or more recipients (bob@example.org:550 5.4.1 Access denied. [ABC])"
    assert only_inner(raw) == (550, Reply(550, "5.4.1", None, "Access denied. [ABC]"))


def test_the_outer_words_keep_the_quotation() -> None:
    raw = "450 4.0.0 failed (last transfail: 452 4.2.2 Mailbox full)"
    assert parse_reply(raw).reply.text == "failed (last transfail: 452 4.2.2 Mailbox full)"


@pytest.mark.parametrize(
    "raw",
    [
        "450 4.1.1 <a@example.org>: Recipient address rejected: unverified address: host mx.example.net[192.0.2.1] said: 550 5.1.1 No such user",
        "550 5.1.8 <me@example.org>: Sender address rejected: undeliverable address: host mx.example.org[192.0.2.1] said: 550 5.1.1 User unknown",
        "550 Sender verify failed. Response: 550 5.1.1 User unknown",
        "550 Callout verification failed: 550 5.1.1 User unknown",
    ],
)
def test_the_answer_to_an_unfinished_probe_or_about_the_sender_is_not_peeled(raw: str) -> None:
    assert parse_reply(raw).inner == []


def test_a_probe_without_an_outer_reply_has_no_code() -> None:
    assert read("unverified address: host mx.example.net[192.0.2.1] said: 550 5.1.1 No such user")[0] is None


def test_a_size_is_no_quoted_reply() -> None:
    assert parse_reply("452 4.2.2 250 MB quota exceeded: 450 messages").inner == []


def test_an_expired_message_is_judged_by_the_last_reply_that_its_sender_got() -> None:
    parsed = parse_reply("554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.2 Connection timed out>")
    assert parsed.reply == Reply(421, "4.4.2", None, "Connection timed out")
    assert parsed.expired
    assert "gave up" in parsed.surprises[0]


def test_exchanges_last_error_detail_is_read() -> None:
    raw = "550 4.4.7 QUEUE.Expired; message expired [{LED=450 4.4.316 Connection refused};{MSG=};{FQDN=mx.example.org}]"
    assert read(raw) == (450, "4.4.316", "Connection refused")


# --- around the reply ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "command", "remote_mta"),
    [
        ("host mx.example.org[192.0.2.1] said: 550 no (in reply to RCPT TO command)", "RCPT", "mx.example.org"),
        ("550 no (in reply to end of DATA command)", "EOD", None),
        ("host mx.example.org[192.0.2.1] said: 550 no (in reply to MAIL FROM command)", "MAIL", "mx.example.org"),
        ("host mx.example.org[192.0.2.1] refused to talk to me: 554 no", "CONNECT", "mx.example.org"),
        (
            "delivery temporarily suspended: host mx.example.org[192.0.2.1] refused to talk to me: 421 no",
            "CONNECT",
            "mx.example.org",
        ),
        ("lost connection with mx.example.org[192.0.2.1] while sending RCPT TO", "RCPT", "mx.example.org"),
        (
            "conversation with mx.example.org[192.0.2.1] timed out while sending end of data -- message may be sent more than once",
            "EOD",
            "mx.example.org",
        ),
        ("connect to mx.example.org[192.0.2.1]:25: Connection refused", "CONNECT", "mx.example.org"),
        (
            "SMTP error from remote mail server after RCPT TO:<a@example.org>: host mx.example.org [192.0.2.1]: 550 no",
            "RCPT",
            "mx.example.org",
        ),
        ("SMTP error from remote mail server after pipelined MAIL FROM:<a@example.org> SIZE=552: 550 no", "MAIL", None),
        (
            "SMTP error from remote mail server after initial connection: host mx.example.org [192.0.2.1]: 554 no",
            "CONNECT",
            "mx.example.org",
        ),
        ("SMTP error from remote mail server after end of data: 554 no", "EOD", None),
        (
            "H=mx.example.org [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<a@example.org>: 550 no",
            "RCPT",
            "mx.example.org",
        ),
        ("host mx.example.org[private/dovecot-lmtp] said: 550 no (in reply to RCPT TO command)", "RCPT", "mx.example.org"),
        ("Connected to 192.0.2.1 but sender was rejected. Remote host said: 550 no", "MAIL", None),
        ("192.0.2.1 does not like recipient. Remote host said: 550 no Giving up on 192.0.2.1.", "RCPT", None),
        ("192.0.2.1 failed after I sent the message. Remote host said: 550 no", "EOD", None),
        ("mx.example.org [192.0.2.1] did not like our RCPT TO: 550 no", "RCPT", None),
        ("421 4.7.0 Try again later, closing connection. (EHLO) a1-20020a05 - gsmtp", "EHLO", None),
        ("530 5.7.57 Client not authenticated to send anonymous mail during MAIL FROM [X.example.org]", "MAIL", None),
        ("smtp; DATA closing 554 no", "EOD", None),
        ("smtp; MAIL+RCPT 550 no", None, None),
        (">>> RCPT To:<a@example.org>\n<<< 550 no\n>>> DATA\n<<< 503 no", "RCPT", None),
        (">>> MAIL From:<a@example.org>\n<<< 250 ok\n>>> DATA\n<<< 550-no\n<<< 550 no", None, None),
        (">>> .\n<<< 554 no", "EOD", None),
        ("550 no", None, None),
    ],
)
def test_the_words_around_a_reply_tell_command_and_server(raw: str, command: str | None, remote_mta: str | None) -> None:
    assert command_and_server(raw) == (command, remote_mta)


def test_the_first_refusal_of_a_transcript_is_the_reply() -> None:
    assert read(
        ">>> RCPT TO:<a@example.org>\n<<< 550-5.1.1 No such\n<<< 550 5.1.1 user\n>>> DATA\n<<< 503 5.5.1 no valid recipients"
    ) == (550, "5.1.1", "No such user")


def test_what_the_client_adds_behind_the_reply_is_not_in_its_words() -> None:
    assert read("192.0.2.1 does not like recipient. Remote host said: 550 no Giving up on 192.0.2.1.")[2] == "no"


@pytest.mark.parametrize("end", ["\n", " "])
def test_what_a_callout_was_answered_about_the_sender_is_not_the_reply_s_code(end: str) -> None:
    """Exim 4.96, acl.c: the last line begins behind the quoted answer."""
    raw = end.join(
        (
            "550-Verification failed for <news@sender.example>",
            "550-Sent:     RCPT TO:<news@sender.example>",
            "550-Response: 550 5.1.1 User unknown",
            "550 Sender verify failed",
        )
    )
    code, enhanced, text = read(raw)
    assert (code, enhanced) == (550, None)
    assert text.endswith("Response: 550 5.1.1 User unknown Sender verify failed")


def test_who_probes_a_recipient_was_asked_for_one() -> None:
    probed = "undeliverable address: host mx.example.org[192.0.2.1] said: 550 5.1.1 no (in reply to RCPT TO command)"
    assert command_and_server(f"550 5.1.1 <a@example.org>: Recipient address rejected: {probed}")[0] == "RCPT"
    assert command_and_server(f"550 5.1.1 <a@example.org>: Sender address rejected: {probed}")[0] is None
