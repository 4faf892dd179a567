"""The files that the names on a command line stand for, always in the same order: a Maildir's messages, all that a folder holds."""

import os
import stat
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
    """Every file, hidden ones left out. Raises InputError for a name that cannot be looked at, or a folder without files.

    What cannot be looked at within a folder is given as a file, so that reading it says why.
    """
    found: list[InputFile] = []
    for name in names:
        try:
            is_folder = name != "-" and stat.S_ISDIR(os.stat(name).st_mode)  # noqa: PTH116  # it says why it cannot
        except OSError as error:
            raise InputError(name, f"cannot be read: {error.strerror}") from None
        before = len(found)
        found += _folder(name) if is_folder else [_file(name)]
        if len(found) == before:
            raise InputError(name, "is a folder without files")
    return found


def shown_name(name: str) -> str:
    """The name as it may be written anywhere: bytes of it that are no UTF-8 are replaced."""
    return os.fsencode(name).decode("utf-8", "replace")


def _folder(folder: str) -> Iterator[InputFile]:
    """Of a Maildir what is in cur and new: tmp holds what is still being written."""
    try:
        with os.scandir(folder) as listed:
            entries = sorted((entry for entry in listed if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError:
        yield InputFile(folder, is_message=False, size=0)
        return
    folders = {entry.name: entry.path for entry in entries if entry.is_dir(follow_symlinks=False)}
    if "cur" in folders and "new" in folders:
        for path in (folders["cur"], folders["new"]):
            yield from (InputFile(one.name, is_message=True, size=one.size) for one in _folder(path))
        return
    for entry in entries:
        if entry.name in folders:
            yield from _folder(entry.path)
        elif _is_read(entry):
            yield _file(entry.path)


def _is_read(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file, or leads nowhere; a socket or a device is none, and a link to a folder is not followed."""
    try:
        return entry.is_file() or (entry.is_symlink() and not Path(entry.path).exists())
    except OSError:
        return True


def _file(name: str) -> InputFile:
    try:
        return InputFile(name, is_message=False, size=0 if name == "-" else os.stat(name).st_size)  # noqa: PTH116  # thousands of them
    except OSError:  # it went away while the folder was being listed
        return InputFile(name, is_message=False, size=0)
