"""The socket that the service listens on. The parent binds it once and hands it to every worker."""

import os
import socket

from bounce_verdict.errors import SettingsError

BACKLOG = 2048


def bind(host: str, port: int) -> socket.socket:
    """A socket bound there, which does not listen yet. Raises SettingsError for a port in use or an address that is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise _refused(host, port, error) from None
    return bound


def open_up(bound: socket.socket) -> None:
    """Let clients connect. Raises SettingsError where another service began to listen there since the socket was bound."""
    try:
        bound.listen(BACKLOG)
    except OSError as error:
        host, port = bound.getsockname()[:2]
        raise _refused(host, port, error) from None


def url(listening: socket.socket) -> str:
    """The URL of a socket that is bound."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _refused(host: str, port: int, error: OSError) -> SettingsError:
    cause = os.strerror(error.errno) if isinstance(error.errno, int) and error.errno > 0 else "no such address"
    return SettingsError(f"cannot listen on {host} port {port} (BOUNCES_HOST, BOUNCES_PORT): {cause}")
