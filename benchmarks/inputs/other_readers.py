"""(i) What else reads bounces, as its own documentation says to use it: raw bytes in, its finding out."""

import email
import logging
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import policy
from importlib import import_module
from pathlib import Path

from benchmarks.measuring.machine import installed

Reader = Callable[[bytes], object]


def find_peers() -> tuple[dict[str, Reader], list[str]]:
    """The readers in Python that are installed, by name and version, and a sentence for each that is not."""
    found: dict[str, Reader] = {}
    missing: list[str] = []
    for package, make in _PEERS.items():
        number = installed(package)
        if number is None:
            missing.append(f"{package} is not installed and was left out.")
        else:
            found[f"{package} {number}"] = make()
    return found, missing


class Sisimai:
    """Sisimai in a Perl of its own, which reads one mail after another: Debian's libsisimai-perl."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None  # noqa: S101  # for the type checker
        assert process.stdout is not None  # noqa: S101
        self.process = process.pid
        self._in, self._out = process.stdin, process.stdout
        self.version = self._out.readline().decode().strip()

    def read(self, raw: bytes) -> int:
        """How many recipients it finds. Raises RuntimeError where it died on the mail."""
        self._in.write(b"%d\n%s" % (len(raw), raw))
        self._in.flush()
        found = int(self._out.readline())
        if found < 0:
            raise RuntimeError("Sisimai died on this mail")
        return found


@contextmanager
def sisimai() -> Iterator[Sisimai | None]:
    """Sisimai, ended with the `with` block; None where this machine has none."""
    script = Path(__file__).with_name("sisimai.pl")
    try:
        process = subprocess.Popen(["perl", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S607
    except FileNotFoundError:
        yield None
        return
    with process:
        started = Sisimai(process)
        yield started if started.version else None


def _flufl() -> Reader:
    scan = import_module("flufl.bounce").all_failures
    return lambda raw: scan(email.message_from_bytes(raw, policy=policy.compat32))


def _flanker() -> Reader:
    parse, detect = import_module("flanker.mime").from_string, import_module("flanker.mime.bounce").detect
    return lambda raw: detect(parse(raw))


def _mail_parser() -> Reader:
    parse = import_module("mailparser").parse_from_bytes
    logging.getLogger("mailparser").setLevel(logging.CRITICAL)  # a line for each type that it does not know
    return lambda raw: parse(raw).mail


_PEERS: dict[str, Callable[[], Reader]] = {"flufl.bounce": _flufl, "flanker": _flanker, "mail-parser": _mail_parser}
