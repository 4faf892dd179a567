"""The files of a rules folder, in the order of precedence, as bytes. Where they lie is known here and nowhere else."""

import hashlib
import re
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from bounce_verdict.errors import RulebookError
from bounce_verdict.model import Layer, Rule, value

REASONS = "rules/reasons.toml"
CODES = "rules/codes.toml"
ENHANCED = "rules/enhanced.toml"
COMMANDS = "rules/commands.toml"
BLOCKLISTS = "rules/blocklists.toml"
DOUBTS = "rules/doubts.toml"
TABLES = (REASONS, CODES, ENHANCED, COMMANDS, BLOCKLISTS, DOUBTS)

# Where the rules of a layer stand, in the order in which the layers are asked.
_PLACES: dict[Layer, str] = {
    "local": r"rules/local/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}\.toml",
    "provider": r"rules/providers/([a-z0-9_-]{1,99})\.toml",
    "generic": r"rules/generic\.toml",
    "language": r"rules/languages/([A-Za-z0-9_-]{1,99})\.toml",
    "structure": r"rules/structure\.toml",
    "not-now": r"rules/not-now\.toml",
    "fallback": r"rules/fallback\.toml",
}
_LAST: tuple[Layer, ...] = ("structure", "not-now", "fallback")
_PACKAGE = Path(__file__).resolve().parent.parent


@value
class SourceFile:
    """One file. `path` is what findings call it, "rules/providers/google.toml", wherever the folder lies.

    layer: None for a table. owner: the provider's or language's name, "" for the rest.
    """

    path: str
    data: bytes
    layer: Layer | None = None
    owner: str = ""


@value
class RulesFolder:
    """A folder that rules were looked for in, and how many were found there."""

    holds: Literal["rules", "local rules"]
    path: str
    exists: bool
    rules: int

    def __str__(self) -> str:
        """A line for a person."""
        return f"{self.rules} {self.holds} from {self.path}{'' if self.exists else ' (no such folder)'}"


def rules_folder(given: str | Path | None = None) -> Path:
    """The folder to load: `given` (BOUNCES_RULES) where set, else the checkout's rules/, else the wheel's bounce_verdict/_rules."""
    if given:
        return Path(given)
    checkout = _PACKAGE.parents[1] / "rules"
    return checkout if (checkout / "reasons.toml").is_file() else _PACKAGE / "_rules"


def read_files(folder: Path, local: Path | None = None) -> list[SourceFile]:
    """Every file that a rulebook is made of; rules' files in the order in which their rules are tried.

    local: the operator's folder. By default it is `folder`/local, which may be missing; one that was named may not. Raises
    RulebookError for that, where `folder` has no reasons.toml, or where a file cannot be read.
    """
    if not (folder / "reasons.toml").is_file():
        raise RulebookError(REASONS, 0, f"no such file in {folder}: this folder holds no rules")
    if local is not None and not local.is_dir():
        raise RulebookError(str(local), 0, "no such folder; BOUNCES_LOCAL_RULES or --local names it as the one of your own rules")
    files = [_read(folder, path) for path in TABLES if _beside(folder, path).is_file()]
    files += _read_all(local or folder / "local", "rules/local", "local")
    files += _read_all(folder / "providers", "rules/providers", "provider")
    if (folder / "generic.toml").is_file():
        files.append(_read(folder, "rules/generic.toml", "generic"))
    files += _read_all(folder / "languages", "rules/languages", "language")
    for last in _LAST:
        if (folder / f"{last}.toml").is_file():
            files.append(_read(folder, f"rules/{last}.toml", last))
    return files


def folders_read(folder: Path, local: Path | None, rules: Sequence[Rule]) -> list[RulesFolder]:
    """The two folders that `read_files` reads for these arguments, with how many of the rulebook's `rules` come from each."""
    local = local or folder / "local"
    own = sum(rule.layer == "local" for rule in rules)
    return [
        RulesFolder("rules", str(folder.absolute()), folder.is_dir(), len(rules) - own),
        RulesFolder("local rules", str(local.absolute()), local.is_dir(), own),
    ]


def without_local(files: Sequence[SourceFile]) -> list[SourceFile]:
    """`files` but for the operator's own."""
    return [file for file in files if file.layer != "local"]


def with_file(files: Sequence[SourceFile], path: str, data: bytes) -> list[SourceFile]:
    """`files` with the one at `path` replaced or added, in its place. Raises RulebookError where rules do not belong there."""
    for layer, pattern in _PLACES.items():
        if (found := re.fullmatch(pattern, path)) is not None:
            owner = found[1] if layer in {"provider", "language"} else ""
            others = [file for file in files if file.path != path]
            return sorted([*others, SourceFile(path, data, layer, owner)], key=_place)
    raise RulebookError(
        path[:100],
        0,
        "rules stand in rules/local/, providers/, languages/, generic.toml, structure.toml, not-now.toml or fallback.toml",
    )


def digest(files: Iterable[SourceFile]) -> str:
    """The words "sha256:" and the hash over names and contents, each with its length ahead, so that no two sets of files look alike."""
    total = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.path):
        name = file.path.encode()
        total.update(b"%d:%s%d:" % (len(name), name, len(file.data)))
        total.update(file.data)
    return f"sha256:{total.hexdigest()}"


def _place(file: SourceFile) -> tuple[int, str]:
    return (list(_PLACES).index(file.layer) if file.layer else -1, file.path)


def _beside(folder: Path, path: str) -> Path:
    return folder / path.removeprefix("rules/")


def _read(folder: Path, path: str, layer: Layer | None = None) -> SourceFile:
    return SourceFile(path, _bytes(_beside(folder, path), path), layer)


def _read_all(folder: Path, path: str, layer: Layer) -> list[SourceFile]:
    """The folder's *.toml by name; hidden files are an editor's, not rules. None where there is no such folder."""
    if not folder.is_dir():
        return []
    try:
        names = sorted(file.name for file in folder.iterdir() if file.suffix == ".toml" and not file.name.startswith("."))
    except OSError as error:
        raise RulebookError(path, 0, f"{folder} cannot be read: {error.strerror}") from error
    return [SourceFile(f"{path}/{name}", _bytes(folder / name, f"{path}/{name}"), layer, _owner(name, layer)) for name in names]


def _owner(name: str, layer: Layer) -> str:
    return name.removesuffix(".toml") if layer in {"provider", "language"} else ""


def _bytes(file: Path, path: str) -> bytes:
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # reading a named pipe would wait for ever
            raise RulebookError(path, 0, "is not a regular file")
        return file.read_bytes()
    except OSError as error:
        raise RulebookError(path, 0, f"cannot be read: {error.strerror}") from error
