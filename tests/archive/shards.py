"""Archives for tests, judged in this process by few rules; and what they became."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq

from bounce_verdict import Classifier
from bounce_verdict.archive.job import Job, Outcome, Sending
from bounce_verdict.archive.loading import make_job
from bounce_verdict.archive.places import find_shards
from bounce_verdict.archive.shard import answer_shard
from bounce_verdict.model import Classification
from bounce_verdict.settings import load_settings
from tests.reports import report

FACTS = ("verdict", "reason", "suppress", "transient", "scope", "decided_by", "explanation")
REFUSED = {"ana@example.org": "550 5.1.1 user unknown", "bo@example.org": "452 4.2.2 mailbox full"}
REPORT = report(REFUSED).encode()
LETTER = b"From: ana@example.org\nTo: bo@example.org\nSubject: Lunch\n\nAt noon?\n"


def job_of(rules: Path, columns: Mapping[str, str] | None = None, only_changed: str | None = None, **settings: Any) -> Job:
    return make_job(load_settings(rules=rules, **settings), rules, None, columns or {}, Sending(), only_changed)


def judge(job: Job, source: Path, target: Path) -> list[Outcome]:
    """Every shard of `source`, one after the other."""
    shards, unknown = find_shards(str(source), str(target), None)
    assert not unknown
    return [answer_shard(job, shard) for shard in shards]


def judged(job: Job, source: Path, target: Path) -> list[dict[str, Any]]:
    """The rows that the one shard became."""
    (outcome,) = judge(job, source, target)
    assert outcome.state == "written", outcome.why
    rows = rows_of(Path(outcome.shard.target.removeprefix("file://")))
    assert outcome.written == len(rows)
    return rows


def rows_of(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        return rows
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_parquet(path: Path, rows: Sequence[Mapping[str, Any]], schema: pa.Schema | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema), path)
    return path


def write_ndjson(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    return path


def write_mbox(path: Path, messages: Sequence[bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(b"From a@b.example Mon Nov 23 10:00:00 2026\n" + raw + b"\n" for raw in messages))
    return path


def told(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says of FACTS, as JSON has it: CSV has texts alone."""
    texts = {"": None, "true": True, "false": False}
    return {name: texts.get(row[name], row[name]) for name in FACTS}


def expected(answer: Classification) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in FACTS}


def classifier(rules: Path) -> Classifier:
    return Classifier(rules)
