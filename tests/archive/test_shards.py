"""Shards: which there are, which are done, what is wrong with one, and what has changed since another run."""

import gzip
import os
from pathlib import Path

import pytest

from bounce_verdict.archive.places import find_shards, remove_unfinished
from bounce_verdict.archive.shard import answer_shard
from bounce_verdict.errors import InputError
from tests.archive.shards import (
    LETTER,
    REFUSED,
    REPORT,
    job_of,
    judge,
    judged,
    rows_of,
    write_csv,
    write_mbox,
    write_ndjson,
    write_parquet,
)
from tests.reports import report

ROWS = [{"reply": "550 user unknown"}, {"reply": "450 grey hound"}, {"reply": "452 4.2.2 full"}]
WRITERS = {"parquet": write_parquet, "ndjson": write_ndjson, "csv": write_csv}


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def fill(folder: Path) -> None:
    for kind, write in WRITERS.items():
        write(folder / f"a.{kind}", ROWS)
    write_mbox(folder / "below" / "b.mbox", [REPORT, LETTER])


def test_what_is_done_is_left_alone(rules: Path, tmp_path: Path) -> None:
    fill(tmp_path / "src")
    first = judge(job_of(rules), tmp_path / "src", tmp_path / "dst")
    assert [outcome.state for outcome in first] == ["written"] * 4
    written = bytes_of(tmp_path / "dst")
    assert sorted(written) == [
        "a.csv",
        "a.csv.bounces.json",
        "a.ndjson",
        "a.ndjson.bounces.json",
        "a.parquet",
        "below/b.mbox.parquet",
    ]
    assert [outcome.state for outcome in judge(job_of(rules), tmp_path / "src", tmp_path / "dst")] == ["skipped"] * 4
    assert bytes_of(tmp_path / "dst") == written


def test_other_rules_options_or_a_source_that_grew_make_an_output_anew(rules: Path, other_rules: Path, tmp_path: Path) -> None:
    fill(tmp_path / "src")
    judge(job_of(rules), tmp_path / "src", tmp_path / "dst")
    for job in (job_of(other_rules), job_of(other_rules, own_domains="example.org")):
        assert [outcome.state for outcome in judge(job, tmp_path / "src", tmp_path / "dst")] == ["written"] * 4
        assert [outcome.state for outcome in judge(job, tmp_path / "src", tmp_path / "dst")] == ["skipped"] * 4
    write_csv(tmp_path / "src" / "a.csv", [*ROWS, {"reply": "550 no"}])
    states = {Path(one.shard.source).name: one.state for one in judge(job, tmp_path / "src", tmp_path / "dst")}
    assert states == {"a.csv": "written", "a.ndjson": "skipped", "a.parquet": "skipped", "b.mbox": "skipped"}


def test_an_output_whose_making_was_not_finished_is_made_anew(rules: Path, tmp_path: Path) -> None:
    write_ndjson(tmp_path / "src" / "a.ndjson", ROWS)
    judge(job_of(rules), tmp_path / "src", tmp_path / "dst")
    whole = bytes_of(tmp_path / "dst")
    beside = tmp_path / "dst" / "a.ndjson.bounces.json"
    beside.write_bytes(beside.read_bytes().replace(b'"bytes":%d' % len(whole["a.ndjson"]), b'"bytes":null'))
    (tmp_path / "dst" / ".a.ndjson.0123456789abcdef.part").write_bytes(b"half")
    remove_unfinished(str(tmp_path / "dst"))
    assert [outcome.state for outcome in judge(job_of(rules), tmp_path / "src", tmp_path / "dst")] == ["written"]
    assert bytes_of(tmp_path / "dst") == whole


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_that_no_run_has_written_is_not_overwritten(rules: Path, tmp_path: Path, kind: str) -> None:
    WRITERS[kind](tmp_path / "src" / f"a.{kind}", ROWS)
    WRITERS[kind](tmp_path / "dst" / f"a.{kind}", [{"mine": "x"}])
    before = bytes_of(tmp_path / "dst")
    (outcome,) = judge(job_of(rules), tmp_path / "src", tmp_path / "dst")
    assert (outcome.state, bytes_of(tmp_path / "dst")) == ("failed", before)
    assert "no run of `bounces archive` has written it" in outcome.why


