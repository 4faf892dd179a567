"""The house stays one that others can find their way in: no file is very long, no folder is a heap."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = ("app", "benchmarks", "docs", "examples", "fuzz", "observability", "openapi", "proxy", "rules", "tests", ".ci")

MAX_LINES = 300
MAX_LONG_FILES = 3
MAX_FILES = 14
# One file for each program, provider, language or mail: a list that grows, and is looked up by name.
LISTS = frozenset({"layouts", "providers", "languages", "webhooks", "maillogs", "corpus"})
# How a long file says so in its first lines.
REASON = re.compile(r"longer than 300 lines", re.IGNORECASE)
HEAD = 20


def files() -> Iterator[Path]:
    """Every file of ours, as a path from the root: what tools leave behind apart."""
    for folder in OURS:
        for path in (ROOT / folder).rglob("*"):
            relative = path.relative_to(ROOT)
            left_behind = any(part.startswith((".", "__pycache__", "venv")) for part in relative.parts[1:])
            if path.is_file() and not left_behind:
                yield relative


def long_files() -> dict[Path, list[str]]:
    """The lines of each Python file that has more than MAX_LINES."""
    read = {path: (ROOT / path).read_text(encoding="utf-8").splitlines() for path in files() if path.suffix == ".py"}
    return {path: lines for path, lines in read.items() if len(lines) > MAX_LINES}


def test_a_file_of_more_than_300_lines_says_why_in_its_head() -> None:
    silent = {str(path): len(lines) for path, lines in long_files().items() if not REASON.search("\n".join(lines[:HEAD]))}
    assert silent == {}, "split it, or say in its first lines why it is longer than 300 lines"


def test_there_are_at_most_three_long_files() -> None:
    names = [str(path) for path in long_files()]
    assert len(names) <= MAX_LONG_FILES, names


def test_no_folder_holds_more_than_14_files_side_by_side() -> None:
    counts = Counter(path.parent for path in files() if path.name != "__init__.py" and not LISTS.intersection(path.parts))
    counts[Path()] = sum(path.is_file() and not path.name.startswith(".") for path in ROOT.iterdir())
    assert {str(folder): count for folder, count in counts.items() if count > MAX_FILES} == {}
