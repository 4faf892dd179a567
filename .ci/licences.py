"""The licences of what we ship with, checked, and its bill of materials (CycloneDX 1.6) on stdout.

Read from the lock and from the metadata of what is installed, without network. Fails on a licence that is not in ALLOWED.
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

# Permissive ones, and MPL, which binds only its own files. Where several are offered one suffices.
ALLOWED = re.compile(r"\b(0BSD|Apache|BSD|CNRI-Python|ISC|MIT|MIT-0|MPL|Mozilla Public License|PSF|Python Software Foundation)\b")
LOCK = Path(__file__).parent.parent / "requirements.txt"
OURS = "bounce-verdict"


def main() -> int:
    """The number of packages whose licence is unknown or not allowed."""
    wrong = 0
    components = []
    for name, version, hashes in locked():
        licence = licence_of(name)
        if licence is None:
            sys.stderr.write(f"{name} {version}: not installed here (another platform or Python)\n")
        elif not ALLOWED.search(licence):
            sys.stderr.write(f"{name} {version}: {licence or 'no licence stated'}: not allowed\n")
            wrong += 1
        components.append(component(name, version, licence, hashes))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": OURS, "version": metadata.version(OURS)}},
        "components": components,
    }
    sys.stdout.write(json.dumps(document, indent=1) + "\n")
    return wrong


def locked() -> Iterator[tuple[str, str, list[str]]]:
    """Name, version and sha256 sums of every line of the lock."""
    for entry in re.split(r"\n(?=\S)", LOCK.read_text(encoding="utf-8")):
        found = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", entry)
        if found:
            yield found[1], found[2], re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)


def licence_of(name: str) -> str | None:
    """What the package states, the newest field first; None where it is not installed."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    classified = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or () if line.startswith("License ::")]
    stated = told.get("License-Expression") or " OR ".join(classified)
    return stated or (told.get("License") or "").partition("\n")[0][:80]


def component(name: str, version: str, licence: str | None, hashes: list[str]) -> dict[str, object]:
    """One entry of the bill. The sums are those of all files that the lock allows."""
    purl = f"pkg:pypi/{name}@{version}"
    entry: dict[str, object] = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if licence:
        entry["licenses"] = [{"license": {"name": licence}}]
    entry["properties"] = [{"name": "lock:sha256", "value": each} for each in hashes]
    return entry


if __name__ == "__main__":
    sys.exit(min(main(), 1))
