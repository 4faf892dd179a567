"""The client against a real service: typed answers, whole batches, errors that say what was refused."""

import itertools
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bounce_verdict import Classification, Report, ServiceError
from bounce_verdict.client import BatchAnswer, Client, Problem
from bounce_verdict.client.batch import MAX_LINES
from bounce_verdict.contract.short_answers import ShortClassification, ShortEvent, ShortLogEvents, ShortReport
from bounce_verdict.model import LogEvents, Skipped
from tests.running import Running, make_few_rules

LOG = "postfix/smtp[7]: 4X1: to=<ana@example.org>, relay=none, dsn=4.4.1, status=deferred (timed out)"
MAIL = b"From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered\n\n<ana@example.org>: 550 5.1.1 user unknown\n"


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_few_rules(tmp_path_factory.mktemp("rules"))


@pytest.fixture(scope="module")
def base(rules: Path) -> Iterator[str]:
    with Running(rules, webhooks_unsigned="1") as service:
        yield service.url


@pytest.fixture
def client(base: str) -> Iterator[Client]:
    with Client(base) as asking:
        yield asking


def test_a_reply_is_answered_as_the_library_does(client: Client) -> None:
    answer = client.reply("550 user unknown", command="rcpt to", recipient="ana@example.org", id=7)
    assert isinstance(answer, Classification)
    assert (answer.id, answer.verdict, answer.recipient) == (7, "permanent", "ana@example.org")
    assert answer.rule is not None
    assert answer.rule.id == "generic.user-unknown"


def test_a_message_is_answered_with_its_envelope(client: Client) -> None:
    report = client.message(MAIL, envelope_to="bounces@grün.example", envelope_from="")
    assert (report.kind, report.message.envelope_to) == ("bounce", "bounces@grün.example")
    assert [one.verdict for one in report.recipients] == ["permanent"]


def test_a_webhook_is_handed_on_with_its_headers(client: Client) -> None:
    headers = {"Content-Type": "application/json", "Host": "hooks.example", "Content-Length": "1", "Connection": "close"}
    (event,) = client.event("sendgrid", b'[{"event": "spamreport", "email": "ana@example.org"}]', headers)
    assert (event.kind, event.recipients[0].suppress) == ("complaint", "now")


def test_every_question_can_be_answered_in_short(client: Client) -> None:
    one = client.reply("550 user unknown", command="RCPT", recipient="ana@example.org", detail="short")
    assert isinstance(one, ShortClassification)
    assert (one.verdict, one.recipient, one.rule_id) == ("permanent", "ana@example.org", "generic.user-unknown")
    report = client.message(MAIL, envelope_to="bounces@example.com", detail="short")
    assert isinstance(report, ShortReport)
    assert [one.verdict for one in report.recipients] == ["permanent"]
    (event,) = client.event("sendgrid", b'[{"event": "spamreport", "email": "ana@example.org"}]', detail="short")
    assert isinstance(event, ShortEvent)
    assert (event.kind, event.recipients[0].suppress) == ("complaint", "now")


def test_the_lines_of_a_short_batch_are_of_the_short_classes(client: Client) -> None:
    items: list[dict[str, Any]] = [
        {"reply": "550 user unknown"},
        {"message": MAIL.decode()},
        {"log": LOG},
        {"log": "nothing"},
        {"reply": 5},
    ]
    results = [type(answer.result) for answer in client.batch(items, detail="short")]
    assert results == [ShortClassification, ShortReport, ShortLogEvents, Skipped, Problem]
    assert [type(answer.result) for answer in client.batch([{"log": LOG}])] == [LogEvents]


def test_a_batch_is_answered_in_order_whatever_its_items(client: Client) -> None:
    items: list[dict[str, Any]] = [
        {"reply": "550 user unknown", "id": "a"},
        {"message": MAIL.decode(), "id": "b"},
        {"reply": 1, "id": "c"},
    ]
    answers = list(client.batch(items))
    assert [(one.index, one.id, one.type, type(one.result)) for one in answers] == [
        (0, "a", "classification", Classification),
        (1, "b", "report", Report),
        (2, "c", "problem", Problem),
    ]
    problem = answers[2].result
    assert isinstance(problem, Problem)
    assert problem.errors[0].field == "reply"


