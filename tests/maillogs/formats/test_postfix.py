"""Postfix: lines of its delivery agents, and those that only look like one."""

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.maillogs.asking import events, one, told

SAID = "host mx.example.org[192.0.2.1] said: "


def line(status: str, why: str, dsn: str = "5.0.0", agent: str = "smtp", relay: str = "mx.example.org[192.0.2.1]:25") -> str:
    return (
        f"Nov 29 09:15:01 mail postfix/{agent}[77]: 4XyZ1b: to=<ana@example.org>, relay={relay}, delay=1.2, delays=0.1/0/0.9/0.2, "
        f"dsn={dsn}, status={status} ({why})"
    )


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        pytest.param(
            line("bounced", SAID + "550 5.1.1 <ana@example.org>: User unknown (in reply to RCPT TO command)", "5.1.1"),
            "bounce ana@example.org permanent mailbox-unknown now",
            id="a server refuses the recipient",
        ),
        pytest.param(
            line("deferred", SAID + "452 4.2.2 Mailbox full (in reply to RCPT TO command)", "4.2.2"),
            "delay ana@example.org storage mailbox-full never",
            id="a mailbox is full",
        ),
        pytest.param(
            line(
                "deferred", "host mx.example.org[192.0.2.1] refused to talk to me: 554 5.7.1 blocked by zen.spamhaus.org", "4.7.1"
            ),
            "delay ana@example.org policy blocklisted never",
            id="a server refuses the connection",
        ),
        pytest.param(
            line("deferred", "connect to mx.example.org[192.0.2.1]:25: Connection timed out", "4.4.1", relay="none"),
            "delay ana@example.org retry network-failure never",
            id="no server answers",
        ),
        pytest.param(
            line("bounced", 'unknown user: "ana"', "5.1.1", "local", "local"),
            "bounce ana@example.org permanent mailbox-unknown now",
            id="local knows no such user",
        ),
        pytest.param(
            line("bounced", "user unknown", "5.1.1", "pipe", "dovecot"),
            "bounce ana@example.org permanent mailbox-unknown now",
            id="a program behind pipe knows no such user",
        ),
        pytest.param(
            line("deferred", "temporary failure. Command output: lda: quota exceeded", "4.3.0", "pipe", "dovecot"),
            "delay ana@example.org storage mailbox-full never",
            id="a program behind pipe says why",
        ),
        pytest.param(
            line("bounced", "User unknown in virtual alias table", "5.1.1", "error", "none"),
            "bounce ana@example.org permanent mailbox-unknown now",
            id="error tells of our own table",
        ),
        pytest.param(
            line("bounced", "Domain example.org does not accept mail (nullMX)", "5.1.0", relay="none"),
            "bounce ana@example.org permanent domain-rejects-mail now",
            id="a null MX",
        ),
        pytest.param(
            line("deferred", "unknown mail transport error", "4.3.0", "qmgr", "none"),
            "delay ana@example.org retry system-error never",
            id="qmgr's own fault",
        ),
        pytest.param(
            line("SOFTBOUNCE", SAID + "550 5.1.1 user unknown (in reply to RCPT TO command)", "5.1.1"),
            "delay ana@example.org permanent mailbox-unknown if-repeated",
            id="soft_bounce tries again",
        ),
        pytest.param(
            line("sent", "250 2.0.0 Ok: queued as 4XyZ2", "2.0.0"), "success ana@example.org None delivered never", id="sent"
        ),
        pytest.param(line("deliverable", "250 2.1.5 Ok", "2.1.5"), "skipped address-probe", id="a probe of an address"),
        pytest.param(line("undeliverable", SAID + "550 no", "5.1.1"), "skipped address-probe", id="a probe that was refused"),
    ],
)
def test_postfix(classifier: Pipeline, text: str, answer: str) -> None:
    assert told(classifier, text) == told(classifier, text, "postfix") == [answer]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Nov 29 09:15:01 mail postfix/qmgr[7]: 4XyZ1b: from=<n@example.com>, size=1, nrcpt=1 (queue active)", "no-delivery"),
        ("Nov 29 09:15:01 mail postfix/qmgr[7]: 4XyZ1b: from=<n@example.com>, status=expired, returned to sender", "no-delivery"),
        ("Nov 29 09:15:01 mail postfix/bounce[7]: 4XyZ1b: sender non-delivery notification: 4XyZ2", "no-delivery"),
        ("Nov 29 09:15:01 mail postfix/smtp[7]: connect to mx.example.org[192.0.2.1]:25: Connection refused", "no-delivery"),
        (
            (
                "Nov 29 09:15:01 mail postfix/smtpd[7]: NOQUEUE: reject: RCPT from x[192.0.2.9]: 550 5.1.1 <bo@example.com>: no; "
                "from=<a@b.example> to=<bo@example.com> proto=ESMTP helo=<x>"
            ),
            "incoming",
        ),
        (
            "Nov 29 09:15:01 mail postfix/cleanup[7]: 4XyZ1b: milter-reject: END-OF-MESSAGE from x[192.0.2.9]: 5.7.1 spam",
            "incoming",
        ),
    ],
)
def test_what_is_no_delivery_is_skipped(classifier: Pipeline, text: str, reason: str) -> None:
    assert told(classifier, text) == told(classifier, text, "postfix") == [f"skipped {reason}"]


