"""A small client of the Docker engine's API over its unix socket.

Seven requests are all that a sandbox needs, and each millisecond of them counts, so this
speaks HTTP itself. It uses the newest version of the API that the engine offers up to the
one that this was written for, never a pinned one.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import urllib.parse
from collections.abc import Iterable
from typing import Any

_NEWEST_API = (1, 51)
_TIMEOUT_S = 30.0
_ANSWER_BYTES = 4 << 20


class EngineError(Exception):
    """The engine does not answer or refuses; ``status`` is HTTP's, 0 for no answer."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def socket_path(address: str | None) -> str:
    """The path in a DOCKER_HOST; without one, the first usual path that exists.

    Raises EngineError for an address that is not a unix socket.
    """
    if address:
        if not address.startswith("unix://"):
            raise EngineError(
                f"DOCKER_HOST is {address}, and the sandbox service talks to an engine "
                "over a unix socket; forward a remote engine's socket, for example with "
                "`ssh -nNT -L /run/podium/docker.sock:/var/run/docker.sock HOST`"
            )
        return address.removeprefix("unix://")
    usual = ["/var/run/docker.sock"]
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):  # a rootless engine
        usual.insert(0, f"{runtime}/docker.sock")
    return next((path for path in usual if os.path.exists(path)), usual[-1])


class Engine:
    """An engine at a unix socket; every call is a connection of its own."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._prefix = ""

    def version(self) -> dict[str, Any]:
        """Versions of the engine and its parts; raises EngineError."""
        return dict(self.call("GET", "/version"))

    def call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> Any:
        """The JSON of an answer, None where it has none; raises EngineError."""
        connection = _Connection(self._path)
        try:
            self._send(connection, method, path, query, body)
            response = connection.getresponse()
            data = response.read(_ANSWER_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise EngineError(
                f"the Docker engine at {self._path} does not answer: {error}"
            ) from error
        finally:
            connection.close()
        answer = _json(data)
        if response.status >= 400:
            text = answer.get("message") if isinstance(answer, dict) else None
            raise EngineError(f"{method} {path}: {text}", response.status)
        return answer

    def upload(self, container: str, path: str, archive: Iterable[bytes]) -> None:
        """Unpack a tar archive into a folder of a container; raises EngineError.

        What the archive itself raises while it is read goes through.
        """
        connection = _Connection(self._path)
        url = f"/containers/{container}/archive?" + urllib.parse.urlencode(
            {"path": path}
        )
        headers = {
            "Content-Type": "application/x-tar",
            "Transfer-Encoding": "chunked",
        }
        try:
            self._prefix = self._prefix or self._negotiate()
            connection.request(
                "PUT", self._prefix + url, archive, headers, encode_chunked=True
            )
            response = connection.getresponse()
            answer = _json(response.read(_ANSWER_BYTES))
        except (OSError, http.client.HTTPException) as error:
            raise EngineError(f"the input could not be handed over: {error}") from error
        finally:
            connection.close()
        if response.status >= 400:
            text = answer.get("message") if isinstance(answer, dict) else None
            raise EngineError(f"PUT {url}: {text}", response.status)

    def attach(self, container: str) -> socket.socket:
        """A container's streams: raw input in, multiplexed output and error out."""
        connection = _Connection(self._path)
        query = {"stream": "1", "stdin": "1", "stdout": "1", "stderr": "1"}
        try:
            path = f"/containers/{container}/attach"
            self._send(connection, "POST", path, query, None, upgrade=True)
            return self._upgraded(connection)
        except (OSError, http.client.HTTPException) as error:
            raise EngineError(f"attaching to {container} failed: {error}") from error
        finally:
            connection.close()

    def _upgraded(self, connection: _Connection) -> socket.socket:
        # The engine's answer to an upgrade has no body; what follows is the stream. It is
        # read byte by byte to its end, since a buffered reader could swallow the stream.
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = connection.sock.recv(1)
            if not byte or len(head) > 65_536:
                raise EngineError("the engine closed the connection")
            head += byte
        if not head.startswith(b"HTTP/1.1 101"):
            raise EngineError(f"the engine does not attach: {head[:200]!r}")
        link = connection.sock.dup()
        link.setblocking(False)
        return link

    def _send(
        self,
        connection: _Connection,
        method: str,
        path: str,
        query: dict[str, str] | None,
        body: dict[str, Any] | None,
        *,
        upgrade: bool = False,
    ) -> None:
        if not self._prefix and path != "/_ping":
            self._prefix = self._negotiate()
        url = self._prefix + path
        if query:
            url += "?" + urllib.parse.urlencode(query)
        headers = {"Content-Type": "application/json"}
        if upgrade:
            headers |= {"Connection": "Upgrade", "Upgrade": "tcp"}
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, url, body=data, headers=headers)

    def _negotiate(self) -> str:
        connection = _Connection(self._path)
        try:
            connection.request("GET", "/_ping")
            response = connection.getresponse()
            response.read(_ANSWER_BYTES)
        finally:
            connection.close()
        offered = response.getheader("Api-Version", "")
        try:
            major, minor = (int(part) for part in offered.split("."))
        except ValueError as error:
            raise EngineError(
                f"what answers at {self._path} is not a Docker engine"
            ) from error
        chosen = min((major, minor), _NEWEST_API)
        return f"/v{chosen[0]}.{chosen[1]}"


def _json(data: bytes) -> Any:
    try:
        return json.loads(data) if data.strip() else None
    except ValueError as error:
        raise EngineError("the Docker engine's answer is not JSON") from error
