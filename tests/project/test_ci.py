"""What CI says of known vulnerabilities and of licences must not sound better than it is."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CI = Path(__file__).parents[2] / ".ci"


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", CI / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report(*packages: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(packages), "fixes": []}


SOUND = {"name": "anyio", "version": "4.16.0", "vulns": []}
SKIPPED = {"name": "h11", "skip_reason": "Dependency not found on PyPI and could not be audited: h11 (0.16.0)"}
VULNERABLE = {"name": "idna", "version": "3.1", "vulns": [{"id": "PYSEC-2024-60", "fix_versions": ["3.7"]}]}


def test_a_finding_is_named_and_counted(audit: ModuleType) -> None:
    lines, findings = audit.summary(report(SOUND, VULNERABLE))
    assert findings == 1
    assert lines[0] == "idna 3.1: PYSEC-2024-60, fixed in 3.7"


def test_packages_that_could_not_be_audited_are_counted_and_are_no_finding(audit: ModuleType) -> None:
    lines, findings = audit.summary(report(SOUND, SKIPPED, SKIPPED))
    assert findings == 0
    assert lines[0].startswith("0 known vulnerabilities in the 1 of 3 packages that could be audited; 2 could not be")


def test_a_whole_audit_says_nothing_of_packages_left_out(audit: ModuleType) -> None:
    assert audit.summary(report(SOUND)) == (["0 known vulnerabilities in the 1 of 1 packages that could be audited"], 0)
