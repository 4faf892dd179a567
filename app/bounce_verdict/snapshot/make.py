"""Rules' files → a snapshot, or what is wrong with them. A process of its own, started by app/bounce_verdict/server/start.py, with a Task on stdin.

A process, since compiling takes seconds and hundreds of megabytes which neither the parent nor a worker should pay.

The rules that the program carries were checked when it was made; any other are checked as `bounces rules check` does. What is dear
in that, compiling the patterns, is done for those alone that no earlier snapshot holds.
"""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bounce_verdict.errors import RulebookError, SnapshotError
from bounce_verdict.model import Rulebook
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.match.engine import PatternDatabase, stored_databases
from bounce_verdict.rulebook.files import SourceFile, digest, read_files, rules_folder
from bounce_verdict.rulebook.findings import Finding, from_error
from bounce_verdict.rulebook.lint import Known, check_files, known_patterns
from bounce_verdict.rulebook.load import build_rulebook
from bounce_verdict.snapshot.control import Fault, Made, Task
from bounce_verdict.snapshot.file import Snapshot, pack, unpack

SUFFIX = ".snapshot"
_KEPT = 4  # snapshots left in the folder, so that a rule file changed back is ready at once
_LEFT_OVER = 3_600  # seconds after which an unfinished file of a maker that died is removed


def main() -> None:
    """Read a Task from stdin, write what was Made of it to stdout."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    sys.stdout.buffer.write(msgspec.json.encode(make_snapshot(task)))


def make_snapshot(task: Task) -> Made:
    """A snapshot of the rules in the folders of `task`, in its folder for state; faults where they cannot be used."""
    try:
        files = read_files(rules_folder(task.rules), Path(task.local) if task.local else None)
        path = _place(Path(task.state), files)
        if (ready := _usable(path)) is not None and ready.book.digest == digest(files):
            os.utime(path)
            return Made(ready.book.digest, str(path), len(ready.book.rules))
        return _make(task, files, path)
    except RulebookError as error:
        return Made(faults=[Fault(error.path, error.line, error.message)])
    except (OSError, SnapshotError) as error:
        return Made(faults=[Fault("rules", 0, f"no snapshot can be written: {error}")])


def check_by(state: Path, folder: Path, local: Path | None = None) -> list[Finding]:
    """What `check` finds, in less time where `state` holds a snapshot of nearly the same rules; leaves one there of sound rules.

    Raises nothing: a state folder that cannot be read or written costs only time.
    """
    try:
        files = read_files(folder, local)
    except RulebookError as error:
        return [from_error(error)]
    before, path = _latest(state), _place(state, files)
    findings = check_files(files, _known(before))
    if not any(one.level == "error" for one in findings) and _usable(path) is None:
        book = build_rulebook(files).book
        with contextlib.suppress(OSError, SnapshotError, RulebookError):
            _keep(path, files, book, before.compiled if before else None)
    return findings


def _make(task: Task, files: list[SourceFile], path: Path) -> Made:
    before = _usable(Path(task.current)) if task.current else _latest(path.parent)
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
        return Made(faults=faults)
    _keep(path, files, loaded.book, compiled)
    return Made(loaded.book.digest, str(path), len(loaded.book.rules), sum(one.level == "warning" for one in findings))


def _keep(path: Path, files: list[SourceFile], book: Rulebook, compiled: bytes | None) -> None:
    """Write the snapshot and prove that it can be used. compiled: of these rules or others; used where the patterns are the same."""
    _write(path, pack(files, book, Pipeline(book, compiled=compiled).matcher.dump()))
    kept = unpack(path.read_bytes())
    Pipeline(kept.book, compiled=kept.compiled)
    _tidy(path)


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


def _place(state: Path, files: Sequence[SourceFile]) -> Path:
    """Where the snapshot of these files lies."""
    return state / (digest(files).removeprefix("sha256:") + SUFFIX)


def _latest(state: Path) -> Snapshot | None:
    """The newest snapshot in the folder that this program can use."""
    return next((found for path in _by_age(state) if (found := _usable(path)) is not None), None)


def _usable(path: Path) -> Snapshot | None:
    """The snapshot there where this program can use it as it is."""
    try:
        found = unpack(path.read_bytes())
    except (OSError, SnapshotError, RulebookError):
        return None
    return found if found.compiled is not None else None


def _write(path: Path, data: bytes) -> None:
    """All or nothing: a reader sees the old file, or the whole new one. A folder for temporary files may have been cleared."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.lstat().st_uid != os.geteuid():
        raise SnapshotError(f"{path.parent} belongs to another user")
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as new:
        try:
            new.write(data)
            new.flush()
            os.fsync(new.fileno())
            Path(new.name).replace(path)
        except BaseException:
            Path(new.name).unlink(missing_ok=True)
            raise


def _tidy(path: Path) -> None:
    """Remove old snapshots, and what a maker that was killed left."""
    others = _by_age(path.parent)
    stale = [file for file in path.parent.glob(".new-*") if _age(file) > _LEFT_OVER]
    for file in [*others[_KEPT:], *stale]:
        file.unlink(missing_ok=True)


def _by_age(state: Path) -> list[Path]:
    """The snapshots in the folder, the newest first."""
    return sorted(state.glob(f"*{SUFFIX}"), key=_age)


def _age(file: Path) -> float:
    try:
        return time.time() - file.stat().st_mtime
    except OSError:
        return 0.0
