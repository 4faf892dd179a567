"""What smtplib and aiosmtplib raise is classified as it is."""

import smtplib

import aiosmtplib
import pytest

from bounce_verdict import Classification, Classifier, InputError, classify, classify_error

UNKNOWN = b"5.1.1 The email account that you tried to reach does not exist"
FULL = b"5.2.2 mailbox full"


def told(answer: Classification) -> str:
    command = answer.reply.command if answer.reply else None
    return f"{answer.recipient} {command} {answer.verdict} {answer.reason} {answer.suppress}"


@pytest.fixture(scope="module")
def shipped() -> Classifier:
    return Classifier()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (smtplib.SMTPConnectError(554, b"5.7.1 your IP is on a blocklist"), "CONNECT policy"),
        (smtplib.SMTPHeloError(550, b"HELO rejected"), "HELO policy"),
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 bad credentials"), "AUTH policy"),
        (smtplib.SMTPSenderRefused(550, b"5.7.1 sender rejected", "us@example.com"), "MAIL policy"),
        (smtplib.SMTPDataError(554, b"5.7.1 spam"), "EOD policy"),
        (smtplib.SMTPRecipientsRefused({"ana@example.org": (550, UNKNOWN)}), "RCPT permanent"),
        (smtplib.SMTPServerDisconnected("Connection unexpectedly closed"), "None retry"),
        (aiosmtplib.SMTPConnectResponseError(421, "4.3.2 try again later"), "CONNECT retry"),
        (aiosmtplib.SMTPConnectTimeoutError("Timed out connecting to mx.example.org on port 25"), "CONNECT retry"),
        (aiosmtplib.SMTPSenderRefused(550, "5.7.1 sender rejected", "us@example.com"), "MAIL policy"),
        (aiosmtplib.SMTPDataError(552, "5.2.2 mailbox full"), "EOD storage"),
        (aiosmtplib.SMTPRecipientRefused(550, UNKNOWN.decode(), "ana@example.org"), "RCPT permanent"),
        (aiosmtplib.SMTPServerDisconnected("Connection lost"), "None retry"),
    ],
    ids=lambda given: f"{type(given).__module__}.{type(given).__name__}" if isinstance(given, Exception) else "",
)
def test_an_exception_says_its_command_and_its_reply(error: Exception, expected: str) -> None:
    answer = classify(error)
    assert f"{answer.reply.command if answer.reply else None} {answer.verdict}" == expected


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused({"ana@example.org": (550, UNKNOWN), "bob@example.org": (552, FULL)}),
        {"ana@example.org": (550, UNKNOWN), "bob@example.org": (552, FULL)},
        aiosmtplib.SMTPRecipientsRefused(
            [
                aiosmtplib.SMTPRecipientRefused(550, UNKNOWN.decode(), "ana@example.org"),
                aiosmtplib.SMTPRecipientRefused(552, FULL.decode(), "bob@example.org"),
            ]
        ),
    ],
    ids=["smtplib", "what sendmail returns", "aiosmtplib"],
)
def test_several_refused_recipients_are_answered_one_by_one(error: Exception | dict[str, tuple[int, bytes]]) -> None:
    assert [told(answer) for answer in classify_error(error)] == [
        "ana@example.org RCPT permanent mailbox-unknown now",
        "bob@example.org RCPT storage mailbox-full if-repeated",
    ]


def test_classify_answers_one_and_says_what_answers_several() -> None:
    error = smtplib.SMTPRecipientsRefused({"a@example.org": (550, b"no"), "b@example.org": (550, b"no")})
    with pytest.raises(InputError, match="2 recipients; classify_error"):
        classify(error)


def test_the_lines_of_a_reply_stay_lines(shipped: Classifier) -> None:
    error = smtplib.SMTPDataError(550, b"5.7.1 refused\n5.7.1 see https://example.org/")
    (answer,) = shipped.error(error)
    assert answer.reply is not None
    assert (answer.reply.code, answer.reply.enhanced_status) == (550, "5.7.1")
    assert answer.reply.text == "refused see https://example.org/"


def test_whoever_catches_it_may_say_whom_it_is_about(shipped: Classifier) -> None:
    error = smtplib.SMTPDataError(550, b"5.1.1 <ana@example.org> user unknown")
    (answer,) = shipped.error(error, recipient="ana@example.org", remote_mta="mx.example.org")
    assert (answer.recipient, answer.remote_mta) == ("ana@example.org", "mx.example.org")


def test_a_refused_sender_is_known_as_ours(shipped: Classifier) -> None:
    error = smtplib.SMTPSenderRefused(550, b"5.1.1 <news@sender.example> user unknown", "news@sender.example")
    (answer,) = shipped.error(error)
    assert (answer.verdict, answer.suppress) == ("policy", "never")


@pytest.mark.parametrize("error", [ValueError("550 5.1.1 user unknown"), ConnectionRefusedError(111, "Connection refused")])
def test_any_other_exception_is_refused(error: Exception) -> None:
    with pytest.raises(InputError, match=f"{type(error).__name__} is neither"):
        classify_error(error)
