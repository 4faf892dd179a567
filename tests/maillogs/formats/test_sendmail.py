"""Sendmail: what `stat` says is Sendmail's word, unless it quotes."""

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.maillogs.asking import events, one, told


def line(dsn: str, stat: str, to: str = "<ana@example.org>", relay: str = "mx.example.org. [192.0.2.1]") -> str:
    return (
        f"Nov 29 09:15:01 mail sm-mta[7]: 3AT8F1xx000007: to={to}, ctladdr=<n@example.com> (33/33), delay=00:00:02, xdelay=00:00:01, "
        f"mailer=esmtp, pri=30300, relay={relay}, dsn={dsn}, stat={stat}"
    )


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        pytest.param(line("5.1.1", "User unknown"), "permanent mailbox-unknown if-repeated", id="its word for every 550 at RCPT"),
        pytest.param(line("5.7.1", "User unknown"), "policy", id="the server's code says otherwise"),
        pytest.param(line("5.0.0", "Service unavailable"), "policy unspecified never", id="its word for a 554"),
        pytest.param(line("5.2.2", "Service unavailable"), "storage mailbox-full if-repeated", id="the server's code says more"),
        pytest.param(
            line("5.7.1", "Service unavailable").replace("stat=", "reply=550 5.7.1 message looks like spam, stat="),
            "policy spam-content never",
            id="the server's words stand in reply= (8.16)",
        ),
        pytest.param(
            line("5.1.2", "Host unknown (Name server: mx.example.org: host not found)"),
            "permanent domain-unknown if-repeated",
            id="the name server knows no such host",
        ),
        pytest.param(line("5.4.7", "Message could not be delivered for 5 days"), "retry expired if-repeated", id="given up"),
    ],
)
def test_a_failure(classifier: Pipeline, text: str, answer: str) -> None:
    (said,) = told(classifier, text)
    assert said.startswith(f"bounce ana@example.org {answer}")
    assert told(classifier, text, "sendmail") == [said]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (line("4.2.2", "Deferred: 452 4.2.2 mailbox full"), "delay ana@example.org storage mailbox-full never"),
        (line("4.0.0", "Deferred: Connection refused by mx.example.org."), "delay ana@example.org retry network-failure never"),
        (line("4.4.3", "Deferred: Name server: mx: host name lookup failure"), "delay ana@example.org retry dns-failure never"),
        (line("2.0.0", "Sent (ok 1764407701 qp 7)"), "success ana@example.org None delivered never"),
        (line("4.4.3", "queued"), "skipped no-delivery"),
        ("Nov 29 09:15:01 mail sm-mta[7]: 3AT8F1xx000007: 3AT8F1xx000008: DSN: User unknown", "skipped no-delivery"),
        (
            "Nov 29 09:15:01 mail sm-mta[7]: 3AT8F1xx000007: from=<n@example.com>, size=10, class=0, nrcpts=1",
            "skipped no-delivery",
        ),
        (
            (
                "Nov 29 09:15:01 mail sm-mta[7]: 3AT8F1xx000007: ruleset=check_rcpt, arg1=<bo@example.com>, relay=x [192.0.2.9], "
                "reject=550 5.7.1 <bo@example.com>... Relaying denied"
            ),
            "skipped incoming",
        ),
    ],
)
def test_a_delay_a_success_and_no_delivery(classifier: Pipeline, text: str, answer: str) -> None:
    assert told(classifier, text) == told(classifier, text, "sendmail") == [answer]


def test_every_recipient_of_a_line_is_answered(classifier: Pipeline) -> None:
    (event,) = events(classifier, line("5.1.1", "User unknown", to="<ana@example.org>,<bo@example.org>,[more]"))
    assert [answer.recipient for answer in event.recipients] == ["ana@example.org", "bo@example.org"]
    assert event.queue_id == "3AT8F1xx000007"


def test_a_relay_that_is_an_address_has_no_name(classifier: Pipeline) -> None:
    assert one(classifier, line("5.1.1", "User unknown")).remote_mta == "mx.example.org"
    assert one(classifier, line("5.1.1", "User unknown", relay="[192.0.2.1] [192.0.2.1]")).remote_mta is None
