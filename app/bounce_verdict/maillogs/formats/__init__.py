"""One file for each format, with its table or pattern first."""
