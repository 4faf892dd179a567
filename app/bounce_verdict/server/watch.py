"""Tells when the rules' files have changed: in content, by whatever way.

watchfiles makes it prompt. What is told is decided by the contents alone, looked at every two seconds in any case: a ConfigMap
or a release swaps a symbolic link, a network file system sends no events, and saving without a change changes nothing.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from watchfiles import awatch

from bounce_verdict.errors import RulebookError
from bounce_verdict.rulebook.files import digest, read_files

logging.getLogger("watchfiles").setLevel(logging.WARNING)  # it tells of every change at level info

EVERY_MS = 2_000
SETTLED_SECONDS = 0.3


async def rule_changes(folder: Path, local: Path | None, known: str) -> AsyncIterator[None]:
    """Something each time that the files, as `read_files` reads them, differ from before; `known` is their digest in use.

    A change is told when it has been the same for SETTLED_SECONDS, so that one of many files is told once.
    """
    seen = known
    async for _ in _stirrings([folder, local or folder / "local"]):
        if (now := _fingerprint(folder, local)) == seen:
            continue
        while True:
            await asyncio.sleep(SETTLED_SECONDS)
            if (again := _fingerprint(folder, local)) == now:
                break
            now = again
        if now != seen:
            seen = now
            yield


async def _stirrings(folders: Sequence[Path]) -> AsyncIterator[None]:
    """Something whenever a file under `folders` may have changed, and every two seconds."""
    while True:
        there = _existing(folders)
        try:
            async for _ in awatch(
                *there,
                watch_filter=None,
                debounce=400,
                rust_timeout=EVERY_MS,
                yield_on_timeout=True,
                ignore_permission_denied=True,
            ):
                yield
                if _existing(folders) != there:
                    break
        except (OSError, RuntimeError):  # no watches left (fs.inotify.max_user_watches), or a folder that went
            await asyncio.sleep(EVERY_MS / 1000)
            yield


def _existing(folders: Sequence[Path]) -> list[Path]:
    """Where the folders lie now; a link that points elsewhere makes another list."""
    return [folder.resolve() for folder in folders if folder.is_dir()]


def _fingerprint(folder: Path, local: Path | None) -> str:
    try:
        return digest(read_files(folder, local))
    except RulebookError as error:
        return str(error)
