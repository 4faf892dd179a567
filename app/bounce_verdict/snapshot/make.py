"""Rules' files → a snapshot, or what is wrong with them: `python -m bounce_verdict.snapshot.make TASK`, a process for one check.

A process, since compiling takes seconds and hundreds of megabytes which no other should pay, and since reading may hang: a FIFO
among the rules, a file system that does not answer. It ends by itself after MAX_SECONDS.

The rules that the program carries were checked when it was made; any other are checked as `bounces rules check` does. What is dear
in that, compiling the patterns, is done for those alone that no earlier snapshot holds.
"""

import contextlib
import errno
import faulthandler
import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Literal

import msgspec
from msgspec import Struct

from bounce_verdict.contract.service_answers import RuleFolder
from bounce_verdict.errors import RulebookError
from bounce_verdict.model import Rulebook
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.match.engine import PatternDatabase, stored_databases
from bounce_verdict.private_files import NEW_PREFIX, NotPrivateError, write_private
from bounce_verdict.rulebook.files import SourceFile, folders_read, read_files, rules_folder
from bounce_verdict.rulebook.findings import Finding, from_error
from bounce_verdict.rulebook.lint import Known, check_files, known_patterns
from bounce_verdict.rulebook.load import build_rulebook
from bounce_verdict.snapshot.file import Snapshot, SnapshotError, by_age, kept, load_pipeline, pack, snapshot_name, tidy, usable
from bounce_verdict.snapshot.status import Fault, RulesStatus, failed, read_status, write_status

MAX_SECONDS = 120  # for one check
MAX_READ_SECONDS = 10  # for reading the rules' files


class Task(Struct):
    """What is to be checked, and where the result goes.

    cache: the folder of snapshots, which several services may share. run: that of the service that asks, for status and snapshot.
    started: when, of time.monotonic().
    """

    rules: str | None
    local: str | None
    cache: str
    run: str
    started: float = 0.0


def main() -> None:
    """Do the task of the first argument; whoever gave it reads the status."""
    faulthandler.dump_traceback_later(MAX_SECONDS, exit=True)
    task = msgspec.json.decode(sys.argv[1], type=Task)
    with _lock(Path(task.cache)):
        first = read_status(Path(task.run)) is None
        status = make_snapshot(task)
        write_status(Path(task.run), status)
    if not first:
        from bounce_verdict.metrics import Metrics  # noqa: PLC0415  # needs the extra `server`, and check_by does not

        metrics = Metrics(Path(task.run))
        metrics.count("bounces_rules_reloads_total", status.result)
        metrics.flush()


def make_snapshot(task: Task) -> RulesStatus:
    """A snapshot of the rules in the folders of `task`, in its cache and in the folder of the service; faults where there is none."""
    run, cache = Path(task.run), Path(task.cache)
    before = read_status(run)
    try:
        files = _read_files(task)
        path = cache / snapshot_name(files)
        if (found := kept(path, files)) is not None:
            book = found.book
        else:
            book = _make(task, files, path, run / before.snapshot if before and before.snapshot else None)
        if run != cache:
            _hand_over(path, run)
    except _UnsoundRulesError as error:
        return failed(run, task.started, error.faults)
    except RulebookError as error:
        return failed(run, task.started, [Fault(error.path, error.line, error.message)])
    except (OSError, SnapshotError, NotPrivateError) as error:
        return failed(run, task.started, [Fault("rules", 0, f"no snapshot can be written: {error}")])
    result: Literal["ok", "unchanged"] = "unchanged" if before and before.digest == book.digest else "ok"
    return RulesStatus(task.started, result, path.name, book.digest, len(book.rules), _folders(task, book))


def check_by(state: Path, folder: Path, local: Path | None = None) -> list[Finding]:
    """What `check` finds, in less time where `state` holds a snapshot of nearly the same rules; leaves one there of sound rules.

    Raises nothing: a state folder that cannot be read or written costs only time.
    """
    try:
        files = read_files(folder, local)
    except RulebookError as error:
        return [from_error(error)]
    before, path = _latest(state), state / snapshot_name(files)
    findings = check_files(files, _known(before))
    if not any(one.level == "error" for one in findings) and usable(path) is None:
        book = build_rulebook(files).book
        with contextlib.suppress(OSError, SnapshotError, RulebookError, NotPrivateError):
            _keep(path, files, book, before.compiled if before else None)
    return findings


