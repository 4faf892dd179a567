"""What stands ahead of a log's message, and lines that were wrapped."""

import json

import pytest

from bounce_verdict.maillogs.lines import MAX_LINE, unwrap
from bounce_verdict.maillogs.prefix import read_prefix
from bounce_verdict.pipeline import Pipeline
from tests.maillogs.asking import events, told

MESSAGE = (
    "4X1: to=<ana@example.org>, relay=none, delay=1, dsn=4.4.1, status=deferred (connect to mx[192.0.2.1]:25: Connection refused)"
)
SYSLOG = f"mail postfix/smtp[7]: {MESSAGE}"
MOMENT = "2026-11-29T09:15:01Z"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param(MESSAGE, None, id="bare"),
        pytest.param(f"postfix/smtp[7]: {MESSAGE}", None, id="program"),
        pytest.param(f"postfix/smtp: {MESSAGE}", None, id="program without its process"),
        pytest.param(f"Nov 29 09:15:01 {SYSLOG}", None, id="RFC 3164"),
        pytest.param(f"<22>Nov 29 09:15:01 {SYSLOG}", None, id="RFC 3164 with priority"),
        pytest.param(f"Nov  9 09:15:01 {SYSLOG}", None, id="RFC 3164, a day of one digit"),
        pytest.param(f"Nov 29 09:15:01 mail mail.info postfix/smtp[7]: {MESSAGE}", None, id="busybox, level behind the host"),
        pytest.param(f"Nov 29 09:15:01 mail postfix/smtp[7]: [ID 197553 mail.info] {MESSAGE}", None, id="Solaris"),
        pytest.param(f"<22>1 2026-11-29T10:15:01+01:00 mail postfix/smtp 7 - - {MESSAGE}", MOMENT, id="RFC 5424"),
        pytest.param(
            f'<22>1 2026-11-29T09:15:01Z mail postfix/smtp 7 ID1 [a b="]"][c] \ufeff{MESSAGE}', MOMENT, id="RFC 5424 with data"
        ),
        pytest.param(f"2026-11-29T10:15:01+01:00 {SYSLOG}", MOMENT, id="ISO"),
        pytest.param(f"2026-11-29T10:15:01+0100 {SYSLOG}", MOMENT, id="journalctl -o short-iso"),
        pytest.param(f"1795943701.000000 {SYSLOG}", MOMENT, id="journalctl -o short-unix"),
        pytest.param(f"Sun 2026-11-29 09:15:01 CET {SYSLOG}", None, id="journalctl -o short-full, a zone by name"),
        pytest.param(f"2026-11-29T09:15:01.000000000Z Nov 29 10:15:01 {SYSLOG}", MOMENT, id="docker logs -t"),
        pytest.param(f"mail-1  | Nov 29 10:15:01 {SYSLOG}", None, id="docker-compose logs"),
        pytest.param(f"2026-11-29T09:15:01.000000000Z stdout F Nov 29 10:15:01 {SYSLOG}", MOMENT, id="Kubernetes"),
        pytest.param(
            json.dumps({"log": f"Nov 29 10:15:01 {SYSLOG}\n", "stream": "stdout", "time": MOMENT}),
            MOMENT,
            id="docker's json-file",
        ),
        pytest.param(
            json.dumps({"MESSAGE": MESSAGE, "SYSLOG_IDENTIFIER": "postfix/smtp", "__REALTIME_TIMESTAMP": "1795943701000000"}),
            MOMENT,
            id="journalctl -o json",
        ),
        pytest.param(
            json.dumps({"MESSAGE": list(MESSAGE.encode()), "SYSLOG_IDENTIFIER": "postfix/smtp"}),
            None,
            id="journalctl -o json, bytes",
        ),
    ],
)
def test_a_prefix_changes_nothing_but_the_time(classifier: Pipeline, text: str, moment: str | None) -> None:
    assert told(classifier, text) == told(classifier, text, "postfix") == ["delay ana@example.org retry network-failure never"]
    assert events(classifier, text)[0].occurred_at == moment


def test_one_program_is_read_and_no_second() -> None:
    found = read_prefix("Nov 29 09:15:01 mail app[1]: 2026-11-29 09:15:01 mail postfix/smtp[7]: x")
    assert (found.program, found.text) == ("app", "mail postfix/smtp[7]: x")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([SYSLOG[:60], "    " + SYSLOG[60:]], id="indented"),
        pytest.param(["Nov 29 09:15:01 " + SYSLOG[:-30], SYSLOG[-30:]], id="wrapped inside the open bracket"),
    ],
)
def test_a_wrapped_line_is_one(classifier: Pipeline, lines: list[str]) -> None:
    text = "\n".join(lines).replace("mail postfix", "postfix")
    assert told(classifier, text, "postfix")[0].startswith("delay ana@example.org")


def test_momentums_documentation_wraps_with_a_mark(classifier: Pipeline) -> None:
    text = "1064868656@91/6D@00/00@00/01@B@ »\nana@example.org@n@example.com@g@b@5@10@12@192.0.2.1@550 »\n5.1.1 user unknown"
    assert told(classifier, text.replace("@B@ »\nana", "@B@ »\nana")) == ["bounce ana@example.org permanent mailbox-unknown now"]


def test_a_line_whose_bracket_is_open_does_not_swallow_the_next_record() -> None:
    first = f"Nov 29 09:15:01 {SYSLOG}".removesuffix(")")
    assert list(unwrap([first, f"Nov 29 09:15:02 {SYSLOG}"])) == [first, f"Nov 29 09:15:02 {SYSLOG}"]


def test_a_record_is_cut_to_its_length() -> None:
    (record,) = unwrap(["x" * 40_000, *(" " + "y" * 40_000 for _ in range(9))])
    assert len(record) == MAX_LINE
