"""The sandbox service: one per host, on a unix socket, the only one with the engine.

It knows no database, no queue and none of the site's secrets. A connection carries one
request, a line of JSON with the job's files as open descriptors, and gets one line back.
Whoever may open the socket may ask for scores; nothing in a request names a path, an
image or a limit beyond what the tables allow.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podium_sandbox import doctor, logs
from podium_sandbox.asking import (
    WAIT_FOR_REQUEST_S,
    code_request,
    job_request,
    kind_of,
    receive,
)
from podium_sandbox.client import SandboxStatus
from podium_sandbox.code_job import CodeJobError
from podium_sandbox.jobs import carry_out
from podium_sandbox.limits import LimitError, Limits
from podium_sandbox.pool import Pool
from podium_sandbox.rooms import Rooms
from podium_sandbox.runners import CUSTOM_KINDS, Runner, Worker
from podium_sandbox.verdicts import Ended, ProgramVerdict
from podium_scorer.contract import Outcome, Report, Verdict
from podium_scorer.wire import ContractError

MOST_CONNECTIONS = 128
REAP_EVERY_S = 60.0
_WAIT_FOR_PLACE_S = 25.0
_LAST_JOBS_S = 10.0
_NO_PLACE = "too many jobs at a time"

log = logging.getLogger(__name__)


class ServiceTaken(Exception):
    """Another service already has the socket; the text is a sentence."""


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """How a service runs. ``jobs`` is how many run at a time, ``group`` who may ask;
    the pool keeps ``pool`` scorers ready, under load up to ``pool_most``."""

    socket: Path
    pool: int = 2
    pool_most: int = 8
    jobs: int = 2 * (os.cpu_count() or 1)
    group: int | None = None
    check: bool = True


class Service:
    """Listens, runs jobs, reaps, reports; ``serve`` returns after ``stop``."""

    def __init__(
        self,
        settings: ServiceSettings,
        limits: Limits,
        runner: Runner,
        reason: str = "",
        rooms: Rooms | None = None,
    ) -> None:
        self._settings = settings
        self._limits = limits
        self._runner = runner
        self._reason = reason
        self._rooms = rooms or Rooms()
        self._checks: dict[str, bool] = {}
        self._began = time.monotonic()
        self._places = threading.BoundedSemaphore(settings.jobs)
        self._connections = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._counting = threading.Lock()
        self._running = self._done = 0
        self._stopping = threading.Event()
        self._pool: Pool[Worker]
        self._custom: Pool[Worker] | None = None

    def serve(self) -> None:
        """Answer until ``stop``; raises ServiceTaken where another one listens."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(lock(self._settings.socket))
            self._runner.reap()
            stack.callback(self._runner.reap)
            self._pool = self._open_pool(
                self._runner, self._settings.pool, self._settings.pool_most
            )
            stack.callback(self._pool.close)
            if self._rooms.custom is not None:  # none is kept until somebody needs one
                self._custom = self._open_pool(
                    self._rooms.custom, 0, self._settings.pool_most
                )
                stack.callback(self._custom.close)
            listener = stack.enter_context(self._listen())
            for task in (self._reap, self._check):
                threading.Thread(target=task, daemon=True).start()
            log.info(
                "%s sandbox listens at %s", self._runner.name, self._settings.socket
            )
            self._accept(listener)
            self._await_last_jobs()

    def stop(self) -> None:
        """End ``serve``; running jobs get a few seconds."""
        self._stopping.set()

    def status(self) -> SandboxStatus:
        """What this service is and holds."""
        return SandboxStatus(
            mode=self._runner.name,
            strength=tuple(self._runner.strength()),
            checks=self._checks,
            reason=self._reason,
            trouble=self._pool.trouble,
            versions=self._runner.versions(),
            code_images=self._rooms.programs.images,
            refusals=dict(self._rooms.refusals),
            pool_size=self._pool.size,
            pool_idle=self._pool.idle,
            running=self._running,
            jobs_done=self._done,
            uptime_s=round(time.monotonic() - self._began, 3),
        )

    def _open_pool(self, runner: Runner, size: int, most: int) -> Pool[Worker]:
        idle_s = self._limits.idle_s
        return Pool(runner.start, size=size, most=most, most_idle_s=idle_s)

    def _listen(self) -> socket.socket:
        path = self._settings.socket
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _umask(0o177):
            listener.bind(str(path))
        if self._settings.group is not None:
            os.chown(path, -1, self._settings.group)
            path.chmod(0o660)
        listener.listen(MOST_CONNECTIONS)
        listener.settimeout(0.2)
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                link, _ = listener.accept()
            except TimeoutError:
                continue
            self._connections.acquire()
            threading.Thread(target=self._attend, args=(link,), daemon=True).start()

    def _attend(self, link: socket.socket) -> None:
        descriptors: list[int] = []
        try:
            with contextlib.closing(link):
                request = receive(link, descriptors)
                link.settimeout(WAIT_FOR_REQUEST_S)
                reply = self._reply(request, descriptors, link)
                link.sendall(json.dumps(reply).encode() + b"\n")
        except OSError as error:
            log.info("a client went away: %s", error)
        except Exception:
            log.exception("a request failed in an unforeseen way")
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
            self._connections.release()
        self._pool.refill()

    def _reply(
        self, request: dict[str, Any], descriptors: list[int], link: socket.socket
    ) -> dict[str, Any]:
        match request.get("op"):
            case "status":
                return self.status().to_json()
            case "run" | "code" as operation:
                with logs.bound(**logs.believable(request.get("about"))):
                    run = self._run if operation == "run" else self._run_code
                    verdict = run(request, descriptors, link)
                    logs.say(
                        log,
                        "a job ended",
                        kind=kind_of(request) if operation == "run" else "program",
                        outcome=str(verdict.outcome),
                        reason=verdict.reason and str(verdict.reason),
                        sandbox=verdict.sandbox,
                        wall_s=verdict.wall_s,
                    )
                return verdict.to_json()
        return {"error": "The sandbox service knows the requests run, code and status."}

    def _run(
        self, request: dict[str, Any], descriptors: list[int], link: socket.socket
    ) -> Verdict:
        kind = kind_of(request)
        if kind in CUSTOM_KINDS and self._rooms.custom is None:
            return _refused(self._rooms.refusals.get("custom", "It is switched off."))
        custom = self._custom if kind in CUSTOM_KINDS else None
        runner = self._rooms.custom if custom is not None else self._runner
        if runner is None or (refusal := runner.refusal(kind)):
            return _refused(refusal or "It is switched off.")
        try:
            parsed = job_request(request, descriptors, link)
        except (ContractError, LimitError, OSError) as error:
            return Verdict(outcome=Outcome.FAILED, detail=str(error))
        with self._place() as found:
            if not found:
                return Verdict(outcome=Outcome.FAILED, detail=_NO_PLACE)
            pool = self._pool if custom is None else custom
            return carry_out(parsed, pool, self._limits, runner.name)

    def _run_code(
        self, request: dict[str, Any], descriptors: list[int], link: socket.socket
    ) -> ProgramVerdict:
        try:
            parsed = code_request(request, descriptors, link)
        except (CodeJobError, ContractError, OSError) as error:
            return ProgramVerdict(outcome=Ended.FAILED, detail=str(error))
        with self._place() as found:
            if not found:
                return ProgramVerdict(outcome=Ended.FAILED, detail=_NO_PLACE)
            return self._rooms.programs.run(parsed)

    @contextlib.contextmanager
    def _place(self) -> Iterator[bool]:
        """One of the places for jobs, for a while; False where none became free."""
        if not self._places.acquire(timeout=_WAIT_FOR_PLACE_S):
            yield False
            return
        try:
            self._count(running=1)
            yield True
        finally:
            self._count(running=-1, done=1)
            self._places.release()

    def _count(self, *, running: int, done: int = 0) -> None:
        with self._counting:
            self._running += running
            self._done += done

    def _reap(self) -> None:
        while not self._stopping.wait(REAP_EVERY_S):
            try:
                if number := self._runner.reap():
                    log.warning("removed %d leftovers", number)
            except Exception:
                log.exception("the reaper failed; it tries again in a minute")

    def _check(self) -> None:
        if not self._settings.check:
            return
        self._checks = doctor.check(self._runner)
        for name, held in self._checks.items():
            if not held:
                log.error("self-check: this limit does not hold here: %s", name)
        for image, runner in dict(self._rooms.programs.runners).items():
            checks = doctor.check_programs(runner)
            self._checks |= {f"{image}: {name}": held for name, held in checks.items()}
            if failed := [name for name, held in checks.items() if not held]:
                log.error("self-check: no programs are run: %s", ", ".join(failed))
                why = "Programs are not run here, since a limit does not hold: "
                self._rooms.close_programs(why + ", ".join(failed) + ".")
                return

    def _await_last_jobs(self) -> None:
        until = time.monotonic() + _LAST_JOBS_S
        while self._running and time.monotonic() < until:
            time.sleep(0.05)


@contextlib.contextmanager
def lock(address: Path) -> Any:
    """Hold the lock beside a socket; raises ServiceTaken where another process does."""
    address.parent.mkdir(parents=True, exist_ok=True)
    with address.with_name(address.name + ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ServiceTaken(
                f"A sandbox service already listens at {address}; stop it first, or "
                "give this one another --socket."
            ) from error
        yield
        address.unlink(missing_ok=True)


def _refused(why: str) -> Verdict:
    report = Report(status=Outcome.HOST_ERROR, message=why)
    return Verdict(outcome=Outcome.HOST_ERROR, report=report, detail=why)


@contextlib.contextmanager
def _umask(mask: int) -> Any:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)
