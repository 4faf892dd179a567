"""Who wrote a message."""

import pytest

from bounce_verdict.model import Sender
from bounce_verdict.pipeline.intake.sender import is_report_form, read_sender
from bounce_verdict.pipeline.intake.splitter import open_message


def sender(head: str) -> Sender:
    return read_sender(open_message(f"{head}\n\nIt failed.\n".encode()))


JAMES = "Return-Path: <>\nFrom: postmaster@mail.example\nSubject: Re: March\nIn-Reply-To: <1@example.net>"


def test_james_answers_the_mail_that_it_returns() -> None:
    assert (sender(JAMES).is_mailer, sender(JAMES).is_personal) == (True, False)


@pytest.mark.parametrize(
    "head",
    [
        JAMES.replace("<>", "<postmaster@mail.example>"),
        JAMES.replace("Return-Path: <>\n", ""),
        f"{JAMES}\nUser-Agent: Thunderbird",
        f"{JAMES}\nX-Mailer: Outlook",
    ],
)
def test_a_postmaster_who_answers_is_a_person(head: str) -> None:
    assert sender(head).is_personal


def test_what_qmail_invoked_for_a_bounce_is_a_mailers_whoever_it_names() -> None:
    head = "Return-Path: <>\nReceived: (qmail 4711 invoked for bounce); 10 Mar 2026 09:13:15 -0000\nFrom: Post <noreply@example.org>\nSubject: Your mail"
    assert sender(head).is_mailer
    assert not sender(head.replace("Return-Path: <>", "Return-Path: <bob@example.org>")).is_mailer


@pytest.mark.parametrize(
    "subject",
    [
        "系统退信",
        "邮件无法投递",
        "配信できませんでした",
        "Message non distribué",
        "Nie dostarczono",
        "Не удалось доставить",
        "ERRORE DI CONSEGNA: notizie",
        "Zustellfehler: Neues",
        "Retour à l’expéditeur",
        "Entrega fallida",
        "Falha na entrega",
        "Ошибка доставки",
        "발송 실패",
        "未能送达",
        "Δεν παραδόθηκε: Νέα",
    ],
)
def test_subjects_of_other_languages_say_that_it_came_back(subject: str) -> None:
    assert sender(f"Return-Path: <>\nFrom: Mail <noreply@example.org>\nSubject: {subject}").is_mailer


def test_what_a_list_sends_on_from_the_null_path_is_still_the_mailers() -> None:
    head = "Return-Path: <>\nFrom: Post <noreply@example.org>\nSubject: Mail could not be delivered\nList-Id: <news.example.net>"
    assert sender(head).may_report
    assert not sender(head.replace("<>", "<news-bounces@example.net>")).may_report


def test_a_report_with_a_lists_footer_has_a_reports_form() -> None:
    report = "--a\nContent-Type: multipart/report; boundary=b\n\n--b\n\nIt failed.\n--b--\n"
    head = "From: Post <noreply@example.org>\nSubject: Mail\nContent-Type: multipart/mixed; boundary=a"
    footer = "--a\n\nUnsubscribe here\n--a--\n"
    assert is_report_form(open_message(f"{head}\n\n{report}{footer}".encode()))
    assert not is_report_form(open_message(f"{head}\n\n--a\n\nLook:\n{report}{footer}".encode()))
