"""What the tests share: the shipped rulebook, read once, and real servers on free loopback ports."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from hypothesis import settings

from bounce_verdict.metrics import Metrics
from bounce_verdict.model import Rulebook
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.rulebook.files import read_files, rules_folder, without_local
from bounce_verdict.rulebook.load import load_files
from bounce_verdict.server.listening import url
from bounce_verdict.server.supervisor import server_config
from bounce_verdict.settings import Settings
from bounce_verdict.web.application import create_app
from bounce_verdict.web.service import Service

settings.register_profile("timeless", deadline=None)  # a busy machine proves nothing
settings.load_profile("timeless")

Serve = Callable[[Settings], AbstractContextManager[str]]

for name in [name for name in os.environ if name.startswith("BOUNCES_")]:
    del os.environ[name]  # whoever runs the tests may have set some for a service of their own


@pytest.fixture(scope="session", autouse=True)
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where compiled rules are kept meanwhile, in place of the user's cache folder."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["XDG_CACHE_HOME"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def book() -> Rulebook:
    """The shipped rules, whatever stands in rules/local of this checkout."""
    return load_files(without_local(read_files(rules_folder())))


@pytest.fixture(scope="session")
def pipeline(book: Rulebook) -> Pipeline:
    return Pipeline(book)


@pytest.fixture(scope="session")
def classifier(pipeline: Pipeline) -> Pipeline:
    """The same, under its former name."""
    return pipeline


@pytest.fixture(scope="session")
def serve(classifier: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Serve:
    """Serves with the given settings of the edge while the block runs; yields the URL."""
    no_rules = tmp_path_factory.mktemp("local")

    @contextmanager
    def serving(settings: Settings) -> Iterator[str]:
        listening = socket.create_server(("127.0.0.1", 0))
        chosen = settings.model_copy(update={"log_level": "warning", "local_rules": no_rules})
        server = uvicorn.Server(server_config(create_app(Service(chosen, classifier, Metrics())), chosen))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            yield url(listening)
        finally:
            server.should_exit = True
            thread.join()
            listening.close()

    return serving


@pytest.fixture(scope="session")
def server(serve: Serve) -> Iterator[str]:
    """The URL of a service with default settings."""
    with serve(Settings()) as base:
        yield base


@pytest.fixture(scope="session")
def client(server: str) -> Iterator[httpx.Client]:
    """A client of that service."""
    with httpx.Client(base_url=server, timeout=30) as http:
        yield http
