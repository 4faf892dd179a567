"""`python -m fuzz TARGET`: fuzz one target in this process. `python -m fuzz.campaign` runs them all."""

import argparse
import os
import resource
import signal
import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["bounce_verdict"]):
    from fuzz.targets import LIMITS, TARGETS, Run, Target

from fuzz.campaign import WORK
from fuzz.invariants import Broken
from fuzz.mutate import mutator

_WORDS = Path(__file__).parent / "words"
_MEGABYTES = 2_048  # of memory, beyond which libFuzzer calls an input a finding
_GROWTH = 24  # megabytes by which one input may raise the most memory that this process held
_WARM = 1_000  # inputs before memory is looked at: until then caches fill
_HANGS = 120  # seconds by the clock; what merely costs too much is found by the processor's time
_LOOK = 64  # inputs between two looks at the time that is left


def main() -> None:
    """Fuzz until a finding, or until the seconds are over."""
    parser = argparse.ArgumentParser(
        prog="python -m fuzz", description=__doc__, epilog="libFuzzer's options, and files to try, may follow"
    )
    parser.add_argument("target", choices=list(TARGETS))
    parser.add_argument("--seconds", type=float, default=float("inf"), help="processor time (default: without end)")
    parser.add_argument("--limits", choices=list(LIMITS), default="default", help="the bounds of what is read")
    chosen, rest = parser.parse_known_args()
    target = TARGETS[chosen.target]
    found, given, findings = (WORK / chosen.target / folder for folder in ("found", "seeds", "findings"))
    for folder in (found, given, findings):
        folder.mkdir(parents=True, exist_ok=True)
    seeds = list(target.seeds())
    for number, seed in enumerate(seeds):
        (given / f"{number:04}").write_bytes(seed)
    folders = [] if any(not each.startswith("-") for each in rest) else [str(found), str(given)]
    options = [f"-{name}={setting}" for name, setting in _options(target, findings).items()]
    asked = _Asked(target, target.make(LIMITS[chosen.limits]), chosen.seconds)
    mutate = mutator(target.separator, seeds, _own_mutation, is_mail=target.is_mail)
    atheris.Setup([sys.argv[0], *options, *rest, *folders], asked, custom_mutator=mutate)
    atheris.Fuzz()


def _own_mutation(data: bytes, most: int) -> bytes:
    """libFuzzer's: atheris binds this name anew when it begins, so that it has to be looked up each time."""
    return bytes(atheris.Mutate(data, most))


def _options(target: Target, findings: Path) -> dict[str, object]:
    """libFuzzer's, by name."""
    return {
        "artifact_prefix": f"{findings}/",
        "dict": _WORDS / target.words,
        "len_control": 100,  # off by default with a mutator of one's own: all inputs would grow to the longest
        "max_len": target.most,
        "print_final_stats": 1,
        "report_slow_units": _HANGS,
        "rss_limit_mb": _MEGABYTES,
        "timeout": _HANGS,
    }


class _Asked:
    """The target, within processor time and memory: of one input, and within the time of all of them together."""

    def __init__(self, target: Target, run: Run, seconds: float) -> None:
        self._most = target.seconds
        self._run = run
        self._end = time.process_time() + seconds
        self._count = 0

    def __call__(self, data: bytes) -> None:
        begin, before = time.process_time(), _peak()
        self._run(data)
        now, grown = time.process_time(), _peak() - before
        if now - begin > self._most:
            raise Broken(f"an input takes {now - begin:.1f} s of processor time, more than {self._most}")
        self._count += 1
        if grown > _GROWTH and self._count > _WARM:
            raise Broken(f"an input takes {grown:.0f} MB of memory, more than {_GROWTH}")
        if self._count % _LOOK == 0 and now > self._end:
            self._end = float("inf")
            os.kill(os.getpid(), signal.SIGUSR1)  # libFuzzer ends with its figures


def _peak() -> float:
    """The most memory that this process held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


main()
