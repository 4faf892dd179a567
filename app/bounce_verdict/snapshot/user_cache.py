"""Compiled rules under the user's cache folder: compiling takes a second or more, which a program should not pay at each start."""

import contextlib
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from bounce_verdict.pipeline import Pipeline
from bounce_verdict.private_files import NotPrivateError, private_folder, write_private
from bounce_verdict.rulebook.files import SourceFile, digest
from bounce_verdict.snapshot.file import Snapshot, SnapshotError, load_snapshot, pack, snapshot_name

NAME = "bounce-verdict"
MIN_FREE = 64 << 20  # bytes that the disk has to have left: several snapshots of some five megabytes


def user_cache_folder() -> Path | None:
    """Our folder below $XDG_CACHE_HOME, or the system's place for caches in the home; None where there is no such place to write.

    It is this user's alone, as private_folder sees to.
    """
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        home = Path.home()
        parent = Path(given) if given.startswith("/") else home / ("Library/Caches" if sys.platform == "darwin" else ".cache")
        if parent.is_relative_to(home) and not home.is_dir():  # a system user's may be named and not exist
            return None
        folder = private_folder(parent / NAME)
        if not os.access(folder, os.W_OK) or shutil.disk_usage(folder).free < MIN_FREE:
            return None
    except (OSError, RuntimeError, NotPrivateError):  # RuntimeError: this user has no home
        return None
    return folder


def compiled_rules(files: Sequence[SourceFile], folder: Path | None) -> Snapshot:
    """The rulebook that `files` make and its compiled patterns: those that `folder` holds, else made now and kept there.

    Where nothing can be read or written there, it is only slower. Raises RulebookError where the rules cannot be used.
    """
    path = folder / snapshot_name(files) if folder is not None else None
    if path is not None:
        with contextlib.suppress(SnapshotError, NotPrivateError):
            found = load_snapshot(path)
            if found.compiled is not None and found.book.digest == digest(files):
                with contextlib.suppress(OSError):
                    os.utime(path)
                return found
    return _compile(list(files), path)


def _compile(files: list[SourceFile], path: Path | None) -> Snapshot:
    from bounce_verdict.rulebook.load import load_files  # noqa: PLC0415  # pydantic is as slow to load as all the rest
    from bounce_verdict.snapshot.make import tidy  # noqa: PLC0415

    book = load_files(files)
    compiled = Pipeline(book).matcher.dump()
    if path is not None:
        with contextlib.suppress(OSError, NotPrivateError):
            write_private(path, pack(files, book, compiled))
            tidy(path.parent)
    return Snapshot(files, book, compiled)
