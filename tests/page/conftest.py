"""A real Chromium for the page's tests: Debian's, driven by Playwright. Both are CI's; where one is missing these tests are skipped."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bounce_verdict.settings import Settings
from tests.conftest import Serve

SIZES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 360, "height": 740}}


class Visit:
    """A page of the service in a browser, and what went wrong on it.

    faults: what the console complained of, and errors of scripts. requests: every address that was asked.
    """

    def __init__(self, page: Any, base: str, shots: Path) -> None:
        self.page = page
        self.base = base
        self.requests: list[str] = []
        self.faults: list[str] = []
        self._shots = shots
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.faults.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def open(self, path: str = "/") -> Any:
        """The page at that path, once its scripts have run."""
        self.page.goto(self.base + path, wait_until="load")
        return self.page

    def paste(self, text: str) -> None:
        """Write into the form as a paste does, send it, and wait for the answer."""
        self.page.fill("#text", text)
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            self.page.press("#text", "Control+Enter")
        self.page.wait_for_selector("#result:not([hidden]), #problem:not([hidden])")

    def shoot(self, name: str, *, whole: bool = True) -> None:
        """Keep a picture, for a person to look at."""
        self.page.screenshot(path=str(self._shots / f"{name}.png"), full_page=whole)


@pytest.fixture(scope="session")
def server(serve: Serve) -> Iterator[str]:
    """The URL of a service that answers however late a busy machine lets it."""
    with serve(Settings(max_lag=60)) as base:
        yield base


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """The browser. It ends with this package's tests, since Playwright keeps an event loop running in the thread."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="the group `browser` is not installed: make .venv/browser-installed"
    )
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("this machine has no chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures are kept: the folder PAGE_SHOTS, else one of pytest's own."""
    named = os.environ.get("PAGE_SHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(params=["light"])
def scheme(request: pytest.FixtureRequest) -> str:
    """The colours that the visitor prefers."""
    return str(request.param)


@pytest.fixture(params=["wide"])
def size(request: pytest.FixtureRequest) -> str:
    """How wide the visitor's screen is."""
    return str(request.param)


@pytest.fixture
def visit(chromium: Any, server: str, shots: Path, scheme: str, size: str) -> Iterator[Visit]:
    """A visitor who has nothing of an earlier one. Afterwards: nothing was asked of another origin, and nothing went wrong."""
    context = chromium.new_context(viewport=SIZES[size], color_scheme=scheme)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server)
    found = Visit(context.new_page(), server, shots)
    yield found
    context.close()
    assert not [address for address in found.requests if not address.startswith((f"{server}/", "data:"))]
    assert [fault for fault in found.faults if "503" not in fault] == []  # a rule may still be in check for the visitor before
