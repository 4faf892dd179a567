"""Where shards lie and where they go: this machine's folders, or what fsspec knows by a URL. Names come from the operator alone."""

import gzip
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

import fsspec
import msgspec
from fsspec.implementations.local import LocalFileSystem

from bounce_verdict.archive.job import Kind, Shard
from bounce_verdict.archive.made import SUFFIX, Made, parse_made
from bounce_verdict.errors import InputError
from bounce_verdict.extras import with_extra

_KINDS: dict[str, Kind] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".tsv": "csv",
    ".mbox": "mbox",
    ".mbx": "mbox",
}
_COMPRESSED = (".gz", ".zst")
_MAX_WINDOW = 8 << 20  # bytes that a zstandard frame may make its reader keep
_MAX_MADE = 1 << 20  # bytes of a file that says how another was made
_TEMPORARY = ".part"


def place(url: str, field: str) -> tuple[Any, str]:
    """The file system of a path or URL, and the path there. Raises InputError naming `field` for one that cannot be used."""
    if any(part.startswith(("http:", "https:")) for part in url.split("::")):
        raise InputError(field, "is a web page's address; give a folder, a file, or a store's URL as s3://bucket/folder")
    try:
        found, path = fsspec.core.url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise InputError(field, f"cannot be used: {error}") from None
    return found, str(path)


def find_shards(source: str, target: str, kind: Kind | None) -> tuple[list[Shard], list[str]]:
    """Every shard of `source` (a file, a folder with all below it, or a pattern), and the files there that are of no known kind.

    kind: what all of them are, None where their names tell. Raises InputError where there is none, or where an output would lie on an input.
    """
    there, top = place(source, "SRC")
    into, folder = place(target, "DST")
    folder = folder.rstrip("/")
    top, paths = _paths(there, top.rstrip("/"))
    same = type(there) is type(into)
    if same and len(paths) != 1 and f"{folder}/".startswith(f"{top}/"):
        raise InputError("DST", "lies in SRC: outputs would be taken for inputs")
    shards, unknown, taken = [], [], dict[str, str]()
    for path, size in paths:
        name = path.removeprefix(f"{top}/")
        is_a = kind or kind_of(name)
        if is_a is None:
            unknown.append(name)
            continue
        goal = f"{folder}/{name}{'.parquet' if is_a == 'mbox' else ''}"
        if same and goal == path:
            raise InputError("DST", f"would overwrite the input {name}")
        if goal in taken:
            raise InputError("SRC", f"both {taken[goal]} and {name} would become one output")
        taken[goal] = name
        shards.append(Shard(there.unstrip_protocol(path), into.unstrip_protocol(goal), is_a, size))
    if not shards and not unknown:
        raise InputError("SRC", "holds no file")
    return shards, unknown


def _paths(there: Any, top: str) -> tuple[str, list[tuple[str, int | None]]]:  # noqa: ANN401  # fsspec has no types
    """The folder that names are told from, and every file with its size, in order; hidden ones left out, and Hadoop's `_SUCCESS` and the like."""
    try:
        if there.isfile(top):
            return top.rpartition("/")[0], [(top, _size(there.info(top)))]
        if any(sign in top for sign in "*?["):
            found = there.glob(top, detail=True)
            top = top[: min(top.find(sign) for sign in "*?[" if sign in top)].rpartition("/")[0]
        else:
            found = there.find(top, detail=True)
    except OSError as error:
        raise InputError("SRC", f"cannot be read: {error.strerror or type(error).__name__}") from None
    kept = [(path, _size(about)) for path, about in sorted(found.items()) if about.get("type") == "file"]
    return top, [one for one in kept if not _is_aside(one[0].removeprefix(f"{top}/"))]


def _size(about: dict[str, Any]) -> int | None:
    size = about.get("size")
    return size if isinstance(size, int) else None


def _is_aside(name: str) -> bool:
    return name.endswith(SUFFIX) or any(part.startswith((".", "_")) for part in name.split("/"))


def kind_of(name: str) -> Kind | None:
    """What a file of that name is; None where the name does not tell."""
    bare = name.lower().removesuffix(".gz").removesuffix(".zst")
    return next((kind for ending, kind in _KINDS.items() if bare.endswith(ending)), None)


