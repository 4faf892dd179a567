"""One shard, whole: skipped where it is done, else judged and put in its place. This is the task that a cluster runs."""

from typing import Any

import pyarrow as pa

from bounce_verdict import __version__
from bounce_verdict.archive.job import Job, Outcome, Shard
from bounce_verdict.archive.judging import Counts, Judge
from bounce_verdict.archive.lines import judge_csv, judge_ndjson
from bounce_verdict.archive.loading import pipeline_of
from bounce_verdict.archive.made import Made
from bounce_verdict.archive.places import read_beside, reading, size_of, write_beside, writing
from bounce_verdict.archive.tables import judge_mbox, judge_parquet, made_of
from bounce_verdict.errors import BounceError, InputError
from bounce_verdict.logs import fault_place

_PARQUET = {"parquet": judge_parquet, "mbox": judge_mbox}
_LINES = {"ndjson": judge_ndjson, "csv": judge_csv}


def answer_shard(job: Job, shard: Shard) -> Outcome:
    """What became of the shard. Raises nothing: what is wrong with one costs no other."""
    try:
        made = Made(job.rules_digest, __version__, job.options(), shard.size)
        if _is_done(shard, made):
            return Outcome(shard, "skipped")
        judge = Judge(pipeline_of(job), job.max_body, job.sending, only_changed=job.only_changed is not None)
        counts = _parquet(job, shard, judge, made) if shard.kind in _PARQUET else _lines(job, shard, judge, made)
    except (BounceError, ModuleNotFoundError) as error:
        return Outcome(shard, "failed", why=str(error))
    except pa.ArrowException as error:
        return Outcome(shard, "failed", why=f"cannot be read as Parquet: {type(error).__name__}")
    except (OSError, EOFError) as error:  # gzip's own are among them
        why = getattr(error, "strerror", None) or "ends too early, or its compressed data is damaged"
        return Outcome(shard, "failed", why=f"cannot be read or written: {why}")
    except Exception as error:  # noqa: BLE001  # as above; its message may quote a row, so that stays out
        return Outcome(shard, "failed", why=f"the program failed: {fault_place(error)}")
    return Outcome(shard, "written", counts.rows, counts.written, counts.errors)


def _is_done(shard: Shard, made: Made) -> bool:
    """Whether the output is there, made the same. Raises InputError for a file that no run has written."""
    size = size_of(shard.target)
    if size is None:
        return False
    if shard.kind in _PARQUET:
        with reading(shard.target, unpack=False) as file:
            found = _made_of(file)
    else:
        found = read_beside(shard.target)
    if found is None:
        raise InputError("DST", f"{shard.target} is there already, and no run of `bounces archive` has written it")
    return made.is_as(found) and (shard.kind in _PARQUET or found.bytes == size)


def _made_of(file: Any) -> Made | None:  # noqa: ANN401  # IO[bytes] of one library or another
    try:
        return made_of(file)
    except pa.ArrowException:
        return None


def _parquet(job: Job, shard: Shard, judge: Judge, made: Made) -> Counts:
    with reading(shard.source, unpack=shard.kind == "mbox") as source, writing(shard.target, pack=False) as target:
        return _PARQUET[shard.kind](source, target, job, judge, made)


def _lines(job: Job, shard: Shard, judge: Judge, made: Made) -> Counts:
    """What is beside the output is written first, without a size, and again when the output is there: a run that dies between starts anew."""
    earlier = read_beside(shard.source)
    with reading(shard.source, unpack=True) as source, writing(shard.target, pack=True) as target:
        counts, made.columns = _LINES[shard.kind](source, target, job, judge, earlier)
        write_beside(shard.target, made)
    made.bytes = size_of(shard.target)
    write_beside(shard.target, made)
    return counts
