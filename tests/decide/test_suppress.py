"""When `suppress: now` may stand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounce_verdict.model import Classification, Command, ReplyInput
from bounce_verdict.pipeline import Pipeline

ANA = "ana@example.org"


def ask(pipeline: Pipeline, reply: str, command: Command | None = None, recipient: str = ANA) -> Classification:
    return pipeline.reply(ReplyInput(reply, command, recipient=recipient))


def held(answer: Classification) -> list[str]:
    return [line.found for line in answer.evidence if line.found.startswith("`now` is held back")]


def test_a_reply_that_names_the_recipient_as_unknown_stops_the_address(pipeline: Pipeline) -> None:
    assert ask(pipeline, f"550 5.1.1 <{ANA}>: user unknown", "RCPT").suppress == "now"


def test_boilerplate_with_a_specific_enhanced_code_stops_the_address(pipeline: Pipeline) -> None:
    assert ask(pipeline, "550 5.1.1 Requested action not taken: mailbox unavailable").suppress == "now"


def test_boilerplate_alone_is_counted(pipeline: Pipeline) -> None:
    answer = ask(pipeline, "550 Requested action not taken: mailbox unavailable")
    assert (answer.verdict, answer.suppress) == ("permanent", "if-repeated")


def test_at_the_end_of_the_data_a_rule_for_everybody_is_counted(pipeline: Pipeline) -> None:
    answer = ask(pipeline, f"550 5.1.1 <{ANA}>: user unknown", "EOD")
    assert (answer.verdict, answer.suppress) == ("permanent", "if-repeated")
    assert held(answer) == ["`now` is held back: at the end of the data the words may be our message's"]


def test_at_the_end_of_the_data_lmtp_speaks_of_one_recipient(pipeline: Pipeline) -> None:
    reply = f"host mail.example.org[private/dovecot-lmtp] said: 550 5.1.1 <{ANA}> User doesn't exist: {ANA} (in reply to end of DATA command)"
    assert ask(pipeline, reply).suppress == "now"


def test_at_the_end_of_the_data_a_receivers_own_rule_that_names_the_recipient_stops_the_address(pipeline: Pipeline) -> None:
    reply = f"554 delivery error: dd Sorry, your message to {ANA} cannot be delivered. This mailbox is disabled (554.30). - mta4271.mail.ne1.yahoo.com"
    assert ask(pipeline, reply, "EOD").suppress == "now"
    assert ask(pipeline, reply, "EOD", "tom@example.org").suppress == "if-repeated"


@pytest.mark.parametrize("command", ["CONNECT", "HELO", "EHLO", "MAIL"])
def test_before_rcpt_nobody_is_stopped(pipeline: Pipeline, command: Command) -> None:
    assert ask(pipeline, "550 5.1.1 user unknown", command).suppress != "now"


@pytest.mark.parametrize(
    "reply",
    [
        "550 Das Postfach ist gesperrt für Absender wie Sie",
        "550 Compte bloqué pour cet expéditeur",
        "550 Postfach gesperrt: Ihre IP",
        "550 Почтовый ящик заблокирован для спам-рассылок",
    ],
)
def test_words_of_the_sender_in_another_language_hold_now_back(pipeline: Pipeline, reply: str) -> None:
    assert ask(pipeline, reply, "RCPT").suppress != "now"


def test_a_polite_word_about_our_message_does_not_hold_now_back(pipeline: Pipeline) -> None:
    reply = "550 Ihre Nachricht konnte nicht zugestellt werden: Empfänger unbekannt"
    assert ask(pipeline, reply, "RCPT").suppress == "now"


def test_denied_relaying_is_counted_whatever_code_stands_beside_it(pipeline: Pipeline) -> None:
    assert ask(pipeline, "550 5.1.1 relaying denied", "RCPT").suppress == "if-repeated"


def test_a_text_that_names_another_address_is_counted(pipeline: Pipeline) -> None:
    answer = ask(pipeline, "550 5.1.1 <tom@example.org>: user unknown", "RCPT")
    assert held(answer) == ["`now` is held back: the text names another address"]


def test_whom_to_ask_for_help_is_nobody_else(pipeline: Pipeline) -> None:
    assert ask(pipeline, "550 5.1.1 user unknown; contact postmaster@example.org", "RCPT").suppress == "now"


def test_where_the_recipient_has_moved_to_is_nobody_else(pipeline: Pipeline) -> None:
    assert ask(pipeline, "551 5.1.6 User has moved to <ana@new.example>", "RCPT").suppress == "now"


def test_the_recipient_as_its_own_server_writes_it_is_nobody_else(pipeline: Pipeline) -> None:
    assert ask(pipeline, "550 5.1.1 <ana@mail.example.org>: user unknown", "RCPT", "ana+news@example.org").suppress == "now"


def test_what_a_filter_quotes_from_our_message_gives_way_to_the_cause(pipeline: Pipeline) -> None:
    answer = ask(pipeline, '550 High probability of spam: "no such user here"', "EOD")
    assert (answer.verdict, answer.reason) == ("policy", "spam-content")


def test_a_reply_that_is_quoted_as_a_whole_is_the_servers(pipeline: Pipeline) -> None:
    assert ask(pipeline, '550 5.1.1 "User unknown"').suppress == "now"


def test_a_reply_inside_quoted_content_is_nobodys(pipeline: Pipeline) -> None:
    assert ask(pipeline, "550 rejected because of 550 5.1.1 <v@x.example> user unknown in body").suppress != "now"


def test_the_sender_named_beside_an_address_code_is_the_senders(pipeline: Pipeline) -> None:
    answer = ask(pipeline, "554 5.1.2 Sender contains a disallowed domain")
    assert (answer.verdict, answer.suppress) == ("policy", "never")


QUOTING = ["Message rejected, it contains: {}", "Bad words in message body: {}", 'content filter: "{}"', "Your message said {}"]


@settings(max_examples=200, deadline=None)
@given(
    intro=st.sampled_from(QUOTING),
    words=st.sampled_from(["user unknown", "mailbox does not exist", "account disabled", f"550 5.1.1 <{ANA}> User unknown", ""]),
    more=st.text(max_size=40),
    code=st.sampled_from(["550", "554 5.7.1", "550 5.1.1", "552", "550 5.0.0"]),
)
def test_no_content_quoted_at_the_end_of_the_data_stops_anybody(
    pipeline: Pipeline, intro: str, words: str, more: str, code: str
) -> None:
    assert ask(pipeline, f"{code} {intro.format(words + more)}", "EOD").suppress != "now"


@pytest.mark.parametrize(
    "reply", ["550 5.3.5 user unknown by config", "550 5.1.1 user unknown: configuration error at this server"]
)
def test_a_receiver_that_says_it_is_misconfigured_stops_nobody(pipeline: Pipeline, reply: str) -> None:
    answer = ask(pipeline, reply, "RCPT")
    assert (answer.verdict, answer.suppress) == ("permanent", "if-repeated")
    [line] = held(answer)
    assert line.startswith("`now` is held back: the receiver's own system is at fault")


@pytest.mark.parametrize(
    "reply", ["550 件名「宛先不明」は拒否されました", "550 主题『用户不存在』被拒绝", "550 Rejected: ‘user unknown’ is spam"]
)
def test_words_in_any_quotation_marks_stop_nobody(pipeline: Pipeline, reply: str) -> None:
    assert ask(pipeline, reply).suppress != "now"


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 user unknown, please retry later",
        "550 User unknown (MySQL: connection refused)",
        "550 5.1.1 user unknown: directory server is offline",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; directory synchronization is in progress",
        "550 5.1.1 timeout while talking to the back-end",
        "550 5.1.1 Vérification du destinataire impossible pour le moment",
        "550 5.1.1 Kontostatus konnte nicht geprüft werden",
    ],
)
def test_what_is_so_for_now_or_could_not_be_looked_up_stops_nobody(pipeline: Pipeline, reply: str) -> None:
    answer = ask(pipeline, reply, "RCPT")
    assert answer.suppress != "now"
    [line] = held(answer)
    assert line.startswith(
        "`now` is held back: the text says that it is so for now, or that the receiver could not look (passing."
    )


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 Mail from there is nothing that we take",
        "550 5.1.1 このメールはお受けできません",
        "550 5.1.1 Recipient does not take mail in your language",
        f"550 5.1.1 <{ANA}>: the map of aliases is corrupt",
        "550 5.1.2 we do not talk with robots",
        f"550 5.1.1 <{ANA}>: gone fishing",
        "550 5.1.1 posta kutusu kapandı",
        "550 5.1.1 the user has gone quiet",
        "550 5.1.1 this address is a museum piece",
    ],
)
def test_a_code_beside_words_that_no_rule_knows_is_counted(pipeline: Pipeline, reply: str) -> None:
    answer = ask(pipeline, reply, "RCPT")
    assert (answer.verdict, answer.suppress, answer.decided_by) == ("permanent", "if-repeated", "enhanced-status")
    assert len(held(answer)) == 1


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1",
        "550 5.1.1 permanent failure",
        f"550 5.1.1 <{ANA}>... denied",
        "550 5.1.1 Requested action not taken: mailbox unavailable",
        "550 5.1.2 no valid domain",
        "550 5.1.1 https://help.example.org/4711",
    ],
)
def test_a_code_beside_nothing_or_a_plain_refusal_of_the_recipient_stops_the_address(pipeline: Pipeline, reply: str) -> None:
    assert ask(pipeline, reply, "RCPT").suppress == "now"


def test_the_evidence_names_the_doubt_where_it_is_written_and_its_words(pipeline: Pipeline) -> None:
    answer = ask(pipeline, "550 5.1.1 user unknown, see https://ldap.example.org/ (LDAP server down)", "RCPT")
    [line] = [line for line in answer.evidence if "passing.lookup-failed" in line.found]
    assert (line.step, line.field, line.verdict) == ("verdict", "reply.text", None)
    assert line.source is not None
    assert line.source.startswith("rules/doubts.toml:")
    assert answer.reply is not None
    assert answer.reply.text[line.start : line.end] == "LDAP server down"


def test_the_words_of_a_doubt_in_a_quoted_reply_have_their_place_in_the_answered_text(pipeline: Pipeline) -> None:
    reply = "host mx.example.org[192.0.2.1] said: 550 5.1.1 user unknown at this time (in reply to RCPT TO command)"
    answer = ask(pipeline, reply, "RCPT")
    [line] = [line for line in answer.evidence if "passing.for-now" in line.found]
    assert answer.reply is not None
    assert answer.reply.text[line.start : line.end] == "at this time"


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 user unknown in local database",
        "550 5.1.1 no such user here; please check the address and try again",
        "550 5.1.1 user unknown, see https://example.org/temporary/maintenance",
        "550 5.1.1 <ana@example.org>: user unknown; closing connection",
    ],
)
def test_a_dead_mailbox_is_dead_where_nothing_says_that_it_will_pass(pipeline: Pipeline, reply: str) -> None:
    assert ask(pipeline, reply, "RCPT").suppress == "now"


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.4.1 We could not verify that your bounce address exists; no such user",
        "550 Subscription expired, mailbox disabled for outgoing mail",
        "550 5.7.1 Customer account deactivated - sending not allowed",
        "550 You are not a known user of this relay",
        "550 5.7.1 Unknown user authenticated as news",
        "550 5.1.1 user unknown to external senders",
    ],
)
def test_an_account_or_address_of_ours_stops_nobody(pipeline: Pipeline, reply: str) -> None:
    assert ask(pipeline, reply, "RCPT").suppress != "now"


def test_words_in_square_brackets_found_in_the_body_stop_nobody(pipeline: Pipeline) -> None:
    assert ask(pipeline, "550 rejected: pattern [no such user] in body line 4").suppress != "now"
