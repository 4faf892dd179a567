"""Sentences of a notice decide where no reader found a reply: where they agree, and never `now`."""

import pytest

from bounce_verdict.model import Classification, MessageInput
from bounce_verdict.pipeline import Pipeline

HEAD = "Return-Path: <>\nFrom: postmaster@mx.example.org\nTo: news@example.net\nSubject: Undeliverable: March\n"


def answers(pipeline: Pipeline, text: str, block: str = "") -> list[Classification]:
    kind = "multipart/report; report-type=delivery-status; boundary=b"
    report = f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n{block}\n--b--\n"
    body = f"--b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n{report}" if block else text
    mime = f"MIME-Version: 1.0\nContent-Type: {kind if block else 'text/plain; charset=utf-8'}\n\n"
    return list(pipeline.message(MessageInput((HEAD + mime + body).encode())).recipients)


BLOCK = "Final-Recipient: rfc822; ana@example.org\nAction: failed\nStatus: 5.0.0\n"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Your message could not be delivered.\n\nDetails: User unknown in virtual mailbox table\n", "permanent"),
        ("We are sorry.\n\nThe recipient's mailbox is full and can't accept\nmessages now. Please try again later.\n", "storage"),
        ("It failed.\n\n  * The mailbox is over quota\n", "storage"),
        ("Le message n'a pas été remis.\n\nMotif : la boîte aux lettres du destinataire est pleine.\n", "storage"),
        ("投递失败\n\n退信原因：收件人不存在\n", "permanent"),
        ("Failed.\n\nThe server said [552 5.2.2 mailbox full]\n", "storage"),
    ],
)
def test_a_sentence_beside_an_empty_report_block_says_why(pipeline: Pipeline, text: str, verdict: str) -> None:
    [answer] = answers(pipeline, text, BLOCK)
    assert (answer.recipient, answer.verdict, answer.suppress) == ("ana@example.org", verdict, "if-repeated")


@pytest.mark.parametrize(
    "text",
    [
        "It failed. Possible reasons:\n\n- the mailbox is full\n- the user is unknown\n- the message is too large\n",
        "The address may be misspelled or may not exist.\n",
        "It failed because it was blocked or the user is unknown.\n",
        "Subject: user unknown\n\nIt failed.\n",
        "> user unknown\n\nIt failed.\n",
        "It failed.\n\nSee https://example.net/help/user-unknown for more.\n",
        "An error occurred. Try again later.\n",
        "It failed.\n\nThis mail was checked for viruses by a scanner.\n",
        "It failed.\n\n-- \nMy mailbox is full.\n",
    ],
)
def test_lists_of_causes_guesses_and_quotations_say_nothing(pipeline: Pipeline, text: str) -> None:
    [answer] = answers(pipeline, text, BLOCK)
    assert (answer.verdict, answer.suppress) == (None, "never")


def test_a_sentence_about_another_recipient_is_not_this_ones(pipeline: Pipeline) -> None:
    other = BLOCK.replace("ana@", "bea@")
    first, second = answers(pipeline, "Delivery failed.\n\nbea@example.org: mailbox over quota\n", f"{BLOCK}\n{other}")
    assert (first.recipient, first.verdict) == ("ana@example.org", None)
    assert (second.recipient, second.verdict) == ("bea@example.org", "storage")


def test_a_code_of_the_report_comes_before_sentences(pipeline: Pipeline) -> None:
    [answer] = answers(pipeline, "The mailbox is full.\n", BLOCK.replace("5.0.0", "5.1.1"))
    assert answer.verdict == "permanent"


def test_the_answer_says_where_the_cause_was_read(pipeline: Pipeline) -> None:
    [answer] = answers(pipeline, "Delivery failed.\n\nDetails: no such user\n", BLOCK)
    assert answer.suppress == "if-repeated"
    assert any("sentence of the notice" in line.found for line in answer.evidence)


@pytest.mark.parametrize(
    ("text", "suppress"),
    [
        ("The message was identified as spam and has been rejected.", "if-repeated"),
        ("<ana@example.org>: our LDAP directory was unreachable", "if-repeated"),
        ("It failed for possible reasons that we list below.", "if-repeated"),
        ("A virus was found in it.", "if-repeated"),
        ("Ihre Nachricht wurde als unerwünscht eingestuft.", "if-repeated"),
        ("Your server is on a blacklist.", "if-repeated"),
        ("It failed.", "now"),
    ],
)
def test_a_bare_code_stops_nobody_beside_words_that_tell_of_another_cause(pipeline: Pipeline, text: str, suppress: str) -> None:
    [answer] = answers(pipeline, text, BLOCK.replace("5.0.0", "5.1.1"))
    assert answer.suppress == suppress
