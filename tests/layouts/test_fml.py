"""fml's refusals."""

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.layouts import fml


def _read(text: str, *headers: str) -> list[RecipientStatus]:
    head = "\n".join(("From: list-admin@example.org", *headers, "Content-Type: text/plain; charset=utf-8"))
    return fml.read(read_notice(open_message(f"{head}\n\n{text}".encode())))


def test_fml_answers_for_the_list_that_was_written_to() -> None:
    [status] = _read(
        "You are not a member of this mailing list <list@example.org>.\n\nWrite to list-ctl@example.org\n", "X-MLServer: fml"
    )
    assert (status.recipient, status.reply) == (
        "list@example.org",
        "You are not a member of this mailing list <list@example.org>",
    )


def test_the_same_sentence_without_fmls_header_is_no_notice() -> None:
    assert _read("You are not a member of this mailing list <list@example.org>.\n") == []
