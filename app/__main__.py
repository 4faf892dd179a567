"""`python -m app` is `bounces`."""

from app.cli import main

main()
