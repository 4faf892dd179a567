"""What an automatic reply says of its author."""

import pytest

from bounce_verdict.model import AutoReply, MessageInput
from bounce_verdict.pipeline import Pipeline


def told(pipeline: Pipeline, text: str) -> tuple[str, AutoReply | None, list[str]]:
    mail = (
        "From: Ana <ana@example.org>\nTo: news@sender.example\nReturn-Path: <>\nSubject: Automatic reply: News\n"
        "Date: Sat, 21 Nov 2026 10:00:00 +0000\nAuto-Submitted: auto-replied\nContent-Type: text/plain; charset=utf-8\n\n" + text
    )
    report = pipeline.message(MessageInput(mail.encode()))
    return report.kind, report.auto_reply, [one.suppress for one in report.recipients]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I am out of the office until 4 December 2026.", "2026-12-04"),
        ("I will be back on December 4th.", "2026-12-04"),
        ("I am away until 4 January.", "2027-01-04"),
        ("Ich bin bis zum 04.12.2026 nicht im Büro.", "2026-12-04"),
        ("Je suis absente jusqu'au 4 décembre 2026 inclus.", "2026-12-04"),
        ("Estaré fuera de la oficina hasta el 4 de diciembre de 2026.", "2026-12-04"),
        ("Sono fuori ufficio fino al 4 dicembre 2026.", "2026-12-04"),
        ("Ik ben afwezig tot 4 december 2026.", "2026-12-04"),
        ("Меня не будет до 4 декабря 2026.", "2026-12-04"),
        ("12月4日まで不在にしております。", "2026-12-04"),
    ],
)
def test_the_day_of_return_is_read_and_stops_nobody(pipeline: Pipeline, text: str, day: str) -> None:
    kind, said, suppress = told(pipeline, text)
    assert (kind, suppress) == ("auto-reply", ["never"])
    assert said is not None
    assert (said.absent_until, said.left) == (day, False)


@pytest.mark.parametrize(
    "text",
    [
        "Ana no longer works here. Please write to bob@example.org.",
        "Ana Beispiel ist nicht mehr bei uns tätig. Bitte wenden Sie sich an bob@example.org.",
        "Ana ne travaille plus dans la société. Contact : bob@example.org.",
        "Ana ya no trabaja en la empresa; escriba a bob@example.org",
        "Ana werkt niet meer bij ons. Mail naar bob@example.org",
        "Ана больше не работает у нас. Пишите: bob@example.org",
        "アナは退職いたしました。 bob@example.org までご連絡ください。",
    ],
)
def test_who_has_left_is_counted_and_the_successor_named(pipeline: Pipeline, text: str) -> None:
    kind, said, suppress = told(pipeline, text)
    assert (kind, suppress) == ("auto-reply", ["if-repeated"])
    assert said is not None
    assert (said.absent_until, said.left, said.successor) == (None, True, "bob@example.org")


@pytest.mark.parametrize(
    "text", ["I am away until 02/03.", "I am on holiday.", "> no longer works here", "I was here until 1 May 2020."]
)
def test_what_cannot_be_known_is_not_told(pipeline: Pipeline, text: str) -> None:
    assert told(pipeline, text)[1:] == (None, ["never"])
