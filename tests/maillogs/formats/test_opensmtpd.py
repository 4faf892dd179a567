"""OpenSMTPD, as versions 5 to 7 write it."""

import pytest

from bounce_verdict.pipeline import Pipeline
from tests.maillogs.asking import events, told


def line(result: str, stat: str, kind: str = "mta", rcpt: str = "-") -> str:
    return (
        f'5df87c9b982c840c {kind} delivery evpid=3d4c4a424797fe79 from=<n@example.com> to=<ana@example.org> rcpt=<{rcpt}> source="192.0.2.2" '
        f'relay="192.0.2.1 (mx.example.org)" delay=1s result="{result}" stat="{stat}"'
    )


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (line("PermFail", '550 5.1.1 user "ana" unknown'), "bounce ana@example.org permanent mailbox-unknown now"),
        (line("TempFail", "452 4.2.2 mailbox full"), "delay ana@example.org storage mailbox-full never"),
        (line("TempFail", "Network error on destination MXs"), "delay ana@example.org retry network-failure never"),
        (line("PermFail", "Domain does not exist"), "bounce ana@example.org permanent domain-unknown now"),
        (line("Expire", "Envelope expired"), "bounce ana@example.org retry expired if-repeated"),
        (line("Ok", "250 2.0.0: f6e94209 Message accepted"), "success ana@example.org None delivered never"),
        (
            (
                "5df87c9b982c840c mda delivery evpid=3d4c4a424797fe79 from=<> to=<ana@example.org> rcpt=<ana@example.org> user=ana delay=0s "
                "result=Ok stat=Delivered"
            ),
            "success ana@example.org None delivered never",
        ),
        (
            (
                "relay: PermFail for c534b8c7f5ad4a41: session=a6ee64ec089bf84f, from=<n@example.com>, to=<ana@example.org>, rcpt=<->, "
                "source=192.0.2.2, relay=192.0.2.1 (mx.example.org), delay=6m41s, stat=550 5.1.1 user unknown"
            ),
            "bounce ana@example.org permanent mailbox-unknown now",
        ),
        ("5df87c9b982c840c mta connecting address=smtp://192.0.2.1:25 host=mx.example.org", "skipped no-delivery"),
        ("5df87c9b982c840c smtp message msgid=f6e94209 size=802 nrcpt=1 proto=ESMTP", "skipped incoming"),
        ('smtp-in: Failed command on session a6ee64eda205f046: "RCPT TO:<bo@example.com>" => 550 no', "skipped incoming"),
    ],
)
def test_opensmtpd(classifier: Pipeline, text: str, answer: str) -> None:
    assert told(classifier, text) == told(classifier, text, "opensmtpd") == [answer]
    assert told(classifier, f"Nov 29 09:15:01 mail smtpd[7]: {text}") == [answer]


def test_the_envelope_the_server_and_the_address_before_an_alias(classifier: Pipeline) -> None:
    (event,) = events(classifier, line("PermFail", "550 no", rcpt="list@example.com"))
    (answer,) = event.recipients
    assert (event.queue_id, event.event_type) == ("3d4c4a424797fe79", "PermFail")
    assert (answer.recipient, answer.original_recipient, answer.remote_mta) == (
        "ana@example.org",
        "list@example.com",
        "mx.example.org",
    )
