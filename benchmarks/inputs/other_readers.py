"""(i) What else on PyPI reads bounces, as their own documentation says to use them: raw bytes in, their finding out."""

import email
import logging
from collections.abc import Callable
from email import policy
from importlib import import_module

from benchmarks.measuring.machine import installed

Reader = Callable[[bytes], object]


def find_peers() -> tuple[dict[str, Reader], list[str]]:
    """The readers that are installed, by name and version, and a sentence for each that is not."""
    found: dict[str, Reader] = {}
    missing: list[str] = []
    for package, make in _PEERS.items():
        number = installed(package)
        if number is None:
            missing.append(f"{package} is not installed and was left out.")
        else:
            found[f"{package} {number}"] = make()
    return found, missing


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
