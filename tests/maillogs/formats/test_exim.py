"""Exim's mainlog, of versions 3 to 4.98."""

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.maillogs.asking import events, one, told

AT = "2026-11-29 09:15:01 1tGxyz-0000Ab-1a"
ERROR = "SMTP error from remote mail server after RCPT TO:<ana@example.org>: "


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        pytest.param(
            f"{AT} ** ana@example.org R=dnslookup T=remote_smtp: {ERROR}host mx.example.org [192.0.2.1]: 550 5.1.1 user unknown",
            "bounce ana@example.org permanent mailbox-unknown now",
            id="failed, the host in the words (4.80)",
        ),
        pytest.param(
            f"{AT} ** ana@example.org F=<n@example.com> R=dnslookup T=remote_smtp H=mx.example.org [192.0.2.1]:25 "
            f'X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes DN="C=US: x": {ERROR}550 5.1.1 user unknown DT=0.2s',
            "bounce ana@example.org permanent mailbox-unknown now",
            id="failed, the host in a field (4.98)",
        ),
        pytest.param(
            f"{AT} == ana@example.org R=dnslookup T=remote_smtp defer (-44) H=mx.example.org [192.0.2.1]: {ERROR}451 4.7.1 Greylisted",
            "delay ana@example.org retry greylisted never",
            id="deferred by a server",
        ),
        pytest.param(
            f"{AT} == ana@example.org R=dnslookup T=remote_smtp defer (113): No route to host H=mx.example.org [192.0.2.1]",
            "delay ana@example.org retry network-failure never",
            id="deferred, no server answers",
        ),
        pytest.param(
            f"{AT} == ana@example.org routing defer (-51): retry time not reached",
            "delay ana@example.org retry expired never",
            id="not tried",
        ),
        pytest.param(
            f"{AT} ** ana@example.org: retry timeout exceeded", "bounce ana@example.org retry expired if-repeated", id="given up"
        ),
        pytest.param(
            f"{AT} ** ana@example.org: message has been frozen", "bounce ana@example.org retry system-error never", id="frozen"
        ),
        pytest.param(
            f"{AT} == ana@example.org R=local_user T=local_delivery defer (13): Permission denied: failed to open mailbox",
            "delay ana@example.org retry system-error never",
            id="a mailbox cannot be opened",
        ),
        pytest.param(
            f"{AT} ** ana@example.org R=dnslookup: an MX or SRV record indicated no SMTP service",
            "bounce ana@example.org permanent domain-rejects-mail now",
            id="a null MX",
        ),
        pytest.param(
            f"{AT} => ana <ana@example.org> R=local T=local", "success ana@example.org None delivered never", id="a local part"
        ),
        pytest.param(
            f'{AT} -> ana@example.org R=dnslookup T=remote_smtp H=mx.example.org [192.0.2.1] C="250 OK"',
            "success ana@example.org None delivered never",
            id="a further address",
        ),
        pytest.param(f"{AT} Completed", "skipped no-delivery", id="completed"),
        pytest.param(f"{AT} Frozen (delivery error message)", "skipped no-delivery", id="frozen, no address"),
        pytest.param(
            f'{AT} <= n@example.com H=x [192.0.2.9] T="** bo@example.org: Unrouteable"', "skipped no-delivery", id="arrived"
        ),
        pytest.param(
            "2026-11-29 09:15:01 H=x [192.0.2.9] F=<a@b.example> rejected RCPT <bo@example.com>: Unrouteable address",
            "skipped incoming",
            id="refused at our door",
        ),
    ],
)
def test_exim(classifier: Pipeline, text: str, answer: str) -> None:
    assert told(classifier, text) == told(classifier, text, "exim") == [answer]


def test_what_a_line_holds_beside_the_reply_is_answered(classifier: Pipeline) -> None:
    text = f"2026-11-29 10:15:01 +0100 [12] 1tGxyz-0000000AbCd-1a2B ** ana@example.org <list@example.com> R=d T=s H=mx.example.org [192.0.2.1]: {ERROR}550 no"
    (event,) = events(classifier, text)
    (answer,) = event.recipients
    assert (event.queue_id, event.event_type, event.occurred_at) == ("1tGxyz-0000000AbCd-1a2B", "**", "2026-11-29T09:15:01Z")
    assert (answer.recipient, answer.original_recipient, answer.remote_mta) == (
        "ana@example.org",
        "list@example.com",
        "mx.example.org",
    )
    assert answer.reply is not None
    assert (answer.reply.code, answer.reply.command) == (550, "RCPT")


def test_the_lines_of_a_reply_are_told_apart(classifier: Pipeline) -> None:
    answer = one(
        classifier, f"{AT} ** ana@example.org R=d T=s H=mx [192.0.2.1]: {ERROR}550-5.1.1 The account\\n550 5.1.1 does not exist"
    )
    assert answer.reply is not None
    assert answer.reply.text == "The account does not exist"


def test_a_local_server_that_speaks_lmtp_is_a_server(classifier: Pipeline) -> None:
    answer = one(classifier, f"{AT} ** ana@example.org R=d T=lmtp: LMTP error after RCPT TO:<ana@example.org>: 550 5.1.1 no")
    assert answer.reply is not None
    assert (answer.reply.code, answer.reply.command) == (550, "RCPT")


def test_a_program_that_was_delivered_to_has_the_address_behind_it(classifier: Pipeline) -> None:
    assert (
        one(classifier, f"{AT} ** |/usr/bin/procmail <ana@example.org> R=u T=address_pipe: Child process returned 77").recipient
        == "ana@example.org"
    )


def test_a_reply_that_accepts_refuses_nobody_whatever_it_quotes(classifier: Pipeline) -> None:
    text = f'{AT} => ana@example.org R=d T=s H=mx [192.0.2.1] C="250 OK ** bo@example.org: 550 5.1.1 user unknown"'
    assert told(classifier, text) == ["success ana@example.org None delivered never"]
