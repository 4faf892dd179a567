"""The package as somebody else installs it: in an environment of its own, with the dependencies of this one."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

PACKAGE = "bounce-verdict"


def run(command: list[str], folder: Path, code: int = 0) -> str:
    """What the command prints on both outputs, run outside of the checkout and without our settings."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("BOUNCES_", "PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def install(wheel: Path, folder: Path, extras: set[str]) -> Path:
    """The Python of a fresh environment in `folder` with the wheel, and of its dependencies only those that it asks for."""
    run([sys.executable, "-m", "venv", "--without-pip", str(folder)], folder)
    python = folder / "bin" / "python"
    packages = Path(run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder).strip())
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    for found in needed(distribution(PACKAGE), extras).values():
        for name in {file.parts[0] for file in found.files or () if file.parts[0] not in {"..", "__pycache__"}}:
            if not (packages / name).exists():
                (packages / name).symlink_to(Path(str(found.locate_file(name))))
    return python


def needed(top: Distribution, extras: set[str]) -> dict[str, Distribution]:
    """The distributions that `top` with these extras needs, by name, those that they need in turn among them."""
    found: dict[str, Distribution] = {}
    waiting = [(top, extras)]
    seen = set()
    while waiting:
        one, wanted = waiting.pop()
        for requirement in _asked(one, wanted):
            key = (requirement.name.lower(), frozenset(requirement.extras))
            if key not in seen:
                seen.add(key)
                found[requirement.name.lower()] = distribution(requirement.name)
                waiting.append((found[requirement.name.lower()], set(requirement.extras)))
    return found


def _asked(one: Distribution, extras: set[str]) -> Iterator[Requirement]:
    for line in one.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            yield requirement
