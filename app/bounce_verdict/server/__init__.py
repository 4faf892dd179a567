"""The processes: uvicorn's supervisor (supervisor.py) runs the workers (worker.py), each of which answers HTTP (http_protocol.py).

Rules are checked by a process of its own (check_process.py) into a snapshot and a small file of how they stand, which every worker
looks at once a second: there is no protocol between the processes.
"""

from bounce_verdict.server.supervisor import serve

__all__ = ["serve"]
