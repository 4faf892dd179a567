"""docs/library.md shows the library as it is: its examples run, and it names every argument and field."""

import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import bounce_verdict
from bounce_verdict import Classifier, classify
from tests.running import ROOT

PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.+?)^```", PAGE, re.MULTILINE | re.DOTALL)
ANSWERS = [
    "Classification", "Reply", "RuleHit", "Evidence", "Blocklist", "Report", "MessageFacts", "Origin", "ToMatch", "AutoReply", "Event",
    "LogEvents", "Skipped",
]  # fmt: skip


def test_its_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "our-rules").mkdir()
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {
        "raw": (ROOT / "examples" / "bounce.eml").read_bytes(),
        "body": (ROOT / "examples" / "sendgrid.json").read_bytes(),
    }
    assert len(EXAMPLES) == 3
    for written in EXAMPLES:
        exec(compile(written, "docs/library.md", "exec"), names)  # noqa: S102
    assert names["report"].message.verp == "ana@example.org"


@pytest.mark.parametrize("name", ANSWERS)
def test_it_names_every_field(name: str) -> None:
    told = PAGE.partition(f"### {name}\n")[2].partition("\n### ")[0]
    rows = [row.partition(" | ")[0] for row in told.splitlines() if row.startswith("| `")]
    assert [field for row in rows for field in re.findall(r"`(\w+)`", row)] == [
        field.name for field in fields(getattr(bounce_verdict, name))
    ]


@pytest.mark.parametrize(
    "function",
    [classify, Classifier, Classifier.reply, Classifier.message, Classifier.event, Classifier.log_line, Classifier.log],
)
def test_it_names_every_argument(function: object) -> None:
    assert callable(function)
    optional = [one.name for one in inspect.signature(function).parameters.values() if one.kind is one.KEYWORD_ONLY]
    assert [name for name in optional if not re.search(rf"`{name}\b", PAGE) and f"    {name}=" not in PAGE] == []


def test_it_names_every_error() -> None:
    errors = [name for name in bounce_verdict.__all__ if name.endswith("Error")]
    assert len(errors) == 5
    assert [name for name in errors if f"`{name}`" not in PAGE] == []
