"""A whole scoring plant in real processes, for tests that break it: Valkey, sandbox
service, workers and sweeper, started as ``podium-server up`` starts them and started again
whenever they end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from podium.processes import Child
from podium.settings import Settings
from podium.supervisor import podium_children, queue_answers, sandbox_answers

WATCH_S = 0.05
WAIT_S = 60.0
NOT_HERE = ("site", "migrate")


class Plant:
    """The processes by name. Those that end are started again while the plant runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._children = {
            child.name: child
            for child in podium_children(settings)
            if child.name not in NOT_HERE
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stopped: set[str] = set()
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    @property
    def workers(self) -> list[str]:
        """The workers' names."""
        return [name for name in self._children if name.startswith("worker")]

    def start(self) -> None:
        """Start everything, and keep it running."""
        for name in self._children:
            self._start(name)
            self.await_service(name)
        self._watcher.start()

    def await_service(self, name: str) -> None:
        """Wait until what others connect to answers."""
        answers = {
            "queue": lambda: queue_answers(self._settings.data_dir / "redis.sock"),
            "sandbox": lambda: sandbox_answers(self._settings.sandbox_socket_path),
        }.get(name, lambda: True)
        end = time.monotonic() + WAIT_S
        while not answers():
            assert time.monotonic() < end, f"{name} does not answer"
            time.sleep(WATCH_S)

    def pids(self) -> dict[str, int]:
        """The process ids of those that run, by their names."""
        with self._lock:
            return {
                name: process.pid
                for name, process in self._processes.items()
                if process.poll() is None
            }

    def kill(self, name: str) -> None:
        """Kill a process as the system would; it is started again."""
        with self._lock:
            self._processes[name].kill()

    def stop(self, name: str) -> None:
        """Kill a process and leave it so until ``resume``."""
        self._stopped.add(name)
        self.kill(name)
        with self._lock:
            self._processes[name].wait(WAIT_S)

    def resume(self, name: str) -> None:
        """Start a stopped process again."""
        with self._lock:
            self._start(name)
        self._stopped.discard(name)
        self.await_service(name)

    def restart_all(self) -> None:
        """Kill everything at once, then start everything again."""
        for name in self._children:
            self._stopped.add(name)
        for name in self._children:
            self.stop(name)
        for name in self._children:
            self.resume(name)

    def wipe_queue(self) -> None:
        """Stop the queue, lose all it knew, and start it again."""
        self.stop("queue")
        shutil.rmtree(self._settings.data_dir / "queue")
        (self._settings.data_dir / "queue").mkdir()
        self.resume("queue")

    def close(self) -> None:
        """End everything."""
        self._ending.set()
        self._watcher.join(WAIT_S)
        for process in self._processes.values():
            process.send_signal(signal.SIGKILL)
            process.wait(WAIT_S)

    def _start(self, name: str) -> None:
        child: Child = self._children[name]
        # One without a log of its own writes where we write.
        with (child.log or Path(os.devnull)).open("ab") as log:
            self._processes[name] = subprocess.Popen(
                list(child.command),
                env=dict(child.environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _watch(self) -> None:
        while not self._ending.wait(WATCH_S):
            for name in self._children:
                with self._lock:
                    ended = self._processes[name].poll() is not None
                    if ended and name not in self._stopped:
                        self._start(name)


@contextmanager
def running(settings: Settings) -> Iterator[Plant]:
    """A plant that runs, and leaves nothing behind."""
    plant = Plant(settings)
    try:
        plant.start()
        yield plant
    finally:
        plant.close()
