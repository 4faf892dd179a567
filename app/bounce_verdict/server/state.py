"""The folder that the parent writes into: snapshots, and what the workers count.

Whoever could write there could choose the rules, so it is a folder of ours alone inside the one that BOUNCES_STATE_DIR names.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bounce_verdict.errors import SettingsError
from bounce_verdict.model import value
from bounce_verdict.snapshot.folder import own_folder

METRICS = "PROMETHEUS_MULTIPROC_DIR"


@value
class State:
    """The folder for snapshots, and what the workers' environment says of the one for their counts."""

    folder: Path
    environment: Mapping[str, str]


@contextmanager
def state_folder(given: Path | None) -> Iterator[State]:
    """The folder; one of its own under the system's for temporary files, and removed in the end, where none is given.

    Raises SettingsError where it cannot be written, or belongs to another user.
    """
    try:
        folder = own_folder(given) if given else Path(tempfile.mkdtemp(prefix="bounces-"))
    except OSError as error:
        where = given or tempfile.gettempdir()
        raise SettingsError(f"BOUNCES_STATE_DIR: {where} cannot be written: {error.strerror}") from None
    metrics = _metrics(folder)
    try:
        yield State(folder, {METRICS: str(metrics)})
    finally:
        shutil.rmtree(metrics if given else folder, ignore_errors=True)


def _metrics(folder: Path) -> Path:
    """An empty folder for the workers' counts, by which each of them answers for all."""
    for left in folder.glob("metrics-*"):
        if not _lives(left.name.removeprefix("metrics-")):
            shutil.rmtree(left, ignore_errors=True)
    metrics = folder / f"metrics-{os.getpid()}"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(mode=0o700)
    return metrics


def _lives(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
