"""Serve this checkout on a free port and score it on labelled cases: score.py FOLDER [arguments for FOLDER/score.py].

FOLDER holds score.py and its cases. Where it does not exist, one line says so and the exit code is 0.
"""

import http.client
import os
import socket
import subprocess
import sys
import time
from http import HTTPStatus
from pathlib import Path

START_SECONDS = 30


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
        return subprocess.run(
            [sys.executable, str(folder / "score.py"), base, str(folder), *arguments[1:]], check=False
        ).returncode
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
