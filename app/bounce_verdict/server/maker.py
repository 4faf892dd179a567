"""Asks the maker of snapshots, a process that lives for one answer."""

import asyncio
import sys

import msgspec

from bounce_verdict.server.template import told_exit
from bounce_verdict.snapshot.control import Fault, Made, Task

SECONDS = 120


async def make(task: Task) -> Made:
    """What it made of the rules. A maker that dies or takes too long is a fault of the rules: nothing else could make it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bounce_verdict.server.start", "maker",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            out, _ = await process.communicate(msgspec.json.encode(task))
    except TimeoutError:
        return _fault(f"checking the rules takes more than {SECONDS} s")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        return _fault(f"checking the rules failed with {told_exit(process.returncode or 0)}; the log says more")
    return msgspec.json.decode(out, type=Made)


def _fault(message: str) -> Made:
    return Made(faults=[Fault("rules", 0, message)])
