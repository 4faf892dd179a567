"""A worker: one process that answers HTTP by one snapshot of the rules, forked from the template (app/bounce_verdict/web/template.py)."""

import gc
import os
import resource
import socket
import sys
from pathlib import Path

from bounce_verdict.errors import BounceError
from bounce_verdict.logs import start_logging
from bounce_verdict.metrics import Metrics
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.snapshot.control import Failed, Start, encode_line
from bounce_verdict.snapshot.file import read_descriptor, unpack
from bounce_verdict.web import create_app
from bounce_verdict.web.link import Link
from bounce_verdict.web.overload import Gate
from bounce_verdict.web.server import make_server
from bounce_verdict.web.service import Service


def serve(start: Start) -> None:
    """Serve until the parent says that it is enough."""
    start_logging(start.settings.log_level)
    parent = socket.socket(fileno=start.control)
    try:
        _serve(start, parent)
    except BounceError as error:
        parent.sendall(encode_line(Failed(str(error))))
        sys.exit(2)


def _serve(start: Start, parent: socket.socket) -> None:
    settings = start.settings
    _allow_files(settings.max_connections)
    snapshot = unpack(read_descriptor(start.snapshot))
    classifier = Pipeline(snapshot.book, settings.limits(), snapshot.compiled, own_domains=settings.our_domains())
    known = Service(settings, classifier, Metrics(), Path(f"/proc/{os.getpid()}/fd/{start.snapshot}"))
    app = create_app(known)
    gate = Gate(known.access_log, settings.max_connections, settings.max_lag)
    server = make_server(app, settings, gate)
    server.started_up = Link(parent, known, server.drain).start
    gc.collect()
    gc.freeze()  # the rules live as long as the worker: no collection need look at them again
    try:
        server.run(sockets=[socket.socket(fileno=start.listening)])
    finally:  # what was counted and logged since the last time
        known.flush()


def _allow_files(connections: int) -> None:
    """Raise the number of open files to what the connections may need, as far as that is allowed: often it is 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections * 2 + 1_024
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
