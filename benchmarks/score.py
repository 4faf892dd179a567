"""Serve this checkout on a free port, score it on labelled cases and ask for what must not change: score.py FOLDER [arguments].

FOLDER holds score.py, which takes the arguments, relations.py, and their cases. Where it does not exist, one line says so and the exit code is 0.
"""

import http.client
import os
import socket
import subprocess
import sys
import time
from http import HTTPStatus
from pathlib import Path

START_SECONDS = 120  # the rules may have to be compiled on a busy machine


def main(arguments: list[str]) -> int:
    """Exit code of the scoring, 0 where there is nothing to score on, 1 where the service does not start."""
    folder = Path(arguments[0])
    if not (folder / "score.py").exists():
        print(f"score: skipped, no labelled cases at {folder}")
        return 0
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    service = subprocess.Popen(
        [sys.executable, "-m", "bounce_verdict", "serve", "--port", str(port)], env=os.environ | {"BOUNCES_LOG_LEVEL": "warning"}
    )
    try:
        if not ready(port, service):
            print("score: the service did not start", file=sys.stderr)
            return 1
        programs = [folder / "score.py", folder / "relations.py"]
        return max(
            subprocess.run(
                [sys.executable, str(program), base, str(folder), *(arguments[1:] if program.name == "score.py" else [])],
                check=False,
            ).returncode
            for program in programs
            if program.exists()
        )
    finally:
        service.terminate()
        service.wait()


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ready(port: int, service: subprocess.Popen[bytes]) -> bool:
    """Whether /readyz answers 200 within START_SECONDS."""
    for _ in range(START_SECONDS * 10):
        if service.poll() is not None:
            return False
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == HTTPStatus.OK:
                return True
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
