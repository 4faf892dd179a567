"""The wheel: installed elsewhere, it carries the rules, the command and all that classifying takes."""

import json
import shutil
import sys
import zipfile
from pathlib import Path

from tests.project.installed import run

ROOT = Path(__file__).parents[2]


def test_the_wheel_carries_every_rules_file(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        carried = {name for name in archive.namelist() if name.startswith("bounce_verdict/_rules/")}
    shipped = {
        f"bounce_verdict/_{path.relative_to(ROOT)}" for path in (ROOT / "rules").glob("**/*.toml") if path.parent.name != "local"
    }
    assert shipped
    assert shipped <= carried


def test_the_wheel_carries_the_contract(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("bounce_verdict/_openapi.json") == (ROOT / "openapi" / "openapi.json").read_bytes()


def test_the_wheel_carries_none_of_the_operators_own_rules(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    for name in ("app", "openapi", "rules"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    (checkout / "rules" / "local" / "ours.toml").write_text("", encoding="utf-8")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(checkout)], tmp_path)
    (built,) = tmp_path.glob("bounce_verdict-*.whl")
    with zipfile.ZipFile(built) as archive:
        names = archive.namelist()
    assert "bounce_verdict/_rules/generic.toml" in names
    assert not [name for name in names if name.startswith("bounce_verdict/_rules/local/") and name.endswith(".toml")]


def test_the_wheel_says_that_it_is_typed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert "bounce_verdict/py.typed" in archive.namelist()


def test_the_wheel_carries_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert {name.split("/")[0].split("-")[0] for name in archive.namelist()} == {"bounce_verdict"}


def test_the_installed_package_classifies(python: Path, tmp_path: Path) -> None:
    where = run([str(python), "-c", "import bounce_verdict; print(bounce_verdict.__file__)"], tmp_path)
    assert where.startswith(str(python.parent.parent))
    answer = json.loads(run([str(python), "-m", "bounce_verdict", "classify", "--reply", "550 5.1.1 user unknown"], tmp_path))
    assert (answer["verdict"], answer["reply"]["code"]) == ("permanent", 550)


def test_the_command_is_declared(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert b"bounces = bounce_verdict.cli:main" in archive.read(name)
