"""A snapshot: the rules' files, the rulebook they make, and the compiled patterns, under one seal; and those in a folder.

A file whose seal does not hold is never used. Rulebook and patterns are used only by the very program, engine and processor that
made them; any other makes them anew from the files, which have been checked.
"""

import hashlib
import os
import platform
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from bounce_verdict import __version__
from bounce_verdict.errors import RulebookError
from bounce_verdict.model import DEFAULT_LIMITS, Limits, Rulebook, value
from bounce_verdict.pipeline import NO_RETURN_PATHS, Pipeline
from bounce_verdict.pipeline.match.engine import VERSION as ENGINE_VERSION
from bounce_verdict.pipeline.parse.origin.return_paths import ReturnPaths
from bounce_verdict.private_files import NEW_PREFIX, NotPrivateError, read_private, write_private
from bounce_verdict.rulebook.files import SourceFile, digest

SUFFIX = ".snapshot"
_KEPT = 4  # snapshots left in a folder, so that a rule file changed back is ready at once
_LEFT_OVER = 3_600  # seconds after which an unfinished file of a process that died is removed
MAGIC = b"bounces-snapshot 1 "
_HEAD = len(MAGIC) + 64 + 1

_PACKAGE = Path(__file__).resolve().parent.parent


class SnapshotError(Exception):
    """A snapshot of the rules is torn, foreign or gone."""


@value
class Snapshot:
    """What a snapshot holds. compiled: None where this program, engine or processor cannot use what was compiled."""

    files: list[SourceFile]
    book: Rulebook
    compiled: bytes | None


class _Content(Struct, array_like=True):
    made_by: list[str]
    files: list[SourceFile]
    book: bytes
    compiled: bytes


def pack(files: list[SourceFile], book: Rulebook, compiled: bytes) -> bytes:
    """The file's bytes."""
    content = msgspec.msgpack.encode(_Content(list(build_identity()), files, msgspec.msgpack.encode(book), compiled))
    return MAGIC + hashlib.sha256(content).hexdigest().encode() + b"\n" + content


def unpack(data: bytes) -> Snapshot:
    """What the bytes hold. Raises SnapshotError for a torn or foreign file, RulebookError where the files must be read anew and cannot."""
    content = memoryview(data)[_HEAD:]  # not a copy: it is megabytes
    if not data.startswith(MAGIC) or data[len(MAGIC) : _HEAD - 1] != hashlib.sha256(content).hexdigest().encode():
        raise SnapshotError("the snapshot of the rules is torn or not one of ours")
    try:
        held = msgspec.msgpack.decode(content, type=_Content)
        if tuple(held.made_by) == build_identity():
            return Snapshot(held.files, msgspec.msgpack.decode(held.book, type=Rulebook), held.compiled)
    except msgspec.MsgspecError as error:  # of a version whose values look otherwise
        raise SnapshotError(f"the snapshot of the rules is of another program: {error}") from None
    from bounce_verdict.rulebook.load import build_rulebook  # noqa: PLC0415  # pydantic is as slow to load as all the rest

    loaded = build_rulebook(held.files)
    if loaded.errors:
        raise loaded.errors[0]
    return Snapshot(held.files, loaded.book, None)


def load_snapshot(path: Path) -> Snapshot:
    """What the file holds. Raises SnapshotError where it cannot be read or used, NotPrivateError where it is not ours alone."""
    try:
        return unpack(read_private(path))
    except OSError as error:
        raise SnapshotError(f"the snapshot of the rules cannot be read: {error.strerror}") from None
    except RulebookError as error:
        raise SnapshotError(f"the snapshot of the rules is of another program, which took other rules: {error}") from None


def load_pipeline(
    path: Path, limits: Limits = DEFAULT_LIMITS, return_paths: ReturnPaths = NO_RETURN_PATHS, own_domains: Sequence[str] = ()
) -> Pipeline:
    """The pipeline of the snapshot there; the rest as Pipeline takes it. Raises as load_snapshot does."""
    found = load_snapshot(path)
    return Pipeline(found.book, limits, found.compiled, return_paths=return_paths, own_domains=own_domains)


def snapshot_name(files: Sequence[SourceFile]) -> str:
    """What the snapshot of these files is called; several programs may share a folder, and each has its own."""
    made_by = hashlib.sha256("\0".join(build_identity()).encode()).hexdigest()[:12]
    return f"{digest(files).removeprefix('sha256:')}-{made_by}{SUFFIX}"


def usable(path: Path) -> Snapshot | None:
    """The snapshot there where this program can use it as it is."""
    try:
        found = load_snapshot(path)
    except (SnapshotError, NotPrivateError):
        return None
    return found if found.compiled is not None else None


def kept(path: Path, files: Sequence[SourceFile]) -> Snapshot | None:
    """The same where it is of these very files; it then counts as new, so that `tidy` leaves it."""
    found = usable(path)
    if found is None or found.book.digest != digest(files):
        return None
    with suppress(OSError):
        os.utime(path)
    return found


def compiled_rules(files: Sequence[SourceFile], folder: Path | None) -> Snapshot:
    """The rulebook that `files` make and its compiled patterns: those that `folder` holds, else made now and kept there.

    Compiling takes a second or more, which a program should not pay at each start. Where nothing can be read or written there, it is
    only slower. Raises RulebookError where the rules cannot be used.
    """
    path = folder / snapshot_name(files) if folder is not None else None
    if path is not None and (found := kept(path, files)) is not None:
        return found
    from bounce_verdict.rulebook.load import load_files  # noqa: PLC0415  # as above

    book = load_files(list(files))
    compiled = Pipeline(book).matcher.dump()
    if path is not None:
        with suppress(OSError, NotPrivateError):
            write_private(path, pack(list(files), book, compiled))
            tidy(path.parent)
    return Snapshot(list(files), book, compiled)


def tidy(folder: Path) -> None:
    """Remove old snapshots, and what a process that was killed left."""
    stale = [file for file in folder.glob(f"{NEW_PREFIX}*") if _age(file) > _LEFT_OVER]
    for file in [*by_age(folder)[_KEPT:], *stale]:
        file.unlink(missing_ok=True)


def by_age(folder: Path) -> list[Path]:
    """The snapshots in the folder, the newest first."""
    return sorted(folder.glob(f"*{SUFFIX}"), key=_age)


def _age(file: Path) -> float:
    try:
        return time.time() - file.stat().st_mtime
    except OSError:
        return 0.0


@cache
def build_identity() -> tuple[str, ...]:
    """All that a snapshot depends on beside the rules: the program, its code, the engine, the processor."""
    return (__version__, _code(), ENGINE_VERSION, platform.machine(), _processor())


def _code() -> str:
    """The hash of the code that reads, checks and matches rules: in a checkout the version alone says little."""
    total = hashlib.sha256((_PACKAGE / "model.py").read_bytes())
    for folder in ("rulebook", "pipeline"):
        for file in sorted((_PACKAGE / folder).rglob("*.py")):
            total.update(file.read_bytes())
    return total.hexdigest()


def _processor() -> str:
    """The hash of what the processor can: compiled patterns use it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    abilities = {line for line in lines if line.startswith(("flags", "Features"))}
    return hashlib.sha256("\n".join(sorted(abilities)).encode()).hexdigest()
