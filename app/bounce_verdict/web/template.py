"""The template of the workers: a process that has loaded all that a worker needs, and forks one whenever its parent asks.

Loading takes most of a second, forking some milliseconds, and what was loaded is held in memory once for all of them. It knows no
rules: each worker reads its own snapshot. It runs no thread and no event loop, since neither lives through a fork.
"""

import gc
import os
import pickle
import select
import signal
import socket
import sys
from dataclasses import replace
from types import FrameType

from bounce_verdict.pipeline.intake.flanker_fallback import warm_up
from bounce_verdict.snapshot.control import Born, Gone, Start, encode_line
from bounce_verdict.web.worker import serve

_NOT_OURS = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)  # the parent's; without a parent this process ends by itself


def main() -> None:
    """Fork workers until the parent is gone; in each of them, serve."""
    for number in _NOT_OURS:
        signal.signal(number, signal.SIG_IGN)
    given = pickle.load(sys.stdin.buffer)  # noqa: S301  # from our parent
    assert isinstance(given, Start)  # noqa: S101
    warm_up()
    gc.collect()
    gc.freeze()  # a collection writes into what it looks at, which would make a copy of it in each worker
    start = _fork_when_asked(given)
    if start is not None:
        os.setsid()  # a session for each: the kernel shares processors out among sessions (sched_autogroup)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        serve(start)


def _fork_when_asked(given: Start) -> Start | None:
    """In each worker what it starts with; in the template None, when the parent is gone."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, _noted)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    start = None
    try:
        with socket.socket(fileno=given.control) as parent:
            while start is None:
                readable, _, _ = select.select([parent.fileno(), woken], [], [])
                if woken in readable:
                    os.read(woken, 4_096)
                    _tell_ends(parent)
                if parent.fileno() in readable:
                    asked, descriptors, _, _ = socket.recv_fds(parent, 1, 2)
                    if not asked:
                        break
                    start = _forked(parent, given, *descriptors)
    except OSError:
        start = None  # the parent is gone
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.close(woken)
    os.close(wake)
    return start


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Ignore that a child has ended: the byte that the signal wrote wakes the loop."""


def _forked(parent: socket.socket, given: Start, control: int, snapshot: int) -> Start | None:
    """In the new worker what it starts with, in the template None. control, snapshot: descriptors that are the worker's alone."""
    try:
        pid = os.fork()
    except OSError:
        pid = -1  # no more processes
    if pid == 0:
        return replace(given, control=control, snapshot=snapshot)
    os.close(control)
    os.close(snapshot)
    parent.sendall(encode_line(Born(pid)))
    return None


def _tell_ends(parent: socket.socket) -> None:
    """Tell the parent of every child that has ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        parent.sendall(encode_line(Gone(pid, os.waitstatus_to_exitcode(status))))
