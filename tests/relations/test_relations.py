"""What must not change when the same mail is told in another way: the mail's own answer is the measure.

Every sixth mail of the corpus, for the relations hold for all and the tests are to be quick. Those that came in another mail, or that are
about the very thing that is changed, are left out by name.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

from bounce_verdict.model import MessageInput, Report
from bounce_verdict.pipeline import Pipeline
from tests.relations.retold import carried, forwarded, pasted, recoded, renamed, returning, single_text

CORPUS = Path(__file__).parents[1] / "corpus"
EVERY = 6
MAILS = [path for path in sorted(CORPUS.glob("**/*.eml")) if "wrapped" not in path.name][::EVERY]

Gist = list[tuple[str, str | None, str | None]]


@pytest.fixture(params=MAILS, ids=lambda path: str(path.relative_to(CORPUS).with_suffix("")))
def mail(request: pytest.FixtureRequest) -> bytes:
    raw: bytes = request.param.read_bytes()
    return raw.replace(b"\r\n", b"\n")


def ask(pipeline: Pipeline, mail: bytes) -> Report:
    return pipeline.message(MessageInput(mail))


def gist(report: Report) -> Gist:
    answers = ((one.recipient or "", one.verdict, one.reply.command if one.reply else None) for one in report.recipients)
    return sorted(answers, key=str)


def stopped(report: Report) -> set[str | None]:
    return {one.recipient for one in report.recipients if one.suppress == "now"}


def unchanged(pipeline: Pipeline, mail: bytes, variants: Iterable[bytes | None]) -> None:
    before = ask(pipeline, mail)
    for variant in variants:
        if variant is not None:
            after = ask(pipeline, variant)
            assert gist(after) == gist(before)
            assert stopped(after) <= stopped(before)


def is_bounce(report: Report) -> bool:
    return any(one.verdict for one in report.recipients)


def test_most_of_the_mails_are_bounces_of_which_the_relations_speak(pipeline: Pipeline) -> None:
    found = [ask(pipeline, path.read_bytes()) for path in MAILS]
    assert sum(map(is_bounce, found)) > len(found) * 2 / 3 > 20


def test_a_bounce_in_another_mail_is_the_same_and_stops_nobody(pipeline: Pipeline, mail: bytes) -> None:
    before = ask(pipeline, mail)
    if not is_bounce(before):
        return
    for variant in forwarded(mail):
        after = ask(pipeline, variant)
        assert (after.kind, gist(after), stopped(after)) == (before.kind, gist(before), set())


def test_a_bounce_in_a_persons_own_words_is_about_nobody(pipeline: Pipeline, mail: bytes) -> None:
    for variant in pasted(mail):
        report = ask(pipeline, variant)
        assert not is_bounce(report)
        assert not stopped(report)


def test_the_way_that_a_mail_came_changes_nothing(pipeline: Pipeline, mail: bytes) -> None:
    unchanged(pipeline, mail, carried(mail))


def test_another_encoding_and_a_footer_change_nothing(pipeline: Pipeline, mail: bytes) -> None:
    unchanged(pipeline, mail, recoded(mail) if single_text(mail) else ())


def test_another_returned_message_changes_nothing(pipeline: Pipeline, mail: bytes) -> None:
    report = ask(pipeline, mail)
    if report.kind == "bounce" and all(one.recipient_source != "returned-message" for one in report.recipients):
        unchanged(pipeline, mail, [returning(mail)])


def test_another_name_gets_the_same_verdict(pipeline: Pipeline, mail: bytes) -> None:
    before = ask(pipeline, mail)
    if len(before.recipients) == 1 and is_bounce(before) and (variant := renamed(mail, before.recipients[0].recipient or "")):
        after = ask(pipeline, variant)
        assert [(one.verdict, one.suppress) for one in after.recipients] == [
            (one.verdict, one.suppress) for one in before.recipients
        ]


NOTICE = (
    "From: postmaster@mx.example.net\nReturn-Path: <>\nSubject: Undeliverable mail\nContent-Type: {}\n\n"
    "{}Delivery to the following recipient failed:{}\n{}ana@example.org{}\n{}550 5.1.1 No such user{}\n"
)


def test_html_says_what_the_text_says(pipeline: Pipeline) -> None:
    text = NOTICE.format("text/plain", *[""] * 6).encode()
    markup = NOTICE.format("text/html", *["<p>", "</p>"] * 3).encode()
    assert gist(ask(pipeline, markup)) == gist(ask(pipeline, text)) != []
