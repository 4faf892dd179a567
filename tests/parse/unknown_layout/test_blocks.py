"""Recipients that the lines of an unknown notice set apart: blocks of their own, lists, roles, and the subject."""

import pytest

from bounce_verdict.model import DEFAULT_LIMITS, RecipientStatus
from bounce_verdict.pipeline.budget import Budget
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.unknown_layout.blocks import read_list
from bounce_verdict.pipeline.parse.unknown_layout.heuristics import read_unknown_layout

REFUSED = "550 5.1.1 No such user"


def _read(text: str, subject: str = "Undeliverable") -> list[RecipientStatus]:
    head = f"From: MAILER-DAEMON@mx.example.org\nTo: news@sender.example\nSubject: {subject}\n"
    return read_unknown_layout(read_notice(open_message(f"{head}\n{text}".encode())), Budget(DEFAULT_LIMITS.max_work))


def _recipients(text: str, subject: str = "Undeliverable") -> list[str | None]:
    return [status.recipient for status in _read(text, subject)]


@pytest.mark.parametrize(
    "text",
    [
        f"It failed for these recipients:\n\n  ana@example.net\n  bea@example.net\n\nReason: {REFUSED}\n",
        f"The server of example.net said:\n\n  {REFUSED}\n\nso it did not reach\n\n- <ana@example.net>\n- <bea@example.net>\n",
        f"Undeliverable to: ana@example.net, bea@example.net\n\n{REFUSED}\n",
        f"Nicht zugestellt an: ana@example.net und bea@example.net.\n{REFUSED}\n",
    ],
)
def test_a_reply_beside_a_list_is_all_recipients_own_and_stops_none_at_once(text: str) -> None:
    statuses = _read(text)
    assert [status.recipient for status in statuses] == ["ana@example.net", "bea@example.net"]
    assert all((status.reply or "").startswith(REFUSED) and status.cautions for status in statuses)


@pytest.mark.parametrize(
    "text",
    [
        f"To: ana@example.net, bea@example.net\n\n{REFUSED}\n",
        f"Your mail\n\nTo: ana@example.net\nCc: bea@example.net\n\ncame back:\n\n{REFUSED}\n",
        f"It failed for some of:\n\nana@example.net\nbea@example.net\n\nWe know cleo@example.net too.\n\n{REFUSED}\n",
    ],
)
def test_whom_a_mail_was_for_and_who_stands_by_is_no_list(text: str) -> None:
    assert _recipients(text) == [None]


def test_our_own_address_is_in_no_list() -> None:
    assert read_list(["news@sender.example", "ana@example.net", "bea@example.net"], {"news@sender.example"}) == [
        "ana@example.net",
        "bea@example.net",
    ]


def test_words_behind_recipients_are_their_own_replies() -> None:
    statuses = _read("Mail for these came back:\n\n * ana@example.net: user unknown\n * bea@example.net: mailbox is full\n")
    assert [(status.recipient, status.reply) for status in statuses] == [
        ("ana@example.net", "user unknown"),
        ("bea@example.net", "mailbox is full"),
    ]


def test_recipients_in_one_sentence_have_the_replies_in_brackets_behind_them() -> None:
    statuses = _read(f"It failed for <ana@example.net> ({REFUSED}) and <bea@example.net> (552 5.2.2 Full).\n")
    assert [(status.recipient, status.reply) for status in statuses] == [
        ("ana@example.net", REFUSED),
        ("bea@example.net", "552 5.2.2 Full"),
    ]


def test_a_code_below_comes_before_words_behind_the_recipient() -> None:
    statuses = _read(f"ana@example.net: not delivered\n  {REFUSED}\nbea@example.net: mailbox is full\n")
    assert [status.reply for status in statuses] == [REFUSED, "mailbox is full"]


@pytest.mark.parametrize(
    ("text", "recipient"),
    [
        (f"Your mail to support@example.net could not be delivered:\n\n{REFUSED}\n", "support@example.net"),
        (f"      admin@example.net on Monday\n           {REFUSED}\n", "admin@example.net"),
        (f"Your mail came back.\n{REFUSED}\nFor help write to support@example.net.\n", None),
        (f"Your mail came back.\n{REFUSED}\n\nQuestions?\n  support@example.net\n", None),
        (
            f"Your mail to abuse@example.net and support@example.net:\n{REFUSED}\nMail to abuse@example.net\nto: root@example.net",
            None,
        ),
        (f"Your mail came back to postmaster@mx.example.org:\n{REFUSED}\n", None),
    ],
)
def test_a_role_is_a_recipient_only_where_the_mail_went_to_it(text: str, recipient: str | None) -> None:
    assert _recipients(text) == [recipient]


def test_the_subject_names_the_recipient_where_the_text_names_nobody() -> None:
    [status] = _read(f"Error: {REFUSED}\n", "Undeliverable: ana@example.net")
    assert (status.recipient, bool(status.cautions)) == ("ana@example.net", True)
    assert _recipients(f"Error: {REFUSED}\n", "Undeliverable: write to ana@example.net today") == [None]
    assert _recipients(f"Error: {REFUSED} \n\nAsk postmaster@mx.example.org.\n", "Undeliverable: ana@example.net") == [None]


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("Status   : 5.1.1", "5.1.1"),
        ("- DSN code = 5.1.1", "5.1.1"),
        ("<mx.example.net #5.1.1>", "5.1.1"),
        ("Status: 5.1.1\nStatus: 5.2.2", None),
        ("Our code is 5.1.1", None),
        ("Status: 2.0.0", None),
    ],
)
def test_a_status_that_stands_alone_is_read(line: str, status: str | None) -> None:
    [read] = _read(f"Your mail did not reach ana@example.net\nResponse: user unknown\n{line}\n")
    assert (read.recipient, read.status) == ("ana@example.net", status)
