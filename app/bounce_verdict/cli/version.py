"""`bounces version`."""

import sys

from bounce_verdict import __version__


def version_command() -> None:
    """Print the program's version."""
    sys.stdout.write(f"{__version__}\n")
