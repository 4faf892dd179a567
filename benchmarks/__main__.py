"""`make bench`: measure everything in one run, print it, keep it in results.json and RESULTS.md beside this file.

    python -m benchmarks [--quick] [--only PART …] [--mails FOLDER …] [--rounds N] [--out FOLDER]

A whole run takes several minutes, --quick about one. Runs that are quick or partial are written to build/benchmarks instead.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.inputs.setup import Setup, prepare
from benchmarks.measuring.machine import describe
from benchmarks.measuring.report import Part, table, write
from benchmarks.parts import batches, clients, growth, hostile, logs, mails, memory, replies, single_replies, startup

# What is measured, in this order. The name is what --only takes.
PARTS: dict[str, tuple[str, Callable[[Setup], Part | list[Part]]]] = {
    "replies": ("reply lines in process", replies.measure),
    "mails": ("raw mails in process, beside other readers: on PyPI, and Sisimai in Perl", mails.measure),
    "single": ("single replies over HTTP, beside a no-op; and beside large messages", single_replies.measure),
    "batches": ("NDJSON and JSON batches, beside the same in process", batches.measure),
    "clients": ("from a caller in Python: one client kept, a connection for each, batches", clients.measure),
    "logs": ("a mail log in process", logs.measure),
    "growth": ("growth with rules, size, recipients and parts", growth.measure),
    "hostile": ("hostile messages and replies, one by one", hostile.measure),
    "start": ("start-up, cold and warm", startup.measure),
    "memory": ("memory of each process", memory.measure),
}
HERE = Path(__file__).resolve().parent
ROUNDS, QUICK_ROUNDS = 5, 2


def main(arguments: list[str]) -> int:
    """The exit code: 0 where everything could be measured, whatever came out."""
    asked = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are ended too
    began = time.monotonic()
    machine = describe()
    folders = [folder for folder in asked.mails if folder.is_dir()]
    for folder in asked.mails:
        if folder not in folders:
            print(f"no mails at {folder}, left out")
    setup = prepare(folders, rounds=asked.rounds or (QUICK_ROUNDS if asked.quick else ROUNDS), quick=asked.quick)
    parts: list[Part] = []
    for name, (_, measure) in PARTS.items():
        if not asked.only or name in asked.only:
            found = measure(setup)
            parts += found if isinstance(found, list) else [found]
            print(
                "\n".join(table(part) for part in parts[len(parts) - (len(found) if isinstance(found, list) else 1) :]),
                flush=True,
            )
    machine["took"] = f"{time.monotonic() - began:.0f} s, {setup.rounds} rounds"
    out = asked.out or (HERE.parent / "build" / "benchmarks" if asked.quick or asked.only else HERE)
    write(out, machine, parts)
    missed = [f"{part.title}: {row.name}" for part in parts for row in part.rows if row.met is False]
    print(f"{machine['took']}; written to {out}; {len(missed)} figures are not what was asked", *missed, sep="\n  ")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure everything, side by side, in one run.")
    parser.add_argument("--quick", action="store_true", help="less of everything, to see that it works")
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, help="; ".join(f"{name}: {what}" for name, (what, _) in PARTS.items())
    )
    parser.add_argument("--mails", nargs="+", type=Path, default=[], help="folders of raw mails, beside tests/corpus")
    parser.add_argument("--rounds", type=int, help=f"how often everything takes its turn, {ROUNDS} by default")
    parser.add_argument("--out", type=Path, help="where results.json and RESULTS.md go")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
