"""How long a client has taken nothing of what was written to it: its answers are held in memory all the while."""

import asyncio
import fcntl
import sys
import termios


class Unread:
    """What one connection has not taken yet."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._left = 0
        self._since = 0.0

    def seconds(self, now: float) -> float:
        """Since when it takes nothing, as far as looks at it tell; 0 where nothing waits for it in this process."""
        left = self._transport.get_write_buffer_size()
        if left:
            left += self._unacknowledged()
        if left != self._left:
            self._left, self._since = left, now
        return now - self._since if left else 0

    def _unacknowledged(self) -> int:
        """Bytes in the kernel (SIOCOUTQ): megabytes, so that what waits in this process may not change for long while a client reads."""
        descriptor = self._transport.get_extra_info("socket").fileno()
        return int.from_bytes(fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
