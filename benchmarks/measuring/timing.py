"""Side by side: every subject in every round, in changing order, so that what disturbs the machine disturbs all of them alike.

CPU time is what is compared: it hardly notices who else uses the machine. Wall time stands beside it.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Generic, TypeVar

Input = TypeVar("Input")
Clock = Callable[[], float]

_SCHEDULER_CLOCK = 2  # CPUCLOCK_SCHED, what Linux's clock_getcpuclockid() makes of a process id


@dataclass(slots=True)
class Subject(Generic[Input]):
    """What is measured: `run` takes a round's input and returns how many units it did.

    clocks: the CPU time, in seconds, of whatever does the work; of this process unless it is done elsewhere.
    """

    name: str
    run: Callable[[Input], int]
    clocks: Clock = time.process_time


@dataclass(slots=True)
class Timing:
    """Seconds a unit, one figure for each round."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def note(self, cpu: float, wall: float, units: int) -> None:
        """Add one round."""
        self.cpu.append(cpu / units)
        self.wall.append(wall / units)


@dataclass(slots=True)
class Spread:
    """The median of several rounds, with the lowest and the highest."""

    middle: float
    low: float
    high: float

    def times(self, factor: float) -> "Spread":
        """The same in another unit."""
        return Spread(self.middle * factor, self.low * factor, self.high * factor)


def alternate(
    subjects: Sequence[Subject[Input]], inputs: Callable[[int], Input], rounds: int, *, warm_up: bool = True
) -> dict[str, Timing]:
    """The timing of each subject by its name. `inputs` makes what all of them get in one round, outside of what is timed.

    The first round warms up and does not count, where there is one.
    """
    timings = {subject.name: Timing() for subject in subjects}
    for number in range(-warm_up, rounds):
        given = inputs(number)
        turn = number % len(subjects)
        for subject in [*subjects[turn:], *subjects[:turn]]:
            cpu, wall = subject.clocks(), time.perf_counter()
            units = subject.run(given)
            wall, cpu = time.perf_counter() - wall, subject.clocks() - cpu
            if number >= 0:
                timings[subject.name].note(cpu, wall, units)
    return timings


def spread(figures: Sequence[float]) -> Spread:
    """Of one figure a round."""
    return Spread(median(figures), min(figures), max(figures))


def ratio(of: Sequence[float], to: Sequence[float]) -> Spread:
    """How many times `to` each round's `of` is."""
    return spread([one / other for one, other in zip(of, to, strict=True)])


def cpu_of(process: int) -> Clock:
    """The clock of another process's CPU time, all its threads, to the nanosecond. Linux only."""
    number = (~process << 3) | _SCHEDULER_CLOCK
    return lambda: time.clock_gettime(number)
