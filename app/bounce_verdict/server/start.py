"""Starts one of the service's processes: `python -m bounce_verdict.server.start template` or `maker`.

The garbage collector waits until everything is loaded, which takes a fifth of the time off, and looks at none of it again.
"""

import gc
import sys
from importlib import import_module

MODULES = {
    "template": "bounce_verdict.web.template",
    "maker": "bounce_verdict.snapshot.make",
}


def main() -> None:
    """Run the process that the first argument names."""
    gc.disable()
    module = import_module(MODULES[sys.argv[1]])
    gc.freeze()
    gc.enable()
    module.main()


if __name__ == "__main__":
    main()
