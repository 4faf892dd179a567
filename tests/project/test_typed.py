"""A project of somebody else's that uses the installed package passes mypy --strict, and a wrong use of it does not."""

import subprocess
import sys
from pathlib import Path

import pytest

USED = """
import smtplib
from collections.abc import Sequence

from bounce_verdict import (
    BounceError, Classification, Classifier, Event, InputError, Limits, Report, ReturnPaths, classify, classify_error,
)

classifier = Classifier(
    local_rules="rules", keep_compiled=False, limits=Limits(max_recipients=10), own_domains=["news.example"],
    return_paths=ReturnPaths(["bounces+{local}={domain}-{mac}@news.example"], [b"key"]),
)


def stop(answer: Classification) -> str | None:
    evidence: Sequence[str] = [f"{one.step}: {one.found}" for one in answer.evidence]
    assert evidence or answer.rule is None or answer.rule.id
    return answer.recipient if answer.suppress == "now" else None


def addresses(raw: bytes) -> list[str]:
    report: Report = classifier.message(raw, envelope_to="bounces@news.example")
    return [found for one in report.recipients if (found := stop(one)) is not None]


def posted(body: bytes) -> list[str]:
    events: Sequence[Event] = classifier.event("sendgrid", body)
    return [one.reason for event in events for one in event.recipients]


def refused(error: smtplib.SMTPException) -> list[Classification]:
    try:
        return [classify(error)]
    except InputError as several:
        assert several.field and isinstance(several, BounceError)
        return classify_error(error, remote_mta="mx.example.org")


verdict = classify("550 5.1.1 user unknown", command="RCPT").verdict
if verdict == "permanent":
    print(stop(classify("550 5.1.1 user unknown", command="RCPT")))
"""


def checked(python: Path, tmp_path: Path, source: str) -> str:
    """What mypy --strict says of a project that is `source` alone, with the packages of that Python."""
    (tmp_path / "project.py").write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python), "project.py"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout  # noqa: S603


def test_a_project_that_uses_the_package_is_sound(python: Path, tmp_path: Path) -> None:
    assert checked(python, tmp_path, USED) == "Success: no issues found in 1 source file\n"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("from bounce_verdict import classify\nclassify(b'550 no')", "arg-type"),
        ("from bounce_verdict import classify\nclassify('550 no').suppress == 'always'", "comparison-overlap"),
        ("from bounce_verdict import classify\nclassify('550 no').verdict = 'retry'", "misc"),
        ("from bounce_verdict import Pipeline", "attr-defined"),
    ],
    ids=["a wrong argument", "a word that is none of the set", "an answer that is changed", "a name that is not exported"],
)
def test_a_wrong_use_of_it_is_found(python: Path, tmp_path: Path, wrong: str, said: str) -> None:
    assert f"[{said}]" in checked(python, tmp_path, wrong)
