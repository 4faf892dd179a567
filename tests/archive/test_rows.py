"""Each row is answered as the library answers it, and keeps what it had."""

import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet as pq

from bounce_verdict.archive.tables import open_parquet, pieces
from tests.archive.shards import (
    LETTER,
    REPORT,
    classifier,
    expected,
    job_of,
    judge,
    judged,
    told,
    write_csv,
    write_mbox,
    write_ndjson,
    write_parquet,
)

WORDS = st.lists(
    st.sampled_from(
        ["550", "452", "5.1.1", "4.2.2", "user unknown", "mailbox", "full", "=1", '"', "ü", "try again", "554-", "\n"]
    ),
    min_size=1,
    max_size=6,
).map(" ".join)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"reply": WORDS, "command": st.sampled_from(["RCPT", "end of DATA", "MAIL FROM"]), "recipient": st.sampled_from(["a@example.org", "b@example.net"]), "own": st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=9)}
    ).filter(lambda row: bool(row["reply"].strip())),
    min_size=1,
    max_size=30,
)  # fmt: skip
WRITERS = {"parquet": write_parquet, "ndjson": write_ndjson, "csv": write_csv}


@pytest.mark.parametrize("kind", WRITERS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_every_row_is_answered_as_the_classifier_answers_it(
    rules: Path, tmp_path_factory: pytest.TempPathFactory, kind: str, rows: list[dict[str, str]]
) -> None:
    folder, classify = tmp_path_factory.mktemp("rows"), classifier(rules)
    found = judged(job_of(rules), WRITERS[kind](folder / "src" / f"a.{kind}", rows), folder / "dst")
    assert len(found) == len(rows)
    for row, one in zip(rows, found, strict=True):
        assert {name: one[name] for name in row} == row
        reply = row["reply"].strip() if kind == "csv" else row["reply"]
        assert told(one) == expected(classify.reply(reply, command=row["command"], recipient=row["recipient"]))


def test_a_message_has_a_row_for_each_recipient_and_stands_in_the_first(rules: Path, tmp_path: Path) -> None:
    rows = judged(job_of(rules), write_mbox(tmp_path / "a.mbox", [REPORT, LETTER, REPORT]), tmp_path / "dst")
    assert [row["number"] for row in rows] == [1, 1, 2, 3, 3]
    assert [row["message"] is not None for row in rows] == [True, False, True, True, False]
    assert [row["kind"] for row in rows] == ["bounce", "bounce", "not-a-report", "bounce", "bounce"]
    assert [row["recipient"] for row in rows] == ["ana@example.org", "bo@example.org", None, "ana@example.org", "bo@example.org"]
    report = classifier(rules).message(REPORT + b"\n")
    assert [told(row) for row in rows[:2]] == [expected(one) for one in report.recipients]
    assert rows[2]["verdict"] is rows[2]["error"] is None


def test_columns_keep_their_types_and_the_files_metadata(rules: Path, tmp_path: Path) -> None:
    schema = pa.schema(
        [
            pa.field("id", pa.uint32(), nullable=False),
            pa.field("smtp_reply", pa.dictionary(pa.int8(), pa.string())),
            pa.field("price", pa.decimal128(9, 2)),
            pa.field("at", pa.timestamp("ms", "UTC")),
            pa.field("tags", pa.list_(pa.string())),
        ],
        {"owner": "crm"},
    )
    row = {
        "id": 7,
        "smtp_reply": "550 user unknown",
        "price": Decimal("1.50"),
        "at": datetime(2026, 11, 29, tzinfo=UTC),
        "tags": ["x", None],
    }
    write_parquet(tmp_path / "a.parquet", [row], schema)
    job = job_of(rules)
    (found,) = judged(job, tmp_path / "a.parquet", tmp_path / "dst")
    assert {name: found[name] for name in row} == row
    assert found["verdict"] == "permanent"
    written = pq.read_schema(tmp_path / "dst" / "a.parquet")
    assert [written.field(name) for name in schema.names] == list(schema)
    assert written.metadata[b"owner"] == b"crm"
    assert written.metadata[b"bounces.rules_digest"].decode() == job.rules_digest


def test_the_keys_of_an_object_stay_as_they_were_written(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(
        b'{"n": 1.50, "big": 12345678901234567890123, "reply": "550 user unknown", "o": {"b": [1e2]}}\n'
    )
    judge(job_of(rules), tmp_path / "a.ndjson", tmp_path / "dst")
    written = (tmp_path / "dst" / "a.ndjson").read_bytes()
    assert written.startswith(b'{"n":1.50,"big":12345678901234567890123,"reply":"550 user unknown","o":{"b": [1e2]},"number":1,')


def test_a_column_of_our_name_stays_and_ours_gets_another(rules: Path, tmp_path: Path) -> None:
    row = {"reply": "550 user unknown", "verdict": "theirs", "Kind": "theirs"}
    for name in ("parquet", "csv"):
        (found,) = judged(job_of(rules), WRITERS[name](tmp_path / f"a.{name}", [row]), tmp_path / "dst")
        assert (found["verdict"], found["bounces_verdict"], found["Kind"], found["bounces_kind"] or None) == (
            "theirs",
            "permanent",
            "theirs",
            None,
        )
    (found,) = judged(job_of(rules), write_ndjson(tmp_path / "a.ndjson", [row]), tmp_path / "dst")
    assert (found["verdict"], found["bounces_verdict"]) == ("theirs", "permanent")


def test_the_caller_says_which_column_is_which(rules: Path, tmp_path: Path) -> None:
    row = {"status": "bounced", "what": "550 user unknown", "whom": "ana@example.org"}
    job = job_of(rules, {"reply": "what", "recipient": "whom", "status": ""})
    for kind, write in WRITERS.items():
        (found,) = judged(job, write(tmp_path / f"a.{kind}", [row]), tmp_path / "dst")
        assert (found["verdict"], found["bounces_recipient" if kind == "ndjson" else "recipient"], found["error"] or None) == (
            "permanent",
            "ana@example.org",
            None,
        )


@pytest.mark.parametrize("kind", ["parquet", "ndjson"])
def test_a_row_that_cannot_be_judged_is_an_error_and_costs_no_other(rules: Path, tmp_path: Path, kind: str) -> None:
    rows: list[dict[str, Any]] = [
        {"reply": "550 user unknown", "command": "RCPT"},
        {"reply": "550 user unknown", "command": "JUMP"},
        {"reply": None, "command": None},
        {"reply": "", "command": None},
        {"reply": "452 wait", "command": "RCPT"},
    ]
    found = judged(job_of(rules), WRITERS[kind](tmp_path / f"a.{kind}", rows), tmp_path / "dst")
    assert [row["reason"] for row in found] == ["mailbox-unknown", None, None, "undetermined", "system-full"]
    assert [bool(row["error"]) for row in found] == [False, True, True, False, False]
    assert "command is no SMTP command" in found[1]["error"]


def test_a_line_that_is_no_object_and_a_row_that_is_too_wide_are_errors(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(b'[1]\n\n{"reply": "550 user unknown"}\n{"reply": "\xff"}\n' + b"[" * 5000 + b"\n")
    found = judged(job_of(rules), tmp_path / "a.ndjson", tmp_path / "dst")
    assert [(row["number"], row["verdict"], bool(row["error"])) for row in found] == [
        (1, None, True),
        (3, "permanent", False),
        (4, None, True),
        (5, None, True),
    ]
    assert found[0]["line"] == "[1]"
    (tmp_path / "b.csv").write_text("id;reply\n1;550 user unknown;3\n2;550 user unknown\n", encoding="utf-8")
    judge(job_of(rules), tmp_path / "b.csv", tmp_path / "dst")
    lines = (tmp_path / "dst" / "b.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1].endswith("row has 3 cells, and the head names 2.")
    assert ";permanent;" in lines[2]


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be", "utf-8"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.ndjson", "a.csv.gz"])
def test_what_excel_calls_unicode_text_is_read_and_becomes_utf_8(rules: Path, tmp_path: Path, charset: str, name: str) -> None:
    replies = ["550 user unknown", "452 4.2.2 mailbox full", "550 no"] * 3_000  # more than is read at a time
    rows = [{"reply": reply, "who": f"Jürgen 𝄞 收件人 {number}"} for number, reply in enumerate(replies)]
    if name.endswith("json"):
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        text = "reply\twho\n" + "".join(f"{row['reply']}\t{row['who']}\n" for row in rows)
    paths = [tmp_path / charset / name, tmp_path / "plain" / name]
    for path, raw in zip(paths, (f"\ufeff{text}".encode(charset), text.encode()), strict=True):
        path.parent.mkdir()
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    for path in paths:
        (outcome,) = judge(job_of(rules), path, path.parent / "dst")
        assert (outcome.state, outcome.rows, outcome.errors) == ("written", 9_000, 0)
    first, second = [(path.parent / "dst" / name).read_bytes() for path in paths]
    assert first == second


def test_a_message_beyond_the_limit_is_an_error(rules: Path, tmp_path: Path) -> None:
    path = write_mbox(tmp_path / "a.mbox", [LETTER + b"x" * 600_000, REPORT])
    found = judged(job_of(rules, max_body=500_000), path, tmp_path / "dst")
    assert [(row["number"], row["kind"], row["message"] is None) for row in found] == [
        (1, None, True),
        (2, "bounce", False),
        (2, "bounce", True),
    ]
    assert found[0]["error"] == "message is larger than 500000 bytes."


def test_our_cells_of_csv_are_computed_by_no_spreadsheet(rules: Path, tmp_path: Path) -> None:
    row = {"reply": "550 user unknown", "email": "=cmd@example.org"}
    (found,) = judged(job_of(rules), write_csv(tmp_path / "a.csv", [row]), tmp_path / "dst")
    assert (found["email"], found["recipient"]) == ("=cmd@example.org", "'=cmd@example.org")


def test_what_is_compressed_stays_so_with_the_same_bytes_each_time(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson.gz").write_bytes(gzip.compress(b'{"reply": "550 user unknown"}\n'))
    for target in ("one", "two"):
        judge(job_of(rules), tmp_path / "a.ndjson.gz", tmp_path / target)
    written = (tmp_path / "one" / "a.ndjson.gz").read_bytes()
    assert json.loads(gzip.decompress(written))["verdict"] == "permanent"
    assert written == (tmp_path / "two" / "a.ndjson.gz").read_bytes()


def test_a_row_group_is_not_held_whole(tmp_path: Path) -> None:
    size, count = 240, 100_000
    table = pa.table({"own": [f"{at:06}" * (size // 6) for at in range(count)]})
    pq.write_table(table, tmp_path / "a.parquet", compression="none", use_dictionary=False)
    del table
    before, most, rows = pa.total_allocated_bytes(), 0, 0
    with (tmp_path / "a.parquet").open("rb") as source:
        for piece in pieces(open_parquet(source), None):
            rows += piece.num_rows
            most = max(most, pa.total_allocated_bytes() - before)
    assert rows == count
    assert most < size * count / 2
