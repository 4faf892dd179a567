"""What every measurement stands on: the shipped rulebook compiled, fresh lines, mails, and how much to do."""

import gc
from dataclasses import dataclass
from pathlib import Path

from benchmarks.inputs.compiled_rules import compiled
from benchmarks.inputs.sample_mails import Mails, read_mails
from benchmarks.inputs.sample_replies import Lines, seeds
from bounce_verdict.model import Rulebook
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.pipeline.intake.flanker_fallback import warm_up
from bounce_verdict.rulebook.files import rules_folder
from bounce_verdict.rulebook.load import load_rulebook

CORPUS = Path(__file__).resolve().parents[2] / "tests" / "corpus"
_QUICK_MAILS = 100


@dataclass(slots=True)
class Setup:
    """Made once. rounds: how often everything takes its turn. quick: a tenth of the work, to see that it works."""

    book: Rulebook
    pipeline: Pipeline
    lines: Lines
    mails: list[Mails]
    rounds: int
    quick: bool

    def scale(self, count: int, least: int = 1) -> int:
        """`count`, or a part of it where it should be quick.

        least: what is needed to get past the first lines, which pay for what is made when it is first needed.
        """
        return max(least, count // 10) if self.quick else count


def prepare(folders: list[Path], *, rounds: int, quick: bool) -> Setup:
    """The setup, with the mails of the corpus and of `folders`."""
    book = load_rulebook(rules_folder(None))
    pipeline = compiled(book)
    warm_up()
    most = _QUICK_MAILS if quick else None
    mails = [read_mails(folder, most) for folder in (CORPUS, *folders)]
    lines = Lines(seeds(book, pipeline, mails[0].raw))
    gc.collect()
    gc.freeze()  # as a worker does
    return Setup(book, pipeline, lines, mails, rounds, quick)