class _UnsoundRulesError(Exception):
    """The rules have errors."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("the rules have errors")
        self.faults = faults


def _read_files(task: Task) -> list[SourceFile]:
    """The rules' files. Raises RulebookError naming the one that cannot be read within MAX_READ_SECONDS."""

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(errno.ETIMEDOUT, f"it does not answer within {MAX_READ_SECONDS} s")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(MAX_READ_SECONDS)
    try:
        return read_files(rules_folder(task.rules), Path(task.local) if task.local else None)
    finally:
        signal.alarm(0)


def _make(task: Task, files: list[SourceFile], path: Path, current: Path | None) -> Rulebook:
    """The rulebook of a new snapshot at `path`. current: the snapshot in use. Raises _UnsoundRulesError."""
    before = (usable(current) if current else None) or _latest(path.parent)
    loaded = build_rulebook(files)
    compiled, known = before.compiled if before else None, _known(before)
    if not task.rules:
        shipped = {file.path for file in files if file.layer != "local"}
        if before is None and not loaded.errors:
            compiled, parts = _compiled_now(loaded.book)
            known = Known(frozenset(), parts)
        known = Known(known.patterns | known_patterns(loaded, files, shipped), known.databases)
    whole = task.rules or any(file.layer == "local" for file in files)
    findings = check_files(files, known) if whole else [from_error(error) for error in loaded.errors]
    if faults := [Fault(one.path, one.line, one.message) for one in findings if one.level == "error"]:
        raise _UnsoundRulesError(faults)
    _keep(path, files, loaded.book, compiled)
    return loaded.book


def _keep(path: Path, files: list[SourceFile], book: Rulebook, compiled: bytes | None) -> None:
    """Write the snapshot and prove that it can be used. compiled: of these rules or others; used where the patterns are the same."""
    write_private(path, pack(files, book, Pipeline(book, compiled=compiled).matcher.dump()), durable=True)
    load_pipeline(path)
    tidy(path.parent)


def _hand_over(path: Path, run: Path) -> None:
    """Give the service a snapshot of its own, which stays when others tidy the cache."""
    new = run / f"{NEW_PREFIX}{path.name}"
    new.unlink(missing_ok=True)
    run.mkdir(mode=0o700, exist_ok=True)
    try:
        os.link(path, new)
    except OSError:  # a file system without links
        shutil.copyfile(path, new)
        new.chmod(0o600)
    new.replace(run / path.name)
    tidy(run)


def _folders(task: Task, book: Rulebook) -> list[RuleFolder]:
    """The folders that the rules were read from, and how many of each."""
    read = folders_read(rules_folder(task.rules), Path(task.local) if task.local else None, book.rules)
    return [RuleFolder(one.path, one.rules) for one in read if one.exists]


def _compiled_now(book: Rulebook) -> tuple[bytes | None, list[PatternDatabase]]:
    """The patterns compiled, and as what checks need; nothing where one of them does not compile, which the checks will tell."""
    try:
        compiled = Pipeline(book).matcher.dump()
    except RulebookError:
        return None, []
    return compiled, stored_databases(compiled)


def _known(before: Snapshot | None) -> Known:
    """What an earlier snapshot proves: its patterns were good when it was made, by the same program and engine."""
    if before is None or before.compiled is None:
        return Known()
    databases = stored_databases(before.compiled)
    return Known(frozenset(pattern for one in databases for pattern in one.patterns), databases)


def _latest(cache: Path) -> Snapshot | None:
    """The newest snapshot in the folder that this program can use."""
    return next((found for path in by_age(cache) if (found := usable(path)) is not None), None)


@contextlib.contextmanager
def _lock(cache: Path) -> Iterator[None]:
    """Wait until no other process makes a snapshot in the folder."""
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(cache / "snapshots.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    main()
