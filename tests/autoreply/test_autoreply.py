"""Automatic replies (RFC 3834 and before)."""

import pytest

from bounce_verdict.model import RecipientStatus
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message
from bounce_verdict.pipeline.parse.autoreply import read_auto_reply


def _read(head: str, body: str = "Hello\n", subject: str = "Re: Hello") -> list[RecipientStatus]:
    mail = f"From: Ana <ana@example.org>\nTo: news@sender.example\nSubject: {subject}\n{head}\n{body}"
    return read_auto_reply(read_notice(open_message(mail.encode())))


@pytest.mark.parametrize(
    "head",
    [
        "Auto-Submitted: auto-replied\n",
        "X-Autoreply: yes\n",
        "X-Autorespond: news\n",
        "Precedence: auto_reply\n",
        "Auto-Submitted: auto-generated (vacation)\n",
    ],
)
def test_a_declared_answer_names_the_one_who_answers(head: str) -> None:
    [status] = _read(head)
    assert (status.recipient, status.reply, status.action) == ("ana@example.org", None, None)


@pytest.mark.parametrize(
    "subject",
    [
        "Out of Office: Hello", "Automatic reply: Hello", "AUTO: Ana is out", "Abwesenheitsnotiz", "Automatische Antwort: Hallo",
        "=?utf-8?q?R=C3=A9ponse_automatique?=", "Risposta automatica", "Respuesta automática", "Automatisch antwoord", "Autosvar",
        "自動返信", "Автоответ", "Automatyczna odpowiedź", "On vacation until Monday",
    ],
)  # fmt: skip
def test_a_subject_says_so_in_many_languages(subject: str) -> None:
    assert len(_read("", subject=subject)) == 1


def test_words_of_thanks_count_where_the_envelope_is_a_machine_s() -> None:
    assert _read("Return-Path: <>\nPrecedence: bulk\n", "Thank you for your e-mail.\nI will reply soon.\n", subject="Thanks")


def test_a_challenge_is_an_answer() -> None:
    assert _read("", "Your message has been waitlisted. Please add yourself to my Guest List.\n")


def test_a_person_s_answer_is_none() -> None:
    assert _read("", "Thank you for your e-mail, I will reply tomorrow.\n") == []


def test_x_auto_response_suppress_says_nothing() -> None:
    assert _read("X-Auto-Response-Suppress: All\n") == []


def test_a_mailing_list_s_message_is_none() -> None:
    assert _read("List-Id: <news.example.org>\nPrecedence: bulk\n", "Thank you for your message to the list.\n") == []


def test_re_is_a_machine_s_where_the_sender_is_null() -> None:
    words = "I am currently out of the office.\n"
    assert _read("Return-Path: <>\n", words)
    assert _read("Return-Path: <ana@example.org>\nPrecedence: bulk\n", words) == []


def test_a_person_may_write_about_a_vacation() -> None:
    assert _read("", "See you there.\n", subject="Re: on vacation until Monday") == []
