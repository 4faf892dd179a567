"""The optional parts of the package: what brings a module that is not installed."""

import re

PACKAGE = "bounce-verdict"
_REQUIREMENT = re.compile(
    r"""(?P<name>[\w.-]+)(?P<options>\[[^]]*\])?[^;]*;.*\bextra\s*==\s*['"](?P<extra>[\w-]+)['"]""", re.ASCII
)


_MODULES = {"nats-py": "nats", "scikit-learn": "sklearn"}  # of packages whose module is called otherwise


def with_extra(error: ModuleNotFoundError) -> ModuleNotFoundError:
    """`error`, saying how to install the module where one of our extras brings it; else as it was."""
    module = (error.name or "").partition(".")[0]
    extra = _extra_of(module)
    if extra is None:
        return error
    return ModuleNotFoundError(f"{module} is not installed: pip install '{PACKAGE}[{extra}]'", name=error.name)


def _extra_of(module: str) -> str | None:
    """The extra that asks for the package of that module, by what pyproject.toml says of us; ahead of one that asks for an extra of it."""
    from importlib.metadata import PackageNotFoundError, requires  # noqa: PLC0415  # slow to load, and asked where a module is missing

    try:
        named = requires(PACKAGE) or ()
    except PackageNotFoundError:  # a copy of the sources that nobody installed
        return None
    asking = [found for requirement in named if (found := _REQUIREMENT.match(requirement)) and _module(found) == module]
    asking.sort(key=lambda found: found["options"] is not None)
    return asking[0]["extra"] if asking else None


def _module(requirement: re.Match[str]) -> str:
    name = requirement["name"].lower()
    return _MODULES.get(name, name.replace("-", "_"))
