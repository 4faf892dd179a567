"""`bounces work` at a real broker: what it answers, where that goes, and what becomes of items without an answer."""

import base64
import json
import re
import signal
from pathlib import Path

import httpx
from nats.js import JetStreamContext

from bounce_verdict.pipeline import Pipeline
from bounce_verdict.response import encode_lines
from bounce_verdict.settings import Settings
from bounce_verdict.stream.judging import Given
from bounce_verdict.stream.judging import answers as judged
from tests.conftest import Serve
from tests.recipes.running import BOUNCE
from tests.running import RULE, until, write_rules
from tests.stream.running import Nats, all_answered, answers, at, batches, count, dead_letters, ids, item, put, worker

NDJSON = {"content-type": "application/x-ndjson"}


def test_each_kind_of_item_is_answered_and_what_has_no_answer_is_a_dead_letter(broker: Nats, rules: Path) -> None:
    raw = {"content-type": "message/rfc822", "X-Envelope-To": "bounces@news.example", "Bounces-Id": "mail-1"}
    hook = {"content-type": "application/json", "Bounces-Source": "sendgrid"}
    event = b'[{"event": "bounce", "email": "bo@example.org", "reason": "550 5.1.1 user unknown", "sg_event_id": "e1"}]'
    with worker(broker, rules):
        put(
            broker,
            (item(1), {"content-type": "application/json"}),
            (item(2) + b"\n{bad\n\n" + item(3), NDJSON),
            (BOUNCE.encode(), raw),
            (event, hook),
            (b"GIF89a", {"content-type": "image/gif"}),
        )
        assert all_answered(broker)
    found = answers(broker)
    assert sorted(ids(found)) == ["1", "2", "3", "e1", "mail-1"]
    kinds = {line["id"]: (line["index"], line["type"]) for message in found for line in message.lines()}
    assert kinds["3"] == (2, "classification")
    assert kinds["mail-1"] == (0, "report")
    assert kinds["e1"] == (0, "events")
    first, second = dead_letters(broker)
    assert (first.body, second.body) == (b"{bad", b"GIF89a")
    problem = json.loads(first.headers["Bounces-Problem"])
    assert (problem["index"], problem["type"], problem["result"]["status"]) == (1, "problem", 400)
    assert json.loads(second.headers["Bounces-Problem"])["result"]["status"] == 415


def test_answers_are_the_bytes_of_the_batch_over_http(serve: Serve, pipeline: Pipeline) -> None:
    raw = base64.b64encode(BOUNCE.encode()).decode()
    lines = [
        item(1),
        json.dumps({"id": "m", "message_base64": raw}).encode(),
        b'{"id": "x", "replay": "550"}',
        b"[]",
        item(5, command="RCPT"),
    ]
    body = b"\xef\xbb\xbf" + b"\r\n\n".join(lines)
    given = Given(body, NDJSON, Settings().max_body, Settings().max_batch_line)
    with serve(Settings()) as base:
        over_http = httpx.post(f"{base}/v1/classify/batch", content=body, headers=NDJSON, timeout=30).content
    assert encode_lines([answer for answer, _ in judged(given, pipeline)]) == over_http


def test_what_is_sent_twice_with_one_id_is_answered_once(broker: Nats, rules: Path) -> None:
    with worker(broker, rules):
        for _ in range(2):
            put(broker, (item(1), {"Nats-Msg-Id": "a"}), (item(2), {"Nats-Msg-Id": "b"}))
        assert all_answered(broker)
    assert sorted(ids(answers(broker))) == ["1", "2"]


def test_the_same_content_sent_twice_without_an_id_is_two_items(broker: Nats, rules: Path) -> None:
    with worker(broker, rules):
        put(broker, (item(1), NDJSON), (item(1), NDJSON))
        assert all_answered(broker)
    assert ids(answers(broker)) == ["1", "1"]


def test_a_domain_is_always_in_the_same_partition_and_may_be_the_subject(broker: Nats, rules: Path) -> None:
    with worker(broker, rules, "--partitions", "4"):
        put(broker, *batches(range(400), 100))
        assert all_answered(broker)
    places: dict[str, set[str]] = {}
    for message in answers(broker):
        for line in message.lines():
            places.setdefault(line["result"]["recipient"].partition("@")[2], set()).add(message.subject)
    assert len(places) == 50
    assert all(len(subjects) == 1 for subjects in places.values())
    assert {subject for subjects in places.values() for subject in subjects} == {f"bounces.answers.{part}" for part in range(4)}