def test_a_bad_shard_is_told_and_leaves_nothing_behind(rules: Path, tmp_path: Path) -> None:
    source = tmp_path / "src"
    fill(source)
    whole = (source / "a.parquet").read_bytes()
    (source / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    damaged = bytearray(gzip.compress((source / "a.ndjson").read_bytes() * 100))
    damaged[len(damaged) // 2] ^= 0xFF
    (source / "damaged.ndjson.gz").write_bytes(damaged)
    (source / "empty.csv").write_bytes(b"")
    (source / "other.csv").write_bytes(b"id,day\n1,2\n")
    (source / "none.mbox").write_bytes(b"")
    found = {Path(one.shard.source).name: one for one in judge(job_of(rules), source, tmp_path / "dst")}
    failed = {name: one.why for name, one in found.items() if one.state == "failed"}
    assert sorted(failed) == ["cut.parquet", "damaged.ndjson.gz", "empty.csv", "none.mbox", "other.csv"]
    assert failed["other.csv"] == "--column: say which column holds the reply: reply=NAME of id, day"
    assert "as Parquet" in failed["cut.parquet"]
    assert sorted(name for name in os.listdir(tmp_path / "dst") if "a." not in name) == ["below"]  # noqa: PTH208


def test_hidden_files_and_those_of_unknown_kind_are_no_shards(tmp_path: Path) -> None:
    for name in ("a.csv", ".b.csv", "_SUCCESS", "c.txt", "d.csv.bounces.json", "_tmp/e.csv"):
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / name).write_text("reply\n550 no\n", encoding="utf-8")
    shards, unknown = find_shards(str(tmp_path / "src"), str(tmp_path / "dst"), None)
    assert [Path(shard.source).name for shard in shards] == ["a.csv"]
    assert unknown == ["c.txt"]
    shards, unknown = find_shards(str(tmp_path / "src" / "*.txt"), str(tmp_path / "dst"), "csv")
    assert [(Path(shard.source).name, Path(shard.target).name) for shard in shards] == [("c.txt", "c.txt")]


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        ("src", "src", "DST: lies in SRC"),
        ("src", "src/out", "DST: lies in SRC"),
        ("src/a.csv", "src", "DST: would overwrite the input a.csv"),
        ("nothing", "dst", "SRC: holds no file"),
        ("https://host.example/a.csv", "dst", "SRC: is a web page's address"),
        ("src", "filecache::http://host.example/", "DST: is a web page's address"),
        ("src", "nonsense://x", "DST: cannot be used"),
    ],
)
def test_places_that_cannot_be_used_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, target: str, why: str
) -> None:
    write_csv(tmp_path / "src" / "a.csv", ROWS)
    write_csv(tmp_path / "src" / "b.csv", ROWS)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=why):
        find_shards(source, target, None)


@pytest.mark.parametrize("kind", WRITERS)
def test_only_rows_that_other_rules_answer_otherwise_are_written(
    rules: Path, other_rules: Path, tmp_path: Path, kind: str
) -> None:
    old = job_of(rules)
    before = judged(old, WRITERS[kind](tmp_path / "src" / f"a.{kind}", ROWS), tmp_path / "old")
    changed = judged(job_of(other_rules, only_changed=old.rules_digest), tmp_path / "old" / f"a.{kind}", tmp_path / "new")
    (row,) = changed
    assert (row["reply"], row["verdict"], row["reason"]) == ("450 grey hound", "policy", "blocklisted")
    assert (row["old_verdict"], row["old_reason"]) == (before[1]["verdict"], before[1]["reason"])
    assert int(row["number"]) == int(before[1]["number"])
    assert list(row) == [*before[0], "old_verdict", "old_reason", "old_suppress"]


def test_of_a_message_only_the_recipients_that_changed_are_written(rules: Path, other_rules: Path, tmp_path: Path) -> None:
    old = job_of(rules)
    changed = report(REFUSED | {"bo@example.org": "450 grey hound"}).encode()
    judge(old, write_mbox(tmp_path / "a.mbox", [REPORT, changed, REPORT]), tmp_path / "old")
    path = tmp_path / "old" / "a.mbox.parquet"
    (row,) = judged(job_of(other_rules, only_changed=old.rules_digest), path, tmp_path / "new")
    assert (row["number"], row["recipient"], row["reason"]) == (2, "bo@example.org", "blocklisted")
    assert row["message"] is not None
    again = judged(job_of(other_rules), path, tmp_path / "again")
    assert [one["number"] for one in again] == [1, 1, 2, 2, 3, 3]
    assert list(again[0]) == list(rows_of(path)[0])


def test_rows_whose_own_key_is_called_as_ours_can_be_compared_too(rules: Path, other_rules: Path, tmp_path: Path) -> None:
    old = job_of(rules)
    rows = [{"reply": "450 grey hound", "verdict": "theirs"}, {"reply": "450 grey hound"}]
    judge(old, write_ndjson(tmp_path / "a.ndjson", rows), tmp_path / "old")
    found = judged(job_of(other_rules, only_changed=old.rules_digest), tmp_path / "old" / "a.ndjson", tmp_path / "new")
    assert [(one["verdict"], one.get("bounces_verdict"), one["old_verdict"]) for one in found] == [
        ("theirs", "policy", "retry"),
        ("policy", None, "retry"),
    ]


@pytest.mark.parametrize("kind", ["parquet", "ndjson"])
def test_a_source_that_other_rules_have_judged_is_refused(rules: Path, other_rules: Path, tmp_path: Path, kind: str) -> None:
    WRITERS[kind](tmp_path / "src" / f"a.{kind}", ROWS)
    judge(job_of(rules), tmp_path / "src", tmp_path / "old")
    for source, digest in (("old", "sha256:0"), ("src", job_of(rules).rules_digest)):
        (outcome,) = judge(job_of(other_rules, only_changed=digest), tmp_path / source, tmp_path / "new")
        assert outcome.state == "failed"
        assert f"not by {digest}" in outcome.why


def test_a_worker_with_other_rules_or_another_version_judges_nothing(rules: Path, other_rules: Path, tmp_path: Path) -> None:
    write_csv(tmp_path / "src" / "a.csv", ROWS)
    job = job_of(rules)
    (shard,), _ = find_shards(str(tmp_path / "src"), str(tmp_path / "dst"), None)
    job.rules = str(other_rules)  # type: ignore[misc]  # what another machine has there
    outcome = answer_shard(job, shard)
    assert outcome.state == "failed"
    assert "give every machine the same rules" in outcome.why
    job = job_of(rules)
    job.version = "0.0.1"  # type: ignore[misc]  # as above
    assert "the run was started by 0.0.1" in answer_shard(job, shard).why
    assert not (tmp_path / "dst").exists()
