"""Each media type is named in one place, and reports of internationalized mail (RFC 6533) are read as others are."""

import re
from pathlib import Path

import pytest

import bounce_verdict.pipeline
from bounce_verdict.model import MessageInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.media_types import DELIVERY_STATUS, DISPOSITION, FEEDBACK_REPORT, MESSAGE

NAMED_ELSEWHERE = {"headers.py", "media_types.py"}  # headers.py keeps a few usual spellings of the whole field, for speed


def test_no_other_file_names_a_type_that_means_something() -> None:
    written = re.compile("|".join(f'"{re.escape(name)}"' for name in (*MESSAGE, *DELIVERY_STATUS, *DISPOSITION, FEEDBACK_REPORT)))
    files = Path(bounce_verdict.pipeline.__file__).parent.rglob("*.py")
    assert [file.name for file in files if file.name not in NAMED_ELSEWHERE and written.search(file.read_text())] == []


@pytest.mark.parametrize("kind", sorted(DISPOSITION))
def test_a_read_receipt_is_no_report(classifier: Pipeline, kind: str) -> None:
    raw = (
        "From: ana@example.org\nSubject: Read: offer\nContent-Type: multipart/mixed; boundary=b\n\n"
        f"--b\n\nYour mail was displayed.\n--b\nContent-Type: {kind}\n\nFinal-Recipient: rfc822; ana@example.org\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\n--b--\n"
    )
    assert classifier.message(MessageInput(raw.encode())).kind == "not-a-report"


@pytest.mark.parametrize("kind", sorted(DELIVERY_STATUS))
def test_a_report_of_either_type_outweighs_a_receipt_beside_it(classifier: Pipeline, kind: str) -> None:
    raw = (
        "From: MAILER-DAEMON@mx.example.org\nSubject: Undelivered\nContent-Type: multipart/report; boundary=b\n\n"
        f"--b\nContent-Type: {kind}\n\nFinal-Recipient: rfc822; ana@example.org\nAction: failed\nStatus: 5.1.1\n"
        "--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; ana@example.org\n--b--\n"
    )
    assert classifier.message(MessageInput(raw.encode())).kind == "bounce"
