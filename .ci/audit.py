"""Known vulnerabilities of what we ship with, by pip-audit. Fails on a finding, and says of how many packages nothing could be learnt.

pip-audit itself passes where the package index has no advisories to give: it skips every package and finds nothing.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.txt", "requirements-archive.txt")  # as in licences.py


def main() -> int:
    """1 where a package has a known vulnerability or pip-audit does not answer."""
    locks = [argument for lock in LOCKS for argument in ("-r", str(ROOT / lock))]
    arguments = [*locks, "--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    audited = subprocess.run([sys.executable, "-m", "pip_audit", *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    try:
        lines, findings = summary(json.loads(audited.stdout))
    except ValueError:
        sys.stderr.write(audited.stderr)
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return min(findings, 1)


def summary(report: Mapping[str, Any]) -> tuple[list[str], int]:
    """What to print of pip-audit's JSON report, one line a finding and a last one for the whole; the number of findings."""
    packages = report["dependencies"]
    lines = [
        f"{package['name']} {package['version']}: {found['id']}, fixed in {', '.join(found['fix_versions']) or 'no version yet'}"
        for package in packages
        for found in package.get("vulns", ())
    ]
    skipped = sum("skip_reason" in package for package in packages)
    total = (
        f"{len(lines)} known vulnerabilities in the {len(packages) - skipped} of {len(packages)} packages that could be audited"
    )
    if skipped:
        total += f"; {skipped} could not be: the package index in use gives no advisories for them"
    return [*lines, total], len(lines)


if __name__ == "__main__":
    sys.exit(main())
