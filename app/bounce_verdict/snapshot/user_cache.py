"""Compiled rules under the user's cache folder: compiling takes a second or more, which a program should not pay at each start."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from bounce_verdict.pipeline import Pipeline
from bounce_verdict.private_files import NotPrivateError, write_private
from bounce_verdict.rulebook.files import SourceFile
from bounce_verdict.snapshot.file import Snapshot, kept, pack, snapshot_name, tidy


def compiled_rules(files: Sequence[SourceFile], folder: Path | None) -> Snapshot:
    """The rulebook that `files` make and its compiled patterns: those that `folder` holds, else made now and kept there.

    Where nothing can be read or written there, it is only slower. Raises RulebookError where the rules cannot be used.
    """
    path = folder / snapshot_name(files) if folder is not None else None
    if path is not None and (found := kept(path, files)) is not None:
        return found
    from bounce_verdict.rulebook.load import load_files  # noqa: PLC0415  # pydantic is as slow to load as all the rest

    book = load_files(list(files))
    compiled = Pipeline(book).matcher.dump()
    if path is not None:
        with contextlib.suppress(OSError, NotPrivateError):
            write_private(path, pack(list(files), book, compiled))
            tidy(path.parent)
    return Snapshot(list(files), book, compiled)
