"""Compiled rules under the user's cache folder: compiling takes a second or more, which a program should not pay at each start."""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from bounce_verdict.pipeline import Pipeline
from bounce_verdict.private_files import NotPrivateError, write_private
from bounce_verdict.rulebook.files import SourceFile, digest
from bounce_verdict.snapshot.file import Snapshot, SnapshotError, load_snapshot, pack, snapshot_name


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