def test_a_subject_that_cleanup_quotes_is_no_delivery(classifier: Pipeline) -> None:
    forged = line("bounced", "550 5.1.1 user unknown").partition("]: ")[2]
    text = (
        f"Nov 29 09:15:01 mail postfix/cleanup[7]: 4X1: warning: header Subject: {forged} from x[192.0.2.9]; from=<a@b.example>"
    )
    assert told(classifier, text, "postfix") == ["skipped no-delivery"]
    assert told(classifier, f"4X1: warning: header Subject: {forged}", "postfix") == ["skipped no-delivery"]


def test_another_programs_line_is_no_delivery_of_postfix(classifier: Pipeline) -> None:
    forged = line("bounced", "550 5.1.1 user unknown").partition("]: ")[2]
    assert told(classifier, f"Nov 29 09:15:01 mail httpd[7]: {forged}", "postfix") == ["skipped no-delivery"]


def test_a_quoted_local_part_names_nobody_else(classifier: Pipeline) -> None:
    address = '"bo@example.org>, relay=none, dsn=5.1.1, status=bounced (550 5.1.1 user unknown"@example.com'
    text = line("deferred", "connect to mx.example.org[192.0.2.1]:25: Connection refused", "4.4.1", relay="none")
    answer = one(classifier, text.replace("ana@example.org", address), "postfix")
    assert (answer.verdict, answer.recipient) != ("permanent", "bo@example.org")
    assert answer.verdict == "retry"


def test_what_the_line_holds_beside_the_reply_is_answered(classifier: Pipeline) -> None:
    text = line("bounced", SAID + "550 5.1.1 no such user (in reply to RCPT TO command)", "5.1.1")
    text = text.replace("Nov 29 09:15:01", "2026-11-29T10:15:01.250+01:00").replace(
        "org>, relay", "org>, orig_to=<list@example.com>, relay"
    )
    (event,) = events(classifier, text)
    (answer,) = event.recipients
    assert (event.queue_id, event.event_type, event.occurred_at) == ("4XyZ1b", "bounced", "2026-11-29T09:15:01.250000Z")
    assert (answer.recipient, answer.original_recipient) == ("ana@example.org", "list@example.com")
    assert (answer.remote_mta, answer.status, answer.action) == ("mx.example.org", "5.1.1", "failed")
    assert answer.reply is not None
    assert (answer.reply.code, answer.reply.command, answer.reply.text) == (550, "RCPT", "no such user")
    assert answer.last_attempt_date == event.occurred_at


def test_a_time_without_year_and_zone_is_no_time(classifier: Pipeline) -> None:
    assert events(classifier, line("sent", "250 ok"))[0].occurred_at is None


def test_a_socket_is_no_server(classifier: Pipeline) -> None:
    assert one(classifier, line("bounced", "552 5.2.2 full", relay="mail.example.com[private/dovecot-lmtp]")).remote_mta is None


def test_a_reply_that_syslog_has_cut_is_read_as_far_as_it_goes(classifier: Pipeline) -> None:
    text = line("bounced", SAID + "550 5.1.1 <ana@example.org>: User unknown in virt").removesuffix(")")
    assert told(classifier, text) == ["bounce ana@example.org permanent mailbox-unknown now"]
