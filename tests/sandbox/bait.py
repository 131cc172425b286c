"""What lies open on the host, and attempts to get at it from a sandbox."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Refused in the jail and in the container alike. Names in capitals are of the Bait.
ANYWHERE = {
    "read a file of the host": "open(SECRET).read()",
    "list a folder of the host": "assert os.listdir(FOLDER)",
    "write a file of the host": "open(SECRET, 'a').write('x')",
    "make a file on the host": "open(FOLDER + '/new', 'w').close()",
    "make a folder on the host": "os.mkdir(FOLDER + '/sub')",
    "link to a file of the host": "os.link(SECRET, FOLDER + '/linked')",
    "remove a file of the host": "os.unlink(FOLDER + '/victim')",
    "rename a file of the host": "os.rename(FOLDER + '/other', FOLDER + '/mine')",
    "connect by TCP": "import socket; socket.create_connection(('127.0.0.1', PORT), 2)",
    "connect by TCP over IPv6": (
        "import socket; socket.create_connection(('::1', PORT6), 2)"
    ),
    "send a datagram": (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
        "s.sendto(b'x', ('127.0.0.1', PORT))"
    ),
    "connect to a unix socket": (
        "import socket; socket.socket(socket.AF_UNIX).connect(FOLDER + '/socket')"
    ),
    "connect to an abstract socket": (
        "import socket; socket.socket(socket.AF_UNIX).connect('\\0' + ABSTRACT)"
    ),
    "listen": (
        "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()"
    ),
    "signal the test": "os.kill(PID, 0)",
    "look at the test's memory map": "open(f'/proc/{PID}/maps').read()",
    "look at the test's environment": "open(f'/proc/{PID}/environ').read()",
    "make a file in the root of the interpreter": (
        "p = os.path.join(os.path.dirname(os.__file__), 'podium-attempt'); "
        "open(p, 'w').close(); os.unlink(p)"
    ),
}


@dataclass
class Bait:
    """What an attempt may reach where nothing holds it."""

    folder: Path
    port: int
    port6: int

    def fill(self, code: str) -> str:
        """The attempt with the bait's names filled in."""
        values = {
            "SECRET": str(self.folder / "secret"),
            "FOLDER": str(self.folder),
            "PORT": self.port,
            "PORT6": self.port6,
            "ABSTRACT": self.folder.name,
            "PID": os.getpid(),
            "PYTHON": sys.executable,
        }
        lines = [f"{name} = {value!r}" for name, value in values.items()]
        return "\n".join([*lines, code])


@contextlib.contextmanager
def laid_out() -> Iterator[Bait]:
    """A bait that is there for a while."""
    with contextlib.ExitStack() as stack:
        # Not pytest's folder: a socket's path must be short.
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="podium-"))
        )
        for name in ("secret", "victim", "other"):
            (folder / name).write_text("canary-9021")
        inet = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        try:
            inet6 = stack.enter_context(
                socket.create_server(("::1", 0), family=socket.AF_INET6)
            )
            port6 = inet6.getsockname()[1]
        except OSError:
            port6 = 0
        for address in (str(folder / "socket"), "\0" + folder.name):
            unix = stack.enter_context(socket.socket(socket.AF_UNIX))
            unix.bind(address)
            unix.listen()
        yield Bait(folder, inet.getsockname()[1], port6)
