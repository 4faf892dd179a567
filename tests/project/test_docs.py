"""The documentation names no file, section, module or command that does not exist, and shows answers as they are."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bounce_verdict.model import ReplyInput
from bounce_verdict.pipeline import Pipeline
from bounce_verdict.response import encode
from bounce_verdict.rulebook.lint import check
from bounce_verdict.rulebook.load import rules_folder

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "app" / "bounce_verdict"
PAGES = sorted(
    path.relative_to(ROOT)
    for folder in (".", "docs", "docs/recipes", "rules", "rules/local", "fuzz", "benchmarks")
    for path in (ROOT / folder).glob("*.md")
)
MAP = (ROOT / "docs" / "design.md").read_text(encoding="utf-8").partition("## Map of the rooms\n")[2].partition("\n## ")[0]

LINK = re.compile(r"\]\((?!https?://)([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# A path from the root, wherever it is written. What stands in capitals (NAME.toml) and behind a star is for the reader to fill in.
PATH = re.compile(
    r"(?<![\w/.…-])(?:app|benchmarks|docs|fuzz|observability|openapi|proxy|rules|tests|\.ci)/(?:[\w.-]+/)*[\w.-]*(?![\w*])(?<!\.)"
)
PLACEHOLDER = re.compile(r"(?:^|/)[A-Z]+(?:\.[a-z]+)?$|^rules/local/\w+\.toml$")
KEPT_IN_CAPITALS = frozenset({"README.md", "RESULTS.md", "SERVICE.md"})
IMPORT = re.compile(r"^from (bounce_verdict[\w.]*) import (.+)$", re.MULTILINE)
MODULE = re.compile(r"(?<![\w/.])(?:bounce_verdict|benchmarks|fuzz)(?:\.[a-z_]\w*)+", re.IGNORECASE)
OPERATING = Path("docs/operating.md")
HISTORY = Path("CHANGELOG.md")  # says how things were called before


def page(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def anchor(heading: str) -> str:
    """What a heading is linked by: lower case, words joined by hyphens, signs dropped."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def exists(dotted: str) -> bool:
    """Whether it is a module, or what one of ours holds."""
    module, _, name = dotted.rpartition(".")
    if importlib.util.find_spec(module) is None:
        return False
    loaded: ModuleType = importlib.import_module(module)
    return hasattr(loaded, name) or importlib.util.find_spec(dotted) is not None


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_link_leads_to_a_file_and_a_section_of_it(path: Path) -> None:
    for target in LINK.findall(page(path)):
        name, _, section = target.partition("#")
        file = (ROOT / path).parent / name if name else ROOT / path
        assert file.exists(), target
        if section:
            assert section in {anchor(heading) for heading in HEADING.findall(file.read_text(encoding="utf-8"))}, target


@pytest.mark.parametrize("path", [path for path in PAGES if path != HISTORY], ids=str)
def test_every_path_that_a_page_names_exists(path: Path) -> None:
    named = {found.rstrip("/") for found in PATH.findall(page(path))}
    asked = {name for name in named if Path(name).name in KEPT_IN_CAPITALS or not PLACEHOLDER.search(name)}
    assert {name for name in asked if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_module_that_a_page_names_exists(path: Path) -> None:
    imported = {f"{module}.{name}" for module, names in IMPORT.findall(page(path)) for name in names.split(", ")}
    named = {*MODULE.findall(page(path)), *imported}
    assert {name for name in named if not exists(name)} == set()


@pytest.mark.parametrize("path", [path for path in PAGES if path != HISTORY], ids=str)
def test_every_target_of_make_that_a_page_names_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", page(Path("Makefile")), re.MULTILINE))
    assert set(re.findall(r"(?:`|^    )make ([a-z]+)", page(path), re.MULTILINE)) <= targets


def test_every_command_of_bounces_that_a_page_names_exists() -> None:
    helped = subprocess.run(
        [sys.executable, "-m", "bounce_verdict", "--help"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    named = {name for path in PAGES for name in re.findall(r"(?:`|^    |/)bounces ([a-z]+)", page(path), re.MULTILINE)}
    assert named
    assert {name for name in named if not re.search(rf"^\W*{name}\b", helped, re.MULTILINE)} == set()


def test_the_readmes_answer_is_what_is_answered(classifier: Pipeline) -> None:
    shown = json.loads(re.findall(r"^```json\n(.+?)^```", page(Path("README.md")), re.MULTILINE | re.DOTALL)[0])
    asked = ReplyInput("550 5.1.1 " + shown["reply"]["text"], "RCPT", recipient=shown["recipient"])
    answer = json.loads(encode(classifier.reply(asked)))
    assert shortened(answer, shown) == shown


def test_the_rules_that_operators_are_shown_pass_the_check(tmp_path: Path) -> None:
    for number, written in enumerate(re.findall(r"^```toml\n(.+?)^```", page(OPERATING), re.MULTILINE | re.DOTALL)):
        (tmp_path / f"{number}.toml").write_text(written, encoding="utf-8")
    assert len(list(tmp_path.iterdir())) > 1
    assert [found for found in check(rules_folder(), tmp_path) if found.level == "error"] == []


def shortened(answer: Any, shown: Any) -> Any:
    """`answer` as far as `shown` shows it; lines of rules files move, and links are cut."""
    if isinstance(shown, dict):
        return {key: shortened(answer[key], told) for key, told in shown.items()}
    if isinstance(shown, list):
        return [shortened(one, told) for one, told in zip(answer, shown, strict=False)]
    if isinstance(shown, str) and (shown.endswith("…") or re.search(r"\.toml:\d+$", shown)):
        return shown if answer.startswith(shown.rstrip("…0123456789")) else answer
    return answer


def test_every_row_of_the_map_exists() -> None:
    rows = [row.partition(" |")[0] for row in MAP.splitlines() if row.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`([\w./]+)`", row)]
    assert len(named) > len(rows)
    assert [name for name in named if not (PACKAGE / name).exists()] == []


def test_the_map_shows_every_room_and_every_file_beside_them() -> None:
    there = {path.name for path in PACKAGE.iterdir() if path.is_dir() or path.suffix == ".py"}
    there -= {"__pycache__", "_rules", "__init__.py", "__main__.py"}
    assert {name for name in there if f"`{name}`" not in MAP and f"`{name}/`" not in MAP} == set()
