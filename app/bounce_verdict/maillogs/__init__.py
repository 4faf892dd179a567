"""Mail logs: a line → the deliveries that it tells of, as reported replies. Pure: no HTTP, file, clock, socket, environment.

A format is one module of formats/, and a row in FORMATS of reader.py; docs/maillogs.md names them. A line that tells of no delivery has a
reason instead.
"""

from bounce_verdict.maillogs.answer import answer_lines, answer_log, check_format
from bounce_verdict.maillogs.reader import FORMATS

__all__ = ["FORMATS", "answer_lines", "answer_log", "check_format"]
