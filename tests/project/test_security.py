"""SECURITY.md names a test for each of its threats, and each of them exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = [
    line.split(" | ")
    for line in (ROOT / "SECURITY.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and "what it could cost" not in line
]
TESTS = {
    name
    for file in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
}


def test_every_threat_names_tests_that_exist() -> None:
    assert len(ROWS) > 30
    for threat, *_, shown_by in ROWS:
        named = re.findall(r"`(test_\w+)`", shown_by)
        assert named, threat
        assert not set(named) - TESTS, threat
