"""The folders that a service writes into: snapshots, how the rules stand, what is counted."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bounce_verdict.errors import SettingsError
from bounce_verdict.model import value
from bounce_verdict.private_files import NotPrivateError, private_folder, user_cache_folder

_LOCK = "service.lock"
_LEFT_OVER = 3_600  # seconds after which a folder without a lock is nobody's


@value
class StateFolder:
    """cache: snapshots, kept for the next start. run: of this service alone, removed in the end."""

    cache: Path
    run: Path


@contextmanager
def state_folder(given: Path | None) -> Iterator[StateFolder]:
    """The folders, in `given` or else in the system's for temporary files; what services that were killed left there is removed.

    Where none is given the snapshots are kept in the user's cache folder, if there is one that can be written.
    Raises SettingsError where they cannot be written, or belong to another user.
    """
    try:
        own = private_folder(given) if given else None
        prefix = "run-" if own else f"bounces-{os.geteuid()}-"
        run = Path(tempfile.mkdtemp(prefix=prefix, dir=own))
        lock = _locked(run)
    except OSError as error:
        where = f"{given} cannot be written" if given else "there is no folder for temporary files; set it"
        raise SettingsError(f"BOUNCES_STATE_DIR: {where}: {error.strerror}") from None
    except NotPrivateError as error:
        raise SettingsError(f"BOUNCES_STATE_DIR: {error}") from None
    _remove_left_over(run.parent, prefix)
    try:
        yield StateFolder(own or user_cache_folder() or run, run)
    finally:
        shutil.rmtree(run, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _remove_left_over(parent: Path, prefix: str) -> None:
    """Remove the folders of services that are gone."""
    for folder in parent.glob(f"{prefix}*"):
        try:
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            lock = _locked(folder, make=False)
            if lock is None:
                continue
            os.close(lock)
        except FileNotFoundError:
            if time.time() - folder.stat().st_mtime < _LEFT_OVER:
                continue  # its service has not come to lock it yet
        except OSError:
            continue
        shutil.rmtree(folder, ignore_errors=True)


def _locked(folder: Path, *, make: bool = True) -> int | None:
    """The descriptor that holds the folder's lock until it is closed; None where another process holds it."""
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_CREAT if make else 0), 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
