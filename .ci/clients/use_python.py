"""What a program does with the client that openapi-python-client builds. Usage: use_python.py URL MESSAGE-FILE; it fails where that does."""

import sys
from io import BytesIO
from pathlib import Path

from bounce_verdict_client import Client
from bounce_verdict_client.api.classify import classify_batch, classify_message, classify_reply
from bounce_verdict_client.models import (
    BatchItem,
    Classification,
    Command,
    Problem,
    Reason,
    ReplyRequest,
    Report,
    ReportKind,
    Verdict,
)
from bounce_verdict_client.types import File

client = Client(base_url=sys.argv[1], headers={"Accept": "application/json"})  # else a batch is answered as NDJSON

answer = classify_reply.sync(client=client, body=ReplyRequest(reply="550 5.1.1 user unknown", command="RCPT", id=7))
assert isinstance(answer, Classification)
assert (answer.verdict, answer.reason, answer.id) == (Verdict.PERMANENT, Reason.MAILBOX_UNKNOWN, 7)
assert answer.reply is not None
assert answer.reply.command is Command.RCPT

report = classify_message.sync(
    client=client, body=File(BytesIO(Path(sys.argv[2]).read_bytes())), x_envelope_to="bounces@example.com"
)
assert isinstance(report, Report)
assert report.kind is ReportKind.BOUNCE
assert report.recipients[0].verdict is Verdict.PERMANENT

refused = classify_reply.sync_detailed(client=client, body=ReplyRequest(reply="550 no", command="shutdown"))
assert isinstance(refused.parsed, Problem)
assert refused.parsed.type_ == "urn:bounce-verdict:problem:invalid-input"
assert refused.parsed.errors[0].field == "command"

lines = classify_batch.sync(client=client, body=[BatchItem(reply="452 4.2.2 mailbox full"), BatchItem(reply="250 ok")])
assert isinstance(lines, list)
assert [line.type_ for line in lines] == ["classification", "classification"]
assert lines[0].result.verdict is Verdict.STORAGE
print("openapi-python-client: reply, message, problem and batch")
