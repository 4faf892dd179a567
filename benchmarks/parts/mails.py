"""(b) and (i) Raw mails in process, beside what else reads bounces, all of them on the same mails."""

import random
import time
from statistics import median, quantiles

from benchmarks.inputs.other_readers import Reader, Sisimai, find_peers, sisimai
from benchmarks.inputs.sample_mails import Mails, vary_mail
from benchmarks.inputs.sample_replies import SEED
from benchmarks.inputs.setup import Setup
from benchmarks.measuring.report import MICRO, Part, Row, ask, compared, timed
from benchmarks.measuring.timing import Spread, Subject, Timing, alternate, cpu_of
from bounce_verdict.model import MessageInput
from bounce_verdict.response import encode

ASKED_MEDIAN = 150  # µs
ASKED_SHARE = 0.25  # of a peer's CPU time
OURS = "report with all recipients"
UNIT = "µs a mail"


def measure(setup: Setup) -> list[Part]:
    """The figures, a part for each folder of mails."""
    with sisimai() as perl:
        return [_measure(setup, mails, perl) for mails in setup.mails]


def _measure(setup: Setup, mails: Mails, perl: Sisimai | None) -> Part:
    chance = random.Random(SEED)  # noqa: S311  # not for secrets
    pipeline = setup.pipeline
    peers, notes = find_peers()
    watched = {name: Watched(reader) for name, reader in peers.items()}
    ours = Watched(lambda raw: pipeline.message(MessageInput(raw)))
    subjects = [
        Subject(OURS, ours.read_all),
        Subject("report and its JSON", Watched(lambda raw: encode(pipeline.message(MessageInput(raw)))).read_all),
        *(Subject(name, one.read_all) for name, one in watched.items()),
    ]
    if perl is not None:
        name = f"Sisimai {perl.version}"
        watched[name] = Watched(perl.read)
        subjects.append(Subject(name, watched[name].read_all, cpu_of(perl.process)))
    else:
        notes.append("Sisimai is not installed (libsisimai-perl in Debian) and was left out.")
    timings = alternate(subjects, lambda _: [vary_mail(raw, chance) for raw in mails.raw], setup.rounds)
    rows = [
        timed(OURS, timings[OURS], MICRO, UNIT, "interpreting Python: splitting, readers, then each recipient as a reply"),
        *_single(ours),
        timed("report and its JSON", timings["report and its JSON"], MICRO, UNIT, "the above, and msgspec writing the report"),
    ]
    for name in watched:
        rows += _beside(name, timings[name], timings[OURS])
    sizes = [len(raw) for raw in mails.raw]
    notes.insert(0, f"{len(sizes)} mails, median {median(sizes):,.0f} bytes, largest {max(sizes):,}.")
    failed = [f"{name} raised an exception on {one.failed} mails a round." for name, one in watched.items() if one.failed]
    return Part(f"Raw mails in process: {mails.name}", rows, notes + failed)


class Watched:
    """A reader, what CPU time each mail took it at best, and on how many of the last round's mails it raised an exception."""

    def __init__(self, reader: Reader) -> None:
        self.best: list[float] = []
        self.failed = 0
        self._reader = reader

    def read_all(self, mails: list[bytes]) -> int:
        """Read them; how many there were."""
        read, clock = self._reader, time.thread_time
        self.failed = 0
        times: list[float] = []
        for raw in mails:
            began = clock()
            try:
                read(raw)
            except Exception:  # noqa: BLE001  # what a peer raises is its own business
                self.failed += 1
            times.append(clock() - began)
        self.best = [min(pair) for pair in zip(self.best, times, strict=True)] if self.best else times
        return len(mails)


def _single(ours: Watched) -> list[Row]:
    """How the mails differ: what each took in its best round."""
    times = sorted(seconds * MICRO for seconds in ours.best)
    last = quantiles(times, n=100, method="inclusive")[-1]
    half = Row(
        "the median mail", UNIT, "as above; its price is about that of its parts and of one recipient", cpu=_one(median(times))
    )
    return [
        ask(half, f"≤ {ASKED_MEDIAN}", lambda found: found <= ASKED_MEDIAN),
        Row(
            "99 of 100 mails",
            UNIT,
            "many recipients; or neither report nor known layout, so that the second reader, flanker, reads it too",
            cpu=_one(last),
        ),
        Row("the slowest mail", UNIT, "as above", cpu=_one(times[-1])),
    ]


def _beside(name: str, theirs: Timing, ours: Timing) -> list[Row]:
    package = name.partition(" ")[0]
    share = compared(f"ours as a share of {package}'s", ours, theirs, "both figures above")
    if package in {"flufl.bounce", "flanker"}:
        ask(share, f"≤ {ASKED_SHARE}", lambda found: found <= ASKED_SHARE)
    return [timed(name, theirs, MICRO, UNIT, f"{package}'s own work"), share]


def _one(figure: float) -> Spread:
    return Spread(figure, figure, figure)
