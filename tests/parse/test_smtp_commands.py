"""What programs call an SMTP command: one table, the same answer wherever a phrase stands."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.errors import InputError
from bounce_verdict.model import COMMANDS, Command, Rulebook
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import postfix
from bounce_verdict.pipeline.parse.reply.parse_reply import parse_reply
from bounce_verdict.pipeline.parse.smtp_commands import (
    PHRASES,
    command_in_client_words,
    command_named_by_server,
    command_of_phrase,
    resolve_command,
)

# --- phrases ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("phrase", "command"), PHRASES.items())
def test_a_phrase_means_the_same_in_a_bounce_and_in_a_request(phrase: str, command: Command | None) -> None:
    assert command_of_phrase(phrase) == command
    if command is not None:
        assert resolve_command(phrase, {}) == command
        assert resolve_command(phrase.replace(" ", "_"), {}) == command


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_phrase_means_the_same_in_a_reply_line_and_in_a_notice(phrase: str) -> None:
    said = f"host mx.example.org[192.0.2.1] said: 550 no (in reply to {phrase} command)"
    head = "From: MAILER-DAEMON@mail.example\nContent-Type: text/plain"
    [status] = postfix.read(read_notice(open_message(f"{head}\n\n<ana@example.org>: {said}\n".encode())))
    assert parse_reply(said).command == status.command == PHRASES[phrase]


@pytest.mark.parametrize(
    ("phrase", "command"),
    [
        ("RCPT TO:<ana@example.org>", "RCPT"),
        ("RCPT_TO", "RCPT"),
        ("pipelined MAIL FROM:<x@example.org> SIZE=10", "MAIL"),
        ("our final DATA", "EOD"),
        ("(initial greeting)", "CONNECT"),
        ("end of data -- message may be sent more than once", "EOD"),
        ("sending message body", "DATA"),
        ("sending data block", "DATA"),
        ("EHLO/HELO", "EHLO"),
        ("MAIL+RCPT", None),
        ("mailbox", None),
        ("XFORWARD NAME command", None),
        ("", None),
    ],
)
def test_a_phrase_names_the_command_that_it_begins_with(phrase: str, command: str | None) -> None:
    assert command_of_phrase(phrase) == command


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("lost connection with mx.example.org[192.0.2.1] while receiving the initial server greeting", "CONNECT"),
        ("lost connection with mx.example.org[192.0.2.1] while performing the EHLO handshake", "EHLO"),
        ("lost connection with mx.example.org[192.0.2.1] while sending message body", "DATA"),
        ("conversation with mx.example.org[192.0.2.1] timed out while sending end of data -- message may be sent twice", "EOD"),
        ("mx.example.org [192.0.2.1] did not like our final DATA:", "EOD"),
        ("Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)", "CONNECT"),
        ("Connected to 192.0.2.1 but my name was rejected.", "CONNECT"),
        ("SMTP timeout while connected to mx.example.org [192.0.2.1] after pipelined RCPT TO:<ana@example.org>", "RCPT"),
        ("Remote host closed connection in response to end of data", "EOD"),
        ("connect to mx.example.org[192.0.2.1]:25: Connection refused", "CONNECT"),
        ("DATA closing", "EOD"),
        ("An error occurred while sending mail. The mail server responded:", None),  # Thunderbird
        ("DATA was lost", None),
        ("SMTP error, RCPT TO:", "RCPT"),
        ("SMTP error, DOT:", "EOD"),
    ],
)
def test_the_sentence_of_a_client_names_the_command(words: str, command: str | None) -> None:
    assert command_in_client_words(words) == command


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Try again later, closing connection. (EHLO) a1-20020a05 - gsmtp", "EHLO"),
        ("Try again later, closing connection. (RCPT) a1-20020a05 - gsmtp", "RCPT"),
        ("Client not authenticated to send anonymous mail during MAIL FROM [X.example.org]", "MAIL"),
        ("User unknown", None),
    ],
)
def test_a_server_may_name_the_command_itself(text: str, command: str | None) -> None:
    assert command_named_by_server(text) == command


def test_no_alias_repeats_what_is_known_without_the_file(book: Rulebook) -> None:
    assert [name for name in book.commands if PHRASES.get(name.replace("_", " ").replace("-", " ")) is not None] == []


# --- names of commands -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_its_own_name_in_any_case(command: Command, book: Rulebook) -> None:
    assert resolve_command(f" {command.title()} ", book.commands) == command


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("received data", "EOD"),
        ("end of DATA", "EOD"),
        ("end of DATA command", "EOD"),
        (".", "EOD"),
        ("<CRLF>.<CRLF>", "EOD"),
        ("dot", "EOD"),
        ("DOT_LMTP", "EOD"),
        ("end-of-message", "EOD"),
        ("RCPT TO", "RCPT"),
        ("rcpt to:<ana@example.org>", "RCPT"),
        ("pipelined RCPT TO:<ana@example.org>", "RCPT"),
        ("in reply to RCPT TO command", "RCPT"),
        ("MAIL FROM", "MAIL"),
        ("MAIL FROM:<x@example.org> SIZE=10", "MAIL"),
        ("after pipelined MAIL FROM:<x@example.org>", "MAIL"),
        ("banner", "CONNECT"),
        ("connection", "CONNECT"),
        ("greeting", "CONNECT"),
        ("initial connection", "CONNECT"),
        ("while receiving the initial server greeting", "CONNECT"),
        ("while performing the EHLO handshake", "EHLO"),
        ("EHLO mail.example.org", "EHLO"),
        ("AUTH PLAIN", "AUTH"),
        ("AUTH-CRAM-MD5", "AUTH"),
        ("TLS-on-connect", "STARTTLS"),
        ("while sending message body", "DATA"),
        ("BDAT 100 LAST", "BDAT"),
        ("final RSET", "RSET"),
    ],
)
def test_the_names_that_programs_use_are_known(name: str, command: str, book: Rulebook) -> None:
    assert resolve_command(name, book.commands) == command


@pytest.mark.parametrize("name", ["", " ", "MAIL+RCPT", "XCLIENT", "unknown", "550"])
def test_a_name_that_tells_no_command_is_refused(name: str, book: Rulebook) -> None:
    with pytest.raises(InputError, match="RCPT"):
        resolve_command(name, book.commands)


def test_the_refusal_shows_forty_characters_and_nothing_unprintable(book: Rulebook) -> None:
    with pytest.raises(InputError) as caught:
        resolve_command("x\n\ud800" * 1_000, book.commands)
    assert len(caught.value.message) < 250
    assert caught.value.message.isprintable()


@given(name=st.text(max_size=300))
def test_any_name_is_a_command_or_refused(name: str) -> None:
    with suppress(InputError):
        assert resolve_command(name, {}) in COMMANDS
