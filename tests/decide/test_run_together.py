"""Two replies in one text: the first that names a cause decides."""

import pytest

from bounce_verdict import Classifier


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier()


def test_the_goodbye_behind_a_refusal_does_not_hide_its_cause(classifier: Classifier) -> None:
    answer = classifier.reply("550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown 421 4.7.0 too many errors")
    assert (answer.verdict, answer.reason) == ("permanent", "mailbox-unknown")
    assert answer.rule is not None
    assert answer.reply is not None
    assert answer.rule.matched is not None
    assert answer.reply is not None
    assert answer.rule.matched in answer.reply.text


def test_a_specific_enhanced_code_ahead_of_the_goodbye_is_a_cause(classifier: Classifier) -> None:
    assert classifier.reply("550 5.1.1 sorry 421 4.7.0 mx.example.org Error: too many errors").verdict == "permanent"


def test_where_the_first_reply_names_no_cause_the_goodbye_does(classifier: Classifier) -> None:
    assert classifier.reply("550 rejected 421 4.7.0 mx.example.org too many connections").reason == "too-many-connections"


def test_a_goodbye_alone_is_read_whole(classifier: Classifier) -> None:
    assert classifier.reply("421 4.7.0 too many connections").reason == "too-many-connections"


def test_a_number_in_the_text_is_no_goodbye(classifier: Classifier) -> None:
    assert classifier.reply("552 5.3.4 message has 421 lines more than we take, size exceeds limit").verdict == "storage"


def test_a_sentence_read_by_its_structure_takes_nothing_from_a_specific_code(classifier: Classifier) -> None:
    answer = classifier.reply('550 5.1.1 user "ana" unknown')
    assert (answer.verdict, answer.suppress, answer.decided_by) == ("permanent", "now", "enhanced-status")
    assert classifier.reply('550 5.7.1 user "ana" unknown').suppress == "if-repeated"


def test_a_specific_code_beside_the_sender_says_nothing_of_the_recipient(classifier: Classifier) -> None:
    assert classifier.reply("550 5.1.1 the sender's mailbox is gone").verdict == "policy"
