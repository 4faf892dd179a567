"""Step 1: what a list or a scanner puts below a notice is none of its words."""

import pytest

from bounce_verdict.pipeline.intake.footers import without_footer
from bounce_verdict.pipeline.intake.notice import read_notice
from bounce_verdict.pipeline.intake.splitter import open_message

NOTICE = ["Your message could not be delivered:", "", "<ana@example.org>: mailbox full"]
RULER = "_" * 47

FOOTERS = {
    "a list": [RULER, "announce mailing list", "announce@lists.example.net", "https://lists.example.net/listinfo/announce"],
    "a list in German": ["-" * 30, "Abmelden: https://lists.example.net/weg"],
    "a scanner": ["--", "This email has been checked for viruses by Example antivirus software.", "https://antivirus.example/"],
    "a scanner in French": ["--", "L'absence de virus dans ce courrier a été vérifiée par le logiciel Example."],
    "a list behind a scanner": [
        "--",
        "Virus-free.",
        "",
        RULER,
        "To unsubscribe send an email to announce-leave@lists.example.net",
    ],
}


@pytest.mark.parametrize("footer", FOOTERS.values(), ids=FOOTERS)
def test_a_footer_is_cut_off(footer: list[str]) -> None:
    assert without_footer([*NOTICE, "", *footer]) == NOTICE


@pytest.mark.parametrize(
    "tail",
    [
        [RULER, "<bea@example.org>: user unknown"],
        ["--", "Mail Delivery System"],
        ["-" * 30, "A virus was found in your message, which the filter checked."],
        ["--", "550 5.7.1 checked: virus found"],
        [RULER, "550 unsubscribed user"],
    ],
)
def test_what_says_something_of_the_mail_stays(tail: list[str]) -> None:
    assert without_footer([*NOTICE, *tail]) == [*NOTICE, *tail]


def test_a_text_that_is_only_a_footer_stays() -> None:
    alone = ["", RULER, "To unsubscribe write to leave@example.net"]
    assert without_footer(alone) == alone


def test_a_footer_in_a_part_of_its_own_is_cut_off_too() -> None:
    footer = "\n".join(FOOTERS["a list"])
    parts = ("\n".join(NOTICE), footer)
    body = "".join(f"--b\nContent-Type: text/plain\n\n{text}\n" for text in parts) + "--b--\n"
    notice = read_notice(
        open_message(f"From: postmaster@example.org\nContent-Type: multipart/mixed; boundary=b\n\n{body}".encode())
    )
    assert notice.lines == NOTICE