def test_a_worker_told_to_stop_ends_what_it_has_in_hand_and_leaves_the_rest(broker: Nats, rules: Path) -> None:
    with worker(broker, rules) as one:
        put(broker, *batches(range(20_000), 100))
        assert until(lambda: count(broker, "bounces-answers") > 0)
        one.process.send_signal(signal.SIGTERM)
        assert one.process.wait(30) == 0
    with worker(broker, rules):
        assert all_answered(broker)
    found = ids(answers(broker))
    assert len(found) == len(set(found)) == 20_000


def test_short_answers_say_what_a_program_acts_on(broker: Nats, rules: Path) -> None:
    with worker(broker, rules, "--short"):
        put(broker, (item(1), NDJSON))
        assert all_answered(broker)
    (line,) = answers(broker)[0].lines()
    assert line["result"]["verdict"] == "permanent"
    assert "evidence" not in line["result"]


def test_changed_rules_are_taken_into_use_while_it_runs(broker: Nats, rules: Path) -> None:
    with worker(broker, rules) as one:
        url = one.found(r"metrics at (http://[^;\"]+);")
        before = httpx.get(f"{url}/readyz").json()["rules_digest"]
        write_rules(rules, RULE.replace("user unknown", "user unheard of"))
        try:
            assert until(lambda: httpx.get(f"{url}/readyz").json()["rules_digest"] != before, 60)
            write_rules(rules, "[[rule]]\n")
            assert until(lambda: httpx.get(f"{url}/readyz").json()["rules"] == "stale", 60)
        finally:
            write_rules(rules, RULE)
        put(broker, (item(1, reply="550 5.1.1 user unheard of"), NDJSON))
        assert all_answered(broker)
        assert "bounces_stream_messages_total 1.0" in httpx.get(f"{url}/metrics").text or until(
            lambda: "bounces_stream_messages_total 1.0" in httpx.get(f"{url}/metrics").text
        )
        assert httpx.get(f"{url}/livez").status_code == 200
        assert httpx.get(f"{url}/v1/rules").status_code == 404
    assert answers(broker)[0].lines()[0]["result"]["rule"]["id"] == "generic.user-unknown"


def test_a_broker_that_goes_and_comes_back_costs_no_answer(broker: Nats, rules: Path) -> None:
    with worker(broker, rules) as one:
        put(broker, *batches(range(3_000), 100))
        broker.stop()
        assert until(lambda: one.logged("the broker is gone"))
        broker.start()
        put(broker, *batches(range(3_000, 4_000), 100))
        assert all_answered(broker, 60)
    found = ids(answers(broker))
    assert len(found) == len(set(found)) == 4_000


def test_a_worker_without_its_streams_says_how_they_are_made(tmp_path: Path, rules: Path) -> None:
    with Nats(tmp_path / "empty") as bare:
        one = worker(bare, rules)
        assert one.process.wait(60) == 2
        one.__exit__(None, None, None)
    assert one.log[-1] == "bounces: the broker has no stream bounces-items; `bounces work --create` makes what is missing\n"


def test_a_worker_tells_what_waits_and_since_when(broker: Nats, rules: Path) -> None:
    async def take_none(stream: JetStreamContext) -> None:
        taking = await stream.pull_subscribe_bind("bounces-workers", stream="bounces-items")
        await taking.fetch(2, timeout=10)

    put(broker, (item(1), NDJSON), (item(2), NDJSON))
    at(broker, take_none)  # as a worker does that dies: they are given again after 30 s
    with worker(broker, rules) as one:
        url = one.found(r"metrics at (http://[^;\"]+);")
        metric = re.compile(r"^(bounces_stream_\w+) (\S+)$", re.MULTILINE)

        def told() -> dict[str, float]:
            return {name: float(number) for name, number in metric.findall(httpx.get(f"{url}/metrics").text)}

        assert until(lambda: told().get("bounces_stream_in_hand") == 2)
        first = told()["bounces_stream_oldest_seconds"]
        assert first > 0
        assert until(lambda: told()["bounces_stream_oldest_seconds"] > first)
        assert told()["bounces_stream_waiting"] == 0
        assert told()["bounces_stream_dead_letters_total"] == 0
        assert all_answered(broker, 60)
        assert until(lambda: told()["bounces_stream_oldest_seconds"] == 0)
        assert told()["bounces_stream_redelivered_total"] == 2
