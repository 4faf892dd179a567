"""The folder that snapshots lie in: ours alone, since whoever could write there could choose the rules."""

import os
import stat
import tempfile
from pathlib import Path

from bounce_verdict.errors import SettingsError


def own_folder(given: Path) -> Path:
    """`given`/bounces-<user id>, which nobody else may enter. `given` itself may be open to all, as a mounted volume often is.

    Raises OSError where it cannot be made or written, SettingsError where it is not ours alone.
    """
    folder = given / f"bounces-{os.geteuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = folder.lstat()
    if not stat.S_ISDIR(told.st_mode) or told.st_uid != os.geteuid() or told.st_mode & 0o077:
        raise SettingsError(f"BOUNCES_STATE_DIR: {folder} is not ours alone; remove it, or name another folder")
    with tempfile.TemporaryFile(dir=folder):
        return folder
