"""A payload's bytes, and what a hostile one may do to a reader: nothing."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounce_verdict.errors import InputError
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.response import encode
from bounce_verdict.webhooks import SOURCES, read_events
from bounce_verdict.webhooks.answer import answer_events
from bounce_verdict.webhooks.payload import decode
from bounce_verdict.webhooks.times import rfc3339

# The names that readers look for, so that random values stand where a reader takes them.
_NAMES = [
    "Type",
    "Message",
    "event",
    "type",
    "RecordType",
    "recordType",
    "notificationType",
    "eventType",
    "bounce",
    "bounceType",
    "bouncedRecipients",
    "emailAddress",
    "email",
    "recipient",
    "to",
    "data",
    "events",
    "msys",
    "message_event",
    "bounce_class",
    "mandrill_events",
    "msg",
    "diag",
    "event-data",
    "delivery-status",
    "code",
    "message",
    "severity",
    "reason",
    "status",
    "response",
    "response_code",
    "enhanced_code",
    "class",
    "payload",
    "original_message",
    "timestamp",
    "time",
    "events_by_user",
    "event_data",
    "delivery_info",
    "feedback_report",
    "rcpt",
    "dsn_smtp_code",
    "deliveryStatusDetails",
    "detail-type",
    "detail",
    "mail",
    "destination",
    "tags",
    "metadata",
]
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["Bounce", "bounce", "failed"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_NAMES) | st.text(max_size=5), inner, max_size=6),
    max_leaves=25,
)


@pytest.mark.parametrize("source", SOURCES)
@given(payload=_VALUES)
def test_no_json_makes_a_reader_raise_and_every_answer_can_be_written(source: str, payload: object) -> None:
    for event in read_events(source, payload):
        assert event.event_id
        encode([event.metadata, event.tags, event.recipients])


@given(payload=_VALUES)
def test_no_json_makes_an_answer_fail(classifier: Pipeline, payload: object) -> None:
    for source in ("ses", "sendgrid", "sparkpost", "kumomta"):
        encode(answer_events(classifier, source, payload))


@given(body=st.binary(max_size=200))
def test_bytes_are_read_or_refused_and_nothing_else(body: bytes) -> None:
    with suppress(InputError):
        decode(body)


def test_lone_surrogates_and_invalid_utf_8_become_question_marks() -> None:
    assert decode(b'["\\ud800", "\xff"]') == ["?", "\ufffd"]


@pytest.mark.parametrize("body", [b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 5_000 + b"NaN" + b"}" * 5_000])
def test_what_is_nested_too_deeply_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        decode(body)


def test_a_form_a_query_and_json_under_any_content_type_are_read() -> None:
    assert decode(b"event=bounced&to=", "application/x-www-form-urlencoded; charset=utf-8") == {"event": "bounced", "to": ""}
    assert decode(b"", query="status=Error&to=ana%40example.org") == {"status": "Error", "to": "ana@example.org"}
    assert decode(b'{"a": 1}', "text/plain") == {"a": 1}
    assert decode(b"mandrill_events=%5B%5D") == {"mandrill_events": "[]"}


def test_a_form_of_parts_is_read_and_its_files_are_left_out() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="event"\r\n\r\nbounced\r\n'
        b'--b\r\nContent-Disposition: form-data; name="attachment-1"; filename="a.eml"\r\n\r\nx\r\n--b--\r\n'
    )
    assert decode(body, "multipart/form-data; boundary=b") == {"event": "bounced"}
    assert decode(body, "multipart/form-data") == {}


def test_a_form_with_too_many_fields_is_refused() -> None:
    with pytest.raises(InputError, match="form fields"):
        decode(b"&".join([b"a=1"] * 2_000), "application/x-www-form-urlencoded")


def test_what_is_echoed_is_cut(classifier: Pipeline) -> None:
    deep: Any = {"a": {"b": {"c": {"d": {"e": 1}}}}, "long": "x" * 5_000, "large": 10**30}
    (event,) = answer_events(classifier, "sendgrid", [{"event": "open", "email": "ana@example.org", "own": deep}]).events
    assert event.metadata["own"]["a"]["b"]["c"] is None
    assert len(event.metadata["own"]["long"]) == 1_000
    assert event.metadata["own"]["large"] is None


def test_a_reply_of_a_megabyte_is_cut(classifier: Pipeline) -> None:
    (event,) = answer_events(
        classifier, "sendgrid", {"event": "bounce", "email": "a@example.org", "reason": "550 " + "x " * 500_000}
    ).events
    assert event.recipients[0].reply is not None
    assert len(event.recipients[0].reply.text) <= 4_096


def test_a_batch_of_any_size_is_answered_in_order(classifier: Pipeline) -> None:
    body = json.dumps([{"event": "open", "email": "ana@example.org", "sg_event_id": str(number)} for number in range(20_000)])
    events = answer_events(classifier, "sendgrid", decode(body.encode())).events
    assert [event.event_id for event in events] == [str(number) for number in range(20_000)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1796000000, "2026-11-30T00:53:20Z"),
        ("1796000000.5", "2026-11-30T00:53:20.500000Z"),
        (1796000000500, "2026-11-30T00:53:20.500000Z"),
        ("2026-11-30T01:53:20+01:00", "2026-11-30T00:53:20Z"),
        ("2026-11-30T00:53:20.1234567Z", "2026-11-30T00:53:20.123456Z"),
        ("Mon, 30 Nov 2026 01:53:20 +0100", "2026-11-30T00:53:20Z"),
        ("2026-11-30 00:53:20 UTC", "2026-11-30T00:53:20Z"),
        ("2026-11-30 00:53:20", None),
        ("9" * 400, None),
        (float("nan"), None),
        (-1, None),
        (True, None),
        (10**400, None),
        ("0001-01-01T00:00:00+23:00", None),
        ({}, None),
    ],
)
def test_times_are_rfc_3339_in_utc_and_none_without_a_zone(value: object, expected: str | None) -> None:
    assert rfc3339(value) == expected
