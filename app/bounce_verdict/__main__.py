"""`python -m bounce_verdict` is `bounces`.

`-m` puts the working directory first on sys.path, where an app.py or msgspec.py of the user's would be taken for a library. So that
entry goes before anything else is imported; what the children of this process do is cli's to see to.
"""

import sys

if __name__ == "__main__":  # a child of anyio.to_process reads this file too, under another name
    if not sys.flags.safe_path:
        del sys.path[0]

    from bounce_verdict.cli import main

    main()
