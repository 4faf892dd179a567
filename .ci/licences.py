"""The licences of what we ship with, checked as SPDX expressions, and a bill of materials (CycloneDX 1.6) on stdout.

Read from the locks and from the metadata of what is installed in .venv, without network. Fails on a licence that is not in ALLOWED.
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

from license_expression import AND, OR, ExpressionError, LicenseExpression, LicenseSymbol, get_spdx_licensing

# Permissive ones, and MPL, which binds only its own files.
ALLOWED = frozenset({
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CNRI-Python", "ISC", "MIT", "MIT-0", "MPL-1.1", "MPL-2.0", "PSF-2.0",
})  # fmt: skip
# How packages without an SPDX expression state theirs, in License or in a classifier (PEP 639 deprecates both).
STATED = {
    "Apache 2": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.txt", "requirements-archive.txt")  # of the image, and of a cluster's
OURS = "bounce-verdict"
SPDX = get_spdx_licensing()


def main() -> int:
    """1 where a licence is unknown or not allowed."""
    installed = {normalized(found.name): found for found in distributions(path=[str(path) for path in site_packages()])}
    wrong, absent = 0, []
    components = []
    for name, version, hashes in locked():
        licence = None
        if normalized(name) not in installed:
            absent.append(name)
        else:
            licence = expression_of(installed[normalized(name)])
            if not licence or not is_allowed(licence):
                sys.stderr.write(f"{name} {version}: {licence or 'no licence that SPDX knows'}: not allowed\n")
                wrong += 1
        components.append(component(name, version, licence, hashes))
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": OURS, "version": installed[OURS].version}},
        "components": components,
    }
    sys.stdout.write(json.dumps(bill, indent=1) + "\n")
    checked = f"{len(components) - len(absent)} of {len(components)} packages checked"
    others = f"; not installed here, for another platform or Python: {', '.join(absent)}" if absent else ""
    sys.stderr.write(f"{checked}, {wrong} not allowed{others}\n")
    return min(wrong, 1)


def site_packages() -> Iterator[Path]:
    """Where .venv keeps its packages."""
    return (ROOT / ".venv" / "lib").glob("python3.*/site-packages")


def normalized(name: str) -> str:
    """A package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(root: Path = ROOT) -> Iterator[tuple[str, str, list[str]]]:
    """Name, version and sha256 sums of every package of the locks, in order; one that stands in several, in the same version, once."""
    sums: dict[tuple[str, str], dict[str, None]] = {}
    for lock in LOCKS:
        for entry in re.split(r"\n(?=\S)", (root / lock).read_text(encoding="utf-8")):
            if found := re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", entry):
                told = re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)
                sums.setdefault((found[1], found[2]), {}).update(dict.fromkeys(told))
    for (name, version), known in sorted(sums.items()):
        yield name, version, list(known)


def expression_of(package: Distribution) -> str | None:
    """The package's licence as an SPDX expression: its own, else of its License field, else of its classifiers, which all hold then."""
    fields = package.metadata
    classified = [line.rpartition(" :: ")[2] for line in fields.get_all("Classifier") or () if line.startswith("License :: ")]
    joined = " AND ".join(dict.fromkeys(STATED.get(words, words) for words in classified))
    for stated in (fields.get("License-Expression"), fields.get("License"), joined):
        if stated and is_spdx(expression := STATED.get(stated, stated)):
            return expression
    return None


def is_spdx(expression: str) -> bool:
    """Whether SPDX knows every licence in it."""
    try:
        return SPDX.validate(expression).errors == []
    except ExpressionError:
        return False


def is_allowed(expression: str) -> bool:
    """Whether we may ship with it: of alternatives (OR) one suffices, of licences that hold together (AND) each counts."""
    return _is_allowed(SPDX.parse(expression))


def _is_allowed(parsed: LicenseExpression) -> bool:
    if isinstance(parsed, OR):
        return any(_is_allowed(part) for part in parsed.args)
    if isinstance(parsed, AND):
        return all(_is_allowed(part) for part in parsed.args)
    return isinstance(parsed, LicenseSymbol) and parsed.key in ALLOWED


def component(name: str, version: str, licence: str | None, hashes: list[str]) -> dict[str, object]:
    """One entry of the bill. The sums are those of all files that the lock allows."""
    purl = f"pkg:pypi/{name}@{version}"
    entry: dict[str, object] = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if licence:
        entry["licenses"] = [{"expression": licence}]
    entry["properties"] = [{"name": "lock:sha256", "value": each} for each in hashes]
    return entry


if __name__ == "__main__":
    sys.exit(main())
