"""`python -m fuzz.campaign`: all targets, each in a process of its own, and what came of it as a table."""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bounce_verdict.model import value
from fuzz.targets import LIMITS, TARGETS

WORK = Path(__file__).parent.parent / ".fuzz"  # seeds, inputs found, findings and logs; not under version control

_COVERAGE = re.compile(r"^#\d+\s+(\w+)\s+cov: (\d+) ", re.MULTILINE)
_FIGURE = re.compile(r"^stat::(\w+):\s+(\d+)$", re.MULTILINE)
_FINDING = re.compile(r"Test unit written to (\S+)")
_TOLD = 40  # last lines of a log that a finding shows


@value
class Outcome:
    """What one target did. coverage: edges reached by the seeds, and in the end."""

    name: str
    status: int
    executions: int
    coverage: tuple[int, int]
    megabytes: int
    findings: Sequence[str]
    log: Path


def main() -> None:
    """Run the targets, print the table and the findings; the exit code is 1 where there are any."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.campaign", description=__doc__)
    parser.add_argument("targets", nargs="*", default=list(TARGETS), help="by default all of them")
    parser.add_argument("--seconds", type=float, help="processor time of each target (default: its own number of inputs)")
    parser.add_argument("--limits", choices=list(LIMITS), default="default", help="the bounds of what is read")
    parser.add_argument("--seed", type=int, help="the number that libFuzzer's chances come from (default: another each time)")
    parser.add_argument("--jobs", type=int, default=2, help="targets at once (default 2)")
    chosen = parser.parse_args()
    with ThreadPoolExecutor(chosen.jobs) as pool:
        outcomes = list(pool.map(lambda name: _run(name, chosen), chosen.targets))
    print(f"{'target':12} {'executions':>10} {'edges by seeds':>15} {'in the end':>11} {'MB':>5}  finding")
    for done in outcomes:
        first, last = done.coverage
        told = " ".join(done.findings) or ("-" if done.status == 0 else f"exit code {done.status}")
        print(f"{done.name:12} {done.executions:10} {first:15} {last:11} {done.megabytes:5}  {told}")
    bad = [done for done in outcomes if done.status or done.findings or not done.executions]
    for done in bad:
        print(f"\n== {done.name}, the end of {done.log}")
        print("\n".join(done.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TOLD:]))
        print(f"again: python -m fuzz {done.name} --limits {chosen.limits} {' '.join(done.findings)}")
    sys.exit(1 if bad else 0)


def _run(name: str, chosen: argparse.Namespace) -> Outcome:
    log = WORK / f"{name}.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as out:
        extent = [f"-runs={TARGETS[name].inputs}"] if chosen.seconds is None else ["--seconds", str(chosen.seconds)]
        command = [sys.executable, "-m", "fuzz", name, "--limits", chosen.limits]
        chances = [] if chosen.seed is None else [f"-seed={chosen.seed}"]
        hashes = {} if chosen.seed is None else {"PYTHONHASHSEED": "0"}
        status = subprocess.run(
            [*command, *extent, *chances], stdout=out, stderr=subprocess.STDOUT, check=False, env=os.environ | hashes
        ).returncode
    text = log.read_text(encoding="utf-8", errors="replace")
    figures = {key: int(number) for key, number in _FIGURE.findall(text)}
    coverage = [(event, int(edges)) for event, edges in _COVERAGE.findall(text)]
    return Outcome(
        name=name,
        status=status,
        executions=figures.get("number_of_executed_units", 0),
        coverage=(next((edges for event, edges in coverage if event == "INITED"), 0), coverage[-1][1] if coverage else 0),
        megabytes=figures.get("peak_rss_mb", 0),
        findings=_FINDING.findall(text),
        log=log,
    )


if __name__ == "__main__":
    main()