@contextmanager
def reading(url: str, *, unpack: bool) -> Iterator[IO[bytes]]:
    """The file, open. unpack: whether gzip and zstandard are undone where its name says so."""
    there, path = fsspec.core.url_to_fs(url)
    with ExitStack() as open_files:
        file = open_files.enter_context(_open(there, path, "rb"))
        if unpack and path.lower().endswith(".gz"):
            file = cast("IO[bytes]", open_files.enter_context(gzip.GzipFile(fileobj=file, mode="rb")))
        elif unpack and path.lower().endswith(".zst"):
            file = open_files.enter_context(_zstandard().ZstdDecompressor(max_window_size=_MAX_WINDOW).stream_reader(
                file, read_across_frames=True, closefd=False
            ))  # fmt: skip
        yield file


@contextmanager
def writing(url: str, *, pack: bool) -> Iterator[IO[bytes]]:
    """A file that takes the place of the one at `url` when the block ends, whole; where the block raises, nothing changes.

    pack: whether it is compressed as its name says, with the same bytes each time.
    """
    there, path = fsspec.core.url_to_fs(url)
    parent, _, name = path.rpartition("/")
    there.makedirs(parent, exist_ok=True)
    temporary = f"{parent}/.{name}.{secrets.token_hex(8)}{_TEMPORARY}"
    try:
        with ExitStack() as open_files:
            bare = open_files.enter_context(_open(there, temporary, "wb"))
            file = bare
            if pack and path.lower().endswith(".gz"):
                file = cast("IO[bytes]", open_files.enter_context(gzip.GzipFile("", "wb", 6, bare, mtime=0)))
            elif pack and path.lower().endswith(".zst"):
                file = open_files.enter_context(_zstandard().ZstdCompressor().stream_writer(bare, closefd=False))
            yield file
            if file is not bare:
                file.close()
            if _is_local(there):
                bare.flush()
                os.fsync(bare.fileno())
        if _is_local(there):
            os.replace(temporary, path)  # noqa: PTH105
        else:
            there.mv(temporary, path)
    except BaseException:
        with suppress(Exception):
            there.rm_file(temporary)
        raise


def write_beside(url: str, made: Made) -> None:
    """Say beside the file at `url` how it is made."""
    with writing(url + SUFFIX, pack=False) as file:
        file.write(msgspec.json.encode(made) + b"\n")


def read_beside(url: str) -> Made | None:
    """What is said beside the file at `url`; None where nothing is."""
    there, path = fsspec.core.url_to_fs(url + SUFFIX)
    if not there.exists(path):
        return None
    with reading(url + SUFFIX, unpack=False) as file:
        return parse_made(file.read(_MAX_MADE))


def size_of(url: str) -> int | None:
    """The bytes of the file there; None where there is none, or its place does not tell."""
    there, path = fsspec.core.url_to_fs(url)
    try:
        return _size(there.info(path))
    except FileNotFoundError:
        return None


def remove(url: str) -> None:
    """Remove the file there, if there is one."""
    there, path = fsspec.core.url_to_fs(url)
    with suppress(FileNotFoundError):
        there.rm_file(path)


def remove_unfinished(target: str) -> None:
    """Remove what a run that was killed has left half written below `target`."""
    into, folder = place(target, "DST")
    with suppress(FileNotFoundError):
        for path in into.find(folder):
            name = path.rpartition("/")[2]
            if name.startswith(".") and name.endswith(_TEMPORARY):
                into.rm_file(path)


def _open(there: Any, path: str, mode: str) -> IO[bytes]:  # noqa: ANN401  # fsspec has no types
    return cast("IO[bytes]", Path(path).open(mode) if _is_local(there) else there.open(path, mode))


def _is_local(there: Any) -> bool:  # noqa: ANN401  # fsspec has no types
    return isinstance(there, LocalFileSystem)


def _zstandard() -> Any:  # noqa: ANN401  # a module
    try:
        import zstandard  # noqa: PLC0415  # for few inputs
    except ModuleNotFoundError as error:
        raise with_extra(error) from None
    return zstandard
