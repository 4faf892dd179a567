"""`python -m app` is `bounces`."""

from bounce_verdict.cli import main

main()
