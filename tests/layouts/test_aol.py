"""AOL's notice of refused senders."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import aol


def _read(text: str, *headers: str) -> list[RecipientStatus]:
    head = "\n".join((*headers, "X-Test: 1", "Content-Type: text/plain; charset=utf-8"))
    return aol.read(read_notice(open_message(f"{head}\n\n{text}".encode())))


def test_screen_names_take_the_domain_of_aols_sender() -> None:
    first, second = _read(
        "Your mail to the following recipients could not be delivered because they are not accepting mail from a@example.com:\n"
        "\tananame\n\tbeaname\n\nGoodbye now\n",
        "From: MAILER-DAEMON@AOL.example",
    )
    assert (first.recipient, second.recipient) == ("ananame@aol.example", "beaname@aol.example")
    assert "not accepting mail" in (first.reply or "")


def test_a_footer_below_the_names_is_none_of_them() -> None:
    statuses = _read(
        "Your mail to the following recipients could not be delivered because they are not accepting mail from a@example.com:\n"
        "\tananame\n\n-- \nBye\n",
        "From: MAILER-DAEMON@AOL.example",
    )
    assert [status.recipient for status in statuses] == ["ananame@aol.example"]
