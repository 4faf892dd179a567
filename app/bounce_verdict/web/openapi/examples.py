"""The examples of the contract. Fixed, so that a changed rule does not change openapi.json; a test holds them to the schemas."""

from dataclasses import replace

from bounce_verdict import __version__
from bounce_verdict.model import (
    Classification,
    Event,
    Evidence,
    LogEvents,
    MessageFacts,
    Origin,
    Reply,
    Report,
    RuleHit,
    Skipped,
    ToMatch,
)
from bounce_verdict.response import BatchAnswer, FieldError, Problem, batch_answer, problem
from bounce_verdict.webhooks.answer import Events

DIGEST = "sha256:0f6a5d2c9b1e4b7a8d3c6f5e2a1b4c7d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b"

REPLY = "550-5.1.1 The email account that you tried to reach does not exist. Please try\n550 5.1.1 double-checking the address."
MESSAGE = (
    "From: MAILER-DAEMON@mx.example.net\nTo: bounces@news.example.com\nSubject: Delivery failed\nMIME-Version: 1.0\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
    "Final-Recipient: rfc822; ana@example.org\nAction: failed\nStatus: 5.1.1\n"
    "Diagnostic-Code: smtp; 550 5.1.1 <ana@example.org>: user unknown\n\n--b--\n"
)

CLASSIFICATION = Classification(
    id=None,
    verdict="permanent",
    reason="mailbox-unknown",
    transient=False,
    suppress="now",
    scope="recipient",
    retry_after=None,
    explanation="The mailbox does not exist at the receiving system.",
    decided_by="rule",
    provider="google",
    recipient="ana@example.org",
    recipient_source="request",
    original_recipient=None,
    final_recipient=None,
    action=None,
    status="5.1.1",
    remote_mta="gmail-smtp-in.l.google.com",
    diagnostic_code=None,
    last_attempt_date=None,
    will_retry_until=None,
    forward_path=None,
    blocklist=None,
    reply=Reply(
        550, "5.1.1", "RCPT", "The email account that you tried to reach does not exist. Please try double-checking the address."
    ),
    rule=RuleHit(
        "google.no-such-user", "rules/providers/google.toml:12", "does not exist", "https://support.google.com/mail/?p=NoSuchUser"
    ),
    evidence=[
        Evidence("rules", "google.no-such-user", "permanent", "rules/providers/google.toml:12", "reply.text", 42, 56),
        Evidence("tables", "5.1.1 bad destination mailbox address", "permanent", "RFC 3463 §3.2", "reply.enhanced_status", 0, 5),
    ],
    rules_digest=DIGEST,
    version=__version__,
)

REPORTED = replace(
    CLASSIFICATION,
    provider=None,
    recipient_source="final-recipient",
    final_recipient="ana@example.org",
    action="failed",
    remote_mta=None,
    diagnostic_code="550 5.1.1 <ana@example.org>: user unknown",
    reply=Reply(550, "5.1.1", None, "<ana@example.org>: user unknown"),
    rule=RuleHit("generic.user-unknown", "rules/generic.toml:20", "user unknown", "RFC 3463 §3.2"),
    evidence=[Evidence("rules", "generic.user-unknown", "permanent", "rules/generic.toml:20", "reply.text", 19, 31)],
)

REPORT = Report(
    id=None,
    kind="bounce",
    message=MessageFacts(envelope_to="bounces@news.example.com", envelope_from="", reporting_mta="mx.example.net"),
    origin=Origin(ToMatch("<17@news.example.com>", "ana@example.org")),
    auto_reply=None,
    recipients=[REPORTED],
    rules_digest=DIGEST,
    version=__version__,
    warnings=["origin not proven: match it and the recipient to a mail you sent before you stop an address"],
)

WEBHOOK = [
    {
        "email": "ana@example.org",
        "event": "bounce",
        "reason": "550 5.1.1 <ana@example.org>: user unknown",
        "status": "5.1.1",
        "type": "bounce",
        "category": ["news"],
        "timestamp": 1796000000,
        "sg_event_id": "Ym91bmNlLTAt",
        "sg_message_id": "14c5d75ce93.dfd.64b469",
    }
]
EVENTS = Events(
    [
        Event(
            event_id="Ym91bmNlLTAt",
            event_type="bounce",
            kind="bounce",
            occurred_at="2026-11-30T00:53:20Z",
            message_id="14c5d75ce93.dfd.64b469",
            tags=["news"],
            metadata={},
            recipients=[
                replace(REPORTED, recipient_source="request", final_recipient=None, last_attempt_date="2026-11-30T00:53:20Z")
            ],
            source_category="bounce",
            warnings=[],
        )
    ]
)

PROBLEMS: dict[int, Problem] = {
    400: problem(400, "This is not valid JSON: invalid character (byte 9)."),
    401: problem(401, "This needs a key of scope classify: Authorization: Bearer, or X-API-Key."),
    403: problem(403, "This needs a key of scope admin; this one has classify."),
    404: problem(404, "There is nothing at this path; /openapi.json lists what there is."),
    409: problem(409, "The service is ending."),
    413: problem(413, "The body is larger than 10485760 bytes.", limit="max_body 10485760"),
    415: problem(
        415, "The body's Content-Type must be one of application/json, text/plain.", accepted=["application/json", "text/plain"]
    ),
    422: problem(422, "reply is required.", errors=[FieldError("reply", "is required")]),
    500: problem(500, "The service failed on this request; its log says where."),
    503: problem(503, "The service is busy; try again in a moment."),
}

LOG = (
    "Nov 29 09:15:01 mail postfix/smtp[77]: 4XyZ1: to=<ana@example.org>, relay=gmail-smtp-in.l.google.com[192.0.2.1]:25, delay=1, "
    "dsn=5.1.1, status=bounced (host gmail-smtp-in.l.google.com[192.0.2.1] said: 550-5.1.1 The email account that you tried to reach "
    "does not exist. Please try 550 5.1.1 double-checking the address. (in reply to RCPT TO command))"
)
LOGGED = Event(
    event_id=None,
    event_type="bounced",
    kind="bounce",
    occurred_at=None,
    message_id=None,
    tags=[],
    metadata={},
    recipients=[replace(REPORTED, recipient_source="request", final_recipient=None)],
    source_category=None,
    warnings=[],
    queue_id="4XyZ1",
)

BATCH_REQUEST: list[dict[str, str]] = [
    {"id": "a", "reply": "550 5.1.1 <ana@example.org>: user unknown", "command": "RCPT", "recipient": "ana@example.org"},
    {"id": "b", "message_base64": "RnJvbTogTUFJTEVSLURBRU1PTgo=", "envelope_to": "bounces+42@news.example.com"},
    {"id": "c", "reply": "451 4.7.1 Greylisted, please try again later", "command": "shutdown"},
    {"id": "d", "log": LOG},
    {"id": "e", "log": "4XyZ1: removed", "format": "postfix"},
]
BATCH_ANSWERS: list[BatchAnswer] = [
    batch_answer(0, "a", REPORTED),
    batch_answer(1, "b", REPORT),
    batch_answer(2, "c", problem(422, "command is no SMTP command.", errors=[FieldError("command", "is no SMTP command")])),
    batch_answer(3, "d", LogEvents("postfix", [LOGGED], 0)),
    batch_answer(4, "e", Skipped("no-delivery", "The line tells of no delivery.")),
]
