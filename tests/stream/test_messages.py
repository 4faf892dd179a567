"""What goes to the broker, whatever the items hold: subjects, headers, ids, sizes."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as any_

from bounce_verdict.errors import InputError
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.response import batch_answer, problem
from bounce_verdict.stream.judging import Given, answers
from bounce_verdict.stream.names import Subjects, answer_id, check_subject, content_id
from bounce_verdict.stream.packing import Form, Item, Outgoing, dead_letter, identify, pack

ITEM = Item("bounces-items:1", {}, "it")
NDJSON = {"Content-Type": "application/x-ndjson"}


def form(**more: Any) -> Form:
    return Form(**{"subjects": Subjects(), "short": False, "max_payload": 1 << 20, "max_lines": 1_000, **more})


def packed(pipeline: Pipeline, body: bytes, form: Form, headers: dict[str, str] | None = None) -> list[Outgoing]:
    given = Given(body, headers or NDJSON, 10_485_760, 10_485_760)
    return pack(answers(given, pipeline), Item("bounces-items:1", headers or NDJSON, "it"), form)


@given(any_.text() | any_.text(alphabet="a.*> @\r\n\x00é-", max_size=300))
def test_no_address_makes_a_subject_that_means_something_else(address: str) -> None:
    assert re.fullmatch(r"[0-7]", Subjects().key_of(address))
    key = Subjects(partitions=0).key_of(address)
    assert re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", key)
    assert len(key) < 260


def test_a_domain_is_written_from_the_right() -> None:
    by_domain = Subjects(partitions=0)
    assert by_domain.key_of("Ana@Mail.Example.ORG.") == "org.example.mail"
    assert by_domain.key_of("ana@*.>") == by_domain.key_of(None) == by_domain.key_of("ana") == "-"


def test_a_domain_goes_to_the_same_partition_however_it_is_written() -> None:
    assert Subjects().key_of("a@Example.org") == Subjects().key_of("b@example.ORG.")


@pytest.mark.parametrize("subject", ["", "a b", "a.*", "a.>", "a..b", ".a", "a" * 65, "ä"])
def test_a_subject_with_wildcards_or_blanks_is_refused(subject: str) -> None:
    with pytest.raises(InputError, match="--items: must be a subject"):
        check_subject("--items", subject)


def test_ids_tell_apart_what_differs_and_nothing_else() -> None:
    assert content_id(b"a", b"bc") != content_id(b"ab", b"c")
    assert answer_id("it", "1", [1, 2]) == answer_id("it", "1", [1, 2]) != answer_id("it", "1", [1, 2, 3])
    assert identify("s:1", {"Nats-Msg-Id": "x"}, b"a") == identify("s:2", {"Nats-Msg-Id": "x"}, b"a")
    assert identify("s:1", {"Nats-Msg-Id": "x"}, b"a") != identify("s:1", {"Nats-Msg-Id": "x"}, b"b")
    assert identify("s:1", {}, b"a") != identify("s:2", {}, b"a")


def test_answers_that_the_broker_would_not_take_in_one_message_are_cut_and_none_is_lost(few_rules_pipeline: Pipeline) -> None:
    body = b"\n".join(
        b'{"id": %d, "reply": "550 5.1.1 user unknown", "recipient": "u@example.org"}' % number for number in range(100)
    )
    small = form(max_payload=16_384 + 8_000)
    messages = packed(few_rules_pipeline, body, small)
    assert len(messages) > 1
    assert all(len(one.body) <= 8_000 for one in messages)
    assert [json.loads(line)["id"] for one in messages for line in one.body.splitlines()] == list(range(100))
    assert len({one.headers["Nats-Msg-Id"] for one in messages}) == len(messages)


def test_an_answer_that_is_too_large_alone_is_a_dead_letter_with_its_item(few_rules_pipeline: Pipeline) -> None:
    line = b'{"id": 1, "reply": "550 5.1.1 user unknown", "recipient": "u@example.org"}'
    (letter,) = packed(few_rules_pipeline, line, form(max_payload=16_384 + 300))
    assert (letter.subject, letter.body) == ("bounces.dead", line)
    assert json.loads(letter.headers["Bounces-Problem"])["result"]["limit"] == "max_payload 16684"


@given(any_.text(max_size=1_000), any_.text(max_size=1_500))
def test_a_dead_letter_is_bounded_and_its_headers_are_ascii(identity: str, query: str) -> None:
    answer = batch_answer(0, identity.encode("utf-8", "replace").decode(), problem(422, "x"))
    item = Item("bounces-items:1", {"Bounces-Query": query, "X-Other": "o", "content-type": "image/png"}, "it")
    letter = dead_letter(answer, b"x" * 30_000, item, form(max_payload=20_000))
    assert len(letter.body) + sum(len(name) + len(text.encode()) + 4 for name, text in letter.headers.items()) < 20_000
    assert letter.headers["Bounces-Truncated"] == "30000"
    assert letter.headers["Bounces-Problem"].isascii()
    assert letter.headers["Bounces-Problem"].isprintable()
    assert "X-Other" not in letter.headers


@given(
    any_.binary(max_size=200),
    any_.dictionaries(any_.sampled_from(["content-type", "Bounces-Source", "X-Envelope-To"]), any_.text(max_size=20)),
)
def test_any_bytes_and_headers_are_answered(few_rules_pipeline: Pipeline, body: bytes, headers: dict[str, str]) -> None:
    for one in packed(few_rules_pipeline, body, form(), {**NDJSON, **headers}):
        assert one.stream in {"bounces-answers", "bounces-dead"}


@pytest.mark.parametrize("body", [b"", b"\n\n", b" "])
def test_a_message_without_items_is_a_dead_letter(few_rules_pipeline: Pipeline, body: bytes) -> None:
    (letter,) = packed(few_rules_pipeline, body, form())
    assert json.loads(letter.headers["Bounces-Problem"])["result"]["status"] == 422
