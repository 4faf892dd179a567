"""A worker that ends: whoever has sent a request by then is answered."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from bounce_verdict.metrics import Metrics
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.server.listening import listen
from bounce_verdict.settings import Settings
from bounce_verdict.web import create_app
from bounce_verdict.web.server import Server, make_server
from bounce_verdict.web.service import Service

REQUEST = b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"


@dataclass
class Serving:
    """A server in a thread of its own, with a client's connection that has been answered once."""

    server: Server
    loop: asyncio.AbstractEventLoop
    client: socket.socket

    def at_once(self, what: Callable[[], None]) -> None:
        """Run `what` in the server's loop, between whose turns nothing is read."""
        done = threading.Event()

        def run() -> None:
            what()
            done.set()

        self.loop.call_soon_threadsafe(run)
        assert done.wait(10)

    def finish_all(self) -> None:
        """What a worker does in the end with every connection."""
        for connection in self.server._connections():  # noqa: SLF001  # at a time of the test's choice
            connection.finish()


@pytest.fixture
def serving(classifier: Pipeline) -> Iterator[Serving]:
    listening = listen("127.0.0.1", 0)
    server = make_server(create_app(Service(Settings(log_level="warning"), classifier, Metrics())))
    loops: list[asyncio.AbstractEventLoop] = []
    server.started_up = lambda: loops.append(asyncio.get_running_loop())
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    with socket.create_connection(listening.getsockname(), timeout=10) as client:
        client.sendall(REQUEST)
        assert client.recv(65_536).startswith(b"HTTP/1.1 200")
        yield Serving(server, loops[0], client)
    server.should_exit = True
    thread.join()
    listening.close()


def test_a_request_that_has_arrived_and_was_not_read_is_answered_before_the_connection_is_closed(serving: Serving) -> None:
    def late() -> None:
        serving.client.sendall(REQUEST)  # the kernel has it, the loop does not know
        serving.finish_all()

    serving.at_once(late)
    assert serving.client.recv(65_536).startswith(b"HTTP/1.1 200")
    serving.at_once(serving.finish_all)
    assert serving.client.recv(65_536) == b""


def test_a_request_whose_head_is_still_arriving_is_answered(serving: Serving) -> None:
    serving.client.sendall(REQUEST[:10])
    time.sleep(0.2)
    serving.at_once(serving.finish_all)
    serving.client.sendall(REQUEST[10:])
    assert serving.client.recv(65_536).startswith(b"HTTP/1.1 200")


def test_an_idle_connection_is_closed(serving: Serving) -> None:
    serving.at_once(serving.finish_all)
    assert serving.client.recv(65_536) == b""
