"""Files in a folder that is ours alone: whoever could write there could choose the rules and the counts.

Owner and mode are asked of the open descriptors, at each read and write: where a folder further up is open to all, a path may lead
to somebody else's folder a moment after it was looked at.
"""

import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # O_NONBLOCK: a FIFO must not make us wait
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_CACHE = "bounce-verdict"
MIN_FREE = 64 << 20  # bytes that the disk has to have left: several snapshots of some five megabytes
NEW_PREFIX = ".new-"  # of a file that is being written


class NotPrivateError(Exception):
    """A file or folder belongs to another user, or others may write it, so that what it holds is not used."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is not ours alone; remove it, or name another folder (BOUNCES_STATE_DIR)")


def private_folder(parent: Path) -> Path:
    """`parent`/bounces-<user id>, made if need be, which nobody else may enter. `parent` may be open to all, as a volume often is.

    Raises OSError where it cannot be made, NotPrivateError where it is not ours alone.
    """
    folder = parent / f"bounces-{os.geteuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _opened(folder):
        return folder


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
        folder = private_folder(parent / _CACHE)
        if not os.access(folder, os.W_OK) or shutil.disk_usage(folder).free < MIN_FREE:
            return None
    except (OSError, RuntimeError, NotPrivateError):  # RuntimeError: this user has no home
        return None
    return folder


def read_private(path: Path) -> bytes:
    """The file's bytes. Raises OSError where it cannot be read, NotPrivateError where it or its folder is not ours alone."""
    with _opened(path.parent) as folder:
        descriptor = os.open(path.name, _FILE, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise NotPrivateError(str(path))
        return file.read()


def write_private(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Write all or nothing: a reader sees the old file or the whole new one. A folder that was removed is made again.

    durable: it survives a crash of the machine. Raises as read_private does.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _opened(path.parent) as folder:
        new = NEW_PREFIX + secrets.token_hex(8)
        descriptor = os.open(new, _NEW, 0o600, dir_fd=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                if durable:
                    os.fsync(descriptor)
            os.rename(new, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            os.unlink(new, dir_fd=folder)
            raise


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """The folder's descriptor. Raises NotPrivateError, for a symbolic link too."""
    try:
        descriptor = os.open(folder, _FOLDER)
    except NotADirectoryError:  # what O_DIRECTORY and O_NOFOLLOW say of a link
        raise NotPrivateError(str(folder)) from None
    try:
        found = os.fstat(descriptor)
        if found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise NotPrivateError(str(folder))
        yield descriptor
    finally:
        os.close(descriptor)
