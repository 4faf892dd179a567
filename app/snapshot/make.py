"""Rules' files → a snapshot, or what is wrong with them. A process of its own, started by app/start.py, with a Task on stdin.

A process, since compiling takes seconds and hundreds of megabytes which neither the parent nor a worker should pay.

What is checked is what nobody has checked yet. The rules that the program carries were checked when it was made, and the files of
the snapshot in use when that was made; any other file is tried as `bounces rules check` does.
"""

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from app.control import Fault, Made, Task
from app.errors import RulebookError, SnapshotError
from app.pipeline import Classifier
from app.rulebook.files import SourceFile, digest, read_files, rules_folder
from app.rulebook.findings import Finding
from app.rulebook.lint import check_files, check_one
from app.rulebook.load import build_rulebook
from app.snapshot.file import Snapshot, pack, unpack

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
        state, name = Path(task.state), digest(files)
        path = state / (name.removeprefix("sha256:") + SUFFIX)
        if (ready := _usable(path)) is not None and ready.book.digest == name:
            os.utime(path)
            return Made(name, str(path), len(ready.book.rules))
        return _make(task, files, path)
    except RulebookError as error:
        return Made(faults=[Fault(error.path, error.line, error.message)])
    except (OSError, SnapshotError) as error:
        return Made(faults=[Fault("rules", 0, f"no snapshot can be written: {error}")])


def _make(task: Task, files: list[SourceFile], path: Path) -> Made:
    findings, classifier = _check(files, _unchecked(task, files))
    faults = [Fault(one.path, one.line, one.message) for one in findings if one.level == "error"]
    loaded = build_rulebook(files)
    faults = faults or [Fault(error.path, error.line, error.message) for error in loaded.errors]
    if faults:
        return Made(faults=faults)
    usable = classifier is not None and classifier.book.digest == loaded.book.digest
    made = classifier if classifier is not None and usable else Classifier(loaded.book)
    _write(path, pack(files, loaded.book, made.matcher.dump()))
    kept = unpack(path.read_bytes())
    Classifier(kept.book, compiled=kept.compiled)
    _tidy(path)
    return Made(loaded.book.digest, str(path), len(loaded.book.rules), sum(one.level == "warning" for one in findings))


def _unchecked(task: Task, files: Sequence[SourceFile]) -> list[str]:
    """The paths of the files that nobody has checked."""
    known = _usable(Path(task.current)) if task.current else None
    if known is not None:
        checked = {(file.path, file.data) for file in known.files}
        return [file.path for file in files if (file.path, file.data) not in checked]
    return [file.path for file in files if task.rules or file.layer == "local"]


def _check(files: Sequence[SourceFile], unchecked: Sequence[str]) -> tuple[list[Finding], Classifier | None]:
    """The findings, and a classifier where one was made on the way. Shipped rules are tried without the operator's own."""
    if not unchecked:
        return [], None
    if len(unchecked) > 1:
        return check_files(files), None
    only = unchecked[0]
    among = files if only.startswith("rules/local/") else [file for file in files if file.layer != "local"]
    return check_one(among, only)


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
    others = sorted(path.parent.glob(f"*{SUFFIX}"), key=_age)
    stale = [file for file in path.parent.glob(".new-*") if _age(file) > _LEFT_OVER]
    for file in [*others[_KEPT:], *stale]:
        file.unlink(missing_ok=True)


def _age(file: Path) -> float:
    try:
        return time.time() - file.stat().st_mtime
    except OSError:
        return 0.0
