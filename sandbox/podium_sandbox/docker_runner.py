"""Runs the scorer in a container of its own for each job: the default with an engine.

A worker is a container that was created under the full policy, attached to, started, and
has said that it is ready. Nothing is mounted, copied in or copied out: a job goes in by
standard input and one bounded answer comes out.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import logging
import secrets
import signal
import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from podium_sandbox.channels import AttachedChannel
from podium_sandbox.engine import Engine, EngineError
from podium_sandbox.limits import Limits, Profile, for_self_check, most
from podium_sandbox.policy import (
    INPUT,
    SCORER_COMMAND,
    UID_SLOTS,
    Isolation,
    container_options,
    input_holder_options,
)
from podium_sandbox.protocol import LogKeeper
from podium_sandbox.reaper import Owner, labels, reap, remove
from podium_sandbox.runners import (
    BUILT_IN_KINDS,
    Ending,
    RunnerError,
    await_ready,
    exited,
    listen,
    log_keeper,
)
from podium_scorer.contract import CutOff

_ENDING_S = 3.0
_PYTHON = ("python3", "-I")
# Past its job's longest time, a container has this long until any service may remove it.
_GRACE_S = 300.0

log = logging.getLogger(__name__)


class DockerWorker:
    """A container that waits for its only job."""

    def __init__(
        self,
        runner: DockerRunner,
        container: str,
        channel: AttachedChannel,
        log: LogKeeper,
    ) -> None:
        self._runner = runner
        self.container = container
        self.name = container[:12]
        self.channel = channel
        self.log = log

    def alive(self) -> bool:
        return not self.channel.ended()

    def ending(self) -> Ending:
        return self._runner.ending(self.container)

    def destroy(self) -> None:
        # First our end of the streams: the engine's kill hangs for as long as somebody
        # is attached and does not read.
        self.channel.close()
        self._runner.remove(self.container)


class DockerRunner:
    """Starts containers from one image, which is pinned when the runner is made.

    Raises RunnerError at once when the engine does not answer or lacks the image.
    """

    name = "docker"

    def __init__(
        self,
        limits: Limits,
        *,
        engine: Engine,
        image: str,
        address: str,
        code: str | None = None,
        command: Sequence[str] = SCORER_COMMAND,
        kinds: Collection[str] = BUILT_IN_KINDS,
        profile: Profile = Profile.SCORER,
        isolation: Isolation | None = None,
    ) -> None:
        """``address`` is the service's socket; ``code`` runs in the place of the module
        and arguments ``command``, which does jobs of these ``kinds``."""
        self._limits = limits
        self._isolation = isolation or Isolation()
        self._command = tuple(command)
        self._kinds = frozenset(kinds)
        self._profile = profile
        self._engine = engine
        self._code = code
        self._owner = Owner(service=secrets.token_hex(8), address=address)
        self._slots = itertools.count(secrets.randbelow(UID_SLOTS))
        self._in_use: set[str] = set()
        self._changing = threading.Lock()
        self._scorer = ""
        self._image_name = image
        try:
            self._image = str(engine.call("GET", f"/images/{image}/json")["Id"])
            self._info: dict[str, Any] = engine.call("GET", "/info")
            self._versions = _versions(engine.version())
        except EngineError as error:
            raise RunnerError(_why_not(error, image)) from error

    @property
    def image_id(self) -> str:
        """The digest of the image that every container of this runner is made of."""
        return self._image

    def beside(
        self,
        *,
        image: str,
        code: str | None = None,
        command: Sequence[str] = SCORER_COMMAND,
        kinds: Collection[str] = (),
        profile: Profile = Profile.SCORER,
        limits: Limits | None = None,
    ) -> DockerRunner:
        """A runner of the same service with another image; raises RunnerError.

        The two know of each other's containers, so that neither reaps the other's.
        """
        other = copy.copy(self)
        try:
            other._image = str(self._engine.call("GET", f"/images/{image}/json")["Id"])
        except EngineError as error:
            raise RunnerError(_why_not(error, image)) from error
        other._image_name, other._scorer = image, ""
        other._code, other._command = code, tuple(command)
        other._kinds, other._profile = frozenset(kinds), profile
        other._limits = limits or self._limits
        return other

    def limited(self, limits: Limits) -> DockerRunner:
        """The same runner with other limits."""
        other = copy.copy(self)
        other._limits = limits
        return other

    def start(self, inputs: str | None = None) -> DockerWorker:
        """A container that is ready for its job; raises RunnerError.

        ``inputs`` is what ``hold_inputs`` gave.
        """
        worker = self._launch(self._limits, self._code, inputs)
        try:
            self._scorer = await_ready(worker, time_s=self._limits.start_s)
        except RunnerError:
            worker.destroy()
            raise
        return worker

    def strength(self) -> list[str]:
        limits = self._limits
        held = [
            "a container of its own for each job, destroyed after it",
            "no network",
            "read-only root, " + _shared_with_it(limits),
            "a user of its own, no capabilities, no new privileges",
            "seccomp with Podium's own list",
            f"memory {limits.memory_mb} MB without swap, {limits.pids} processes, "
            f"{limits.cpus:g} processors, scratch space {limits.tmp_mb} MB",
            f"runtime: {self._isolation.runtime or self._info.get('DefaultRuntime')}",
        ]
        if self._isolation.apparmor:
            held.append(f"AppArmor profile {self._isolation.apparmor}")
        return held + _weaknesses(self._info)

    def versions(self) -> dict[str, str]:
        image = {"image": self._image_name, "image id": self._image}
        return self._versions | image | {"scorer": self._scorer}

    def refusal(self, kind: str) -> str | None:
        if kind in self._kinds:
            return None
        return (
            f"This sandbox service does not know jobs of the kind {kind!r}; update it."
        )

    def reap(self) -> int:
        with self._changing:
            in_use = frozenset(self._in_use)
        try:
            return reap(self._engine, self._owner, in_use, time.time())
        except EngineError as error:
            log.warning("the reaper could not look: %s", error)
            return 0

    def probe(self, code: str) -> tuple[bytes, Ending]:
        """Run code in a container like a scorer's: for the self-check only.

        Raises RunnerError where it can't be started, ConversationError at a limit.
        """
        small = for_self_check(self._limits)
        worker = self._launch(small, code)
        try:
            return listen(worker, time_s=small.start_s)
        finally:
            worker.destroy()

    def ending(self, container: str) -> Ending:
        """How a container ended; waits a little for the engine to know."""
        until = time.monotonic() + _ENDING_S
        while True:
            try:
                state = self._engine.call("GET", f"/containers/{container}/json")[
                    "State"
                ]
            except EngineError as error:
                return Ending(detail=f"the container vanished: {error}", vanished=True)
            ending = _ending(state)
            if time.monotonic() > until or not (ending is None or ending.vanished):
                return ending or Ending(
                    detail="the scorer closed its output and went on"
                )
            time.sleep(0.05)

    def remove(self, container: str) -> None:
        """Kill and remove a container of ours; raises EngineError."""
        with self._changing:
            self._in_use.discard(container)
        remove(self._engine, container)

    def hold_inputs(self, archive: Iterable[bytes]) -> str:
        """Put files where containers see them read-only at /input; raises RunnerError.

        Gives the name of a container that is never started: its volume has the files, on
        an engine on any machine, and they are root's. ``remove`` it after the last job.
        """
        options = input_holder_options(image=self._image, labels=self._labels())
        container = ""
        try:
            container = self._create(options, "podium-input")
            self._engine.upload(container, INPUT, archive)
        except EngineError as error:
            self._discard(container)
            raise RunnerError(f"the input could not be handed over: {error}") from error
        except BaseException:
            self._discard(container)
            raise
        return container

    def _labels(self) -> dict[str, str]:
        return labels(self._owner, time.time() + _useful_s(self._profile, self._limits))

    def _create(self, options: dict[str, Any], name: str) -> str:
        query = {"name": f"{name}-{secrets.token_hex(6)}"}
        created = self._engine.call(
            "POST", "/containers/create", query=query, body=options
        )
        container = str(created["Id"])
        with self._changing:
            self._in_use.add(container)
        return container

    def _launch(
        self, limits: Limits, code: str | None, inputs: str | None = None
    ) -> DockerWorker:
        command = ("-m", *self._command) if code is None else ("-c", code)
        options = container_options(
            limits,
            image=self._image,
            slot=next(self._slots) % UID_SLOTS,
            labels=self._labels(),
            command=(*_PYTHON, *command),
            inputs=inputs,
            isolation=self._isolation,
        )
        container = ""
        try:
            container = self._create(options, f"podium-{self._profile}")
            link = self._engine.attach(container)
            self._engine.call("POST", f"/containers/{container}/start")
        except EngineError as error:
            self._discard(container)
            raise RunnerError(f"no container could be started: {error}") from error
        return DockerWorker(self, container, AttachedChannel(link), log_keeper(limits))

    def _discard(self, container: str) -> None:
        if container:
            with contextlib.suppress(EngineError):  # the reaper will see to it
                self.remove(container)


def _shared_with_it(limits: Limits) -> str:
    if not limits.shm_mb:
        return "no mounts, no shared memory"
    return f"read-only input, shared memory of its own ({limits.shm_mb} MB)"


def _useful_s(profile: Profile, limits: Limits) -> float:
    return limits.start_s + limits.idle_s + most(profile, "wall_s") + _GRACE_S


def _ending(state: Mapping[str, Any]) -> Ending | None:
    if state["Running"]:
        return None
    if state["OOMKilled"]:
        return Ending(detail="the memory limit was reached", cut_off=CutOff.MEMORY)
    code = int(state["ExitCode"])
    if code == 128 + signal.SIGKILL:
        return Ending(detail="somebody killed the container", vanished=True)
    if code > 128:
        return Ending(detail=f"the scorer died of signal {code - 128}")
    return exited(code)


def _versions(found: Mapping[str, Any]) -> dict[str, str]:
    versions = {
        str(part["Name"]).lower(): str(part["Version"])
        for part in found.get("Components", [])
    }
    return versions | {
        "api": str(found["ApiVersion"]),
        "kernel": str(found["KernelVersion"]),
    }


def _weaknesses(info: Mapping[str, Any]) -> list[str]:
    """What the engine says that it can't enforce on its host."""
    enforced = {
        "MemoryLimit": "memory limit",
        "SwapLimit": "swap limit",
        "PidsLimit": "process limit",
        "CpuCfsQuota": "processor limit",
    }
    missing = [name for key, name in enforced.items() if not info.get(key)]
    options = " ".join(info.get("SecurityOptions") or [])
    extra = [
        f"{name}: {'yes' if word in options else 'no'}"
        for word, name in (
            ("apparmor", "AppArmor"),
            ("userns", "user namespaces of the engine"),
            ("rootless", "rootless engine"),
        )
    ]
    return [f"not held: the engine enforces no {name}" for name in missing] + extra


def _why_not(error: EngineError, image: str) -> str:
    if error.status == 404:
        return (
            f"The Docker engine answers but has no image {image}; build Podium's with "
            "deploy/images/build_image.sh, then restart the sandbox service."
        )
    return f"No Docker engine can be used: {error}."
