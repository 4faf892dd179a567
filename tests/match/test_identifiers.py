"""Words inside URLs, addresses and host names."""

import pytest

from bounce_verdict.model import ReplyInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.match.identifiers import without_identifiers


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("see https://postmaster.example.net/errors now", "see https://xxxxxxxxxx.xxxxxxx.xxx/xxxxxx now"),
        ("<user-unknown@news.example>: refused", "<xxxx-xxxxxxx@xxxx.xxxxxxx>: refused"),
        ("Mailbox.does.not.exist.exe found", "xxxxxxx.xxxx.xxx.xxxxx.xxx found"),
        ("user unknown.Please check", "user unknown.Please check"),
        ("RESOLVER.ADR.RecipientNotFound", "RESOLVER.ADR.RecipientNotFound"),
    ],
)
def test_an_identifier_keeps_its_shape_and_loses_its_words(text: str, seen: str) -> None:
    assert without_identifiers(text) == seen


def test_a_word_in_a_link_decides_nothing(pipeline: Pipeline) -> None:
    answer = pipeline.reply(ReplyInput("550 mailbox unavailable, see http://postmaster.example.net/spam"))
    assert answer.reason == "mailbox-unknown"


def test_a_link_that_a_rule_spells_out_still_decides(pipeline: Pipeline) -> None:
    assert pipeline.reply(ReplyInput("550 See http://www.openspf.org/Why?id=x")).reason == "authentication-failed"
