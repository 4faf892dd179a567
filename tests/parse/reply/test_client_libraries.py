"""Errors of libraries keep the code, the enhanced code and the words of the reply that they print."""

import pytest

from bounce_verdict.model import Command, ReplyInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.parse.reply.client_libraries import unwrap_library_error
from bounce_verdict.pipeline.parse.reply.parse_reply import parse_reply

UNKNOWN = (550, "5.1.1", "User unknown")


@pytest.mark.parametrize(
    "printed",
    [
        "{'ana@example.org': (550, b'5.1.1 User unknown')}",
        "smtplib.SMTPRecipientsRefused: {'ana@example.org': (550, b'5.1.1 User unknown')}",
        'SMTPRecipientsRefused({"ana@example.org": (550, b"5.1.1 User unknown")})',
        "aiosmtplib.errors.SMTPRecipientsRefused: [SMTPRecipientRefused(550, '5.1.1 User unknown', 'ana@example.org')]",
        "(550, b'5.1.1 User unknown')",
        "permanent error (550): 5.1.1 User unknown",
        '&textproto.Error{Code:550, Msg:"5.1.1 User unknown"}',
        "{ code: 'EENVELOPE', response: '550 5.1.1 User unknown', responseCode: 550, command: 'RCPT TO' }",
        '{"code":"EENVELOPE","response":"550 5.1.1 User unknown","responseCode":550}',
        "Error: Can't send mail - all recipients were rejected: 550 5.1.1 User unknown",
        "com.sun.mail.smtp.SMTPAddressFailedException: 550 5.1.1 User unknown",
        "javax.mail.SendFailedException: Invalid Addresses;\n nested exception is:\n\tcom.sun.mail.smtp.SMTPAddressFailedException: 550 5.1.1 User unknown",
        "jakarta.mail.SendFailedException: Invalid Addresses (org.eclipse.angus.mail.smtp.SMTPAddressFailedException: 550 5.1.1 User unknown )",
        "Net::SMTPFatalError: 550 5.1.1 User unknown",
        "SMTP error: code 550, message: 5.1.1 User unknown",
        "SMTP Error: The following recipients failed: ana@example.org: User unknown\nSMTP server error: RCPT TO command failed Detail: User unknown SMTP code: 550 Additional SMTP info: 5.1.1",
        'Expected response code "250" but got code "550", with message "550 5.1.1 User unknown".',
    ],
)
def test_the_codes_and_the_words_are_the_servers(printed: str) -> None:
    reply = parse_reply(printed).reply
    assert (reply.code, reply.enhanced_status, reply.text) == UNKNOWN


def test_the_lines_of_a_reply_that_are_printed_with_escapes_are_joined() -> None:
    reply = parse_reply(r"SMTPDataError: (554, b'5.7.1 Refused\n5.7.1 as spam')").reply
    assert (reply.code, reply.enhanced_status) == (554, "5.7.1")


def test_an_apostrophe_does_not_end_the_words() -> None:
    assert parse_reply("""SMTPDataError: (552, b"5.2.2 Ana's mailbox is full")""").reply.text == "Ana's mailbox is full"
    assert parse_reply(r"SMTPDataError: (552, b'5.2.2 Ana\'s mailbox is full')").reply.text == "Ana's mailbox is full"


def test_the_message_that_symfony_quotes_is_the_reply() -> None:
    reply = parse_reply('Expected response code "250/251/252" but got code "550", with message "550 No such user here".').reply
    assert (reply.code, reply.text) == (550, "No such user here")


def test_mailkit_prints_the_enhanced_code_alone() -> None:
    reply = parse_reply(
        "MailKit.Net.Smtp.SmtpCommandException (RecipientNotAccepted, MailboxUnavailable): 5.1.1 User unknown"
    ).reply
    assert (reply.code, reply.enhanced_status, reply.text) == (None, "5.1.1", "User unknown")


@pytest.mark.parametrize(
    ("printed", "command"),
    [
        ("smtplib.SMTPSenderRefused: (553, b'5.7.1 Sender refused', 'news@example.net')", "MAIL"),
        ("smtplib.SMTPRecipientsRefused: {'ana@example.org': (550, b'5.1.1 User unknown')}", "RCPT"),
        ("smtplib.SMTPConnectError: (554, b'no service')", "CONNECT"),
        ("smtplib.SMTPDataError: (554, b'5.7.1 refused')", None),
        ("com.sun.mail.smtp.SMTPAddressFailedException: 550 no", "RCPT"),
        ("{ response: '550 no', responseCode: 550, command: 'RCPT TO' }", "RCPT"),
        ("SMTP server error: DATA END command failed Detail: no SMTP code: 554", "EOD"),
    ],
)
def test_the_error_names_the_command(printed: str, command: Command | None) -> None:
    assert parse_reply(printed).command == command


@pytest.mark.parametrize(
    "words",
    [
        "550 5.1.1 User unknown",
        "Expected response code 220 but got an empty response",
        "See (1) above, 'quoted' words",
        "mailbox full (550 MB of 500 MB)",
    ],
)
def test_other_words_are_no_librarys(words: str) -> None:
    assert unwrap_library_error(words) is None


def test_the_fast_path_leaves_them_to_the_careful_one(pipeline: Pipeline) -> None:
    answer = pipeline.reply(ReplyInput("smtplib.SMTPDataError: (552, b'5.2.2 Mailbox full')"))
    assert answer.reply is not None
    assert (answer.reply.code, answer.verdict) == (552, "storage")


def test_a_code_that_was_expected_is_not_the_answer() -> None:
    assert parse_reply("Expected response code 220 but got an empty response").reply.code is None


def test_ten_thousand_openings_are_read_in_linear_time() -> None:
    for piece in ("(550, '", "response: '550 ", "permanent error (550): ", " Detail: SMTP code: 55"):
        parse_reply(piece * 1_000)


def test_a_reply_that_quotes_an_exception_is_the_servers_whether_blanks_stand_around_it_or_not(pipeline: Pipeline) -> None:
    reply = "550-Verification failed for <ana@example.org> javax.net.ssl.SSLException: 550-Response: User 550 unknown"
    bare, within_blanks = (pipeline.reply(ReplyInput(text)).reply for text in (reply, f"\n {reply} \r\n"))
    assert bare is not None
    assert bare == within_blanks
    assert bare.text.startswith("Verification failed")
