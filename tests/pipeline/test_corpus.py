"""Our own bounces: each message under tests/corpus has its expected rows beside it, made by hand.

NAME.json: {"kind": "bounce", "recipients": [{"recipient": …, "verdict": …, …}], "warnings": ["first words of one", …]}. A row holds
the keys of an answer that the message tells; `code`, `enhanced_status` and `command` are the reply's.
"""

import email
import json
from pathlib import Path
from typing import Any

import pytest
from flufl.bounce import scan_message

from bounce_verdict.model import Classification, MessageInput, Report
from bounce_verdict.pipeline import Pipeline

CORPUS = Path(__file__).parents[1] / "corpus"
MESSAGES = sorted(CORPUS.glob("**/*.eml"))
OF_REPLY = ("code", "enhanced_status", "command")


@pytest.fixture(params=MESSAGES, ids=lambda path: str(path.relative_to(CORPUS).with_suffix("")))
def case(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_every_message_is_read_as_its_row_says(case: Path, pipeline: Pipeline) -> None:
    expected = json.loads(case.with_suffix(".json").read_text(encoding="utf-8"))
    report = read(case, pipeline, expected.get("envelope_to"))
    assert report.kind == expected["kind"]
    rows = expected["recipients"]
    told = [{key: _told(answer, key) for key in row} for answer, row in zip(report.recipients, rows, strict=False)]
    assert told == rows
    assert len(report.recipients) == len(rows)
    for start in expected.get("warnings", ()):
        assert any(warning.startswith(start) for warning in report.warnings)


def test_every_address_that_flufl_bounce_finds_is_found(case: Path, pipeline: Pipeline) -> None:
    """flufl.bounce 6 is the reader of Mailman: what it finds and we do not is a lost recipient."""
    report = read(case, pipeline, None)
    found = {address.lower() for answer in report.recipients for address in _addresses(answer)}
    theirs = {address.decode("utf-8", "replace").lower() for address in scan_message(email.message_from_bytes(case.read_bytes()))}
    excused = set(json.loads(case.with_suffix(".json").read_text(encoding="utf-8")).get("not_recipients", ()))
    assert theirs - excused <= found


def read(case: Path, pipeline: Pipeline, envelope_to: str | None) -> Report:
    return pipeline.message(MessageInput(case.read_bytes(), envelope_to=envelope_to))


def _told(answer: Classification, key: str) -> Any:
    return getattr(answer.reply, key, None) if key in OF_REPLY else getattr(answer, key)


def _addresses(answer: Classification) -> list[str]:
    return [told for told in (answer.recipient, answer.original_recipient, answer.final_recipient) if told]
