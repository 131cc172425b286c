"""A whole Podium for tests and benchmarks, started as an operator starts it.

Real processes on a free port of this machine: the queue, the sandbox service, the site,
the worker and the sweeper. Whoever stops it is told of every process that stayed behind.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psutil

from podium.process_tree import in_new_child

READY_LINE = "Podium is ready"
READY_WITHIN_S = 300.0  # a demo trains its models, and the machine may be busy
STOPPED_WITHIN_S = 40.0
ENDED_WITHIN_S = 3.0
LOOK_AGAIN_S = 0.05
CONTENT_OF_LOGS = 3000  # characters of each log that a failure shows

Found = TypeVar("Found")


class LiveError(Exception):
    """Podium did not start, stop or answer as it should; the text has its logs."""


@dataclass(frozen=True)
class _Known:
    """A process, told apart from a later one with the same id."""

    pid: int
    started: float


@dataclass
class LivePodium:
    """``podium-server up`` (or another ``command``) in a folder, as a context manager.

    ``settings`` are ``PODIUM_*`` variables in small letters; all others of this process's
    environment are left out, so that a developer's own never change a test.
    """

    folder: Path
    command: str = "up"
    settings: Mapping[str, object] = field(default_factory=dict)
    port: int = field(default_factory=lambda: free_port())
    _process: subprocess.Popen[bytes] | None = None
    _known: dict[_Known, str] = field(default_factory=dict)

    def __enter__(self) -> LivePodium:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        left = self.stop()
        if left and kind is None:
            raise LiveError(self._told(f"these processes stayed behind: {left}"))

    @property
    def url(self) -> str:
        """Where the site is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def data_dir(self) -> Path:
        """Where this Podium keeps everything."""
        return self.folder / "data"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands."""
        others = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PODIUM_")
        }
        own = {
            "PODIUM_DATA_DIR": str(self.data_dir),
            "PODIUM_PORT": str(self.port),
            **{f"PODIUM_{key.upper()}": str(it) for key, it in self.settings.items()},
        }
        return {**others, "PYTHONUNBUFFERED": "1", **own}

    @property
    def output(self) -> str:
        """What it has said at its terminal so far."""
        path = self.folder / "output"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def pid(self) -> int:
        """The process that a Ctrl-C would reach."""
        if self._process is None:
            raise LiveError("this Podium does not run")
        return self._process.pid

    def start(self) -> None:
        """Start, and wait until it says that it is ready; raises LiveError."""
        said = len(self.output)
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "podium.cli", self.command],
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # A killed test must not leave a Podium behind.
                preexec_fn=in_new_child(os.getpid()),
            )
        try:
            wait_for(lambda: self._is_ready(said), "Podium to start", READY_WITHIN_S)
        except LiveError as error:
            self.kill()
            raise LiveError(self._told(str(error))) from None

    def stop(self, number: int = signal.SIGINT) -> dict[int, str]:
        """Press Ctrl-C (or send another signal); the processes that stayed, by their id.

        They are killed, so that nothing outlives a test that finds them.
        """
        if self._process is None:
            return {}
        self._remember()
        process, self._process = self._process, None
        process.send_signal(number)
        try:
            process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._known[_Known(process.pid, 0.0)] = "podium-server itself"
            process.kill()
            process.wait()
        return self._end_leftovers()

    def kill(self) -> None:
        """SIGKILL every process at once, as a power cut would."""
        self._remember()
        process, self._process = self._process, None
        for known in self._known:
            _kill(known)
        if process is not None:
            process.kill()
            process.wait()
        self._known.clear()

    def server(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``podium-server`` with this Podium's settings."""
        return self._run("podium.cli", arguments, self.environment, self.folder)

    def podium(self, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``podium``, a participant's command, in a home folder of its own."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PODIUM_", "XDG_"))
        }
        return self._run(
            "podium_cli.main", arguments, {**environment, "HOME": str(home)}, home
        )

    def processes(self) -> list[psutil.Process]:
        """Every process of this Podium, with the one that was started first."""
        if self._process is None:
            return []
        try:
            top = psutil.Process(self._process.pid)
            return [top, *top.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def named(self, *words: str) -> list[psutil.Process]:
        """The processes whose command line holds all the words."""
        return [
            process
            for process in self.processes()
            if all(word in _command(process) for word in words)
        ]

    def log(self, name: str) -> str:
        """What a child has logged so far."""
        path = self.data_dir / "logs" / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _run(
        self,
        module: str,
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        folder: Path,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=dict(environment),
            cwd=folder,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
        )

    def _is_ready(self, said: int) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise LiveError(f"Podium ended with code {self._process.returncode}")
        return READY_LINE in self.output[said:]

    def _remember(self) -> None:
        for process in [*self.processes(), *self._marked()]:
            try:
                known = _Known(process.pid, process.create_time())
                self._known[known] = _command(process)
            except psutil.NoSuchProcess:
                continue

    def _marked(self) -> list[psutil.Process]:
        """Processes that carry this Podium's folder: those who left the tree, too."""
        mark = str(self.folder)
        found = []
        for process in psutil.process_iter():
            try:
                values = [*process.environ().values(), *process.cmdline()]
            except psutil.Error:
                continue
            if process.pid != os.getpid() and any(mark in value for value in values):
                found.append(process)
        return found

    def _end_leftovers(self) -> dict[int, str]:
        # A process that was asked to end may take a moment to be gone.
        until = time.monotonic() + ENDED_WITHIN_S
        self._remember()
        while time.monotonic() < until and any(map(_is_alive, self._known)):
            time.sleep(LOOK_AGAIN_S)
        left = {
            known.pid: command
            for known, command in self._known.items()
            if known.started == 0.0 or _is_alive(known)
        }
        for known in self._known:
            _kill(known)
        self._known.clear()
        return left

    def _told(self, what: str) -> str:
        logs = sorted((self.data_dir / "logs").glob("*.log"))
        parts = [f"{what}\n--- output\n{self.output[-CONTENT_OF_LOGS:]}"]
        parts += [
            f"--- {path.name}\n{path.read_text(errors='replace')[-CONTENT_OF_LOGS:]}"
            for path in logs
        ]
        return "\n".join(parts)


@contextmanager
def running(command: str = "up", **settings: object) -> Iterator[LivePodium]:
    """A Podium in a fresh folder, both gone afterwards."""
    folder = short_folder()
    try:
        with LivePodium(folder, command, settings) as live:
            yield live
    finally:
        remove(folder)


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def short_folder() -> Path:
    """A fresh folder whose path is short enough for unix sockets in it."""
    return Path(tempfile.mkdtemp(prefix="podium-"))


def remove(folder: Path) -> None:
    """Remove a folder and all in it."""
    shutil.rmtree(folder)


def wait_for(
    look: Callable[[], Found | None],
    what: str,
    within_s: float = 60.0,
    every_s: float = 0.05,
) -> Found:
    """Ask again and again until the answer is true; raises LiveError when it is late."""
    until = time.monotonic() + within_s
    while not (found := look()):
        if time.monotonic() > until:
            raise LiveError(f"waited {within_s:.0f} s for {what}")
        time.sleep(every_s)
    return found


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()) or process.name()
    except psutil.Error:
        return ""


def _is_alive(known: _Known) -> bool:
    try:
        process = psutil.Process(known.pid)
        return (
            process.create_time() == known.started
            and process.status() != psutil.STATUS_ZOMBIE
        )
    except psutil.NoSuchProcess:
        return False


def _kill(known: _Known) -> None:
    if _is_alive(known):
        os.kill(known.pid, signal.SIGKILL)
