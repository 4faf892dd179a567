"""What an archive costs by the row, of each kind, beside the same replies judged in process.

    python -m benchmarks.scale.archives [--rows 20000]

Each kind takes its turn in every round, in one process, by the shipped rules; printed are medians of the processor's time, and the share of
it that is not judging. Reading and writing go to a folder of this machine.
"""

import argparse
import csv
import tempfile
import time
from pathlib import Path
from statistics import median

import pyarrow as pa
from pyarrow import parquet as pq

from benchmarks.inputs.setup import prepare
from bounce_verdict.archive.job import Job, Sending
from bounce_verdict.archive.loading import make_job, pipeline_of
from bounce_verdict.archive.places import find_shards
from bounce_verdict.archive.shard import answer_shard
from bounce_verdict.model import ReplyInput
from bounce_verdict.response import encode_lines
from bounce_verdict.settings import load_settings

ROUNDS = 5
_COLUMNS = ("reply", "command", "recipient", "remote_mta")


def write(folder: Path, replies: list[ReplyInput]) -> None:
    """The same replies as a shard of each kind."""
    rows = [{name: getattr(one, name) for name in _COLUMNS} for one in replies]
    pq.write_table(pa.Table.from_pylist(rows), folder / "a.parquet")
    (folder / "a.ndjson").write_bytes(encode_lines(rows))
    with (folder / "a.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, _COLUMNS)
        table.writeheader()
        table.writerows(rows)


def judge(job: Job, source: Path, target: Path) -> float:
    """Seconds of the processor for one shard."""
    (shard,), _ = find_shards(str(source), str(target), None)
    began = time.process_time()
    outcome = answer_shard(job, shard)
    if outcome.state != "written" or outcome.errors:
        raise ValueError(f"{source}: {outcome.why or 'rows without an answer'}")
    return time.process_time() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    rows = parser.parse_args().rows
    setup = prepare([], rounds=ROUNDS, quick=True)
    job = make_job(load_settings(), None, None, {}, Sending(), None)
    pipeline = pipeline_of(job)
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS + 1):
            kinds, here, seconds = ("parquet", "ndjson", "csv"), Path(folder) / str(number), dict[str, float]()
            here.mkdir()
            for kind in kinds:  # each with replies of its own: what came before is judged faster
                write(here, setup.lines.take(rows))
                seconds[kind] = judge(job, here / f"a.{kind}", here / "out")
            replies = setup.lines.take(rows)
            began = time.process_time()
            for reply in replies:
                pipeline.reply(reply)
            seconds["in process"] = time.process_time() - began
            for kind, one in seconds.items():
                taken.setdefault(kind, []).append(one / rows)
        sizes = {kind: (here / "out" / f"a.{kind}").stat().st_size / rows for kind in kinds}
    for kind, times in taken.items():
        ratio = median(one / alone for one, alone in zip(times[1:], taken["in process"][1:], strict=True))
        print(
            f"{kind:12} {1e6 * median(times[1:]):6.1f} µs a row, {ratio:.2f} times the judging alone, {sizes.get(kind, 0):.0f} bytes a row written"
        )


if __name__ == "__main__":
    main()
