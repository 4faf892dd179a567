"""A pipeline for a rulebook, its patterns compiled once and kept: 5,000 rules take the engine many seconds."""

import hashlib
from pathlib import Path

import msgspec

from bounce_verdict.model import Rulebook
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.snapshot.file import build_identity

FOLDER = Path(__file__).resolve().parents[2] / "build" / "benchmarks"


def compiled(book: Rulebook) -> Pipeline:
    """The pipeline; what was compiled is taken from build/benchmarks where the same program made it of the same rules."""
    name = hashlib.sha256("\n".join(build_identity()).encode() + msgspec.json.encode(book)).hexdigest()[:32]
    kept = FOLDER / f"{name}.patterns"
    if kept.exists():
        return Pipeline(book, compiled=kept.read_bytes())
    pipeline = Pipeline(book)
    FOLDER.mkdir(parents=True, exist_ok=True)
    new = kept.with_suffix(".new")
    new.write_bytes(pipeline.matcher.dump())
    new.replace(kept)
    return pipeline
