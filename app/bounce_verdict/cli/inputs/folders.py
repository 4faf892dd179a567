"""The files that the names on a command line stand for, always in the same order: a Maildir's messages, all that a folder holds."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from bounce_verdict.errors import InputError
from bounce_verdict.model import value


@value
class InputFile:
    """A file to read. is_message: it stands in a Maildir, so that it holds one message. size: bytes on disk, 0 for stdin."""

    name: str
    is_message: bool
    size: int


def find_files(names: Sequence[str]) -> list[InputFile]:
    """Every file, hidden ones left out. Raises InputError for a name that is not there, or a folder without files."""
    found: list[InputFile] = []
    for name in names:
        if name != "-" and not Path(name).exists():
            raise InputError(name, "cannot be read: No such file or directory")
        before = len(found)
        found += _folder(Path(name)) if name != "-" and Path(name).is_dir() else [_file(name)]
        if len(found) == before:
            raise InputError(name, "is a folder without files")
    return found


def shown_name(name: str) -> str:
    """The name as it may be written anywhere: bytes of it that are no UTF-8 are replaced."""
    return os.fsencode(name).decode("utf-8", "replace")


def _folder(folder: Path) -> Iterator[InputFile]:
    """Of a Maildir what is in cur and new: tmp holds what is still being written."""
    if (folder / "cur").is_dir() and (folder / "new").is_dir():
        for part in ("cur", "new"):
            yield from (_file(str(path), is_message=True) for path in sorted((folder / part).iterdir()) if _counts(path))
    else:
        for path in sorted(path for path in folder.iterdir() if not path.name.startswith(".")):
            if path.is_dir() and not path.is_symlink():
                yield from _folder(path)
            elif _counts(path):
                yield _file(str(path))


def _counts(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")


def _file(name: str, *, is_message: bool = False) -> InputFile:
    return InputFile(name, is_message, 0 if name == "-" else os.stat(name).st_size)  # noqa: PTH116  # thousands of them
