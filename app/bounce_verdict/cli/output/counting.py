"""Numbers with their words."""


def count_of(count: int, thing: str) -> str:
    """As in "1 error", "2 errors", "1,200 errors"."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
