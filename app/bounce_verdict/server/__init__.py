"""The parent of the workers. It holds the socket and the last good rules, and neither engine nor web framework.

A worker that dies is replaced; rules that changed are checked first, then the workers are rolled one by one. With uvicorn's own
supervisor (0.54) a worker that died while the rules were bad would take the whole service down.
"""

from bounce_verdict.server.parent import supervise

__all__ = ["supervise"]