def test_bytes_are_the_text_or_the_message_that_they_hold(client: Client) -> None:
    items: list[dict[str, Any]] = [
        {"message": MAIL + b"\xff"}, {"message_base64": b64encode(MAIL)}, {"reply": b"550 user unknown"},
    ]  # fmt: skip
    first, second, third = (answer.result for answer in client.batch(items))
    assert isinstance(first, Report)
    assert isinstance(second, Report)
    assert isinstance(third, Classification)
    assert (first.kind, second.kind, third.verdict) == ("bounce", "bounce", "permanent")


def test_a_batch_of_many_requests_loses_and_confuses_nothing(base: str) -> None:
    count = 7 * MAX_LINES + 3
    with Client(base, connections=4) as client:
        answers = list(client.batch({"reply": f"550 user unknown {number}", "id": number} for number in range(count)))
    assert [(one.index, one.id) for one in answers] == [(number, number) for number in range(count)]


def test_a_batch_is_read_no_further_than_its_answers_are_taken(client: Client) -> None:
    taken = 0

    def endless() -> Iterator[dict[str, str]]:
        nonlocal taken
        for taken in itertools.count(1):  # noqa: B007  # read outside
            yield {"reply": "250 ok"}

    answers: Iterator[BatchAnswer] = client.batch(endless())
    assert [next(answers).index for _ in range(1_000)] == list(range(1_000))
    assert taken < 10 * MAX_LINES
    answers.close()  # type: ignore[attr-defined]  # a generator


def test_an_empty_batch_has_no_answers(client: Client) -> None:
    assert list(client.batch([])) == []


def test_large_items_go_through(client: Client) -> None:
    large = MAIL.decode() + "x" * 400_000
    answers = list(client.batch([{"message": large, "id": number} for number in range(8)]))
    assert [(one.id, one.type) for one in answers] == [(number, "report") for number in range(8)]


def test_what_cannot_be_used_is_an_error_with_status_and_field(client: Client) -> None:
    with pytest.raises(ServiceError, match=r"^422: ") as caught:
        client.reply("550 no", command="FROB")
    assert caught.value.status == 422
    assert caught.value.problem["errors"][0]["field"] == "command"


def test_an_unknown_source_is_an_error(client: Client) -> None:
    with pytest.raises(ServiceError, match="no such source") as caught:
        client.event("pi/geon", b"{}")
    assert caught.value.status == 404


def test_a_header_that_would_hold_two_is_refused_at_once(client: Client) -> None:
    with pytest.raises(ServiceError, match="cannot be asked"):
        client.message(MAIL, envelope_to="a@b\r\nx: y")


def test_a_service_that_is_not_there_is_an_error_without_a_status() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with Client(address, attempts=2) as client, pytest.raises(ServiceError, match="cannot be asked") as caught:
        client.reply("550 no")
    assert caught.value.status is None


def test_a_key_is_sent_where_there_is_one(rules: Path) -> None:
    digest = "0" * 64
    with (
        Running(rules, keys=f"us:classify:{digest}") as service,
        Client(service.url, key="bounces_no") as client,
        pytest.raises(ServiceError) as caught,
    ):
        client.reply("550 no")
    assert caught.value.status == 401


def test_a_busy_service_is_asked_again_when_it_says(rules: Path) -> None:
    with Running(rules, max_connections="1") as service:
        holder = socket.create_connection(service.address, timeout=20)
        assert until_refused(service)
        threading.Timer(0.5, holder.close).start()
        with Client(service.url) as client:
            start = time.monotonic()
            assert client.reply("550 user unknown").verdict == "permanent"
            assert time.monotonic() - start > 0.5


def test_a_service_that_stays_busy_is_an_error_in_the_end(rules: Path) -> None:
    with Running(rules, max_connections="1") as service, socket.create_connection(service.address, timeout=20):
        assert until_refused(service)
        with Client(service.url, attempts=1) as client, pytest.raises(ServiceError) as caught:
            client.reply("550 no")
    assert caught.value.status == 503


def until_refused(service: Running) -> bool:
    """Whether another connection comes to be refused: the one that holds the only place counts once it is accepted."""
    for _ in range(100):
        with Client(service.url, attempts=1) as client:
            try:
                client.reply("550 no")
            except ServiceError as error:
                return error.status == 503
        time.sleep(0.05)
    return False
