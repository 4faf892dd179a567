"""Answers that a client has not taken yet, in a file: it may send a whole batch before it reads, and memory stays flat.

The file is never a name in its folder, or not for longer than it takes to remove it: the kernel frees it however this process ends.
Reads and writes are done in threads, since a disk may be slow.
"""

import asyncio
import os
import tempfile
import threading
from pathlib import Path
from typing import BinaryIO

MIN_FREE = 33_554_432  # bytes of the file system that stay free: snapshots and counts are written to the same folder
_PIECE = 262_144  # bytes read at once


class Spools:
    """Those of one process: `limit` bytes in all, of which one batch may take half; 0: there is none. folder: the system's for None."""

    def __init__(self, limit: int, folder: Path | None) -> None:
        self.limit = limit
        self.used = 0
        self.folder = folder


class Spool:
    """One batch's, without a file until it is used: one task puts, another takes. To be closed.

    is_broken: whether its disk was full, or broken, when what must be kept came.
    """

    def __init__(self, spools: Spools) -> None:
        self._spools = spools
        self._lock = threading.Lock()  # the file is not closed under a thread that writes it, whose task was cancelled
        self._file: BinaryIO | None = None
        self._written = self._taken = 0
        self._last: list[bytes] = []  # behind what is in the file
        self.is_broken = False
        self._is_used = self._is_putting = self._is_closed = False

    @property
    def pending(self) -> int:
        """Bytes that wait."""
        return self._written - self._taken

    async def put(self, data: bytes, *, beyond: bool = False) -> bool:
        """Add `data`; False where there is no room: the limit is reached, or the disk full or broken.

        beyond: it is one of the last two pieces, which are kept in any case, in memory if need be.
        """
        spools, size = self._spools, len(data)
        if not beyond and (spools.used + size > spools.limit or self._written + size > spools.limit // 2):
            return False
        spools.used += size
        self._is_used = self._is_putting = True
        is_put = False
        try:
            is_put = not self.is_broken and await asyncio.to_thread(self._write, data, self._written)
            if beyond and not is_put:
                self.is_broken = is_put = True
                self._last.append(data)
        finally:
            self._is_putting = False
            if is_put:
                self._written += size
            else:
                spools.used -= size
        return is_put

    async def take(self) -> bytes:
        """The next bytes that wait, taken away. Raises OSError where they cannot be read back."""
        in_file = self.pending - sum(map(len, self._last))
        if in_file:
            data = await asyncio.to_thread(self._read, min(_PIECE, in_file), self._taken)
        else:
            data = self._last.pop(0)
        self._taken += len(data)
        if not self.pending and not self._is_putting:
            self._forget()
            file, self._file = self._file, None  # it is not shortened from its beginning: its room is free when all was taken
            if file is not None:
                await asyncio.to_thread(file.close)
        return data

    def close(self) -> None:
        """Give back what is held."""
        self._is_closed = True
        self._forget()
        if self._is_used:
            asyncio.get_running_loop().run_in_executor(None, self._shut)

    def _forget(self) -> None:
        self._spools.used -= self._written
        self._written = self._taken = 0
        self._last.clear()

    def _shut(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _write(self, data: bytes, at: int) -> bool:
        with self._lock:
            try:
                if self._is_closed:
                    return False
                if self._file is None:
                    self._file = tempfile.TemporaryFile(dir=self._spools.folder, buffering=0)  # noqa: SIM115  # mode 0600
                return _write_whole(self._file.fileno(), data, at)
            except OSError:
                return False

    def _read(self, size: int, at: int) -> bytes:
        with self._lock:
            if self._file is None:
                raise OSError("the spool is closed")
            data = os.pread(self._file.fileno(), size, at)
        if len(data) != size:
            raise OSError("the spool's file is shorter than what was written")
        return data


def _write_whole(descriptor: int, data: bytes, at: int) -> bool:
    free = os.fstatvfs(descriptor)
    if free.f_bavail * free.f_frsize < MIN_FREE + len(data):
        return False
    rest = memoryview(data)
    while rest:
        count = os.pwrite(descriptor, rest, at)
        rest, at = rest[count:], at + count
    return True
